//! Fetches an input from a URL that comes from a stranger.

use std::net::IpAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use reqwest::header::{CONTENT_RANGE, ETAG, IF_RANGE, RANGE};
use reqwest::{Client, Response, StatusCode, Url};
use tokio::io::AsyncWriteExt as _;

use super::address_filter::{AddressFilter, FilteringResolver, refused};
use super::fetch_error::FetchError;

/// Redirects that are followed. Our choice.
const MAX_REDIRECTS: usize = 5;
/// Time within which a connection must be made. Our choice.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// Time without a byte after which a transfer counts as broken. Our choice.
const READ_TIMEOUT: Duration = Duration::from_secs(10);
/// Times that a broken transfer is resumed. Our choice.
const MAX_RESUMES: u32 = 4;

/// Fetches inputs.
#[derive(Debug, Clone)]
pub struct Fetcher {
    client: Client,
    filter: AddressFilter,
    /// Bytes of the largest input.
    limit: u64,
}

impl Fetcher {
    /// Fetches inputs of up to so many bytes: from public addresses other than `own`, or with `private` from any.
    ///
    /// # Errors
    /// TLS cannot be initialised.
    pub fn new(limit: u64, private: bool, own: Option<IpAddr>) -> Result<Self, reqwest::Error> {
        let filter = if private {
            AddressFilter::Everywhere
        } else {
            AddressFilter::Public(own)
        };
        let redirects = reqwest::redirect::Policy::custom(move |attempt| {
            if attempt.previous().len() > MAX_REDIRECTS {
                return attempt.error("too many redirects");
            }
            match refused(attempt.url(), filter) {
                Some(why) => attempt.error(why),
                None => attempt.follow(),
            }
        });
        let client = crate::https::client()
            .connect_timeout(CONNECT_TIMEOUT)
            .read_timeout(READ_TIMEOUT)
            .redirect(redirects)
            // A proxy would resolve names itself, without our filter.
            .no_proxy()
            .dns_resolver(Arc::new(FilteringResolver { filter }))
            .user_agent(concat!("vidaio/", env!("CARGO_PKG_VERSION")))
            .build()?;
        Ok(Self {
            client,
            filter,
            limit,
        })
    }

    /// Fetches a file before a time and gives its size in bytes. A broken transfer is resumed where it ended, if the
    /// server supports that and the file is still the same.
    ///
    /// # Errors
    /// Why it could not be fetched.
    pub async fn fetch(&self, url: &str, to: &Path, until: Instant) -> Result<u64, FetchError> {
        let url = Url::parse(url).map_err(|_| FetchError::NotWeb)?;
        if let Some(why) = refused(&url, self.filter) {
            return Err(why);
        }
        let host = url.host_str().unwrap_or_default().to_owned();
        let all = self.attempts(&url, &host, to);
        let fetched = tokio::time::timeout_at(until.into(), all).await;
        let bytes = fetched.map_err(|_| FetchError::Late(host.clone()))??;
        if bytes == 0 {
            return Err(FetchError::Empty(host));
        }
        Ok(bytes)
    }

    async fn attempts(&self, url: &Url, host: &str, to: &Path) -> Result<u64, FetchError> {
        let mut file = tokio::fs::File::create(to)
            .await
            .map_err(FetchError::Disk)?;
        let mut got = Received::default();
        let mut attempt = 0;
        loop {
            let error = match self.resume(url, host, &mut file, &mut got).await {
                Ok(()) => {
                    file.flush().await.map_err(FetchError::Disk)?;
                    return Ok(got.bytes);
                }
                Err(e @ FetchError::Transfer { .. }) => e,
                Err(e) => return Err(e),
            };
            attempt += 1;
            if attempt > MAX_RESUMES {
                return Err(error);
            }
            tokio::time::sleep(Duration::from_millis(200) * attempt).await;
        }
    }

