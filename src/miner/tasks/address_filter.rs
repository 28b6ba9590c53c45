//! Which hosts an input may be fetched from: its URL comes from a stranger.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use reqwest::Url;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};

use super::fetch_error::FetchError;

/// The last label of names that stand for no host, and that no name server should be asked for. Source: RFC 6761,
/// section 6.4.
const NO_HOST: &str = "invalid";

/// The addresses that inputs may be fetched from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum AddressFilter {
    /// Public addresses only, and not this machine by its own.
    Public(Option<IpAddr>),
    /// Every address.
    Everywhere,
}

impl AddressFilter {
    fn allows(self, ip: IpAddr) -> bool {
        match self {
            Self::Public(own) => is_public(ip) && own != Some(ip),
            Self::Everywhere => true,
        }
    }
}

/// Why a URL must not be fetched from, if it must not. Names are checked again when they are resolved.
pub(super) fn refused(url: &Url, filter: AddressFilter) -> Option<FetchError> {
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
        Ok(ip) if !filter.allows(ip) => Some(FetchError::Private(ip.to_string())),
        _ => None,
    }
}

/// Resolves names to addresses that the filter allows, so that a name cannot lead elsewhere.
pub(super) struct FilteringResolver {
    pub(super) filter: AddressFilter,
}

impl Resolve for FilteringResolver {
    fn resolve(&self, name: Name) -> Resolving {
        let filter = self.filter;
        Box::pin(async move {
            let found = tokio::net::lookup_host((name.as_str(), 0)).await?;
            let all: Vec<SocketAddr> = found.collect();
            let allowed: Vec<SocketAddr> = all
                .iter()
                .copied()
                .filter(|a| filter.allows(a.ip()))
                .collect();
            if allowed.is_empty() && !all.is_empty() {
                return Err(Box::new(FetchError::Private(name.as_str().to_owned())).into());
            }
            Ok(Box::new(allowed.into_iter()) as Addrs)
        })
    }
}

/// Whether an address is public.
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
        // Carrier-grade NAT, protocol assignments, benchmarks, and reserved.
        || (a == 100 && (64..128).contains(&b))
        || (a == 192 && b == 0 && c == 0)
        || (a == 198 && (b == 18 || b == 19))
        || a >= 240)
}

fn is_public_v6(ip: Ipv6Addr) -> bool {
    let first = ip.segments()[0];
    // Only this block is allocated; local, unique and multicast addresses are outside it.
    (first & 0xe000) == 0x2000 && !(first == 0x2001 && ip.segments()[1] == 0xdb8)
}

/// The IPv4 address within an IPv6 one: mapped, translated (NAT64), or of a 6to4 tunnel.
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
            let why = refused(&Url::parse(url).unwrap(), AddressFilter::Everywhere);
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
