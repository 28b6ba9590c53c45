//! Every gate has a definition, a row in the documentation and a case that trips it.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use vidaio::assess::evidence_for;
use vidaio::domain::{Origin, RateMode, Task};
use vidaio::gates::{
    Claim, ClipState, Fault, Gate, GateInput, GateResult, Outcome, ScoreReason, TaskRequest,
    Unmeasured, judge,
};
use vidaio::media::ClipFacts;
use vidaio::metrics::sampled::Sampled;
use vidaio::rules::{Catalogue, ComparedWith};

/// A file of a case.
#[derive(Clone)]
enum File {
    Video(Box<ClipFacts>, u64),
    Unreadable { empty: bool },
}

impl File {
    fn state(&self) -> ClipState<'_> {
        match self {
            Self::Video(facts, frames) => ClipState::Video {
                facts,
                frames: *frames,
            },
            Self::Unreadable { empty } => ClipState::Unreadable {
                why: "not a video",
                empty: *empty,
            },
        }
    }
}

/// A clip of two seconds; `changed` replaces what differs.
fn clip(width: u32, height: u32, bytes: u64, changed: &Value) -> File {
    let mut facts = json!({
        "path": "clip.mp4", "bytes": bytes, "container": "mov,mp4,m4a,3gp,3g2,mj2",
        "codec": "hevc", "profile": "Main", "pixel_format": "yuv420p",
        "width": width, "height": height, "sample_aspect_ratio": [1, 1],
        "frame_rate": {"num": 25, "den": 1}, "average_frame_rate": {"num": 25, "den": 1},
        "announced_frames": 50, "duration_seconds": 2.0, "start_seconds": null,
        "bit_rate": 800_000, "container_bit_rate": 810_000, "color_range": "tv",
        "color_space": "bt709", "color_transfer": "bt709", "color_primaries": "bt709",
        "interlaced": false, "rotation": 0.0, "edit_list": false, "timing": "constant",
        "audio_streams": 0, "video_streams": 1,
    });
    for (key, value) in changed.as_object().into_iter().flatten() {
        facts[key] = value.clone();
    }
    let frames = facts["announced_frames"].as_u64().unwrap();
    File::Video(Box::new(serde_json::from_value(facts).unwrap()), frames)
}

/// Everything that gates judge by; the default passes all of them.
#[derive(Clone)]
struct Case {
    rules: &'static str,
    task: Task,
    origin: Origin,
    request: TaskRequest,
    reference: File,
    output: File,
    payload: Option<File>,
    vmaf: Option<f64>,
    base: f64,
    neg: f64,
    score: f64,
    rate: f64,
    sampled: Sampled,
    audio: [usize; 2],
    bundle: Vec<(String, u64)>,
    against: Vec<Claim>,
}

fn sampled(deviation: f64, energy: f64, difference: f64) -> Sampled {
    serde_json::from_value(json!({
        "pixels": 1000, "luma_mean": [0.5, 0.5], "luma_deviation": [0.2, 0.2 + deviation],
        "color_energy": [0.2, energy], "color_difference": difference,
    }))
    .unwrap()
}

impl Case {
    fn compression(rules: &'static str) -> Self {
        Self {
            rules,
            task: Task::Compress,
            origin: Origin::Synthetic,
            request: TaskRequest {
                threshold: Some(90.0),
                codec: Some("hevc".into()),
                mode: Some(RateMode::Vbr),
                bitrate: Some(1.0),
                scale: None,
            },
            reference: clip(320, 180, 100_000, &json!({})),
            output: clip(320, 180, 20_000, &json!({})),
            payload: None,
            vmaf: Some(95.0),
            base: 95.0,
            neg: 94.5,
            score: 0.8,
            rate: 0.2,
            sampled: sampled(0.0, 0.2, 0.01),
            audio: [1, 1],
            bundle: vec![("other.mp4".into(), 7)],
            against: Vec::new(),
        }
    }

    fn upscaling(rules: &'static str) -> Self {
        Self {
            task: Task::Upscale,
            request: TaskRequest {
                scale: Some(2),
                ..TaskRequest::default()
            },
            payload: Some(clip(160, 90, 30_000, &json!({}))),
            ..Self::compression(rules)
        }
    }

    fn organic_upscaling() -> Self {
        Self {
            origin: Origin::Organic,
            reference: clip(160, 90, 30_000, &json!({})),
            payload: None,
            ..Self::upscaling("2026-08-18")
        }
    }

