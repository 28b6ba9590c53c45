//! Headers as lines of a text. Where a signature must be right for anything to happen, the word `sign` stands
//! for the right one: no fuzzer finds it.

use std::sync::LazyLock;

use vidaio::address::Address;
use vidaio::miner::Headers;
use vidaio::wallet::{Hotkey, WalletKey, parse_key};

/// The word that stands for a signature.
const SIGN: &str = "sign";

/// Who asks: Substrate's Alice, whose secret is public.
pub(super) static ALICE: LazyLock<Hotkey> = LazyLock::new(|| {
    let file =
        r#"{"secretSeed":"e5be9a5092b81bca64be81d212e7f2f9eba183bb7a90954f7b76361f6edb5c0a"}"#;
    match parse_key(file.as_bytes()) {
        Ok(WalletKey::Hotkey(hotkey)) => hotkey,
        other => panic!("{other:?}"),
    }
});

/// Who is asked: Substrate's Bob.
pub(super) static BOB: LazyLock<Address> = LazyLock::new(|| {
    let text = "5FHneW46xGXgs5mUiveU4sbTyGBzmstUspZC92UhjJM694ty";
    text.parse().expect("it is an address")
});

/// Lines of `name: value`, and what stands after the first empty line.
pub(super) fn headers(text: &str) -> (Vec<(&str, &str)>, &str) {
    let (head, body) = text.split_once("\n\n").unwrap_or((text, ""));
    let lines = head.lines().filter_map(|line| line.split_once(": "));
    (lines.collect(), body)
}

/// Puts the right signature where the word stands.
pub(super) fn put(lines: &mut [(&str, String)], signature: &str) {
    for (_, value) in lines.iter_mut().filter(|(_, value)| value == SIGN) {
        signature.clone_into(value);
    }
}

/// The headers of a request.
pub(super) fn of(lines: &[(&str, String)]) -> Headers {
    let mut headers = Headers::default();
    for (name, value) in lines {
        headers.push(name, value);
    }
    headers
}
