//! Links that end or break in the middle of a download: the whole file or none, within its time.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::time::{Duration, Instant};

use vidaio::miner::tasks::{FetchError, Fetcher};

use crate::surroundings::scratch_root;

/// What a site sends: bytes, and whether it cuts the connection off rather than ending it.
struct Answer(Vec<u8>, Cut);

#[derive(PartialEq)]
enum Cut {
    No,
    Reset,
    /// A byte a second.
    Slow,
}

/// The file that is there to be had.
fn file() -> Vec<u8> {
    (0..100_000_u32).flat_map(|n| n.to_le_bytes()).collect()
}

/// A site that answers each request, by its number and the first byte it asks for.
fn site(answer: impl Fn(usize, Option<usize>) -> Answer + Send + 'static) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        for (number, stream) in listener.incoming().flatten().enumerate() {
            let _gone = serve(stream, number, &answer);
        }
    });
    format!("http://{address}/clip.mp4?key=secret")
}

fn serve(
    mut stream: TcpStream,
    number: usize,
    answer: &impl Fn(usize, Option<usize>) -> Answer,
) -> std::io::Result<()> {
    if number == 0 {
        // What is left unread when a connection is closed resets it.
        stream.peek(&mut [0; 1])?;
        let Answer(bytes, cut) = answer(number, None);
        if cut == Cut::Reset {
            stream.write_all(&bytes)?;
            std::thread::sleep(Duration::from_millis(50));
            return Ok(());
        }
    }
    let mut from = None;
    for line in BufReader::new(stream.try_clone()?).lines() {
        let line = line?.to_lowercase();
        if line.is_empty() {
            break;
        }
        if let Some(range) = line.strip_prefix("range: bytes=") {
            from = range.trim_end_matches('-').parse().ok();
        }
    }
    let Answer(bytes, cut) = answer(number, from);
    if cut == Cut::Slow {
        for byte in bytes {
            stream.write_all(&[byte])?;
            std::thread::sleep(Duration::from_secs(1));
        }
        return Ok(());
    }
    stream.write_all(&bytes)?;
    stream.shutdown(std::net::Shutdown::Write)?;
    stream.read(&mut [0; 1]).map(|_| ())
}

fn reply(head: &str, body: &[u8]) -> Vec<u8> {
    let head = format!("HTTP/1.1 {head}\r\nConnection: close\r\n\r\n");
    [head.as_bytes(), body].concat()
}

/// The whole file as it should be, of which so many bytes come.
fn whole(sent: usize) -> Vec<u8> {
    let all = file();
    let head = format!("200 OK\r\nETag: \"v1\"\r\nContent-Length: {}", all.len());
    reply(&head, &all[..sent])
}

fn part(range: &str, etag: &str, body: &[u8]) -> Vec<u8> {
    let length = body.len();
    reply(
        &format!(
            "206 Partial Content\r\nETag: {etag}\r\nContent-Range: {range}\r\nContent-Length: {length}"
        ),
        body,
    )
}

/// Fetches within so many seconds: the file's bytes or the error.
fn fetched(name: &str, url: &str, seconds: u64) -> Result<Vec<u8>, FetchError> {
    let to = scratch_root().join(format!("fetching-{name}"));
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let fetch = Fetcher::new(10 << 20, true, None).unwrap();
    let begun = Instant::now();
    let until = begun + Duration::from_secs(seconds);
    let bytes = runtime.block_on(fetch.fetch(url, &to, until));
    let took = begun.elapsed();
    assert!(took < Duration::from_secs(seconds + 1), "{name}: {took:?}");
    let bytes = bytes?;
    let got = std::fs::read(&to).unwrap();
    assert_eq!(got.len() as u64, bytes, "{name}");
    Ok(got)
}

/// What is said where nothing is fetched, which must not hold the key of the link.
fn refused(name: &str, url: &str) -> String {
    let said = fetched(name, url, 8).unwrap_err().to_string();
    assert!(!said.contains("secret"), "{said}");
    said
}

#[test]
fn a_link_that_ends_in_the_middle_gives_nothing() {
    for status in [
        "403 Forbidden",
        "410 Gone",
        "429 Too Many Requests\r\nRetry-After: 1",
    ] {
        let url = site(move |number, _| match number {
            0 => Answer(whole(150_000), Cut::Reset),
            _ => Answer(
                reply(&format!("{status}\r\nContent-Length: 0"), b""),
                Cut::No,
            ),
        });
        let said = refused("ended", &url);
        assert!(
            said.ends_with(&format!("answers {}", &status[..3])),
            "{said}"
        );
    }
    let url = site(|_, _| {
        Answer(
            reply("503 Slow Down\r\nRetry-After: 1\r\nContent-Length: 0", b""),
            Cut::No,
        )
    });
    assert!(refused("busy", &url).ends_with("it answers 503"));
}

