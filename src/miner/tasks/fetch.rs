//! Fetches an input from an address that a stranger named.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use reqwest::header::{CONTENT_RANGE, ETAG, IF_RANGE, RANGE};
use reqwest::{Client, Response, StatusCode, Url};
use tokio::io::AsyncWriteExt as _;

/// Redirects that are followed.
const MOST_REDIRECTS: usize = 5;
/// Time for a connection.
const CONNECT: Duration = Duration::from_secs(10);
/// Time without a byte after which a transfer is begun anew.
const SILENCE: Duration = Duration::from_secs(10);
/// Times that a transfer goes on after a failure.
const RESUMED: u32 = 4;
/// The last part of names that stand for no host, and that nobody should be asked for. Source: RFC 6761,
/// section 6.4.
const NO_HOST: &str = "invalid";

/// Who fetches.
#[derive(Debug, Clone)]
pub struct Fetch {
    client: Client,
    reach: Reach,
    limit: u64,
}

/// Where may be fetched from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Reach {
    /// Addresses of the internet alone, and not this machine by its own.
    Public(Option<IpAddr>),
    /// Every address.
    Everywhere,
}

impl Reach {
    fn holds(self, ip: IpAddr) -> bool {
        match self {
            Self::Public(own) => is_public(ip) && own != Some(ip),
            Self::Everywhere => true,
        }
    }
}

/// Why nothing was fetched. No address is repeated with what comes behind its path: it may be a key.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FetchError {
    /// It is no address of the web.
    #[error("it is no http or https address")]
    NotWeb,
    /// A name that is reserved for none.
    #[error("{0}: the name is reserved for hosts that do not exist")]
    NoHost(String),
    /// A place that is nobody's business.
    #[error("{0} is a private or local address, from which nothing is fetched")]
    Private(String),
    /// The other side refuses.
    #[error("{host} answers {status}")]
    Status {
        /// The host.
        host: String,
        /// Its answer.
        status: u16,
    },
    /// More than is taken.
    #[error("{host}: the file is larger than {limit} bytes")]
    TooLarge {
        /// The host.
        host: String,
        /// The limit.
        limit: u64,
    },
    /// Nothing.
    #[error("{0}: the file is empty")]
    Empty(String),
    /// The time was over.
    #[error("{0}: it took too long")]
    Late(String),
    /// The connection failed, again and again.
    #[error("{host}: {why}")]
    Transfer {
        /// The host.
        host: String,
        /// How.
        why: String,
    },
    /// It could not be written down.
    #[error("the file could not be written ({0})")]
    Disk(std::io::Error),
}

impl Fetch {
    /// Who fetches files up to a size, in bytes; from private addresses, and from `own`, only where that is
    /// wanted.
    ///
    /// # Errors
    /// No TLS is to be had.
    pub fn new(limit: u64, private: bool, own: Option<IpAddr>) -> Result<Self, reqwest::Error> {
        let reach = if private {
            Reach::Everywhere
        } else {
            Reach::Public(own)
        };
        let redirects = reqwest::redirect::Policy::custom(move |attempt| {
            if attempt.previous().len() > MOST_REDIRECTS {
                return attempt.error("too many redirects");
            }
            match refused(attempt.url(), reach) {
                Some(why) => attempt.error(why),
                None => attempt.follow(),
            }
        });
        let client = crate::https::client()
            .connect_timeout(CONNECT)
            .read_timeout(SILENCE)
            .redirect(redirects)
            // A proxy would look names up for us, and with them private ones.
            .no_proxy()
            .dns_resolver(Arc::new(Resolver { reach }))
            .user_agent(concat!("vidaio/", env!("CARGO_PKG_VERSION")))
            .build()?;
        Ok(Self {
            client,
            reach,
            limit,
        })
    }

