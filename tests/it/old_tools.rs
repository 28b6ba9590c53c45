//! FFmpeg programs from before 5.1, played by a script around the one that is there.

use std::path::{Path, PathBuf};

use super::making::{compress, compressed, folder, grainy};
use super::surroundings::{run, vidaio};

/// One that says that it is 4.2.2, and does not know the options that came later.
fn old(folder: &Path) -> PathBuf {
    use std::os::unix::fs::PermissionsExt as _;
    let path = folder.join("ffmpeg-4.2.2");
    let script = "#!/bin/sh
for a; do
  case $a in
    -version) echo 'ffmpeg version 4.2.2-static Copyright (c)'; exit 0 ;;
    -fps_mode|-aom-params|-svtav1-params)
      echo \"Unrecognized option '${a#-}'.\" >&2
      echo 'Error splitting the argument list: Option not found' >&2
      exit 1 ;;
  esac
done
exec ffmpeg \"$@\"
";
    std::fs::write(&path, script).unwrap();
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
    path
}

#[test]
fn every_frame_is_kept_by_an_ffmpeg_that_has_another_name_for_it() {
    let folder = folder("old-tool");
    let (program, output) = (old(&folder), folder.join("out.mp4"));
    let program = program.to_str().unwrap();
    let extra = ["--codec", "h264", "--threshold", "60", "--max-probes", "2"];
    compressed(
        &grainy(),
        &output,
        &[&extra[..], &["--ffmpeg", program]].concat(),
    );
    let upscaled = run(vidaio(&["upscale", "--scale", "2", "--ffmpeg", program])
        .arg(grainy())
        .arg(folder.join("up.mp4")));
    assert_eq!(upscaled.code, 0, "{}", upscaled.stderr);
}

#[test]
fn an_encoder_that_wants_a_newer_ffmpeg_is_refused_with_the_version_found() {
    let folder = folder("old-tool-encoder");
    let (program, output) = (old(&folder), folder.join("out.mp4"));
    let program = program.to_str().unwrap();
    let ran = compress(
        &grainy(),
        &output,
        &[
            "--threshold",
            "60",
            "--codec",
            "av1",
            "--encoder",
            "aom",
            "--ffmpeg",
            program,
        ],
    );
    assert_eq!(ran.code, 4, "{}", ran.stderr);
    assert!(
        ran.stderr.contains("FFmpeg 4.2.2-static is too old for it"),
        "{}",
        ran.stderr
    );
    assert!(!output.exists());
}
