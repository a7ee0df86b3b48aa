use jiff::SignedDuration;

use super::*;

fn ending(name: &str, label: &str, at: &str) -> Ending {
    Ending {
        kind: EndingKind::Secret,
        at: at.parse().unwrap(),
        client: Some((ClientId::parse("billing").unwrap(), name.to_owned())),
        label: label.to_owned(),
        id: "1".to_owned(),
    }
}

fn now() -> Timestamp {
    "2026-03-01T09:30:15Z".parse().unwrap()
}

fn unfolded(text: &str) -> Vec<String> {
    let text = text.replace("\r\n ", "");
    text.split_terminator("\r\n").map(str::to_owned).collect()
}

#[test]
fn an_end_is_an_event_of_its_day_with_a_reminder_a_week_before() {
    let endings = [ending("Billing portal", "First secret", "2026-03-31T23:30:00Z")];
    let lines = unfolded(&ics(&endings, now(), &TimeZone::UTC));
    for line in [
        "BEGIN:VCALENDAR",
        "DTSTAMP:20260301T093015Z",
        "DTSTART;VALUE=DATE:20260331",
        "DTEND;VALUE=DATE:20260401",
        "SUMMARY:Secret of Billing portal ends",
        "DESCRIPTION:Secret: First secret\\nClient: Billing portal (billing)\\nEnds: 2026-03-31 23:30 UTC",
        "TRIGGER:-P7D",
        "END:VCALENDAR",
    ] {
        assert!(lines.iter().any(|there| there == line), "{line}: {lines:#?}");
    }
    let east = TimeZone::fixed(jiff::tz::offset(2));
    let lines = unfolded(&ics(&endings, now(), &east));
    assert!(
        lines.contains(&"DTSTART;VALUE=DATE:20260401".to_owned()),
        "{lines:#?}"
    );
}

#[test]
fn where_nothing_ends_it_is_a_calendar_with_a_component_and_no_event() {
    let lines = unfolded(&ics(&[], now(), &TimeZone::UTC));
    let at = |line: &str| lines.iter().position(|there| there == line);
    assert!(at("BEGIN:VTIMEZONE") < at("END:VTIMEZONE") && at("BEGIN:VTIMEZONE").is_some());
    assert_eq!(
        (at("BEGIN:VEVENT"), at("END:VCALENDAR")),
        (None, Some(lines.len() - 1))
    );
    let endings = [ending("Billing portal", "x", "2026-03-31T00:00:00Z")];
    assert!(!ics(&endings, now(), &TimeZone::UTC).contains("VTIMEZONE"));
}

#[test]
fn no_line_is_longer_than_75_octets_and_none_is_cut_within_a_character() {
    let name = "Rechnungsprüfung für alle Standorte, Außenstellen; und 支払い管理ポータル \\ mehr".repeat(3);
    let text = ics(
        &[ending(&name, "x", "2026-03-31T00:00:00Z")],
        now(),
        &TimeZone::UTC,
    );
    for line in text.split_terminator("\r\n") {
        assert!(line.len() <= 75, "{}: {line}", line.len());
        assert!(!line.contains(['\r', '\n']), "{line}");
    }
    let escaped_name = name.replace('\\', "\\\\").replace(',', "\\,").replace(';', "\\;");
    let lines = unfolded(&text);
    assert!(
        lines.contains(&format!("SUMMARY:Secret of {escaped_name} ends")),
        "{lines:#?}"
    );
}

#[test]
fn a_name_ends_no_line_and_begins_no_event() {
    let name = "A\r\nEND:VEVENT\nBEGIN:VEVENT\u{202e}\u{7}";
    let text = ics(
        &[ending(name, "a\r\nATTACH:x", "2026-03-31T00:00:00Z")],
        now(),
        &TimeZone::UTC,
    );
    let lines = unfolded(&text);
    assert_eq!(lines.iter().filter(|line| *line == "BEGIN:VEVENT").count(), 1);
    assert!(lines.iter().all(|line| !line.starts_with("ATTACH")), "{lines:#?}");
    assert!(!text.contains(['\u{202e}', '\u{7}']));
    assert!(text.contains("<U+202E>"), "{text}");
}

#[test]
fn what_it_is_known_by_stays_the_same_when_its_end_or_its_name_changes() {
    let uid_of = |ending: &Ending| uid(ending);
    let first = ending("Billing", "First", "2026-03-31T00:00:00Z");
    let later = ending("Billing 2", "Renamed", "2027-03-31T00:00:00Z");
    assert_eq!(uid_of(&first), uid_of(&later));
    let other = Ending {
        id: "2".to_owned(),
        ..first.clone()
    };
    assert_ne!(uid_of(&first), uid_of(&other));
}

#[test]
fn an_end_is_overdue_or_within_days_or_later() {
    let within = |hours: i64| Distance::of(now() + SignedDuration::from_hours(hours), now());
    for (hours, distance) in [
        (-1, Distance::Overdue),
        (0, Distance::Overdue),
        (1, Distance::Within(7)),
        (7 * 24, Distance::Within(7)),
        (7 * 24 + 1, Distance::Within(14)),
        (30 * 24, Distance::Within(30)),
        (90 * 24, Distance::Within(90)),
        (91 * 24, Distance::Later),
    ] {
        assert_eq!(within(hours), distance, "{hours}");
    }
}

/// A certificate that ended on 1 January 2030.
fn certificate() -> String {
    let key = rcgen::KeyPair::generate().unwrap();
    let mut params = rcgen::CertificateParams::new(vec!["billing.example.com".to_owned()]).unwrap();
    params.not_after = rcgen::date_time_ymd(2030, 1, 1);
    STANDARD.encode(params.self_signed(&key).unwrap().der())
}

#[test]
fn a_key_ends_by_its_own_word_or_by_its_certificate_whichever_is_earlier() {
    let at = |second: i64| Timestamp::from_second(second).unwrap();
    let new_year: Timestamp = "2030-01-01T00:00:00Z".parse().unwrap();
    let certificate = certificate();
    let keys = serde_json::json!({"keys": [
        {"kid": "a", "exp": 2_000_000_000},
        {"kid": "b", "x5c": [certificate.as_str()]},
        {"exp": 1_800_000_000.7, "x5c": [certificate.as_str()]},
        {"kid": "no end"},
        {"kid": "odd", "exp": "soon", "x5c": ["!!"]},
        {"kid": "never", "exp": 99_999_999_999_999_i64},
        "no key",
    ]});
    let ends = key_ends(&keys);
    let expected = [
        ("a".to_owned(), at(2_000_000_000)),
        ("b".to_owned(), new_year),
        ("key 3".to_owned(), at(1_800_000_000)),
    ];
    assert_eq!(ends, expected);
    for odd in [Value::Null, serde_json::json!({"keys": 1}), serde_json::json!([])] {
        assert_eq!(key_ends(&odd), []);
    }
}
