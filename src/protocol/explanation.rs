//! Why a token request was refused, for whoever keeps the registration: which field of it stands in the way, and by which
//! standard. The answer itself must not say so much (RFC 6749 §5.2).

use jiff::Timestamp;

use crate::client::{AuthMethod, GrantType, Scope, Standing};
use crate::registry::Client;

/// A refusal in the words of the registration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Explanation {
    /// What happened.
    pub what: String,
    /// What to do.
    pub advice: String,
    /// The field of the registration that is to change, by its name; absent where it is the request.
    pub field: Option<&'static str>,
    /// The standard and its paragraph.
    pub basis: &'static str,
}

/// What a request asked for, besides naming its client.
#[derive(Clone, Copy, Debug, Default)]
pub struct Asked<'a> {
    /// The parameter `scope`.
    pub scope: Option<&'a str>,
    /// The parameter `resource` or `audience`.
    pub audience: Option<&'a str>,
}

/// Explains the error code that a request by the client credentials grant got. `None` where neither the registration nor
/// the request shows the cause.
pub fn explain(code: &str, client: &Client, asked: Asked<'_>, now: Timestamp) -> Option<Explanation> {
    match code {
        "invalid_client" => of_authentication(client, now),
        "unauthorized_client" => of_grant(client),
        "invalid_scope" => of_scope(client, asked.scope?),
        "invalid_target" => of_audience(client, asked.audience?),
        "invalid_request" => of_bound_tokens(client),
        "temporarily_unavailable" => Some(Explanation {
            what: "The server was asked too much at once, or this client failed too often".to_owned(),
            advice: "Wait for as long as Retry-After says, then ask again".to_owned(),
            field: None,
            basis: "RFC 9110 §10.2.3, RFC 6585 §4",
        }),
        _ => None,
    }
}

fn of_authentication(client: &Client, now: Timestamp) -> Option<Explanation> {
    let method = client.draft.token_endpoint_auth_method;
    let live = client.live_secrets(now).count();
    let (what, advice, field) = match client.standing() {
        Standing::Disabled => (
            "The client is disabled, so it cannot authenticate".to_owned(),
            "Enable the client",
            "status",
        ),
        Standing::Held => (
            "The client is held, because its registration breaks rules".to_owned(),
            "Open the client and put right what its findings refuse",
            "findings",
        ),
        Standing::Active if method == AuthMethod::PrivateKeyJwt => (
            "The assertion is none that the client's registered keys vouch for".to_owned(),
            "Sign with the private key of a registered one, by the registered algorithm, or register the public half of yours",
            if client.draft.jwks.is_some() {
                "jwks"
            } else {
                "jwks_uri"
            },
        ),
        Standing::Active if !method.uses_secret() && method != AuthMethod::None => (
            format!("The client authenticates by {method}, and the request did not"),
            "Ask with the client's own certificate, or change its client authentication to a secret",
            "token_endpoint_auth_method",
        ),
        Standing::Active if method == AuthMethod::None => (
            "The client is public, so it has no secret, and the request brought one".to_owned(),
            "Ask without a secret, or change its client authentication to a secret",
            "token_endpoint_auth_method",
        ),
        Standing::Active if live == 0 => (
            "The client has no secret that counts today".to_owned(),
            "Rotate its secret, which makes a new one",
            "secrets",
        ),
        Standing::Active => (
            match live {
                1 => "The secret is not the one of this client".to_owned(),
                _ => format!("The secret is none of the {live} that this client has"),
            },
            "Paste the whole secret as it was shown; if it is lost, rotate it",
            "secrets",
        ),
    };
    Some(Explanation {
        what,
        advice: advice.to_owned(),
        field: Some(field),
        basis: "RFC 6749 §5.2, §2.3",
    })
}

