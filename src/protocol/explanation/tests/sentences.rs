//! Nothing that the server says of a refusal is left unexplained, and nothing is explained that it never says.

use super::{active, noted};
use crate::client::ClientDraft;
use crate::protocol::explanation::said;

/// The files in which requests are refused, as far as they are shipped.
const SOURCES: &[&str] = &[
    include_str!("../../assertion.rs"),
    include_str!("../../authorization_code.rs"),
    include_str!("../../authorization_request.rs"),
    include_str!("../../authorize.rs"),
    include_str!("../../client_authentication.rs"),
    include_str!("../../client_certificate.rs"),
    include_str!("../../client_credentials.rs"),
    include_str!("../../credentials.rs"),
    include_str!("../../device_authorization.rs"),
    include_str!("../../device_code.rs"),
    include_str!("../../dpop.rs"),
    include_str!("../../error.rs"),
    include_str!("../../fault/mod.rs"),
    include_str!("../../form.rs"),
    include_str!("../../id_token.rs"),
    include_str!("../../jwt_bearer.rs"),
    include_str!("../../living_token.rs"),
    include_str!("../../pushed_request.rs"),
    include_str!("../../refresh_token.rs"),
    include_str!("../../resource.rs"),
    include_str!("../../token.rs"),
    include_str!("../../token_exchange.rs"),
    include_str!("../../../server/body.rs"),
    include_str!("../../../server/client_authentication.rs"),
    include_str!("../../../server/dpop.rs"),
    include_str!("../../../server/introspect.rs"),
    include_str!("../../../server/revoke.rs"),
];

/// The texts in the shipped part of a file.
fn literals(source: &str) -> Vec<String> {
    let shipped = source.split("#[cfg(test)]").next().unwrap_or_default();
    let code = shipped
        .lines()
        .filter(|line| !line.trim_start().starts_with("//"))
        .collect::<Vec<_>>()
        .join("\n");
    let mut found = Vec::new();
    let mut rest = code.chars().peekable();
    while let Some(letter) = rest.next() {
        // A quotation mark between two others is a letter, not the begin of a text.
        if letter == '\'' && rest.peek() == Some(&'"') {
            rest.nth(1);
        }
        if letter != '"' {
            continue;
        }
        let mut text = String::new();
        while let Some(letter) = rest.next().filter(|letter| *letter != '"') {
            match letter {
                '\\' if rest.next_if_eq(&'\n').is_some() => {
                    while rest.next_if(|letter| letter.is_whitespace()).is_some() {}
                }
                '\\' => text.extend(rest.next()),
                letter => text.push(letter),
            }
        }
        found.push(text);
    }
    found
}

/// Sentences that say less than the registration or the code does, and sentences that are put together from others.
const SAID_BETTER: &[&str] = &[
    "The client is not registered for the authorization code grant.",
    "The client is not registered for the refresh token grant.",
    "The client is not registered for the device code grant.",
    "The client is not registered for the JWT bearer grant.",
    "The client is not registered for the client credentials grant.",
    "The client is not registered for token exchange.",
    "The client credentials grant is for confidential clients only.",
    "Token exchange is for confidential clients only.",
    "The client is not registered for this resource.",
    "The scope goes beyond what the client is registered for.",
    "The client's tokens are bound to a key (dpop_bound_access_tokens): send a DPoP proof.",
    "The client's tokens are bound to its certificate (tls_client_certificate_bound_access_tokens): come with it to the token \
     endpoint of mtls_endpoint_aliases.",
    "Client authentication failed.",
    "Nobody has answered yet. Ask again after the interval.",
    "The device asks too often. Wait 5 s longer between two requests from now on.",
    "The person did not allow it.",
    "The device_code is too old. Ask for a new one at the device_authorization_endpoint.",
    "The server could not answer. Its own messages say why.",
    "Too many failed attempts for this client. Try again in {retry_after} s.",
    "Too many requests of this client wait for an answer. Try again in {retry_after} s.",
    "The server is busy. Try again in a moment.",
    // Of registration by a request, which has codes of its own.
    "The content type must be application/json.",
    // Its own reason follows.
    "The assertion does not count: {why}.",
    "The redirect_uri is not registered: its {} differs.",
    "{other}.",
];

