//! `vidaio report`: one page about one or more measurements.

use std::fmt::Write as _;

use super::html::{Cell, escape, figure, page, table};
use super::plots::{pieapp_frames, vmaf_frames};
use super::svg::histogram;
use crate::assess::{PairScore, WorstFrame};
use crate::gates::Outcome;
use crate::measure::Measurement;
use crate::media::{ClipFacts, RgbFrame};
use crate::rules::{Revision, short_commit, spelled};
use crate::verdict::Also;

/// Size of a drawing in pixels.
const SIZE: (u32, u32) = (960, 360);
/// Parts of a histogram.
const PARTS: usize = 40;

/// What the page shows of one measurement.
#[derive(Debug)]
pub struct PageEntry {
    /// Name of the file that the measurement came from.
    pub name: String,
    /// The score under the requested revision, with those under all others.
    pub score: PairScore,
    /// The worst frames.
    pub worst: Vec<WorstFrame>,
    /// The frames themselves, where the files are still there: reference, output, difference.
    pub frames: Vec<(u64, [RgbFrame; 3])>,
    /// Why they cannot be shown.
    pub no_frames: Option<String>,
}

/// Makes the page; scores under `main` revisions are shown first.
///
/// # Errors
/// What the drawing library says.
pub fn report_page(
    entries: &[PageEntry],
    revision: &Revision,
    main: &[&str],
) -> Result<String, String> {
    let mut body = format!(
        "<p>Rules: <code data-key=\"rules\">{}</code> ({} {}).</p>\n",
        escape(&revision.name),
        escape(&revision.repository),
        escape(short_commit(&revision.commit))
    );
    if entries.len() > 1 {
        let rows: Vec<Vec<Cell>> = entries
            .iter()
            .enumerate()
            .map(|(i, e)| {
                vec![
                    Cell::text(&e.name),
                    Cell::number(format!("summary.{i}.s_f"), e.score.s_f()),
                    Cell::number(format!("summary.{i}.vmaf"), Some(e.score.vmaf())),
                    verdict(&e.score),
                ]
            })
            .collect();
        body += "<h2>Summary</h2>\n";
        body += &table(&["measurement", "score", "VMAF scored", "gates"], &rows);
    }
    for (i, entry) in entries.iter().enumerate() {
        section(&mut body, i, entry, revision, main)?;
    }
    Ok(page("vidaio report", &body))
}

fn verdict(score: &PairScore) -> Cell {
    match score.gates().decided_by {
        None => Cell::text("pass").class("pass"),
        Some(gate) => Cell::text(format!("fail: {}", spelled(&gate))).class("fail"),
    }
}

fn section(
    body: &mut String,
    i: usize,
    entry: &PageEntry,
    revision: &Revision,
    main: &[&str],
) -> Result<(), String> {
    let m = entry.score.measurement();
    let _ = writeln!(body, "<h2>{}</h2>", escape(&entry.name));
    *body += &head(i, &entry.score, m, revision);
    *body += "<h3>Scores under every revision</h3>\n";
    *body += &revisions(i, &entry.score, revision, main);
    *body += "<h3>Gates</h3>\n";
    *body += &gates(&entry.score);
    *body += "<h3>Frames</h3>\n";
    *body += &vmaf_frames(m).svg(SIZE)?;
    if let Some(graph) = pieapp_frames(m) {
        *body += &graph.svg(SIZE)?;
    }
    if let Some(model) = m.vmaf.neg.as_ref().or(m.vmaf.base.as_ref()) {
        let name = if m.vmaf.neg.is_some() { "NEG" } else { "base" };
        let title = format!("VMAF {name}, how often");
        *body += &histogram(&title, ("VMAF", "frames"), &model.per_frame, PARTS, SIZE)?;
    }
    *body += "<h3>The worst frames</h3>\n";
    *body += &worst(i, entry);
    *body += "<h3>Files</h3>\n";
    *body += &files(m);
    *body += "<h3>How the numbers were made</h3>\n";
    *body += &made(m);
    Ok(())
}

