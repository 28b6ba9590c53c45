//! What the commands print of the videos they make, read as the miner reads it.

use serde_json::Value;
use vidaio::domain::{Codec, RateControl};
use vidaio::encode::MadeRecord;
use vidaio::miner::tasks::{Scale, VideoRecord, Work};
use vidaio::upscale::UpscaledRecord;

use super::super::clips;
use super::super::making::{compressed, folder, grainy};
use super::super::surroundings::{run, vidaio};

fn compression() -> Work {
    Work::Compress {
        threshold: None,
        codec: Codec::Av1,
        mode: RateControl::Crf,
    }
}

fn upscaling() -> Work {
    Work::Upscale {
        scale: Scale::Two,
        size: None,
    }
}

fn number(record: &Value, pointer: &str) -> Option<f64> {
    record.pointer(pointer)?.as_f64()
}

#[test]
fn the_record_of_a_compression_is_read_as_it_was_printed() {
    let folder = folder("record-compressed");
    let printed = compressed(&grainy(), &folder.join("made.mp4"), &["--threshold", "85"]);
    let typed: MadeRecord = serde_json::from_value(printed.clone()).unwrap();
    assert_eq!(serde_json::to_value(&typed).unwrap(), printed);

    let record = VideoRecord::read(&compression(), printed.clone()).unwrap();
    assert!(number(&printed, "/verdict/s_f").is_some());
    assert_eq!(record.score(), number(&printed, "/verdict/s_f"));
    assert_eq!(record.vmaf(), number(&printed, "/verdict/vmaf"));
    assert_eq!(record.threshold(), Some(85.0));
    assert_eq!(record.tools(), printed["encoder"]);
    assert_eq!(record.device(), printed["device"]);
    assert_eq!(record.rules(), printed["verdict"]["rules"]);

    // A record of another form is none, however much of it is right.
    let mut other = printed.clone();
    other.as_object_mut().unwrap().remove("verdict");
    assert!(VideoRecord::read(&compression(), other).is_err());
    assert!(VideoRecord::read(&upscaling(), printed).is_err());
}

#[test]
fn the_record_of_an_upscaling_is_read_as_it_was_printed() {
    let output = folder("record-upscaled").join("made.mp4");
    let mut command = vidaio(&["upscale", "--scale", "2", "--model", "lanczos"]);
    command.args(["--format", "json"]);
    let ran = run(command.arg(clips::half_size()).arg(&output));
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    let printed: Value = serde_json::from_str(&ran.stdout).unwrap();
    let typed: UpscaledRecord = serde_json::from_value(printed.clone()).unwrap();
    assert_eq!(serde_json::to_value(&typed).unwrap(), printed);

    let record = VideoRecord::read(&upscaling(), printed.clone()).unwrap();
    assert_eq!(
        (record.score(), record.vmaf(), record.threshold()),
        (None, None, None)
    );
    let tools = format!(
        "{}, {}",
        printed["engine"].as_str().unwrap(),
        printed["encoder"].as_str().unwrap()
    );
    assert_eq!(record.tools(), tools);
    assert_eq!(record.device(), printed["device"]);
    assert_eq!(record.rules(), printed["rules"]);
}
