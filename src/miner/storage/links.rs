//! Links to objects on this machine: a name, an expiry, and a signature over both that only this miner can make.

use std::io::{self, Write as _};
use std::path::Path;

use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;

/// Name of the key file in the state directory.
const KEY_FILE: &str = "links.key";
/// Route under which the objects are served.
pub(super) const ROUTE: &str = "/files/";
/// Length of the key in bytes: as long as the digest of SHA-256, as RFC 2104 advises.
const KEY_BYTES: usize = 32;

/// Signs and verifies links with HMAC-SHA-256.
#[derive(Clone)]
pub struct Links {
    /// Keyed, and fed nothing yet.
    mac: Hmac<Sha256>,
}

impl Links {
    /// Reads the key from a directory. Where there is none a key is drawn and stored, so that links stay valid
    /// over restarts.
    ///
    /// # Errors
    /// A file that cannot be read or written or that is no key, or a system that gives no random bytes.
    pub fn open(dir: &Path) -> io::Result<Self> {
        Self::open_with(dir, |key| getrandom::fill(key).map_err(io::Error::from))
    }

    fn open_with(dir: &Path, draw: impl FnOnce(&mut [u8]) -> io::Result<()>) -> io::Result<Self> {
        let path = dir.join(KEY_FILE);
        match std::fs::read(&path) {
            Ok(key) if key.len() == KEY_BYTES => return Self::keyed(&key),
            Ok(_) => {
                let what = format!("{}: it holds no key of {KEY_BYTES} bytes", path.display());
                return Err(io::Error::other(what));
            }
            Err(e) if e.kind() == io::ErrorKind::NotFound => {}
            Err(e) => return Err(e),
        }
        let mut key = [0; KEY_BYTES];
        draw(&mut key)?;
        let links = Self::keyed(&key)?;
        // Whole or not at all: half a key would be refused at every later start.
        let mut file = tempfile::NamedTempFile::new_in(dir)?;
        file.write_all(&key)?;
        file.as_file().sync_all()?;
        file.persist_noclobber(&path).map_err(|e| e.error)?;
        Ok(links)
    }

    fn keyed(key: &[u8]) -> io::Result<Self> {
        let mac = Hmac::new_from_slice(key).map_err(io::Error::other)?;
        Ok(Self { mac })
    }

    /// Path and query of a link to an object, valid until a Unix second.
    #[must_use]
    pub fn link(&self, name: &str, expires: u64) -> String {
        let signature = hex::encode(self.mac(name, expires).finalize().into_bytes());
        format!("{ROUTE}{name}?expires={expires}&signature={signature}")
    }

    /// Whether a query belongs to a link to that object which has not expired, at a time in Unix seconds.
    #[must_use]
    pub fn is_valid(&self, name: &str, query: &str, now: f64) -> bool {
        let field = |wanted: &str| {
            let mut fields = query.split('&').filter_map(|f| f.split_once('='));
            fields
                .find(|(key, _)| *key == wanted)
                .map(|(_, value)| value)
        };
        let expires: Option<u64> = field("expires").and_then(|t| t.parse().ok());
        let signature = field("signature").and_then(|t| hex::decode(t).ok());
        let (Some(expires), Some(signature)) = (expires, signature) else {
            return false;
        };
        let mac = self.mac(name, expires);
        mac.verify_slice(&signature).is_ok() && now < expires as f64
    }

    fn mac(&self, name: &str, expires: u64) -> Hmac<Sha256> {
        let mut mac = self.mac.clone();
        mac.update(name.as_bytes());
        mac.update(b"\n");
        mac.update(expires.to_string().as_bytes());
        mac
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests fail by panicking")]
mod tests {
    use super::*;

    #[test]
    fn links_expire_and_cannot_be_altered() {
        let folder = tempfile::tempdir().unwrap();
        let links = Links::open(folder.path()).unwrap();
        let link = links.link("a/b.mp4", 1000);
        let (path, query) = link.split_once('?').unwrap();
        assert_eq!(path, "/files/a/b.mp4");
        // The key stays.
        let again = Links::open(folder.path()).unwrap();
        assert!(again.is_valid("a/b.mp4", query, 999.0));
        assert!(!again.is_valid("a/b.mp4", query, 1000.0));
        assert!(!again.is_valid("a/c.mp4", query, 999.0));
        let later = query.replace("1000", "2000");
        assert!(!again.is_valid("a/b.mp4", &later, 999.0));
        for bad in [
            "",
            "expires=1000",
            "expires=x&signature=00",
            "expires=1000&signature=zz",
        ] {
            assert!(!again.is_valid("a/b.mp4", bad, 999.0));
        }
        let other = tempfile::tempdir().unwrap();
        assert!(
            !Links::open(other.path())
                .unwrap()
                .is_valid("a/b.mp4", query, 999.0)
        );
    }

    #[test]
    fn a_stored_key_signs_as_it_always_did() {
        let folder = tempfile::tempdir().unwrap();
        let key: Vec<u8> = (0..32).collect();
        std::fs::write(folder.path().join("links.key"), key).unwrap();
        // By Python: hmac.new(bytes(range(32)), b"a/b.mp4\n1000", hashlib.sha256).hexdigest()
        assert_eq!(
            Links::open(folder.path()).unwrap().link("a/b.mp4", 1000),
            "/files/a/b.mp4?expires=1000&signature=\
             8419c3132be0b8c3b4714e05640bd5a2e61a25f4aa4123903fa221b51c84471f"
        );
    }

    #[test]
    fn no_key_is_made_without_random_bytes() {
        let folder = tempfile::tempdir().unwrap();
        let failed = Links::open_with(folder.path(), |_| Err(io::ErrorKind::Unsupported.into()));
        assert_eq!(failed.err().unwrap().kind(), io::ErrorKind::Unsupported);
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
    }
}
