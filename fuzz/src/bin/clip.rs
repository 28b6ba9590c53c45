//! Feeds `checks::clip`.

fn main() {
    afl::fuzz!(|data: &[u8]| vidaio_fuzz::checks::clip::check(data));
}
