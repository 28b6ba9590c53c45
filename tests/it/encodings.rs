//! Text in UTF-8 and UTF-16, read as UTF-8.

use std::io::{Cursor, Read as _};

use vidaio::text::{EncodingError, Text, is_encoding};

fn read(bytes: &[u8]) -> Result<String, std::io::Error> {
    let mut text = String::new();
    Text::new(bytes)?.read_to_string(&mut text)?;
    Ok(text)
}

fn wide(text: &str, bytes: fn(u16) -> [u8; 2]) -> Vec<u8> {
    std::iter::once(0xfeff)
        .chain(text.encode_utf16())
        .flat_map(bytes)
        .collect()
}

#[test]
fn every_marked_encoding_is_read() {
    let long = "s_f;größe 😀\n".repeat(20_000);
    for text in ["", "a", "ab", "abc", "0.5 ä", "😀", &long] {
        assert_eq!(read(text.as_bytes()).unwrap(), text);
        assert_eq!(read(format!("\u{feff}{text}").as_bytes()).unwrap(), text);
        assert_eq!(read(&wide(text, u16::to_le_bytes)).unwrap(), text);
        assert_eq!(read(&wide(text, u16::to_be_bytes)).unwrap(), text);
    }
}

#[test]
fn what_cannot_be_read_is_named() {
    for (bytes, error) in [
        (&b"s\0_\0"[..], EncodingError::Unmarked),
        (b"\0s\0_", EncodingError::Unmarked),
        (b"\xff\xfe\0\0s\0\0\0", EncodingError::Utf32),
        (b"\0\0\xfe\xff\0\0\0s", EncodingError::Utf32),
        (b"\xff\xfes\0_", EncodingError::Broken),
        (b"\xff\xfe\x3d\xd8", EncodingError::Broken),
        (b"\xff\xfe\x00\xdes\0", EncodingError::Broken),
    ] {
        let told = read(bytes).unwrap_err();
        assert!(
            is_encoding(&told) && told.to_string() == error.to_string(),
            "{told}"
        );
    }
}

#[test]
fn bytes_of_what_is_read_are_passed_over() {
    for bytes in [
        "0123456789".as_bytes().to_vec(),
        "\u{feff}0123456789".as_bytes().to_vec(),
        wide("0123456789", u16::to_le_bytes),
    ] {
        for count in [0, 1, 4, 7] {
            let mut text = Text::new(Cursor::new(&bytes)).unwrap();
            text.skip(count).unwrap();
            let mut rest = String::new();
            text.read_to_string(&mut rest).unwrap();
            assert_eq!(rest, "0123456789"[count as usize..]);
        }
    }
}