fn of_grant(client: &Client) -> Option<Explanation> {
    let (what, advice, field) = if client.draft.token_endpoint_auth_method == AuthMethod::None {
        (
            "The client is public, and the client credentials grant is for confidential clients only",
            "Give it a client authentication other than none, or have people sign in by authorization code",
            "token_endpoint_auth_method",
        )
    } else if !client.draft.has_grant(GrantType::ClientCredentials) {
        (
            "client_credentials is not among the client's grants",
            "Add client credentials to its grants",
            "grant_types",
        )
    } else {
        return None;
    };
    Some(Explanation {
        what: what.to_owned(),
        advice: advice.to_owned(),
        field: Some(field),
        basis: "RFC 6749 §5.2, §4.4",
    })
}

fn of_scope(client: &Client, asked: &str) -> Option<Explanation> {
    const BASIS: &str = "RFC 6749 §5.2, §3.3";
    let Some(scopes) = Scope::parse_list(asked) else {
        return Some(Explanation {
            what: "The scope is no list of scopes".to_owned(),
            advice:
                "Write one space between two scopes, and no quotation mark, backslash or control character"
                    .to_owned(),
            field: None,
            basis: BASIS,
        });
    };
    let registered = &client.draft.scopes;
    let is_missing = |scope: &&str| !registered.iter().any(|held| held == scope);
    let missing: Vec<&str> = scopes.iter().map(Scope::as_str).filter(is_missing).collect();
    let what = match missing.as_slice() {
        [] => return None,
        [one] => format!("{one} is not among the client's scopes"),
        several => format!("{} are not among the client's scopes", several.join(", ")),
    };
    Some(Explanation {
        what,
        advice: add_or_ask("its scopes", registered),
        field: Some("scopes"),
        basis: BASIS,
    })
}

fn of_audience(client: &Client, asked: &str) -> Option<Explanation> {
    let registered = &client.draft.audience;
    (!registered.iter().any(|held| held == asked)).then(|| Explanation {
        what: format!("{asked} is not among the client's audience"),
        advice: add_or_ask("its audience", registered),
        field: Some("audience"),
        basis: "RFC 8707 §2",
    })
}

/// The two ways out: to register more, or to ask for what is registered.
fn add_or_ask(to: &str, registered: &[String]) -> String {
    match registered {
        [] => format!("Add it to {to}, or leave the parameter out"),
        some => format!(
            "Add it to {to}, or ask for what is registered: {}",
            some.join(" ")
        ),
    }
}

