//! Lengths of time as other systems write them.

/// A unit's name and how many seconds it has.
type Unit = (&'static str, f64);

const GO: [Unit; 7] = [
    ("ns", 1e-9),
    ("us", 1e-6),
    ("µs", 1e-6),
    ("ms", 1e-3),
    ("s", 1.0),
    ("m", 60.0),
    ("h", 3_600.0),
];

/// A month is a twelfth of a year of 365 days, as Authelia counts.
const AUTHELIA: [Unit; 17] = [
    ("y", 31_536_000.0),
    ("year", 31_536_000.0),
    ("years", 31_536_000.0),
    ("M", 2_628_000.0),
    ("month", 2_628_000.0),
    ("months", 2_628_000.0),
    ("w", 604_800.0),
    ("week", 604_800.0),
    ("weeks", 604_800.0),
    ("d", 86_400.0),
    ("day", 86_400.0),
    ("days", 86_400.0),
    ("hour", 3_600.0),
    ("hours", 3_600.0),
    ("minute", 60.0),
    ("minutes", 60.0),
    ("seconds", 1.0),
];

/// Seconds of a length as Go writes it: `31h0m0s`, `1.5h`, `-1ns`. Parts of a second count as a whole one.
pub fn of_go(text: &str) -> Option<i64> {
    sum(text.trim(), &[&GO])
}

/// Seconds of a length as Authelia takes it: `1h`, `90 minutes`, `1y2M`, or a number of seconds.
pub fn of_authelia(text: &str) -> Option<i64> {
    let plain: String = text.split_whitespace().collect();
    plain.parse().ok().or_else(|| sum(&plain, &[&GO, &AUTHELIA]))
}

/// A lifetime of a registration; none for what has no end, or ends before it began.
pub fn lifetime(seconds: i64) -> Option<u32> {
    u32::try_from(seconds).ok()
}

fn sum(text: &str, units: &[&[Unit]]) -> Option<i64> {
    let (sign, mut rest) = match text.strip_prefix('-') {
        Some(rest) => (-1.0, rest),
        None => (1.0, text),
    };
    if rest == "0" {
        return Some(0);
    }
    let mut seconds = 0.0;
    loop {
        let number = rest.find(|c: char| !c.is_ascii_digit() && c != '.')?;
        let (amount, behind) = rest.split_at(number);
        let unit = behind
            .find(|c: char| c.is_ascii_digit() || c == '.')
            .unwrap_or(behind.len());
        let (unit, behind) = behind.split_at(unit);
        let length = units.iter().copied().flatten().find(|(name, _)| *name == unit)?;
        seconds += amount.parse::<f64>().ok()? * length.1;
        rest = behind;
        if rest.is_empty() {
            break;
        }
    }
    // Away from nothing: what is negative stays so, and a short one is no end at once.
    let whole = sign * seconds.ceil();
    #[expect(clippy::cast_possible_truncation, reason = "it is within what both hold")]
    (whole.abs() < 1e15).then_some(whole as i64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_are_read_as_their_systems_write_them() {
        for (text, seconds) in [
            ("31h0m0s", Some(111_600)),
            ("1.5h", Some(5_400)),
            ("300ms", Some(1)),
            ("-1ns", Some(-1)),
            ("0s", Some(0)),
            ("", None),
            ("1", None),
            ("1 h", None),
            ("h", None),
            ("1d", None),
            ("99999999999999999h", None),
        ] {
            assert_eq!(of_go(text), seconds, "{text}");
        }
        for (text, seconds) in [
            ("1h", Some(3_600)),
            ("3600", Some(3_600)),
            ("1 hour 30 minutes", Some(5_400)),
            ("90d", Some(7_776_000)),
            ("1M", Some(2_628_000)),
            ("1y2w", Some(32_745_600)),
            ("soon", None),
            ("", None),
        ] {
            assert_eq!(of_authelia(text), seconds, "{text}");
        }
    }

    #[test]
    fn what_has_no_end_is_no_lifetime() {
        assert_eq!(
            [-1, 0, 600, 1 << 40].map(lifetime),
            [None, Some(0), Some(600), None]
        );
    }
}
