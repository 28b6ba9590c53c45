//! A miner in a process of its own, which ends with the test.

use std::io::{BufRead as _, BufReader};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};
use std::sync::{Arc, Mutex, mpsc};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use vidaio::address::Address;
use vidaio::subnet::Metagraph;
use vidaio::wallet::Hotkey;

use super::super::node::generate;
use super::super::surroundings::vidaio;

/// Time that a miner may take to begin and to end.
const PATIENCE: Duration = Duration::from_secs(60);

/// Seed of the miner's hotkey.
pub(super) const MINER: [u8; 32] = [9; 32];
/// Seeds of hotkeys with a permit, without one, and with one but less stake.
pub(super) const VALIDATOR: [u8; 32] = [7; 32];
pub(super) const NO_PERMIT: [u8; 32] = [8; 32];
pub(super) const SMALL: [u8; 32] = [6; 32];

pub(super) fn key(seed: [u8; 32]) -> Hotkey {
    Hotkey::from_seed(&seed).unwrap()
}

/// A running miner.
pub(super) struct Miner {
    child: Child,
    pub(super) address: SocketAddr,
    pub(super) admin: SocketAddr,
    pub(super) hotkey: Address,
    pub(super) started: Instant,
    log: Arc<Mutex<Vec<String>>>,
}

/// A wallet, a metagraph and room for a state.
pub(super) fn home() -> tempfile::TempDir {
    let home = tempfile::tempdir().unwrap();
    let hotkeys = home.path().join("wallets/test/hotkeys");
    std::fs::create_dir_all(&hotkeys).unwrap();
    let seed = format!("0x{}", hex::encode(MINER));
    let file = json!({"secretSeed": seed, "ss58Address": key(MINER).address().to_string()});
    std::fs::write(hotkeys.join("default"), file.to_string()).unwrap();
    write_metagraph(home.path(), &metagraph());
    home
}

/// Two validators, somebody without a permit, and the miner.
pub(super) fn metagraph() -> Metagraph {
    let mut metagraph = generate::subnet(85, 48, 7_000_123);
    metagraph.neurons[0].hotkey = key(VALIDATOR).address();
    metagraph.neurons[1].hotkey = key(SMALL).address();
    metagraph.neurons[1].total_stake_rao = Some(vidaio::subnet::Alpha::from_rao(5_000_000_000));
    metagraph.neurons[9].hotkey = key(NO_PERMIT).address();
    metagraph.neurons[9].validator_permit = Some(false);
    metagraph.neurons[10].hotkey = key(MINER).address();
    metagraph
}

pub(super) fn write_metagraph(home: &Path, metagraph: &Metagraph) {
    let path = home.join("metagraph.json");
    let new = home.join("metagraph.new");
    std::fs::write(&new, serde_json::to_string(metagraph).unwrap()).unwrap();
    std::fs::rename(new, path).unwrap();
}

/// The command with everything that a test needs of it.
pub(super) fn command(home: &Path, args: &[&str]) -> std::process::Command {
    let mut command = vidaio(&["mine", "--offline", "--wallet", "test"]);
    command
        .arg("--metagraph")
        .arg(home.join("metagraph.json"))
        .arg("--wallet-path")
        .arg(home.join("wallets"))
        .arg("--state-dir")
        .arg(home.join("state"))
        .args([
            "--axon-port",
            "0",
            "--admin",
            "127.0.0.1:0",
            "--log-format",
            "json",
        ])
        .args(["--external-ip", "127.0.0.1"])
        .args(args)
        .current_dir(home)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::piped());
    command
}

impl Miner {
    /// Begins one and waits until it serves.
    pub(super) fn start(home: &Path, args: &[&str]) -> Self {
        Self::of(command(home, args))
    }

