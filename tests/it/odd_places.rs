//! Names, homes and machines as nobody expects them.

use std::path::Path;

use super::clips;
use super::making::{compress, folder, grainy, names};
use super::surroundings::{compressed, run, vidaio};

#[test]
fn the_longest_name_there_can_be_is_taken_and_a_longer_one_refused_at_once() {
    let folder = folder("odd-long");
    let input = grainy();
    let name = |bytes: usize| format!("{}.mp4", "é".repeat((bytes - 4) / 2));
    let probes = ["--threshold", "60", "--max-probes", "2"];
    for bytes in [246, 248, 254] {
        let output = folder.join(name(bytes));
        let ran = compress(&input, &output, &probes);
        assert_eq!(ran.code, 0, "{bytes}: {}", ran.stderr);
        assert_eq!(names(&folder), [name(bytes)]);
        std::fs::remove_file(output).unwrap();
    }
    let ran = compress(&input, &folder.join(name(256)), &probes);
    assert_eq!(ran.code, 7, "{}", ran.stderr);
    assert!(ran.stderr.contains("File name too long"), "{}", ran.stderr);
    assert!(!ran.stderr.contains(".vidaio"), "{}", ran.stderr);
    let report = folder.join(name(256));
    let ran = compress(
        &input,
        &folder.join("out.mp4"),
        &[&probes[..], &["-o", report.to_str().unwrap()]].concat(),
    );
    assert_eq!(ran.code, 7, "{}", ran.stderr);
    assert_eq!(names(&folder), [""; 0]);
}

#[test]
fn errors_are_two_lines_whatever_a_name_holds() {
    let ran = run(vidaio(&["score", "compress", "--threshold", "60"])
        .arg("no\nsuch\x1b[31mfile.mp4")
        .arg(clips::reference()));
    assert_eq!(ran.code, 3);
    assert_eq!(ran.stderr.lines().count(), 2, "{}", ran.stderr);
    assert!(
        ran.stderr.contains("no\\nsuch\\u{1b}[31mfile.mp4"),
        "{}",
        ran.stderr
    );
}

#[test]
fn a_path_that_the_system_refuses_is_not_called_a_damaged_video() {
    let folder = folder("odd-refused");
    let circle = folder.join("circle.mp4");
    std::os::unix::fs::symlink("circle.mp4", &circle).unwrap();
    for path in [circle, folder.join("x".repeat(300))] {
        let ran = run(vidaio(&["score", "compress", "--threshold", "60"])
            .arg(&path)
            .arg(clips::reference()));
        assert_eq!(ran.code, 3);
        assert!(ran.stderr.contains("cannot be read"), "{}", ran.stderr);
    }
}

#[test]
fn a_file_for_a_home_is_a_home_without_settings() {
    for name in ["HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME"] {
        let mut command = compressed(&["--quiet"]);
        command.env_remove("XDG_CONFIG_HOME").env(name, "/dev/null");
        let ran = run(&mut command);
        assert_eq!(ran.code, 0, "{name}: {}", ran.stderr);
    }
}

#[test]
fn weights_that_are_no_plain_file_are_refused() {
    let folder = folder("odd-weights");
    let pipe = folder.join("pipe");
    let made = std::process::Command::new("mkfifo").arg(&pipe).status();
    assert!(made.unwrap().success());
    for weights in [pipe.as_path(), &folder, Path::new("/dev/zero")] {
        let ran = run(vidaio(&["score", "upscale", "--length", "10"])
            .arg(clips::reference())
            .arg(clips::upscaled())
            .env("VIDAIO_PIEAPP_WEIGHTS", weights));
        assert_eq!(ran.code, 3, "{}", ran.stderr);
        assert!(ran.stderr.contains("it is no plain file"), "{}", ran.stderr);
        let ran = run(vidaio(&["models", "import", "pieapp"]).arg(weights));
        assert_eq!(ran.code, 3, "{}", ran.stderr);
        assert!(ran.stderr.contains("it is no plain file"), "{}", ran.stderr);
    }
}
