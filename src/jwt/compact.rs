//! A signed token in its three parts (RFC 7515 §7.1): each is read as far as it can be, and what is not as it should be is
//! said.

use base64::Engine;
use base64::alphabet;
use base64::engine::DecodePaddingMode;
use base64::engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig, URL_SAFE_NO_PAD};
use serde_json::Value;

use super::problem::{Problem, quoted};
use super::{DecodedToken, Form, Keys, SignatureCheck, header, times, verify};
use crate::client::read_json;

/// Reads what is not canonical, too, so that it can be shown.
const FORGIVING: GeneralPurpose = GeneralPurpose::new(
    &alphabet::URL_SAFE,
    GeneralPurposeConfig::new()
        .with_decode_allow_trailing_bits(true)
        .with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// The three parts.
#[derive(Clone, Copy)]
pub(super) struct Parts<'a> {
    pub header: &'a str,
    pub claims: &'a str,
    pub signature: &'a str,
}

/// Reads the parts. The signature is checked only where header and claims can be read in one way, and nothing in the
/// header forbids it.
pub(super) fn read(parts: Parts<'_>, keys: Option<&Keys>) -> DecodedToken {
    let mut problems = Vec::new();
    let header = object(parts.header, "header", &mut problems);
    let claims = if header.get("b64") == Some(&Value::Bool(false)) {
        // RFC 7797 §3: what stands there is the payload itself.
        Value::Null
    } else {
        object(parts.claims, "payload", &mut problems)
    };
    if !header.is_object() && !claims.is_object() {
        let problem = Problem::unreadable(
            "This is no token: it has three parts with dots between, and none of its parts can be read",
            "Copy the token again, and nothing around it",
            "RFC 7519 §7.2",
        );
        problems.insert(0, problem);
        return DecodedToken::without_parts(Form::NoToken, problems);
    }
    let signature = bytes(parts.signature, "signature", &mut problems);
    problems.extend(header::problems(&header, parts.signature.is_empty()));
    problems.extend(times::malformed(&claims));
    let signature = match (keys, problems.iter().find(|problem| problem.refuses())) {
        (None, _) => SignatureCheck::NotChecked,
        (Some(_), Some(_)) => SignatureCheck::NotChecked,
        (Some(keys), None) => verify::check(&parts, &header, &signature.unwrap_or_default(), keys),
    };
    DecodedToken {
        form: Form::Signed,
        header,
        claims,
        signature,
        problems,
    }
}

/// A part that is a JSON object in base64url. What two readers would read differently is shown as one of them reads it.
pub(super) fn object(part: &str, name: &str, problems: &mut Vec<Problem>) -> Value {
    let Some(bytes) = bytes(part, name, problems) else {
        return Value::Null;
    };
    let Ok(text) = std::str::from_utf8(&bytes) else {
        problems.push(Problem::unreadable(
            format!("The {name} is not UTF-8"),
            "Have its issuer write UTF-8",
            "RFC 8725 §3.7",
        ));
        return Value::Null;
    };
    match read_json(text.as_bytes()) {
        Ok(value @ Value::Object(_)) => value,
        Ok(other) => {
            problems.push(Problem::unreadable(
                format!("The {name} is JSON, but no object, so this is no JWT"),
                "Copy the token again; if it stays so, its issuer made something else than a JWT",
                "RFC 7519 §7.2",
            ));
            other
        }
        Err(error) => {
            // The last of two members wins here, the first elsewhere.
            let shown: Option<Value> = serde_json::from_str(text).ok();
            let two_readings = if shown.is_some() {
                ", and who reads it otherwise reads another token"
            } else {
                ""
            };
            problems.push(Problem::unreadable(
                format!(
                    "The {name} is no JSON that can be used: {}{two_readings}",
                    quoted(error.reason())
                ),
                "Copy the token again; if it stays so, accept it nowhere",
                "RFC 7519 §4, RFC 7515 §4",
            ));
            shown.unwrap_or_default()
        }
    }
}

/// The bytes of a part, as base64url without padding writes them (RFC 7515 §2).
fn bytes(part: &str, name: &str, problems: &mut Vec<Problem>) -> Option<Vec<u8>> {
    if let Ok(bytes) = URL_SAFE_NO_PAD.decode(part) {
        return Some(bytes);
    }
    let url_safe: String = part
        .chars()
        .map(|c| match c {
            '+' => '-',
            '/' => '_',
            other => other,
        })
        .collect();
    let read = FORGIVING.decode(url_safe).ok();
    let what = if read.is_none() {
        format!("The {name} is not base64url")
    } else if part.contains('=') {
        format!("The {name} is base64url with padding, which a token has not")
    } else if part.contains(['+', '/']) {
        format!("The {name} is base64 with + or /, and a token has - and _")
    } else {
        format!(
            "The last character of the {name} carries bits that mean nothing, so other texts say the same"
        )
    };
    problems.push(Problem::unreadable(
        what,
        "Copy the token again; if it stays so, accept it nowhere",
        "RFC 7515 §2",
    ));
    read
}
