//! HTTP clients with ring, the one TLS provider of this program.

use reqwest::ClientBuilder;

/// Installs ring as the TLS provider of the process. Later calls have no effect.
pub fn use_ring() {
    let _installed_before = rustls::crypto::ring::default_provider().install_default();
}

/// Begins a client.
pub fn client() -> ClientBuilder {
    use_ring();
    reqwest::Client::builder()
}

/// Begins a client that blocks.
pub fn blocking_client() -> reqwest::blocking::ClientBuilder {
    use_ring();
    reqwest::blocking::Client::builder()
}
