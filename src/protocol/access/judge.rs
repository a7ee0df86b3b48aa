//! The checks, one after the other.

use super::advice::advice;
use super::{Check, Checked, Decision, Outcome, Request, Token, Verdict};
use crate::client::lifetime;
use crate::client::policy::{PlainPath, PolicyRule, Ruling, UnclearPath};
use crate::protocol::jws::{JwsError, Verified};
use crate::protocol::living_token::{DeadToken, Examined};

/// What a check finds: that it passes, that it fails, or nothing, because an earlier one failed.
type Finding = Option<Result<String, String>>;

/// Decides whether a request may have what it asks for.
pub fn decide(request: &Request<'_>) -> Decision {
    let path = PlainPath::parse(request.path);
    let examined = match &request.token {
        Token::One { examined, .. } => Some(*examined),
        Token::None | Token::Unclear(_) => None,
    };
    let ruling = path
        .as_ref()
        .ok()
        .map(|path| request.server.policy.ruling(request.method, path));
    let checks: Vec<Checked> = Check::ALL
        .into_iter()
        .map(|check| {
            let found = match (check, examined) {
                (Check::Request, _) => Some(one_token_and_a_clear_path(&request.token, path.as_ref().err())),
                (_, None) => None,
                (Check::Scope, Some(examined)) => scope(examined, ruling),
                (Check::Policy, Some(examined)) => policy(examined, ruling, request),
                (_, Some(examined)) => of_token(check, examined, request),
            };
            checked(check, found)
        })
        .collect();
    let verdict = verdict(&checks, request, path.as_ref().err(), ruling);
    let mut decision = Decision {
        server: request.server.identifier.clone(),
        checks,
        verdict,
        advice: None,
    };
    decision.advice = advice(&decision, request, ruling);
    decision
}

fn checked(check: Check, found: Finding) -> Checked {
    let (outcome, reason) = match found {
        Some(Ok(reason)) => (Outcome::Passed, reason),
        Some(Err(reason)) => (Outcome::Failed, reason),
        None => (Outcome::NotReached, "Not reached".to_owned()),
    };
    Checked {
        check,
        outcome,
        reason,
    }
}

/// The first check that failed decides.
fn verdict(
    checks: &[Checked],
    request: &Request<'_>,
    unclear: Option<&UnclearPath>,
    ruling: Option<Ruling<'_>>,
) -> Verdict {
    let decisive = checks.iter().find(|checked| checked.outcome == Outcome::Failed);
    match (decisive.map(|checked| checked.check), ruling) {
        // No check but these lets a token pass: one that does not live is none, whatever the checks have overlooked.
        (None, Some(Ruling::By(rule))) if is_good(&request.token) => Verdict::Allowed(rule.to_string()),
        (None, Some(Ruling::By(_))) => Verdict::InvalidToken,
        (Some(Check::Request), _) => match (&request.token, unclear) {
            (Token::Unclear(why), _) => Verdict::InvalidRequest((*why).to_owned()),
            (_, Some(unclear)) => Verdict::InvalidRequest(unclear.to_string()),
            (_, None) => Verdict::NoToken,
        },
        (Some(Check::Possession), _) => Verdict::NotProven,
        (Some(Check::Scope), Some(Ruling::By(rule))) => Verdict::InsufficientScope(rule.scopes.clone()),
        (None | Some(Check::Scope | Check::Policy), _) => Verdict::Denied,
        (Some(_), _) => Verdict::InvalidToken,
    }
}

fn is_good(token: &Token<'_>) -> bool {
    matches!(token, Token::One { examined, possession: Some(Ok(_)) } if examined.lives())
}

fn one_token_and_a_clear_path(token: &Token<'_>, unclear: Option<&UnclearPath>) -> Result<String, String> {
    match (token, unclear) {
        (Token::Unclear(why), _) => Err((*why).to_owned()),
        (_, Some(unclear)) => Err(unclear.to_string()),
        (Token::None, None) => Err("The request has no access token".to_owned()),
        (Token::One { .. }, None) => {
            Ok("One access token, and a path that can be read in one way only".to_owned())
        }
    }
}