    async fn resume(
        &self,
        url: &Url,
        host: &str,
        file: &mut tokio::fs::File,
        got: &mut Received,
    ) -> Result<(), FetchError> {
        let broken = |e: reqwest::Error| transfer(host, &e);
        let mut request = self.client.get(url.clone());
        if let (true, Some(etag)) = (got.bytes > 0, &got.etag) {
            request = request
                .header(RANGE, format!("bytes={}-", got.bytes))
                .header(IF_RANGE, etag);
        }
        let mut response = request.send().await.map_err(broken)?;
        let mut whole = None;
        match response.status() {
            StatusCode::PARTIAL_CONTENT => match continues(&response, got) {
                Some(total) => whole = total,
                None => {
                    // Start from the beginning the next time.
                    got.etag = None;
                    return Err(broken_off(
                        host,
                        "it answers with a part that was not asked for",
                    ));
                }
            },
            status if status.is_success() => {
                got.bytes = 0;
                restart(file).await.map_err(FetchError::Disk)?;
            }
            status if status.is_server_error() => {
                return Err(broken_off(host, &format!("it answers {}", status.as_u16())));
            }
            status => {
                return Err(FetchError::Status {
                    host: host.to_owned(),
                    status: status.as_u16(),
                });
            }
        }
        if response.status() != StatusCode::PARTIAL_CONTENT {
            let etag = response.headers().get(ETAG).and_then(|v| v.to_str().ok());
            // A weak ETag does not say that the bytes are the same.
            got.etag = etag.filter(|e| e.starts_with('"')).map(str::to_owned);
        }
        let announced = response.content_length().unwrap_or(0);
        if got.bytes.saturating_add(announced) > self.limit {
            return Err(self.too_large(host));
        }
        while let Some(chunk) = response.chunk().await.map_err(broken)? {
            got.bytes += chunk.len() as u64;
            if got.bytes > self.limit {
                return Err(self.too_large(host));
            }
            file.write_all(&chunk).await.map_err(FetchError::Disk)?;
        }
        match whole {
            Some(whole) if whole != got.bytes => {
                Err(broken_off(host, "it sent too little or too much"))
            }
            _ => Ok(()),
        }
    }

    fn too_large(&self, host: &str) -> FetchError {
        FetchError::TooLarge {
            host: host.to_owned(),
            limit: self.limit,
        }
    }
}

/// What has been received so far.
#[derive(Debug, Default)]
struct Received {
    bytes: u64,
    /// A strong ETag of the file, by which it can be resumed.
    etag: Option<String>,
}

async fn restart(file: &mut tokio::fs::File) -> std::io::Result<()> {
    use tokio::io::AsyncSeekExt as _;
    file.set_len(0).await?;
    file.rewind().await.map(|_| ())
}

/// Whether a partial response continues what has been received, and of the same file; if so, the size of the whole
/// file where the server says it.
fn continues(response: &Response, got: &Received) -> Option<Option<u64>> {
    let text = |name| response.headers().get(name).and_then(|v| v.to_str().ok());
    let known = got.etag.as_deref().filter(|_| got.bytes > 0)?;
    let is_same = text(ETAG).is_none_or(|etag| etag == known);
    let (part, whole) = text(CONTENT_RANGE)?
        .strip_prefix("bytes ")?
        .split_once('/')?;
    let (first, _) = part.split_once('-')?;
    (is_same && first.parse() == Ok(got.bytes)).then(|| whole.parse().ok())
}

fn broken_off(host: &str, why: &str) -> FetchError {
    FetchError::Transfer {
        host: host.to_owned(),
        why: why.to_owned(),
    }
}

fn transfer(host: &str, error: &reqwest::Error) -> FetchError {
    use std::error::Error as _;
    // The error's own text holds the whole URL, which may contain a key.
    let mut cause = error.source();
    let mut why = None;
    while let Some(inner) = cause {
        if let Some(refused) = inner.downcast_ref::<FetchError>() {
            match refused {
                FetchError::Private(address) => return FetchError::Private(address.clone()),
                FetchError::NoHost(name) => return FetchError::NoHost(name.clone()),
                FetchError::NotWeb => return FetchError::NotWeb,
                _ => {}
            }
        }
        why = Some(inner.to_string());
        cause = inner.source();
    }
    broken_off(host, why.as_deref().unwrap_or("the transfer failed"))
}
