//! Questions that FFmpeg answers and ends.

use std::io::Read;
use std::path::Path;
use std::process::{ExitStatus, Stdio};
use std::time::Instant;

use super::guarded::{Guarded, command};

/// Asks an FFmpeg program something; an error of the kind `TimedOut` where it has not ended by `until`.
pub(super) fn ask(program: &Path, arguments: &[&str], until: Instant) -> std::io::Result<Answer> {
    let mut child = Guarded(
        command(program)
            .arg("-hide_banner")
            .args(arguments)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()?,
    );
    let (stdout, stderr) = (child.0.stdout.take(), child.0.stderr.take());
    let (status, said, complained) = std::thread::scope(|scope| {
        let said = scope.spawn(move || stdout.map(all_of).unwrap_or_default());
        let complained = scope.spawn(move || stderr.map(all_of).unwrap_or_default());
        let status = child.end_by(until);
        (status, said.join(), complained.join())
    });
    Ok(Answer {
        status: status?,
        stdout: said.unwrap_or_default(),
        stderr: complained.unwrap_or_default(),
    })
}

/// What a program answered.
pub(super) struct Answer {
    pub(super) status: ExitStatus,
    pub(super) stdout: String,
    pub(super) stderr: String,
}

/// Most bytes of an answer.
const ANSWER: u64 = 1 << 20;

fn all_of(mut stream: impl Read) -> String {
    let mut text = Vec::new();
    let _partial = stream.by_ref().take(ANSWER).read_to_end(&mut text);
    let _drained = std::io::copy(&mut stream, &mut std::io::sink());
    String::from_utf8_lossy(&text).into_owned()
}
