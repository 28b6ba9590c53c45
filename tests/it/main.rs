//! All integration tests, as one binary.
#![expect(clippy::unwrap_used, reason = "tests fail by panicking")]

mod bad_input;
mod check_command;
mod clips;
mod command;
mod fixtures;
mod formulas;
mod gate_answers;
mod gate_clips;
mod gate_numbers;
mod gate_pictures;
mod gate_review;
mod gate_rules;
mod gates;
mod golden_vmaf;
mod history;
mod linting;
mod memory;
mod pages;
mod pictures;
mod properties;
mod review;
mod schemas;
mod search;
mod score_command;
mod standing;
mod standing_commands;
mod standing_properties;
mod standing_review;
mod start;
mod surroundings;
mod tables;
mod weights;
mod worker;
