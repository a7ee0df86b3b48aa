//! How long tokens live, in seconds: what the client says, else what the realm says, else what Keycloak has by default.

use super::client::Resolving;
use crate::client::GrantType;

/// What a realm has that does not say otherwise.
const ACCESS_TOKEN: i64 = 300;
const IMPLICIT: i64 = 900;
const SSO_IDLE: i64 = 1_800;
const SSO_MAX: i64 = 36_000;

impl Resolving<'_> {
    pub(super) fn lifetimes(&mut self) {
        self.access_tokens();
        if self.draft().has_grant(GrantType::RefreshToken) {
            self.refresh_tokens();
        }
    }

    fn access_tokens(&mut self) {
        const MEMBER: &str = "access.token.lifespan";
        let realm = self.realm;
        let own = self.read.attributes.number(MEMBER);
        let of_realm = realm.access_token_lifespan.filter(|seconds| *seconds > 0);
        let mut seconds = match own {
            // As long as the person stays signed in.
            Some(own) if own < 0 => {
                self.changed(
                    MEMBER,
                    "which is -1: as long as the session of the person may last",
                );
                Some(realm.sso_max.unwrap_or(SSO_MAX))
            }
            Some(own) => Some(own),
            None => of_realm.or(realm.is_known().then_some(ACCESS_TOKEN)),
        };
        let of_implicit = realm.implicit_lifespan.or(realm.is_known().then_some(IMPLICIT));
        if self.draft().has_grant(GrantType::Implicit) {
            let is_only = !self
                .draft()
                .grant_types
                .iter()
                .any(|grant| *grant != GrantType::Implicit);
            let longer =
                of_implicit.filter(|implicit| is_only || seconds.is_none_or(|seconds| *implicit > seconds));
            if let Some(implicit) = longer {
                self.changed(
                    "accessTokenLifespanForImplicitFlow",
                    format!("{implicit} seconds, which count for the implicit flow"),
                );
                seconds = Some(implicit);
            }
        }
        self.draft().access_token_lifetime = seconds.map(bounded);
    }

    /// The shortest of what bounds a session.
    fn refresh_tokens(&mut self) {
        let (realm, attributes) = (self.realm, &self.read.attributes);
        let shortest = |own: &str, of_client: Option<i64>, of_session: Option<i64>, usual: i64| {
            let own = attributes.number(own).filter(|seconds| *seconds > 0);
            let of_client = own.or(of_client.filter(|seconds| *seconds > 0));
            let of_session = of_session
                .filter(|seconds| *seconds > 0)
                .or(realm.is_known().then_some(usual));
            match (of_client, of_session) {
                (Some(client), Some(session)) => Some(client.min(session)),
                (client, session) => client.or(session),
            }
        };
        let idle = shortest(
            "client.session.idle.timeout",
            realm.client_idle,
            realm.sso_idle,
            SSO_IDLE,
        );
        let max = shortest(
            "client.session.max.lifespan",
            realm.client_max,
            realm.sso_max,
            SSO_MAX,
        );
        self.draft().refresh_token_idle_lifetime = idle.map(bounded);
        self.draft().refresh_token_absolute_lifetime = max.map(bounded);
    }
}

fn bounded(seconds: i64) -> u32 {
    u32::try_from(seconds.max(0)).unwrap_or(u32::MAX)
}
