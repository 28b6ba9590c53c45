//! Feeds `checks::artifact`.

fn main() {
    afl::fuzz!(|data: &[u8]| vidaio_fuzz::checks::artifact::check(data));
}
