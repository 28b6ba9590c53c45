//! Fetching, checking and importing weights, over loopback.

use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::path::Path;
use std::thread::JoinHandle;

use vidaio::models::{Model, ModelError, ModelState, ModelStore, PIEAPP, pull};

use super::surroundings::{run, scratch_root, vidaio};

fn body() -> Vec<u8> {
    (0..300_000_u32)
        .map(|i| (i.wrapping_mul(2_654_435_761) >> 13) as u8)
        .collect()
}

/// A small model whose digest is that of [`body`].
fn model() -> Model {
    let path = scratch_root().join("model-body");
    std::fs::write(&path, body()).unwrap();
    let digest = vidaio::models::sha256_of_file(&path).unwrap();
    let mut model = PIEAPP;
    model.bytes = body().len() as u64;
    model.sha256 = Box::leak(digest.into_boxed_str());
    model
}

/// Serves each connection with the next of `parts`: how many bytes of the answer are really sent.
fn serve(parts: Vec<usize>, ranges: bool) -> (String, JoinHandle<Vec<String>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}/weights", listener.local_addr().unwrap());
    let thread = std::thread::spawn(move || {
        let mut asked = Vec::new();
        for part in parts {
            let (mut stream, _) = listener.accept().unwrap();
            let mut request = Vec::new();
            let mut buffer = [0; 1024];
            while !request.windows(4).any(|w| w == b"\r\n\r\n") {
                let n = stream.read(&mut buffer).unwrap();
                request.extend_from_slice(&buffer[..n]);
            }
            let request = String::from_utf8(request).unwrap().to_lowercase();
            let from: usize = request
                .lines()
                .find_map(|l| {
                    l.strip_prefix("range: bytes=")?
                        .strip_suffix('-')?
                        .parse()
                        .ok()
                })
                .filter(|_| ranges)
                .unwrap_or(0);
            let all = body();
            let rest = &all[from..];
            let status = if from > 0 {
                "206 Partial Content"
            } else {
                "200 OK"
            };
            let head = format!(
                "HTTP/1.1 {status}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
                rest.len()
            );
            stream.write_all(head.as_bytes()).unwrap();
            stream.write_all(&rest[..part.min(rest.len())]).unwrap();
            asked.push(request);
        }
        asked
    });
    (address, thread)
}

fn store(folder: &Path) -> ModelStore {
    ModelStore::new(folder.join("models"))
}

#[test]
fn a_fetch_that_breaks_off_is_gone_on_with() {
    let folder = tempfile::tempdir().unwrap();
    let (store, model) = (store(folder.path()), model());
    let (address, server) = serve(vec![100_000, usize::MAX], true);
    let error = pull(&store, &model, std::slice::from_ref(&address), &|_, _| {}).unwrap_err();
    assert!(matches!(error, ModelError::Network { .. }), "{error}");
    assert!(matches!(store.state(&model), ModelState::Partial(n) if n > 0 && n <= 100_000));
    let path = pull(&store, &model, &[address], &|_, _| {}).unwrap();
    assert_eq!(std::fs::read(path).unwrap(), body());
    assert!(!store.partial_path(&model).exists());
    let asked = server.join().unwrap();
    assert!(
        !asked[0].contains("range:") && asked[1].contains("range: bytes="),
        "{asked:?}"
    );
    // What is there and whole is not fetched again: nobody serves any more.
    pull(&store, &model, &["http://127.0.0.1:1/".into()], &|_, _| {}).unwrap();
}

#[test]
fn a_server_without_ranges_makes_it_start_over() {
    let folder = tempfile::tempdir().unwrap();
    let (store, model) = (store(folder.path()), model());
    let (address, server) = serve(vec![50_000, usize::MAX], false);
    pull(&store, &model, std::slice::from_ref(&address), &|_, _| {}).unwrap_err();
    let path = pull(&store, &model, &[address], &|_, _| {}).unwrap();
    assert_eq!(std::fs::read(path).unwrap(), body());
    server.join().unwrap();
}

#[test]
fn other_bytes_are_thrown_away() {
    let folder = tempfile::tempdir().unwrap();
    let store = store(folder.path());
    let mut model = model();
    model.sha256 = PIEAPP.sha256;
    let (address, server) = serve(vec![usize::MAX], true);
    let error = pull(&store, &model, &[address], &|_, _| {}).unwrap_err();
    assert!(matches!(error, ModelError::Digest { .. }), "{error}");
    assert_eq!(store.state(&model), ModelState::Missing);
    server.join().unwrap();
}

#[test]
fn the_next_address_is_tried() {
    let folder = tempfile::tempdir().unwrap();
    let (store, model) = (store(folder.path()), model());
    let (address, server) = serve(vec![usize::MAX], true);
    pull(
        &store,
        &model,
        &["http://127.0.0.1:1/gone".into(), address],
        &|_, _| {},
    )
    .unwrap();
    server.join().unwrap();
}

#[test]
fn import_takes_only_published_weights_and_never_touches_the_file() {
    let folder = tempfile::tempdir().unwrap();
    let (store, model) = (store(folder.path()), model());
    let mine = folder.path().join("mine.pth");
    std::fs::write(&mine, body()).unwrap();
    store.import(&model, &mine).unwrap();
    assert_eq!(std::fs::read(&mine).unwrap(), body());
    store.verify(&model).unwrap();
    std::fs::write(store.path(&model), b"damaged later").unwrap();
    assert!(matches!(
        store.verify(&model),
        Err(ModelError::Digest { .. })
    ));
}

#[test]
fn the_command_names_the_licence_and_what_is_wrong() {
    let folder = tempfile::tempdir().unwrap();
    let in_folder =
        |args: &[&str]| run(vidaio(args).env("VIDAIO_MODELS_DIR", folder.path().join("m")));
    let ran = in_folder(&[
        "models",
        "pull",
        "pieapp",
        "--from",
        "http://127.0.0.1:1/gone",
    ]);
    assert_eq!(ran.code, 6, "{}", ran.stderr);
    assert!(
        ran.stderr.contains("non-commercial")
            && ran.stderr.contains("hint: what was fetched is kept")
    );
    let ran = in_folder(&["models", "verify", "pieapp"]);
    assert_eq!(ran.code, 4, "{}", ran.stderr);
    let wrong = folder.path().join("wrong.pth");
    std::fs::write(&wrong, b"wrong").unwrap();
    let ran = in_folder(&["models", "import", "pieapp", wrong.to_str().unwrap()]);
    assert_eq!(ran.code, 3);
    assert!(
        ran.stderr.contains("not the published weights"),
        "{}",
        ran.stderr
    );
    let ran = in_folder(&["models", "import", "pieapp", "/nowhere.pth"]);
    assert_eq!(ran.code, 3);
    let ran = in_folder(&["models", "pull", "vgg"]);
    assert_eq!(ran.code, 2);
    assert!(ran.stderr.contains("known models: pieapp"));
}
