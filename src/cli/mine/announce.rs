//! Registers the endpoint of this miner on the chain, if that knows another one.

use std::sync::Arc;
use std::time::Duration;

use super::settings::MineSetup;
use crate::chain::{ChainError, Endpoint, block_on, serve_axon, with_chain};
use crate::miner::{MetagraphSource, Service};

/// Pause after a registration that failed: the chain accepts one every 50 blocks, which are ten minutes.
const RETRY_PAUSE: Duration = Duration::from_secs(610);

/// Registers the endpoint on a thread of its own, again and again until the chain accepts it. Outcomes are logged.
pub(super) fn announce(
    setup: &MineSetup,
    service: &Arc<Service>,
    source: &MetagraphSource,
    port: u16,
) {
    let MetagraphSource::Chain { options, netuid } = source else {
        tracing::info!("offline: nothing is said on the chain");
        return;
    };
    let own = service.hotkey.address();
    let metagraph = service.validators.metagraph();
    if metagraph.is_none_or(|m| m.hotkey(&own).is_none()) {
        tracing::warn!("{own} is not registered: nothing is said on the chain");
        return;
    }
    let current = known(service);
    let Some(ip) = setup.mine.external_ip else {
        let known = current.map_or_else(|| "no endpoint".to_owned(), |e| e.to_string());
        tracing::warn!("external_ip is not set, so the chain keeps {known}");
        return;
    };
    let endpoint = Endpoint { ip, port };
    if current == Some(endpoint) {
        tracing::info!("the chain knows {endpoint}");
        return;
    }
    if let Some(problem) = endpoint.problem() {
        tracing::error!("{endpoint} is not said on the chain: {problem}");
        return;
    }
    let (options, netuid, service) = (options.clone(), *netuid, Arc::clone(service));
    let register = move || {
        let note = |e: &ChainError| tracing::warn!("{e}");
        loop {
            let served = block_on(with_chain(&options, &note, async |chain| {
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
            tracing::error!("the chain was not told {endpoint}, again in {RETRY_PAUSE:?}: {why}");
            std::thread::sleep(RETRY_PAUSE);
            if known(&service) == Some(endpoint) {
                return;
            }
        }
    };
    let spawned = std::thread::Builder::new()
        .name("announce".into())
        .spawn(register);
    if let Err(e) = spawned {
        tracing::error!("the chain was not told {endpoint}: {e}");
    }
}

/// The endpoint of this miner that the chain knows.
fn known(service: &Service) -> Option<Endpoint> {
    let metagraph = service.validators.metagraph()?;
    let own = metagraph.hotkey(&service.hotkey.address())?;
    own.axon.map(Endpoint::from)
}
