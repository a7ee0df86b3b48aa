//! The examples are run: each rule speaks of what breaks it, and is silent over what keeps it.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;
use serde_json::{Value, json};

use super::super::{Approval, Facts, Neighbours, ScopeFacts, SecretFacts, Settings, WatchedScope, judge};
use super::*;
use crate::client::{ClientDraft, ClientId, Severity, Status};

/// The `facts` of an example: ages and times in days.
#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Told {
    made: i64,
    used: Option<i64>,
    tokens: Option<i64>,
    disabled: bool,
    origin: Option<String>,
    secrets: Vec<ToldSecret>,
    scopes: BTreeMap<String, i64>,
    watched: BTreeMap<String, Vec<String>>,
    allowed_hosts: Vec<String>,
    other: Option<Value>,
    approved: bool,
}

#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct ToldSecret {
    made: i64,
    ends: Option<i64>,
    ended: Option<i64>,
    used: Option<i64>,
    weak: bool,
}

/// A client with nothing to remark on.
fn sound() -> Value {
    json!({
        "name": "Billing portal",
        "application_type": "web",
        "redirect_uris": ["https://billing.example.com/callback"],
        "post_logout_redirect_uris": [],
        "grant_types": ["authorization_code"],
        "response_types": ["code"],
        "scopes": ["openid", "read:invoices"],
        "audience": ["https://api.example.com"],
        "token_endpoint_auth_method": "private_key_jwt",
        "jwks_uri": "https://billing.example.com/jwks",
        "contacts": ["billing@example.com"],
        "require_pkce": true,
    })
}

/// RFC 7396, for one level: that is as deep as the examples go.
fn patched(patch: &Value) -> Value {
    let mut patched = sound();
    let members = patched.as_object_mut().unwrap();
    for (member, value) in patch.as_object().unwrap() {
        members.insert(member.clone(), value.clone());
        members.retain(|_, value| !value.is_null());
    }
    patched
}

fn findings(patch: &str) -> Vec<(AuditRule, Severity)> {
    let mut patch: Value = serde_json::from_str(patch).unwrap();
    let told = patch.as_object_mut().unwrap().remove("facts");
    let told: Told = told.map_or_else(Told::default, |told| serde_json::from_value(told).unwrap());
    let now: Timestamp = "2026-06-01T12:00:00Z".parse().unwrap();
    let ago = |days: i64| now - SignedDuration::from_hours(days * 24);
    let (id, other_id) = (
        ClientId::parse("billing").unwrap(),
        ClientId::parse("7d1f").unwrap(),
    );
    let draft: ClientDraft = serde_json::from_value(patched(&patch)).unwrap();
    let mut neighbours = Neighbours::default();
    neighbours.set(&id, &draft);
    neighbours.add_user("ada");
    if let Some(other) = told.other {
        neighbours.set(&other_id, &serde_json::from_value(patched(&other)).unwrap());
    }
    let secrets = told.secrets.iter().map(|secret| SecretFacts {
        label: String::new(),
        created_at: ago(secret.made),
        expires_at: secret.ends.map(|days| ago(-days)).or(secret.ended.map(ago)),
        revoked_at: None,
        last_used_at: secret.used.map(ago),
        is_weak: secret.weak,
    });
    let scopes_used = told.scopes.into_iter().map(|(scope, days)| ScopeFacts {
        scope,
        last_used_at: ago(days),
    });
    let (secrets, scopes_used): (Vec<_>, Vec<_>) = (secrets.collect(), scopes_used.collect());
    let approved: ClientDraft = serde_json::from_value(sound()).unwrap();
    let approval = Approval::of(&approved, 1, "Ada Admin", now);
    let facts = Facts {
        client_id: &id,
        draft: &draft,
        status: if told.disabled {
            Status::Disabled
        } else {
            Status::Active
        },
        origin: told.origin.as_deref(),
        created_at: ago(told.made),
        last_used_at: told.used.map(ago),
        tokens_until: told.tokens.map(|days| ago(-days)),
        secrets: &secrets,
        scopes_used: &scopes_used,
        approval: told.approved.then_some(&approval),
        acceptances: &[],
        version: 2,
        is_registered: true,
    };
    let watched_scopes = told.watched.into_iter().map(|(scope, clients)| WatchedScope {
        scope,
        clients,
        severity: Severity::Medium,
        note: String::new(),
    });
    let settings = Settings {
        allowed_hosts: told.allowed_hosts,
        watched_scopes: watched_scopes.collect(),
        ..Settings::default()
    };
    let found = judge(&facts, &neighbours, &settings, now);
    found
        .into_iter()
        .map(|finding| (finding.rule, finding.severity))
        .collect()
}

