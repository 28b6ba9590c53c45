//! What stands between the cells of a table.

use std::fmt;

/// What stands between the cells of a table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Separator {
    /// `,`
    Comma,
    /// `;`, as spreadsheets write where the comma is a decimal comma.
    Semicolon,
    /// A tab.
    Tab,
}

impl Separator {
    const ALL: [Self; 3] = [Self::Comma, Self::Semicolon, Self::Tab];

    /// What parts the most cells of a header; where nothing does, the comma.
    #[must_use]
    pub fn of(text: &[u8]) -> Self {
        let mut counts = [0_u32; 3];
        let mut quoted = false;
        for byte in text.trim_ascii_start() {
            match byte {
                b'"' => quoted = !quoted,
                b'\n' | b'\r' if !quoted => break,
                _ if quoted => {}
                byte => {
                    for (count, separator) in counts.iter_mut().zip(Self::ALL) {
                        *count += u32::from(separator.byte() == *byte);
                    }
                }
            }
        }
        let most = counts.iter().max();
        let first = counts.iter().position(|count| Some(count) == most);
        first.map_or(Self::Comma, |at| Self::ALL[at])
    }

    /// Its byte.
    #[must_use]
    pub fn byte(self) -> u8 {
        match self {
            Self::Comma => b',',
            Self::Semicolon => b';',
            Self::Tab => b'\t',
        }
    }

    /// What is said of a table that is not separated by commas.
    #[must_use]
    pub fn note(self) -> Option<String> {
        (self != Self::Comma).then(|| format!("read with {self} as separators"))
    }
}

impl fmt::Display for Separator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Comma => "commas",
            Self::Semicolon => "semicolons",
            Self::Tab => "tabs",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::Separator;

    #[test]
    fn the_header_tells() {
        for (header, separator) in [
            ("s_f,s_q", Separator::Comma),
            ("s_f", Separator::Comma),
            ("", Separator::Comma),
            ("s_f;s_q\n1,2,3,4", Separator::Semicolon),
            ("\r\ns_f\ts_q", Separator::Tab),
            ("uid;\"a,b,c\";task", Separator::Semicolon),
            ("uid,\"a;\n;b\",task", Separator::Comma),
        ] {
            assert_eq!(Separator::of(header.as_bytes()), separator, "{header}");
        }
    }
}
