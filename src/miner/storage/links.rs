//! Links to objects on this machine: a name, an end, and a signature over both that only this miner makes.

use std::io::Write as _;
use std::path::Path;

use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::{Digest as _, Sha256};

/// File of the key in the folder of the state.
const NAME: &str = "links.key";
/// Route of the objects.
pub(super) const ROUTE: &str = "/files/";
/// Bytes of the key.
const BYTES: usize = 32;

/// Who signs links.
#[derive(Clone)]
pub struct Links {
    key: [u8; BYTES],
}

impl Links {
    /// With the key of a folder, made where there is none: links stay good over restarts.
    ///
    /// # Errors
    /// A file that cannot be read or written, or that holds no key.
    pub fn open(folder: &Path) -> std::io::Result<Self> {
        let path = folder.join(NAME);
        match std::fs::read(&path) {
            Ok(bytes) => match bytes.try_into() {
                Ok(key) => return Ok(Self { key }),
                Err(_) => {
                    let what = format!("{}: it holds no key of {BYTES} bytes", path.display());
                    return Err(std::io::Error::other(what));
                }
            },
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => {}
            Err(e) => return Err(e),
        }
        let mut seed = Sha256::new();
        // Each has 122 random bits from the system.
        for _ in 0..4 {
            seed.update(uuid::Uuid::new_v4().as_bytes());
        }
        let key: [u8; BYTES] = seed.finalize().into();
        // Whole or not at all: half a key would be refused at every later start.
        let mut file = tempfile::NamedTempFile::new_in(folder)?;
        file.write_all(&key)?;
        file.as_file().sync_all()?;
        file.persist_noclobber(&path).map_err(|e| e.error)?;
        Ok(Self { key })
    }

    /// Path and query of a link to an object, good until a time in Unix seconds.
    #[must_use]
    pub fn link(&self, name: &str, until: u64) -> String {
        let signature = hex::encode(self.mac(name, until).finalize().into_bytes());
        format!("{ROUTE}{name}?expires={until}&signature={signature}")
    }

    /// Whether a query is that of a link, and still good.
    #[must_use]
    pub fn is_good(&self, name: &str, query: &str, now: f64) -> bool {
        let field = |wanted: &str| {
            let mut fields = query.split('&').filter_map(|f| f.split_once('='));
            fields
                .find(|(key, _)| *key == wanted)
                .map(|(_, value)| value)
        };
        let until: Option<u64> = field("expires").and_then(|t| t.parse().ok());
        let signature = field("signature").and_then(|t| hex::decode(t).ok());
        let (Some(until), Some(signature)) = (until, signature) else {
            return false;
        };
        self.mac(name, until).verify_slice(&signature).is_ok() && now < until as f64
    }

    fn mac(&self, name: &str, until: u64) -> Hmac<Sha256> {
        // A key of any length is taken, so this cannot fail with ours.
        let mut mac = match Hmac::<Sha256>::new_from_slice(&self.key) {
            Ok(mac) => mac,
            Err(_) => Hmac::<Sha256>::new(&Default::default()),
        };
        mac.update(name.as_bytes());
        mac.update(b"\n");
        mac.update(until.to_string().as_bytes());
        mac
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests fail by panicking")]
mod tests {
    use super::*;

    #[test]
    fn links_end_and_cannot_be_altered() {
        let folder = tempfile::tempdir().unwrap();
        let links = Links::open(folder.path()).unwrap();
        let link = links.link("a/b.mp4", 1000);
        let (path, query) = link.split_once('?').unwrap();
        assert_eq!(path, "/files/a/b.mp4");
        // The key stays.
        let again = Links::open(folder.path()).unwrap();
        assert!(again.is_good("a/b.mp4", query, 999.0));
        assert!(!again.is_good("a/b.mp4", query, 1000.0));
        assert!(!again.is_good("a/c.mp4", query, 999.0));
        let later = query.replace("1000", "2000");
        assert!(!again.is_good("a/b.mp4", &later, 999.0));
        for bad in [
            "",
            "expires=1000",
            "expires=x&signature=00",
            "expires=1000&signature=zz",
        ] {
            assert!(!again.is_good("a/b.mp4", bad, 999.0));
        }
        let other = tempfile::tempdir().unwrap();
        assert!(
            !Links::open(other.path())
                .unwrap()
                .is_good("a/b.mp4", query, 999.0)
        );
    }
}
