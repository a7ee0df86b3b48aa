//! The rules over what tokens hold, and over origins, owners and pages.

use url::Url;

use super::{MAX_VALUES, is_https};
use crate::client::redirect_uri::plain_host;
use crate::client::{
    ClientDraft, Finding, Fix, Rule, RuleSettings, Scope, Severity, SubjectType, holds_placeholder, lifetime,
};

pub(super) fn token_findings(draft: &ClientDraft, settings: &RuleSettings, findings: &mut Vec<Finding>) {
    for (field, alg) in [
        (
            "id_token_signed_response_alg",
            &draft.id_token_signed_response_alg,
        ),
        (
            "token_endpoint_auth_signing_alg",
            &draft.token_endpoint_auth_signing_alg,
        ),
    ] {
        match alg.as_deref() {
            Some(none) if none.eq_ignore_ascii_case("none") => {
                findings.push(Finding::new(Rule::AlgNone, field).ended_by(Fix::DefaultIdTokenAlg));
            }
            Some(hs) if hs.starts_with("HS") && field == "id_token_signed_response_alg" => {
                findings.push(Finding::new(Rule::AlgHsIdToken, field).ended_by(Fix::DefaultIdTokenAlg));
            }
            _ => {}
        }
    }
    let seconds = lifetime_or_default(draft);
    if seconds > lifetime::CALM_ACCESS_TOKEN {
        let severity = if seconds > lifetime::MAX_ACCESS_TOKEN {
            Severity::High
        } else {
            Severity::Medium
        };
        let finding = Finding::new(Rule::TtlLong, "access_token_lifetime").as_bad_as(severity);
        findings.push(
            finding
                .about(lifetime::describe(seconds.into()))
                .ended_by(Fix::DefaultLifetime),
        );
    }
    for scope in draft
        .scopes
        .iter()
        .take(MAX_VALUES)
        .filter(|scope| Scope::parse(scope).is_none())
    {
        let fix = Fix::RemoveScope(scope.clone());
        findings.push(
            Finding::new(Rule::ScopeSyntax, "scopes")
                .about(scope)
                .ended_by(fix),
        );
    }
    for audience in draft
        .audience
        .iter()
        .take(MAX_VALUES)
        .filter(|audience| !is_audience(audience))
    {
        findings.push(Finding::new(Rule::AudienceSyntax, "audience").about(audience));
    }
    match draft.audience.len() {
        0 => findings.push(Finding::new(Rule::AudNone, "audience")),
        many if many > settings.many_audiences as usize => {
            findings.push(Finding::new(Rule::AudWide, "audience"))
        }
        _ => {}
    }
    if draft.subject_type == Some(SubjectType::Pairwise) && draft.sector_identifier_uri.is_none() {
        let mut hosts: Vec<_> = draft.redirect_uris.iter().filter_map(|uri| host(uri)).collect();
        hosts.sort();
        hosts.dedup();
        if hosts.len() > 1 {
            findings.push(Finding::new(Rule::PairwiseNoSector, "sector_identifier_uri"));
        }
    }
}

fn lifetime_or_default(draft: &ClientDraft) -> u32 {
    draft
        .access_token_lifetime
        .unwrap_or(lifetime::DEFAULT_ACCESS_TOKEN)
}

/// An absolute URI without a fragment (RFC 8707 §2), or a plain name for servers that have no URI.
fn is_audience(text: &str) -> bool {
    !text.is_empty()
        && !text.contains(char::is_whitespace)
        && !text.contains('#')
        && (!text.contains("://") || Url::parse(text).is_ok())
}

pub(super) fn page_findings(draft: &ClientDraft, findings: &mut Vec<Finding>) {
    for origin in draft.allowed_cors_origins.iter().take(MAX_VALUES) {
        if origin == "*" {
            let fix = Fix::ReplaceOrigin {
                from: origin.clone(),
                to: None,
            };
            findings.push(
                Finding::new(Rule::CorsStar, "allowed_cors_origins")
                    .about(origin)
                    .ended_by(fix),
            );
            continue;
        }
        let bare = bare_origin(origin).filter(|_| !holds_placeholder(origin));
        if bare.as_deref() != Some(origin) {
            let fix = Fix::ReplaceOrigin {
                from: origin.clone(),
                to: bare,
            };
            findings.push(
                Finding::new(Rule::CorsInvalid, "allowed_cors_origins")
                    .about(origin)
                    .ended_by(fix),
            );
        }
    }
    if draft.contacts.iter().all(|contact| contact.trim().is_empty()) {
        findings.push(Finding::new(Rule::OwnerMissing, "contacts"));
    }
    let mut home = None;
    for (field, uri) in [
        ("client_uri", &draft.client_uri),
        ("logo_uri", &draft.logo_uri),
        ("policy_uri", &draft.policy_uri),
        ("tos_uri", &draft.tos_uri),
    ] {
        let Some(uri) = uri else { continue };
        let plain = plain_host(uri);
        let page = match plain {
            Some(_) => None,
            None => Url::parse(uri).ok(),
        };
        let host = plain.or(page.as_ref().and_then(Url::host_str));
        if field == "client_uri" {
            home = host.map(str::to_owned);
        }
        let elsewhere = home
            .as_deref()
            .is_some_and(|home| host.is_none_or(|host| !same_site(home, host)));
        let is_https = plain.is_some() || page.as_ref().is_some_and(is_https);
        if !is_https || elsewhere {
            findings.push(Finding::new(Rule::MetaUri, field).about(uri));
        }
    }
}

/// The origin of an address as a browser sends it (RFC 6454 §6.2).
fn bare_origin(text: &str) -> Option<String> {
    if plain_host(text).is_some_and(|host| host.len() + "https://".len() == text.len()) {
        return Some(text.to_owned());
    }
    let origin = Url::parse(text).ok()?.origin();
    origin.is_tuple().then(|| origin.ascii_serialization())
}

fn host(uri: &str) -> Option<String> {
    Url::parse(uri).ok()?.host_str().map(str::to_owned)
}

/// Whether one host is the other, above it or below it.
fn same_site(a: &str, b: &str) -> bool {
    let below = |child: &str, parent: &str| {
        child
            .strip_suffix(parent)
            .is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
    };
    below(a, b) || below(b, a)
}
