//! What the server notes where a client does not authenticate, or its request cannot be read.

use super::{Row, about, row};

const FORM: &str = "RFC 6749 §3.2, appendix B";
const ONE_METHOD: &str = "RFC 6749 §2.3";
const ASSERTION: &str = "RFC 7523 §3";
const NOT_VOUCHED_FOR: &str = "The assertion is none that the client's registered keys vouch for";
const PROOF: &str = "The DPoP proof does not prove anything for this request";
const NEW_PROOF: &str = "Make a proof for each request: htm its method, htu its URL, iat the time, a jti of its own, signed with the key in jwk";
const DPOP: &str = "RFC 9449 §4.2, §4.3";

/// In the order in which they are looked for.
pub const ROWS: &[Row] = &[
    row(
        "fault: ",
        "A fault did this: it was armed for this client on purpose",
        "Ask again: a fault is used up by one answer",
        "RFC 6749 §5.2",
    ),
    row(
        "The content type must be application/x-www-form-urlencoded",
        "The request does not say that its body is a form",
        "Send Content-Type: application/x-www-form-urlencoded, and no JSON",
        FORM,
    ),
    row(
        "is not application/x-www-form-urlencoded in UTF-8",
        "The body of the request cannot be read as a form",
        "Encode each parameter as application/x-www-form-urlencoded in UTF-8",
        FORM,
    ),
    row(
        "A parameter stands in the request more than once",
        "A parameter stands in the request more than once",
        "Send each parameter once; only resource and audience may come several times",
        "RFC 6749 §3.1, §3.2",
    ),
    row(
        "The request has too many parameters",
        "The request has more parameters than any protocol knows",
        "Send only what the grant needs",
        FORM,
    ),
    row(
        "The request body is larger than",
        "The body of the request is too large",
        "Send only what the grant needs",
        "RFC 9110 §15.5.14",
    ),
    row(
        "The request body did not come in time",
        "The body of the request did not come in time",
        "Send it at once, as long as Content-Length says",
        "RFC 9110 §15.5.9",
    ),
    row(
        "The request body broke off",
        "The body of the request broke off",
        "Send it whole, as long as Content-Length says",
        "RFC 9112 §8",
    ),
    row(
        "Parameters belong in the request body",
        "A parameter stands in the address, where logs would keep it",
        "Send every parameter in the body of the POST",
        "RFC 6749 §2.3.1, §3.2",
    ),
    row(
        "Send one Authorization header",
        "The request has more than one Authorization header",
        "Send one",
        ONE_METHOD,
    ),
    row(
        "Use one client authentication method",
        "The request authenticates in two ways at once",
        "Send the secret in the Authorization header or in the body, not in both; most libraries add one by themselves",
        ONE_METHOD,
    ),
    row(
        "client_id in the body is not the client of the Authorization header",
        "The request names two clients",
        "Leave client_id out of the body, or send the same as in the Authorization header",
        ONE_METHOD,
    ),
    row(
        "client_id in the body is not the client of the assertion",
        "The request names two clients",
        "Leave client_id out of the body, or send the same as in sub of the assertion",
        "RFC 7521 §4.2",
    ),
    row(
        "the Authorization scheme is not Basic",
        "The Authorization header is not of the scheme Basic",
        "A client authenticates with Basic; Bearer is for calls to an API",
        "RFC 6749 §2.3.1, RFC 7617 §2",
    ),
    row(
        "the Basic credentials",
        "The Authorization header cannot be read",
        "Send Basic and the base64 of client_id:client_secret, each of the two form-urlencoded before",
        "RFC 6749 §2.3.1, RFC 7617 §2",
    ),
    about(
        "token_endpoint_auth_method",
        "no credentials, and the client is not public",
        "The client is confidential, and the request brought no credentials",
        "Send its secret or assertion, or turn it into a public client",
        "RFC 6749 §3.2.1, §2.3",
    ),
    about(
        "jwks",
        "no key of the client goes with the assertion",
        NOT_VOUCHED_FOR,
        "Sign with the private key of a registered one and name it by its kid, or register the public half of yours",
        ASSERTION,
    ),
    about(
        "jwks",
        "the assertion's signature is wrong",
        NOT_VOUCHED_FOR,
        "Sign with the private key of a registered one, or register the public half of yours",
        ASSERTION,
    ),
    about(
        "jwks_uri",
        "could not be fetched",
        "The client's keys could not be fetched from its jwks_uri",
        "See that a JWK set of at most 256 KB lies at exactly this https address, without a redirect",
        "RFC 7591 §2, RFC 7517 §5",
    ),
    about(
        "token_endpoint_auth_signing_alg",
        "the assertion's algorithm is not the one the client registered",
        "The assertion is signed by another algorithm than the registered one",
        "Sign by the registered algorithm, or register the one you sign by",
        "OpenID Connect Registration §2",
    ),
    row(
        "the assertion's algorithm is not accepted",
        "The assertion is signed by an algorithm that is not taken, or by none",
        "Sign by one of token_endpoint_auth_signing_alg_values_supported; none and a shared secret are never taken",
        "RFC 8725 §3.1",
    ),
    row(
        "the assertion has a crit header",
        "The assertion demands an extension that nobody here understands",
        "Leave crit out of its header",
        "RFC 7515 §4.1.11",
    ),
    row(
        "the assertion is no signed JWT",
        "What stands in the place of the assertion is no signed JWT",
        "Send the compact form: three parts of base64url with full stops between them",
        ASSERTION,
    ),
    row(
        "iss and sub of the assertion are not the client_id",
        "The assertion speaks of somebody else",
        "Put the client ID into both iss and sub",
        ASSERTION,
    ),
    row(
        "the assertion's aud is neither",
        "The assertion is for another server",
        "Put this server's issuer into aud",
        ASSERTION,
    ),
    row(
        "the assertion has no exp",
        "The assertion does not say until when it counts",
        "Put an exp into it, a few minutes ahead",
        ASSERTION,
    ),
    row(
        "the assertion has expired",
        "The assertion has expired",
        "Sign a new one for each request, and see that the clock is right",
        ASSERTION,
    ),
    row(
        "the assertion lives longer than a day",
        "The assertion counts for longer than a day",
        "Put an exp into it that is a few minutes ahead",
        ASSERTION,
    ),
    row(
        "the assertion is of the future",
        "The assertion was issued in the future, by iat or nbf",
        "See that the clock of the client's machine is right",
        ASSERTION,
    ),
    row(
        "the assertion's exp is no time",
        "The exp of the assertion is no time",
        "Write it in whole seconds since 1970",
        "RFC 7519 §2",
    ),
    row(
        "the assertion has no jti",
        "The assertion has nothing that makes it the only one",
        "Put a new jti of at most 256 bytes into each",
        ASSERTION,
    ),
    row(
        "the assertion was used before",
        "The assertion was used before",
        "Sign a new one, with a new jti, for each request",
        ASSERTION,
    ),
    row(
        "clients with certificates need chancery serve --tls",
        "This server does not speak TLS, so it sees no certificate",
        "Start chancery serve --tls, and ask there",
        "RFC 8705 §2",
    ),
    row(
        "the client showed no certificate",
        "The connection has shown no certificate",
        "Ask at the token_endpoint of mtls_endpoint_aliases, with the client's certificate",
        "RFC 8705 §2, §5",
    ),
    about(
        "jwks",
        "the certificate is none of those in the client's keys",
        "The certificate is none that the client has registered",
        "Show the registered one, or register yours (x5c in jwks)",
        "RFC 8705 §2.2.2",
    ),
    row(
        "no authority for clients' certificates is trusted here",
        "The server trusts nobody's word about certificates",
        "Start it with --client-ca FILE",
        "RFC 8705 §2.1",
    ),
    about(
        "tls_client_auth_subject_dn",
        "the certificate's subject is not the registered one",
        "The certificate is of somebody else than the registered subject",
        "Show the certificate of the registered subject, or register the subject of yours",
        "RFC 8705 §2.1.2",
    ),
    row(
        "the client's certificate cannot be read",
        "The certificate cannot be read",
        "Show an X.509 certificate of version 3, or have a new one made",
        "RFC 8705 §2",
    ),
    row(
        "the client's certificate is not yet valid",
        "The certificate does not count yet",
        "See that the clock is right, or show another one",
        "RFC 8705 §2.1",
    ),
    row(
        "the client's certificate has expired",
        "The certificate has expired",
        "Have a new one made, and show that",
        "RFC 8705 §2.1",
    ),
    row(
        "The DPoP proof was used before",
        "The DPoP proof was used before",
        "Make a new one, with a new jti, for each request",
        "RFC 9449 §11.1",
    ),
    row(
        "The DPoP proof needs the nonce",
        "The DPoP proof needs a nonce of this server",
        "Repeat the request with a proof that carries the nonce of the header DPoP-Nonce",
        "RFC 9449 §8",
    ),
    row(
        "The DPoP proof's iat is",
        "The DPoP proof is not of this moment",
        "Put the time into iat, and see that the clock is right to the minute",
        "RFC 9449 §4.3, §11.1",
    ),
    row(
        "The DPoP proof's jwk has private members",
        "The DPoP proof has shown a private key",
        "Make a new key, and put only its public half into the header",
        "RFC 9449 §4.2",
    ),
    row("The DPoP proof", PROOF, NEW_PROOF, DPOP),
    row(
        "DPoP header",
        PROOF,
        "Send one DPoP header, with one signed JWT in it",
        DPOP,
    ),
];
