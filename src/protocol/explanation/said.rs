//! What the server noted of a refused request, sentence by sentence: what it means for whoever keeps the registration.

mod authentication;
mod authorization;
mod token;

use super::{Asked, Explanation};
use crate::registry::Client;

/// One sentence of the server.
struct Row {
    /// How it begins, or what is unmistakable in it.
    said: &'static str,
    what: &'static str,
    advice: &'static str,
    field: Option<&'static str>,
    basis: &'static str,
}

/// A sentence about the request.
const fn row(said: &'static str, what: &'static str, advice: &'static str, basis: &'static str) -> Row {
    Row {
        said,
        what,
        advice,
        field: None,
        basis,
    }
}

/// A sentence about a field of the registration.
const fn about(
    field: &'static str,
    said: &'static str,
    what: &'static str,
    advice: &'static str,
    basis: &'static str,
) -> Row {
    Row {
        field: Some(field),
        ..row(said, what, advice, basis)
    }
}

/// Explains what the server noted. `None` for what the registration or the code explains better.
pub fn explain(client: &Client, asked: Asked<'_>) -> Option<Explanation> {
    let noted = refused(asked.noted?);
    let tables = [authentication::ROWS, token::ROWS, authorization::ROWS];
    let row = tables
        .into_iter()
        .flatten()
        .find(|row| noted.contains(row.said))?;
    Some(Explanation {
        what: row.what.to_owned(),
        advice: row.advice.to_owned(),
        field: row.field.map(|field| registered(field, client)),
        basis: row.basis,
    })
}

/// What was noted of the refusal. Where a fault only held the answer up, that stands after it.
fn refused(noted: &str) -> &str {
    match noted.split_once("; ") {
        Some((fault, refused)) if fault.starts_with("fault: ") => refused,
        _ => noted,
    }
}

/// Keys are registered by value or by address.
fn registered(field: &'static str, client: &Client) -> &'static str {
    match field {
        "jwks" if client.draft.jwks.is_none() => "jwks_uri",
        other => other,
    }
}

/// Every piece of a sentence that is looked for.
#[cfg(test)]
pub fn looked_for() -> impl Iterator<Item = &'static str> {
    let tables = [authentication::ROWS, token::ROWS, authorization::ROWS];
    tables.into_iter().flatten().map(|row| row.said)
}
