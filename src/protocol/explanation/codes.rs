//! What an error code means by itself, where nothing more is known of the request.

use super::{Asked, Endpoint, Explanation};
use crate::client::GrantType;

/// Explains a code. `None` for `invalid_request` and the like, of which only the server's own sentence says what is wrong.
pub fn explain(code: &str, asked: Asked<'_>) -> Option<Explanation> {
    let (what, advice, basis) = match code {
        "authorization_pending" => (
            "Nobody has answered on the other screen yet",
            "Ask again after the interval, 5 s unless the answer said otherwise. This is no failure",
            "RFC 8628 §3.5",
        ),
        "slow_down" => (
            "The device asks too often; nobody has answered yet",
            "Wait 5 s longer between two requests from now on, and go on asking",
            "RFC 8628 §3.5",
        ),
        "expired_token" => (
            "The device code is older than ten minutes, and nobody has answered in time",
            "Ask at the device authorization endpoint for a new one, and show the person its user code",
            "RFC 8628 §3.5",
        ),
        "access_denied" => access_denied(asked),
        "login_required" => (
            "The request forbids every page (prompt=none), and nobody who is meant is signed in",
            "Send the person to the authorization endpoint without prompt=none",
            "OpenID Connect Core §3.1.2.6",
        ),
        "consent_required" => (
            "The request forbids every page (prompt=none), and the person must be asked",
            "Send the person to the authorization endpoint without prompt=none",
            "OpenID Connect Core §3.1.2.6",
        ),
        "unsupported_response_type" => (
            "The request wants something else back than a code",
            "Send response_type=code",
            "RFC 6749 §4.1.2.1",
        ),
        "request_not_supported" | "request_uri_not_supported" | "registration_not_supported" => (
            "The request brings its parameters in a way that is not taken here",
            "Send them by themselves, or push them (RFC 9126)",
            "OpenID Connect Core §3.1.2.6",
        ),
        "unsupported_grant_type" => (
            "The server does not offer this grant to anybody",
            "Ask by one of grant_types_supported in its metadata",
            "RFC 6749 §5.2",
        ),
        "invalid_grant" => invalid_grant(asked),
        "invalid_dpop_proof" => (
            "The DPoP proof does not prove anything for this request",
            "Make a new proof for each request, with its method and URL",
            "RFC 9449 §5, §4.3",
        ),
        "use_dpop_nonce" => (
            "The DPoP proof needs a nonce of this server",
            "Repeat the request with a proof that carries the nonce of the header DPoP-Nonce",
            "RFC 9449 §8",
        ),
        "invalid_token" => (
            "The access token is none that lives here",
            "Get a new one, and send it as Authorization: Bearer, or DPoP with a proof where it is bound",
            "RFC 6750 §3.1, RFC 9449 §7.1",
        ),
        "insufficient_scope" => (
            "The access token has not the scope that this needs",
            "Ask for the scope that WWW-Authenticate names; for claims about a person that is openid",
            "RFC 6750 §3.1",
        ),
        "temporarily_unavailable" => (
            "The server was asked too much at once, or this client failed too often",
            "Wait for as long as Retry-After says, then ask again",
            "RFC 9110 §10.2.3, RFC 6585 §4",
        ),
        "server_error" => (
            "Something inside the server failed; the client cannot mend it",
            "See what the server noted, and ask again once that is put right",
            "RFC 6749 §4.1.2.1, RFC 9110 §15.6.1",
        ),
        _ => return None,
    };
    Some(Explanation {
        what: what.to_owned(),
        advice: advice.to_owned(),
        field: None,
        basis,
    })
}

type Words = (&'static str, &'static str, &'static str);

fn access_denied(asked: Asked<'_>) -> Words {
    if asked.endpoint == Endpoint::Token {
        return (
            "The person did not allow the device, or has taken it back",
            "Stop asking, and say so. To begin anew, ask at the device authorization endpoint",
            "RFC 8628 §3.5",
        );
    }
    (
        "The person did not allow it",
        "Say so, and offer to begin anew; ask for fewer scopes if that was the reason",
        "RFC 6749 §4.1.2.1",
    )
}

fn invalid_grant(asked: Asked<'_>) -> Words {
    match asked.grant {
        Some(GrantType::AuthorizationCode) => (
            "The code is worth nothing, or the request does not fit the one that it came of",
            "Begin at the authorization endpoint again, and redeem the code once, at once, with the same redirect_uri and the \
             verifier of its challenge",
            "RFC 6749 §5.2, §4.1.3, RFC 7636 §4.6",
        ),
        Some(GrantType::RefreshToken) => (
            "The refresh token is worth nothing, or bound to what the request does not prove",
            "Use the newest one, once; if that is lost, the person signs in again",
            "RFC 6749 §5.2, §6",
        ),
        Some(GrantType::DeviceCode) => (
            "The device code is worth nothing",
            "Ask at the device authorization endpoint for a new one",
            "RFC 8628 §3.5",
        ),
        Some(GrantType::JwtBearer) => (
            "The assertion does not count",
            "Sign a new one with a registered key, for this server, short-lived and with a jti of its own",
            "RFC 7523 §3, §3.1",
        ),
        _ if asked.endpoint == Endpoint::Revoke => (
            "The token was issued to another client",
            "Ask as the client that it was issued to",
            "RFC 7009 §2.1",
        ),
        _ => (
            "What the request brought is worth nothing",
            "Get a new one, and use it once",
            "RFC 6749 §5.2",
        ),
    }
}
