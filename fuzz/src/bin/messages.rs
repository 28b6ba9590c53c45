//! Feeds `checks::messages`.

fn main() {
    afl::fuzz!(|data: &[u8]| vidaio_fuzz::checks::messages::check(data));
}