fn of_token(check: Check, examined: &Examined, request: &Request<'_>) -> Finding {
    let Some(token) = &examined.token else {
        return unsigned(check, examined);
    };
    let is_dead = |reason| examined.dead.contains(&reason);
    Some(match check {
        Check::Signature => Ok(format!("Signed with {:?} by a key of this server", token.alg)),
        Check::Type => Ok("at+jwt: an access token".to_owned()),
        Check::Issuer if is_dead(DeadToken::Issuer) => Err(format!(
            "It is of {}, and this server is {}",
            token.text("iss").unwrap_or("nobody"),
            request.issuer.as_str()
        )),
        Check::Issuer => Ok(format!("It is of {}", request.issuer.as_str())),
        Check::Audience => audience(token, is_dead(DeadToken::Audience), &request.server.identifier),
        Check::Expiry => expiry(token, is_dead(DeadToken::Expired), request.now),
        Check::NotBefore => not_before(token, is_dead(DeadToken::NotYet), request.now),
        Check::Possession => return possession(&request.token),
        Check::Revocation => revocation(examined),
        Check::Client => client(examined),
        Check::Request | Check::Scope | Check::Policy => return None,
    })
}

/// Of what nobody here has signed nothing can be believed. A token of another kind is signed, but its claims mean something
/// else.
fn unsigned(check: Check, examined: &Examined) -> Finding {
    let error = examined.dead.iter().find_map(|dead| match dead {
        DeadToken::Unsigned(error) => Some(*error),
        _ => None,
    })?;
    match (check, error) {
        (Check::Signature, JwsError::Kind) => Some(Ok("Signed by a key of this server".to_owned())),
        (Check::Signature, error) => Some(Err(format!("The token cannot be believed: {error}"))),
        (Check::Type, JwsError::Kind) => Some(Err(
            "It is a token of another kind, such as an ID token: an access token says at+jwt".to_owned(),
        )),
        _ => None,
    }
}

/// What a fault has made out to nobody is for no resource server, whatever it is called.
fn audience(token: &Verified, is_for_nobody: bool, identifier: &str) -> Result<String, String> {
    if token.is_for(identifier) && !is_for_nobody {
        return Ok(format!("It is for {identifier}"));
    }
    let aud = token
        .claims
        .get("aud")
        .map(|aud| aud.to_string().replace('"', ""));
    let aud = aud.unwrap_or_else(|| "nobody".to_owned());
    Err(format!(
        "It is for {aud}, and this resource server is {identifier}"
    ))
}

fn expiry(token: &Verified, is_over: bool, now: i64) -> Result<String, String> {
    match (is_over, token.seconds("exp")) {
        (false, Some(exp)) => Ok(format!("It ends in {}", length(now, exp))),
        (_, Some(exp)) => Err(format!("It ended {} ago", length(exp, now))),
        (_, None) => Err("It does not say when it ends".to_owned()),
    }
}

fn not_before(token: &Verified, is_early: bool, now: i64) -> Result<String, String> {
    match (is_early, token.seconds("nbf")) {
        (false, Some(_)) => Ok("It counts by now".to_owned()),
        (false, None) => Ok("It has none, so it counts at once".to_owned()),
        (true, Some(nbf)) if nbf > now => Err(format!("It counts only in {}", length(now, nbf))),
        (true, None) if token.claims.contains_key("nbf") => Err("Its nbf is no time".to_owned()),
        (true, _) => Err("By its iat it will be issued only later".to_owned()),
    }
}

/// In whole minutes, where it is more than two.
fn length(from: i64, to: i64) -> String {
    let seconds = to.abs_diff(from);
    let whole = if seconds > 120 {
        seconds - seconds % 60
    } else {
        seconds
    };
    lifetime::describe(whole)
}

