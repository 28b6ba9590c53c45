//! The page of a miner, as a browser has it.

use serde_json::json;

use super::super::clips;
use super::super::surroundings::browser;
use super::dendrite::Call;
use super::process::{Miner, VALIDATOR, command, home, key};
use super::sites::Site;
use super::validator::Task;

#[test]
fn the_page_shows_requests_orders_storage_equipment_and_validators() {
    let name = "mining::page::the_page_shows_requests_orders_storage_equipment_and_validators";
    let home = home();
    let mut command = command(home.path(), &["--protocol", "both"]);
    command.env("VIDAIO_FETCH_PRIVATE", "yes");
    let miner = Miner::of(command);
    miner.wait_for_fence();
    let body = std::fs::read(clips::reference()).unwrap();
    let task = Task::compression(&miner, &body).sign();
    let answer = task.send(&miner);
    task.check(&answer, &miner);
    // A name that would be markup, if it were taken as it is.
    let site = Site::start(std::fs::read(clips::half_size()).unwrap());
    let payload = json!({"reference_video_url": site.url("/clip.mp4"), "task_type": "HD24K"});
    let fields = json!({"round_id": "<script>alert(1)</script>", "miner_payload": payload});
    let reply = Call::new(&miner, "VideoUpscalingProtocol", fields).send(&miner);
    assert_eq!(reply.status, 200);
    miner.says("encoders");
    let page = home.path().join("page.html");
    std::fs::write(&page, miner.page("/")).unwrap();
    let Some(seen) = browser(name, &page) else {
        return;
    };
    let text = seen.text();
    for part in [
        "delivered",
        "challenge-",
        "&lt;script&gt;alert(1)",
        "orders waited for",
        "1, of which 0 are overdue",
        "work on a frame: svtav1",
        "NVIDIA driver",
        "lanczos",
        "multiplier",
        "name=\"viewport\"",
        &key(VALIDATOR).address().to_string(),
    ] {
        assert!(text.contains(part), "{part} is not on the page: {text}");
    }
    assert!(!text.contains("<script"), "no script, ours or a stranger's");
    assert!(
        !text.contains("src=") && !text.contains("href="),
        "nothing from elsewhere"
    );
}