    /// Fetches a file before a time. A transfer that breaks off goes on where it ended, if the other side
    /// can do that and the file is still the same. Gives its bytes.
    ///
    /// # Errors
    /// Why nothing was fetched.
    pub async fn fetch(&self, url: &str, to: &Path, until: Instant) -> Result<u64, FetchError> {
        let url = Url::parse(url).map_err(|_| FetchError::NotWeb)?;
        if let Some(why) = refused(&url, self.reach) {
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
        let mut got = Got::default();
        let mut attempt = 0;
        loop {
            let error = match self.go_on(url, host, &mut file, &mut got).await {
                Ok(()) => {
                    file.flush().await.map_err(FetchError::Disk)?;
                    return Ok(got.bytes);
                }
                Err(e @ FetchError::Transfer { .. }) => e,
                Err(e) => return Err(e),
            };
            attempt += 1;
            if attempt > RESUMED {
                return Err(error);
            }
            tokio::time::sleep(Duration::from_millis(200) * attempt).await;
        }
    }

    async fn go_on(
        &self,
        url: &Url,
        host: &str,
        file: &mut tokio::fs::File,
        got: &mut Got,
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
            StatusCode::PARTIAL_CONTENT => match rest(&response, got) {
                Some(total) => whole = total,
                None => {
                    // From the beginning the next time.
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
            // A weak one does not say that the bytes are the same.
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

/// What is there so far.
#[derive(Debug, Default)]
struct Got {
    bytes: u64,
    etag: Option<String>,
}

async fn restart(file: &mut tokio::fs::File) -> std::io::Result<()> {
    use tokio::io::AsyncSeekExt as _;
    file.set_len(0).await?;
    file.rewind().await.map(|_| ())
}

/// Whether a part goes on where the file ends so far, and of the same file; with the whole file's size, where
/// the other side says it.
fn rest(response: &Response, got: &Got) -> Option<Option<u64>> {
    let text = |name| response.headers().get(name).and_then(|v| v.to_str().ok());
    let asked = got.etag.as_deref().filter(|_| got.bytes > 0)?;
    let same = text(ETAG).is_none_or(|etag| etag == asked);
    let (part, whole) = text(CONTENT_RANGE)?
        .strip_prefix("bytes ")?
        .split_once('/')?;
    let (first, _) = part.split_once('-')?;
    (same && first.parse() == Ok(got.bytes)).then(|| whole.parse().ok())
}

fn broken_off(host: &str, why: &str) -> FetchError {
    FetchError::Transfer {
        host: host.to_owned(),
        why: why.to_owned(),
    }
}

fn transfer(host: &str, error: &reqwest::Error) -> FetchError {
    use std::error::Error as _;
    // The error's own words hold the whole address, and with it what may be a key.
    let mut cause = error.source();
    let mut why = None;
    while let Some(inner) = cause {
        if let Some(refused) = inner.downcast_ref::<FetchError>() {
            match refused {
                FetchError::Private(place) => return FetchError::Private(place.clone()),
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

fn refused(url: &Url, reach: Reach) -> Option<FetchError> {
    if !matches!(url.scheme(), "http" | "https") || url.host_str().is_none() {
        return Some(FetchError::NotWeb);
    }
    let host = url.host_str().unwrap_or_default();
    let name = host.strip_suffix('.').unwrap_or(host);
    if name.rsplit('.').next() == Some(NO_HOST) {
        return Some(FetchError::NoHost(host.to_owned()));
    }
    let literal = host.trim_start_matches('[').trim_end_matches(']');
    match literal.parse::<IpAddr>() {
        Ok(ip) if !reach.holds(ip) => Some(FetchError::Private(ip.to_string())),
        _ => None,
    }
}

/// Looks names up and keeps to addresses of the internet, so that a name cannot lead elsewhere.
struct Resolver {
    reach: Reach,
}

impl Resolve for Resolver {
    fn resolve(&self, name: Name) -> Resolving {
        let reach = self.reach;
        Box::pin(async move {
            let found = tokio::net::lookup_host((name.as_str(), 0)).await?;
            let all: Vec<SocketAddr> = found.collect();
            let kept: Vec<SocketAddr> = all
                .iter()
                .copied()
                .filter(|a| reach.holds(a.ip()))
                .collect();
            if kept.is_empty() && !all.is_empty() {
                return Err(Box::new(FetchError::Private(name.as_str().to_owned())).into());
            }
            Ok(Box::new(kept.into_iter()) as Addrs)
        })
    }
}

/// Whether an address is one of the internet.
fn is_public(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(ip) => is_public_v4(ip),
        IpAddr::V6(ip) => match embedded(ip) {
            Some(inner) => is_public_v4(inner),
            None => is_public_v6(ip),
        },
    }
}

fn is_public_v4(ip: Ipv4Addr) -> bool {
    let [a, b, c, _] = ip.octets();
    !(ip.is_private()
        || ip.is_loopback()
        || ip.is_link_local()
        || ip.is_broadcast()
        || ip.is_documentation()
        || ip.is_multicast()
        || a == 0
        // Shared by carriers, for protocols, for benchmarks, and reserved.
        || (a == 100 && (64..128).contains(&b))
        || (a == 192 && b == 0 && c == 0)
        || (a == 198 && (b == 18 || b == 19))
        || a >= 240)
}

fn is_public_v6(ip: Ipv6Addr) -> bool {
    let first = ip.segments()[0];
    // Only this block is given out; local, unique and multicast addresses lie outside it.
    (first & 0xe000) == 0x2000 && !(first == 0x2001 && ip.segments()[1] == 0xdb8)
}

/// The older address within a newer one: mapped, translated, or of a tunnel.
fn embedded(ip: Ipv6Addr) -> Option<Ipv4Addr> {
    let s = ip.segments();
    let of = |high: u16, low: u16| {
        let ([a, b], [c, d]) = (high.to_be_bytes(), low.to_be_bytes());
        Ipv4Addr::new(a, b, c, d)
    };
    match s {
        [0, 0, 0, 0, 0, 0xffff | 0, high, low] => Some(of(high, low)),
        [0x64, 0xff9b, 0, 0, 0, 0, high, low] => Some(of(high, low)),
        [0x2002, high, low, ..] => Some(of(high, low)),
        _ => None,
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests fail by panicking")]
mod tests {
    use super::*;

    #[test]
    fn names_of_no_host_are_refused_without_being_looked_up() {
        let why = |url: &str| {
            let why = refused(&Url::parse(url).unwrap(), Reach::Everywhere);
            why.map(|e| e.to_string())
        };
        for host in [
            "media.invalid",
            "MEDIA.Invalid.",
            "invalid",
            "a.b.invalid:99",
        ] {
            let said = why(&format!("https://{host}/in/a.mp4")).unwrap();
            assert!(
                said.contains("reserved for hosts that do not exist"),
                "{said}"
            );
        }
        for host in ["media.invalid.example", "notinvalid", "invalid.example"] {
            assert_eq!(why(&format!("https://{host}/a.mp4")), None, "{host}");
        }
    }

    #[test]
    fn only_addresses_of_the_internet_are_public() {
        for ip in [
            "127.0.0.1",
            "10.1.2.3",
            "172.16.0.1",
            "192.168.1.1",
            "169.254.169.254",
            "0.0.0.0",
            "100.64.0.1",
            "198.18.0.1",
            "224.0.0.1",
            "255.255.255.255",
            "::1",
            "::",
            "fe80::1",
            "fd00::1",
            "::ffff:10.0.0.1",
            "64:ff9b::7f00:1",
            "2002:7f00:1::1",
            "ff02::1",
            "2001:db8::1",
            "192.0.0.1",
        ] {
            assert!(!is_public(ip.parse().unwrap()), "{ip}");
        }
        for ip in [
            "1.1.1.1",
            "203.0.112.1",
            "2606:4700::1111",
            "::ffff:8.8.8.8",
            "100.128.0.1",
        ] {
            assert!(is_public(ip.parse().unwrap()), "{ip}");
        }
    }
}
