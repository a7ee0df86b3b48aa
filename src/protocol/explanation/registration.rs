//! What the registration shows of why a request was refused.

use jiff::Timestamp;

use super::page::mismatch;
use super::{Asked, Endpoint, Explanation};
use crate::client::{AuthMethod, GrantType, Scope, Standing};
use crate::registry::Client;

/// Explains an error code by the client's registration. `None` where that does not show the cause.
pub fn explain(code: &str, client: &Client, asked: Asked<'_>, now: Timestamp) -> Option<Explanation> {
    match code {
        "invalid_client" => {
            of_method(client, asked.noted).or_else(|| of_authentication(client, asked.endpoint, now))
        }
        "unauthorized_client" => of_grant(client, asked.grant()?),
        "invalid_scope" => of_scope(client, asked.scope?),
        "invalid_target" => of_audience(client, asked.audience?),
        "invalid_request" if asked.endpoint == Endpoint::PushedRequest => {
            asked.redirect_uri.and_then(|uri| mismatch(client, uri))
        }
        "invalid_request" if asked.endpoint == Endpoint::Token => of_bound_tokens(client),
        _ => None,
    }
}

/// The client authenticated in a way of its own, which the server has noted. A public one has no other.
fn of_method(client: &Client, noted: Option<&str>) -> Option<Explanation> {
    let registered = client.draft.token_endpoint_auth_method;
    let (used, _) = noted?.split_once(" is not the method the client registered")?;
    (client.standing() == Standing::Active && registered != AuthMethod::None).then(|| Explanation {
        what: format!("The client is registered for {registered}, and the request authenticates by {used}"),
        advice: "Have the application authenticate as registered, or change the client authentication"
            .to_owned(),
        field: Some("token_endpoint_auth_method"),
        basis: "RFC 7591 §2, RFC 6749 §2.3",
    })
}

fn of_authentication(client: &Client, endpoint: Endpoint, now: Timestamp) -> Option<Explanation> {
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
        Standing::Active if method == AuthMethod::None && endpoint == Endpoint::Introspect => (
            "The client is public, and only who can prove who they are may ask about tokens".to_owned(),
            "Ask as a confidential client, or give this one a client authentication other than none",
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
        basis: match endpoint {
            Endpoint::Introspect if method == AuthMethod::None => "RFC 7662 §2.1",
            _ => "RFC 6749 §5.2, §2.3",
        },
    })
}

fn of_grant(client: &Client, grant: GrantType) -> Option<Explanation> {
    let draft = &client.draft;
    let is_public = draft.token_endpoint_auth_method == AuthMethod::None;
    let needs_secret = matches!(grant, GrantType::ClientCredentials | GrantType::TokenExchange);
    let (what, advice, field) = if is_public && needs_secret {
        (
            format!(
                "The client is public, and the {} grant is for confidential clients only",
                grant.label().to_lowercase()
            ),
            "Give it a client authentication other than none, or have people sign in by authorization code"
                .to_owned(),
            "token_endpoint_auth_method",
        )
    } else if !draft.has_grant(grant) {
        (
            format!("{grant} is not among the client's grants"),
            format!("Add {} to its grants", in_a_sentence(grant)),
            "grant_types",
        )
    } else if grant == GrantType::AuthorizationCode && !draft.response_types.iter().any(|held| held == "code")
    {
        (
            "code is not among the client's response types".to_owned(),
            "Add code to its response types".to_owned(),
            "response_types",
        )
    } else {
        return None;
    };
    Some(Explanation {
        what,
        advice,
        field: Some(field),
        basis: basis_of(grant),
    })
}

/// What the form calls it, within a sentence.
fn in_a_sentence(grant: GrantType) -> String {
    match grant {
        GrantType::JwtBearer => grant.label().to_owned(),
        _ => grant.label().to_lowercase(),
    }
}

/// Where a grant is defined, after what is said of clients that may not use it.
fn basis_of(grant: GrantType) -> &'static str {
    match grant {
        GrantType::AuthorizationCode => "RFC 6749 §5.2, §4.1",
        GrantType::RefreshToken => "RFC 6749 §5.2, §6",
        GrantType::ClientCredentials => "RFC 6749 §5.2, §4.4",
        GrantType::DeviceCode => "RFC 6749 §5.2, RFC 8628 §3.1",
        GrantType::TokenExchange => "RFC 6749 §5.2, RFC 8693 §2.1",
        GrantType::JwtBearer => "RFC 6749 §5.2, RFC 7523 §2.1",
        GrantType::Ciba | GrantType::Implicit | GrantType::Password => "RFC 6749 §5.2",
    }
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
