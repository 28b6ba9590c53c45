//! Commas inside numbers, as spreadsheets write them in many countries.

/// Says what is wrong with a number that has a comma in it, and how to write it; nothing of any other
/// text. Such numbers are not guessed at: `1,234` is one number in one country and another elsewhere.
#[must_use]
pub fn comma_in_number(text: &str) -> Option<String> {
    let text = text.trim();
    let allowed = |c: char| c.is_ascii_digit() || matches!(c, ',' | '.' | '+' | '-' | 'e' | 'E');
    let begins = text.trim_start_matches(['+', '-', ',', '.']);
    if !text.contains(',') || !text.chars().all(allowed) || !begins.starts_with(is_digit) {
        return None;
    }
    let point = text.rfind('.');
    let decimal = text.matches(',').count() == 1 && point < text.find(',');
    let (what, written) = if decimal {
        ("a decimal comma", text.replace('.', "").replace(',', "."))
    } else {
        ("commas between thousands", text.replace(',', ""))
    };
    written.parse::<f64>().ok()?;
    Some(format!("`{text}` has {what}: write {written}"))
}

/// What is wrong where a parser stopped at the second part of a number with a comma in it: JSON takes
/// the comma for the end of the number. The place is counted in bytes.
#[must_use]
pub fn comma_before(text: &str, at: usize) -> Option<String> {
    let (before, after) = text.split_at_checked(at)?;
    let inside = |c: char| c.is_ascii_digit() || matches!(c, ',' | '.' | '-' | '+' | 'e' | 'E');
    let begin = before.trim_end_matches(inside).len();
    let end = at + after.len() - after.trim_start_matches(inside).len();
    // The comma behind the number belongs to JSON.
    comma_in_number(text[begin..end].trim_end_matches(','))
}

fn is_digit(c: char) -> bool {
    c.is_ascii_digit()
}

#[cfg(test)]
mod tests {
    use super::{comma_before, comma_in_number};

    #[test]
    fn commas_are_named_with_what_to_write() {
        for (text, expected) in [
            ("0,85", "`0,85` has a decimal comma: write 0.85"),
            (" -1,5e3 ", "`-1,5e3` has a decimal comma: write -1.5e3"),
            (",5", "`,5` has a decimal comma: write .5"),
            ("1.234,5", "`1.234,5` has a decimal comma: write 1234.5"),
            (
                "1,234.5",
                "`1,234.5` has commas between thousands: write 1234.5",
            ),
            (
                "1,234,567",
                "`1,234,567` has commas between thousands: write 1234567",
            ),
        ] {
            assert_eq!(comma_in_number(text).as_deref(), Some(expected));
        }
        for text in ["0.85", "x,5", "a", "", ",", "e,1", "1,e", "1;2", "-,-"] {
            assert_eq!(comma_in_number(text), None, "{text}");
        }
    }

    #[test]
    fn a_comma_is_found_where_a_parser_stopped() {
        let row = "{\"a\": 0,35, \"b\": 1}";
        let expected = Some("`0,35` has a decimal comma: write 0.35".to_owned());
        assert_eq!(comma_before(row, 8), expected);
        assert_eq!(comma_before(row, 9), expected);
        for at in [0, 3, 12, 17, 100] {
            assert_eq!(comma_before(row, at), None, "{at}");
        }
    }
}
