//! What members of headers and claims mean, and by which standard: one table for each.

/// The meaning of a member.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Meaning {
    /// In words.
    pub text: &'static str,
    /// The standard and its paragraph.
    pub basis: &'static str,
}

type Row = (&'static str, &'static str, &'static str);

const CLAIMS: &[Row] = &[
    // What every kind may say.
    ("iss", "Issuer: who signed the token", "RFC 7519 §4.1.1"),
    ("sub", "Subject: of whom it speaks", "RFC 7519 §4.1.2"),
    ("aud", "Audience: who may accept it", "RFC 7519 §4.1.3"),
    (
        "exp",
        "Ends: nobody may accept it from then on",
        "RFC 7519 §4.1.4",
    ),
    ("nbf", "Begins: nobody may accept it before", "RFC 7519 §4.1.5"),
    ("iat", "Issued", "RFC 7519 §4.1.6"),
    ("jti", "Its own identifier", "RFC 7519 §4.1.7"),
    // Access tokens.
    (
        "client_id",
        "The client that asked for it",
        "RFC 9068 §2.2, RFC 8693 §4.3",
    ),
    (
        "scope",
        "What it allows, with spaces between",
        "RFC 9068 §2.2.3, RFC 8693 §4.2",
    ),
    ("groups", "Groups that the subject is in", "RFC 9068 §2.2.3.1"),
    ("roles", "Roles that the subject has", "RFC 9068 §2.2.3.1"),
    (
        "entitlements",
        "What the subject is entitled to",
        "RFC 9068 §2.2.3.1",
    ),
    (
        "authorization_details",
        "What it allows, in detail",
        "RFC 9396 §9.1",
    ),
    (
        "act",
        "Who acts for the subject, and who did before",
        "RFC 8693 §4.1",
    ),
    ("may_act", "Who may act for the subject", "RFC 8693 §4.4"),
    (
        "cnf",
        "The key or certificate that must be proven along with it",
        "RFC 7800 §3.1, RFC 8705 §3.1, RFC 9449 §6.1",
    ),
    ("grant_id", "The grant that it ends with, of this server", ""),
    // ID tokens.
    ("auth_time", "When the person signed in", "OpenID Connect Core §2"),
    (
        "nonce",
        "What the client sent along, to tell its own request's answer",
        "OpenID Connect Core §2",
    ),
    (
        "acr",
        "How well the person was authenticated",
        "OpenID Connect Core §2",
    ),
    (
        "amr",
        "By which methods the person was authenticated",
        "OpenID Connect Core §2, RFC 8176 §2",
    ),
    (
        "azp",
        "The client that it was issued to",
        "OpenID Connect Core §2",
    ),
    (
        "at_hash",
        "Half the hash of the access token it came with",
        "OpenID Connect Core §3.1.3.6",
    ),
    (
        "c_hash",
        "Half the hash of the code it came with",
        "OpenID Connect Core §3.3.2.11",
    ),
    (
        "sid",
        "The session at the issuer",
        "OpenID Connect Front-Channel Logout §3",
    ),
    (
        "sub_jwk",
        "The key of an issuer that is the person's own",
        "OpenID Connect Core §7.4",
    ),
    ("events", "What happened", "RFC 8417 §2.2"),
    ("toe", "When it happened", "RFC 8417 §2.2"),
    ("txn", "The transaction that it is of", "RFC 8417 §2.2"),
    // The person.
    ("name", "Full name, as it is shown", "OpenID Connect Core §5.1"),
    ("given_name", "Given names", "OpenID Connect Core §5.1"),
    ("family_name", "Family names", "OpenID Connect Core §5.1"),
    ("middle_name", "Middle names", "OpenID Connect Core §5.1"),
    ("nickname", "Casual name", "OpenID Connect Core §5.1"),
    (
        "preferred_username",
        "The name the person goes by; not unique",
        "OpenID Connect Core §5.1",
    ),
    ("profile", "The person's profile page", "OpenID Connect Core §5.1"),
    ("picture", "The person's picture", "OpenID Connect Core §5.1"),
    ("website", "The person's website", "OpenID Connect Core §5.1"),
    ("email", "E-mail address; not unique", "OpenID Connect Core §5.1"),
    (
        "email_verified",
        "Whether the issuer has checked the e-mail address",
        "OpenID Connect Core §5.1",
    ),
    ("gender", "Gender", "OpenID Connect Core §5.1"),
    ("birthdate", "Birthday", "OpenID Connect Core §5.1"),
    ("zoneinfo", "Time zone", "OpenID Connect Core §5.1"),
    ("locale", "Language and country", "OpenID Connect Core §5.1"),
    ("phone_number", "Telephone number", "OpenID Connect Core §5.1"),
    (
        "phone_number_verified",
        "Whether the issuer has checked the telephone number",
        "OpenID Connect Core §5.1",
    ),
    ("address", "Postal address", "OpenID Connect Core §5.1.1"),
    (
        "updated_at",
        "When this was changed last",
        "OpenID Connect Core §5.1",
    ),
    // Introspection and proofs.
    ("active", "Whether the token is good now", "RFC 7662 §2.2"),
    ("token_type", "How the token is presented", "RFC 7662 §2.2"),
    ("username", "The person's name for people", "RFC 7662 §2.2"),
    (
        "token_introspection",
        "What introspection says of the token",
        "RFC 9701 §5",
    ),
    ("htm", "The method of the request that it proves", "RFC 9449 §4.2"),
    (
        "htu",
        "The address of the request that it proves",
        "RFC 9449 §4.2",
    ),
    (
        "ath",
        "The hash of the access token that it goes with",
        "RFC 9449 §4.2",
    ),
];

const HEADERS: &[Row] = &[
    (
        "alg",
        "The algorithm of the signature, which must be the key's",
        "RFC 7515 §4.1.1, RFC 8725 §3.1",
    ),
    (
        "typ",
        "What kind of token it is",
        "RFC 7515 §4.1.9, RFC 8725 §3.11",
    ),
    ("kid", "The name of the key", "RFC 7515 §4.1.4"),
    ("cty", "What the payload is", "RFC 7515 §4.1.10"),
    (
        "crit",
        "What must be understood, or the token be refused",
        "RFC 7515 §4.1.11",
    ),
    ("jwk", "A key, of which anybody can write one", "RFC 7515 §4.1.3"),
    (
        "jku",
        "Where keys lie, which anybody can write",
        "RFC 7515 §4.1.2",
    ),
    (
        "x5u",
        "Where a certificate lies, which anybody can write",
        "RFC 7515 §4.1.5",
    ),
    (
        "x5c",
        "A certificate and those that vouch for it",
        "RFC 7515 §4.1.6",
    ),
    ("x5t", "A certificate's SHA-1", "RFC 7515 §4.1.7"),
    ("x5t#S256", "A certificate's SHA-256", "RFC 7515 §4.1.8"),
    ("b64", "Whether the payload is encoded", "RFC 7797 §3"),
    (
        "zip",
        "How it was compressed before encryption",
        "RFC 7516 §4.1.3",
    ),
    (
        "enc",
        "By which algorithm the claims are encrypted",
        "RFC 7516 §4.1.2",
    ),
    (
        "epk",
        "The sender's key of this one encryption",
        "RFC 7518 §4.6.1.1",
    ),
    ("url", "The address it is sent to", "RFC 8555 §6.4.1"),
    (
        "nonce",
        "A number of the receiver, against replay",
        "RFC 8555 §6.5.2",
    ),
];

/// What a claim means, where a standard says so.
pub fn of_claim(name: &str) -> Option<Meaning> {
    find(CLAIMS, name)
}

/// What a member of the header means, where a standard says so.
pub fn of_header(name: &str) -> Option<Meaning> {
    find(HEADERS, name)
}

fn find(rows: &[Row], name: &str) -> Option<Meaning> {
    let (_, text, basis) = *rows.iter().find(|(row, ..)| *row == name)?;
    Some(Meaning { text, basis })
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn each_member_has_one_meaning_and_a_standard() {
        for rows in [CLAIMS, HEADERS] {
            let mut names = HashSet::new();
            for (name, text, basis) in rows {
                assert!(names.insert(name), "{name} twice");
                assert!(!text.is_empty() && !text.ends_with('.'), "{name}");
                assert!(!basis.is_empty() || *name == "grant_id", "{name}");
            }
        }
        assert_eq!(of_claim("azp").unwrap().basis, "OpenID Connect Core §2");
        assert_eq!((of_claim("x5c"), of_header("aud")), (None, None));
    }
}
