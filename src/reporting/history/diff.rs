//! What differs between two records, line by line. The review shows what ends a finding in the same way.

use jiff::Timestamp;
use serde_json::{Map, Value};

use super::words::time_of;
use crate::client::{lifetime, make_visible};

/// One line of a diff.
#[derive(Debug, PartialEq, Eq)]
pub enum Line {
    /// The field that the lines below it belong to.
    Field(String),
    /// What stands there.
    Kept(String),
    /// What stands there, and is what somebody is to look at.
    Marked(String),
    /// What is gone, or should go.
    Gone(String),
    /// What has come, or should.
    Come(String),
}

/// What differs between two records, field by field; lists element by element. A record that is absent has no fields.
pub fn diff(before: Option<&Value>, after: Option<&Value>) -> Vec<Line> {
    let (before, after) = (fields(before), fields(after));
    let mut shown: Vec<&Field> = Vec::new();
    for field in before.iter().chain(&after) {
        if !shown.iter().any(|other| other.key == field.key) {
            shown.push(field);
        }
    }
    let mut lines = Vec::new();
    for Field { key, name, .. } in shown {
        let of = |fields: &[Field]| {
            let found = fields.iter().find(|other| other.key == *key);
            found.map(|field| field.elements.clone()).unwrap_or_default()
        };
        let (old, new) = (of(&before), of(&after));
        if old == new {
            continue;
        }
        let is_moved = old.iter().all(|element| new.contains(element))
            && new.iter().all(|element| old.contains(element));
        let gone = old.iter().filter(|element| is_moved || !new.contains(element));
        let come = new.iter().filter(|element| is_moved || !old.contains(element));
        lines.push(Line::Field(name.to_owned()));
        lines.extend(gone.cloned().map(Line::Gone));
        lines.extend(come.cloned().map(Line::Come));
    }
    lines
}

/// A field of a record.
struct Field {
    /// Tells it from all others.
    key: String,
    /// What it is called.
    name: String,
    /// What stands in it, in words.
    elements: Vec<String>,
}

impl Field {
    fn new(name: &str, elements: Vec<String>) -> Self {
        Self {
            key: name.to_owned(),
            name: make_visible(name),
            elements,
        }
    }
}

/// A record's fields.
fn fields(record: Option<&Value>) -> Vec<Field> {
    let mut fields = Vec::new();
    match record {
        None => {}
        Some(Value::Object(members)) => add_members(&mut fields, "", members),
        Some(other) => fields.push(Field::new("value", elements("value", other))),
    }
    fields
}

/// An object within an object has its members' names after its own: `claims.email`.
fn add_members(fields: &mut Vec<Field>, within: &str, members: &Map<String, Value>) {
    for (name, value) in members {
        match value {
            Value::Object(inner) => add_members(fields, &format!("{within}{name}."), inner),
            Value::Array(secrets) if within.is_empty() && name == "secrets" => {
                fields.extend(secrets.iter().map(secret));
            }
            _ => fields.push(Field::new(&format!("{within}{name}"), elements(name, value))),
        }
    }
}

/// What is kept of a secret: which it is, and how long it counts. It is told apart from others by when it was made.
fn secret(record: &Value) -> Field {
    let text = |name: &str| {
        record
            .get(name)
            .and_then(Value::as_str)
            .filter(|text| !text.is_empty())
    };
    let at = |name: &str| text(name).map(in_words);
    let mut name = text("label").map_or_else(|| "secret".to_owned(), |label| format!("secret {label}"));
    if let Some(made) = at("created_at") {
        name = format!("{name}, made {made}");
    }
    let counts = match (at("revoked_at"), at("expires_at")) {
        (Some(end), _) => format!("revoked {end}"),
        (None, Some(end)) => format!("valid until {end}"),
        (None, None) => "valid without an end".to_owned(),
    };
    // Two that were made in the same second are two.
    let key = format!("secret {} {name}", text("created_at").unwrap_or_default());
    Field {
        key,
        name: make_visible(&name),
        elements: vec![counts],
    }
}

/// The elements of a list, or the one value; nothing where there is nothing to show.
fn elements(name: &str, value: &Value) -> Vec<String> {
    match value {
        Value::Null => Vec::new(),
        Value::String(text) if text.is_empty() => Vec::new(),
        Value::String(text) if name.ends_with("_at") => vec![make_visible(&in_words(text))],
        // A long text is compared line by line.
        Value::String(text) if text.contains('\n') => text
            .lines()
            .filter(|line| !line.trim().is_empty())
            .map(make_visible)
            .collect(),
        Value::String(text) => vec![make_visible(text)],
        Value::Array(values) => values.iter().flat_map(|value| elements(name, value)).collect(),
        Value::Object(members) => vec![in_one_line(members)],
        Value::Number(seconds) if name.ends_with("_lifetime") => {
            let described = seconds.as_u64().map(lifetime::describe);
            vec![described.unwrap_or_else(|| seconds.to_string())]
        }
        other => vec![other.to_string()],
    }
}

/// An object in a list, such as a key: `kty EC, crv P-256, kid 1`.
fn in_one_line(members: &Map<String, Value>) -> String {
    let mut inner = Vec::new();
    add_members(&mut inner, "", members);
    let told: Vec<String> = inner
        .into_iter()
        .map(|field| format!("{} {}", field.name, field.elements.join(" ")))
        .collect();
    told.join(", ")
}

