//! What somebody pasted: a token with things around it, something else that holds tokens, or no token at all.

use std::borrow::Cow;

use serde_json::{Map, Value};

use super::compact::{self, Parts};
use super::problem::{Problem, quoted};
use super::{DecodedToken, Form, Keys, MOST_BYTES};
use crate::client::{Secret, read_json};

/// The members of a token response that hold tokens (RFC 6749 §5.1, OpenID Connect Core §3.1.3.3).
const TOKENS: [&str; 3] = ["access_token", "id_token", "refresh_token"];

/// How opaque tokens begin, and whose they are.
const PREFIXES: [(&str, &str); 12] = [
    ("ghp_", "a GitHub token"),
    ("gho_", "a GitHub token"),
    ("ghu_", "a GitHub token"),
    ("ghs_", "a GitHub token"),
    ("ghr_", "a GitHub token"),
    ("github_pat_", "a GitHub token"),
    ("glpat-", "a GitLab token"),
    ("xox", "a Slack token"),
    ("ya29.", "a Google access token"),
    ("1//", "a Google refresh token"),
    ("npm_", "an npm token"),
    ("sk_", "a secret key"),
];
/// The characters of this server's codes and refresh tokens.
const OWN_OPAQUE: usize = 43;

/// Reads a text. Its signature is checked if there are keys to do so.
pub(super) fn read(text: &str, keys: Option<&Keys>) -> DecodedToken {
    let (bare, remarks) = bare(text);
    let mut decoded = classified(&bare, keys);
    decoded.problems.splice(0..0, remarks);
    decoded
}

/// The tokens of a whole token response that somebody pasted, by the names of their members.
pub fn tokens_of_response(text: &str) -> Vec<(&'static str, Secret)> {
    let (bare, _) = bare(text);
    let Ok(Value::Object(members)) = read_json(bare.as_bytes()) else {
        return Vec::new();
    };
    let token = |name: &'static str| {
        let text = members.get(name)?.as_str()?;
        Some((name, Secret::new(text.to_owned())))
    };
    TOKENS.into_iter().filter_map(token).collect()
}

/// A text without what people copy along with a token, and a remark on each thing that was left out.
fn bare(text: &str) -> (Cow<'_, str>, Vec<Problem>) {
    let left_out = |what: &str| Problem::remark(format!("{what} left out"), "Nothing need be done", "");
    let mut remarks = Vec::new();
    let mut rest = text.trim_matches(|c: char| c.is_whitespace() || c == '\u{feff}');
    if rest.len() < text.len() {
        remarks.push(left_out("White space around the token was"));
    }
    let is_quote = |c: char| matches!(c, '"' | '\'' | '`' | ',' | ';');
    let unquoted = rest.trim_matches(is_quote).trim();
    if unquoted.len() < rest.len() {
        remarks.push(left_out("Quotation marks around the token were"));
        rest = unquoted;
    }
    let unheaded = without_scheme(rest);
    if unheaded.len() < rest.len() {
        remarks.push(left_out(
            "What stands before the token in an Authorization header was",
        ));
        rest = unheaded;
    }
    if rest.starts_with('{') || rest.starts_with('-') || !rest.contains(char::is_whitespace) {
        return (Cow::Borrowed(rest), remarks);
    }
    // Only a token is put together again; of prose that would make one.
    let joined: String = rest.split_whitespace().collect();
    if !joined.bytes().all(is_of_token) || !joined.contains('.') {
        return (Cow::Borrowed(rest), remarks);
    }
    remarks.push(left_out("Line breaks and spaces within the token were"));
    (Cow::Owned(joined), remarks)
}

/// What follows `Authorization: Bearer ` (RFC 6750 §2.1), or a part of that, in whatever case.
fn without_scheme(text: &str) -> &str {
    let after = |text: &'_ str, word: &str| {
        let (begin, rest) = text.split_at_checked(word.len())?;
        let ends = word.ends_with(':') || rest.starts_with(char::is_whitespace);
        (begin.eq_ignore_ascii_case(word) && ends).then_some(word.len())
    };
    let mut rest = text;
    for word in ["Authorization:", "Bearer", "DPoP"] {
        if let Some(length) = after(rest, word) {
            rest = rest.get(length..).unwrap_or_default().trim_start();
        }
    }
    rest
}

fn is_of_token(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b'=' | b'+' | b'/' | b'~')
}

fn classified(text: &str, keys: Option<&Keys>) -> DecodedToken {
    if text.is_empty() {
        return no_token("There is nothing to decode", "Paste a token");
    }
    if text.len() > MOST_BYTES {
        return no_token(
            "This is longer than 64 KB, and no token of that length is decoded",
            "Copy the token alone",
        );
    }
    if text.starts_with("-----BEGIN") {
        return no_token(
            "This is a key or a certificate, and no token",
            "Paste a public one as the key to verify with; a private one belongs nowhere but with its owner",
        );
    }
    if text.starts_with('{') {
        return of_json(text, keys);
    }
    if !text.bytes().all(is_of_token) {
        return no_token(
            "This is no token: it holds characters that no token has",
            "Copy the token again, and nothing around it",
        );
    }
    let parts: Vec<&str> = text.split('.').collect();
    match parts.as_slice() {
        [header, claims, signature] if !header.is_empty() => compact::read(
            Parts {
                header,
                claims,
                signature,
            },
            keys,
        ),
        [header, _, _, _, _] if !header.is_empty() => encrypted(header),
        several => opaque(text, several.len()),
    }
}