fn head(i: usize, score: &PairScore, m: &Measurement, revision: &Revision) -> String {
    let mut rows: Vec<Vec<Cell>> = vec![
        vec!["task".into(), Cell::text(spelled(&m.task))],
        vec![
            "score".into(),
            Cell::number(format!("{i}.s_f"), score.s_f()),
        ],
        vec![
            "metrics alone".into(),
            Cell::number(format!("{i}.s_f_metrics"), score.s_f_metrics()),
        ],
        vec![
            "VMAF scored".into(),
            Cell::number(format!("{i}.vmaf"), Some(score.vmaf())),
        ],
        vec!["gates".into(), verdict(score)],
    ];
    if let Some(reason) = &score.gates().reason {
        rows.push(vec!["the validator would log".into(), Cell::text(reason)]);
    }
    match score {
        PairScore::Compress(v) => {
            rows.push(vec![
                "threshold".into(),
                Cell::number(format!("{i}.threshold"), Some(v.threshold)),
            ]);
            rows.push(vec![
                "compression rate".into(),
                Cell::number(format!("{i}.compression_rate"), Some(v.compression_rate)),
            ]);
            rows.push(vec![
                "ratio".into(),
                Cell::number(format!("{i}.ratio"), Some(v.ratio)),
            ]);
        }
        PairScore::Upscale(v) => {
            rows.push(vec![
                "PIE-APP".into(),
                Cell::number(format!("{i}.pieapp"), v.pieapp),
            ]);
            rows.push(vec!["S_Q".into(), Cell::number(format!("{i}.s_q"), v.s_q)]);
            rows.push(vec![
                "S_L".into(),
                Cell::number(format!("{i}.s_l"), Some(v.s_l)),
            ]);
            rows.push(vec![
                "content length".into(),
                Cell::text(format!("{} s", v.length)),
            ]);
        }
    }
    rows.push(vec!["rules".into(), Cell::text(&revision.name)]);
    table(&[], &rows)
}

fn revisions(i: usize, score: &PairScore, revision: &Revision, main: &[&str]) -> String {
    let own = Also {
        rules: revision.name.clone(),
        s_f: score.s_f(),
        s_f_metrics: score.s_f_metrics(),
        zeroed_by: score
            .gates()
            .decided_by
            .filter(|_| score.gates().score.is_some()),
        exact: match score {
            PairScore::Compress(v) => v.exact,
            PairScore::Upscale(v) => v.exact,
        },
        note: None,
    };
    let others = match score {
        PairScore::Compress(v) => &v.also,
        PairScore::Upscale(v) => &v.also,
    };
    let row = |a: &Also| {
        let name = &a.rules;
        vec![
            Cell::text(name),
            Cell::number(format!("{i}.rules.{name}.s_f"), a.s_f),
            Cell::number(format!("{i}.rules.{name}.s_f_metrics"), a.s_f_metrics),
            match a.zeroed_by {
                Some(gate) => Cell::text(spelled(&gate)).class("fail"),
                None => Cell::text(""),
            },
            Cell::text(if a.exact { "" } else { "~" }),
            Cell::text(a.note.as_deref().unwrap_or("")),
        ]
    };
    let header = [
        "rules",
        "score",
        "metrics alone",
        "zeroed by",
        "measured otherwise",
        "note",
    ];
    let (first, rest): (Vec<&Also>, Vec<&Also>) = others
        .iter()
        .partition(|a| main.contains(&a.rules.as_str()));
    let rows = |of: &mut dyn Iterator<Item = &Also>| of.map(row).collect::<Vec<_>>();
    let shown = rows(&mut std::iter::once(&own).chain(first));
    let hidden = rows(&mut rest.into_iter());
    let mut text = table(&header, &shown);
    if !hidden.is_empty() {
        let _ = write!(
            text,
            "<details><summary>{} more revisions</summary>\n{}</details>\n",
            hidden.len(),
            table(&header, &hidden)
        );
    }
    text
}

fn gates(score: &PairScore) -> String {
    let rows: Vec<Vec<Cell>> = score
        .gates()
        .results
        .iter()
        .map(|g| {
            let class = match g.outcome {
                Outcome::Pass => "pass",
                Outcome::Fail => "fail",
                Outcome::Warn => "warn",
                _ => "",
            };
            vec![
                Cell::text(spelled(&g.gate)),
                Cell::text(g.outcome.word()).class(class),
                Cell::text(&g.measured),
                Cell::text(&g.limit),
                Cell::text(g.fix.as_deref().unwrap_or("")),
                Cell::text(&g.source),
            ]
        })
        .collect();
    table(
        &[
            "gate",
            "verdict",
            "measured",
            "limit",
            "how to mend it",
            "source",
        ],
        &rows,
    )
}

