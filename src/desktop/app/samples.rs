//! A few clients to look around with, in a registry that has none.

use crate::client::{ClientDraft, ClientKind};

/// One of each kind, none of them real.
pub fn samples() -> Vec<ClientDraft> {
    [
        (
            ClientKind::Web,
            "Billing portal",
            "https://billing.example.com/callback",
            "openid profile read:invoices",
        ),
        (
            ClientKind::SinglePage,
            "Invoice viewer",
            "https://invoices.example.com/callback",
            "openid read:invoices",
        ),
        (
            ClientKind::Native,
            "Courier app",
            "com.example.courier:/callback",
            "openid read:parcels",
        ),
        (
            ClientKind::Service,
            "Payroll export",
            "",
            "read:payroll write:payroll",
        ),
        (ClientKind::Device, "Kiosk terminal", "", "openid read:menu"),
    ]
    .into_iter()
    .map(|(kind, name, redirect_uri, scopes)| {
        let mut draft = kind.preset();
        draft.name = name.to_owned();
        if !redirect_uri.is_empty() {
            draft.redirect_uris.push(redirect_uri.to_owned());
        }
        draft.scopes = scopes.split(' ').map(str::to_owned).collect();
        draft.audience.push("https://api.example.com".to_owned());
        draft.contacts.push("platform@example.com".to_owned());
        draft.labels.push("sample".to_owned());
        draft
    })
    .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_sample_is_a_registration_that_nothing_stands_against() {
        for sample in samples() {
            assert!(sample.validate().is_ok());
        }
    }
}
