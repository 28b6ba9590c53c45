//! Receives the input of a task into a file, and sends its output from one.

use std::path::Path;

use axum::body::Body;
use axum::http::{HeaderName, HeaderValue, header};
use axum::response::Response;
use futures::StreamExt as _;
use sha2::{Digest as _, Sha256};
use tokio::io::AsyncWriteExt as _;
use tokio_util::io::ReaderStream;

use super::refusal::{Refusal, RefusalCode};
use super::request::ArtifactRequest;
use super::response::ArtifactResponse;
use crate::miner::service::Service;
use crate::miner::tasks::TaskDir;

/// Bytes of an output that are read at a time. Our choice.
const CHUNK: usize = 256 * 1024;

/// Writes a body to a file and checks that it is the one that was signed.
pub(super) async fn receive(
    request: &ArtifactRequest,
    body: Body,
    to: &Path,
) -> Result<(), Refusal> {
    let disk = |e: std::io::Error| {
        tracing::error!("an input cannot be written down: {e}");
        Refusal::new(
            RefusalCode::ProcessingFailed,
            "the input cannot be written down",
        )
    };
    let short = |received: u64| {
        Refusal::new(
            RefusalCode::BodyLengthMismatch,
            format!(
                "Content-Length was {}, received {received}",
                request.input_size
            ),
        )
    };
    let mut file = tokio::fs::File::create_new(to).await.map_err(disk)?;
    let (mut received, mut hash) = (0_u64, Sha256::new());
    let mut chunks = body.into_data_stream();
    while let Some(chunk) = chunks.next().await {
        let chunk = chunk.map_err(|_| short(received))?;
        received += chunk.len() as u64;
        if received > request.input_size {
            return Err(short(received));
        }
        hash.update(&chunk);
        file.write_all(&chunk).await.map_err(disk)?;
    }
    file.flush().await.map_err(disk)?;
    if received != request.input_size {
        return Err(short(received));
    }
    let digest = hex::encode(hash.finalize());
    if digest != request.metadata.input_digest {
        return Err(Refusal::new(
            RefusalCode::InputDigestMismatch,
            format!("the input's SHA-256 is {digest}"),
        ));
    }
    Ok(())
}

/// The response, whose task directory is deleted once its last byte has been read.
pub(super) async fn send(
    dir: TaskDir,
    response: &ArtifactResponse,
    request: &ArtifactRequest,
    service: &Service,
) -> std::io::Result<Response> {
    let file = tokio::fs::File::open(dir.file("output.mp4")).await?;
    let chunks = ReaderStream::with_capacity(file, CHUNK).inspect(move |_| {
        let _kept_until_the_end = &dir;
    });
    let mut http = Response::new(Body::from_stream(chunks));
    let headers = http.headers_mut();
    headers.insert(
        header::CONTENT_TYPE,
        HeaderValue::from_static("application/octet-stream"),
    );
    headers.insert(header::CONTENT_LENGTH, response.output_size.into());
    for (name, value) in response.headers(request, &service.hotkey) {
        // Names are ours, values are digits, digests and an ID that was checked.
        if let Ok(value) = HeaderValue::from_str(&value) {
            headers.insert(HeaderName::from_static(name), value);
        }
    }
    Ok(http)
}
