//! Downloads of weights, which resume where an earlier attempt stopped.

use std::io::{Read as _, Write as _};
use std::path::PathBuf;
use std::time::Duration;

use reqwest::StatusCode;
use reqwest::blocking::Response;
use reqwest::header::RANGE;

use super::catalogue::Model;
use super::error::ModelError;
use super::store::{ModelStore, check};
use crate::https::blocking_client;

/// Timeout of a connection attempt. Our choice.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(30);
/// Timeout of a whole download. Our choice: the largest file has 274 MB.
const DOWNLOAD_TIMEOUT: Duration = Duration::from_secs(3600);
/// Bytes that are read at once. Our choice.
const READ_BUFFER: usize = 1 << 16;

/// Called with the number of bytes so far, and their total.
pub type PullProgress<'a> = dyn Fn(u64, u64) + 'a;

/// Downloads a model from the first address that serves it, verifies it and moves it to its place.
///
/// An interrupted download is kept under another name and resumed next time. A file that does not match the
/// published digest is deleted.
///
/// # Errors
/// No address works, the disk is full, or the file is not the published one.
pub fn pull(
    store: &ModelStore,
    model: &Model,
    addresses: &[String],
    progress: &PullProgress<'_>,
) -> Result<PathBuf, ModelError> {
    if let Ok(path) = store.verify(model) {
        return Ok(path);
    }
    let partial = store.partial_path(model);
    if let Some(folder) = partial.parent() {
        fs_err::create_dir_all(folder)?;
    }
    let (mut reasons, mut wrong) = (Vec::new(), None);
    for address in addresses {
        match fetch(model, address, &partial, progress) {
            Ok(()) => {
                if let Err(e) = check(model, &partial) {
                    // Another address may serve the right file.
                    fs_err::remove_file(&partial)?;
                    wrong = Some(e);
                    continue;
                }
                let path = store.path(model);
                fs_err::rename(&partial, &path)?;
                return Ok(path);
            }
            Err(FetchError::Io(e)) => return Err(ModelError::Io(e)),
            Err(FetchError::Network(reason)) => reasons.push(format!("{address}: {reason}")),
        }
    }
    Err(wrong.unwrap_or(ModelError::Network {
        name: model.name,
        reasons: reasons.join("; "),
    }))
}

enum FetchError {
    Network(String),
    Io(std::io::Error),
}

impl From<reqwest::Error> for FetchError {
    fn from(error: reqwest::Error) -> Self {
        // The caller names the address.
        let mut reason = error.without_url().to_string();
        if reason.is_empty() {
            reason = "no answer".into();
        }
        Self::Network(reason)
    }
}

fn fetch(
    model: &Model,
    address: &str,
    partial: &std::path::Path,
    progress: &PullProgress<'_>,
) -> Result<(), FetchError> {
    let client = blocking_client()
        .connect_timeout(CONNECT_TIMEOUT)
        .timeout(None)
        .build()?;
    let mut file = fs_err::OpenOptions::new()
        .create(true)
        .append(true)
        .open(partial)
        .map_err(FetchError::Io)?;
    let mut have = file.metadata().map_err(FetchError::Io)?.len();
    if have >= model.bytes {
        // Complete by its length: the digest decides. Too long: start again.
        if have == model.bytes {
            return Ok(());
        }
        have = 0;
    }
    let mut request = client.get(address).timeout(DOWNLOAD_TIMEOUT);
    if have > 0 {
        request = request.header(RANGE, format!("bytes={have}-"));
    }
    let mut response: Response = request.send()?;
    match response.status() {
        StatusCode::PARTIAL_CONTENT if have > 0 => {}
        StatusCode::OK => have = 0,
        other => return Err(FetchError::Network(format!("answered {other}"))),
    }
    // An error page must not become the beginning of the file.
    if let Some(length) = response
        .content_length()
        .filter(|n| *n != model.bytes - have)
    {
        let reason = format!(
            "offers {length} bytes where {} are wanted",
            model.bytes - have
        );
        return Err(FetchError::Network(reason));
    }
    if have == 0 {
        file.set_len(0).map_err(FetchError::Io)?;
    }
    let mut buffer = vec![0; READ_BUFFER];
    loop {
        let n = response
            .read(&mut buffer)
            .map_err(|e| FetchError::Network(format!("broke off after {have} bytes ({e})")))?;
        if n == 0 {
            break;
        }
        have += n as u64;
        if have > model.bytes {
            return Err(FetchError::Network(format!(
                "sends more than {} bytes",
                model.bytes
            )));
        }
        file.write_all(&buffer[..n]).map_err(FetchError::Io)?;
        progress(have, model.bytes);
    }
    if have < model.bytes {
        return Err(FetchError::Network(format!(
            "stopped at {have} of {} bytes",
            model.bytes
        )));
    }
    Ok(())
}
