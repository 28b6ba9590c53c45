//! Endpoints as the chain stores them.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use subxt::ext::scale_decode::DecodeAsType;

use crate::subnet::Axon;

/// An axon as the chain stores it.
#[derive(Debug, DecodeAsType)]
#[decode_as_type(crate_path = "subxt::ext::scale_decode")]
pub(super) struct AxonInfo {
    block: u64,
    version: u32,
    ip: u128,
    port: u16,
    ip_type: u8,
}

impl AxonInfo {
    /// None where nothing is served: no address, or no port.
    pub(super) fn axon(&self) -> Option<Axon> {
        let ip = match self.ip_type {
            4 => IpAddr::V4(Ipv4Addr::from(u32::try_from(self.ip & 0xffff_ffff).ok()?)),
            6 => IpAddr::V6(Ipv6Addr::from(self.ip)),
            _ => return None,
        };
        (self.port != 0 && !ip.is_unspecified()).then_some(Axon {
            ip,
            port: self.port,
            version: self.version,
            block: self.block,
        })
    }
}
