//! Passwords in addresses. `https://user:password@host/` holds a secret in clear (RFC 3986 §3.2.1 and §7.5): no registration,
//! report or export has one, and what was imported with one is kept without it.

use std::borrow::Cow;

use memchr::memchr;
use serde_json::Value;

use super::{ClientDraft, Finding, Fix, Rule};

/// Where an address ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Text {
    /// It is the whole text.
    Address,
    /// Addresses stand in it among words.
    Prose,
}

/// The same text, and each address in it without its password: `https://user@host/`. `None` where there is none.
pub fn without_passwords(text: &str) -> Option<String> {
    without(text, Text::Prose)
}

/// The same text, as it is where there is no password in it.
pub fn hide_passwords(text: &str) -> Cow<'_, str> {
    without_passwords(text).map_or(Cow::Borrowed(text), Cow::Owned)
}

/// Takes the passwords out of all texts of a value.
pub fn hide_passwords_in(value: &mut Value) {
    each_text(value, &mut |text| {
        if let Some(kept) = without_passwords(text) {
            *text = kept;
        }
    });
}

impl ClientDraft {
    /// Takes the passwords out of all addresses, and names the members they stood in, by the standard's names.
    pub fn take_passwords(&mut self) -> Vec<String> {
        let mut members: Vec<String> = Vec::new();
        let mut take = |member: &str, kind, text: &mut String| {
            if let Some(kept) = without(text, kind) {
                *text = kept;
                if !members.iter().any(|known| known == member) {
                    members.push(member.to_owned());
                }
            }
        };
        for (member, text) in [("client_name", &mut self.name), ("notes", &mut self.notes)] {
            take(member, Text::Prose, text);
        }
        for (member, texts) in [
            ("redirect_uris", &mut self.redirect_uris),
            ("post_logout_redirect_uris", &mut self.post_logout_redirect_uris),
            ("scope", &mut self.scopes),
            ("audience", &mut self.audience),
            ("allowed_cors_origins", &mut self.allowed_cors_origins),
            ("contacts", &mut self.contacts),
            ("labels", &mut self.labels),
        ] {
            texts
                .iter_mut()
                .for_each(|text| take(member, Text::Address, text));
        }
        for (member, text) in [
            ("sector_identifier_uri", &mut self.sector_identifier_uri),
            ("jwks_uri", &mut self.jwks_uri),
            ("client_uri", &mut self.client_uri),
            ("logo_uri", &mut self.logo_uri),
            ("policy_uri", &mut self.policy_uri),
            ("tos_uri", &mut self.tos_uri),
            ("software_id", &mut self.software_id),
            ("software_version", &mut self.software_version),
            ("tls_client_auth_san_uri", &mut self.tls_client_auth_san_uri),
        ] {
            text.iter_mut().for_each(|text| take(member, Text::Address, text));
        }
        for (member, value) in &mut self.other_members {
            each_text(value, &mut |text| take(member, Text::Prose, text));
        }
        members
    }
}

/// A finding for each address with a password, on the field that it stands in.
pub(super) fn findings<'a>(
    texts: impl Iterator<Item = (&'static str, &'a str)>,
    findings: &mut Vec<Finding>,
) {
    for (field, text) in texts {
        if let Some(shown) = without_passwords(text) {
            // What is told of it goes into reports.
            let finding = Finding::new(Rule::UriPassword, field).about(&shown);
            findings.push(finding.ended_by(Fix::TakePasswords));
        }
    }
}

