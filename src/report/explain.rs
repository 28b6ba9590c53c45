//! Short explanations with the constants of a revision.

use crate::rules::{
    CompressionFormula, FinalFormula, LedgerRules, MarginEffect, MultiplierRules, Revision,
    RewardRules, RoundScore, TaskChange, WeightMode, short_commit,
};

/// Characters of a line. Our choice.
const WIDTH: usize = 96;

/// What is explained.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Topic {
    /// Multipliers over the last rounds.
    Multipliers,
    /// Scores of one video.
    Score,
    /// The split of rewards.
    Rewards,
    /// What stake does and does not do.
    Stake,
}

/// An explanation under a revision, in paragraphs of plain text.
#[must_use]
pub fn explain(topic: Topic, revision: &Revision) -> String {
    let (title, paragraphs) = match topic {
        Topic::Multipliers => ("Multipliers", multipliers(revision)),
        Topic::Score => ("Scores", score(revision)),
        Topic::Rewards => ("Rewards", rewards(revision)),
        Topic::Stake => ("Stake", stake(revision)),
    };
    let commit = short_commit(&revision.commit);
    let mut text = format!(
        "{title} under {} ({} {commit})\n",
        revision.name, revision.repository
    );
    for paragraph in paragraphs {
        text.push('\n');
        for line in paragraph.lines() {
            text += &(textwrap::fill(line, WIDTH) + "\n");
        }
    }
    text
}

fn multipliers(revision: &Revision) -> Vec<String> {
    let Some(rules) = &revision.multipliers else {
        return without_multipliers(revision);
    };
    let mut out = multiplier_formulas(rules);
    out.extend(compression_limits(rules));
    if rules.mixes_tasks() {
        out.push(
            "The published script puts rounds of both tasks into one window. No validator does."
                .into(),
        );
    } else if revision.from.is_some() {
        out.push(
            "A round of -100, which is the validator's own fault, leaves the standing alone and \
             still counts as a penalty for as long as it is in the window. The first round of a new \
             miner is stored, and its factors stay at 1 until the second."
                .into(),
        );
    }
    out
}

fn without_multipliers(revision: &Revision) -> Vec<String> {
    vec![
        format!(
            "This revision has no multipliers over the last rounds. A round moves the standing by \
             itself: new = {d} x old + {n} x score.",
            d = revision.ledger.decay,
            n = rounded(1.0 - revision.ledger.decay)
        ),
        "`vidaio multipliers` shows that standing, and what the multipliers would be under \
         revisions that have them."
            .into(),
    ]
}

fn multiplier_formulas(rules: &MultiplierRules) -> Vec<String> {
    let w = rules.window;
    vec![
        format!(
            "A score is multiplied by three factors over the last {w} rounds. Counts are divided by \
             {w} even when there are fewer rounds, and every limit is strict: a score that equals it \
             counts for nothing."
        ),
        format!(
            "bonus           = 1 + (rounds above / {w}) x {b}\n\
             score penalty   = 1 - (rounds below / {w}) x {f}\n\
             quality penalty = 1 - (rounds of low quality / {w}) x {q}\n\
             multiplier      = bonus x score penalty x quality penalty",
            b = rules.bonus_max,
            f = rules.penalty_f_max,
            q = rules.penalty_q_max
        ),
        format!(
            "Upscaling: bonus for S_F > {}, penalty for S_F < {}, low quality is S_Q < {}. \
             Range {} to {}.",
            rules.upscaling_bonus_above,
            rules.upscaling_penalty_f_below,
            rules.upscaling_penalty_q_below,
            rounded((1.0 - rules.penalty_f_max) * (1.0 - rules.penalty_q_max)),
            rounded(1.0 + rules.bonus_max)
        ),
    ]
}

fn compression_limits(rules: &MultiplierRules) -> Option<String> {
    let above = rules.compression_bonus_above?;
    let below = rules.compression_penalty_f_below?;
    let quality = match rules.compression_margin {
        None => "There is no quality penalty. ".to_owned(),
        Some(m) if m.effect == MarginEffect::QualityPenalty => format!(
            "A VMAF below the threshold{} is low quality. ",
            plus(m.points)
        ),
        Some(m) => format!(
            "The document also names a penalty for VMAF below the threshold{} and never says \
             how large it is: such rounds are counted and change nothing. ",
            plus(m.points)
        ),
    };
    let least = if rules.penalises_compressed_quality() {
        (1.0 - rules.penalty_f_max) * (1.0 - rules.penalty_q_max)
    } else {
        1.0 - rules.penalty_f_max
    };
    Some(format!(
        "Compression: bonus for S_f > {above}, penalty for S_f < {below}. {quality}Range {} to {}.",
        rounded(least),
        rounded(1.0 + rules.bonus_max)
    ))
}