fn no_token(what: impl Into<String>, advice: &'static str) -> DecodedToken {
    DecodedToken::without_parts(Form::NoToken, vec![Problem::unreadable(what, advice, "")])
}

/// A JWE tells its header and nothing else (RFC 7516 §7.1).
fn encrypted(header: &str) -> DecodedToken {
    let mut problems = Vec::new();
    let header = compact::object(header, "header", &mut problems);
    let name = |member: &str| {
        let name = header.get(member).and_then(Value::as_str);
        name.map_or_else(|| "an algorithm that it does not name".to_owned(), quoted)
    };
    problems.push(Problem::unreadable(
        format!(
            "This token is encrypted (JWE): the key by {}, the claims by {}",
            name("alg"),
            name("enc")
        ),
        "Only whom it was encrypted for can read its claims: decrypt it there, and paste the token that is in it",
        "RFC 7516 §7.1",
    ));
    if header.get("zip").is_some() {
        problems.push(Problem::remark(
            "It was compressed before it was encrypted, which can tell what is in it",
            "Have its issuer leave zip out",
            "RFC 8725 §3.6",
        ));
    }
    DecodedToken {
        header,
        ..DecodedToken::without_parts(Form::Encrypted, problems)
    }
}

fn opaque(text: &str, parts: usize) -> DecodedToken {
    let known = PREFIXES.iter().find(|(prefix, _)| text.starts_with(prefix));
    let whose = match known {
        Some((_, whose)) => *whose,
        None if parts == 1 && text.len() == OWN_OPAQUE => {
            "a refresh token or a code, of this server's length"
        }
        None if parts == 1 && text.len() >= 16 => "a refresh token, a code or an access token that is no JWT",
        None => {
            let has = match parts {
                1 => "it is in one piece".to_owned(),
                several => format!("it has {several} parts"),
            };
            return no_token(
                format!("This is no token: {has}, and a signed JWT has three parts"),
                "Copy the token again, from its first letter to its last",
            );
        }
    };
    let problem = Problem::unreadable(
        format!("This is an opaque token, {whose}: it says something to its issuer only"),
        "Ask the issuer's introspection endpoint what it means",
        "RFC 7662 §2",
    );
    DecodedToken::without_parts(Form::Opaque, vec![problem])
}

/// JSON that holds tokens, or is one in a serialization that JWTs do not have.
fn of_json(text: &str, keys: Option<&Keys>) -> DecodedToken {
    let members = match read_json(text.as_bytes()) {
        Ok(Value::Object(members)) => members,
        Ok(_) => Map::new(),
        Err(error) => {
            return no_token(
                format!("This begins like JSON and is none: {}", quoted(error.reason())),
                "Paste a token alone, or a whole token response",
            );
        }
    };
    let held: Vec<&str> = TOKENS
        .into_iter()
        .filter(|name| members.get(*name).is_some_and(Value::is_string))
        .collect();
    if !held.is_empty() {
        let problem = Problem::unreadable(
            format!("This is a whole token response, with {}", held.join(", ")),
            "Choose one of its tokens",
            "RFC 6749 §5.1",
        );
        return DecodedToken::without_parts(Form::Response, vec![problem]);
    }
    if members.contains_key("payload") {
        return serialized(&members, keys);
    }
    if members.contains_key("ciphertext") {
        return no_token(
            "This is a JWE in JSON serialization, and a JWT is always in the compact one",
            "Decrypt it where its key is, and paste the token that is in it",
        );
    }
    if members.contains_key("keys") || members.contains_key("kty") {
        return no_token(
            "This is a key or a JWK set, and no token",
            "Paste it as the keys to verify with",
        );
    }
    no_token(
        "This is JSON, and no token is in it",
        "Paste a token alone, or a whole token response",
    )
}

/// A JWS in JSON serialization (RFC 7515 §7.2): shown where it has one signature, and no JWT all the same.
fn serialized(members: &Map<String, Value>, keys: Option<&Keys>) -> DecodedToken {
    let several = members.get("signatures").and_then(Value::as_array);
    let signed = match several.map(Vec::as_slice) {
        Some([one]) => one.as_object(),
        Some(_) => None,
        None => Some(members),
    };
    let text = |of: Option<&Map<String, Value>>, name: &str| {
        let text = of.and_then(|of| of.get(name)).and_then(Value::as_str);
        text.unwrap_or_default().to_owned()
    };
    let (header, claims) = (text(signed, "protected"), text(Some(members), "payload"));
    let signature = text(signed, "signature");
    let problem = Problem::refusal(
        "This is a JWS in JSON serialization, and a JWT is always in the compact one",
        "Have its issuer send it in three parts with dots between",
        "RFC 7519 §3",
    );
    if header.is_empty() {
        return DecodedToken::without_parts(Form::NoToken, vec![problem]);
    }
    let parts = Parts {
        header: &header,
        claims: &claims,
        signature: &signature,
    };
    let mut decoded = compact::read(parts, keys);
    decoded.problems.insert(0, problem);
    decoded
}

