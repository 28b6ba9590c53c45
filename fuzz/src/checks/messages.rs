//! Messages between vidaio and its worker, in both directions.

use std::fmt::Debug;
use std::io::Read;

use vidaio_worker_protocol::{
    Message, ProtocolError, Request, Response, read_message, write_message,
};

/// Reads what comes through a pipe as requests, and as answers.
pub fn check(data: &[u8]) {
    all::<Request>(data);
    all::<Response>(data);
}

fn all<T>(data: &[u8])
where
    T: serde::Serialize + serde::de::DeserializeOwned + PartialEq + Debug,
{
    let mut pipe = data;
    loop {
        let before = pipe.len();
        match read_message::<T>(&mut pipe) {
            Ok(message) => {
                assert!(pipe.len() < before, "a message takes bytes");
                assert!(message.payload.len() <= before);
                again(&message);
            }
            Err(ProtocolError::Closed) => return assert_eq!(before, 0),
            Err(_) => return,
        }
    }
}

/// What was read, written again, reads the same, however the pipe cuts it.
fn again<T>(message: &Message<T>)
where
    T: serde::Serialize + serde::de::DeserializeOwned + PartialEq + Debug,
{
    let mut written = Vec::new();
    let parts = message.payload.split_at(message.payload.len() / 2);
    write_message(&mut written, &message.header, &[parts.0, parts.1])
        .expect("what was read is not too long");
    let mut pipe = Dripping(&written);
    let read: Message<T> = read_message(&mut pipe).expect("what was written can be read");
    assert_eq!(read.header, message.header);
    assert_eq!(read.payload, message.payload);
    assert!(pipe.0.is_empty());
}

/// A pipe that gives at most three bytes at a time.
struct Dripping<'a>(&'a [u8]);

impl Read for Dripping<'_> {
    fn read(&mut self, into: &mut [u8]) -> std::io::Result<usize> {
        let most = into.len().min(3);
        self.0.read(&mut into[..most])
    }
}
