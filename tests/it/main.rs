//! All integration tests, as one binary.
#![expect(clippy::unwrap_used, reason = "tests fail by panicking")]

mod aftermath;
#[cfg(feature = "mine")]
mod artifact;
mod bad_input;
mod check_command;
mod children;
mod clips;
mod command;
mod compress_command;
mod compress_trouble;
mod cut_off;
mod damage;
mod encode_parts;
mod encodings;
mod fixtures;
mod foreign_text;
mod formulas;
#[cfg(feature = "mine")]
#[path = "../../fuzz/src/checks/mod.rs"]
#[expect(unreachable_pub, reason = "they are public in their own crate")]
mod fuzz_checks;
#[cfg(feature = "mine")]
mod fuzz_seeds;
mod gate_answers;
mod gate_clips;
mod gate_definitions;
mod gate_numbers;
mod gate_pictures;
mod gate_records;
mod gate_review;
mod gate_rules;
mod gates;
mod golden_vmaf;
mod hanging;
mod history;
mod kills;
mod linting;
mod making;
mod making_inputs;
mod memory;
#[cfg(feature = "mine")]
mod mining;
#[cfg(feature = "subnet")]
#[path = "../node/mod.rs"]
mod node;
mod odd_names;
mod odd_places;
mod old_tools;
mod out_of_memory;
mod pages;
mod pictures;
mod properties;
mod review;
mod schemas;
mod score_command;
mod search;
mod standing;
mod standing_commands;
mod standing_properties;
mod standing_review;
mod start;
mod structure;
#[cfg(feature = "subnet")]
mod subnet_chain;
#[cfg(feature = "subnet")]
mod subnet_commands;
#[cfg(feature = "subnet")]
mod subnet_faults;
#[cfg(feature = "subnet")]
mod subnet_numbers;
#[cfg(feature = "subnet")]
mod subnet_watch;
mod surroundings;
mod tables;
mod tally;
mod upscale_command;
mod vmaf_widths;
#[cfg(feature = "subnet")]
mod wallets;
mod weights;
mod worker;
