//! How long tokens live, in seconds, and what is said of it (RFC 6750 §5.3).

/// Access tokens live this long unless the client says otherwise.
pub const DEFAULT_ACCESS_TOKEN: u32 = 10 * 60;
/// Lifetimes from here …
pub const SHORT_ACCESS_TOKEN: u32 = 5 * 60;
/// … to here raise no finding.
pub const CALM_ACCESS_TOKEN: u32 = 15 * 60;
/// Longer than this is refused in a form, kept from an import, and cut to this when issuing.
pub const MAX_ACCESS_TOKEN: u32 = 60 * 60;

/// The lifetime that an issued access token gets, in seconds, whatever was registered.
pub fn access_token_lifetime(registered: Option<u32>) -> u32 {
    registered
        .unwrap_or(DEFAULT_ACCESS_TOKEN)
        .clamp(1, MAX_ACCESS_TOKEN)
}

/// A length of time in the largest unit that is whole: `90 days`, `10 minutes`, `1 hour`.
pub fn describe(seconds: u64) -> String {
    const UNITS: [(u64, &str); 4] = [(86_400, "day"), (3_600, "hour"), (60, "minute"), (1, "second")];
    let (length, unit) = UNITS
        .into_iter()
        .find(|(length, _)| seconds >= *length && seconds.is_multiple_of(*length))
        .unwrap_or((1, "second"));
    let count = seconds / length;
    if count == 1 {
        format!("1 {unit}")
    } else {
        format!("{count} {unit}s")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_issued_token_never_outlives_an_hour() {
        assert_eq!(access_token_lifetime(None), 600);
        assert_eq!(access_token_lifetime(Some(300)), 300);
        assert_eq!(access_token_lifetime(Some(86_400)), 3_600);
        assert_eq!(access_token_lifetime(Some(0)), 1);
    }

    #[test]
    fn a_length_is_told_in_its_largest_whole_unit() {
        for (seconds, words) in [
            (0, "0 seconds"),
            (1, "1 second"),
            (90, "90 seconds"),
            (600, "10 minutes"),
            (3600, "1 hour"),
            (7_776_000, "90 days"),
        ] {
            assert_eq!(describe(seconds), words);
        }
    }
}
