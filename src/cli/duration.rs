//! A length of time on the command line: `24h`, `30d`, `0`.

use jiff::SignedDuration;

/// Reads a length of time: a whole number and `s`, `m`, `h` or `d`; or `0`.
pub(super) fn parse(text: &str) -> Result<SignedDuration, String> {
    let wrong = || format!("{text:?} is no length of time; write a number and s, m, h or d, such as 24h");
    if text == "0" {
        return Ok(SignedDuration::ZERO);
    }
    let unit = text.char_indices().next_back().ok_or_else(wrong)?;
    let seconds: i64 = match unit.1 {
        's' => 1,
        'm' => 60,
        'h' => 3_600,
        'd' => 86_400,
        _ => return Err(wrong()),
    };
    let digits = text
        .get(..unit.0)
        .filter(|digits| digits.bytes().all(|byte| byte.is_ascii_digit()));
    let number: i64 = digits.and_then(|digits| digits.parse().ok()).ok_or_else(wrong)?;
    number
        .checked_mul(seconds)
        .map(SignedDuration::from_secs)
        .ok_or_else(wrong)
}

/// Reads how long an old secret stays valid beside a new one: at most 30 days.
pub(super) fn parse_overlap(text: &str) -> Result<SignedDuration, String> {
    let overlap = parse(text)?;
    if overlap > SignedDuration::from_hours(30 * 24) {
        return Err("the old secret stays valid for 30 days at the most".to_owned());
    }
    Ok(overlap)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_length_is_a_number_and_a_unit() {
        for (text, seconds) in [
            ("0", 0),
            ("90s", 90),
            ("5m", 300),
            ("24h", 86_400),
            ("30d", 2_592_000),
            ("0d", 0),
        ] {
            assert_eq!(parse(text), Ok(SignedDuration::from_secs(seconds)), "{text}");
        }
        for bad in [
            "",
            "h",
            "24",
            "-1h",
            "+1h",
            "1.5h",
            "1h30m",
            "1 h",
            "1w",
            "9999999999999999999d",
            "1é",
        ] {
            assert!(parse(bad).is_err(), "{bad:?}");
        }
        assert!(parse_overlap("30d").is_ok() && parse_overlap("31d").is_err());
    }
}
