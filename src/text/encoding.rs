//! UTF-8 with or without a byte order mark, and UTF-16 with one, all read as UTF-8.

use std::io::{self, BufRead as _, BufReader, Read, Seek, SeekFrom};

/// Why text cannot be read for its encoding.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum EncodingError {
    /// Zero bytes, and nothing that says in which order.
    #[error("this is UTF-16 or UTF-32 text without a byte order mark")]
    Unmarked,
    /// Four bytes a character.
    #[error("this is UTF-32 text")]
    Utf32,
    /// Half a surrogate pair, or half a unit at the end.
    #[error("this is UTF-16 text with a broken character")]
    Broken,
}

impl From<EncodingError> for io::Error {
    fn from(error: EncodingError) -> Self {
        Self::new(io::ErrorKind::InvalidData, error)
    }
}

/// Whether reading failed for the encoding, which whoever wrote the file can change.
#[must_use]
pub fn is_encoding(error: &io::Error) -> bool {
    error.get_ref().is_some_and(|e| e.is::<EncodingError>())
}

/// Bytes that identify the encoding.
const FIRST: u64 = 4;

/// A text as UTF-8, without a byte order mark. That UTF-8 is valid is for the reader to see: it knows
/// the line. What is UTF-8 already goes through as it is.
#[derive(Debug)]
pub struct Text<R> {
    source: Source<R>,
}

#[derive(Debug)]
enum Source<R> {
    /// The bytes that identify the encoding, then the others.
    Plain {
        first: io::Cursor<Vec<u8>>,
        rest: R,
    },
    Wide(Wide<io::Chain<io::Cursor<Vec<u8>>, R>>),
}

impl<R: Read> Text<R> {
    /// Looks at the first bytes.
    ///
    /// # Errors
    /// A source that cannot be read, or an encoding that is not identified or not supported.
    pub fn new(mut source: R) -> io::Result<Self> {
        let mut first = Vec::new();
        (&mut source).take(FIRST).read_to_end(&mut first)?;
        let after = |mark: usize| {
            let mut first = io::Cursor::new(first.clone());
            first.set_position(mark as u64);
            first
        };
        let source = match first.as_slice() {
            [0xff, 0xfe, 0, 0] | [0, 0, 0xfe, 0xff] => return Err(EncodingError::Utf32.into()),
            [0xff, 0xfe, ..] => Source::Wide(Wide::new(Order::Little, after(2).chain(source))),
            [0xfe, 0xff, ..] => Source::Wide(Wide::new(Order::Big, after(2).chain(source))),
            [0xef, 0xbb, 0xbf, ..] => Source::Plain {
                first: after(3),
                rest: source,
            },
            // No text that is read here has a zero byte, and every wide one begins with some.
            first if first.contains(&0) => return Err(EncodingError::Unmarked.into()),
            _ => Source::Plain {
                first: after(0),
                rest: source,
            },
        };
        Ok(Self { source })
    }
}

impl<R: Read + Seek> Text<R> {
    /// Passes over bytes of what is read, which are those of the source where that is UTF-8.
    ///
    /// # Errors
    /// A source that cannot be read or moved in.
    pub fn skip(&mut self, bytes: u64) -> io::Result<()> {
        let Source::Plain { first, rest } = &mut self.source else {
            io::copy(&mut self.by_ref().take(bytes), &mut io::sink())?;
            return Ok(());
        };
        let known = bytes.min(first.get_ref().len() as u64 - first.position());
        first.set_position(first.position() + known);
        let further = i64::try_from(bytes - known).map_err(io::Error::other)?;
        rest.seek(SeekFrom::Current(further))?;
        Ok(())
    }
}

impl<R: Read> Read for Text<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match &mut self.source {
            Source::Plain { first, rest } => match first.read(buffer)? {
                0 => rest.read(buffer),
                read => Ok(read),
            },
            Source::Wide(wide) => wide.read(buffer),
        }
    }
}

/// Which byte of a unit comes first.
#[derive(Debug, Clone, Copy)]
enum Order {
    Little,
    Big,
}

/// UTF-16 on its way to UTF-8, a stretch at a time.
#[derive(Debug)]
struct Wide<R> {
    order: Order,
    source: BufReader<R>,
    /// Bytes and the unit that the next stretch completes.
    odd: Option<u8>,
    high: Option<u16>,
    ready: io::Cursor<Vec<u8>>,
}

impl<R: Read> Wide<R> {
    fn new(order: Order, source: R) -> Self {
        Self {
            order,
            source: BufReader::with_capacity(1 << 16, source),
            odd: None,
            high: None,
            ready: io::Cursor::default(),
        }
    }

    /// Makes the next stretch ready; says whether there was one.
    fn advance(&mut self) -> io::Result<bool> {
        let bytes = self.source.fill_buf()?;
        let used = bytes.len();
        if used == 0 {
            let whole = self.odd.is_none() && self.high.is_none();
            return if whole {
                Ok(false)
            } else {
                Err(EncodingError::Broken.into())
            };
        }
        let mut units: Vec<u16> = self.high.take().into_iter().collect();
        let mut bytes = self.odd.take().into_iter().chain(bytes.iter().copied());
        while let Some(first) = bytes.next() {
            let Some(second) = bytes.next() else {
                self.odd = Some(first);
                break;
            };
            units.push(match self.order {
                Order::Little => u16::from_le_bytes([first, second]),
                Order::Big => u16::from_be_bytes([first, second]),
            });
        }
        self.source.consume(used);
        self.high = units.pop_if(|unit| (0xd800..0xdc00).contains(unit));
        let text: Result<String, _> = char::decode_utf16(units).collect();
        self.ready = io::Cursor::new(text.map_err(|_| EncodingError::Broken)?.into_bytes());
        Ok(true)
    }
}

impl<R: Read> Read for Wide<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            let read = self.ready.read(buffer)?;
            // A stretch may hold no whole character.
            if read > 0 || buffer.is_empty() || !self.advance()? {
                return Ok(read);
            }
        }
    }
}
