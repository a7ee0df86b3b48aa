//! The times of a token (RFC 7519 §2, NumericDate: seconds since 1970), and whether it is in its time.

use jiff::Timestamp;
use serde_json::Value;

use super::problem::Problem;

/// Claims that are times (RFC 7519 §4.1, OpenID Connect Core §2, §5.1).
const TIMES: [&str; 5] = ["exp", "nbf", "iat", "auth_time", "updated_at"];
/// More seconds than this are later than the year 5000: they are milliseconds, or nothing that was meant.
const MOST_SECONDS: i64 = 100_000_000_000;
/// How much two clocks may differ, in seconds.
const SKEW: i64 = 60;

/// Whether a claim is a time.
pub fn is_time(name: &str) -> bool {
    TIMES.contains(&name)
}

/// A time in whole seconds since 1970, where it is a number.
pub fn seconds(value: &Value) -> Option<i64> {
    #[expect(
        clippy::cast_possible_truncation,
        reason = "a float saturates at the ends of i64"
    )]
    value
        .as_i64()
        .or_else(|| value.as_f64().map(|seconds| seconds.floor() as i64))
}

/// What is wrong with the times of a token whenever it is looked at.
pub(super) fn malformed(claims: &Value) -> Vec<Problem> {
    let problem = |name: &&str| {
        let value = claims.get(*name)?;
        let what = match seconds(value) {
            None => format!("{name} is no number of seconds"),
            Some(..0) => format!("{name} lies before 1970"),
            Some(0..=MOST_SECONDS) => return None,
            Some(large) => match Timestamp::from_millisecond(large) {
                Ok(at) if large / 1_000 <= MOST_SECONDS => {
                    format!("{name} is in milliseconds, it seems ({at}), and a token counts seconds")
                }
                _ => format!("{name} is larger than any time"),
            },
        };
        let advice = "Have its issuer write seconds since 1970, as a JSON number";
        let basis = "RFC 7519 §2, §4.1";
        // What some issuers write for a person's last change decides nothing.
        Some(match *name {
            "updated_at" => Problem::remark(what, advice, basis),
            _ => Problem::refusal(what, advice, basis),
        })
    };
    TIMES.iter().filter_map(problem).collect()
}

/// What is to be said of a token at a time, and of the claims without which nobody can tell whether it is meant for them.
pub(super) fn problems(claims: &Value, now: Timestamp) -> Vec<Problem> {
    if !claims.is_object() {
        return Vec::new();
    }
    let now = now.as_second();
    let time = |name: &str| claims.get(name).and_then(seconds);
    let mut problems = Vec::new();
    match time("exp") {
        Some(exp) if exp <= now => problems.push(Problem::refusal(
            format!("It expired at {}", at(exp)),
            "Get a new one",
            "RFC 7519 §4.1.4",
        )),
        None if claims.get("exp").is_none() && claims.get("htu").is_none() => {
            problems.push(Problem::refusal(
                "It does not say when it expires",
                "Do not accept it: it would be good for ever",
                "RFC 9068 §2.2, RFC 7519 §4.1.4",
            ));
        }
        _ => {}
    }
    if let Some(nbf) = time("nbf").filter(|nbf| *nbf > now) {
        problems.push(Problem::refusal(
            format!("It is not valid before {}", at(nbf)),
            "Compare the clocks of this machine and of its issuer",
            "RFC 7519 §4.1.5",
        ));
    }
    if let Some(iat) = time("iat").filter(|iat| *iat > now.saturating_add(SKEW)) {
        problems.push(Problem::remark(
            format!("It was issued in the future, at {}", at(iat)),
            "Compare the clocks of this machine and of its issuer",
            "RFC 7519 §4.1.6",
        ));
    }
    for (name, what, basis) in [
        ("iss", "It does not say who issued it (iss)", "RFC 8725 §3.8"),
        ("aud", "It does not say for whom it is (aud)", "RFC 8725 §3.9"),
    ] {
        // A proof is for the address that it names.
        if claims.get(name).is_none() && claims.get("htu").is_none() {
            problems.push(Problem::remark(
                what,
                "Have its issuer say so, and check it wherever the token is accepted",
                basis,
            ));
        }
    }
    problems
}

fn at(seconds: i64) -> String {
    Timestamp::from_second(seconds).map_or_else(|_| seconds.to_string(), |time| time.to_string())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const NOW: i64 = 1_800_000_000;

    #[test]
    fn a_time_is_a_number_of_seconds() {
        for (exp, told) in [
            (json!("1800000000"), "exp is no number of seconds"),
            (json!(null), "exp is no number"),
            (json!(-1), "exp lies before 1970"),
            (json!(-1e300), "exp lies before 1970"),
            (
                json!(1_800_000_000_000_i64),
                "in milliseconds, it seems (2027-01-15T08:00:00Z)",
            ),
            (json!(u64::MAX), "larger than any time"),
            (json!(1e300), "larger than any time"),
        ] {
            let problems = malformed(&json!({ "exp": exp }));
            assert!(
                problems[0].what.contains(told) && problems[0].refuses(),
                "{problems:?}"
            );
        }
        for exp in [json!(0), json!(NOW), json!(1_800_000_000.5)] {
            assert_eq!(malformed(&json!({ "exp": exp })), []);
        }
        assert!(!malformed(&json!({ "updated_at": "2026-11-25" }))[0].refuses());
    }

    #[test]
    fn a_token_is_good_in_its_time_only() {
        let now = Timestamp::from_second(NOW).unwrap();
        let told = |claims: Value| {
            let problems = problems(&claims, now);
            let mut told = problems.into_iter().map(|problem| problem.what);
            told.next().unwrap_or_default()
        };
        let good = json!({ "iss": "i", "aud": "a", "exp": NOW + 1, "nbf": NOW, "iat": NOW + SKEW });
        let with = |name: &str, value: Value| {
            let mut claims = good.clone();
            claims[name] = value;
            claims
        };
        assert_eq!(told(good.clone()), "");
        assert_eq!(
            told(with("exp", json!(NOW))),
            "It expired at 2027-01-15T08:00:00Z"
        );
        assert!(told(with("nbf", json!(NOW + 1))).starts_with("It is not valid before"));
        assert!(told(with("iat", json!(NOW + SKEW + 1))).starts_with("It was issued in the future"));
        assert_eq!(
            told(json!({ "iss": "i", "aud": "a" })),
            "It does not say when it expires"
        );
        assert!(told(json!({ "aud": "a", "exp": NOW + 1 })).contains("who issued it"));
        assert!(told(json!({ "iss": "a", "exp": NOW + 1 })).contains("for whom it is"));
        assert_eq!(
            told(json!({ "htu": "https://a.example", "iat": NOW })),
            "",
            "a DPoP proof has none"
        );
    }
}
