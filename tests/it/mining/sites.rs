//! A site that has inputs, and every bad habit of sites.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

/// A site on loopback, which ends with the test's process.
pub(super) struct Site {
    pub(super) address: SocketAddr,
    asked: Arc<AtomicUsize>,
}

impl Site {
    /// One that serves these bytes.
    pub(super) fn start(bytes: Vec<u8>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let asked = Arc::new(AtomicUsize::new(0));
        let (bytes, counted) = (Arc::new(bytes), Arc::clone(&asked));
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (bytes, counted) = (Arc::clone(&bytes), Arc::clone(&counted));
                std::thread::spawn(move || {
                    let _gone = answer(stream, &bytes, &counted);
                });
            }
        });
        Self { address, asked }
    }

    pub(super) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// How often anything was asked for.
    pub(super) fn asked(&self) -> usize {
        self.asked.load(Ordering::SeqCst)
    }
}

fn answer(mut stream: TcpStream, bytes: &[u8], asked: &AtomicUsize) -> std::io::Result<()> {
    let mut lines = BufReader::new(stream.try_clone()?).lines();
    let first = lines.next().unwrap_or_else(|| Ok(String::new()))?;
    let mut from = 0;
    for line in lines {
        let line = line?.to_lowercase();
        if line.is_empty() {
            break;
        }
        if let Some(range) = line.strip_prefix("range: bytes=") {
            from = range.trim_end_matches('-').parse().unwrap_or(0);
        }
    }
    asked.fetch_add(1, Ordering::SeqCst);
    let path = first.split(' ').nth(1).unwrap_or_default().to_owned();
    let all = bytes.len();
    let head = |status: &str, more: &str, length: usize| {
        format!(
            "HTTP/1.1 {status}\r\nConnection: close\r\nETag: \"v1\"\r\n{more}Content-Length: {length}\r\n\r\n"
        )
    };
    match path.as_str() {
        "/redirect" => stream.write_all(head("302 Found", "Location: /clip.mp4\r\n", 0).as_bytes()),
        "/away" => {
            let place = "Location: http://169.254.169.254/latest/meta-data\r\n";
            stream.write_all(head("302 Found", place, 0).as_bytes())
        }
        "/round" => stream.write_all(head("302 Found", "Location: /round\r\n", 0).as_bytes()),
        "/nowhere" => {
            let place = "Location: https://nowhere.invalid/clip.mp4\r\n";
            stream.write_all(head("302 Found", place, 0).as_bytes())
        }
        "/empty" => stream.write_all(head("200 OK", "", 0).as_bytes()),
        "/huge" => stream.write_all(head("200 OK", "", 10_000_000_000).as_bytes()),
        "/missing" => stream.write_all(head("404 Not Found", "", 0).as_bytes()),
        "/text" => {
            stream.write_all(head("200 OK", "", 5).as_bytes())?;
            stream.write_all(b"hello")
        }
        "/slow" => {
            stream.write_all(head("200 OK", "", all).as_bytes())?;
            for byte in bytes {
                stream.write_all(&[*byte])?;
                std::thread::sleep(Duration::from_millis(200));
            }
            Ok(())
        }
        // Breaks off in the middle, and goes on from there the next time.
        "/cut" if from == 0 => {
            stream.write_all(head("200 OK", "", all).as_bytes())?;
            stream.write_all(&bytes[..all / 2])?;
            stream.shutdown(std::net::Shutdown::Both)
        }
        _ if from > 0 => {
            let range = format!("Content-Range: bytes {from}-{}/{all}\r\n", all - 1);
            stream.write_all(head("206 Partial Content", &range, all - from).as_bytes())?;
            stream.write_all(&bytes[from..])
        }
        _ => {
            stream.write_all(head("200 OK", "", all).as_bytes())?;
            stream.write_all(bytes)
        }
    }?;
    let _closed = stream.read(&mut [0; 1]);
    Ok(())
}
