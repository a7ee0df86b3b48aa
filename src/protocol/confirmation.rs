//! What must be proven along with a token: the `cnf` claim (RFC 7800 §3.1).

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Serialize;

use crate::registry::{Binding, KeyThumbprint};

/// The members of `cnf`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Confirmation {
    /// A DPoP key's thumbprint (RFC 9449 §6.1).
    #[serde(skip_serializing_if = "Option::is_none")]
    jkt: Option<String>,
    /// A certificate's (RFC 8705 §3.1).
    #[serde(rename = "x5t#S256", skip_serializing_if = "Option::is_none")]
    x5t_s256: Option<String>,
}

impl Confirmation {
    /// What a token says that is bound so; nothing for a bearer token.
    pub fn of(binding: &Binding) -> Option<Self> {
        let text = |thumbprint: KeyThumbprint| URL_SAFE_NO_PAD.encode(thumbprint);
        (*binding != Binding::default()).then(|| Self {
            jkt: binding.jkt.map(text),
            x5t_s256: binding.x5t_s256.map(text),
        })
    }
}