    fn competition() -> Self {
        Self {
            origin: Origin::Competition,
            output: clip(320, 180, 20_000, &json!({"codec": "av1"})),
            ..Self::compression("2026-08-18")
        }
    }

    fn with(mut self, change: impl FnOnce(&mut Self)) -> Self {
        change(&mut self);
        self
    }

    fn output(self, changed: &Value) -> Self {
        self.with(|case| {
            let File::Video(facts, _) = &case.output else {
                panic!("the output is a video")
            };
            let mut all = json!({"codec": facts.codec});
            for (key, value) in changed.as_object().unwrap() {
                all[key] = value.clone();
            }
            let bytes = all["bytes"].as_u64().unwrap_or(facts.bytes);
            case.output = clip(facts.width, facts.height, bytes, &all);
        })
    }

    /// The verdict of one gate.
    fn judge(&self, gate: &str) -> GateResult {
        let stream = |n: usize| json!([{"sha256": n.to_string(), "packets": 1, "bytes": 1}]);
        let audio = json!([stream(self.audio[0]), stream(self.audio[1])]);
        let audio = serde_json::from_value(audio).unwrap();
        let input = GateInput {
            task: self.task,
            origin: self.origin,
            request: &self.request,
            reference: self.reference.state(),
            output: self.output.state(),
            payload: self.payload.as_ref().map(File::state),
            vmaf: self.vmaf,
            base: Some(self.base),
            neg: Some(self.neg),
            unmeasured: self.vmaf.is_none().then_some(Unmeasured {
                why: "sizes differ",
                fault: Fault::Pair,
            }),
            pieapp: Some(0.5),
            rate: Some(self.rate),
            score: Some(self.score),
            frames: &[],
            vmaf_frames: &[],
            sampled: Some(&self.sampled),
            audio: Some(&audio),
            original: None,
            alignment: None,
            bundle: &self.bundle,
            against: &self.against,
            seed: 0,
        };
        let catalogue = Catalogue::embedded().unwrap();
        let results = judge(&input, catalogue.find(self.rules).unwrap());
        let found = results.into_iter().find(|r| r.gate.id == gate);
        found.unwrap_or_else(|| panic!("{gate} is no gate of this case"))
    }
}

