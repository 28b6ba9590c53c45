//! Whether a miner is well: each part in a word, and all of them together.

use serde::Serialize;

use crate::miner::service::Service;

/// Bytes that must be free for the next input and output.
const LEAST_ROOM: u64 = 1 << 30;

/// A part of a miner.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Part {
    /// Its name.
    pub name: &'static str,
    /// Whether it is well.
    pub well: bool,
    /// In words.
    pub says: String,
}

/// All of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Health {
    /// Whether requests are served.
    pub well: bool,
    /// Each part.
    pub parts: Vec<Part>,
}

impl Health {
    /// Of a service at a time, in Unix seconds.
    #[must_use]
    pub fn of(service: &Service, now: f64) -> Self {
        let mut parts = vec![validators(service, now), disk(service)];
        let program = &service.shop.tuning().maker.program;
        let there = program.components().count() == 1 || program.is_file();
        parts.push(Part {
            name: "program",
            well: there,
            says: program.display().to_string(),
        });
        let (busy, waiting) = service.shop.slots.load();
        parts.push(Part {
            name: "slots",
            well: true,
            says: format!("{busy} at work, {waiting} waiting"),
        });
        Self {
            well: parts.iter().all(|part| part.well),
            parts,
        }
    }
}

fn validators(service: &Service, now: f64) -> Part {
    let name = "validators";
    let Some(view) = service.validators.view() else {
        return Part {
            name,
            well: false,
            says: "the metagraph was never read".into(),
        };
    };
    let age = (now - view.read_at()).max(0.0);
    let mut says = format!(
        "{} permits at block {}, read {age:.0} s ago",
        view.permits(),
        view.block()
    );
    if let Some(failure) = service.validators.failure() {
        says = format!("{says}; the last read failed: {failure}");
    }
    Part {
        name,
        well: view.is_served(now),
        says,
    }
}

fn disk(service: &Service) -> Part {
    let name = "disk";
    match service.shop.workplace.free() {
        Ok(free) => Part {
            name,
            well: free >= LEAST_ROOM,
            says: format!(
                "{:.1} GiB free for work",
                free as f64 / (1_u64 << 30) as f64
            ),
        },
        Err(e) => Part {
            name,
            well: false,
            says: e.to_string(),
        },
    }
}
