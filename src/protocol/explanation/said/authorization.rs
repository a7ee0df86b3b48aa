//! What the server notes where an authorization request is refused, by redirect, on a page, or when it is pushed.

use super::{Row, about, row};

const REQUEST: &str = "RFC 6749 §4.1.1, §4.1.2.1";
const OPENID: &str = "OpenID Connect Core §3.1.2.1";
const PKCE: &str = "RFC 7636 §4.3";
const PUSHED: &str = "RFC 9126 §2.1";

/// In the order in which they are looked for.
pub const ROWS: &[Row] = &[
    row(
        "A state and a nonce have at most 4096 bytes",
        "The state or the nonce is too long, or has control characters",
        "Send a short random value, and keep what belongs to it at the client",
        "RFC 6749 appendix A.5",
    ),
    row(
        "Request objects are not supported",
        "The request stands in a signed object, which is not taken here",
        "Send its parameters by themselves, or push them (RFC 9126)",
        "OpenID Connect Core §3.1.2.6",
    ),
    row(
        "Request URIs are not supported",
        "The request stands at an address, which is not fetched here",
        "Send its parameters by themselves, or push them (RFC 9126)",
        "OpenID Connect Core §3.1.2.6",
    ),
    row(
        "Registrations in a request are not supported",
        "The request brings a registration, which is not taken here",
        "Leave the parameter registration out",
        "OpenID Connect Core §3.1.2.6",
    ),
    row(
        "The parameter response_type is missing",
        "The request does not say what it wants back",
        "Send response_type=code",
        REQUEST,
    ),
    row(
        "Only the response type code is supported",
        "The request wants tokens in the address, which are never given there",
        "Send response_type=code, and redeem the code at the token endpoint",
        "RFC 9700 §2.1.2, RFC 6749 §4.1.2.1",
    ),
    row(
        "Only the response mode query is supported",
        "The request wants its answer in another way than in the query",
        "Leave response_mode out",
        "OAuth 2.0 Multiple Response Type Encoding Practices §2.1",
    ),
    about(
        "require_pushed_authorization_requests",
        "The client is registered to push its requests",
        "The client is registered to push its requests, and this one came with the browser",
        "Send it to the pushed_authorization_request_endpoint first, or turn require_pushed_authorization_requests off",
        "RFC 9126 §5, §6",
    ),
    row(
        "The parameter redirect_uri is missing; an OpenID request needs it",
        "An OpenID request must say where it goes back to, even where one redirect URI is registered",
        "Send redirect_uri, or leave openid out of the scope",
        OPENID,
    ),
    row(
        "The parameter code_challenge is missing",
        "The request names a challenge method and brings no challenge",
        "Send code_challenge too",
        PKCE,
    ),
    about(
        "require_pkce",
        "PKCE is required",
        "The request brings no code_challenge, and this client must",
        "Have the library use PKCE with S256. Only a confidential client may do without, where require_pkce is off",
        "RFC 9700 §2.1.1, RFC 7636 §4.4.1",
    ),
    row(
        "Only the code challenge method S256 is supported",
        "The challenge method is plain, or was not named, which means the same",
        "Send code_challenge_method=S256",
        PKCE,
    ),
    row(
        "The code_challenge is not the base64url of a SHA-256",
        "The code_challenge is none",
        "Send the base64url of the SHA-256 of the verifier, without padding: 43 characters",
        "RFC 7636 §4.2",
    ),
    row(
        "The dpop_jkt is not the base64url of a SHA-256",
        "The dpop_jkt is no thumbprint of a key",
        "Send the base64url of the key's SHA-256 thumbprint, without padding",
        "RFC 9449 §10, RFC 7638 §3",
    ),
    row(
        "The dpop_jkt is not that of the key of the DPoP proof",
        "The dpop_jkt and the DPoP proof are of two keys",
        "Leave dpop_jkt out, or send that of the proof's key",
        "RFC 9449 §10.1",
    ),
    row(
        "The prompt is none of none, login, consent and select_account",
        "The prompt is none that is known",
        "Send none, login, consent or select_account, or leave it out",
        OPENID,
    ),
    row(
        "prompt=none stands alone",
        "The prompt forbids every page and asks for one",
        "Send none alone, or leave it out",
        OPENID,
    ),
    row(
        "max_age is not a number of seconds",
        "The max_age is no number of seconds",
        "Send a whole number without a sign",
        OPENID,
    ),
    row(
        "The id_token_hint is no ID token of this server",
        "The id_token_hint is no ID token of this server",
        "Send one that this server issued, or leave it out; it may be over",
        OPENID,
    ),
    about(
        "id_token_signed_response_alg",
        "The client's id_token_signed_response_alg is none that this server has a key for",
        "The server has no key for the algorithm of the client's ID tokens",
        "Register RS256 or ES256, or have the server make a key of the registered one",
        "OpenID Connect Registration §2",
    ),
    row(
        "Somebody signed in whom the id_token_hint does not mean",
        "Somebody else signed in than the id_token_hint means",
        "Have that person sign in, or leave id_token_hint out",
        OPENID,
    ),
    row(
        "The person must sign in",
        "The request forbids every page (prompt=none), and nobody is signed in",
        "Send the person here once more without prompt=none",
        "OpenID Connect Core §3.1.2.6",
    ),
    row(
        "The person must be asked",
        "The request forbids every page (prompt=none), and the person has not allowed this yet. A public client without an \
         https redirect URI is asked about each time",
        "Send the person here once more without prompt=none",
        "OpenID Connect Core §3.1.2.6, RFC 8252 §8.6",
    ),
    // Pushed requests.
    row(
        "The parameter request_uri does not belong in a pushed request",
        "The pushed request is a reference to another one",
        "Push the parameters themselves",
        PUSHED,
    ),
    row(
        "The parameter client_id is missing; an authorization request needs it",
        "The pushed request does not name its client, although the client has authenticated",
        "Send client_id with it",
        PUSHED,
    ),
    row(
        "The request is longer than 16 KB",
        "The pushed request is longer than 16 KB",
        "Send less; no address could hold as much",
        PUSHED,
    ),
    about(
        "redirect_uris",
        "The client has no redirect URI to go back to",
        "The client has no redirect URI",
        "Register the one that the application listens on",
        "RFC 6749 §3.1.2.2",
    ),
];
