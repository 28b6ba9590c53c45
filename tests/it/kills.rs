//! `compress` and `upscale`, killed at random moments: nothing is half-written, nothing is left running, and
//! the next run makes good. `mining::killed` does the same to a miner.
//!
//! `make kill RUNS=1000` does this longer and tells figures.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::{Duration, Instant};

use rand::{Rng as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;
use sha2::{Digest as _, Sha256};

use super::aftermath::{half, tiny, working_in};
use super::making::{folder, names};
use super::surroundings::{run, vidaio};
use super::tally::{Moment, Tally};

/// What lies in the result's place before anything is made.
const FORMER: &[u8] = b"what was there";
/// Every so many kills a run is let alone.
const ROUND: usize = 5;

/// A command that is killed again and again.
struct Victim {
    args: &'static [&'static str],
    /// What a run is given, too, every other time.
    more: &'static [&'static str],
    input: PathBuf,
    folder: PathBuf,
}

impl Victim {
    fn output(&self) -> PathBuf {
        self.folder.join("out.mp4")
    }

    fn command(&self, more: &[&str]) -> std::process::Command {
        let mut command = vidaio(self.args);
        command.args(more).arg(&self.input).arg(self.output());
        command
    }

    /// What a run is given, too, or nothing.
    fn some(&self, draw: &mut ChaCha8Rng) -> &'static [&'static str] {
        if draw.random() { self.more } else { &[] }
    }

    /// Has nothing in the result's place, or a file that was there before.
    fn put_back(&self, former: bool) {
        std::fs::remove_file(self.output()).unwrap();
        if former {
            std::fs::write(self.output(), FORMER).unwrap();
        }
    }

    /// Lets a run alone; what is left must be the result and nothing else.
    fn let_alone(&self, more: &[&str]) -> Vec<String> {
        let ran = run(&mut self.command(more));
        let mut faults = Vec::new();
        if ran.code != 0 {
            faults.push(format!(
                "the next run ends with {}: {}",
                ran.code, ran.stderr
            ));
        }
        if names(&self.folder) != ["out.mp4"] {
            faults.push(format!("there is left {:?}", names(&self.folder)));
        }
        faults.extend(half(&self.output()));
        faults
    }

    /// Kills a run; says when that was, and what is wrong afterwards.
    fn kill(&self, more: &[&str], after: Duration) -> (Moment, Vec<String>) {
        let before = std::fs::read(self.output()).ok();
        let mut child = self
            .command(more)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        std::thread::sleep(after);
        let ended = child.try_wait().unwrap().is_some();
        let _already_ended = child.kill();
        child.wait().unwrap();
        let mut faults = self.running();
        let now = std::fs::read(self.output()).ok();
        let delivered = now != before;
        if delivered {
            faults.extend(half(&self.output()));
        }
        let moment = match (ended, delivered) {
            (true, _) => Moment::Ended,
            (_, true) => Moment::After,
            _ => Moment::Before,
        };
        (moment, faults)
    }

    /// Programs that still work in the folder after a while.
    fn running(&self) -> Vec<String> {
        let until = Instant::now() + Duration::from_secs(10);
        loop {
            let running = working_in(&self.folder);
            if running.is_empty() || Instant::now() > until {
                return running;
            }
            std::thread::sleep(Duration::from_millis(10));
        }
    }
}

fn digest(path: &Path) -> Vec<u8> {
    Sha256::digest(std::fs::read(path).unwrap()).to_vec()
}

/// Kills a command so often, and lets it alone in between and at the end.
fn torment(name: &'static str, kills: usize, victim: &Victim) {
    let mut tally = Tally::new(name);
    let mut draw = ChaCha8Rng::seed_from_u64(20_261_127);
    let input = digest(&victim.input);
    let mut lasts = Duration::ZERO;
    for number in 0..kills {
        if number % ROUND == 0 {
            let begun = Instant::now();
            tally.faults(victim.let_alone(victim.some(&mut draw)));
            // Some of the next runs should live to their end. How long that takes, other work decides, too.
            lasts = begun.elapsed().mul_f64(1.2);
            victim.put_back(draw.random());
        }
        let (moment, faults) = victim.kill(victim.some(&mut draw), lasts.mul_f64(draw.random()));
        tally.killed(moment);
        tally.faults(faults);
    }
    tally.faults(victim.let_alone(victim.more));
    if digest(&victim.input) != input {
        tally.faults(["the input was changed".to_owned()]);
    }
    tally.tell();
}

#[test]
fn compress_killed_at_random_moments_leaves_nothing_half_done() {
    let victim = Victim {
        args: &[
            "compress",
            "--threshold",
            "80",
            "--codec",
            "h264",
            "--encoder",
            "x264",
            "--preset",
            "superfast",
            "--max-probes",
            "4",
        ],
        more: &["--resume"],
        input: tiny(),
        folder: folder("kills-compress"),
    };
    torment("compress", Tally::kills(40), &victim);
}

#[test]
fn upscale_killed_at_random_moments_leaves_nothing_half_done() {
    let victim = Victim {
        args: &[
            "upscale",
            "--scale",
            "2",
            "--model",
            "bicubic",
            "--codec",
            "hevc",
            "--preset",
            "superfast",
        ],
        more: &[],
        input: tiny(),
        folder: folder("kills-upscale"),
    };
    torment("upscale", Tally::kills(40), &victim);
}
