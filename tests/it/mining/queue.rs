//! The queue of orders by itself: who is next, and what outlives a process.

use std::collections::HashSet;
use std::process::Command;

use vidaio::address::Address;
use vidaio::miner::Database;
use vidaio::miner::jobs::{Job, Queue, SharedQueue};
use vidaio::miner::tasks::{Scale, Work};

use super::super::surroundings::skip;
use super::shared_queue::redis;
use super::storage::block_on;

fn job(id: &str, stake: u64) -> Job {
    Job {
        id: id.to_owned(),
        work: Work::Upscale {
            scale: Scale::Two,
            size: None,
        },
        url: "http://127.0.0.1:1/clip.mp4".into(),
        deadline: 1e10,
        stake,
        caller: Address::new([1; 32]),
        name: "round".into(),
    }
}

async fn push(queue: &Queue, jobs: &[(&str, u64)]) {
    for (id, stake) in jobs {
        queue.push(&job(id, *stake)).await.unwrap();
    }
}

/// Takes orders until there are none; their names and how they are written.
async fn take_all(queue: &Queue) -> Vec<(String, String)> {
    let mut taken = Vec::new();
    while let Some(text) = queue.take().await.unwrap() {
        let job: Job = serde_json::from_str(&text).unwrap();
        taken.push((job.id, text));
    }
    taken
}

fn names(taken: &[(String, String)]) -> Vec<&str> {
    taken.iter().map(|(id, _)| id.as_str()).collect()
}

#[test]
fn stake_comes_first_and_what_has_not_ended_comes_again_after_a_start() {
    let folder = tempfile::tempdir().unwrap();
    block_on(async {
        let database = Database::open(folder.path()).await.unwrap();
        let queue = Queue::own(&database).await.unwrap();
        push(
            &queue,
            &[
                ("few", 5),
                ("much", u64::MAX),
                ("first", 50),
                ("second", 50),
            ],
        )
        .await;
        let taken = take_all(&queue).await;
        assert_eq!(names(&taken), ["much", "first", "second", "few"]);
        queue.remove(&taken[0].1).await.unwrap();
        queue.remove(&taken[2].1).await.unwrap();
        push(&queue, &[("late", 7)]).await;
        let begun_anew = Queue::own(&database).await.unwrap();
        assert_eq!(
            names(&take_all(&begun_anew).await),
            ["first", "late", "few"]
        );
    });
}

/// What `redis-cli` answers to a question about every list of jobs that a worker holds, in ascending order.
pub(super) fn held(address: &str, question: &[&str]) -> Vec<String> {
    let ask = |arguments: &[&str]| {
        let mut command = Command::new("redis-cli");
        let output = command
            .args(["-u", address])
            .args(arguments)
            .output()
            .unwrap();
        String::from_utf8(output.stdout).unwrap()
    };
    let keys = ask(&["--raw", "KEYS", "vidaio-jobs:held:*"]);
    let mut answers: Vec<String> = keys
        .lines()
        .filter(|key| !key.is_empty())
        .map(|key| {
            ask(&[&["--raw", question[0], key], &question[1..]].concat())
                .trim()
                .to_owned()
        })
        .collect();
    answers.sort();
    answers
}

#[test]
fn in_redis_orders_come_in_turn_and_each_to_one_worker() {
    let name = "mining::queue::in_redis_orders_come_in_turn_and_each_to_one_worker";
    let folder = tempfile::tempdir().unwrap();
    let Some((_redis, address)) = redis(folder.path()) else {
        skip(name, "there is no redis-server; `make test` installs it");
        return;
    };
    block_on(async {
        let connection = SharedQueue::connect(&address).await.unwrap();
        let (one, other) = (Queue::redis(connection.clone()), Queue::redis(connection));
        push(&one, &[("a", 1), ("b", 9), ("c", 5)]).await;
        let first = one.take().await.unwrap().unwrap();
        assert!(first.contains("\"id\":\"a\""), "{first}");
        assert_eq!(names(&take_all(&other).await), ["b", "c"]);
        // What it holds without knowing comes again.
        let known = HashSet::from([first.clone()]);
        one.put_back_lost(&known).await.unwrap();
        assert!(one.take().await.unwrap().is_none());
        one.put_back_lost(&HashSet::new()).await.unwrap();
        assert_eq!(one.take().await.unwrap().as_ref(), Some(&first));
        // Only who has it ends it.
        other.remove(&first).await.unwrap();
        assert_eq!(held(&address, &["LLEN"]), ["1", "2"]);
        one.remove(&first).await.unwrap();
        assert_eq!(held(&address, &["LLEN"]), ["2"]);
    });
}
