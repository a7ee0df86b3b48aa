//! What holds for whatever files and keys reviewers bring. Each function is a row of [`crate::fuzzing::TARGETS`] and panics where
//! it finds its property broken.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde_json::Value;

use super::calendar::{Ending, EndingKind, ics, key_ends};
use super::{Baseline, Parameter, Settings, SignOffs, WorkList};
use crate::client::{ClientId, has_unsafe_characters, read_json};

/// Which registry the sign-offs are of.
const REGISTRY: &str = "registry";

/// Settings of the rules: each number is in its range, and what counts is written as what reads the same.
pub fn audit_settings(bytes: &[u8]) {
    let Ok((settings, troubles)) = Settings::read(&String::from_utf8_lossy(bytes)) else {
        return;
    };
    for parameter in Parameter::ALL {
        let (least, most) = parameter.range();
        assert!(
            (least..=most).contains(&settings.parameter(*parameter)),
            "{parameter}"
        );
    }
    assert!(
        troubles.iter().all(|trouble| !has_unsafe_characters(trouble)),
        "{troubles:?}"
    );
    let again = Settings::read(&settings.to_json().to_string());
    assert_eq!(again, Ok((settings, Vec::new())));
}

/// A baseline: each finding in it is known or told of.
pub fn baseline(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let Ok((baseline, troubles)) = Baseline::read(&text) else {
        return;
    };
    let report = read_json(text.trim_start_matches('\u{feff}').as_bytes()).unwrap_or_default();
    let findings = report.get("findings").and_then(Value::as_array);
    let findings = findings.map_or(0, Vec::len);
    assert!(troubles.len() <= findings && baseline.len() <= findings - troubles.len());
    assert!(baseline.is_empty() == (findings == troubles.len()), "{text}");
    assert!(
        troubles.iter().all(|trouble| !has_unsafe_characters(trouble)),
        "{troubles:?}"
    );
}

/// Sign-offs: what is written of them reads the same, what could not be read in them among it.
pub fn sign_offs(bytes: &[u8]) {
    let now = Timestamp::UNIX_EPOCH;
    let Ok((sign_offs, troubles)) = SignOffs::read(&String::from_utf8_lossy(bytes), REGISTRY, now) else {
        return;
    };
    assert!(
        troubles.iter().all(|trouble| !has_unsafe_characters(trouble)),
        "{troubles:?}"
    );
    let written = sign_offs.to_json();
    let again = SignOffs::read(&written.to_string(), REGISTRY, now).map(|(again, _)| again.to_json());
    assert_eq!(again, Ok(written));
}

/// A filter that is kept: it is written as what reads the same.
pub fn finding_filter(bytes: &[u8]) {
    let Ok(filter) = WorkList::read(&String::from_utf8_lossy(bytes)) else {
        return;
    };
    let again = WorkList::read(&filter.to_json().to_string());
    assert_eq!(again.ok(), Some(filter));
}

/// The ends of keys and of their certificates, and the calendar of them: lines of 75 octets at most (RFC 5545 §3.1), in which
/// nobody's text ends a line.
pub fn key_expiry(bytes: &[u8]) {
    let Ok(jwks) = read_json(bytes) else { return };
    let client =
        ClientId::parse("billing").map(|client_id| (client_id, String::from_utf8_lossy(bytes).into_owned()));
    let endings: Vec<Ending> = key_ends(&jwks)
        .into_iter()
        .map(|(kid, at)| Ending {
            kind: EndingKind::ClientKey,
            at,
            client: client.clone(),
            id: kid.clone(),
            label: kid,
        })
        .collect();
    let calendar = ics(&endings, Timestamp::UNIX_EPOCH, &TimeZone::UTC);
    let lines = calendar.strip_suffix("\r\n").unwrap_or_default().split("\r\n");
    for line in lines.clone() {
        assert!(line.len() <= 75 && !has_unsafe_characters(line), "{line:?}");
    }
    let events = lines.filter(|line| *line == "BEGIN:VEVENT").count();
    assert_eq!(events, endings.len());
}
