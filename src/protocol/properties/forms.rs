//! Forms, and what is read out of them.

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD};
use url::Url;

use super::halves;
use super::registered::CLIENTS;
use crate::client::{ApplicationType, AuthMethod, ClientDraft};
use crate::protocol::authorization_error::NotAuthorized;
use crate::protocol::authorization_request::{self, Arrival, AuthorizationRequest};
use crate::protocol::credentials::{Proof, presented};
use crate::protocol::form::{Form, FormError};
use crate::registry::Client;

/// A body or query: what is read is what a lenient reader reads, it writes back to what reads the same, and nothing that
/// may come once comes twice.
pub fn form(bytes: &[u8]) {
    let once = Form::parse(bytes);
    let Ok(form) = Form::parse_with_repetitions(bytes) else {
        assert!(once.is_err());
        return;
    };
    let pairs = |bytes: &[u8]| form_urlencoded::parse(bytes).into_owned().collect::<Vec<_>>();
    let (read, written) = (pairs(bytes), form.encoded());
    assert_eq!(pairs(written.as_bytes()), read);
    assert_eq!(
        Form::parse_with_repetitions(written.as_bytes()).map(|form| form.encoded()),
        Ok(written)
    );
    let comes_twice = |name: &str| {
        let may = matches!(name, "resource" | "audience");
        !may && read.iter().filter(|(other, _)| other == name).count() > 1
    };
    let repeated = read.iter().any(|(name, _)| comes_twice(name));
    assert_eq!(form.has_repetition(), repeated);
    assert_eq!(once.err(), repeated.then_some(FormError::Repeated));
    for (name, value) in read
        .iter()
        .filter(|(name, _)| !repeated && !matches!(name.as_str(), "resource" | "audience"))
    {
        assert_eq!(form.get(name).unwrap_or_default(), value);
    }
}

/// An `Authorization` header and a body: at most one method stands in a request, and Basic credentials write back to a
/// header that reads the same.
pub fn credentials(bytes: &[u8]) {
    let (header, body) = halves(bytes);
    let Ok(form) = Form::parse(body) else { return };
    if let Ok(found) = presented(&[], &form) {
        let methods = [form.get("client_secret"), form.get("client_assertion")];
        assert!(methods.iter().flatten().count() < 2);
        assert!(!matches!(
            found.proof,
            Proof::Secret(AuthMethod::ClientSecretBasic, _)
        ));
        if let (Some(client_id), Some(in_body)) = (&found.client_id, form.get("client_id")) {
            assert_eq!(client_id.as_str(), in_body);
        }
    }
    let Ok(found) = presented(&[header], &form) else {
        return;
    };
    assert_eq!(
        (form.get("client_secret"), form.get("client_assertion")),
        (None, None)
    );
    match (&found.client_id, &found.proof) {
        (Some(client_id), Proof::Secret(method, secret)) => {
            assert_eq!(*method, AuthMethod::ClientSecretBasic);
            assert!(
                form.get("client_id")
                    .is_none_or(|in_body| in_body == client_id.as_str())
            );
            let said = [client_id.as_str().to_owned(), secret.expose().to_owned()];
            assert_eq!(read_leniently(header), Some(said));
            let encoded = |text: &str| form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>();
            let pair = format!("{}:{}", encoded(client_id.as_str()), encoded(secret.expose()));
            let header = format!("Basic {}", STANDARD.encode(pair));
            let again = presented(&[header.as_bytes()], &form).map(|again| (again.client_id, again.proof));
            assert!(
                matches!(again, Ok((Some(id), Proof::Secret(_, again))) if id == *client_id && again.expose() == secret.expose())
            );
        }
        (_, proof) => assert!(matches!(proof, Proof::Secret(..) | Proof::Unusable(_))),
    }
}

/// Basic credentials as a lenient reader takes them: what stands before the first colon and what stands after it.
fn read_leniently(header: &[u8]) -> Option<[String; 2]> {
    let base64 = header.split_at_checked(6)?.1.trim_ascii();
    // Padding may be missing, in part too.
    let length = base64.iter().rposition(|byte| *byte != b'=')? + 1;
    let pair = STANDARD_NO_PAD.decode(base64.get(..length)?);
    let pair = String::from_utf8(pair.ok()?).ok()?;
    let (client_id, secret) = pair.split_once(':')?;
    let decoded = |text: &str| {
        let one_value = text.replace('&', "%26").replace('=', "%3D");
        let mut pairs = form_urlencoded::parse(one_value.as_bytes());
        pairs
            .next()
            .map_or_else(String::new, |(name, _)| name.into_owned())
    };
    Some([decoded(client_id), decoded(secret)])
}

/// An authorization request: nobody is sent anywhere but to a registered address, with `state` as it came and `iss`, and
/// nothing is asked for that the registration does not allow.
pub fn authorization_request(query: &[u8]) {
    let Ok(form) = Form::parse_with_repetitions(query) else {
        return;
    };
    for client in CLIENTS.iter() {
        let read = authorization_request::read(&form, client, Arrival::ByBrowser);
        let return_to = match &read {
            Ok(request) => {
                assert_is_allowed(request, &form, client);
                &request.return_to
            }
            Err(NotAuthorized::Refused(refusal)) => &refusal.return_to,
            Err(NotAuthorized::Page(_)) => continue,
        };
        assert!(
            is_registered(&return_to.redirect_uri, &client.draft),
            "{return_to:?}"
        );
        let location = Url::parse(&return_to.with(&[("code", "a b&c")], "https://issuer.example.com"));
        let answered: Vec<(String, String)> = location
            .iter()
            .flat_map(|url| url.query_pairs().into_owned())
            .collect();
        let says = |name: &str| {
            answered
                .iter()
                .rev()
                .find(|(held, _)| held == name)
                .map(|(_, value)| value.as_str())
        };
        assert_eq!(
            (says("code"), says("iss")),
            (Some("a b&c"), Some("https://issuer.example.com"))
        );
        if let Some(state) = &return_to.state {
            assert_eq!(
                (says("state"), form.get("state")),
                (Some(state.as_str()), Some(state.as_str()))
            );
        }
    }
}

fn assert_is_allowed(request: &AuthorizationRequest, form: &Form, client: &Client) {
    let draft = &client.draft;
    assert!(!form.has_repetition() && form.get("response_type") == Some("code"));
    assert!(request.scopes.iter().all(|scope| draft.scopes.contains(scope)));
    assert!(
        request
            .resources
            .iter()
            .all(|resource| draft.audience.contains(resource))
    );
    assert!(request.code_challenge.is_some() || draft.token_endpoint_auth_method != AuthMethod::None);
    assert!(request.code_challenge.is_none() || form.get("code_challenge_method") == Some("S256"));
    assert!(!(request.prompt.none && (request.prompt.login || request.prompt.consent)));
}

/// By another way than the matcher's: equal in every character, or a native client's loopback literal whose URL is equal
/// without its port.
fn is_registered(uri: &str, draft: &ClientDraft) -> bool {
    let without_port = |uri: &str| {
        let mut url = Url::parse(uri).ok()?;
        let is_literal = matches!(url.host_str(), Some("127.0.0.1" | "[::1]")) && url.scheme() == "http";
        url.set_port(None).ok()?;
        is_literal.then_some(url)
    };
    draft.redirect_uris.iter().any(|registered| {
        registered == uri
            || draft.application_type == ApplicationType::Native
                && without_port(uri).is_some_and(|uri| without_port(registered) == Some(uri))
    })
}
