//! Addresses by the matching of the Keycloak that they came from.

use jiff::Timestamp;

use super::super::{Neighbours, judge};
use super::*;
use crate::client::Status;

#[test]
fn a_wildcard_reaches_as_far_as_the_version_lets_it() {
    use Reach::{Any, Exact, Host, Never, Path};
    for (uri, old, recent, newest) in [
        ("*", Any, Any, Any),
        ("https:*", Any, Any, Any),
        ("https://*", Any, Any, Any),
        ("http://*", Any, Any, Any),
        ("https://app.example.com*", Host, Host, Path),
        ("http://localhost*", Host, Host, Path),
        ("http://localhost:*", Host, Path, Path),
        ("https://app.example.com:44*", Host, Path, Path),
        ("https://app.example.com/*", Path, Path, Path),
        ("https://app.example.com/a*", Path, Path, Path),
        ("https://app.example.com/cb?x=*", Exact, Exact, Exact),
        ("https://app.example.com/#a*", Path, Path, Exact),
        ("https://app.example.com/*/cb", Exact, Exact, Exact),
        ("https://app.example.com/cb", Exact, Exact, Exact),
        ("https://*/*", Never, Never, Never),
        ("https://*.example.com/*", Never, Never, Never),
        ("https://*.example.com/cb", Never, Never, Never),
        ("https://[your-domain]/*", Never, Never, Never),
        ("https://app.example.com:*/cb", Never, Never, Never),
        ("localhost:4200/*", Path, Path, Path),
        ("dev.localhost.ionic:*", Path, Path, Path),
        ("app.example.com*", Host, Host, Host),
        ("/*", Path, Path, Path),
        ("${authBaseUrl}/realms/a/account/*", Path, Path, Path),
        ("com.example.app:/cb", Exact, Exact, Exact),
    ] {
        let reaches =
            [Version(10, 0, 2), Version(26, 0, 7), Version(26, 6, 3)].map(|version| reach(uri, version));
        assert_eq!(reaches, [old, recent, newest], "{uri}");
    }
}

fn strings(values: &[&str]) -> Vec<String> {
    values.iter().map(|value| (*value).to_owned()).collect()
}

fn said(origin: &str, redirects: &[&str], logouts: &[&str]) -> Vec<(&'static str, String)> {
    let draft = ClientDraft {
        redirect_uris: strings(redirects),
        post_logout_redirect_uris: strings(logouts),
        ..ClientDraft::default()
    };
    said_of(origin, &draft, "redirect_uris")
}

fn said_of(origin: &str, draft: &ClientDraft, fields: &str) -> Vec<(&'static str, String)> {
    let client_id = ClientId::parse("c").unwrap();
    let facts = Facts {
        client_id: &client_id,
        draft,
        status: Status::Active,
        origin: Some(origin),
        created_at: Timestamp::UNIX_EPOCH,
        last_used_at: None,
        tokens_until: None,
        secrets: &[],
        scopes_used: &[],
        approval: None,
        acceptances: &[],
        version: 1,
        is_registered: false,
    };
    let found = judge(
        &facts,
        &Neighbours::default(),
        &Settings::default(),
        Timestamp::UNIX_EPOCH,
    );
    let about = found
        .into_iter()
        .filter(|finding| finding.field.ends_with(fields));
    let mut said: Vec<_> = about
        .filter_map(|finding| Some((finding.rule.id(), finding.value?)))
        .collect();
    said.sort();
    said
}