fn each_text(value: &mut Value, visit: &mut dyn FnMut(&mut String)) {
    match value {
        Value::String(text) => visit(text),
        Value::Array(items) => items.iter_mut().for_each(|item| each_text(item, visit)),
        Value::Object(members) => members.values_mut().for_each(|item| each_text(item, visit)),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

fn without(text: &str, kind: Text) -> Option<String> {
    // Nearly no text has one.
    if memchr(b'@', text.as_bytes()).is_none() || !text.contains(':') {
        return None;
    }
    let mut kept = String::with_capacity(text.len());
    let mut rest = text;
    let mut any = false;
    while let Some(at) = authority(rest) {
        let (before, from) = rest.split_at(at);
        kept.push_str(before);
        let is_end =
            |c: char| matches!(c, '/' | '\\' | '?' | '#') || (kind == Text::Prose && c.is_whitespace());
        let (whole, after) = from.split_at(from.find(is_end).unwrap_or(from.len()));
        match whole
            .rsplit_once('@')
            .map(|(user, host)| (user.split_once(':'), host))
        {
            Some((Some((user, password)), host)) if !password.is_empty() => {
                any = true;
                kept.push_str(user);
                kept.push('@');
                kept.push_str(host);
            }
            _ => kept.push_str(whole),
        }
        rest = after;
    }
    kept.push_str(rest);
    any.then_some(kept)
}

/// Where the next authority begins: behind `//`, or behind a scheme whose slashes browsers put in themselves, as in
/// `https:user@host`.
fn authority(text: &str) -> Option<usize> {
    let is_slash = |c: char| matches!(c, '/' | '\\');
    let behind = |at: usize| {
        text.get(at..)
            .map_or(at, |rest| text.len() - rest.trim_start_matches(is_slash).len())
    };
    let slashes = text.find("//").map(behind);
    let lower = text.get(..slashes.unwrap_or(text.len()))?.to_ascii_lowercase();
    let schemes = ["https:", "http:", "wss:", "ws:", "ftp:"].iter();
    let lazy = schemes.filter_map(|scheme| Some(lower.find(scheme)? + scheme.len()));
    let lazy = lazy.map(behind).min();
    match (slashes, lazy) {
        (Some(slashes), Some(lazy)) => Some(slashes.min(lazy)),
        (slashes, lazy) => slashes.or(lazy),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    #[test]
    fn an_address_is_kept_without_its_password() {
        for (text, expected) in [
            ("https://user:pw@host/cb", "https://user@host/cb"),
            (
                "https://user:p:w@x:y@host:8443/cb?a=b:c@d#e",
                "https://user@host:8443/cb?a=b:c@d#e",
            ),
            ("https://:pw@host", "https://@host"),
            ("HTTPS:/user:pw@host/cb", "HTTPS:/user@host/cb"),
            ("https:user:pw@host/cb", "https:user@host/cb"),
            ("https:\\\\user:pw@host", "https:\\\\user@host"),
            ("//user:pw@host/*", "//user@host/*"),
            ("com.example.app://user:pw@host", "com.example.app://user@host"),
            ("jdbc:postgresql://user:pw@db/a", "jdbc:postgresql://user@db/a"),
            (
                "see http://a:8080 and https://b:pw@c.",
                "see http://a:8080 and https://b@c.",
            ),
            ("https://a:1@b##https://c:2@d", "https://a@b##https://c@d"),
        ] {
            assert_eq!(without_passwords(text).as_deref(), Some(expected), "{text}");
        }
        for text in [
            "https://user@host/cb",
            "https://user:@host",
            "https://host:8443/a:b@c",
            "https://host?a:b@c",
            "mailto:ada@example.com",
            "http://localhost:*",
            "urn:example:a@b",
            "Ada: ada@example.com",
        ] {
            assert_eq!(without_passwords(text), None, "{text}");
        }
    }

    #[test]
    fn every_member_is_looked_through_and_named_once() {
        let uri = || "https://user:hunter2@host.example/".to_owned();
        let mut draft = ClientDraft {
            redirect_uris: vec![uri(), "https://host.example/".to_owned(), uri()],
            post_logout_redirect_uris: vec![uri()],
            client_uri: Some(uri()),
            notes: format!("at {}", uri()),
            ..ClientDraft::default()
        };
        draft
            .other_members
            .insert("x_a".to_owned(), json!({"b": [uri()]}));
        let expected = [
            "notes",
            "redirect_uris",
            "post_logout_redirect_uris",
            "client_uri",
            "x_a",
        ];
        assert_eq!(draft.take_passwords(), expected);
        assert!(!format!("{draft:?}").contains("hunter2"));
        assert!(draft.take_passwords().is_empty());
    }

    proptest! {
        #[test]
        fn what_a_browser_would_send_as_a_password_is_gone(
            scheme in "https?|ftp|wss", slashes in "[/\\\\]{0,3}", user in "[a-z@:]{0,4}", password in "[a-z:]{1,4}", path in "(/[a-z:@]{0,4})?",
        ) {
            let text = format!("{scheme}:{slashes}{user}:{password}@host.example{path}");
            let kept = without_passwords(&text).unwrap_or(text);
            if let Ok(url) = url::Url::parse(&kept) {
                prop_assert_eq!(url.password(), None);
            }
            prop_assert_eq!(without_passwords(&kept), None);
        }
    }
}