/// A case in which a gate passes, and the change that trips it.
type Trip = (&'static str, Case, fn(Case) -> Case);

fn claim() -> Claim {
    Claim {
        who: "7".into(),
        clip: "clip".into(),
        vmaf: 95.1,
        base: Some(95.1),
        threshold: Some(90.0),
        rate: 0.2,
        score: 0.5,
    }
}

#[rustfmt::skip]
fn trips() -> Vec<Trip> {
    const HEAD: &str = "2026-08-18";
    let (compression, upscaling) = (|| Case::compression(HEAD), || Case::upscaling(HEAD));
    let next = || Case::compression("next");
    vec![
        ("reference-readable", compression(), |c| c.with(|c| c.reference = File::Unreadable { empty: false })),
        ("payload-readable", upscaling(), |c| c.with(|c| c.payload = Some(File::Unreadable { empty: false }))),
        ("output-readable", compression(), |c| c.with(|c| c.output = File::Unreadable { empty: false })),
        ("input-intact", Case::competition(), |c| c.with(|c| c.reference = File::Unreadable { empty: false })),
        ("output-empty", Case::competition(), |c| c.with(|c| c.output = File::Unreadable { empty: true })),
        ("reference-frames", compression(), |c| c.with(|c| c.reference = clip(320, 180, 100_000, &json!({"announced_frames": 9})))),
        ("output-frames", Case::organic_upscaling(), |c| c.output(&json!({"announced_frames": 9}))),
        ("frame-count", compression(), |c| c.output(&json!({"announced_frames": 56}))),
        ("frame-count-exact", Case::organic_upscaling(), |c| c.output(&json!({"announced_frames": 51}))),
        ("frame-rate", compression(), |c| c.output(&json!({"average_frame_rate": {"num": 26, "den": 1}}))),
        ("size-cap", upscaling(), |c| c.output(&json!({"bytes": 240_001}))),
        ("scale-factor", Case::upscaling("next"), |c| c.with(|c| c.request.scale = Some(3))),
        ("resolution", compression(), |c| c.output(&json!({"width": 322}))),
        ("bitrate", compression(), |c| c.output(&json!({"bit_rate": 1_100_001}))),
        ("codec", compression(), |c| c.output(&json!({"codec": "vp9"}))),
        ("profile", compression(), |c| c.output(&json!({"profile": "Rext"}))),
        ("container", compression(), |c| c.output(&json!({"container": "matroska,webm"}))),
        ("sample-aspect", compression(), |c| c.output(&json!({"sample_aspect_ratio": [4, 3]}))),
        ("pixel-format", compression(), |c| c.output(&json!({"pixel_format": "yuv420p10le"}))),
        ("color-tags", compression(), |c| c.output(&json!({"color_space": "smpte170m"}))),
        ("vmaf-measured", compression(), |c| c.with(|c| c.vmaf = None)),
        ("vmaf-floor", compression(), |c| c.with(|c| c.vmaf = Some(84.9))),
        ("vmaf-threshold", next(), |c| c.with(|c| c.vmaf = Some(89.9))),
        ("vmaf-delta", next(), |c| c.with(|c| c.neg = 91.9)),
        ("tone", next(), |c| c.with(|c| c.sampled = sampled(0.09, 0.2, 0.01))),
        ("grayscale", next(), |c| c.with(|c| c.sampled = sampled(0.0, 0.06, 0.01))),
        ("chroma", next(), |c| c.with(|c| c.sampled = sampled(0.0, 0.2, 0.11))),
        ("rate", compression(), |c| c.with(|c| c.rate = 0.80)),
        ("smaller", Case::competition(), |c| c.output(&json!({"bytes": 100_000}))),
        ("minimum-ratio", Case::competition(), |c| c.output(&json!({"bytes": 80_001}))),
        ("audio", Case::competition(), |c| c.with(|c| c.audio = [1, 2])),
        ("duration", Case::competition(), |c| c.output(&json!({"duration_seconds": 2.6}))),
        ("score-positive", Case::competition(), |c| c.with(|c| c.score = 0.0)),
        ("duplicate", compression(), |c| c.with(|c| c.bundle = vec![("same.mp4".into(), 20_000)])),
        ("metric-duplicate", compression().with(|c| c.against = vec![Claim { vmaf: 99.0, ..claim() }]), |c| c.with(|c| c.against = vec![claim()])),
        ("stream-dimensions", next(), |c| c.output(&json!({"width": 322}))),
        ("stream-duration", next(), |c| c.output(&json!({"announced_frames": 53}))),
    ]
}

/// Gates that no file can trip, with what they say of any file and why.
const OUT_OF_REACH: [(&str, Outcome, &str); 9] = [
    ("answer", Outcome::NotApplicable, "time to answer"),
    ("download", Outcome::NotApplicable, "fetching the answer"),
    ("proxy", Outcome::NotApplicable, "the proxy's own try"),
    ("replay", Outcome::NotJudged, "answers of earlier rounds"),
    (
        "duplicate-content",
        Outcome::NotJudged,
        "answers of other miners",
    ),
    ("quality-model", Outcome::NotJudged, "ResNet-50 features"),
    (
        "source-proximity",
        Outcome::NotJudged,
        "only the whole round",
    ),
    // The normalisation makes both sides agree first.
    (
        "stream-pixel-format",
        Outcome::Pass,
        "normalised to yuv420p",
    ),
    ("stream-times", Outcome::Pass, "50 frames at 25.000 fps"),
];

#[test]
fn every_gate_of_the_rules_has_a_definition_and_every_definition_a_revision() {
    let catalogue = Catalogue::embedded().unwrap();
    let named: BTreeSet<String> = catalogue
        .iter()
        .flat_map(|r| {
            let g = &r.gates;
            let lists = [&g.upscaling, &g.compression, &g.organic_upscaling];
            let more = [&g.organic_compression, &g.competition];
            lists.into_iter().chain(more).flatten()
        })
        .map(|name| name.0.clone())
        .collect();
    let defined: Vec<String> = Gate::all().map(|gate| gate.id.to_owned()).collect();
    assert_eq!(defined.len(), named.len(), "a gate is defined twice");
    assert_eq!(BTreeSet::from_iter(defined), named);
}

#[test]
fn codes_name_one_gate_each() {
    let mut seen: BTreeSet<&str> = BTreeSet::new();
    for gate in Gate::all() {
        for code in [gate.codes.central, gate.codes.competition]
            .into_iter()
            .flatten()
        {
            // The central scorer has one code for both metrics.
            assert!(seen.insert(code) || code == "METRIC_MISSING", "{code}");
        }
    }
    // Twenty of the central scorer, fifteen of competitions.
    assert_eq!(seen.len(), 35, "{seen:?}");
}

/// Everything that other rooms ask of a definition, beside codes and fix, gate by gate.
const ATTRIBUTES: &[&str] = &[
    "answer Network Nothing Alone Gate neurons/validator.py gates.py",
    "download Network Nothing Alone Gate server.py gates.py",
    "proxy Network Nothing Alone Gate server.py gates.py",
    "duplicate Network Nothing Alone Gate server.py gates.py",
    "metric-duplicate Network Nothing Alone Gate compression_score_cache.py gates.py",
    "replay Network Nothing Alone Gate server.py dedup.py",
    "duplicate-content Network Nothing Alone Gate server.py dedup.py",
    "reference-readable Validator Nothing Alone Gate server.py gates.py",
    "payload-readable Validator Nothing Alone Gate server.py gates.py",
    "output-readable Encoding Nothing Alone Gate server.py gates.py",
    "input-intact Validator Nothing Alone Gate server.py gates.py",
    "output-empty Encoding Nothing Alone Gate server.py gates.py",
    "reference-frames Validator Nothing Alone Gate server.py gates.py",
    "output-frames Encoding Nothing Alone Gate server.py gates.py",
    "frame-count Encoding Nothing Alone Gate server.py gates.py",
    "frame-count-exact Encoding Nothing Alone Gate server.py gates.py",
    "frame-rate Encoding Nothing WithEncoding Gate server.py gates.py",
    "size-cap Size Nothing Alone Gate server.py gates.py",
    "scale-factor Encoding Nothing Alone Gate server.py gates.py",
    "resolution Encoding Nothing WithEncodingOfCompression Gate server.py gates.py",
    "bitrate Size Nothing WithEncoding Gate server.py gates.py",
    "codec Encoding Nothing WithEncoding Gate server.py gates.py",
    "profile Encoding Nothing WithEncoding Gate server.py gates.py",
    "container Encoding Nothing WithEncoding Gate server.py gates.py",
    "sample-aspect Encoding Nothing WithEncoding Gate server.py gates.py",
    "pixel-format Encoding Nothing WithEncoding Gate server.py gates.py",
    "color-tags Encoding Nothing WithEncoding Gate server.py gates.py",
    "vmaf-measured Encoding Nothing Alone Gate server.py gates.py",
    "vmaf-floor Quality VmafAndRate Alone Formula server.py scoring_function.py gates.py",
    "vmaf-threshold Quality VmafAndRate Alone Formula scoring_function.py compression.py",
    "vmaf-delta Quality VmafAndRate Alone VmafModelDelta server.py gates.py",
    "tone Quality VmafAndRate Alone Gate server.py perceptual_cpu.py",
    "grayscale Quality Vmaf Alone Gate server.py perceptual_cpu.py",
    "chroma Quality Vmaf Alone Gate server.py perceptual_cpu.py",
    "rate Size VmafAndRate Alone Formula scoring_function.py gates.py",
    "smaller Size Nothing Alone Gate server.py gates.py",
    "minimum-ratio Size Nothing Alone Gate server.py gates.py",
    "pieapp-measured Validator Nothing Alone Gate server.py gates.py",
    "quality-model Quality Nothing Alone Gate server.py gates.py",
    "duration Encoding Nothing Alone Gate server.py gates.py",
    "score-positive Quality Nothing Alone Gate server.py gates.py",
    "audio Encoding Nothing Alone Gate server.py gates.py",
    "stream-dimensions Encoding Nothing Alone Gate server.py canonicalize.py",
    "stream-pixel-format Encoding Nothing Alone Gate server.py canonicalize.py",
    "stream-duration Encoding Nothing Alone Gate server.py canonicalize.py",
    "stream-times Encoding Nothing Alone Gate server.py canonicalize.py",
    "source-proximity Network Nothing Alone Gate server.py source_proximity_evidence.py",
];

#[test]
fn attributes_are_those_that_other_rooms_rely_on() {
    let of = |gate: Gate| {
        let reason = match gate.score_reason {
            ScoreReason::Gate(reason) => format!("{reason:?}"),
            other => format!("{other:?}"),
        };
        let source = gate.source;
        let files = [
            Some(source.server),
            source.server_compression,
            Some(source.central),
        ];
        let files: Vec<&str> = files
            .into_iter()
            .flatten()
            .map(|f| {
                f.trim_start_matches("services/scoring/")
                    .trim_start_matches("vidaio/scoring/")
            })
            .collect();
        let (class, records, logged) = (gate.class, gate.records, gate.logged);
        format!(
            "{} {class:?} {records:?} {logged:?} {reason} {}",
            gate.id,
            files.join(" ")
        )
    };
    let mut found: Vec<String> = Gate::all().map(of).collect();
    let mut wanted: Vec<&str> = ATTRIBUTES.to_vec();
    found.sort();
    wanted.sort_unstable();
    assert_eq!(found, wanted);
}

#[test]
fn a_revision_may_compare_models_on_the_payload_and_colours_on_the_reference() {
    let catalogue = Catalogue::embedded().unwrap();
    let next = catalogue.find("next").unwrap();
    let payload = std::path::Path::new("payload.mp4");
    let request = |delta, perceptual| {
        let mut revision = next.clone();
        revision.gates.delta_against = delta;
        revision.gates.perceptual_against = perceptual;
        let origin = Origin::Synthetic;
        let wanted = evidence_for(&revision, Task::Upscale, origin, Some(payload), None);
        (wanted.payload_vmaf, wanted.payload_is_basis, wanted.sampled)
    };
    let (reference, payload) = (ComparedWith::Reference, ComparedWith::Payload);
    assert_eq!(request(payload, payload), (true, true, true));
    assert_eq!(request(payload, reference), (true, false, true));
    assert_eq!(request(reference, payload), (false, true, true));
    assert_eq!(request(reference, reference), (false, false, true));
}

#[test]
fn every_gate_has_a_row_in_the_documentation_with_its_codes() {
    let page = include_str!("../../docs/rules/gates.md");
    let rows: Vec<&str> = page.lines().filter(|l| l.starts_with("| `")).collect();
    for gate in Gate::all() {
        let cell = format!("`{}`", gate.id);
        let of_gate = |row: &&&str| row.split('|').nth(1).is_some_and(|c| c.contains(&cell));
        let row = rows.iter().find(of_gate);
        let row = row.unwrap_or_else(|| panic!("docs/rules/gates.md has no row for {cell}"));
        for code in [gate.codes.central, gate.codes.competition]
            .into_iter()
            .flatten()
        {
            assert!(row.contains(&format!("`{code}`")), "{cell}: no {code}");
        }
    }
}

#[test]
fn every_gate_is_tripped_by_one_change_or_is_out_of_reach() {
    let mut tried: BTreeSet<&str> = BTreeSet::new();
    for (gate, good, change) in trips() {
        let before = good.judge(gate);
        let passes = match gate {
            // The dataset's digests are known to the network alone.
            "input-intact" => before.outcome == Outcome::NotApplicable,
            _ => matches!(before.outcome, Outcome::Pass | Outcome::Warn),
        };
        assert!(passes, "{gate}: {before:?}");
        let after = change(good).judge(gate);
        assert_eq!(after.outcome, Outcome::Fail, "{gate}: {after:?}");
        assert!(after.reason.is_some_and(|r| !r.is_empty()), "{gate}");
        assert!(after.cost.is_some() && after.fix.is_some(), "{gate}");
        tried.insert(gate);
    }
    for (gate, outcome, says) in OUT_OF_REACH {
        let case = match gate {
            "proxy" | "quality-model" => Case::organic_upscaling(),
            "download" => Case::compression("2026-08-18"),
            _ => Case::compression("next"),
        };
        let found = case.judge(gate);
        assert_eq!(found.outcome, outcome, "{gate}: {found:?}");
        assert!(found.measured.contains(says), "{gate}: {found:?}");
        tried.insert(gate);
    }
    // Without PIE-APP nothing is judged, with it there is nothing to fail.
    tried.insert("pieapp-measured");
    let passed = Case::upscaling("next").judge("pieapp-measured");
    assert_eq!(passed.outcome, Outcome::Pass);
    let all: BTreeSet<&str> = Gate::all().map(|gate| gate.id).collect();
    assert_eq!(tried, all);
}
