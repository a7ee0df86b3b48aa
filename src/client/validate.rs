//! The one validator: every rule that needs only the draft, applied to its fields.

mod redirects;
mod tokens;

use url::Url;

use super::{
    ApplicationType, AuthMethod, ClientDraft, ClientKind, ClientType, Finding, Fix, GrantType, Rule,
    RuleSettings, Severity, jwks, password, redirect_uri,
};

/// The most values that one list takes.
const MAX_VALUES: usize = 200;
/// The longest name and the longest note, in characters.
const MAX_NAME: usize = 200;
const MAX_NOTES: usize = 10_000;

/// Every finding on a draft: those that refuse it first, then by severity.
pub(super) fn findings(draft: &ClientDraft, settings: &RuleSettings) -> Vec<Finding> {
    let mut findings = Vec::new();
    text_findings(draft, &mut findings);
    redirects::redirect_findings(draft, settings, &mut findings);
    grant_findings(draft, &mut findings);
    authentication_findings(draft, &mut findings);
    tokens::token_findings(draft, settings, &mut findings);
    tokens::page_findings(draft, &mut findings);
    settings.weigh(&mut findings);
    findings.sort_by_key(|finding| std::cmp::Reverse((finding.refuses(), finding.severity)));
    findings
}

/// Control characters, and those that reorder or hide text on the screen (Unicode UAX #9, UTS #39).
pub fn has_unsafe_characters(text: &str) -> bool {
    // Nearly every text has nothing but letters and signs of ASCII, and to look at all of its bytes is quicker than to stop at
    // the first one that is none.
    let is_other = |byte: u8| !matches!(byte, b' '..=b'~');
    if !text.bytes().fold(false, |any, byte| any | is_other(byte)) {
        return false;
    }
    if text.bytes().any(|byte| byte.is_ascii_control()) {
        return true;
    }
    // So begin the others in UTF-8: C1 controls, U+061C, U+20xx, U+FEFF.
    let begins = |(_, byte): &(usize, u8)| matches!(byte, 0xc2 | 0xd8 | 0xe2 | 0xef);
    let mut places = text.bytes().enumerate().filter(begins);
    places.any(|(at, _)| {
        let rest = text.get(at..);
        rest.and_then(|rest| rest.chars().next()).is_some_and(is_unsafe)
    })
}

fn is_unsafe(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{61c}' | '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}')
}

/// The same text with such characters spelled out, fit to be shown: `<U+202E>`.
pub fn make_visible(text: &str) -> String {
    if !text.contains(is_unsafe) {
        return text.to_owned();
    }
    text.chars()
        .map(|c| {
            if is_unsafe(c) {
                format!("<U+{:04X}>", u32::from(c))
            } else {
                c.to_string()
            }
        })
        .collect()
}

/// The same text without such characters. What separates words becomes a space where people read it; notes keep their lines.
pub(super) fn strip_unsafe(text: &str, field: &str) -> String {
    let is_prose = matches!(field, "name" | "notes" | "labels");
    let stripped: String = text
        .chars()
        .filter_map(|c| match c {
            '\n' | '\t' if field == "notes" => Some(c),
            c if !is_unsafe(c) => Some(c),
            c if is_prose && c.is_whitespace() => Some(' '),
            _ => None,
        })
        .collect();
    stripped.trim().to_owned()
}

fn text_findings(draft: &ClientDraft, findings: &mut Vec<Finding>) {
    if draft.name.trim().is_empty() {
        findings.push(Finding::new(Rule::NameMissing, "name"));
    }
    judge_text(&draft.name, "name", MAX_NAME, findings);
    if !draft.notes.is_empty() {
        let lines = draft.notes.replace(['\n', '\t'], "");
        judge_text(&lines, "notes", MAX_NOTES, findings);
    }
    for (field, value) in single_texts(draft) {
        judge_text(value, field, redirect_uri::MAX_LENGTH, findings);
    }
    let listed = lists(draft)
        .into_iter()
        .filter(|(field, _)| *field != "redirect_uris");
    let listed = listed.flat_map(|(field, values)| values.iter().map(move |value| (field, value.as_str())));
    let prose = [("name", draft.name.as_str()), ("notes", draft.notes.as_str())];
    // Of a redirect URI a rule of its own says it.
    password::findings(
        prose.into_iter().chain(single_texts(draft)).chain(listed),
        findings,
    );
    for (field, values) in lists(draft) {
        if values.len() > MAX_VALUES {
            findings.push(Finding::new(Rule::ListTooLong, field));
        }
        // Redirect URIs are judged whole elsewhere; a long list is not searched beyond what it may hold.
        if field != "redirect_uris" {
            values
                .iter()
                .take(MAX_VALUES)
                .for_each(|value| judge_text(value, field, redirect_uri::MAX_LENGTH, findings));
        }
    }
}

