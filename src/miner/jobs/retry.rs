//! Tries again what fails for a while.

use std::time::Duration;

/// Attempts before the last one. Our choice: with the pause, ten seconds of a queue that is away.
const RETRIES: u32 = 10;
/// Pause between two attempts. Our choice.
const PAUSE: Duration = Duration::from_secs(1);

/// Repeats an attempt until it succeeds or was made often enough.
pub(super) async fn retry<T, E, F: Future<Output = Result<T, E>>>(
    attempt: impl Fn() -> F,
) -> Result<T, E> {
    for _ in 0..RETRIES {
        if let Ok(done) = attempt().await {
            return Ok(done);
        }
        tokio::time::sleep(PAUSE).await;
    }
    attempt().await
}