fn possession(token: &Token<'_>) -> Finding {
    match token {
        Token::One { possession, .. } => possession.clone().map(|proven| proven.map(str::to_owned)),
        Token::None | Token::Unclear(_) => None,
    }
}

fn revocation(examined: &Examined) -> Result<String, String> {
    let of_revocation = |dead: &&DeadToken| {
        matches!(
            dead,
            DeadToken::Ended | DeadToken::GrantEnded | DeadToken::Revoked
        )
    };
    match examined.dead.iter().find(of_revocation) {
        Some(DeadToken::Ended) => {
            Err("All tokens of its client that were issued until then were ended".to_owned())
        }
        Some(DeadToken::GrantEnded) => {
            Err("Its grant has ended: withdrawn, revoked, or a code or refresh token came twice".to_owned())
        }
        Some(_) => Err("It was revoked".to_owned()),
        None => Ok("Neither it nor what it came from was revoked".to_owned()),
    }
}

fn client(examined: &Examined) -> Result<String, String> {
    let Some(client) = &examined.client else {
        return Err("Its client is gone".to_owned());
    };
    let told = format!(
        "{} is {}",
        client.draft.name,
        client.standing().label().to_lowercase()
    );
    match examined.dead.contains(&DeadToken::ClientNotActive) {
        true => Err(told),
        false => Ok(told),
    }
}

fn scope(examined: &Examined, ruling: Option<Ruling<'_>>) -> Finding {
    let token = examined.token.as_ref()?;
    let Some(Ruling::By(rule)) = ruling else {
        return None;
    };
    let held = scopes_of(token);
    if rule.scopes.is_empty() {
        return Some(Ok(format!("The rule {rule} needs no scope")));
    }
    let needed = rule.scopes.join(" ");
    let missing = rule.missing_scopes(&held).join(" ");
    Some(match (missing.is_empty(), held.is_empty()) {
        (true, _) => Ok(format!("The rule {rule} needs {needed}, which the token has")),
        (false, true) => Err(format!(
            "The rule {rule} needs {needed}, and the token has no scope"
        )),
        (false, false) => Err(format!(
            "The rule {rule} needs {needed}, and the token has {} only",
            held.join(" ")
        )),
    })
}

/// The scopes of a token (RFC 9068 §2.2.3).
pub(super) fn scopes_of(token: &Verified) -> Vec<&str> {
    let scope = token.text("scope").unwrap_or_default();
    scope.split(' ').filter(|scope| !scope.is_empty()).collect()
}

fn policy(examined: &Examined, ruling: Option<Ruling<'_>>, request: &Request<'_>) -> Finding {
    let token = examined.token.as_ref()?;
    Some(match ruling? {
        Ruling::By(rule) => claims(rule, token),
        Ruling::ButForCase(rule) => Err(format!(
            "The path is that of the rule {rule} but for upper and lower case, so it is denied"
        )),
        Ruling::None if request.server.policy.rules().is_empty() => {
            Err("The resource server has no rules, so it denies every request".to_owned())
        }
        Ruling::None => Err("No rule fits this method and path, and what no rule fits is denied".to_owned()),
    })
}

fn claims(rule: &PolicyRule, token: &Verified) -> Result<String, String> {
    let unmet = rule.unmet_claims(&token.claims);
    let told = |claims: Vec<String>| claims.join(", ");
    if !unmet.is_empty() {
        let unmet = told(unmet.iter().map(ToString::to_string).collect());
        return Err(format!(
            "The rule {rule} needs {unmet}, which the token does not say"
        ));
    }
    if rule.claims.is_empty() {
        return Ok(format!("The rule {rule} allows it"));
    }
    let met = told(rule.claims.iter().map(ToString::to_string).collect());
    Ok(format!("The rule {rule} allows it, and the token says {met}"))
}
