//! Properties that no validator checks but that lower a score.

use super::input::GateInput;
use super::result::Warning;
use crate::media::{ClipFacts, FrameRateKind};

fn warning(name: &str, found: String, fix: &str) -> Warning {
    Warning {
        name: name.into(),
        found,
        fix: fix.into(),
    }
}

/// All warnings for an output.
#[must_use]
pub fn warnings(input: &GateInput<'_>) -> Vec<Warning> {
    let mut found = Vec::new();
    if let Some(output) = input.output.facts() {
        of_output(output, input.reference.facts(), &mut found);
    }
    of_alignment(input, &mut found);
    found
}

fn of_output(output: &ClipFacts, reference: Option<&ClipFacts>, found: &mut Vec<Warning>) {
    let full = |f: &ClipFacts| {
        f.color_range.as_deref() == Some("pc") || f.pixel_format.starts_with("yuvj")
    };
    if full(output) {
        let found_so = if reference.is_some_and(full) {
            "full range: a tool that does not ask reads its codes as limited range"
        } else {
            "the output is full range, the reference is not: VMAF compares codes, not light"
        };
        found.push(warning(
            "color-range",
            found_so.into(),
            "limited range is what every tool expects: -vf scale=out_range=tv -color_range tv",
        ));
    }
    if output.timing == FrameRateKind::Variable {
        found.push(warning(
            "variable-rate",
            "frames come at uneven times: paths that pair frames by time lose some".into(),
            "-fps_mode cfr only if the reference is even; else -fps_mode passthrough",
        ));
    }
    if output.edit_list {
        found.push(warning(
            "edit-list",
            "an edit list hides coded frames; the sample table still counts them".into(),
            "encode without cutting, or cut before encoding, not by copying",
        ));
    }
    if let Some(start) = output.start_seconds {
        let reorder = output.reorder_seconds.unwrap_or(0.0);
        if reorder > 0.0 && start > 0.0 && start <= reorder * 1.5 {
            found.push(warning(
                "b-frame-delay",
                format!("the first frame is shown at {start:.4} s, late by the delay of B-frames"),
                "write an edit list (-use_editlist 1, the default) or encode with -bf 0",
            ));
        } else {
            found.push(warning(
                "late-start",
                format!("the first frame is shown at {start:.4} s, not at 0"),
                "-avoid_negative_ts make_zero, or -vf setpts=PTS-STARTPTS",
            ));
        }
    }
    if output.interlaced {
        found.push(warning(
            "interlaced",
            "the stream says it is interlaced; it is measured as coded".into(),
            "encode progressive, with the reference's fields as they are",
        ));
    }
    if output.rotation != 0.0 {
        found.push(warning(
            "rotation",
            format!("tagged to be shown turned by {} degrees", output.rotation),
            "remove the tag: -display_rotation 0, or -metadata:s:v rotate=0",
        ));
    }
    if output.video_streams > 1 {
        found.push(warning(
            "video-streams",
            format!(
                "{} video streams: the best one is judged here, validators' tools take the first",
                output.video_streams
            ),
            "-map 0:v:0",
        ));
    }
}

fn of_alignment(input: &GateInput<'_>, found: &mut Vec<Warning>) {
    let Some(alignment) = input.alignment else {
        return;
    };
    let frames = |n: i64| match n.abs() {
        1 => "1 frame".to_owned(),
        n => format!("{n} frames"),
    };
    let way = |n: i64| if n > 0 { "late" } else { "early" };
    if let Some(late) = alignment.late.filter(|n| *n != 0) {
        found.push(warning(
            "offset",
            format!(
                "by what its frames show, the output is {} {}: every frame is compared with a wrong one",
                frames(late),
                way(late)
            ),
            if late > 0 {
                "drop the extra frames at the start, or encode without a filter that delays"
            } else {
                "the first frames are missing: encode from the first frame on"
            },
        ));
    }
    for shift in &alignment.shifts {
        found.push(warning(
            "shift",
            if shift.late == 0 {
                format!("from about frame {} on the output is in step", shift.from)
            } else {
                format!(
                    "from about frame {} on the output is {} {}: a frame was {} there",
                    shift.from,
                    frames(shift.late),
                    way(shift.late),
                    if shift.late > 0 { "repeated" } else { "lost" }
                )
            },
            "keep every frame exactly once: -fps_mode passthrough",
        ));
    }
    if let [first, ..] = alignment.repeated.as_slice() {
        found.push(warning(
            "repeated-frames",
            format!(
                "{} of the output repeat the one before while the reference moves, the first at {first}",
                frames(alignment.repeated.len() as i64)
            ),
            "-fps_mode passthrough; an encoder or a filter that fills in frames is at work",
        ));
    }
    if let Some(t) = alignment.first_time_difference {
        found.push(warning(
            "timestamps",
            format!(
                "frame {} is shown at {:.4} s in the reference and at {:.4} s in the output: paths \
                 that pair frames by time part here",
                t.frame, t.reference, t.output
            ),
            "keep the reference's times: -fps_mode passthrough -video_track_timescale of the reference",
        ));
    }
}
