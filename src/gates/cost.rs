//! What a failure costs.

use super::attributes::{GateClass, Records};
use super::definition::GateDefinition;
use super::input::GateInput;
use super::result::Cost;
use crate::domain::{Origin, Task};
use crate::rules::{BelowFloor, OrganicUpscaling, Revision, ValidatorFault};

/// What a failure is recorded as.
pub(super) fn cost(gate: &GateDefinition, input: &GateInput<'_>, revision: &Revision) -> Cost {
    if gate.class == GateClass::Validator {
        return of_validator(input, revision);
    }
    match (input.task, input.origin) {
        (Task::Upscale, _) => of_upscaling(gate, input, revision),
        (Task::Compress, Origin::Competition) => Cost::only(Some(0.0)),
        (Task::Compress, _) => of_compression(gate, input, revision),
    }
}

fn of_validator(input: &GateInput<'_>, revision: &Revision) -> Cost {
    match (revision.gates.validator_fault, input.origin) {
        (ValidatorFault::Refused, _) => Cost::only(None),
        (ValidatorFault::Recorded, Origin::Organic) => Cost::only(Some(-1.0)),
        // The marker of a validator's own fault came on 2025-06-06.
        (ValidatorFault::Recorded, _) => {
            Cost::only(Some(revision.ledger.validator_fault.unwrap_or(0.0)))
        }
    }
}

fn of_upscaling(gate: &GateDefinition, input: &GateInput<'_>, revision: &Revision) -> Cost {
    // The document takes only S_Q away.
    let whole = gate.id != super::vmaf::FLOOR
        || revision.upscaling.formula.below_floor == BelowFloor::ZeroAll;
    // A customer's task costs a part of the standing instead of entering it.
    let factor = match (input.origin, &revision.ledger.organic_upscaling) {
        (Origin::Organic, OrganicUpscaling::Graded { loss_zero, .. }) => Some(1.0 - loss_zero),
        _ => None,
    };
    Cost {
        score: whole.then_some(0.0),
        ledger: Some(0.0).filter(|_| whole && input.origin != Origin::Organic),
        ledger_factor: factor,
    }
}

fn of_compression(gate: &GateDefinition, input: &GateInput<'_>, revision: &Revision) -> Cost {
    let rate = match gate.records {
        Records::VmafAndRate => input.rate,
        Records::Vmaf | Records::Nothing => revision.ledger.failed_rate,
    };
    let not_smaller = revision
        .ledger
        .not_smaller
        .filter(|_| rate.is_some_and(|rate| rate >= 1.0));
    Cost {
        score: Some(0.0),
        ledger: Some(not_smaller.unwrap_or(0.0)),
        ledger_factor: None,
    }
}
