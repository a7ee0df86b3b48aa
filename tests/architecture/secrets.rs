//! That a secret in clear has one way out, `Secret::expose`.

use crate::breach::Breach;
use crate::source::{House, Source, Token, attribute};

/// Traits that show a value, give it away or compare it in the open.
const SHOWING: [&str; 12] = [
    "AsRef",
    "Borrow",
    "Debug",
    "Deref",
    "Display",
    "Hash",
    "LowerHex",
    "PartialEq",
    "Serialize",
    "ToSql",
    "ToString",
    "UpperHex",
];

/// Ways round `Secret::expose`: traits that would show it, derived or written, and a public field.
pub fn leaks_of_secret(house: &House) -> Vec<Breach> {
    let mut found = Vec::new();
    let mut is_defined = false;
    for source in &house.sources {
        let mut attributes: Vec<&Token> = Vec::new();
        let mut rest = source.shipped.as_slice();
        while let Some((first, after)) = rest.split_first() {
            if let Some(attribute) = attribute(rest) {
                attributes.extend(attribute);
                rest = rest.get(attribute.len()..).unwrap_or_default();
                continue;
            }
            if first.is("struct") && after.first().is_some_and(|name| name.is("Secret")) {
                is_defined = true;
                found.extend(derived(source, &attributes));
                found.extend(public_fields(source, after));
            } else if first.is("impl") {
                found.extend(written(source, first.line, after));
            }
            // Attributes belong to what follows them, and only visibility stands between.
            if !matches!(first.word(), Some("pub" | "crate" | "super"))
                && !first.is_sign('(')
                && !first.is_sign(')')
            {
                attributes.clear();
            }
            rest = after;
        }
    }
    if !is_defined {
        let what = "no `struct Secret` was found: teach `leaks_of_secret` its new name";
        found.push(Breach::at("client/secret.rs", 1, what));
    }
    found
}

fn derived(source: &Source, attributes: &[&Token]) -> Vec<Breach> {
    let shows = |token: &&&Token| token.word().is_some_and(|word| SHOWING.contains(&word));
    let breach = |token: &&Token| {
        let name = token.word().unwrap_or_default();
        Breach::new(
            source,
            token.line,
            format!("`Secret` derives `{name}`, which opens it without `expose`: take it away"),
        )
    };
    attributes.iter().filter(shows).map(breach).collect()
}

fn public_fields(source: &Source, body: &[Token]) -> Vec<Breach> {
    let fields = body
        .iter()
        .take_while(|token| !token.is_sign(';') && !token.is_sign('}'));
    let what = "a public field of `Secret`: `expose` is the one way in";
    fields
        .filter(|token| token.is("pub"))
        .map(|token| Breach::new(source, token.line, what))
        .collect()
}

/// `impl … for Secret` and `impl From<Secret> for …`. A `Debug` of its own is how it stays redacted.
fn written(source: &Source, line: usize, after_impl: &[Token]) -> Vec<Breach> {
    let head = after_impl
        .iter()
        .take_while(|token| !token.is_sign('{'))
        .filter_map(Token::word);
    let head: Vec<&str> = head.take_while(|word| *word != "where").collect();
    let mut halves = head.split(|word| *word == "for");
    let (Some(traits), Some(target)) = (halves.next(), halves.next()) else {
        return Vec::new();
    };
    let mut found = Vec::new();
    if target.last() == Some(&"Secret") {
        let shown = traits
            .iter()
            .filter(|name| **name != "Debug" && SHOWING.contains(name));
        found.extend(shown.map(|name| {
            Breach::new(
                source,
                line,
                format!("`impl {name} for Secret` opens it without `expose`: take it away"),
            )
        }));
    } else if traits.contains(&"From") && traits.last() == Some(&"Secret") {
        found.push(Breach::new(
            source,
            line,
            "`From<Secret>` opens it without `expose`: take it away",
        ));
    }
    found
}
