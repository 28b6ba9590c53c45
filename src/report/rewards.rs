//! Rewards as a table.

use super::table::{key_values, rows, rules};
use crate::scoring::rewards::{EmissionState, Obstacle};
use crate::standing::{MinerReward, RewardVerdict};

/// The split as tables; `all` shows those who are not paid, too.
#[must_use]
pub fn rewards_table(v: &RewardVerdict, all: bool) -> String {
    let mut facts = vec![(
        "rules",
        format!("{}, mode {:?}", rules(&v.rules, &v.rules_commit), v.mode),
    )];
    if let Some(state) = v.state {
        let text = match state {
            EmissionState::Idle => "idle: no competition in its window",
            EmissionState::Podium => "podium: a competition whose winner improved little",
            EmissionState::Crown => "crown: a competition whose winner is well above the baseline",
        };
        facts.push(("state", text.into()));
    }
    facts.push(("pool", v.pool.to_string()));
    facts.push((
        "weights",
        format!("sum {:.6}; u16: {}", v.weight_sum, v.grid),
    ));
    let mut text = key_values(&facts);
    text.push('\n');
    let paid = v.miners.iter().filter(|m| m.weight > 0.0).count();
    let shown: Vec<&MinerReward> = v.miners.iter().filter(|m| all || m.weight > 0.0).collect();
    let cells: Vec<Vec<String>> = shown.iter().map(|m| line(m)).collect();
    let header = [
        "uid", "task", "rank", "score", "distance", "weight", "share", "u16", "reward", "what",
    ];
    text += &rows(&header, &cells);
    if !all && paid < v.miners.len() {
        text += &format!(
            "{} more are not paid (--all lists them, --uid N says what one would need)\n",
            v.miners.len() - paid
        );
    }
    if !v.notes.is_empty() {
        text.push('\n');
        for note in &v.notes {
            text += &format!("note: {note}\n");
        }
    }
    text
}

fn line(m: &MinerReward) -> Vec<String> {
    let dash = || "-".to_owned();
    vec![
        m.uid.map_or_else(|| "burn".into(), |uid| uid.to_string()),
        m.task_type.map_or_else(dash, |t| t.0.noun().into()),
        m.requirement
            .and_then(|r| r.rank)
            .map_or_else(dash, |rank| rank.to_string()),
        m.accumulate_score.map_or_else(dash, |s| format!("{s:.6}")),
        m.distance.map_or_else(dash, |d| format!("{d:+.4}")),
        format!("{:.6}", m.weight),
        format!("{:.4} %", m.share * 100.0),
        m.u16.to_string(),
        format!("{:.6}", m.reward),
        match (&m.left_out, m.role.as_str()) {
            (Some(why), _) => why.clone(),
            (None, "miner") => String::new(),
            (None, role) => role.to_owned(),
        },
    ]
}

/// What one miner gets, and what would bring it more.
#[must_use]
pub fn reward_of(m: &MinerReward) -> String {
    let mut facts = vec![(
        "uid",
        format!(
            "{}, {}",
            m.uid.map_or_else(|| "burn".into(), |uid| uid.to_string()),
            m.task_type.map_or("no task", |t| t.0.noun())
        ),
    )];
    if let Some(score) = m.accumulate_score {
        facts.push(("score", score.to_string()));
    }
    facts.push((
        "reward",
        format!("{:.6}, {:.4} % of all", m.reward, m.share * 100.0),
    ));
    if let Some(why) = &m.left_out {
        facts.push(("left out", why.clone()));
    }
    let Some(r) = &m.requirement else {
        return key_values(&facts);
    };
    if let Some(rank) = r.rank {
        facts.push((
            "rank",
            match r.paid_ranks {
                Some(paid) => format!("{rank} in its task; the first {paid} are paid"),
                None => format!("{rank} in its task; everyone with a score is paid"),
            },
        ));
    }
    if let Some(obstacle) = r.obstacle {
        facts.push((
            "in the way",
            match obstacle {
                Obstacle::NoTask => "it has no task".into(),
                Obstacle::Permit => "a validator permit excludes it".into(),
                Obstacle::SameOwner { uid } => {
                    format!("uid {uid}, with the same address or coldkey, is paid instead")
                }
            },
        ));
    }
    if let (Some(needed), Some(score)) = (r.standing_needed, m.accumulate_score) {
        let how = if r.equal_is_enough {
            "at least"
        } else {
            "more than"
        };
        let distance = score - needed;
        let place = if r.paid { "to stay paid" } else { "to be paid" };
        facts.push((
            place,
            format!("{how} {needed}; its distance is {distance:+.6}"),
        ));
    }
    key_values(&facts)
}