fn judge_text(value: &str, field: &'static str, limit: usize, findings: &mut Vec<Finding>) {
    if value.len() > limit && value.chars().count() > limit {
        findings.push(Finding::new(Rule::TextTooLong, field).about(value));
    } else if has_unsafe_characters(value) {
        let finding = Finding::new(Rule::TextUnsafe, field).about(value);
        findings.push(finding.ended_by(Fix::StripText { field }));
    }
}

fn single_texts(draft: &ClientDraft) -> impl Iterator<Item = (&'static str, &str)> {
    [
        ("client_uri", &draft.client_uri),
        ("logo_uri", &draft.logo_uri),
        ("policy_uri", &draft.policy_uri),
        ("tos_uri", &draft.tos_uri),
        ("jwks_uri", &draft.jwks_uri),
        ("sector_identifier_uri", &draft.sector_identifier_uri),
        ("software_id", &draft.software_id),
        ("software_version", &draft.software_version),
        (
            "id_token_signed_response_alg",
            &draft.id_token_signed_response_alg,
        ),
        (
            "token_endpoint_auth_signing_alg",
            &draft.token_endpoint_auth_signing_alg,
        ),
        ("tls_client_auth_subject_dn", &draft.tls_client_auth_subject_dn),
        ("tls_client_auth_san_dns", &draft.tls_client_auth_san_dns),
        ("tls_client_auth_san_uri", &draft.tls_client_auth_san_uri),
        ("tls_client_auth_san_ip", &draft.tls_client_auth_san_ip),
        ("tls_client_auth_san_email", &draft.tls_client_auth_san_email),
    ]
    .into_iter()
    .filter_map(|(field, value)| value.as_deref().map(|value| (field, value)))
}

