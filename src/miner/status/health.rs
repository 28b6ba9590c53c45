//! Whether a miner is healthy: each part, and all of them together.

use serde::Serialize;

use crate::miner::service::Service;

/// Free bytes that the next input and output need. Our choice: a large input and its output.
const MIN_FREE: u64 = 1 << 30;

/// The health of one part of a miner.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct HealthPart {
    pub name: &'static str,
    #[serde(rename = "well")]
    pub healthy: bool,
    #[serde(rename = "says")]
    pub detail: String,
}

/// The health of a miner.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Health {
    /// Whether every part is healthy, so that requests are served.
    #[serde(rename = "well")]
    pub healthy: bool,
    pub parts: Vec<HealthPart>,
}

impl Health {
    /// The health of a service at a time in Unix seconds.
    #[must_use]
    pub fn of(service: &Service, now: f64) -> Self {
        let mut health = Self {
            healthy: true,
            parts: Vec::new(),
        };
        health.add(validators(service, now));
        health.add(disk(service));
        let program = &service.tasks.tuning().maker.program;
        health.add(HealthPart {
            name: "program",
            healthy: program.components().count() == 1 || program.is_file(),
            detail: program.display().to_string(),
        });
        let (busy, waiting) = service.tasks.slots.load();
        health.add(HealthPart {
            name: "slots",
            healthy: true,
            detail: format!("{busy} at work, {waiting} waiting"),
        });
        health
    }

    /// Adds a part.
    pub(super) fn add(&mut self, part: HealthPart) {
        self.healthy &= part.healthy;
        self.parts.push(part);
    }
}

fn validators(service: &Service, now: f64) -> HealthPart {
    let name = "validators";
    let Some(view) = service.validators.view() else {
        return HealthPart {
            name,
            healthy: false,
            detail: "the metagraph was never read".into(),
        };
    };
    let age = (now - view.read_at()).max(0.0);
    let mut detail = format!(
        "{} permits at block {}, read {age:.0} s ago",
        view.permits(),
        view.block()
    );
    if let Some(failure) = service.validators.failure() {
        detail = format!("{detail}; the last read failed: {failure}");
    }
    HealthPart {
        name,
        healthy: view.is_usable(now),
        detail,
    }
}

fn disk(service: &Service) -> HealthPart {
    let name = "disk";
    match service.tasks.dirs.free() {
        Ok(free) => HealthPart {
            name,
            healthy: free >= MIN_FREE,
            detail: format!(
                "{:.1} GiB free for work",
                free as f64 / (1_u64 << 30) as f64
            ),
        },
        Err(e) => HealthPart {
            name,
            healthy: false,
            detail: e.to_string(),
        },
    }
}