#[cfg(test)]
mod tests {
    use super::*;

    const TOKEN: &str = "eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiJhIn0.AAAA";

    fn read(text: &str) -> DecodedToken {
        super::read(text, None)
    }

    #[test]
    fn what_is_copied_along_with_a_token_is_left_out_and_said() {
        for (text, told) in [
            (format!("  {TOKEN}\n"), "White space around"),
            (format!("\"{TOKEN}\","), "Quotation marks around"),
            (format!("Bearer {TOKEN}"), "Authorization header"),
            (format!("authorization: bearer {TOKEN}"), "Authorization header"),
            (format!("DPoP {TOKEN}"), "Authorization header"),
            (format!("Bearer\n{TOKEN}"), "Authorization header"),
            (TOKEN.replace(".eyJ", ".\r\neyJ"), "Line breaks and spaces within"),
        ] {
            let decoded = read(&text);
            assert_eq!(decoded.claims["sub"], "a", "{text}");
            assert!(decoded.is_readable());
            let remark = &decoded.problems[0];
            assert!(
                remark.what.contains(told) && !remark.refuses(),
                "{text}: {remark:?}"
            );
        }
        assert_eq!(read(TOKEN).problems, []);
    }

    #[test]
    fn what_is_no_signed_token_is_named() {
        let refresh_token = "a".repeat(OWN_OPAQUE);
        let long = "a".repeat(MOST_BYTES + 1);
        let deep = "{\"a\":".repeat(10_000);
        for (text, form, told) in [
            ("", Form::NoToken, "nothing to decode"),
            (" \n", Form::NoToken, "nothing to decode"),
            ("\u{0}\u{1}", Form::NoToken, "characters that no token has"),
            (
                "Lorem ipsum dolor. Sit amet. Consectetur",
                Form::NoToken,
                "none of its parts",
            ),
            ("a.b.c", Form::NoToken, "none of its parts"),
            (
                "Lorem ipsum, dolor",
                Form::NoToken,
                "characters that no token has",
            ),
            ("a.b", Form::NoToken, "2 parts"),
            ("a.b.c.d", Form::NoToken, "4 parts"),
            ("..", Form::NoToken, "3 parts"),
            (&refresh_token, Form::Opaque, "of this server's length"),
            (
                "ghp_16C7e42F292c6912E7710c838347Ae178B4a",
                Form::Opaque,
                "a GitHub token",
            ),
            ("ya29.a0AfH6SM", Form::Opaque, "Google"),
            (
                "{\"access_token\":\"x\",\"id_token\":\"y\"}",
                Form::Response,
                "access_token, id_token",
            ),
            ("{\"access_token\":", Form::NoToken, "is none: the text ends"),
            ("{}", Form::NoToken, "no token is in it"),
            ("{\"kty\":\"EC\"}", Form::NoToken, "a JWK set"),
            (
                "{\"payload\":\"e30\",\"signatures\":[]}",
                Form::NoToken,
                "JSON serialization",
            ),
            ("{\"ciphertext\":\"e30\"}", Form::NoToken, "JWE in JSON"),
            (
                "-----BEGIN PUBLIC KEY-----",
                Form::NoToken,
                "a key or a certificate",
            ),
            (
                "eyJhbGciOiJSU0EtT0FFUCIsImVuYyI6IkEyNTZHQ00ifQ.a.b.c.d",
                Form::Encrypted,
                "the key by RSA-OAEP, the claims by A256GCM",
            ),
            (&long, Form::NoToken, "longer than 64 KB"),
            (&deep, Form::NoToken, "nested deeper than 127 levels"),
        ] {
            let decoded = read(text);
            assert_eq!(decoded.form, form, "{text:.60}");
            let told_of = decoded.problems.iter().any(|problem| problem.what.contains(told));
            assert!(told_of, "{text:.60}: {:?}", decoded.problems);
            assert!(!decoded.is_readable());
        }
    }

    #[test]
    fn the_tokens_of_a_response_are_offered() {
        let text = format!("{{\"access_token\":\"{TOKEN}\",\"expires_in\":600,\"id_token\":\"x\"}}\n");
        let tokens = tokens_of_response(&text);
        let names: Vec<&str> = tokens.iter().map(|(name, _)| *name).collect();
        assert_eq!(names, ["access_token", "id_token"]);
        assert!(tokens_of_response(TOKEN).is_empty());
    }
}
