//! The kinds of application that people register, and what each starts from.

use super::closed_set::closed_set;
use super::{ApplicationType, AuthMethod, ClientDraft, GrantType};

closed_set! {
    /// A kind of application. Derived from a registration, so that it can never disagree with it.
    ClientKind {
        /// A server that can keep a secret.
        Web = "web",
        /// Runs in the browser, no secret.
        SinglePage = "spa",
        /// Installed, no secret (RFC 8252).
        Native = "native",
        /// No user takes part.
        Service = "service",
        /// No browser of its own (RFC 8628).
        Device = "device",
    }
}

impl ClientKind {
    /// What the form calls it.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Web => "Web application",
            Self::SinglePage => "Single-page application",
            Self::Native => "Mobile or desktop application",
            Self::Service => "Machine-to-machine service",
            Self::Device => "Device",
        }
    }

    /// The word that a list has room for.
    pub const fn short(self) -> &'static str {
        match self {
            Self::Web => "Web",
            Self::SinglePage => "SPA",
            Self::Native => "Mobile",
            Self::Service => "Service",
            Self::Device => "Device",
        }
    }

    /// What makes it this kind.
    pub const fn description(self) -> &'static str {
        match self {
            Self::Web => "A server that can keep a secret",
            Self::SinglePage => "Runs in the browser, no secret",
            Self::Native => "Installed, no secret",
            Self::Service => "No user takes part",
            Self::Device => "No browser of its own",
        }
    }

    /// The draft that a new client of this kind starts from: every choice the safe one.
    pub fn preset(self) -> ClientDraft {
        let mut draft = ClientDraft::default();
        self.apply(&mut draft);
        draft
    }

    /// Turns a draft to this kind. Name, URIs, scopes, audience and owners stay as they were typed.
    pub fn apply(self, draft: &mut ClientDraft) {
        let (application_type, method, grants): (_, _, &[GrantType]) = match self {
            Self::Web => (
                ApplicationType::Web,
                AuthMethod::ClientSecretBasic,
                &[GrantType::AuthorizationCode, GrantType::RefreshToken],
            ),
            Self::SinglePage => (
                ApplicationType::Web,
                AuthMethod::None,
                &[GrantType::AuthorizationCode],
            ),
            Self::Native => (
                ApplicationType::Native,
                AuthMethod::None,
                &[GrantType::AuthorizationCode, GrantType::RefreshToken],
            ),
            Self::Service => (
                ApplicationType::Web,
                AuthMethod::ClientSecretBasic,
                &[GrantType::ClientCredentials],
            ),
            Self::Device => (
                ApplicationType::Native,
                AuthMethod::None,
                &[GrantType::DeviceCode, GrantType::RefreshToken],
            ),
        };
        draft.application_type = application_type;
        draft.token_endpoint_auth_method = method;
        draft.grant_types = grants.to_vec();
        draft.response_types = super::default_response_types(grants);
        draft.require_pkce = true;
    }

    /// The kind that a registration amounts to.
    pub fn of(draft: &ClientDraft) -> Self {
        let signs_people_in = draft.has_grant(GrantType::AuthorizationCode)
            || draft.has_grant(GrantType::Implicit)
            || draft.has_grant(GrantType::Password);
        if draft.has_grant(GrantType::DeviceCode) && !signs_people_in {
            Self::Device
        } else if draft.has_grant(GrantType::ClientCredentials) && !signs_people_in {
            Self::Service
        } else if draft.application_type == ApplicationType::Native {
            Self::Native
        } else if draft.token_endpoint_auth_method == AuthMethod::None {
            Self::SinglePage
        } else {
            Self::Web
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_preset_is_of_its_own_kind() {
        for kind in ClientKind::ALL {
            assert_eq!(kind.preset().kind(), *kind);
        }
    }

    #[test]
    fn changing_the_kind_keeps_what_was_typed() {
        let mut draft = ClientKind::Web.preset();
        draft.name = "Billing portal".to_owned();
        draft
            .redirect_uris
            .push("https://billing.example.com/callback".to_owned());
        ClientKind::Service.apply(&mut draft);
        assert_eq!(draft.name, "Billing portal");
        assert_eq!(draft.redirect_uris.len(), 1);
        assert!(draft.response_types.is_empty());
    }
}
