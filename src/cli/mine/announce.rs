//! Tells the chain where this miner serves, if that is not what it says.

use std::sync::Arc;

use super::settings::Chosen;
use crate::chain::{ChainError, Endpoint, block_on, serve_axon, with_chain};
use crate::miner::{Service, Source};

/// Says on the chain where validators find this miner; everything that comes of it is in the log.
pub(super) fn announce(chosen: &Chosen, service: &Arc<Service>, source: &Source, port: u16) {
    let Source::Chain { asked, netuid } = source else {
        tracing::info!("offline: nothing is said on the chain");
        return;
    };
    let own = service.hotkey.address();
    let metagraph = service.validators.metagraph();
    let neuron = metagraph.as_ref().and_then(|m| m.hotkey(&own));
    let Some(neuron) = neuron else {
        tracing::warn!("{own} is not registered: nothing is said on the chain");
        return;
    };
    let known = neuron.axon.as_ref().map(|axon| Endpoint {
        ip: axon.ip,
        port: axon.port,
    });
    let Some(ip) = chosen.mine.external_ip else {
        let known = known.map_or_else(|| "no endpoint".to_owned(), |e| e.to_string());
        tracing::warn!("external_ip is not set, so the chain keeps {known}");
        return;
    };
    let endpoint = Endpoint { ip, port };
    if known == Some(endpoint) {
        tracing::info!("the chain knows {endpoint}");
        return;
    }
    if let Some(problem) = endpoint.problem() {
        tracing::error!("{endpoint} is not said on the chain: {problem}");
        return;
    }
    let (asked, netuid, service) = (asked.clone(), *netuid, Arc::clone(service));
    let told = std::thread::Builder::new()
        .name("announce".into())
        .spawn(move || {
            let note = |e: &ChainError| tracing::warn!("{e}");
            let served = block_on(with_chain(&asked, &note, async |chain| {
                serve_axon(chain, netuid, endpoint, &service.hotkey).await
            }));
            match served {
                Ok(Ok(hash)) => tracing::info!(hash, "the chain was told {endpoint}"),
                Ok(Err(e)) => tracing::error!("the chain was not told {endpoint}: {e}"),
                Err(e) => tracing::error!("the chain was not told {endpoint}: {e}"),
            }
        });
    if let Err(e) = told {
        tracing::error!("the chain was not told {endpoint}: {e}");
    }
}
