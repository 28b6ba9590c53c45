//! Tries a storage out: an object is stored, fetched by its link and deleted.

use std::time::Duration;

use super::error::StorageError;
use super::store::Storage;
use crate::miner::clock::now;

/// Time for the object to be fetched. Our choice.
const FETCH_TIMEOUT: Duration = Duration::from_secs(20);

impl Storage {
    /// Stores something small, fetches it by its link as a validator would, and deletes it.
    ///
    /// # Errors
    /// The first step that fails.
    pub async fn try_out(&self) -> Result<(), StorageError> {
        let folder = tempfile::tempdir()?;
        let file = folder.path().join("try");
        let text = format!("vidaio {}", uuid::Uuid::new_v4());
        tokio::fs::write(&file, &text).await?;
        let name = format!("processing/try/{}", uuid::Uuid::new_v4().simple());
        let (link, _) = self.put(&name, &file).await?;
        let fetched = fetch(&link).await;
        self.deletions.schedule(&name, 0).await?;
        self.sweep(now() as u64).await?;
        match fetched {
            Ok(found) if found == text => Ok(()),
            Ok(_) => Err(StorageError::Store("its link gives something else".into())),
            Err(why) => Err(StorageError::Store(format!(
                "its link does not work: {why}"
            ))),
        }
    }
}

/// The text behind a link. Errors do not name the link, since it is signed.
async fn fetch(link: &str) -> Result<String, String> {
    let client = crate::https::client()
        .timeout(FETCH_TIMEOUT)
        .no_proxy()
        .build();
    let client = client.map_err(|e| e.to_string())?;
    let response = client.get(link).send().await;
    let response = response.map_err(|e| e.without_url().to_string())?;
    if !response.status().is_success() {
        return Err(format!("it answers {}", response.status()));
    }
    let text = response.text().await;
    text.map_err(|e| e.without_url().to_string())
}