fn lists(draft: &ClientDraft) -> [(&'static str, &[String]); 8] {
    [
        ("redirect_uris", &draft.redirect_uris),
        ("post_logout_redirect_uris", &draft.post_logout_redirect_uris),
        ("response_types", &draft.response_types),
        ("scopes", &draft.scopes),
        ("audience", &draft.audience),
        ("allowed_cors_origins", &draft.allowed_cors_origins),
        ("contacts", &draft.contacts),
        ("labels", &draft.labels),
    ]
}

fn grant_findings(draft: &ClientDraft, findings: &mut Vec<Finding>) {
    const FIELD: &str = "grant_types";
    let public = draft.client_type() == ClientType::Public;
    let has = |grant| draft.has_grant(grant);
    let returns_token = draft
        .response_types
        .iter()
        .any(|types| types.split(' ').any(|word| word == "token"));
    if has(GrantType::Implicit) || returns_token {
        findings
            .push(Finding::new(Rule::GrantImplicit, FIELD).ended_by(Fix::RemoveGrant(GrantType::Implicit)));
    }
    if has(GrantType::Password) {
        let severity = if public { Severity::High } else { Severity::Medium };
        let finding = Finding::new(Rule::GrantPassword, FIELD).as_bad_as(severity);
        findings.push(finding.ended_by(Fix::RemoveGrant(GrantType::Password)));
    }
    if let Some(alone) = response_type_without_grant(draft) {
        let finding = Finding::new(Rule::GrantResponseMismatch, "response_types").about(alone);
        findings.push(finding.ended_by(Fix::MatchResponseTypes));
    }
    let gives_refresh = [
        GrantType::AuthorizationCode,
        GrantType::DeviceCode,
        GrantType::Ciba,
        GrantType::Password,
    ];
    if has(GrantType::RefreshToken) && !gives_refresh.into_iter().any(has) {
        findings.push(
            Finding::new(Rule::GrantRefreshAlone, FIELD).ended_by(Fix::RemoveGrant(GrantType::RefreshToken)),
        );
    }
    if has(GrantType::ClientCredentials) {
        if public {
            let fix = Fix::RemoveGrant(GrantType::ClientCredentials);
            findings.push(Finding::new(Rule::GrantCcPublic, FIELD).ended_by(fix));
        } else if draft.grant_types.iter().any(|grant| grant.involves_user()) {
            findings.push(Finding::new(Rule::GrantCcMixed, FIELD));
        } else {
            for scope in draft
                .scopes
                .iter()
                .filter(|scope| matches!(scope.as_str(), "openid" | "offline_access"))
            {
                let fix = Fix::RemoveScope(scope.clone());
                findings.push(
                    Finding::new(Rule::CcUserScopes, "scopes")
                        .about(scope)
                        .ended_by(fix),
                );
            }
        }
    }
    if has(GrantType::TokenExchange) && public {
        let fix = Fix::RemoveGrant(GrantType::TokenExchange);
        findings.push(Finding::new(Rule::GrantExchangePublic, FIELD).ended_by(fix));
    }
    if has(GrantType::JwtBearer) && draft.jwks.is_none() && draft.jwks_uri.is_none() {
        let fix = Fix::RemoveGrant(GrantType::JwtBearer);
        findings.push(Finding::new(Rule::GrantJwtBearerKeyless, FIELD).ended_by(fix));
    }
    if has(GrantType::AuthorizationCode) && !draft.require_pkce {
        let rule = if public {
            Rule::PkcePublic
        } else {
            Rule::PkceConfidential
        };
        findings.push(Finding::new(rule, "require_pkce").ended_by(Fix::RequirePkce));
    }
}

/// The first response type that no grant goes with, or the grant that no response type goes with: `code` needs and is needed by
/// the code grant; the front-channel types need the implicit grant (RFC 7591 §2.1).
fn response_type_without_grant(draft: &ClientDraft) -> Option<&str> {
    let has_code = draft.has_grant(GrantType::AuthorizationCode);
    let fits = |word| match word {
        "code" => has_code,
        "token" | "id_token" => draft.has_grant(GrantType::Implicit),
        other => other == "none",
    };
    let is_code = |types: &String| types.split(' ').any(|word| word == "code");
    let unfit = draft
        .response_types
        .iter()
        .find(|types| !types.split(' ').all(fits));
    unfit.map(String::as_str).or_else(|| {
        let is_alone = has_code && !draft.response_types.iter().any(is_code);
        is_alone.then_some(GrantType::AuthorizationCode.as_str())
    })
}

fn authentication_findings(draft: &ClientDraft, findings: &mut Vec<Finding>) {
    const FIELD: &str = "token_endpoint_auth_method";
    let method = draft.token_endpoint_auth_method;
    if method.uses_secret() {
        let installed = draft.application_type == ApplicationType::Native;
        let rule = if installed {
            Rule::AuthNativeSecret
        } else {
            Rule::AuthSharedSecret
        };
        let finding = Finding::new(rule, FIELD);
        let offers_none = installed && draft.kind() != ClientKind::Service;
        findings.push(if offers_none {
            finding.ended_by(Fix::SetAuthMethod(AuthMethod::None))
        } else {
            finding
        });
    }
    if method == AuthMethod::ClientSecretPost {
        let fix = Fix::SetAuthMethod(AuthMethod::ClientSecretBasic);
        findings.push(Finding::new(Rule::AuthPost, FIELD).ended_by(fix));
    }
    match (&draft.jwks, &draft.jwks_uri) {
        (None, None) if method.needs_keys() => findings.push(Finding::new(Rule::JwksMissing, "jwks")),
        (Some(_), Some(_)) => findings.push(Finding::new(Rule::JwksBoth, "jwks")),
        _ => {}
    }
    if let Some(keys) = &draft.jwks {
        findings.extend(
            jwks::problems(keys)
                .into_iter()
                .map(|rule| Finding::new(rule, "jwks")),
        );
    }
    if draft.other_members.values().any(jwks::holds_private_key) {
        findings.push(Finding::new(Rule::JwksPrivate, "other_members"));
    }
    if draft
        .jwks_uri
        .as_deref()
        .is_some_and(|uri| !Url::parse(uri).is_ok_and(|url| is_https(&url)))
    {
        findings.push(Finding::new(Rule::JwksUriHttp, "jwks_uri"));
    }
    let subjects = [
        &draft.tls_client_auth_subject_dn,
        &draft.tls_client_auth_san_dns,
        &draft.tls_client_auth_san_uri,
        &draft.tls_client_auth_san_ip,
        &draft.tls_client_auth_san_email,
    ];
    let count = subjects.into_iter().filter(|subject| subject.is_some()).count();
    if method == AuthMethod::TlsClientAuth && count != 1 {
        findings.push(Finding::new(Rule::TlsSubject, "tls_client_auth_subject_dn"));
    }
}

fn is_https(url: &Url) -> bool {
    url.scheme() == "https" && url.has_host()
}

#[cfg(test)]
mod tests;
