//! What the server notes where a grant is not given.

use super::{Row, about, row};

const CODE: &str = "RFC 6749 §4.1.3";
const PKCE: &str = "RFC 7636 §4.6";
const EXCHANGE: &str = "RFC 8693 §2.1";
const DEAD: &str = "RFC 8693 §2.2.2";
const OTHER_TOKEN: &str = "Get a new one, and exchange that";

/// In the order in which they are looked for.
pub const ROWS: &[Row] = &[
    row(
        "The parameter grant_type is missing",
        "The request does not say by which grant it asks",
        "Send grant_type",
        "RFC 6749 §5.2",
    ),
    row(
        "This grant is not offered here",
        "The server does not offer this grant to anybody",
        "Ask by one of grant_types_supported in its metadata; passwords and tokens in addresses are never granted",
        "RFC 6749 §5.2, RFC 9700 §2.1.2, §2.4",
    ),
    about(
        "id_token_signed_response_alg",
        "The server has no key for the client's id_token_signed_response_alg",
        "The server has no key for the algorithm of the client's ID tokens",
        "Register RS256 or ES256, or have the server make a key of the registered one",
        "OpenID Connect Registration §2",
    ),
    // Authorization code.
    row(
        "The parameter code is missing",
        "The request brings no code",
        "Send code as it came to the redirect URI",
        CODE,
    ),
    row(
        "The code is not valid: unknown, expired, spent, or not this client's",
        "The code is worth nothing: it is unknown, older than a minute, was used before, or is another client's",
        "Begin at the authorization endpoint again, and redeem each code once, at once, as the client that asked for it. \
         A second use ends what came of the first",
        "RFC 6749 §4.1.2, §5.2",
    ),
    row(
        "The redirect_uri is not that of the authorization request",
        "The redirect_uri is not the one of the authorization request",
        "Send it character for character as there, and leave it out only where that request had none",
        CODE,
    ),
    row(
        "There is a code_verifier, but the authorization request had no code_challenge",
        "The request brings a code_verifier, and the authorization request had no code_challenge",
        "Send code_challenge with code_challenge_method=S256 there; if you do, somebody has taken it out on the way",
        "RFC 9700 §4.8.2",
    ),
    row(
        "The parameter code_verifier is missing",
        "The authorization request had a code_challenge, and its code_verifier is missing here",
        "Keep the verifier that the challenge was made from, and send it with the code",
        "RFC 7636 §4.5",
    ),
    row(
        "The code_verifier does not go with the code_challenge",
        "The code_verifier is not the one of this sign-in",
        "Send the verifier of this very request: code_challenge is the base64url of the SHA-256 of its ASCII, without padding",
        PKCE,
    ),
    row(
        "The authorization request had a dpop_jkt",
        "The code is for a key, and the request does not prove to hold it",
        "Send a DPoP proof of the key that dpop_jkt named",
        "RFC 9449 §10",
    ),
    // Refresh token.
    row(
        "The parameter refresh_token is missing",
        "The request brings no refresh token",
        "Send the newest refresh_token that came",
        "RFC 6749 §6",
    ),
    row(
        "The refresh token is not valid: unknown, expired, used before",
        "The refresh token is worth nothing: it is unknown, has ended, was used before, or is another client's",
        "Each is good once: keep the newest of every answer, and never use two at a time. One that comes back ends all of \
         its family; then the person signs in again",
        "RFC 6749 §6, RFC 9700 §4.14.2",
    ),
    row(
        "The refresh token is bound to a key",
        "The refresh token is bound to a key, and the request does not prove to hold it",
        "Send a DPoP proof of the key that the token was got with",
        "RFC 9449 §5",
    ),
    row(
        "The refresh token is bound to a certificate",
        "The refresh token is bound to a certificate, and the connection has not shown it",
        "Ask with the certificate that the token was got with",
        "RFC 8705 §4",
    ),
    row(
        "The scope goes beyond what was granted",
        "The scope goes beyond what the person allowed",
        "Ask for part of it, leave scope out, or begin at the authorization endpoint again",
        "RFC 6749 §6",
    ),
    // Device code.
    row(
        "The parameter device_code is missing",
        "The request brings no device code",
        "Send device_code as the device authorization endpoint gave it",
        "RFC 8628 §3.4",
    ),
    row(
        "The device_code is not valid: unknown, spent, or not this client's",
        "The device code is worth nothing: it is unknown, was used before, or is another client's",
        "Ask at the device authorization endpoint for a new one, and stop asking once the tokens have come",
        "RFC 8628 §3.5, RFC 6749 §5.2",
    ),
    // JWT bearer: the assertion itself is among what authenticates.
    row(
        "The parameter assertion is missing",
        "The request brings no assertion",
        "Send assertion: a JWT signed with a key of the client. One that has authenticated it is used up",
        "RFC 7523 §2.1",
    ),
    // Token exchange.
    row(
        "Only access tokens of this server are exchanged",
        "The type of a token is none that is exchanged here",
        "Send an access token of this server, and a type that ends in access_token or jwt",
        EXCHANGE,
    ),
    row(
        "A token and its type go together",
        "A token came without its type, or the other way round",
        "Send subject_token with subject_token_type, and actor_token with actor_token_type where somebody else acts",
        EXCHANGE,
    ),
    row(
        "The requested_token_type is not issued here",
        "The wanted type of token is not issued here",
        "Leave requested_token_type out, or ask for one that ends in access_token or jwt",
        EXCHANGE,
    ),
    row(
        "(it was issued to another client)",
        "The actor token was issued to another client, and nobody says of others that they act",
        "Send an actor token that was issued to the client itself",
        DEAD,
    ),
    row(
        "(it is not this client's business)",
        "The subject token is none of this client's business: neither its own, nor for it, nor for a resource server that it \
         introspects for",
        "Have it issued for this client's client ID, or make the client the introspecting one of its resource server",
        DEAD,
    ),
    row(
        "(it has expired)",
        "A token of the request has expired",
        OTHER_TOKEN,
        DEAD,
    ),
    row(
        "(it was revoked)",
        "A token of the request was revoked",
        OTHER_TOKEN,
        DEAD,
    ),
    row(
        "(its grant has ended)",
        "The grant behind a token of the request has ended",
        "Have the person sign in again, and exchange what comes of that",
        DEAD,
    ),
    row(
        "(its client is not active)",
        "A token of the request is of a client that is disabled or held",
        "Enable that client, or put its registration right",
        DEAD,
    ),
    row(
        "(its client is gone)",
        "A token of the request is of a client that is deleted",
        OTHER_TOKEN,
        DEAD,
    ),
    row(
        "(all tokens of its client from that time were ended)",
        "All tokens of that client from that time were ended",
        OTHER_TOKEN,
        DEAD,
    ),
    row(
        "The subject token does not live, or is not the client's to exchange",
        "The subject token is none that lives and that this client may exchange",
        "Send an access token of this server that is its own, for it, or for a resource server that it introspects for; no \
         ID token",
        DEAD,
    ),
    row(
        "The actor token does not live, or was not issued to the client",
        "The actor token is none that lives and is the client's own",
        "Send an access token that this server issued to the client itself",
        DEAD,
    ),
    row(
        "A token of the request is bound to a key or a certificate",
        "A token of the request is bound to a key, and the request does not prove to hold it",
        "Send a DPoP proof of that key, or ask with that certificate",
        "RFC 9449 §6, RFC 8705 §3",
    ),
    row(
        "The subject token's may_act names another actor",
        "The subject token says who may act, and that is somebody else",
        "Exchange it as the actor that its may_act names",
        "RFC 8693 §4.4",
    ),
    row(
        "has passed through too many actors",
        "The subject token has passed through too many services",
        "Exchange an earlier one of the chain",
        "RFC 8693 §4.1",
    ),
    about(
        "scopes",
        "The scope goes beyond what the subject token and the client's registration both have",
        "The scope goes beyond what the subject token and the registration both have",
        "Ask for what both have, leave scope out, or add it to the client's scopes and get a wider subject token",
        "RFC 8693 §2.1",
    ),
    // Scope and resource, of every grant.
    row(
        "The scope must be scope values with exactly one space between two",
        "The scope is no list of scopes",
        "Write one space between two scopes, and no quotation mark, backslash or control character",
        "RFC 6749 §5.2, §3.3",
    ),
    row(
        "The resource is not an absolute URI without a fragment",
        "The resource is not an absolute URI, or has a fragment",
        "Send it as https://api.example.com; an identifier that is no URI goes by audience",
        "RFC 8707 §2",
    ),
    row(
        "The grant is not for this resource",
        "The person has allowed other resources than this one",
        "Ask for it at the authorization endpoint too, or for one of those",
        "RFC 8707 §2.2",
    ),
    row(
        "Ask for one resource at a time",
        "The request names several resources, and a token is for one",
        "Ask for a token for each: one that is good at several could be used by each at the others",
        "RFC 8707 §2.2, RFC 9700 §2.3",
    ),
    // Introspection and revocation.
    row(
        "The parameter token is missing",
        "The request does not say of which token it speaks",
        "Send token",
        "RFC 7662 §2.1, RFC 7009 §2.1",
    ),
    row(
        "The token was issued to another client",
        "The token was issued to another client, and only that one may give it up",
        "Ask as the client that it was issued to",
        "RFC 7009 §2.1",
    ),
];