/// A time as people write it; anything else as it is.
fn in_words(stored: &str) -> String {
    stored
        .parse::<Timestamp>()
        .map_or_else(|_| stored.to_owned(), time_of)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn lists_are_compared_element_by_element() {
        let before = json!({"name": "Billing", "scopes": ["openid", "email"], "notes": ""});
        let after = json!({"name": "Billing", "scopes": ["openid", "profile"], "require_pkce": true});
        let scopes = Line::Field("scopes".to_owned());
        let pkce = [
            Line::Field("require_pkce".to_owned()),
            Line::Come("true".to_owned()),
        ];
        let [field, come] = pkce;
        let (email, profile) = (Line::Gone("email".to_owned()), Line::Come("profile".to_owned()));
        assert_eq!(
            diff(Some(&before), Some(&after)),
            [scopes, email, profile, field, come]
        );
        assert!(diff(Some(&before), Some(&before)).is_empty());
    }

    #[test]
    fn what_came_to_be_is_all_plus_and_what_went_all_minus() {
        let record = json!({"name": "A\u{202e}B", "contacts": []});
        let field = || Line::Field("name".to_owned());
        assert_eq!(
            diff(None, Some(&record)),
            [field(), Line::Come("A<U+202E>B".to_owned())]
        );
        assert_eq!(
            diff(Some(&record), None),
            [field(), Line::Gone("A<U+202E>B".to_owned())]
        );
    }

    #[test]
    fn a_secret_is_told_by_when_it_was_made_and_how_long_it_counts() {
        let secret = |label: &str, made: &str, end: Option<&str>, revoked: Option<&str>| json!({"label": label, "created_at": made, "expires_at": end, "revoked_at": revoked});
        let record = |secrets: &[Value]| json!({"name": "Billing", "secrets": secrets});
        let [first, second, end] = [
            "2026-11-01T12:00:00Z",
            "2026-11-02T12:00:00Z",
            "2026-11-09T12:00:00Z",
        ];
        let words = |stored: &str| time_of(stored.parse().unwrap());
        let field = |made: &str| Line::Field(format!("secret Rotated secret, made {}", words(made)));
        let before = record(&[secret("Rotated secret", first, None, None)]);
        let rotated = record(&[
            secret("Rotated secret", first, Some(end), None),
            secret("Rotated secret", second, None, None),
        ]);
        let forever = || "valid without an end".to_owned();
        let until = format!("valid until {}", words(end));
        assert_eq!(
            diff(Some(&before), Some(&rotated)),
            [
                field(first),
                Line::Gone(forever()),
                Line::Come(until),
                field(second),
                Line::Come(forever())
            ]
        );
        let a_moment_later = "2026-11-01T12:00:00.25Z";
        let both = record(&[
            secret("Rotated secret", first, None, None),
            secret("Rotated secret", a_moment_later, None, None),
        ]);
        assert_eq!(
            diff(Some(&before), Some(&both)),
            [field(first), Line::Come(forever())]
        );
        let revoked = record(&[secret("Rotated secret", first, None, Some(second))]);
        assert_eq!(
            diff(Some(&before), Some(&revoked)),
            [
                field(first),
                Line::Gone(forever()),
                Line::Come(format!("revoked {}", words(second)))
            ]
        );
    }

    #[test]
    fn no_record_is_shown_as_json() {
        let record = json!({
            "claims": {"email": "ada@example.com", "address": {"country": "GB"}},
            "created_at": "2026-11-01T12:00:00Z",
            "access_token_lifetime": 600,
            "jwks": {"keys": [{"kty": "EC", "crv": "P-256"}]},
            "secrets": [{"label": ""}, "odd"],
        });
        let told: Vec<String> = diff(None, Some(&record))
            .into_iter()
            .map(|line| match line {
                Line::Field(text)
                | Line::Kept(text)
                | Line::Marked(text)
                | Line::Gone(text)
                | Line::Come(text) => text,
            })
            .collect();
        for text in [
            "claims.email",
            "claims.address.country",
            "10 minutes",
            "kty EC, crv P-256",
        ] {
            assert!(told.iter().any(|told| told == text), "{text}: {told:?}");
        }
        assert!(
            told.iter().all(|told| !told.contains(['{', '"', '['])),
            "{told:?}"
        );
    }

    #[test]
    fn a_long_text_is_compared_line_by_line_and_a_key_set_key_by_key() {
        let (before, after) = (
            json!({"notes": "One\n\nTwo\nThree", "jwks": {"keys": [{"kid": "1"}, {"kid": "2"}]}}),
            json!({"notes": "One\nTwo\nFour", "jwks": {"keys": [{"kid": "2"}, {"kid": "3"}]}}),
        );
        let field = |name: &str| Line::Field(name.to_owned());
        let gone = |text: &str| Line::Gone(text.to_owned());
        let come = |text: &str| Line::Come(text.to_owned());
        assert_eq!(
            diff(Some(&before), Some(&after)),
            [
                field("notes"),
                gone("Three"),
                come("Four"),
                field("jwks.keys"),
                gone("kid 1"),
                come("kid 3")
            ]
        );
    }

    #[test]
    fn another_order_shows_both_orders() {
        let (before, after) = (json!({"audience": ["a", "b"]}), json!({"audience": ["b", "a"]}));
        assert_eq!(diff(Some(&before), Some(&after)).len(), 5);
    }
}
