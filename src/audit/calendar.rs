//! What ends, and when: secrets, keys and accepted risks, to be shown by day and to be kept in anybody's calendar (RFC 5545).

use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};
use serde_json::Value;
use x509_cert::Certificate;
use x509_cert::der::Decode;

use crate::client::{ClientId, closed_set, make_visible};

closed_set! {
    /// What it is that ends.
    EndingKind {
        /// A secret of a client.
        Secret = "secret",
        /// A registered key of a client, or its certificate.
        ClientKey = "client-key",
        /// A signing key of the server.
        SigningKey = "signing-key",
        /// An accepted risk.
        AcceptedRisk = "accepted-risk",
    }
}

impl EndingKind {
    /// What it is, for people.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Secret => "Secret",
            Self::ClientKey => "Client key",
            Self::SigningKey => "Signing key",
            Self::AcceptedRisk => "Accepted risk",
        }
    }
}

/// Something that ends at a known time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ending {
    /// What.
    pub kind: EndingKind,
    /// When.
    pub at: Timestamp,
    /// Whose, and its name; none for what is the server's own.
    pub client: Option<(ClientId, String)>,
    /// Which of several: a secret's label, a key's identifier, a rule.
    pub label: String,
    /// Tells it apart from others of its kind and client, whenever it ends.
    pub id: String,
}

impl Ending {
    /// The day on which it ends.
    pub fn day(&self, zone: &TimeZone) -> Date {
        self.at.to_zoned(zone.clone()).date()
    }

    /// In a few words: `Secret of Billing portal ends`.
    pub fn summary(&self) -> String {
        let kind = self.kind.label();
        match &self.client {
            Some((_, name)) => format!("{kind} of {} ends", make_visible(name)),
            None => format!("{kind} {} ends", make_visible(&self.label)),
        }
    }
}

/// How far an end is away.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Distance {
    /// It is past.
    Overdue,
    /// It is in so many days at most: one of 7, 14, 30, 60 and 90.
    Within(u16),
    /// It is later than all of these.
    Later,
}

impl Distance {
    /// The days that are told apart.
    pub const DAYS: [u16; 5] = [7, 14, 30, 60, 90];

    /// How far a time is away.
    pub fn of(at: Timestamp, now: Timestamp) -> Self {
        if at <= now {
            return Self::Overdue;
        }
        let left = at.duration_since(now).as_secs();
        let fits = |days: &&u16| left <= i64::from(**days) * 86_400;
        Self::DAYS
            .iter()
            .find(fits)
            .map_or(Self::Later, |days| Self::Within(*days))
    }
}

/// The keys of a JWK set whose end is known, by the member `exp` or by the first certificate of `x5c`, whichever is earlier:
/// each with its key ID, or its place. What cannot be read is passed over; other rules tell of it.
pub fn key_ends(jwks: &Value) -> Vec<(String, Timestamp)> {
    let keys = jwks.get("keys").and_then(Value::as_array);
    let keys = keys.into_iter().flatten().enumerate();
    keys.filter_map(|(index, key)| {
        let stated = key.get("exp").and_then(|exp| {
            let seconds = exp
                .as_i64()
                .or_else(|| exp.as_f64().map(|seconds| seconds as i64))?;
            Timestamp::from_second(seconds).ok()
        });
        let end = [stated, certificate_end(key)].into_iter().flatten().min()?;
        let kid = key.get("kid").and_then(Value::as_str);
        let kid = kid.map_or_else(|| format!("key {}", index + 1), str::to_owned);
        Some((kid, end))
    })
    .collect()
}

/// The end of the first certificate of a key, which is the key's own (RFC 7517 §4.7).
fn certificate_end(key: &Value) -> Option<Timestamp> {
    let encoded = key.get("x5c")?.as_array()?.first()?.as_str()?;
    let der = STANDARD.decode(encoded).ok()?;
    let certificate = Certificate::from_der(&der).ok()?;
    let end = certificate.tbs_certificate().validity().not_after;
    let seconds = i64::try_from(end.to_unix_duration().as_secs()).ok()?;
    Timestamp::from_second(seconds).ok()
}

