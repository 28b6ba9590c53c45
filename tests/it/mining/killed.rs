//! A miner killed at random moments: accepted jobs are done all the same, nothing is half-written, and
//! nothing is left. `make kill` does this longer and tells figures.

use std::path::Path;
use std::time::{Duration, Instant};

use rand::{Rng as _, SeedableRng as _};
use sqlx::Connection as _;
use vidaio::domain::Task;
use vidaio::history::{Bad, read, sources};

use super::super::aftermath::{half, tiny, working_in};
use super::super::tally::{Moment, Tally};
use super::background::{Job, ask, begin, files, poll, wait};
use super::process::{Miner, get, home};
use super::sites::Site;

/// Kills between two times that the miner is let alone.
const ROUND: usize = 5;

/// What is wrong with an accepted job after the miner was let alone: it must be done, and what its link leads
/// to, as long as it lives, must be whole.
fn undone(miner: &Miner, job: &Job) -> Option<String> {
    let answer = wait(miner, job);
    if answer["status"] != "completed" {
        return Some(format!("{} is not done: {answer}", job.name));
    }
    let mut url: reqwest::Url = answer["optimized_video_url"].as_str()?.parse().unwrap();
    // Every start has another port here; a miner's own stays.
    url.set_port(Some(miner.address.port())).unwrap();
    let served = get(url).unwrap();
    if served.status().as_u16() != 200 {
        return None;
    }
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), served.bytes().unwrap()).unwrap();
    half(file.path()).map(|why| format!("{}: {why}", job.name))
}

/// What is wrong with what a miner keeps.
fn unkept(state: &Path) -> Vec<String> {
    let mut faults = Vec::new();
    let database = format!("sqlite:{}", state.join("miner.sqlite").display());
    let mut runtime = tokio::runtime::Builder::new_current_thread();
    let found = runtime.enable_all().build().unwrap().block_on(async {
        let mut open = sqlx::SqliteConnection::connect(&database).await?;
        let check = sqlx::query_scalar::<_, String>("PRAGMA integrity_check");
        check.fetch_one(&mut open).await
    });
    if found.as_ref().ok().is_none_or(|found| found != "ok") {
        faults.push(format!("the database: {found:?}"));
    }
    let history = sources(&state.join("history"));
    let read = history.and_then(|files| read(&files, Bad::Refuse, &mut |_| {}));
    match read {
        Ok(scan) if scan.records > 0 => {}
        other => faults.push(format!("the history: {other:?}")),
    }
    faults
}

#[test]
fn mine_killed_at_random_moments_loses_nothing_and_leaves_nothing() {
    let home = home();
    let site = Site::start(std::fs::read(tiny()).unwrap());
    let mut draw = rand_chacha::ChaCha8Rng::seed_from_u64(20_261_121);
    let mut tally = Tally::new("mine");
    let (kills, mut jobs) = (Tally::kills(20), Vec::new());
    for number in 1..=kills {
        let miner = begin(home.path());
        let job = Job::new(number, Task::ALL[draw.random_range(0..2)]);
        assert_eq!(ask(&miner, &site, &job), true, "{}", miner.log());
        std::thread::sleep(Duration::from_millis(draw.random_range(0..4000)));
        let done = poll(&miner, &job)["status"] == "completed";
        miner.kill();
        tally.killed(if done { Moment::After } else { Moment::Before });
        jobs.push(job);
        if number % ROUND == 0 || number == kills {
            let miner = begin(home.path());
            tally.faults(jobs.drain(..).filter_map(|job| undone(&miner, &job)));
            // Killed once more before anything is due.
            miner.kill();
        }
    }
    let miner = begin(home.path());
    let objects = Miner::state(home.path()).join("objects");
    let until = Instant::now() + Duration::from_secs(60);
    while files(&objects) > 0 {
        assert!(Instant::now() < until, "objects are left: {}", miner.log());
        std::thread::sleep(Duration::from_millis(200));
    }
    assert_eq!(files(&Miner::state(home.path()).join("work")), 0);
    let page = miner.page("/");
    assert!(page.contains("0, of which 0 are overdue"), "{page}");
    assert_eq!(miner.end(), 0);
    tally.faults(working_in(home.path()));
    tally.faults(unkept(&Miner::state(home.path())));
    tally.tell();
}
