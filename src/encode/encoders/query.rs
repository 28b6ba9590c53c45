//! Short questions to FFmpeg: a command that prints something and exits.

use std::io::Read;
use std::path::Path;
use std::process::{ExitStatus, Stdio};
use std::time::Instant;

use super::guarded::{Guarded, command};

/// Most bytes of each output stream that are kept; the rest is read and dropped. `ffmpeg -encoders` prints
/// about 20 KiB, so this bounds a program that is not FFmpeg.
const KEPT_BYTES: u64 = 1 << 20;

/// Runs an FFmpeg program and collects its output; an error of the kind `TimedOut` if it has not exited by
/// `until`.
pub(super) fn query(
    program: &Path,
    arguments: &[&str],
    until: Instant,
) -> std::io::Result<QueryOutput> {
    let mut child = Guarded(
        command(program)
            .arg("-hide_banner")
            .args(arguments)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()?,
    );
    let (stdout, stderr) = (child.0.stdout.take(), child.0.stderr.take());
    let (status, stdout, stderr) = std::thread::scope(|scope| {
        let stdout = scope.spawn(move || stdout.map(read_text).unwrap_or_default());
        let stderr = scope.spawn(move || stderr.map(read_text).unwrap_or_default());
        let status = child.wait_until(until);
        (status, stdout.join(), stderr.join())
    });
    Ok(QueryOutput {
        status: status?,
        stdout: stdout.unwrap_or_default(),
        stderr: stderr.unwrap_or_default(),
    })
}

/// What a program printed and how it exited.
pub(super) struct QueryOutput {
    pub(super) status: ExitStatus,
    pub(super) stdout: String,
    pub(super) stderr: String,
}

/// Reads a stream to its end and keeps its first [`KEPT_BYTES`].
fn read_text(mut stream: impl Read) -> String {
    let mut text = Vec::new();
    let _partial = stream.by_ref().take(KEPT_BYTES).read_to_end(&mut text);
    let _drained = std::io::copy(&mut stream, &mut std::io::sink());
    String::from_utf8_lossy(&text).into_owned()
}
