//! Redirect URIs by the matching of the system that they came from. The one matcher here takes `*` as nothing that matches, and a
//! draft with one is not saved; what it meant in Keycloak decides how bad it is.
//!
//! There, a `*` counts at the end only, and not where a query stands before it: what is asked for has to begin with what stands
//! before it. Anywhere else it is a character like any other. Where it ends a host, versions differ:
//!
//! | pattern | before | from |
//! |---|---|---|
//! | `https://host*` | any host that begins so | 26.4.13, 26.6.3 and 27: `https://host/*` |
//! | `https://host:*` | any host, by a user name before it: `https://host:x@other` | 23.0.3: any port and path of the host |
//!
//! The source is `RedirectUtils.java` of `services/src/main/java/org/keycloak/protocol/oidc/utils`: the first by issue 48430 of
//! keycloak/keycloak (pull requests 48793, 49183 and 49188), the second by pull request 25607 (CVE-2023-6291), since when user
//! names are taken off, and from 24.0.3 on are compared exactly. That several `@` in a row were let through until 26.2.16, 26.4.12
//! and 26.6.2 (CVE-2026-7504) is a fault of these versions, and not held against an address. `*` alone fits every address of http
//! and https in all versions. Neither a query nor, with the first change, a fragment may stand before a wildcard.
//!
//! Web origins are compared exactly, and only `*` alone stands for all (`DefaultCors.checkAllowedOrigins`).

use super::{AuditFinding, AuditRule, FactRule, Facts, Settings};
use crate::client::redirect_uri::{has_reverse_domain_scheme, is_loopback, problems};
use crate::client::{ApplicationType, ClientDraft, ClientId, Finding, Fix, Rule, Severity};
use url::Url;

/// How the origin of a client begins that came from Keycloak; its version follows.
const ORIGIN: &str = "keycloak";
/// What stands for the address of Keycloak itself.
const OWN_ADDRESS: [&str; 2] = ["${authBaseUrl}", "${authAdminUrl}"];
/// The rules that are read anew.
const WILDCARDS: [Rule; 3] = [Rule::RedirAny, Rule::RedirHostWildcard, Rule::RedirPathWildcard];

/// Which addresses a registered one fits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Reach {
    /// Every one, or every one of http or https.
    Any,
    /// Those of other hosts too.
    Host,
    /// Many of one host, or of one private-use scheme.
    Path,
    /// None at all.
    Never,
    /// Itself.
    Exact,
}

/// Puts in what the wildcards of a client of Keycloak mean there, in the place of what they would mean here. Returns what only
/// the origin shows.
pub(super) fn reread(
    facts: &Facts<'_>,
    settings: &Settings,
    findings: &mut Vec<AuditFinding>,
) -> Vec<AuditFinding> {
    let Some(version) = facts.origin.and_then(Version::of_origin) else {
        return Vec::new();
    };
    let draft = facts.draft;
    let patterns = draft.redirect_uris.iter().chain(&draft.post_logout_redirect_uris);
    let mut anew = origins_with_wildcards(&draft.allowed_cors_origins, findings);
    let mut never = Vec::new();
    if patterns.clone().any(|uri| uri.contains('*') || is_own(uri)) {
        findings.retain(|finding| !is_read_anew(finding));
        for (field, uris) in [
            ("redirect_uris", &draft.redirect_uris),
            ("post_logout_redirect_uris", &draft.post_logout_redirect_uris),
        ] {
            let unmatched = uris.iter().filter(|uri| reach(uri, version) == Reach::Never);
            never.extend(
                unmatched.map(|uri| AuditFinding::new(FactRule::RedirNeverMatches, field).about(uri)),
            );
        }
        for uri in &draft.redirect_uris {
            of_redirect(uri, version, draft, &mut anew);
        }
        for uri in &draft.post_logout_redirect_uris {
            if is_bad_after_logout(uri, version) {
                anew.push(Finding::new(Rule::LogoutUriBad, "post_logout_redirect_uris").about(uri));
            }
        }
    }
    let anew = anew.into_iter().map(AuditFinding::from);
    findings.extend(anew.filter_map(|finding| settings.weighed(finding)));
    never
}