fn plus(points: f64) -> String {
    if points == 0.0 {
        String::new()
    } else {
        format!(" plus {points}")
    }
}

/// Four places, without zeros at the end.
fn rounded(value: f64) -> String {
    let text = format!("{value:.4}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

fn score(revision: &Revision) -> Vec<String> {
    let up = &revision.upscaling;
    let f = &up.formula;
    let mut out = vec![if f.last == FinalFormula::QualityOnly {
        format!(
            "Upscaling: VMAF below {} scores 0. The score is the quality S_Q itself, which PIE-APP over \
             {} frames gives (0 is best, and gives 1); the length does not count.",
            f.vmaf_floor, up.pieapp.frames
        )
    } else {
        format!(
            "Upscaling: VMAF below {} scores 0. PIE-APP over {} frames gives the quality S_Q (0 is best, \
         and gives 1); the length in seconds gives S_L. S_pre = {} x S_Q + {} x S_L, and S_F grows \
         exponentially with it. `vidaio calc upscale --pieapp P --vmaf V --length L` works it out.",
            f.vmaf_floor, up.pieapp.frames, f.weight_quality, f.weight_length
        )
    }];
    if let Some(c) = &revision.compression {
        let thresholds: Vec<String> = c.thresholds.iter().map(f64::to_string).collect();
        let cliff = match c.formula {
            CompressionFormula::InlinePower => "A VMAF below the threshold scores 0.".to_owned(),
            CompressionFormula::LinearCliff => {
                "A VMAF below the threshold scores 0; there is no soft zone.".to_owned()
            }
            _ => format!(
                "A VMAF up to {} points below the threshold keeps a small part of the score; further \
                 down it is 0.",
                c.constants.soft_margin
            ),
        };
        out.push(format!(
            "Compression: the score weighs the size by {} and the quality by {}. {cliff} Thresholds \
             that are asked for: {}. `vidaio calc compress --vmaf V --rate C --threshold T` works it \
             out.",
            c.constants.rate,
            c.constants.quality,
            thresholds.join(", ")
        ));
    }
    out.push(
        "`vidaio rules show` lists every constant; docs/concepts/scoring.md gives the formulas."
            .into(),
    );
    out
}

fn rewards(revision: &Revision) -> Vec<String> {
    let mut out = standing(&revision.ledger, revision.multipliers.is_some());
    out.push(pools(&revision.rewards));
    out.extend(competition_states(&revision.rewards));
    out.extend(corrections(&revision.rewards));
    out
}

fn percent(part: f64) -> String {
    format!("{} %", rounded(part * 100.0))
}

fn standing(ledger: &LedgerRules, has_multipliers: bool) -> Vec<String> {
    let mut out = vec![match ledger.round {
        RoundScore::WorstTenth => format!(
            "Standing: new = {} x old + {} x score, where the score of a round is the mean of its \
             worst tenth of videos, at least one. A standing of -1 excludes until the next genuine \
             score.",
            ledger.decay,
            rounded(1.0 - ledger.decay)
        ),
        _ => format!(
            "Standing (accumulate_score): new = {} x old + {} x score{}, never below 0.{}{}",
            ledger.decay,
            rounded(1.0 - ledger.decay),
            if has_multipliers { " x multiplier" } else { "" },
            if has_multipliers {
                " The multiplier is inside it already: nothing multiplies it again."
            } else {
                ""
            },
            ledger.not_smaller.map_or_else(String::new, |value| format!(
                " A compressed file that is not smaller enters as {value}, which in practice sets the \
                 standing to 0."
            ))
        ),
    }];
    match ledger.task_change {
        TaskChange::SetTo { value } => out.push(format!(
            "A change of task sets the standing to {value} and forgets the history."
        )),
        TaskChange::Keep { part } => out.push(format!(
            "A change of task keeps {} of the standing and forgets the history.",
            percent(part)
        )),
        TaskChange::Impossible => {}
    }
    out
}

fn pools(rules: &RewardRules) -> String {
    let pools = match (rules.compression, rules.upscaling) {
        (Some(c), Some(u)) => format!(
            "Compression has {} and upscaling {} of what miners get.",
            percent(c),
            percent(u)
        ),
        _ => "There is one pool.".to_owned(),
    };
    let inside = match rules.mode {
        WeightMode::W0 | WeightMode::W1 | WeightMode::W2 => {
            "Inside a pool everyone is paid in proportion to the standing.".to_owned()
        }
        WeightMode::W3 => format!(
            "Inside a pool the first {} are paid in proportion to the standing.",
            rules.last_paid_rank.unwrap_or(0)
        ),
        WeightMode::W4 => {
            let [first, last] = rules.tier_ranks.unwrap_or_default();
            format!(
                "Half of a pool goes to ranks 1 to {first}, half to ranks {} to {last}, each in \
                 proportion to the standing. A half without a miner is not paid.",
                first + 1
            )
        }
        _ => {
            let sum: f64 = rules.rank_shares.iter().sum();
            let shares: Vec<String> = rules
                .rank_shares
                .iter()
                .map(|share| percent(share / sum))
                .collect();
            format!(
                "Inside a pool only the first {} are paid, by rank alone: {}. Ties go to the lower \
                 uid.",
                shares.len(),
                shares.join(", ")
            )
        }
    };
    format!("{pools} {inside}")
}

fn competition_states(rules: &RewardRules) -> Option<String> {
    let states = rules.states?;
    Some(format!(
        "Pools depend on the last competition. Idle: {} to miners, the rest burnt. Podium: {} to \
         miners, {} to the competition. Crown (a winner at least {} above the baseline, for {} \
         hours): {} and {}. What cannot be paid is burnt.",
        percent(states.idle.inference),
        percent(states.podium.inference),
        percent(states.podium.competition),
        percent(states.crown_margin),
        states.window_hours,
        percent(states.crown.inference),
        percent(states.crown.competition)
    ))
}

/// What is added to, or taken from, the split by pools.
fn corrections(rules: &RewardRules) -> Vec<String> {
    let mut out = Vec::new();
    if let Some(floor) = rules.floor {
        out.push(format!(
            "A standing below {floor} is not paid, and one address and one coldkey are paid once."
        ));
    }
    if rules.retention_factor > 0.0 {
        out.push(format!(
            "Inside a pool the paid places are then reweighed by the part of their last {} epochs' \
             emission that stayed as stake, with a factor of {}.",
            rules.retention_window.unwrap_or(10),
            rules.retention_factor
        ));
    }
    if rules.alpha_factor > 0.0 {
        out.push(format!(
            "Inside a pool the paid places are reweighed by alpha stake, with a factor of {}.",
            rules.alpha_factor
        ));
    }
    if rules.burn > 0.0 {
        out.push(format!("{} of everything is burnt.", percent(rules.burn)));
    }
    if let Some(competition) = rules.competition {
        out.push(format!(
            "A competition's podium takes {} out of the compression pool, for as long as its winner \
             is registered.",
            percent(competition)
        ));
    }
    out
}

fn stake(revision: &Revision) -> Vec<String> {
    let rules = &revision.rewards;
    let alpha = if rules.alpha_factor > 0.0 {
        format!(
            "Rewards: this revision reweighs the paid places of a pool by alpha stake, with a factor \
             of {}: a place's weight grows by up to that many times its part of the pool's stake. It \
             was in force on 2026-07-09 and 2026-07-10 only.",
            rules.alpha_factor
        )
    } else {
        "Rewards: stake enters no score, no multiplier, no standing and, under this revision, no \
         weight. (For two days, 2026-07-09 and 2026-07-10, alpha stake reweighed the paid places.)"
            .to_owned()
    };
    let mut out = vec![
        "Widely told: a miner with more stake is given tasks first. That is not so.".to_owned(),
        "Tasks: validators do not choose miners by stake. The priority function of a miner's axon \
         returns a caller's stake, so it could only rank validators that call one miner, and never \
         miners. Even that has no effect: the Bittensor SDK computes the number and throws it away, \
         its queue orders by a random one, and the request does not run in that queue. A miner's \
         stake matters for tasks in one way: uids with 25,000 or more were taken for validators by \
         the validators of 2025 and 2026 and not asked at all."
            .to_owned(),
        alpha,
    ];
    if rules.retention_factor > 0.0 {
        out.push(format!(
            "What does count: keeping what was emitted. Places of a pool are reweighed by the part of \
             the last {} epochs' emission that stayed as stake, with a factor of {}; without enough \
             history it counts as one half. A large old stake adds nothing to it.",
            rules.retention_window.unwrap_or(10),
            rules.retention_factor
        ));
    }
    out.push(if rules.permit_excludes {
        "Permits: a validator permit, which stake brings, excludes a uid from the weights under this \
         revision: too much stake can cost a miner its reward."
            .to_owned()
    } else {
        "Permits: a validator permit, which stake brings, neither adds nor takes anything under this \
         revision."
            .to_owned()
    });
    out
}
