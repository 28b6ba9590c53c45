//! One measurement judged under many draws of what validators draw at random.

use super::record::{LintRequest, Spread, SpreadGate};
use crate::gates::{Gate, Outcome, VMAF_LIMITS, judged_gates};
use crate::measure::{Measurement, VmafMeasurement};
use crate::rules::Revision;
use crate::verdict::{GateVerdict, Metrics, TaskContext, compression_metrics, judge_measured};

/// The verdict of one draw.
struct Draw {
    verdict: GateVerdict,
    seed: u64,
}

impl Draw {
    /// The scored VMAF; the largest number where no gate uses it.
    fn vmaf(&self) -> f64 {
        let results = self.verdict.results.iter();
        let mut limits = results.filter(|r| VMAF_LIMITS.contains(&r.gate.id));
        limits.next().and_then(|r| r.value).unwrap_or(f64::MAX)
    }

    fn fails(&self, gate: Gate) -> bool {
        let mut results = self.verdict.results.iter();
        results.any(|r| r.gate == gate && r.outcome == Outcome::Fail)
    }
}

/// Judges every draw and gives the worst: one that fails before one that passes, then by the lowest
/// VMAF. The spread is absent where there is one draw; the seed is that of the worst.
pub(super) fn worst(
    m: &Measurement,
    request: &LintRequest<'_>,
    revision: &Revision,
) -> (GateVerdict, Option<Spread>, u64) {
    let mut draws = draws(m, request, revision);
    let at = (0..draws.len())
        .min_by(|i, j| {
            let (a, b) = (&draws[*i], &draws[*j]);
            let passed = a.verdict.passed.cmp(&b.verdict.passed);
            passed.then(a.vmaf().total_cmp(&b.vmaf()))
        })
        .unwrap_or(0);
    let spread = (request.draws > 1).then(|| spread(&draws, draws[at].seed, request, revision));
    let Draw { verdict, seed } = draws.swap_remove(at);
    (verdict, spread, seed)
}

fn draws(m: &Measurement, request: &LintRequest<'_>, revision: &Revision) -> Vec<Draw> {
    let runs: Vec<&VmafMeasurement> = std::iter::once(&m.vmaf).chain(&m.other_vmaf).collect();
    let threshold = request.context.request.threshold;
    let metrics = Metrics {
        pieapp: None,
        score: threshold.and_then(|t| compression_metrics(m, revision, t).ok()),
    };
    (0..u64::from(request.draws.max(1)))
        .map(|draw| {
            let run = runs[(draw % runs.len() as u64) as usize];
            let context = TaskContext {
                seed: request.context.seed.wrapping_add(draw),
                ..request.context
            };
            Draw {
                verdict: judge_measured(m, run, revision, &context, metrics),
                seed: context.seed,
            }
        })
        .collect()
}

fn spread(
    draws: &[Draw],
    worst_seed: u64,
    request: &LintRequest<'_>,
    revision: &Revision,
) -> Spread {
    let share = |failed: usize| failed as f64 / draws.len() as f64;
    let failing = |gate: Gate| draws.iter().filter(|draw| draw.fails(gate)).count();
    Spread {
        draws: request.draws,
        failed: share(draws.iter().filter(|d| !d.verdict.passed).count()),
        worst_seed,
        gates: judged_gates(revision, request.task, request.context.origin)
            .into_iter()
            .map(|gate| (gate, failing(gate)))
            .filter(|(_, failed)| *failed > 0)
            .map(|(gate, failed)| SpreadGate {
                gate,
                failed: share(failed),
            })
            .collect(),
    }
}