/// Origins that no browser sends, as they hold a wildcard, and of which that is not said yet.
fn origins_with_wildcards(origins: &[String], findings: &[AuditFinding]) -> Vec<Finding> {
    let is_said = |origin: &str| {
        let invalid = AuditRule::Draft(Rule::CorsInvalid);
        findings
            .iter()
            .any(|finding| finding.rule == invalid && finding.value.as_deref() == Some(origin))
    };
    let unsaid = origins
        .iter()
        .filter(|origin| origin.len() > 1 && origin.contains('*') && !is_said(origin));
    let found = |origin: &String| {
        let finding = Finding::new(Rule::CorsInvalid, "allowed_cors_origins").about(origin);
        finding.ended_by(Fix::ReplaceOrigin {
            from: origin.clone(),
            to: None,
        })
    };
    unsaid.map(found).collect()
}

/// Whether two clients are the account pages that Keycloak makes for every realm, and gives the same address
/// (`RealmManager.setupAccountManagement`).
pub(super) fn are_account_pages(one: &ClientId, other: &ClientId, uri: &str) -> bool {
    let is_of_account = |id: &ClientId| matches!(id.as_str(), "account" | "account-console");
    let path = uri
        .rsplit_once("/realms/")
        .and_then(|(_, rest)| rest.split_once('/'));
    is_of_account(one)
        && is_of_account(other)
        && path.is_some_and(|(_, path)| path.trim_end_matches(['/', '*']) == "account")
}

fn is_read_anew(finding: &AuditFinding) -> bool {
    let AuditRule::Draft(rule) = finding.rule else {
        return false;
    };
    match finding.field {
        "redirect_uris" => {
            let leads_to_keycloak = finding.value.as_deref().is_some_and(is_own);
            WILDCARDS.contains(&rule) || (rule == Rule::RedirTemplate && leads_to_keycloak)
        }
        "post_logout_redirect_uris" => rule == Rule::LogoutUriBad,
        _ => false,
    }
}

fn is_own(uri: &str) -> bool {
    OWN_ADDRESS.iter().any(|name| uri.starts_with(name))
}

fn of_redirect(uri: &str, version: Version, draft: &ClientDraft, findings: &mut Vec<Finding>) {
    const FIELD: &str = "redirect_uris";
    let found = |rule| Finding::new(rule, FIELD).about(uri);
    let reach = reach(uri, version);
    match reach {
        Reach::Any => findings.push(found(Rule::RedirAny).ended_by(Fix::RemoveRedirectUri(uri.to_owned()))),
        Reach::Host => findings.push(found(Rule::RedirHostWildcard)),
        Reach::Path => findings.push(found(Rule::RedirPathWildcard)),
        Reach::Never => {}
        Reach::Exact => return,
    }
    // A wildcard in the host keeps the rules of drafts from looking any further.
    let Some((scheme, rest)) = uri.split_once(':') else {
        return;
    };
    if !matches!(scheme, "http" | "https") {
        let authority = rest.strip_prefix("//").and_then(|rest| rest.split('/').next());
        let is_unseen =
            matches!(rest, "*" | "/*" | "///*") || authority.is_some_and(|host| host.contains('*'));
        if is_unseen && !is_own(uri) {
            let finding = found(Rule::RedirCustomScheme);
            findings.push(if has_reverse_domain_scheme(uri) {
                finding
            } else {
                finding.as_bad_as(Severity::Medium)
            });
        }
        return;
    }
    if reach != Reach::Path {
        // Through what never matches nothing is sent, unencrypted or not.
        let is_unseen = scheme == "http" && reach != Reach::Never;
        findings.extend(is_unseen.then(|| found(Rule::RedirHttp)));
        return;
    }
    let Some(host) = host_before_wildcard(rest) else {
        return;
    };
    let bounded = format!("{scheme}://{host}/");
    let beside = problems(&bounded).into_iter();
    findings.extend(
        beside
            .filter(|rule| matches!(rule, Rule::RedirHttp | Rule::RedirLocalhostName))
            .map(found),
    );
    let is_here = Url::parse(&bounded).is_ok_and(|url| is_loopback(&url));
    if is_here && draft.application_type == ApplicationType::Web {
        findings.push(found(Rule::RedirLoopbackWeb));
    }
}

