//! Keeps a view of the validators up to date: a thread of its own reads the chain, or a snapshot, again and again.

use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use super::clock::now;
use super::metagraph_source::MetagraphSource;
use super::permits::PermitView;
use crate::subnet::Metagraph;

/// Pause between two reads of the chain. The network reads again after 45 seconds, counted from the end of a read;
/// a read itself takes up to a few seconds.
const CHAIN_INTERVAL: Duration = Duration::from_secs(40);
/// Pause after a read that failed. Our choice.
const RETRY_INTERVAL: Duration = Duration::from_secs(5);
/// Pause between two checks whether a snapshot has changed. Our choice.
const SNAPSHOT_INTERVAL: Duration = Duration::from_secs(2);

/// The latest view of the validators; clones share it.
#[derive(Debug, Clone, Default)]
pub struct Validators {
    state: Arc<RwLock<ViewState>>,
}

#[derive(Debug, Default)]
struct ViewState {
    view: Option<Arc<PermitView>>,
    metagraph: Option<Arc<Metagraph>>,
    /// Why the last read failed, if it did.
    failure: Option<String>,
}

impl Validators {
    /// A view of a metagraph that was read just now.
    #[must_use]
    pub fn with(metagraph: Metagraph) -> Self {
        let validators = Self::default();
        validators.put(metagraph);
        validators
    }

    /// The permits of the last read that succeeded.
    #[must_use]
    pub fn view(&self) -> Option<Arc<PermitView>> {
        self.read().view.clone()
    }

    /// The metagraph that the permits are of.
    #[must_use]
    pub fn metagraph(&self) -> Option<Arc<Metagraph>> {
        self.read().metagraph.clone()
    }

    /// Why the last read failed, if it did.
    #[must_use]
    pub fn failure(&self) -> Option<String> {
        self.read().failure.clone()
    }

    fn read(&self) -> std::sync::RwLockReadGuard<'_, ViewState> {
        self.state.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn put(&self, metagraph: impl Into<Arc<Metagraph>>) {
        let metagraph = metagraph.into();
        let mut state = self.state.write().unwrap_or_else(PoisonError::into_inner);
        state.view = Some(Arc::new(PermitView::new(&metagraph, now())));
        state.metagraph = Some(metagraph);
        state.failure = None;
    }

    fn fail(&self, why: String) {
        let mut state = self.state.write().unwrap_or_else(PoisonError::into_inner);
        state.failure = Some(why);
    }

    /// Reads the metagraph again and again, on a thread of its own, until every clone of this is dropped.
    ///
    /// # Errors
    /// No thread can be started.
    pub fn keep_fresh(&self, source: MetagraphSource) -> std::io::Result<()> {
        let state = Arc::downgrade(&self.state);
        let interval = match source {
            MetagraphSource::Chain { .. } => CHAIN_INTERVAL,
            MetagraphSource::Snapshot { .. } => SNAPSHOT_INTERVAL,
        };
        let read_on = move || {
            let mut seen = source.modified();
            let mut pause = interval;
            loop {
                std::thread::sleep(pause);
                let Some(state) = state.upgrade() else {
                    return;
                };
                let validators = Self { state };
                let modified = source.modified();
                // A snapshot that has not changed stands for a chain that has not: it does not age.
                let is_same =
                    matches!(source, MetagraphSource::Snapshot { .. }) && modified == seen;
                let same = validators.metagraph().filter(|_| is_same);
                let read = same.map_or_else(|| source.read().map(Arc::new), Ok);
                match read {
                    Ok(metagraph) => {
                        validators.put(metagraph);
                        seen = modified;
                        pause = interval;
                    }
                    Err(e) => {
                        tracing::warn!("the metagraph could not be read: {e}");
                        validators.fail(e.to_string());
                        pause = RETRY_INTERVAL;
                    }
                }
            }
        };
        let thread = std::thread::Builder::new().name("validators".into());
        thread.spawn(read_on)?;
        Ok(())
    }
}
