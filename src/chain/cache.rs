//! Metadata on disk: 600 KB of download less at every start.
//!
//! A file is named by the chain's first block and the runtime's version, of which it is a function, so
//! it never becomes stale. Metadata that cannot be read is downloaded again.

use std::path::PathBuf;
use std::sync::Arc;

use subxt::config::substrate::{self, SubstrateConfig, SubstrateExtrinsicParams};
use subxt::config::{Config, HashFor};
use subxt::ext::codec::{Compact, Decode as _};
use subxt::metadata::{ArcMetadata, Metadata};

use super::rpc::WireState;

/// Most files of one chain.
const KEPT: usize = 3;

/// A folder of metadata.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MetadataCache {
    folder: PathBuf,
}

impl MetadataCache {
    /// In a folder, which is made when there is something to put into it.
    #[must_use]
    pub fn new(folder: impl Into<PathBuf>) -> Self {
        Self {
            folder: folder.into(),
        }
    }

    fn prefix(genesis: &substrate::H256) -> String {
        format!("metadata-{}-", hex::encode(&genesis.as_bytes()[..8]))
    }

    fn path(&self, genesis: &substrate::H256, spec_version: u32) -> PathBuf {
        let name = format!("{}{spec_version}.scale", Self::prefix(genesis));
        self.folder.join(name)
    }

    fn load(&self, genesis: &substrate::H256, spec_version: u32) -> Option<ArcMetadata> {
        let bytes = fs_err::read(self.path(genesis, spec_version)).ok()?;
        Metadata::decode_from(&bytes).ok().map(Metadata::arc)
    }

    /// Failing to keep metadata costs a download later and nothing else.
    fn store(&self, genesis: &substrate::H256, spec_version: u32, response: &str) -> Option<()> {
        let digits: String = serde_json::from_str(response).ok()?;
        let bytes = hex::decode(digits.strip_prefix("0x")?).ok()?;
        // The runtime answers Option<Vec<u8>>: a byte, a length, and the metadata.
        let mut rest = bytes.strip_prefix(&[1])?;
        let length = Compact::<u32>::decode(&mut rest).ok()?.0;
        let metadata = rest.get(..usize::try_from(length).ok()?)?;
        fs_err::create_dir_all(&self.folder).ok()?;
        let mut file = tempfile::NamedTempFile::new_in(&self.folder).ok()?;
        std::io::Write::write_all(&mut file, metadata).ok()?;
        file.persist(self.path(genesis, spec_version)).ok()?;
        self.sweep(genesis);
        Some(())
    }

    /// Forgets what was stored longest ago.
    fn sweep(&self, genesis: &substrate::H256) {
        let prefix = Self::prefix(genesis);
        let entries = fs_err::read_dir(&self.folder)
            .into_iter()
            .flatten()
            .flatten();
        let mut found: Vec<_> = entries
            .filter(|entry| entry.file_name().to_string_lossy().starts_with(&prefix))
            .filter_map(|entry| Some((entry.metadata().ok()?.modified().ok()?, entry.path())))
            .collect();
        found.sort();
        let old = found.len().saturating_sub(KEPT);
        for (_, path) in &found[..old] {
            let _still_there_next_time = fs_err::remove_file(path);
        }
    }
}

/// Substrate's configuration, with metadata from disk.
#[derive(Debug, Clone)]
pub(super) struct Cached {
    inner: SubstrateConfig,
    genesis: substrate::H256,
    cache: Option<MetadataCache>,
    wire: Arc<WireState>,
}

impl Cached {
    pub(super) fn new(
        genesis: substrate::H256,
        cache: Option<MetadataCache>,
        wire: Arc<WireState>,
    ) -> Self {
        Self {
            inner: SubstrateConfig::new(),
            genesis,
            cache,
            wire,
        }
    }
}

impl Config for Cached {
    type AccountId = <SubstrateConfig as Config>::AccountId;
    type Address = <SubstrateConfig as Config>::Address;
    type Signature = <SubstrateConfig as Config>::Signature;
    type Hasher = <SubstrateConfig as Config>::Hasher;
    type Header = <SubstrateConfig as Config>::Header;
    type TransactionExtensions = SubstrateExtrinsicParams<Self>;
    type AssetId = <SubstrateConfig as Config>::AssetId;

    fn genesis_hash(&self) -> Option<HashFor<Self>> {
        Some(self.genesis)
    }

    fn metadata_for_spec_version(&self, spec_version: u32) -> Option<ArcMetadata> {
        if let Some(metadata) = self.inner.metadata_for_spec_version(spec_version) {
            return Some(metadata);
        }
        let metadata = self.cache.as_ref()?.load(&self.genesis, spec_version)?;
        self.inner
            .set_metadata_for_spec_version(spec_version, metadata.clone());
        Some(metadata)
    }

    fn set_metadata_for_spec_version(&self, spec_version: u32, metadata: ArcMetadata) {
        if let (Some(cache), Some(response)) = (&self.cache, self.wire.metadata()) {
            let _a_download_later = cache.store(&self.genesis, spec_version, &response);
        }
        self.inner
            .set_metadata_for_spec_version(spec_version, metadata);
    }
}
