//! For which resource server a token is (RFC 8707): by `resource`, or by `audience` for identifiers that are no URI.

use url::Url;

use super::form::Form;
use crate::registry::Client;

/// Why no token can be issued for what was asked: `invalid_target` (RFC 8707 §2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InvalidTarget(pub &'static str);

/// The resources that a request names, each once, all of them the client's.
///
/// # Errors
/// [`InvalidTarget`] for one that is malformed or not registered.
pub fn asked<'a>(form: &Form, client: &'a Client) -> Result<Vec<&'a str>, InvalidTarget> {
    if form
        .all("resource")
        .any(|resource| !is_absolute_without_fragment(resource))
    {
        return Err(InvalidTarget(
            "The resource is not an absolute URI without a fragment.",
        ));
    }
    let mut found = Vec::new();
    for wanted in form.all("resource").chain(form.all("audience")) {
        let registered = client.draft.audience.iter().find(|held| *held == wanted);
        let registered =
            registered.ok_or(InvalidTarget("The client is not registered for this resource."))?;
        if !found.contains(&registered.as_str()) {
            found.push(registered.as_str());
        }
    }
    Ok(found)
}

/// The audience of one access token: the one resource that was asked for, the client's first when none was, none when
/// it has none (RFC 9068 §3). `granted` are those of the grant, which a token request may only narrow; empty for no
/// bounds but the registration's.
///
/// # Errors
/// [`InvalidTarget`], also for several at once.
pub fn audience<'a>(
    form: &Form,
    client: &'a Client,
    granted: &'a [String],
) -> Result<Option<&'a str>, InvalidTarget> {
    match asked(form, client)?.as_slice() {
        [] => Ok(granted
            .first()
            .or(client.draft.audience.first())
            .map(String::as_str)),
        [one] if granted.is_empty() || granted.iter().any(|held| held == one) => Ok(Some(one)),
        [_] => Err(InvalidTarget("The grant is not for this resource.")),
        _ => Err(InvalidTarget(
            "Ask for one resource at a time: a token for several could be used by each at the others.",
        )),
    }
}

fn is_absolute_without_fragment(resource: &str) -> bool {
    !resource.contains('#') && Url::parse(resource).is_ok()
}
