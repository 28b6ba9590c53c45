//! Files and folders that have a fixed place on the machine.

use std::path::{Path, PathBuf};

/// The network's published set-up keeps its settings in this file of the current folder.
pub(super) const VARIABLES: &str = ".env";

/// A path that means the same from every folder.
pub(super) fn absolute(path: &Path) -> PathBuf {
    std::path::absolute(path).unwrap_or_else(|_| path.to_path_buf())
}

/// Metadata of chains, kept between runs; none where no home folder is known.
#[cfg(feature = "subnet")]
pub(super) fn metadata_cache() -> Option<crate::chain::MetadataCache> {
    use etcetera::BaseStrategy as _;
    let base = etcetera::choose_base_strategy().ok()?;
    let folder = base.cache_dir().join("vidaio").join("chain");
    Some(crate::chain::MetadataCache::new(folder))
}
