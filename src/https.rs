//! Clients of HTTP, with the one TLS provider of this program.

use reqwest::ClientBuilder;

/// Installs ring for the whole process; only the first call does anything.
pub fn use_ring() {
    let _installed_before = rustls::crypto::ring::default_provider().install_default();
}

/// Begins a client.
#[must_use]
pub fn client() -> ClientBuilder {
    use_ring();
    reqwest::Client::builder()
}

/// Begins a client that waits.
#[must_use]
pub fn blocking_client() -> reqwest::blocking::ClientBuilder {
    use_ring();
    reqwest::blocking::Client::builder()
}
