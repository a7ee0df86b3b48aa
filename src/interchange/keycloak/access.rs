//! Grants, and how the client authenticates.

use zeroize::Zeroizing;

use super::client::Resolving;
use crate::client::{AuthMethod, GrantType, Practice, default_response_types};
use crate::interchange::foreign::ForeignSecret;
use jiff::Timestamp;

impl Resolving<'_> {
    /// The flows that are on, under the standard's names.
    pub(super) fn grants(&mut self) {
        let read = self.read;
        let attributes = &read.attributes;
        let is_public = read.public_client.or(false);
        // What old files have in place of the flags.
        let direct_only = read.direct_grants_only.or(false);
        let mut grants = Vec::new();
        for (is_on, grant) in [
            (read.standard_flow.or(!direct_only), GrantType::AuthorizationCode),
            (read.implicit_flow.or(false), GrantType::Implicit),
            (read.direct_access.or(direct_only), GrantType::Password),
            (
                read.service_accounts.or(false) && !is_public,
                GrantType::ClientCredentials,
            ),
            (
                attributes.is("oauth2.device.authorization.grant.enabled"),
                GrantType::DeviceCode,
            ),
            (attributes.is("oidc.ciba.grant.enabled"), GrantType::Ciba),
            (
                attributes.is("standard.token.exchange.enabled") && !is_public,
                GrantType::TokenExchange,
            ),
            (
                attributes.is("oauth2.jwt.authorization.grant.enabled") && !is_public,
                GrantType::JwtBearer,
            ),
        ] {
            if is_on {
                grants.push(grant);
            }
        }
        let for_people = grants
            .iter()
            .any(|grant| grant.involves_user() && *grant != GrantType::Implicit);
        let for_itself = grants.contains(&GrantType::ClientCredentials)
            && attributes.is("client_credentials.use_refresh_token");
        let refreshes = attributes
            .get("use.refresh.tokens")
            .is_none_or(|flag| flag != "false");
        if (for_people && refreshes) || for_itself {
            let after_code = grants
                .iter()
                .position(|grant| *grant == GrantType::AuthorizationCode);
            grants.insert(after_code.map_or(0, |at| at + 1), GrantType::RefreshToken);
        }
        self.draft().grant_types = grants;
        if is_public && read.service_accounts.or(false) {
            self.left_out(
                "serviceAccountsEnabled",
                "Keycloak gives a public client no token of its own",
            );
        }
        let has_code = self.draft().has_grant(GrantType::AuthorizationCode);
        match self.attribute("pkce.code.challenge.method") {
            Some("S256") => self.draft().require_pkce = true,
            Some("plain") if has_code => self.draft().note_practice(Practice::PlainPkce, None),
            _ => {}
        }
    }

    /// The response types that go with the grants.
    pub(super) fn response_types(&mut self) {
        let draft = self.draft();
        draft.response_types = default_response_types(&draft.grant_types);
        if draft.has_grant(GrantType::Implicit) {
            draft
                .response_types
                .extend(["id_token", "id_token token"].map(str::to_owned));
        }
    }

    /// How it authenticates, and by what.
    pub(super) fn authentication(&mut self, secret: Option<Zeroizing<String>>) {
        const MEMBER: &str = "clientAuthenticatorType";
        let kind = self.read.authenticator.get().unwrap_or("client-secret");
        let method = if self.read.public_client.or(false) {
            AuthMethod::None
        } else {
            match kind {
                "client-secret" => AuthMethod::ClientSecretBasic,
                "client-jwt" => AuthMethod::PrivateKeyJwt,
                "client-x509" => AuthMethod::TlsClientAuth,
                "client-secret-jwt" => {
                    self.changed(
                        MEMBER,
                        "client-secret-jwt, which is not done here: the secret itself is sent",
                    );
                    AuthMethod::ClientSecretBasic
                }
                other => {
                    let how =
                        format!("{other}, which is not done here: the client authenticates by a secret");
                    self.changed(MEMBER, how);
                    AuthMethod::ClientSecretBasic
                }
            }
        };
        self.draft().token_endpoint_auth_method = method;
        self.keys();
        self.secret(secret);
    }

    fn secret(&mut self, secret: Option<Zeroizing<String>>) {
        let seconds = |name| {
            let seconds = self.read.attributes.number(name).filter(|seconds| *seconds > 0)?;
            Timestamp::from_second(seconds).ok()
        };
        let made_at = seconds("client.secret.creation.time");
        let until = seconds("client.secret.expiration.time");
        if let Some(mut secret) = secret {
            self.client.secret = ForeignSecret::read(std::mem::take(&mut *secret)).until(until);
            self.client.secret_made_at = made_at;
        }
        if self.attribute("client.secret.rotated").is_some() {
            self.left_out("client.secret.rotated", "it is a secret that was replaced");
        }
        if self.read.registration_token.0.is_some() {
            self.left_out("registrationAccessToken", "it can hold a credential");
        }
    }
}