/// Those of some texts that nothing is said of.
fn unexplained(texts: impl IntoIterator<Item = String>) -> Vec<String> {
    let client = active(|_| ());
    let is_unexplained = |text: &String| said::explain(&client, noted(text)).is_none();
    texts.into_iter().filter(is_unexplained).collect()
}

#[test]
fn every_sentence_by_which_the_server_refuses_is_explained() {
    let is_sentence = |text: &String| text.ends_with('.') && !SAID_BETTER.contains(&text.as_str());
    let sentences = SOURCES.iter().flat_map(|source| literals(source));
    let sentences: Vec<String> = sentences.filter(is_sentence).collect();
    assert!(sentences.len() > 70, "{} were found", sentences.len());
    assert_eq!(unexplained(sentences), [""; 0]);
}

#[test]
fn every_reason_against_an_assertion_or_a_certificate_is_explained() {
    let of_the_registration = [
        "the client is disabled",
        "the client is held",
        "is not the method",
    ];
    let sources = [
        include_str!("../../assertion.rs"),
        include_str!("../../client_certificate.rs"),
    ];
    let reasons = sources.into_iter().flat_map(literals).filter(|text| {
        let is_reason = [
            "the assertion",
            "the certificate",
            "the client",
            "no key",
            "iss and sub",
        ];
        is_reason.iter().any(|start| text.starts_with(start))
            && !of_the_registration.iter().any(|part| text.contains(part))
    });
    let reasons: Vec<String> = reasons.collect();
    assert!(reasons.len() > 15, "{reasons:?}");
    assert_eq!(unexplained(reasons), [""; 0]);
}

#[test]
fn every_sentence_that_is_looked_for_is_one_that_the_server_says() {
    let said: Vec<String> = SOURCES.iter().flat_map(|source| literals(source)).collect();
    for piece in said::looked_for() {
        // Reasons stand in brackets after the sentence that the client learns.
        let piece = piece.trim_start_matches('(').trim_end_matches(')');
        assert!(
            said.iter().any(|text| text.contains(piece)),
            "nobody says: {piece}"
        );
    }
}

/// Whether a draft has a member of this name: one of any other goes to what it keeps of other systems.
fn is_in_the_draft(field: &str) -> bool {
    let member = serde_json::json!({ field: { "of no": "type" } });
    match serde_json::from_value::<ClientDraft>(member) {
        Err(_) => true,
        Ok(draft) => draft.other_members.is_empty(),
    }
}

#[test]
fn every_field_that_is_named_is_one_that_the_window_can_go_to() {
    assert!(is_in_the_draft("jwks") && is_in_the_draft("scopes") && !is_in_the_draft("scope"));
    let source = [
        include_str!("../registration.rs"),
        include_str!("../page.rs"),
        include_str!("../said.rs"),
        include_str!("../said/authentication.rs"),
        include_str!("../said/authorization.rs"),
        include_str!("../said/token.rs"),
    ];
    let beside = ["status", "secrets", "findings"];
    let is_name =
        |text: &String| text.len() > 5 && text.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_');
    // Error codes and what else is one word.
    let no_fields = [
        "invalid_client",
        "unauthorized_client",
        "invalid_scope",
        "invalid_target",
        "invalid_request",
    ];
    let mut fields = 0;
    for name in source.into_iter().flat_map(literals).filter(is_name) {
        if no_fields.contains(&name.as_str()) || name == "nothing" {
            continue;
        }
        fields += 1;
        assert!(
            beside.contains(&name.as_str()) || is_in_the_draft(&name),
            "{name}"
        );
    }
    assert!(fields > 20, "{fields} fields were found");
}
