//! A real implementation of S3 on loopback, signatures and all, over a folder.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use hyper_util::rt::TokioIo;
use s3s::auth::SimpleAuth;
use s3s::service::S3ServiceBuilder;

/// Keys that it takes.
pub(super) const ACCESS: &str = "test-access";
pub(super) const SECRET: &str = "test-secret-of-the-bucket";

/// A server with one bucket, which ends with the test's process.
pub(super) struct Bucket {
    pub(super) address: SocketAddr,
    pub(super) root: PathBuf,
}

impl Bucket {
    pub(super) fn start(root: &Path) -> Self {
        std::fs::create_dir_all(root.join("clips")).unwrap();
        let mut builder = S3ServiceBuilder::new(s3s_fs::FileSystem::new(root).unwrap());
        builder.set_auth(SimpleAuth::from_single(ACCESS, SECRET));
        let service = builder.build();
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        listener.set_nonblocking(true).unwrap();
        let address = listener.local_addr().unwrap();
        std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_multi_thread()
                .worker_threads(2)
                .enable_all()
                .build()
                .unwrap();
            runtime.block_on(async move {
                let listener = tokio::net::TcpListener::from_std(listener).unwrap();
                loop {
                    let Ok((stream, _)) = listener.accept().await else {
                        continue;
                    };
                    let service = service.clone();
                    tokio::spawn(async move {
                        let connection = hyper::server::conn::http1::Builder::new()
                            .serve_connection(TokioIo::new(stream), service);
                        let _closed = connection.await;
                    });
                }
            });
        });
        Self {
            address,
            root: root.to_path_buf(),
        }
    }

    pub(super) fn endpoint(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Objects that lie in it.
    pub(super) fn objects(&self) -> Vec<PathBuf> {
        let mut found = Vec::new();
        let mut folders = vec![self.root.join("clips")];
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
                let path = entry.path();
                if path.is_dir() {
                    folders.push(path);
                } else {
                    found.push(path);
                }
            }
        }
        found
    }

    /// The variables by which the published set-up names it.
    pub(super) fn variables(&self) -> [(&'static str, String); 5] {
        [
            ("BUCKET_TYPE", "minio".into()),
            ("BUCKET_NAME", "clips".into()),
            ("BUCKET_COMPATIBLE_ENDPOINT", self.endpoint()),
            ("BUCKET_COMPATIBLE_ACCESS_KEY", ACCESS.into()),
            ("BUCKET_COMPATIBLE_SECRET_KEY", SECRET.into()),
        ]
    }
}
