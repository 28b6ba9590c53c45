//! Tells the chain where this miner serves, if that is not what it says.

use std::sync::Arc;
use std::time::Duration;

use super::settings::Chosen;
use crate::chain::{ChainError, Endpoint, block_on, serve_axon, with_chain};
use crate::miner::{Service, Source};

/// Wait after the chain was not told: it takes an endpoint every 50 blocks, which are ten minutes.
const AGAIN: Duration = Duration::from_secs(610);

/// Says on the chain where validators find this miner; everything that comes of it is in the log.
pub(super) fn announce(chosen: &Chosen, service: &Arc<Service>, source: &Source, port: u16) {
    let Source::Chain { asked, netuid } = source else {
        tracing::info!("offline: nothing is said on the chain");
        return;
    };
    let own = service.hotkey.address();
    let metagraph = service.validators.metagraph();
    if metagraph.is_none_or(|m| m.hotkey(&own).is_none()) {
        tracing::warn!("{own} is not registered: nothing is said on the chain");
        return;
    }
    let known_now = known(service);
    let Some(ip) = chosen.mine.external_ip else {
        let known = known_now.map_or_else(|| "no endpoint".to_owned(), |e| e.to_string());
        tracing::warn!("external_ip is not set, so the chain keeps {known}");
        return;
    };
    let endpoint = Endpoint { ip, port };
    if known_now == Some(endpoint) {
        tracing::info!("the chain knows {endpoint}");
        return;
    }
    if let Some(problem) = endpoint.problem() {
        tracing::error!("{endpoint} is not said on the chain: {problem}");
        return;
    }
    let (asked, netuid, service) = (asked.clone(), *netuid, Arc::clone(service));
    let tell = move || {
        let note = |e: &ChainError| tracing::warn!("{e}");
        loop {
            let served = block_on(with_chain(&asked, &note, async |chain| {
                serve_axon(chain, netuid, endpoint, &service.hotkey).await
            }));
            let why = match served {
                Ok(Ok(hash)) => {
                    tracing::info!(hash, "the chain was told {endpoint}");
                    return;
                }
                Ok(Err(e)) => e.to_string(),
                Err(e) => e.to_string(),
            };
            tracing::error!("the chain was not told {endpoint}, again in {AGAIN:?}: {why}");
            std::thread::sleep(AGAIN);
            if known(&service) == Some(endpoint) {
                return;
            }
        }
    };
    let told = std::thread::Builder::new()
        .name("announce".into())
        .spawn(tell);
    if let Err(e) = told {
        tracing::error!("the chain was not told {endpoint}: {e}");
    }
}

/// Where the chain says that this miner serves.
fn known(service: &Service) -> Option<Endpoint> {
    let metagraph = service.validators.metagraph()?;
    let own = metagraph.hotkey(&service.hotkey.address())?;
    own.axon.map(Endpoint::from)
}