fn worst(i: usize, entry: &PageEntry) -> String {
    let mut text = String::new();
    if let Some(why) = &entry.no_frames {
        let _ = writeln!(text, "<p class=\"warn\">No pictures: {}</p>", escape(why));
    }
    let rows: Vec<Vec<Cell>> = entry
        .worst
        .iter()
        .enumerate()
        .map(|(position, w)| {
            vec![
                Cell::number(format!("{i}.worst.{position}.frame"), Some(w.frame as f64)),
                Cell::number(format!("{i}.worst.{position}.base"), w.base),
                Cell::number(format!("{i}.worst.{position}.neg"), w.neg),
            ]
        })
        .collect();
    text += &table(&["frame", "VMAF base", "VMAF NEG"], &rows);
    for w in &entry.worst {
        let Some((frame, sides)) = entry.frames.iter().find(|(frame, _)| *frame == w.frame) else {
            continue;
        };
        text += "<div class=\"row\">\n";
        let names = ["reference", "output", "difference, fourfold around grey"];
        for (side, name) in sides.iter().zip(names) {
            text += &figure(side, &format!("frame {frame}, {name}"));
        }
        text += "</div>\n";
    }
    text
}

/// What a row of facts shows of a file.
type Fact<'a> = &'a dyn Fn(&ClipFacts) -> String;

fn files(m: &Measurement) -> String {
    let rate = |f: &ClipFacts| {
        format!(
            "{}/{} ({:.3} fps on average)",
            f.frame_rate.num,
            f.frame_rate.den,
            f.average_frame_rate.per_second()
        )
    };
    let tag = |tag: &Option<String>| tag.clone().unwrap_or_else(|| "-".into());
    let facts: [(&str, Fact<'_>); 12] = [
        ("file", &|f| crate::shown::path(&f.path)),
        ("bytes", &|f| f.bytes.to_string()),
        ("container", &|f| f.container.clone()),
        ("codec", &|f| {
            format!("{} {}", f.codec, f.profile.as_deref().unwrap_or(""))
        }),
        ("encoder", &|f| tag(&f.encoder)),
        ("pixels", &|f| {
            format!("{}x{} {}", f.width, f.height, f.pixel_format)
        }),
        ("frame rate", &rate),
        ("length", &|f| {
            f.duration_seconds
                .map_or("-".into(), |s| format!("{s:.3} s"))
        }),
        ("bitrate", &|f| {
            f.bit_rate
                .or(f.container_bit_rate)
                .map_or("-".into(), |b| format!("{:.3} Mbit/s", b as f64 / 1e6))
        }),
        ("colour", &|f| {
            format!(
                "{} / {} / {}, range {}",
                tag(&f.color_space),
                tag(&f.color_transfer),
                tag(&f.color_primaries),
                tag(&f.color_range)
            )
        }),
        ("first frame at", &|f| {
            format!("{} s", f.start_seconds.unwrap_or(0.0))
        }),
        ("sound streams", &|f| f.audio_streams.to_string()),
    ];
    let rows: Vec<Vec<Cell>> = facts
        .iter()
        .map(|(name, of)| {
            vec![
                Cell::text(*name),
                Cell::text(of(&m.reference)),
                Cell::text(of(&m.distorted)),
            ]
        })
        .collect();
    table(&["", "reference", "output"], &rows)
}

fn made(m: &Measurement) -> String {
    let b = &m.backend;
    let mut rows: Vec<Vec<Cell>> = vec![
        vec!["vidaio".into(), Cell::text(&m.vidaio)],
        vec![
            "VMAF".into(),
            Cell::text(format!(
                "libvmaf {}, {}, on {}",
                b.libvmaf,
                b.models.join(" and "),
                b.vmaf_device
            )),
        ],
        vec![
            "frames".into(),
            Cell::text(format!(
                "{} of {} ({})",
                m.vmaf.frames.len(),
                m.reference_frames,
                spelled(&m.vmaf.path)
            )),
        ],
        vec!["FFmpeg".into(), Cell::text(&b.ffmpeg.ffmpeg)],
        vec!["seed".into(), Cell::text(b.seed.to_string())],
    ];
    if let Some(device) = &b.device {
        let weights = match &b.weights {
            Some(w) if w.published => "published weights",
            _ => "other weights: no validator uses these",
        };
        rows.push(vec![
            "PIE-APP".into(),
            Cell::text(format!("{device}, {weights}")),
        ]);
    }
    for note in &m.notes {
        rows.push(vec!["note".into(), Cell::text(note)]);
    }
    table(&[], &rows)
}
