//! Buckets that speak S3, of every type that the network's published set-up has.

use std::time::Duration;

use object_store::aws::{AmazonS3, AmazonS3Builder};
use object_store::{ClientOptions, RetryConfig};

use super::error::StorageError;
use crate::config::{BucketStyle, BucketType, MineSettings};

/// Time for one request to the bucket, and for all its retries. Our choice.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(60);
/// Retries of one request. Our choice.
const RETRIES: usize = 4;

/// A bucket that speaks S3, with its keys.
#[derive(Clone)]
pub struct S3Bucket {
    kind: BucketType,
    name: String,
    endpoint: Option<String>,
    /// For links, where it is not the endpoint.
    public_endpoint: Option<String>,
    access: String,
    secret: String,
    region: String,
    style: BucketStyle,
}

impl S3Bucket {
    /// The bucket of the settings; none where outputs are stored on this machine.
    ///
    /// # Errors
    /// A setting is missing.
    pub fn of(settings: &MineSettings) -> Result<Option<Self>, StorageError> {
        let kind = settings.bucket_type;
        if kind == BucketType::Own {
            return Ok(None);
        }
        let needed =
            |value: &Option<String>, name| value.clone().ok_or(StorageError::Missing(name));
        let endpoint = match kind {
            BucketType::AmazonS3 => settings.bucket_endpoint.clone(),
            _ => Some(needed(&settings.bucket_endpoint, "bucket_endpoint")?),
        };
        let endpoint = endpoint.map(|text| with_scheme(&text));
        let region = settings.bucket_region.clone();
        Ok(Some(Self {
            kind,
            name: needed(&settings.bucket_name, "bucket_name")?,
            access: needed(&settings.bucket_access_key, "bucket_access_key")?,
            secret: needed(&settings.bucket_secret_key, "bucket_secret_key")?,
            region: region.unwrap_or_else(|| usual_region(kind, endpoint.as_deref())),
            public_endpoint: settings
                .bucket_public_endpoint
                .as_deref()
                .map(with_scheme)
                .filter(|public| Some(public) != endpoint.as_ref()),
            endpoint,
            style: settings.bucket_style,
        }))
    }

    /// Which bucket it is, in words. The database knows the store by these.
    #[must_use]
    pub fn description(&self) -> String {
        let endpoint = self.endpoint.as_deref().unwrap_or("Amazon");
        format!("bucket {} at {endpoint}, region {}", self.name, self.region)
    }

    /// A client of the bucket.
    ///
    /// # Errors
    /// The client refuses the settings.
    pub fn client(&self) -> Result<AmazonS3, StorageError> {
        self.build(self.endpoint.as_deref())
    }

    /// A client that signs links for validators.
    ///
    /// # Errors
    /// The client refuses the settings.
    pub fn signer(&self) -> Result<AmazonS3, StorageError> {
        self.build(self.public_endpoint.as_deref().or(self.endpoint.as_deref()))
    }

    fn build(&self, endpoint: Option<&str>) -> Result<AmazonS3, StorageError> {
        let is_in_host = match self.style {
            BucketStyle::Virtual => true,
            BucketStyle::Path => false,
            BucketStyle::Auto => self.kind == BucketType::AmazonS3,
        };
        let is_plain = endpoint.is_some_and(|e| e.starts_with("http://"));
        // The builder makes its own HTTP client.
        crate::https::use_ring();
        let mut builder = AmazonS3Builder::new()
            .with_bucket_name(&self.name)
            .with_access_key_id(&self.access)
            .with_secret_access_key(&self.secret)
            .with_region(&self.region)
            .with_virtual_hosted_style_request(is_in_host)
            .with_allow_http(is_plain)
            .with_retry(RetryConfig {
                max_retries: RETRIES,
                retry_timeout: REQUEST_TIMEOUT,
                ..RetryConfig::default()
            })
            .with_client_options(
                ClientOptions::new()
                    .with_timeout(REQUEST_TIMEOUT)
                    .with_allow_http(is_plain),
            );
        if let Some(endpoint) = endpoint {
            builder = builder.with_endpoint(if is_in_host {
                before_host(endpoint, &self.name)
            } else {
                endpoint.to_owned()
            });
        }
        builder.build().map_err(StorageError::of)
    }
}

/// An endpoint with its scheme, which is often left out.
fn with_scheme(endpoint: &str) -> String {
    let endpoint = endpoint.trim_end_matches('/');
    if endpoint.contains("://") {
        endpoint.to_owned()
    } else {
        format!("https://{endpoint}")
    }
}

/// An endpoint whose host starts with the bucket.
fn before_host(endpoint: &str, bucket: &str) -> String {
    match endpoint.split_once("://") {
        Some((_, host)) if host.starts_with(&format!("{bucket}.")) => endpoint.to_owned(),
        Some((scheme, host)) => format!("{scheme}://{bucket}.{host}"),
        None => endpoint.to_owned(),
    }
}

/// The region of a bucket where none is named. Source: `storage_client.py` of
/// vidAio-subnet/vidaio-subnet at `c5870e98`; Backblaze and Amazon name theirs in the endpoint.
fn usual_region(kind: BucketType, endpoint: Option<&str>) -> String {
    let named = endpoint.and_then(|e| {
        let host = e.split_once("://")?.1.split(['/', ':']).next()?;
        let mut parts = host.split('.').skip_while(|part| *part != "s3");
        parts.next()?;
        let region = parts.next()?;
        (region.contains('-')).then(|| region.to_owned())
    });
    match kind {
        BucketType::Cloudflare => "auto".into(),
        BucketType::AmazonS3 => named.unwrap_or_else(|| "eu-west-1".into()),
        _ => named.unwrap_or_else(|| "us-east-1".into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn regions_are_read_from_endpoints() {
        let of = |kind, endpoint| usual_region(kind, Some(endpoint));
        assert_eq!(
            of(
                BucketType::Backblaze,
                "https://s3.us-west-004.backblazeb2.com"
            ),
            "us-west-004"
        );
        assert_eq!(of(BucketType::Minio, "http://127.0.0.1:9000"), "us-east-1");
        assert_eq!(
            of(BucketType::Cloudflare, "https://x.r2.cloudflarestorage.com"),
            "auto"
        );
        assert_eq!(usual_region(BucketType::AmazonS3, None), "eu-west-1");
        assert_eq!(
            before_host("https://s3.example", "b"),
            "https://b.s3.example"
        );
        assert_eq!(with_scheme("s3.example/"), "https://s3.example");
    }
}
