//! One uid.

use super::judged::{list, shared};
use super::{amount, cell, headed};
use crate::subnet::{Metagraph, NeuronVerdict, Ranks, Role};

/// Everything about one uid.
#[must_use]
pub fn neuron_table(metagraph: &Metagraph, v: &NeuronVerdict) -> String {
    let n = &v.neuron;
    let unknown = || "unknown".to_owned();
    let yes = |value: Option<bool>| match value {
        Some(true) => "yes".to_owned(),
        Some(false) => "no".to_owned(),
        None => unknown(),
    };
    let ago = v
        .blocks_since_update
        .map_or_else(unknown, |blocks| format!("{blocks} blocks ago"));
    let mut facts = vec![
        ("uid", format!("{}, {}", n.uid, n.role.name())),
        ("hotkey", n.hotkey.to_string()),
        ("coldkey", n.coldkey.map_or_else(unknown, |c| c.to_string())),
        ("stake", stake(v)),
        ("emission", emission(v)),
        ("parts", parts(v)),
        ("ranks", ranks(&v.ranks, n.role)),
        ("permit", yes(n.validator_permit)),
        ("last update", ago),
        (
            "registered",
            match (v.registered_at, v.immune_until) {
                (None, _) => unknown(),
                (Some(at), None) => format!("at block {at}"),
                (Some(at), Some(until)) if until > v.read.block => format!(
                    "at block {at}; cannot be pushed out for {} blocks",
                    until - v.read.block
                ),
                (Some(at), Some(_)) => format!("at block {at}; can be pushed out"),
            },
        ),
        (
            "axon",
            match (&n.axon, v.axon_served) {
                (Some(axon), Some(served)) => format!(
                    "{axon}, served at block {}, version {}",
                    served.block, served.version
                ),
                _ => "none: it cannot be asked for work".into(),
            },
        ),
    ];
    if n.role == Role::Owner {
        facts.push((
            "withheld",
            "the chain lists its emission and pays it out to nobody".into(),
        ));
    }
    if let Some(places) = &v.places {
        let distance = match places.distance {
            Some(d) if d >= 0.0 => format!("{d:+.5} of incentive above the last"),
            Some(d) => format!("{d:+.5} of incentive from the last"),
            None => unknown(),
        };
        facts.push((
            "paid places",
            format!(
                "{} miners were paid, the last {}; this uid is {distance}",
                places.paid,
                format_args!("{:.6} alpha an epoch", places.least_emission_alpha)
            ),
        ));
    }
    for share in &v.shares {
        let (kind, value) = shared(&share.shared);
        facts.push((
            "shared",
            format!("{kind} {value} with {}", list(&share.others)),
        ));
    }
    if let Some(kept) = v.left_out_for {
        facts.push((
            "annulled",
            format!("under `next` uid {kept} is paid instead: it has its address or coldkey"),
        ));
    }
    headed(metagraph, facts)
}

/// Total stake, and what it is made of; the weight of TAO shows where there is some.
fn stake(v: &NeuronVerdict) -> String {
    let n = &v.neuron;
    let total = amount(n.stake_alpha, "alpha");
    let (Some(all), Some(alpha), Some(tao)) = (n.stake_alpha, n.alpha_stake_alpha, n.tao_stake_tao)
    else {
        return total;
    };
    if tao > 0.0 {
        let weight = (all - alpha) / tao;
        format!("{total}: {alpha:.4} alpha and {tao:.4} TAO, each counted as {weight:.4} alpha")
    } else {
        format!("{total}, no TAO")
    }
}

fn emission(v: &NeuronVerdict) -> String {
    let n = &v.neuron;
    let Some(epoch) = n.emission_alpha else {
        return "unknown".into();
    };
    let mut text = format!("{epoch:.6} alpha an epoch");
    for (value, unit) in [
        (n.emission_alpha_per_day, "alpha"),
        (n.emission_tao_per_day, "TAO"),
    ] {
        if let Some(value) = value {
            text += &format!(", {value:.6} {unit} a day");
        }
    }
    text
}

/// Its parts of one in what the chain computes for its role.
fn parts(v: &NeuronVerdict) -> String {
    let mut text = match v.neuron.role {
        Role::Validator => format!(
            "dividends {}, validator trust {}",
            cell(v.neuron.dividends, 5),
            cell(v.validator_trust, 5)
        ),
        _ => format!(
            "incentive {}, consensus {}",
            cell(v.neuron.incentive, 5),
            cell(v.consensus, 5)
        ),
    };
    // Runtimes of today compute none.
    if v.trust.is_some() {
        text += &format!(", trust {}", cell(v.trust, 5));
    }
    text
}

fn ranks(ranks: &Ranks, role: Role) -> String {
    let shown = |rank: Option<usize>| rank.map_or_else(|| "-".into(), |r| r.to_string());
    let own = match role {
        Role::Validator => format!("dividends {}", shown(ranks.dividends)),
        _ => format!("incentive {}", shown(ranks.incentive)),
    };
    format!(
        "stake {}, emission {}, {own} of {} {}s",
        shown(ranks.stake),
        shown(ranks.emission),
        ranks.of,
        role.name()
    )
}
