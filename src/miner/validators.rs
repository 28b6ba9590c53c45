//! Keeps the view of who validates young: reads the chain on a thread of its own, or a snapshot.

use std::path::PathBuf;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Duration, SystemTime};

use super::permits::PermitView;
use crate::chain::{ChainError, ConnectOptions, block_on, read_metagraph, with_chain};
use crate::subnet::Metagraph;

/// Time between two reads. The network's limit of 45 seconds is counted from a read's end.
const BETWEEN: Duration = Duration::from_secs(40);
/// Wait after a read that failed.
const AFTER_FAILURE: Duration = Duration::from_secs(5);
/// Time between two looks at a snapshot.
const LOOK: Duration = Duration::from_secs(2);

/// Where the metagraph comes from.
#[derive(Debug, Clone)]
pub enum Source {
    /// The chain.
    Chain {
        /// How it is asked.
        asked: Box<ConnectOptions>,
        /// Number of the subnet.
        netuid: u16,
    },
    /// A file that is taken for the chain, and read again when it changes.
    Snapshot {
        /// The file.
        path: PathBuf,
        /// Number of the subnet that it must be of.
        netuid: u16,
    },
}

/// Why a metagraph could not be read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SourceError {
    /// The chain.
    #[error("{0}")]
    Chain(#[from] ChainError),
    /// The snapshot.
    #[error("{}: {what}", path.display())]
    Snapshot {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        what: String,
    },
    /// No thread or runtime.
    #[error("{0}")]
    System(#[from] std::io::Error),
}

/// The view that everybody who asks is given.
#[derive(Debug, Clone, Default)]
pub struct Validators {
    state: Arc<RwLock<State>>,
}

#[derive(Debug, Default)]
struct State {
    view: Option<Arc<PermitView>>,
    metagraph: Option<Arc<Metagraph>>,
    failure: Option<String>,
}

impl Source {
    /// Reads the metagraph once.
    ///
    /// # Errors
    /// Why it could not be read.
    pub fn read(&self) -> Result<Metagraph, SourceError> {
        match self {
            Self::Chain { asked, netuid } => {
                let note = |e: &ChainError| tracing::warn!("{e}");
                let read = block_on(with_chain(asked, &note, async |chain| {
                    read_metagraph(chain, &asked.network, *netuid, None).await
                }))??;
                Ok(read)
            }
            Self::Snapshot { path, netuid } => {
                let wrong = |what: String| SourceError::Snapshot {
                    path: path.clone(),
                    what,
                };
                let bytes = std::fs::read(path).map_err(|e| wrong(e.to_string()))?;
                let metagraph = Metagraph::from_json(&bytes).map_err(|e| wrong(e.to_string()))?;
                if metagraph.netuid != *netuid {
                    let of = metagraph.netuid;
                    return Err(wrong(format!("it is of subnet {of}, not of {netuid}")));
                }
                Ok(metagraph)
            }
        }
    }

    fn changed(&self) -> Option<SystemTime> {
        match self {
            Self::Chain { .. } => None,
            Self::Snapshot { path, .. } => std::fs::metadata(path).and_then(|m| m.modified()).ok(),
        }
    }
}

impl Validators {
    /// With a metagraph that was just read.
    #[must_use]
    pub fn with(metagraph: Metagraph) -> Self {
        let validators = Self::default();
        validators.put(metagraph);
        validators
    }

    /// The view, if there is any.
    #[must_use]
    pub fn view(&self) -> Option<Arc<PermitView>> {
        self.read().view.clone()
    }

    /// The metagraph behind it.
    #[must_use]
    pub fn metagraph(&self) -> Option<Arc<Metagraph>> {
        self.read().metagraph.clone()
    }

    /// Why the last read failed, if it did.
    #[must_use]
    pub fn failure(&self) -> Option<String> {
        self.read().failure.clone()
    }

    fn read(&self) -> std::sync::RwLockReadGuard<'_, State> {
        self.state.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn put(&self, metagraph: impl Into<Arc<Metagraph>>) {
        let metagraph = metagraph.into();
        let mut state = self.state.write().unwrap_or_else(PoisonError::into_inner);
        state.view = Some(Arc::new(PermitView::new(&metagraph, super::now())));
        state.metagraph = Some(metagraph);
        state.failure = None;
    }

    fn fail(&self, why: String) {
        let mut state = self.state.write().unwrap_or_else(PoisonError::into_inner);
        state.failure = Some(why);
    }

    /// Reads anew for as long as anybody holds on to the view.
    ///
    /// # Errors
    /// No thread is to be had.
    pub fn keep_young(&self, source: Source) -> std::io::Result<()> {
        let state = Arc::downgrade(&self.state);
        let read_all = move || {
            let mut seen = source.changed();
            let mut wait = match source {
                Source::Chain { .. } => BETWEEN,
                Source::Snapshot { .. } => LOOK,
            };
            loop {
                std::thread::sleep(wait);
                let Some(state) = state.upgrade() else {
                    return;
                };
                let validators = Self { state };
                let changed = source.changed();
                let stands = matches!(source, Source::Snapshot { .. }) && changed == seen;
                // A snapshot that stands is the chain that stands: it does not age.
                let again = if stands {
                    validators.metagraph().map(Ok)
                } else {
                    None
                };
                match again.unwrap_or_else(|| source.read().map(Arc::new)) {
                    Ok(metagraph) => {
                        validators.put(metagraph);
                        seen = changed;
                        wait = match source {
                            Source::Chain { .. } => BETWEEN,
                            Source::Snapshot { .. } => LOOK,
                        };
                    }
                    Err(e) => {
                        tracing::warn!("the metagraph could not be read: {e}");
                        validators.fail(e.to_string());
                        wait = AFTER_FAILURE;
                    }
                }
            }
        };
        let thread = std::thread::Builder::new().name("validators".into());
        thread.spawn(read_all)?;
        Ok(())
    }
}