/// A calendar has one component at least (RFC 5545 §3.6): where nothing ends, what UTC is.
const NOTHING: [&str; 8] = [
    "BEGIN:VTIMEZONE",
    "TZID:Etc/UTC",
    "BEGIN:STANDARD",
    "DTSTART:19700101T000000",
    "TZOFFSETFROM:+0000",
    "TZOFFSETTO:+0000",
    "END:STANDARD",
    "END:VTIMEZONE",
];

/// All of it as a calendar (RFC 5545): an event of a whole day each, with a reminder a week before. `now` is when it was
/// written; the zone says which day a time falls on. Where nothing ends, it is a calendar all the same.
pub fn ics(endings: &[Ending], now: Timestamp, zone: &TimeZone) -> String {
    let mut text = String::new();
    for line in [
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        "PRODID:-//Chancery//Audit//EN",
        "CALSCALE:GREGORIAN",
    ] {
        push_line(&mut text, line);
    }
    if endings.is_empty() {
        NOTHING.iter().for_each(|line| push_line(&mut text, line));
    }
    let stamp = now.to_zoned(TimeZone::UTC).strftime("%Y%m%dT%H%M%SZ").to_string();
    for ending in endings {
        let day = ending.day(zone);
        // There is no day after the last one of the calendar's own time.
        let after = day.checked_add(1.day()).unwrap_or(day);
        let summary = escaped(&ending.summary());
        let lines = [
            "BEGIN:VEVENT".to_owned(),
            format!("UID:{}", uid(ending)),
            format!("DTSTAMP:{stamp}"),
            format!("DTSTART;VALUE=DATE:{}", day.strftime("%Y%m%d")),
            format!("DTEND;VALUE=DATE:{}", after.strftime("%Y%m%d")),
            format!("SUMMARY:{summary}"),
            format!("DESCRIPTION:{}", described(ending)),
            format!("CATEGORIES:{}", ending.kind.label()),
            "TRANSP:TRANSPARENT".to_owned(),
            "BEGIN:VALARM".to_owned(),
            "ACTION:DISPLAY".to_owned(),
            format!("DESCRIPTION:{summary}"),
            "TRIGGER:-P7D".to_owned(),
            "END:VALARM".to_owned(),
            "END:VEVENT".to_owned(),
        ];
        for line in lines {
            push_line(&mut text, &line);
        }
    }
    push_line(&mut text, "END:VCALENDAR");
    text
}

/// The lines below the summary, each made visible by itself, so that only the lines that are meant end.
fn described(ending: &Ending) -> String {
    let mut lines = Vec::new();
    if !ending.label.is_empty() {
        lines.push(format!(
            "{}: {}",
            ending.kind.label(),
            make_visible(&ending.label)
        ));
    }
    if let Some((client_id, name)) = &ending.client {
        lines.push(format!("Client: {} ({client_id})", make_visible(name)));
    }
    lines.push(format!("Ends: {}", ending.at.strftime("%Y-%m-%d %H:%M UTC")));
    escaped(&lines.join("\n"))
}

/// The same for the same thing whenever it is written, and different for each.
fn uid(ending: &Ending) -> String {
    let client = ending.client.as_ref().map(|(client_id, _)| client_id.as_str());
    let parts = serde_json::json!([ending.kind, client, ending.id]);
    let digest = digest(&SHA256, parts.to_string().as_bytes());
    let hex: String = digest
        .as_ref()
        .iter()
        .take(16)
        .map(|byte| format!("{byte:02x}"))
        .collect();
    format!("{hex}@chancery")
}

/// A value of type TEXT (RFC 5545 §3.3.11).
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\\' | ';' | ',' => escaped.extend(['\\', c]),
            '\n' => escaped.push_str("\\n"),
            c => escaped.push(c),
        }
    }
    escaped
}

/// The most octets of a line, its end left out (RFC 5545 §3.1).
const LINE: usize = 75;

/// A content line, folded between characters where it is too long.
fn push_line(text: &mut String, line: &str) {
    let mut room = LINE;
    for c in line.chars() {
        if c.len_utf8() > room {
            text.push_str("\r\n ");
            room = LINE - 1;
        }
        room -= c.len_utf8();
        text.push(c);
    }
    text.push_str("\r\n");
}

#[cfg(test)]
#[path = "calendar_tests.rs"]
mod tests;
