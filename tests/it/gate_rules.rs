//! The pure parts behind the gates: duplicates, shares, draws and alignment.

use serde_json::Value;

use vidaio::gates::{
    Claim, ColorFrame, GrayLimits, chroma_ratio, gray_share, metric_duplicates, tone_frames,
};
use vidaio::metrics::alignment::{Thumbnail, align};
use vidaio::rules::{Catalogue, MetricDuplicates};

#[test]
fn near_equal_metrics_are_found_as_the_network_finds_them() {
    let rule = Catalogue::embedded()
        .unwrap()
        .find("2026-08-18")
        .unwrap()
        .gates
        .metric_duplicates
        .unwrap();
    let mut rows = 0;
    for line in include_str!("../../fixtures/vectors/duplicates.jsonl").lines() {
        let row: Value = serde_json::from_str(line).unwrap();
        let answers: Vec<Claim> = row["answers"]
            .as_array()
            .unwrap()
            .iter()
            .map(|a| Claim {
                who: a[0].to_string(),
                clip: a[1].as_str().unwrap().into(),
                vmaf: a[2].as_f64().unwrap(),
                base: a[3].as_f64(),
                threshold: a[4].as_f64(),
                rate: a[5].as_f64().unwrap(),
                score: a[6].as_f64().unwrap(),
            })
            .collect();
        let found: serde_json::Map<String, Value> = metric_duplicates(&answers, &rule)
            .into_iter()
            .enumerate()
            .filter_map(|(i, of)| {
                let uid: Value = answers[of?].who.parse::<u64>().unwrap().into();
                Some((i.to_string(), uid))
            })
            .collect();
        assert_eq!(
            Value::Object(found),
            row["first_uid_of_duplicates"],
            "{line}"
        );
        rows += 1;
    }
    assert_eq!(rows, 18);
}

#[test]
fn duplicates_by_metrics_follow_the_text() {
    let rules = |name: &str| -> MetricDuplicates {
        let catalogue = Catalogue::embedded().unwrap();
        catalogue
            .find(name)
            .unwrap()
            .gates
            .metric_duplicates
            .unwrap()
    };
    let claim = |who: &str, vmaf: f64, rate: f64, score: f64| Claim {
        who: who.into(),
        clip: "clip".into(),
        vmaf,
        base: Some(vmaf + 1.0),
        threshold: Some(89.0),
        rate,
        score,
    };
    let found = |answers: &[Claim], rules: &MetricDuplicates| metric_duplicates(answers, rules);
    let tolerant = rules("2026-07-05");
    let pair = [
        claim("rich", 90.0, 0.10, 0.5),
        claim("poor", 90.2, 0.11, 0.6),
    ];
    assert_eq!(found(&pair, &tolerant), [None, Some(0)]);
    // First only what was equal counted.
    assert_eq!(found(&pair, &rules("2026-06-30")), [None, None]);
    // A miner never meets itself, and an answer without a score claims nothing.
    let own = [claim("one", 90.0, 0.10, 0.5), claim("one", 90.0, 0.10, 0.5)];
    assert_eq!(found(&own, &tolerant), [None, None]);
    let nothing = [
        claim("zero", 90.0, 0.10, 0.0),
        claim("poor", 90.0, 0.10, 0.6),
    ];
    assert_eq!(found(&nothing, &tolerant), [None, None]);
    // A duplicate claims nothing either: the third is compared with the first alone.
    let chain = [
        claim("a", 90.0, 0.10, 0.5),
        claim("b", 90.15, 0.10, 0.5),
        claim("c", 90.30, 0.10, 0.5),
    ];
    assert_eq!(found(&chain, &tolerant), [None, Some(0), None]);
}

#[test]
fn shares_and_ratios_at_their_limits() {
    // Half of the frames may be gray, more may not; dark and pale frames of the reference are out.
    let frame = |brightness, reference, output| ColorFrame {
        brightness,
        reference,
        output,
    };
    let limits = GrayLimits {
        dark: 20.0,
        reference: 6.0,
        output: 4.0,
    };
    let frames = [
        frame(19.99, 50.0, 0.0),
        frame(80.0, 5.99, 0.0),
        frame(20.0, 6.0, 3.99),
        frame(80.0, 50.0, 4.0),
    ];
    assert_eq!(gray_share(&frames, limits), (2, 1));
    assert_eq!(
        chroma_ratio(&[(1.0, 0.7), (0.99, 0.0), (4.0, 2.8)], 1.0),
        Some(0.7)
    );
    assert_eq!(chroma_ratio(&[(0.0, 1.0)], 0.0), None);
    assert_eq!(chroma_ratio(&[], 1.0), None);
}

#[test]
fn tone_frames_are_one_from_each_fifth_and_reach_all_of_its_middle() {
    let mut seen = [(u64::MAX, 0); 5];
    for seed in 0..3000 {
        let frames = tone_frames(seed, 5, 901, 30.0);
        assert_eq!(frames.len(), 5);
        for (part, frame) in frames.into_iter().enumerate() {
            seen[part] = (seen[part].0.min(frame), seen[part].1.max(frame));
        }
    }
    for (part, (least, most)) in seen.into_iter().enumerate() {
        // 15 to 85 % of six seconds, which is 180 frames.
        let start = part as u64 * 180;
        assert!(
            least >= start + 27 && least <= start + 29,
            "{part}: {least}"
        );
        assert!(most <= start + 153 && most >= start + 151, "{part}: {most}");
    }
    assert!(tone_frames(1, 5, 0, 30.0).is_empty());
    assert_eq!(tone_frames(1, 5, 1, 30.0), [0; 5]);
}

#[test]
fn alignment_tells_offsets_shifts_and_stillness() {
    // Frames made of a moving block: each is unlike all others.
    let frame = |n: i64| -> Thumbnail {
        let (width, height) = (64_u32, 36_u32);
        let luma: Vec<u8> = (0..height as i64)
            .flat_map(|y| {
                (0..width as i64).map(move |x| {
                    let inside = (x - (n * 5) % 60).abs() < 6 && (y - (n * 3) % 30).abs() < 6;
                    if inside { 220 } else { 40 }
                })
            })
            .collect();
        let picture = vidaio::media::FrameView {
            format: vidaio::media::LumaFormat {
                width,
                height,
                depth: 8,
            },
            luma: (&luma, width as usize),
            chroma: None,
        };
        Thumbnail::of(&picture).unwrap()
    };
    let clip =
        |of: &dyn Fn(i64) -> i64| -> Vec<Thumbnail> { (0..60).map(|i| frame(of(i))).collect() };
    let reference = clip(&|i| i);
    assert_eq!(align(&reference, &reference).late, Some(0));
    for late in [1, 2, 7] {
        assert_eq!(align(&reference, &clip(&|i| i - late)).late, Some(late));
        assert_eq!(align(&reference, &clip(&|i| i + late)).late, Some(-late));
    }
    let repeated = align(&reference, &clip(&|i| if i < 30 { i } else { i - 1 }));
    assert_eq!((repeated.late, repeated.shifts.len()), (Some(0), 1));
    assert_eq!(repeated.shifts[0].late, 1);
    assert!(
        (24..=33).contains(&repeated.shifts[0].from),
        "{:?}",
        repeated.shifts
    );
    assert_eq!(repeated.repeated, [30]);
    let still = clip(&|_| 4);
    assert_eq!(align(&still, &still).late, None);
}
