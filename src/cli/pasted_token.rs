//! `chancery token --decode` and `--verify`: what a token says that comes from anywhere. Nothing of it is kept or sent.

use std::io::{BufRead, IsTerminal, Read};

use jiff::Timestamp;
use serde_json::{Value, json};
use zeroize::Zeroizing;

use super::{Failure, GlobalArgs, Outcome, output};
use crate::outbound::{DecodedToken, SignatureCheck, decode, discover, published_keys};
use crate::protocol::Issuer;

/// The longest token that is read, in bytes.
const MOST_BYTES: u64 = 64 * 1024;

/// Prints header and claims of the token on standard input. Its signature is not looked at.
pub(super) fn show() -> Outcome {
    let token = decoded(&read()?, &json!({}))?;
    output::json(&json!({ "header": token.header, "claims": token.claims }))
}

/// The same, and whether the token is good: signed with a published key of this registry or of a running server, and in
/// its time.
pub(super) fn verify(global: &GlobalArgs, issuer: Option<&Issuer>, now: Timestamp) -> Outcome {
    let token = read()?;
    let keys = match issuer {
        Some(issuer) => published_keys(&discover(issuer.as_str())?)?,
        None => {
            let records = global.open()?.signing_keys()?;
            let published = records
                .into_iter()
                .filter(|record| record.retires_at.is_none_or(|end| now < end));
            let published: Vec<Value> = published.map(|record| record.public_jwk).collect();
            json!({ "keys": published })
        }
    };
    let token = decoded(&token, &keys)?;
    let wrong = wrong(&token, now);
    let key = match &token.signature {
        SignatureCheck::Good { kid, alg } => json!({ "kid": kid, "alg": alg }),
        SignatureCheck::Bad(_) => Value::Null,
    };
    output::json(&json!({
        "header": token.header,
        "claims": token.claims,
        "verified": { "good": wrong.is_none(), "key": key, "why_not": wrong.as_ref().map(|(why, _)| why) },
    }))?;
    match wrong {
        None => Ok(()),
        Some((why, advice)) => Err(Failure::new(format!("The token is not good: {why}"), advice)),
    }
}

/// What is wrong with it, and what to do.
fn wrong(token: &DecodedToken, now: Timestamp) -> Option<(String, &'static str)> {
    if let SignatureCheck::Bad(why) = &token.signature {
        let advice = "Compare iss in its claims with the issuer that you mean, and name that with --issuer";
        return Some((why.clone(), advice));
    }
    let seconds = |name: &str| token.claims.get(name).and_then(Value::as_i64);
    let at = |seconds: i64| {
        Timestamp::from_second(seconds).map_or_else(|_| seconds.to_string(), |time| time.to_string())
    };
    match (seconds("nbf"), seconds("exp")) {
        (Some(nbf), _) if now.as_second() < nbf => Some((
            format!("it is not valid before {}", at(nbf)),
            "Compare the clocks of this machine and of its issuer",
        )),
        (_, Some(exp)) if exp <= now.as_second() => {
            Some((format!("it expired at {}", at(exp)), "Get a new one"))
        }
        (_, None) => Some((
            "it does not say when it expires".to_owned(),
            "Do not accept it: it would be good for ever",
        )),
        _ => None,
    }
}

fn decoded(token: &str, keys: &Value) -> Result<DecodedToken, Failure> {
    decode(token, keys).ok_or_else(|| {
        Failure::new(
            "What came on standard input is no signed JWT",
            "Give the token alone: three parts of base64url with dots between, without Bearer before it",
        )
    })
}

fn read() -> Result<Zeroizing<String>, Failure> {
    if std::io::stdin().is_terminal() {
        output::remark("Paste the token, then press Enter");
    }
    let mut line = Zeroizing::new(String::with_capacity(4096));
    let mut input = std::io::stdin().lock().take(MOST_BYTES);
    input.read_line(&mut line).map_err(|error| {
        Failure::new(
            format!("The token cannot be read from standard input: {error}"),
            "Give it as one line of UTF-8",
        )
    })?;
    Ok(Zeroizing::new(line.trim().to_owned()))
}