#[test]
fn the_same_address_is_judged_by_the_version_that_it_came_from() {
    let of = |rules: &[&'static str], uri: &str| -> Vec<_> {
        rules.iter().map(|rule| (*rule, uri.to_owned())).collect()
    };
    for (version, uri, rules) in [
        (
            "keycloak 10.0.2",
            "http://host.example.com*",
            &["redir-host-wildcard", "redir-http"] as &[&str],
        ),
        (
            "keycloak 26.6.3",
            "http://host.example.com*",
            &["redir-http", "redir-path-wildcard"],
        ),
        (
            "keycloak 10.0.2",
            "http://localhost:*",
            &["redir-host-wildcard", "redir-http"],
        ),
        (
            "keycloak 26.0.0",
            "http://localhost:*",
            &[
                "redir-localhost-name",
                "redir-loopback-web",
                "redir-path-wildcard",
            ],
        ),
        ("keycloak 26.0.0", "https://*/*", &["redir-never-matches"]),
        ("keycloak 26.0.0", "https:*", &["redir-any"]),
        ("keycloak 26.0.0", "http://*", &["redir-any", "redir-http"]),
        (
            "keycloak 26.0.0",
            "http://*.example.com/*",
            &["redir-never-matches"],
        ),
        (
            "keycloak 26.0.0",
            "myapp://callback*",
            &["redir-custom-scheme", "redir-path-wildcard"],
        ),
        (
            "keycloak 26.0.0",
            "/*",
            &["redir-not-absolute", "redir-path-wildcard"],
        ),
        (
            "keycloak 26.0.0",
            "${authBaseUrl}/realms/a/account/*",
            &["redir-path-wildcard"],
        ),
        (
            "keycloak 26.0.0",
            "myapp:*",
            &["redir-custom-scheme", "redir-path-wildcard"],
        ),
        (
            "keycloak 26.0.0",
            "localhost:4200/*",
            &["redir-not-absolute", "redir-path-wildcard"],
        ),
        ("keycloak", "https://app.example.com/*/cb", &[]),
        (
            "rfc7591",
            "https://app.example.com/*/cb",
            &["redir-path-wildcard"],
        ),
        ("rfc7591", "https://*/*", &["redir-any"]),
    ] {
        assert_eq!(said(version, &[uri], &[]), of(rules, uri), "{version} {uri}");
    }
    let plain = "https://app.example.com/cb";
    for (uri, rules) in [
        ("https://app.example.com/*", &["logout-uri-bad"] as &[&str]),
        ("*", &["logout-uri-bad"]),
        ("https://app.example.com/bye", &[]),
        ("${authBaseUrl}/realms/a", &[]),
        ("/bye", &["logout-uri-bad"]),
        ("http://*.example.com/*", &["redir-never-matches"]),
        ("https://[your-domain]/*", &["redir-never-matches"]),
    ] {
        assert_eq!(said("keycloak 26.0.0", &[plain], &[uri]), of(rules, uri), "{uri}");
    }
}

#[test]
fn an_origin_with_a_wildcard_is_told_once_and_the_star_alone_is_another_matter() {
    let draft = ClientDraft {
        allowed_cors_origins: strings(&[
            "http://*.example.com",
            "https://*.example.com/",
            "*",
            "https://a.example.com",
        ]),
        ..ClientDraft::default()
    };
    let found = said_of("keycloak 26.0.0", &draft, "allowed_cors_origins");
    let expected = [
        ("cors-invalid", "http://*.example.com"),
        ("cors-invalid", "https://*.example.com/"),
        ("cors-star", "*"),
    ];
    assert_eq!(found, expected.map(|(rule, origin)| (rule, origin.to_owned())));
    // Hydra takes it for a pattern.
    let found = said_of("hydra", &draft, "allowed_cors_origins");
    assert!(!found.contains(&("cors-invalid", "http://*.example.com".to_owned())));
}

#[test]
fn the_account_pages_of_a_realm_are_meant_to_share_their_address() {
    let are = |one: &str, other: &str, uri: &str| {
        let [one, other] = [one, other].map(|id| ClientId::parse(id).unwrap());
        are_account_pages(&one, &other, uri)
    };
    for uri in [
        "${authBaseUrl}/realms/a/account/*",
        "/realms/a/account/*",
        "https://id.example.com/auth/realms/a/account/*",
    ] {
        assert!(are("account", "account-console", uri), "{uri}");
        assert!(!are("account", "portal", uri), "{uri}");
    }
    for uri in [
        "https://portal.example.com/cb",
        "/realms/a/accounts/*",
        "/realms/account",
    ] {
        assert!(!are("account", "account-console", uri), "{uri}");
    }
}

#[test]
fn a_version_is_read_off_the_origin_and_an_unknown_one_is_the_oldest() {
    for (origin, version) in [
        ("keycloak 26.4.13", Some(Version(26, 4, 13))),
        ("keycloak 15.0.2.redhat-00001", Some(Version(15, 0, 2))),
        ("keycloak 4.8.3.Final", Some(Version(4, 8, 3))),
        ("keycloak", Some(Version(0, 0, 0))),
        ("keycloak ${VERSION}", Some(Version(0, 0, 0))),
        ("rfc7591", None),
        ("keycloakish 1.0", None),
        ("dcr:keycloak", None),
    ] {
        assert_eq!(Version::of_origin(origin), version, "{origin}");
    }
    assert!(!Version(26, 4, 12).ends_hosts() && !Version(26, 5, 9).ends_hosts());
    assert!(Version(26, 6, 3).ends_hosts() && Version(27, 0, 0).ends_hosts());
    assert!(!Version(23, 0, 2).refuses_user_names() && Version(23, 0, 3).refuses_user_names());
}