    pub(super) fn of(mut command: std::process::Command) -> Self {
        let started = Instant::now();
        let mut child = command.spawn().unwrap();
        let stderr = BufReader::new(child.stderr.take().unwrap());
        let log = Arc::new(Mutex::new(Vec::new()));
        let kept = Arc::clone(&log);
        let (told, tells) = mpsc::channel();
        std::thread::spawn(move || {
            for line in stderr.lines() {
                let Ok(line) = line else { return };
                if let Ok(event) = serde_json::from_str::<Value>(&line) {
                    let message = event["message"].as_str().unwrap_or_default().to_owned();
                    if let Some(address) = event["address"].as_str() {
                        let _done = told.send((message, address.to_owned()));
                    }
                }
                kept.lock().unwrap().push(line);
            }
        });
        let (mut address, mut admin) = (None, None);
        while address.is_none() || admin.is_none() {
            let (message, at) = tells
                .recv_timeout(PATIENCE)
                .unwrap_or_else(|_| panic!("it did not begin: {:?}", log.lock().unwrap()));
            let at: SocketAddr = at.parse().unwrap();
            let at = SocketAddr::from(([127, 0, 0, 1], at.port()));
            if message.starts_with("serving") {
                address = Some(at);
            } else {
                admin = Some(at);
            }
        }
        Self {
            child,
            address: address.unwrap(),
            admin: admin.unwrap(),
            hotkey: key(MINER).address(),
            started,
            log,
        }
    }

    /// What it said so far.
    pub(super) fn log(&self) -> String {
        self.log.lock().unwrap().join("\n")
    }

    /// Waits until it has said something.
    pub(super) fn says(&self, what: &str) {
        let until = Instant::now() + PATIENCE;
        while !self.log().contains(what) {
            assert!(
                Instant::now() < until,
                "it never said {what:?}: {}",
                self.log()
            );
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// Waits until requests of now are newer than its start.
    pub(super) fn wait_for_fence(&self) {
        let since = Duration::from_millis(7100);
        std::thread::sleep(since.saturating_sub(self.started.elapsed()));
    }

    pub(super) fn signal(&self, signal: rustix::process::Signal) {
        let pid = i32::try_from(self.child.id()).unwrap();
        let pid = rustix::process::Pid::from_raw(pid).unwrap();
        rustix::process::kill_process(pid, signal).unwrap();
    }

    /// Asks it to end, and gives its exit code.
    pub(super) fn end(self) -> i32 {
        self.signal(rustix::process::Signal::TERM);
        self.ended()
    }

    /// Waits until it has ended by itself, and gives its exit code.
    pub(super) fn ended(mut self) -> i32 {
        let until = Instant::now() + PATIENCE;
        loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                return status.code().unwrap_or(-1);
            }
            assert!(Instant::now() < until, "it does not end: {}", self.log());
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// Kills it as nothing can be helped against.
    pub(super) fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Something of its own page.
    pub(super) fn page(&self, path: &str) -> String {
        let url = format!("http://{}{path}", self.admin);
        get(url).unwrap().text().unwrap()
    }

    pub(super) fn state(home: &Path) -> PathBuf {
        home.join("state")
    }
}

/// Waits until there is nothing in a folder.
pub(super) fn empty(folder: &Path) {
    let until = Instant::now() + PATIENCE;
    while std::fs::read_dir(folder).unwrap().count() > 0 {
        assert!(Instant::now() < until, "{} is not empty", folder.display());
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// A file, as soon as it is there.
pub(super) fn read_soon(path: &Path) -> String {
    let until = Instant::now() + PATIENCE;
    loop {
        if let Ok(text) = std::fs::read_to_string(path) {
            return text;
        }
        assert!(Instant::now() < until, "{} is not there", path.display());
        std::thread::sleep(Duration::from_millis(20));
    }
}

impl Drop for Miner {
    fn drop(&mut self) {
        let _already_ended = self.child.kill();
        let _already_waited_for = self.child.wait();
    }
}

/// Asks for what lies at an address.
pub(super) fn get(url: impl reqwest::IntoUrl) -> reqwest::Result<reqwest::blocking::Response> {
    vidaio::https::blocking_client().build()?.get(url).send()
}
