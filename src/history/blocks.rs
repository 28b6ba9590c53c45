//! Long files in blocks of whole lines: parsed on all cores, delivered in order, a few at a time.

use std::collections::BTreeMap;
use std::io::{self, Read};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Mutex, PoisonError};

/// Bytes of a block: about a millisecond of parsing for one core. Our choice.
const BLOCK: usize = 1 << 19;
/// Bytes of the longest line; a record has about three hundred. Our choice.
const LONGEST: usize = 16 << 20;

/// Whole lines of a file, with what became of them.
pub(super) struct Parsed<T> {
    /// The text.
    pub(super) text: Vec<u8>,
    /// What `parse` made of it.
    pub(super) result: T,
}

/// Where the threads fetch their next block.
struct BlockSource<R> {
    blocks: Blocks<R>,
    /// One token for each block in flight: taken before a block is read and returned when it
    /// has been delivered, so that a slow block does not let the others run ahead.
    tokens: Receiver<()>,
    next: u64,
}

/// Reads a file from its current position, parses its blocks on all cores and delivers them in order.
/// Reading goes on while `take` returns true.
pub(super) fn each<T: Send>(
    file: impl Read + Send,
    parse: impl Fn(&[u8]) -> T + Sync,
    mut take: impl FnMut(Parsed<T>) -> bool,
) -> io::Result<()> {
    let workers = rayon::current_num_threads();
    let (give_back, tokens) = channel();
    for _ in 0..workers + 2 {
        // The receiver exists until the end of this function.
        let _always_there = give_back.send(());
    }
    let source = Mutex::new(BlockSource {
        blocks: Blocks::new(file),
        tokens,
        next: 0,
    });
    let (send, receive) = channel();
    std::thread::scope(|scope| {
        for _ in 0..workers {
            let (send, source, parse) = (send.clone(), &source, &parse);
            scope.spawn(move || work(source, parse, &send));
        }
        drop(send);
        let outcome = in_order(&receive, &give_back, &mut take);
        // Threads that wait for a token, or for their block to be taken, end with these.
        drop(give_back);
        drop(receive);
        outcome
    })
}

fn work<T>(
    source: &Mutex<BlockSource<impl Read>>,
    parse: &(impl Fn(&[u8]) -> T + Sync),
    send: &Sender<(u64, io::Result<Parsed<T>>)>,
) {
    loop {
        let (index, text) = {
            let mut source = source.lock().unwrap_or_else(PoisonError::into_inner);
            if source.tokens.recv().is_err() {
                return;
            }
            let index = source.next;
            source.next += 1;
            match source.blocks.next() {
                Ok(Some(text)) => (index, Ok(text)),
                Ok(None) => return,
                Err(e) => (index, Err(e)),
            }
        };
        let parsed = text.map(|text| Parsed {
            result: parse(&text),
            text,
        });
        let failed = parsed.is_err();
        if send.send((index, parsed)).is_err() || failed {
            return;
        }
    }
}

fn in_order<T>(
    receive: &Receiver<(u64, io::Result<Parsed<T>>)>,
    give_back: &Sender<()>,
    take: &mut impl FnMut(Parsed<T>) -> bool,
) -> io::Result<()> {
    let mut early = BTreeMap::new();
    let mut next = 0;
    for (index, parsed) in receive {
        early.insert(index, parsed);
        while let Some(parsed) = early.remove(&next) {
            next += 1;
            if !take(parsed?) {
                return Ok(());
            }
            // No thread waits for a token once the file has ended.
            let _all_done = give_back.send(());
        }
    }
    Ok(())
}

struct Blocks<R> {
    file: R,
    rest: Vec<u8>,
    ended: bool,
}

impl<R: Read> Blocks<R> {
    fn new(file: R) -> Self {
        Self {
            file,
            rest: Vec::new(),
            ended: false,
        }
    }

    fn next(&mut self) -> io::Result<Option<Vec<u8>>> {
        if self.ended {
            return Ok(None);
        }
        let mut block = Vec::with_capacity(self.rest.len() + BLOCK + 1);
        block.append(&mut self.rest);
        loop {
            let before = block.len();
            // One byte less than there is room for, so that the end is met without growing.
            self.file
                .by_ref()
                .take(BLOCK as u64)
                .read_to_end(&mut block)?;
            if block.len() == before {
                self.ended = true;
                return Ok((!block.is_empty()).then_some(block));
            }
            if let Some(at) = memchr::memrchr(b'\n', &block) {
                self.rest.extend_from_slice(&block[at + 1..]);
                block.truncate(at + 1);
                return Ok(Some(block));
            }
            if block.len() > LONGEST {
                let what = "a line is far too long: the file must have one record a line";
                return Err(io::Error::new(io::ErrorKind::InvalidData, what));
            }
        }
    }
}

/// How many lines a text has.
pub(super) fn count(text: &[u8]) -> usize {
    memchr::memchr_iter(b'\n', text).count() + 1
}

/// Begin and end of every line of a text, without its line feed.
pub(super) fn lines(text: &[u8]) -> impl Iterator<Item = (usize, usize)> {
    let mut start = 0;
    std::iter::from_fn(move || {
        if start >= text.len() {
            return None;
        }
        let end = memchr::memchr(b'\n', &text[start..]).map_or(text.len(), |n| start + n);
        let line = (start, end);
        start = end + 1;
        Some(line)
    })
}
