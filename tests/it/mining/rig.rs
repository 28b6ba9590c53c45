//! The network's own client, by the rig beside the project: every case of its list against `vidaio mine`.
//! Needs the Python client, which `make test-rig` installs; skips loudly without it.

use std::path::Path;
use std::process::Command;

use super::super::surroundings::{shared, skip};
use super::process::{Miner, home, metagraph, write_metagraph};

/// Names the Python program that has the client.
const PYTHON: &str = "VIDAIO_TEST_RIG";
/// Development keys of the rig: registered with a permit, and registered without one.
const VALIDATOR: &str = "5GEn9tohUdEvZNqFo3Fp92oza5qMQY4YiTn8gbsr8WSnZYui";
const NO_PERMIT: &str = "5E4ADdprhNXS6ShLApiUxtxNFiKTiesEurvdh6xL5wituoWJ";

/// Where this axon differs from the network's own, on purpose: the case, its status over HTTP and the one
/// that the client tells. Source: AXON, section 13.
const DIFFERENCES: [(&str, u16, u16); 22] = [
    // A signature is required, whatever the version.
    ("missing-signature", 401, 401),
    ("empty-signature", 401, 401),
    // Freshness is asked for whatever the version and the timeout say, and in both directions.
    ("old-version", 401, 401),
    ("no-version", 401, 401),
    ("huge-timeout", 401, 401),
    ("future-nonce", 401, 401),
    // Identity is proven before it is looked up, and an unknown one is no fault of the server's.
    ("caller-not-registered", 403, 403),
    ("bad-hotkey", 401, 401),
    ("no-hotkey", 401, 401),
    ("missing-headers", 401, 401),
    ("no-headers", 401, 401),
    ("caller-no-permit-bad-signature", 401, 401),
    // What is wrong with a request is said as such.
    ("resigned-body-hash", 401, 401),
    ("body-wrong-type", 400, 400),
    ("body-empty", 400, 400),
    ("body-not-json", 400, 400),
    ("body-list", 400, 400),
    ("text-plain", 400, 400),
    ("bad-int-header", 400, 400),
    ("bad-timeout", 400, 400),
    ("oversize", 413, 413),
    // Not in the list: the same status, which the client can read because no header is broken.
    ("only-bt-headers", 401, 401),
];

#[test]
fn the_networks_own_client_is_answered_and_every_tamper_refused() {
    let name = "mining::rig::the_networks_own_client_is_answered_and_every_tamper_refused";
    let Some(shared) = shared(name) else {
        return;
    };
    let shared = shared.join("axon/rig");
    let Some(python) = std::env::var_os(PYTHON).filter(|p| Path::new(p).is_file()) else {
        skip(
            name,
            "the network's Python client is not here; `make test-rig` installs it",
        );
        return;
    };
    let home = home();
    let mut subnet = metagraph();
    subnet.neurons[0].hotkey = VALIDATOR.parse().unwrap();
    subnet.neurons[9].hotkey = NO_PERMIT.parse().unwrap();
    write_metagraph(home.path(), &subnet);
    let miner = Miner::start(home.path(), &["--protocol", "axon", "--warrant", "upscale"]);
    // The rig writes what it captures beside itself.
    let rig = home.path().join("rig");
    std::fs::create_dir(&rig).unwrap();
    for entry in std::fs::read_dir(&shared).unwrap().flatten() {
        if entry.path().is_file() {
            let to = rig.join(entry.file_name());
            std::fs::write(to, std::fs::read(entry.path()).unwrap()).unwrap();
        }
    }
    let output = Command::new(python)
        .arg("run_cases.py")
        .args(["--tag", "mine", "--no-extras", "--axon-hotkey"])
        .arg(miner.hotkey.to_string())
        .args(["--port", &miner.address.port().to_string(), "--compare"])
        .arg(shared.join("captures/sdk-10.1.0/summary.json"))
        .current_dir(&rig)
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(
        said.contains("difference(s) in"),
        "{said}\n{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let mut found: Vec<String> = said
        .lines()
        .filter_map(|line| line.strip_prefix("DIFFERS "))
        .map(|line| {
            let case = line.split(':').next().unwrap();
            let got = line.split("got ").nth(1).unwrap();
            format!("{case} {got}")
        })
        .collect();
    found.sort();
    let mut expected: Vec<String> = DIFFERENCES
        .iter()
        .map(|(case, http, client)| format!("{case} http={http} dendrite={client}"))
        .collect();
    expected.sort();
    assert_eq!(found, expected, "{said}\n{}", miner.log());
    assert!(said.contains("ok-VideoCompressionProtocol"), "{said}");
}
