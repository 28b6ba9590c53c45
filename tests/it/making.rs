//! What the tests of `compress` and `upscale` share.

use std::path::{Path, PathBuf};

use serde_json::Value;

use super::clips::make;
use super::surroundings::{Ran, run, scratch_root, vidaio};

/// A folder of its own for a test, empty.
pub(crate) fn folder(name: &str) -> PathBuf {
    let path = scratch_root().join(name);
    let _fresh = std::fs::remove_dir_all(&path);
    std::fs::create_dir_all(&path).unwrap();
    path
}

/// Two seconds of moving detail with grain, 160x96, hardly compressed: something to save.
pub(crate) fn grainy() -> PathBuf {
    make(
        "grainy.mp4",
        &[
            "-f",
            "lavfi",
            "-i",
            "testsrc2=size=160x96:rate=25:duration=1.2,noise=alls=12:allf=t:all_seed=7",
            "-c:v",
            "libx264",
            "-pix_fmt",
            "yuv420p",
            "-qp",
            "8",
        ],
    )
}

/// Six scenes of twenty frames with five hard cuts between them.
pub(crate) fn six_scenes() -> PathBuf {
    let scenes = [
        "testsrc2=size=320x180:rate=25",
        "mandelbrot=size=320x180:rate=25",
        "life=size=320x180:rate=25:seed=3:mold=8:ratio=0.3:death_color=blue:life_color=white",
        "testsrc=size=320x180:rate=25",
        "gradients=size=320x180:rate=25:seed=5:speed=0.05:nb_colors=2:c0=0x204080:c1=0xe0c040:x0=0:y0=0:x1=319:y1=179",
        "testsrc2=size=320x180:rate=25,negate,hflip",
    ];
    let mut graph = String::new();
    for (i, scene) in scenes.iter().enumerate() {
        graph.push_str(&format!(
            "{scene},trim=end_frame=20,setpts=PTS-STARTPTS,format=yuv420p,setsar=1[s{i}];"
        ));
    }
    for i in 0..scenes.len() {
        graph.push_str(&format!("[s{i}]"));
    }
    graph.push_str("concat=n=6:v=1[v]");
    make(
        "six-scenes.mp4",
        &[
            "-filter_complex",
            &graph,
            "-map",
            "[v]",
            "-c:v",
            "libx264",
            "-qp",
            "10",
            "-pix_fmt",
            "yuv420p",
        ],
    )
}

/// Runs `vidaio compress` on a clip; x264 at its fastest unless `extra` says otherwise.
pub(crate) fn compress(input: &Path, output: &Path, extra: &[&str]) -> Ran {
    let mut args = vec!["compress"];
    args.extend(extra);
    for (flag, value) in [
        ("--codec", "h264"),
        ("--encoder", "x264"),
        ("--preset", "superfast"),
    ] {
        // Another encoder has presets of its own.
        let foreign = flag == "--preset" && extra.contains(&"--encoder");
        let foreign = foreign || flag == "--encoder" && extra.contains(&"--codec");
        if !extra.contains(&flag) && !foreign {
            args.extend([flag, value]);
        }
    }
    run(vidaio(&args).arg(input).arg(output))
}

/// The same, expecting success; gives its JSON.
pub(crate) fn compressed(input: &Path, output: &Path, extra: &[&str]) -> Value {
    let ran = compress(input, output, &[extra, &["--format", "json"]].concat());
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    serde_json::from_str(&ran.stdout).unwrap()
}

/// What lies in a folder, hidden files included.
pub(crate) fn names(folder: &Path) -> Vec<String> {
    let mut names: Vec<String> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned())
        .collect();
    names.sort();
    names
}

/// A program that stands in for FFmpeg: a shell script around the real one. `encoding` is run in place
/// of an encode that writes a file, with the arguments of the encode.
pub(crate) fn ffmpeg_that(name: &str, encoding: &str) -> PathBuf {
    use std::os::unix::fs::PermissionsExt as _;
    let path = scratch_root().join(name);
    let script = format!(
        "#!/bin/sh\ncase \"$*\" in *.mp4*) ;; *) exec ffmpeg \"$@\" ;; esac\nfor last; do :; done\nout=${{last#file:}}\n{encoding}\n"
    );
    std::fs::write(&path, script).unwrap();
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
    path
}
