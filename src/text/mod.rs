//! Text files as other programs write them: their encoding, the separator of their cells, how they write
//! numbers. Every reader of histories, populations, batches and calculations begins here.

mod comma;
mod encoding;
mod rows;
mod separator;

pub use comma::{comma_before, comma_in_number};
pub use encoding::{EncodingError, Text, is_encoding};
pub use rows::{Rows, rows};
pub use separator::Separator;