/// The host of an address whose wildcard stands where the authority ends: `//host*`, `//host:*`.
fn host_before_wildcard(rest: &str) -> Option<&str> {
    let authority = rest.strip_prefix("//")?.strip_suffix('*')?;
    let host = match authority.rsplit_once(':') {
        Some((host, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => host,
        _ => authority,
    };
    (!host.is_empty() && !host.contains(['/', '*', '?', '#'])).then_some(host)
}

fn is_bad_after_logout(uri: &str, version: Version) -> bool {
    let reach = reach(uri, version);
    let is_pattern = matches!(reach, Reach::Any | Reach::Host | Reach::Path);
    is_pattern
        || (reach == Reach::Exact
            && !is_own(uri)
            && problems(uri)
                .iter()
                .any(|rule| rule.refuses() && !WILDCARDS.contains(rule)))
}

fn reach(uri: &str, version: Version) -> Reach {
    let (scheme, rest) = match uri.split_once(':') {
        Some((scheme, rest)) if matches!(scheme, "http" | "https") => (scheme, rest),
        _ => return reach_elsewhere(uri),
    };
    let authority = rest.strip_prefix("//").unwrap_or(rest);
    let authority = authority.split(['/', '?', '#']).next().unwrap_or_default();
    let is_literal = uri.contains('?') || (uri.contains('#') && version.ends_hosts());
    let Some(before) = uri.strip_suffix('*').filter(|_| !is_literal) else {
        return if authority.contains('*') {
            Reach::Never
        } else {
            Reach::Exact
        };
    };
    let before = before.get(scheme.len() + 1..).unwrap_or_default();
    if matches!(before, "" | "/" | "//") {
        return Reach::Any;
    }
    let Some(host) = host_before_wildcard(rest) else {
        // The authority is whole, or is none that any address has.
        let is_whole = !authority.contains('*') && Url::parse(uri).is_ok_and(|url| url.has_host());
        return if is_whole { Reach::Path } else { Reach::Never };
    };
    let has_port = before.len() > "//".len() + host.len();
    let is_bounded = if has_port {
        version.refuses_user_names()
    } else {
        version.ends_hosts()
    };
    if is_bounded { Reach::Path } else { Reach::Host }
}

/// For what is no address of http or https.
fn reach_elsewhere(uri: &str) -> Reach {
    let Some(before) = uri.strip_suffix('*').filter(|_| !uri.contains('?')) else {
        return Reach::Exact;
    };
    match before {
        "" => Reach::Any,
        // A host without a scheme.
        host if !host.contains(['/', ':']) && !is_own(uri) => Reach::Host,
        wild if wild.contains('*') => Reach::Never,
        _ => Reach::Path,
    }
}

/// A version of Keycloak. One that is not known is before all others: the worst counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
struct Version(u32, u32, u32);

impl Version {
    /// The version that an origin names, where it names Keycloak.
    fn of_origin(origin: &str) -> Option<Self> {
        let rest = origin.strip_prefix(ORIGIN)?;
        if !rest.is_empty() && !rest.starts_with(' ') {
            return None;
        }
        let mut numbers = rest.trim().split('.').map(|part| {
            let digits = part
                .split(|c: char| !c.is_ascii_digit())
                .next()
                .unwrap_or_default();
            digits.parse().unwrap_or_default()
        });
        let mut next = || numbers.next().unwrap_or_default();
        Some(Self(next(), next(), next()))
    }

    /// Whether `https://host*` is read as `https://host/*`.
    fn ends_hosts(self) -> bool {
        match self {
            Self(26, 4, patch) => patch >= 13,
            Self(26, 6, patch) => patch >= 3,
            other => other >= Self(26, 7, 0),
        }
    }

    /// Whether an address with a user name before its host fits no wildcard.
    fn refuses_user_names(self) -> bool {
        self >= Self(23, 0, 3)
    }
}

#[cfg(test)]
#[path = "keycloak_tests.rs"]
mod tests;
