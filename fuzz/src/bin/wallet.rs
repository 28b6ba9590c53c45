//! Feeds `checks::wallet`.

fn main() {
    afl::fuzz!(|data: &[u8]| vidaio_fuzz::checks::wallet::check(data));
}