#[test]
fn of_a_sound_client_nothing_is_said() {
    assert_eq!(findings("{}"), []);
}

#[test]
fn every_rule_speaks_of_what_breaks_it_and_is_silent_over_what_keeps_it() {
    for rule in AuditRule::all() {
        let Example { fails, passes } = example(rule);
        let speaks = |patch: &str| findings(patch).iter().any(|(found, _)| *found == rule);
        assert!(speaks(&fails), "{rule} is silent over {fails}");
        assert!(!speaks(&passes), "{rule} speaks of {passes}");
    }
}

/// Their order is that of the table: identifier, severities from the worst to the least, whether it refuses.
#[test]
fn the_severities_are_those_that_were_agreed() {
    use Severity::{Critical, High, Info, Low, Medium};
    const REFUSED: &[(&str, Severity)] = &[
        ("redir-none", Medium),
        ("redir-any", Critical),
        ("redir-host-wildcard", Critical),
        ("redir-path-wildcard", Medium),
        ("redir-http", High),
        ("redir-not-absolute", High),
        ("redir-template", High),
        ("redir-fragment", Medium),
        ("redir-userinfo", High),
        ("redir-bad-scheme", Critical),
        ("uri-password", High),
        ("grant-response-mismatch", Medium),
        ("grant-cc-public", High),
        ("jwks-missing", High),
        ("jwks-both", Medium),
        ("jwks-private", Critical),
        ("alg-none", Critical),
        ("pairwise-no-sector", Medium),
    ];
    const REMARKED: &[(&str, Severity)] = &[
        ("redir-custom-scheme", Info),
        ("redir-out-of-band", Medium),
        ("redir-localhost-name", Low),
        ("redir-loopback-web", Medium),
        ("redir-mixed-env", Medium),
        ("redir-shared", Medium),
        ("redir-many", Low),
        ("redir-foreign-host", Medium),
        ("redir-ambiguous", Medium),
        ("logout-uri-bad", Medium),
        ("pkce-public", High),
        ("pkce-confidential", Medium),
        ("grant-implicit", High),
        ("grant-password", Medium),
        ("grant-refresh-alone", Low),
        ("grant-cc-mixed", Info),
        ("cc-user-scopes", Low),
        ("auth-native-secret", High),
        ("auth-shared-secret", Info),
        ("auth-post", Low),
        ("jwks-uri-http", High),
        ("jwks-weak", High),
        ("alg-hs-id-token", High),
        ("secret-expired", High),
        ("secret-soon", Medium),
        ("secret-old", Low),
        ("secret-overlap-open", Medium),
        ("secret-old-in-use", Medium),
        ("ttl-long", Medium),
        ("scope-unused", Low),
        ("aud-none", Medium),
        ("aud-wide", Low),
        ("cors-star", Medium),
        ("cors-invalid", Info),
        ("pop-missing", Info),
        ("owner-missing", Medium),
        ("client-unused", Medium),
        ("dcr-orphan", Low),
        ("disabled-live-tokens", High),
        ("client-lookalike", Medium),
        ("meta-uri", Low),
    ];
    for (agreed, refuses) in [(REFUSED, true), (REMARKED, false)] {
        for (id, severity) in agreed {
            let rule = AuditRule::all().find(|rule| rule.id() == *id);
            let is = rule.map(|rule| (rule.severity(), rule.refuses()));
            assert_eq!(is, Some((*severity, refuses)), "{id}");
        }
    }
}
