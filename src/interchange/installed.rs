//! Whether a client is an installed application (RFC 8252), where the other system does not say.

use url::Url;

use super::foreign::{Changed, ForeignClient};
use crate::client::{ApplicationType, AuthMethod};

/// Takes a client for an installed application that cannot keep a secret and is called back on the device itself only.
pub(super) fn tell(client: &mut ForeignClient) {
    let draft = &mut client.draft;
    if draft.token_endpoint_auth_method != AuthMethod::None {
        return;
    }
    let has_custom = draft.redirect_uris.iter().any(|uri| is_custom(uri));
    let stays = |uri: &String| is_custom(uri) || is_loopback(uri);
    if has_custom && draft.redirect_uris.iter().all(stays) {
        draft.application_type = ApplicationType::Native;
        client.changed.push(Changed::new(
            "application_type",
            "which is native, as all of its redirect URIs stay on the device",
        ));
    }
}

fn is_custom(uri: &str) -> bool {
    // Nearly every one is of the web, which shows.
    !uri.starts_with("https:")
        && !uri.contains("${")
        && !uri.starts_with("localhost:")
        && Url::parse(uri).is_ok_and(|url| !matches!(url.scheme(), "http" | "https" | "javascript" | "data"))
}

fn is_loopback(uri: &str) -> bool {
    ["http://localhost", "http://127.0.0.1", "http://[::1]"]
        .iter()
        .any(|start| {
            uri.strip_prefix(start)
                .is_some_and(|rest| rest.is_empty() || rest.starts_with([':', '/', '?']))
        })
}