#[test]
fn a_transfer_that_is_cut_off_anywhere_goes_on_and_gives_the_whole_file() {
    for cut in [0, 1, 4_095, 65_537, 399_999] {
        let url = site(move |number, from| match (number, from) {
            (0, _) => Answer(whole(cut), Cut::Reset),
            (1, Some(from)) => {
                let range = format!("bytes {from}-399999/400000");
                Answer(part(&range, "\"v1\"", &file()[from..]), Cut::No)
            }
            _ => Answer(whole(400_000), Cut::No),
        });
        assert!(fetched("cut", &url, 8).unwrap() == file(), "{cut}");
    }
}

/// What is answered to a range from a byte on.
type Wrong = fn(usize) -> Vec<u8>;

#[test]
fn a_part_that_was_not_asked_for_is_never_taken_for_the_file() {
    let wrong: [(&str, Wrong); 6] = [
        ("another beginning", |from| {
            part("bytes 7-399999/400000", "\"v1\"", &file()[from..])
        }),
        ("another file", |from| {
            part(
                &format!("bytes {from}-399999/400000"),
                "\"v2\"",
                &vec![9; 400_000 - from],
            )
        }),
        ("no range", |from| {
            let body = &file()[from..];
            reply(
                &format!("206 Partial Content\r\nContent-Length: {}", body.len()),
                body,
            )
        }),
        ("no such range", |_| {
            part("bytes */400000", "\"v1\"", b"abc")
        }),
        ("other units", |from| {
            part(&format!("items {from}-399999/400000"), "\"v1\"", b"abc")
        }),
        ("rubbish", |_| part("bytes -1--2/x", "\"v1\"", b"abc")),
    ];
    for (name, answer) in wrong {
        // It goes on wrongly once and then gives the whole file; then it does so for ever.
        for forever in [false, true] {
            let url = site(move |number, from| match from {
                Some(from) if from > 0 => Answer(answer(from), Cut::No),
                _ if number == 0 || forever => Answer(whole(200_000), Cut::Reset),
                _ => Answer(whole(400_000), Cut::No),
            });
            match fetched("part", &url, 8) {
                Ok(bytes) => assert!(!forever && bytes == file(), "{name}: {}", bytes.len()),
                Err(e) => assert!(forever, "{name}: {e}"),
            }
        }
    }
    // Nobody asked for a part.
    let url = site(|_, _| Answer(part("bytes 0-9/400000", "\"v1\"", &file()[..10]), Cut::No));
    let said = refused("unasked", &url);
    assert!(said.ends_with("a part that was not asked for"), "{said}");
}

#[test]
fn parts_that_end_early_are_gone_on_with() {
    let url = site(|_, from| match from {
        None => Answer(whole(100_000), Cut::Reset),
        Some(from) => {
            let to = (from + 150_000).min(400_000);
            let range = format!("bytes {from}-{}/400000", to - 1);
            Answer(part(&range, "\"v1\"", &file()[from..to]), Cut::No)
        }
    });
    assert!(fetched("early", &url, 8).unwrap() == file());
}

#[test]
fn lengths_that_are_wrong_give_the_announced_file_or_none() {
    let url = site(|_, _| {
        let head = "200 OK\r\nContent-Length: 400000";
        Answer(reply(head, &[&file()[..], b"and more"].concat()), Cut::No)
    });
    assert!(fetched("more", &url, 8).unwrap() == file());
    let url = site(|_, _| {
        Answer(
            reply("200 OK\r\nContent-Length: 400000", &file()[..399_999]),
            Cut::No,
        )
    });
    assert!(refused("fewer", &url).starts_with("127.0.0.1: "));
    let url = site(|_, _| {
        Answer(
            reply("200 OK\r\nTransfer-Encoding: chunked", b"ffff\r\nabc"),
            Cut::No,
        )
    });
    assert!(refused("chunk", &url).starts_with("127.0.0.1: "));
}

#[test]
fn a_byte_a_second_takes_no_longer_than_it_may() {
    let url = site(|_, _| Answer(whole(400_000), Cut::Slow));
    let said = fetched("slow", &url, 3).unwrap_err().to_string();
    assert_eq!(said, "127.0.0.1: it took too long");
}

#[test]
fn other_places_are_followed_on_the_web_alone() {
    let elsewhere = site(|_, _| Answer(whole(400_000), Cut::No));
    let elsewhere = elsewhere.replace("127.0.0.1", "localhost");
    let url = site(move |_, _| {
        let head = format!("302 Found\r\nLocation: {elsewhere}\r\nContent-Length: 0");
        Answer(reply(&head, b""), Cut::No)
    });
    assert!(fetched("elsewhere", &url, 8).unwrap() == file());
    for place in [
        "file:///etc/passwd",
        "ftp://127.0.0.1/a",
        "data:,abc",
        "gopher://a/",
    ] {
        let url = site(move |_, _| {
            let head = format!("302 Found\r\nLocation: {place}\r\nContent-Length: 0");
            Answer(reply(&head, b""), Cut::No)
        });
        // A place without a host is not even looked at: there the answer itself is refused.
        let said = refused("scheme", &url);
        let refusals = ["it is no http or https address", "127.0.0.1 answers 302"];
        assert!(refusals.contains(&said.as_str()), "{place}: {said}");
    }
}
