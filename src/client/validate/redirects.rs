//! The rules over redirect and post-logout URIs.

use url::Url;

use super::{MAX_VALUES, strip_unsafe};
use crate::client::redirect_uri::{self, has_reverse_domain_scheme, is_loopback};
use crate::client::{
    ApplicationType, ClientDraft, Finding, Fix, Rule, RuleSettings, Severity, needs_redirect_uri,
};

pub(super) fn redirect_findings(draft: &ClientDraft, settings: &RuleSettings, findings: &mut Vec<Finding>) {
    const FIELD: &str = "redirect_uris";
    if draft.redirect_uris.is_empty() && needs_redirect_uri(&draft.grant_types) {
        findings.push(Finding::new(Rule::RedirNone, FIELD));
    }
    if draft.redirect_uris.len() > settings.many_redirect_uris as usize {
        findings.push(Finding::new(Rule::RedirMany, FIELD));
    }
    let is_web = draft.application_type == ApplicationType::Web;
    let (mut staging, mut has_production) = (None, false);
    let mut note = |uri, environment| match environment {
        Some(Environment::Staging) => staging = staging.or(Some(uri)),
        Some(Environment::Production) => has_production = true,
        None => {}
    };
    // Of those that are sound: where people go after logging out is often one of them.
    let mut sound: Vec<&str> = Vec::new();
    for uri in draft.redirect_uris.iter().take(MAX_VALUES) {
        if let Some(host) = redirect_uri::plainly_sound(uri) {
            sound.push(uri);
            note(uri, Some(environment_of(host)));
            continue;
        }
        let url = redirect_uri::parsed(uri);
        let mut rules = redirect_uri::problems_as(uri, url.as_ref());
        if !rules.iter().any(|rule| rule.refuses()) {
            sound.push(uri);
        }
        if is_web && url.as_ref().is_some_and(is_loopback) {
            rules.push(Rule::RedirLoopbackWeb);
        }
        for rule in rules {
            let mut finding = Finding::new(rule, FIELD).about(uri);
            if rule == Rule::RedirCustomScheme && !has_reverse_domain_scheme(uri) {
                finding = finding.as_bad_as(Severity::Medium);
            }
            finding.fix = redirect_fix(rule, uri);
            findings.push(finding);
        }
        note(uri, url.as_ref().and_then(environment));
    }
    if let (Some(staging), true) = (staging, has_production) {
        findings.push(
            Finding::new(Rule::RedirMixedEnv, FIELD)
                .about(staging)
                .ended_by(Fix::RemoveRedirectUri(staging.clone())),
        );
    }
    for uri in draft.post_logout_redirect_uris.iter().take(MAX_VALUES) {
        let is_bad = || redirect_uri::problems(uri).iter().any(|rule| rule.refuses());
        if !sound.contains(&uri.as_str()) && is_bad() {
            findings.push(Finding::new(Rule::LogoutUriBad, "post_logout_redirect_uris").about(uri));
        }
    }
}

/// The change that puts one redirect URI right, where there is only one way to.
fn redirect_fix(rule: Rule, uri: &str) -> Option<Fix> {
    let replace = |to: String| {
        Some(Fix::ReplaceRedirectUri {
            from: uri.to_owned(),
            to,
        })
    };
    match rule {
        Rule::RedirHttp => {
            let rest = uri.get("http:".len()..)?;
            replace(format!("https:{rest}"))
        }
        Rule::RedirFragment => replace(uri.split('#').next().unwrap_or_default().to_owned()),
        Rule::RedirLocalhostName => replace(uri.replacen("//localhost", "//127.0.0.1", 1)),
        Rule::RedirAmbiguous => Url::parse(uri)
            .ok()
            .map(String::from)
            .filter(|tidy| tidy != uri)
            .and_then(replace),
        // What is more than hidden characters is not guessed at.
        Rule::TextUnsafe => {
            let stripped = strip_unsafe(uri, "redirect_uris");
            let is_well =
                !stripped.is_empty() && !redirect_uri::problems(&stripped).contains(&Rule::TextUnsafe);
            match is_well {
                true => replace(stripped),
                false => Some(Fix::RemoveRedirectUri(uri.to_owned())),
            }
        }
        Rule::RedirAny | Rule::RedirBadScheme | Rule::RedirUserinfo | Rule::TextTooLong => {
            Some(Fix::RemoveRedirectUri(uri.to_owned()))
        }
        _ => None,
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Environment {
    Staging,
    Production,
}

/// What the host of a redirect URI is for; loopback and private schemes say nothing of it.
fn environment(url: &Url) -> Option<Environment> {
    // Other systems have wildcards behind the name, for the port.
    let is_this_machine = |host: &str| host.trim_end_matches('*') == "localhost";
    if !matches!(url.scheme(), "http" | "https") || is_loopback(url) {
        return None;
    }
    url.host_str()
        .filter(|host| !is_this_machine(host))
        .map(environment_of)
}

/// What a host is for, as its name says.
fn environment_of(host: &str) -> Environment {
    const WORDS: [&str; 11] = [
        "staging",
        "stage",
        "dev",
        "development",
        "test",
        "testing",
        "qa",
        "uat",
        "sandbox",
        "preview",
        "preprod",
    ];
    const TUNNELS: [&str; 6] = [
        "ngrok.io",
        "ngrok.app",
        "ngrok-free.app",
        "loca.lt",
        "trycloudflare.com",
        "devtunnels.ms",
    ];
    // What stands last is for whom a name is, and not what for: anybody has names under dev. Only test is nobody's (RFC 2606).
    let name = host.strip_suffix(".dev").unwrap_or(host);
    let says_so = name.split(['.', '-']).any(|word| WORDS.contains(&word));
    let is_tunnel = TUNNELS.iter().any(|tunnel| host.ends_with(tunnel));
    if says_so || is_tunnel {
        Environment::Staging
    } else {
        Environment::Production
    }
}
