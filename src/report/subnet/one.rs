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
        (
            "stake",
            format!(
                "{}: {} and {} by the chain's weight",
                amount(n.stake_alpha, "alpha"),
                amount(n.alpha_stake_alpha, "alpha"),
                amount(n.tao_stake_tao, "TAO")
            ),
        ),
        (
            "emission",
            format!(
                "{} an epoch, {} a day, {} a day",
                amount(n.emission_alpha, "alpha"),
                amount(n.emission_alpha_per_day, "alpha"),
                amount(n.emission_tao_per_day, "TAO")
            ),
        ),
        ("parts", parts(v)),
        ("ranks", ranks(&v.ranks, n.role)),
        ("permit", yes(n.validator_permit)),
        ("last update", ago),
        (
            "registered",
            match (v.registered_at, v.immune_until) {
                (None, _) => unknown(),
                (Some(at), None) => format!("at block {at}"),
                (Some(at), Some(until)) if until > v.block => format!(
                    "at block {at}; cannot be pushed out for {} blocks",
                    until - v.block
                ),
                (Some(at), Some(_)) => format!("at block {at}; can be pushed out"),
            },
        ),
        (
            "axon",
            match (&n.axon, v.axon_served) {
                (Some(axon), Some((block, version))) => {
                    format!("{axon}, served at block {block}, version {version}")
                }
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
    if let Some(places) = v.places.as_ref().filter(|_| n.role == Role::Miner) {
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
                amount(Some(places.least_emission_alpha), "alpha")
            ),
        ));
    }
    for (what, uids) in &v.shares {
        let (kind, value) = shared(what);
        facts.push(("shared", format!("{kind} {value} with uids {}", list(uids))));
    }
    if let Some(kept) = v.left_out_for {
        facts.push((
            "annulled",
            format!("under `next` uid {kept} is paid instead: it has its address or coldkey"),
        ));
    }
    headed(metagraph, facts)
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
    let place = |rank: Option<usize>| rank.map_or_else(|| "-".into(), |r| r.to_string());
    let own = match role {
        Role::Validator => format!("dividends {}", place(ranks.dividends)),
        _ => format!("incentive {}", place(ranks.incentive)),
    };
    format!(
        "stake {}, emission {}, {own} of {} {}s",
        place(ranks.stake),
        place(ranks.emission),
        ranks.of,
        role.name()
    )
}
