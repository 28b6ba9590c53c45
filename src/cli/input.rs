//! Arguments that are numbers, checked where they come in.

use crate::assess::FrameChoice;
use crate::text::comma_in_number;

/// A VMAF threshold: above 0, at most 100. Whether 100 itself can be scored depends on the revision.
pub(super) fn threshold(text: &str) -> Result<f64, String> {
    let value = number(text)?;
    if value > 0.0 && value <= 100.0 {
        Ok(value)
    } else {
        Err("a VMAF threshold lies above 0 and is at most 100; validators ask for 85 to 95".into())
    }
}

/// A VMAF score: 0 to 100.
pub(super) fn vmaf(text: &str) -> Result<f64, String> {
    let value = number(text)?;
    if (0.0..=100.0).contains(&value) {
        Ok(value)
    } else {
        Err("VMAF lies between 0 and 100".into())
    }
}

/// A compression rate: above 0.
pub(super) fn rate(text: &str) -> Result<f64, String> {
    let value = number(text)?;
    if value > 0.0 {
        Ok(value)
    } else {
        Err("the rate is output bytes divided by source bytes, so it is above 0".into())
    }
}

/// Seconds: 0 or more.
pub(super) fn seconds(text: &str) -> Result<f64, String> {
    let value = number(text)?;
    if value >= 0.0 {
        Ok(value)
    } else {
        Err("a length is 0 seconds or more".into())
    }
}

/// An amount: 0 or more.
pub(super) fn amount(text: &str) -> Result<f64, String> {
    let value = number(text)?;
    if value >= 0.0 {
        Ok(value)
    } else {
        Err("an amount is 0 or more".into())
    }
}

/// A bitrate in megabits a second: above 0.
pub(super) fn megabits(text: &str) -> Result<f64, String> {
    let value = number(text)?;
    if value > 0.0 {
        Ok(value)
    } else {
        Err("a bitrate is above 0; validators ask for 5, 8 or 10 megabits a second".into())
    }
}

/// A time above 0: seconds as a number, or with units (`2m30s`).
pub(super) fn duration(text: &str) -> Result<std::time::Duration, String> {
    let wrong = || "a time is a number of seconds (40), or has units (40s, 2m30s)".to_owned();
    let given = match text.trim().parse::<f64>() {
        Ok(seconds) => std::time::Duration::try_from_secs_f64(seconds).map_err(|_| wrong())?,
        Err(_) => {
            let parsed: jiff::SignedDuration = text.parse().map_err(|_| wrong())?;
            parsed.try_into().map_err(|_| wrong())?
        }
    };
    if given.is_zero() {
        return Err("a time of 0 leaves none for anything".into());
    }
    Ok(given)
}

/// Any finite number.
pub(super) fn number(text: &str) -> Result<f64, String> {
    match text.trim().parse::<f64>() {
        Ok(value) if value.is_finite() => Ok(value),
        Ok(_) => Err("only finite numbers can be scored".into()),
        Err(_) => Err(comma_in_number(text).unwrap_or_else(|| "not a number".into())),
    }
}

/// Reads `validator`, `all`, a count such as `10`, or a list such as `0,5,10-20` (a single frame is
/// written with a comma: `7,`).
pub(super) fn frames(text: &str) -> Result<FrameChoice, String> {
    let wrong = || {
        format!("`{text}` is none of validator, all, a count (10) or a list of frames (0,5,10-20)")
    };
    match text {
        "validator" => return Ok(FrameChoice::Validator),
        "all" => return Ok(FrameChoice::All),
        _ => {}
    }
    if let Ok(count) = text.parse::<u64>() {
        return if count > 0 {
            Ok(FrameChoice::Sample(count))
        } else {
            Err("0 frames cannot be measured".into())
        };
    }
    let mut list = std::collections::BTreeSet::new();
    for part in text.split(',').map(str::trim).filter(|p| !p.is_empty()) {
        let (from, to) = part.split_once('-').unwrap_or((part, part));
        let (Ok(from), Ok(to)) = (from.trim().parse::<u64>(), to.trim().parse::<u64>()) else {
            return Err(wrong());
        };
        if from > to || to - from > 10_000_000 {
            return Err(format!("`{part}` runs backwards or is too long"));
        }
        list.extend(from..=to);
    }
    if list.is_empty() {
        Err(wrong())
    } else {
        Ok(FrameChoice::List(list.into_iter().collect()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_are_read_in_every_form() {
        assert_eq!(frames("all"), Ok(FrameChoice::All));
        assert_eq!(frames("10"), Ok(FrameChoice::Sample(10)));
        assert_eq!(frames("7,"), Ok(FrameChoice::List(vec![7])));
        assert_eq!(
            frames("5,0,2-4,3"),
            Ok(FrameChoice::List(vec![0, 2, 3, 4, 5]))
        );
        for wrong in ["0", "", "x", "4-2", "1,x", "-3"] {
            assert!(frames(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn numbers_out_of_range_are_refused() {
        for wrong in ["0", "101", "NaN", "inf", "x", "-1"] {
            assert!(threshold(wrong).is_err(), "{wrong}");
        }
        assert_eq!(threshold("89.5"), Ok(89.5));
        assert!(vmaf("100.01").is_err() && rate("0").is_err() && seconds("-1").is_err());
    }
}
