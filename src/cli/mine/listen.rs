//! Ports that the miner listens on.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use tokio::net::TcpListener;

use super::super::exit::Exit;
use super::super::failure::Failure;
use crate::config::MineSettings;

/// Listens on an address, which `flag` sets. Gives the address with its port.
pub(super) async fn bind(
    address: SocketAddr,
    flag: &str,
) -> Result<(TcpListener, SocketAddr), Failure> {
    let failed = |e: std::io::Error| {
        Failure::new(
            Exit::Network,
            format!("{address}: cannot be listened on ({e})"),
        )
        .hint(format!(
            "stop whatever listens there, or name another: {flag}"
        ))
    };
    let listener = TcpListener::bind(address).await.map_err(failed)?;
    let bound = listener.local_addr().map_err(failed)?;
    Ok((listener, bound))
}

/// The address that validators are served on: every interface, and IPv6 too if they reach this machine by it.
pub(super) fn everywhere(mine: &MineSettings) -> SocketAddr {
    match mine.external_ip {
        Some(IpAddr::V6(_)) => SocketAddr::from((Ipv6Addr::UNSPECIFIED, mine.axon_port)),
        _ => SocketAddr::from((Ipv4Addr::UNSPECIFIED, mine.axon_port)),
    }
}
