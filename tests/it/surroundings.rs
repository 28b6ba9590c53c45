//! What tests find around them: the program, the stand-in worker, and what lies outside the project.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::LazyLock;

use vidaio::rules::Catalogue;

use super::clips;

/// The command under test, cut off from the settings of whoever runs the tests.
pub(crate) fn vidaio(args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_vidaio"));
    command.args(args);
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("VIDAIO_") {
            command.env_remove(name);
        }
    }
    let home = scratch_root().join("home");
    command
        .env("HOME", &home)
        .env("XDG_CONFIG_HOME", home.join("config"));
    command
        .env("XDG_DATA_HOME", home.join("data"))
        .env("NO_COLOR", "1");
    command.current_dir(scratch_root());
    command
}

/// A folder for files that several tests share; made anew by every build of the tests.
pub(crate) fn scratch_root() -> PathBuf {
    let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("it");
    std::fs::create_dir_all(&path).unwrap();
    path
}

/// The dated rules, read once.
pub(crate) fn rules() -> &'static Catalogue {
    static RULES: LazyLock<Catalogue> = LazyLock::new(|| Catalogue::embedded().unwrap());
    &RULES
}

/// What a run of the program gave.
pub(crate) struct Ran {
    pub(crate) code: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

pub(crate) fn run(command: &mut Command) -> Ran {
    let Output {
        status,
        stdout,
        stderr,
    } = command.output().unwrap();
    Ran {
        code: status.code().unwrap_or(-1),
        stdout: String::from_utf8(stdout).unwrap(),
        stderr: String::from_utf8(stderr).unwrap(),
    }
}

/// Runs the program, expects success and reads its JSON.
pub(crate) fn json(args: &[&str]) -> serde_json::Value {
    json_of(&mut vidaio(args))
}

fn json_of(command: &mut Command) -> serde_json::Value {
    let ran = run(command);
    assert_eq!(ran.code, 0, "{command:?}: {}", ran.stderr);
    serde_json::from_str(&ran.stdout).unwrap()
}

/// Scores the compressed clip against its reference at a threshold of 60.
pub(crate) fn compressed(extra: &[&str]) -> Command {
    let mut command = vidaio(&["score", "compress", "--threshold", "60"]);
    command
        .arg(clips::reference())
        .arg(clips::compressed())
        .args(extra);
    command
}

/// Its JSON.
pub(crate) fn compressed_json(extra: &[&str]) -> serde_json::Value {
    json_of(compressed(extra).args(["--format", "json"]))
}

/// The same score, stored in a history.
pub(crate) fn compressed_into(history: &Path) -> Command {
    let mut command = compressed(&["--quiet", "--models", "base"]);
    command.arg("--history").arg(history);
    command
}

/// The stand-in worker, which Cargo builds with the tests.
pub(crate) fn stand_in() -> PathBuf {
    let own = std::env::current_exe().unwrap();
    let path = own
        .parent()
        .unwrap()
        .parent()
        .unwrap()
        .join("examples/stand_in_worker");
    assert!(
        path.is_file(),
        "{} is built by `cargo test`",
        path.display()
    );
    path
}

/// The folder of shared test material beside the project, or a loud skip.
pub(crate) fn shared(test: &str) -> Option<PathBuf> {
    let path = std::env::var_os("VIDAIO_SHARED").map_or_else(
        || Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared"),
        PathBuf::from,
    );
    if path.join("clips/golden_share.json").is_file() {
        return Some(path);
    }
    skip(
        test,
        "there is no ../shared with clips and reference figures",
    );
    None
}

/// The real worker, if this run of the tests was given one.
pub(crate) fn real_worker(test: &str) -> Option<PathBuf> {
    let path = std::env::var_os("VIDAIO_TEST_TORCH")
        .map(PathBuf::from)
        .filter(|p| p.is_file());
    if path.is_none() {
        skip(
            test,
            "VIDAIO_TEST_TORCH names no vidaio-torch (make test TORCH=1 builds and names it)",
        );
    }
    path
}

/// A page as a browser has it after loading.
pub(crate) struct Seen {
    dom: String,
}

/// Opens a page in a headless Chromium, or skips loudly where there is none.
pub(crate) fn browser(test: &str, page: &Path) -> Option<Seen> {
    let profile = tempfile::tempdir().unwrap();
    let programs = ["chromium", "chromium-headless-shell", "chromium-browser"];
    let started = programs.iter().find_map(|program| {
        Command::new(program)
            .args(["--headless", "--no-sandbox", "--disable-gpu", "--dump-dom"])
            .arg(format!("--user-data-dir={}", profile.path().display()))
            // No page of ours asks for anything, and nothing it asked for would be had.
            .args([
                "--host-resolver-rules=MAP * ~NOTFOUND",
                "--virtual-time-budget=4000",
            ])
            .arg(format!("file://{}", page.display()))
            .output()
            .ok()
    });
    let Some(output) = started else {
        skip(
            test,
            "there is no Chromium (make test installs it on Debian)",
        );
        return None;
    };
    let dom = String::from_utf8(output.stdout).unwrap();
    assert!(
        output.status.success() && dom.contains("</html>"),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    Some(Seen { dom })
}

impl Seen {
    /// The text of the element with a key.
    #[track_caller]
    pub(crate) fn value(&self, key: &str) -> String {
        // As a browser writes an attribute: quotes and ampersands are escaped, angles are not.
        let escaped = key.replace('&', "&amp;").replace('"', "&quot;");
        let marks = [
            format!("data-key=\"{escaped}\">"),
            format!(
                "data-key=\"{}\">",
                escaped.replace('<', "&lt;").replace('>', "&gt;")
            ),
        ];
        let from = marks
            .iter()
            .find_map(|mark| Some(self.dom.find(mark.as_str())? + mark.len()))
            .unwrap_or_else(|| panic!("the page has no {key}"));
        let rest = &self.dom[from..];
        rest[..rest.find('<').unwrap()].to_owned()
    }

    /// Everything, tags included.
    pub(crate) fn text(&self) -> &str {
        &self.dom
    }
}

/// Says that a test did nothing, past the capture of the test harness, and counts it for `make test`.
pub(crate) fn skip(test: &str, why: &str) {
    let line = format!("SKIPPED {test}: {why}\n");
    std::io::stderr().lock().write_all(line.as_bytes()).unwrap();
    if let Some(list) = std::env::var_os("VIDAIO_SKIP_LIST") {
        let mut file = std::fs::OpenOptions::new()
            .create(true)
            .append(true)
            .open(list)
            .unwrap();
        file.write_all(line.as_bytes()).unwrap();
    }
}
