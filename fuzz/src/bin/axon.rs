//! Feeds `checks::axon`.

fn main() {
    afl::fuzz!(|data: &[u8]| vidaio_fuzz::checks::axon::check(data));
}