fn of_bound_tokens(client: &Client) -> Option<Explanation> {
    let draft = &client.draft;
    let (field, basis) = if draft.dpop_bound_access_tokens {
        ("dpop_bound_access_tokens", "RFC 9449 §5.2")
    } else if draft.tls_client_certificate_bound_access_tokens {
        ("tls_client_certificate_bound_access_tokens", "RFC 8705 §3.4")
    } else {
        return None;
    };
    Some(Explanation {
        what: "The client's tokens are bound to a key, and the request proved none".to_owned(),
        advice: format!("Ask with a proof of the key, or turn {field} off"),
        field: Some(field),
        basis,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::client::{ClientDraft, ClientId, ClientKind, Status};
    use crate::registry::{Act, Registry};

    /// A client as it was imported, without a secret.
    fn client(status: Status, change: impl FnOnce(&mut ClientDraft)) -> Client {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("registry.chancery");
        let registry = Registry::open(&path, Timestamp::UNIX_EPOCH).unwrap();
        let mut draft = ClientKind::Service.preset();
        draft.name = "Payroll export".to_owned();
        draft.scopes = vec!["read".to_owned(), "write".to_owned()];
        draft.audience = vec!["https://api.example.com".to_owned()];
        change(&mut draft);
        let client_id = ClientId::parse("payroll").unwrap();
        let act = Act::new("Ada Admin", Timestamp::UNIX_EPOCH);
        registry
            .import_client(&client_id, &draft, status, &[], "test", &act)
            .unwrap()
    }

    #[test]
    fn each_refusal_names_its_field_and_its_paragraph() {
        let scope = |scope| Asked {
            scope: Some(scope),
            audience: None,
        };
        let at = |audience| Asked {
            scope: None,
            audience: Some(audience),
        };
        let nothing = Asked::default;
        let active = |change: fn(&mut ClientDraft)| client(Status::Active, change);
        let with_key: fn(&mut ClientDraft) = |draft| {
            draft.token_endpoint_auth_method = AuthMethod::PrivateKeyJwt;
            draft.jwks_uri = Some("https://app.example.com/jwks".to_owned());
        };
        let public: fn(&mut ClientDraft) = |draft| {
            draft.token_endpoint_auth_method = AuthMethod::None;
            draft.set_grant(GrantType::ClientCredentials, false);
            draft.set_grant(GrantType::AuthorizationCode, true);
            draft.redirect_uris = vec!["https://app.example.com/cb".to_owned()];
        };
        let without_grant: fn(&mut ClientDraft) = |draft| {
            draft.set_grant(GrantType::ClientCredentials, false);
            draft.set_grant(GrantType::AuthorizationCode, true);
            draft.redirect_uris = vec!["https://app.example.com/cb".to_owned()];
        };
        let cases = [
            (
                "invalid_client",
                active(|_| ()),
                nothing(),
                "secrets",
                "RFC 6749 §5.2",
            ),
            (
                "invalid_client",
                client(Status::Disabled, |_| ()),
                nothing(),
                "status",
                "RFC 6749 §5.2",
            ),
            (
                "invalid_client",
                active(with_key),
                nothing(),
                "jwks_uri",
                "RFC 6749 §5.2",
            ),
            (
                "unauthorized_client",
                active(public),
                nothing(),
                "token_endpoint_auth_method",
                "RFC 6749 §5.2",
            ),
            (
                "unauthorized_client",
                active(without_grant),
                nothing(),
                "grant_types",
                "RFC 6749 §5.2",
            ),
            (
                "invalid_scope",
                active(|_| ()),
                scope("read beyond"),
                "scopes",
                "RFC 6749 §5.2",
            ),
            (
                "invalid_target",
                active(|_| ()),
                at("https://other.example.com"),
                "audience",
                "RFC 8707 §2",
            ),
            (
                "invalid_request",
                active(|draft| draft.dpop_bound_access_tokens = true),
                nothing(),
                "dpop_bound_access_tokens",
                "RFC 9449 §5.2",
            ),
        ];
        for (code, client, asked, field, basis) in cases {
            let explained = explain(code, &client, asked, Timestamp::UNIX_EPOCH);
            let explained = explained.unwrap_or_else(|| panic!("{code} {field}"));
            assert_eq!(explained.field, Some(field), "{code}: {explained:?}");
            assert!(explained.basis.starts_with(basis), "{explained:?}");
        }
    }

    #[test]
    fn what_is_asked_beyond_the_registration_is_named() {
        let client = client(Status::Active, |_| ());
        let told = |scope| {
            let asked = Asked {
                scope: Some(scope),
                audience: None,
            };
            explain("invalid_scope", &client, asked, Timestamp::UNIX_EPOCH)
        };
        let one = told("read beyond").unwrap();
        assert_eq!(one.what, "beyond is not among the client's scopes");
        assert_eq!(
            one.advice,
            "Add it to its scopes, or ask for what is registered: read write"
        );
        assert_eq!(
            told("read  write").unwrap().field,
            None,
            "the request is to blame"
        );
        assert_eq!(told("read write"), None);
    }

    #[test]
    fn what_the_registration_does_not_show_is_not_explained() {
        let client = client(Status::Active, |_| ());
        for code in ["unauthorized_client", "invalid_request", "server_error", "else"] {
            assert_eq!(
                explain(code, &client, Asked::default(), Timestamp::UNIX_EPOCH),
                None
            );
        }
    }
}
