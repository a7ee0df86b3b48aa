//! Client policies: what a realm does with its clients beside what each of them says.
//!
//! Profiles that every Keycloak has stand in no export: they are those of `keycloak-default-client-profiles.json`, from 15 on
//! (fapi-1), 24 (fapi-2, oauth-2-1) and 26.4 (fapi-2-dpop). Of what they do, that is read here which holds at every request;
//! `full-scope-disabled` and `consent-required` set the client when it is saved, which then says so itself.
//!
//! A policy is about a client where none of its conditions says no and one says yes. Some conditions ask for more than the file
//! has, such as what a request asks for: then it is not known.

use std::collections::HashSet;

use super::representation::{
    ConditionRepresentation, ExecutorRepresentation, PoliciesRepresentation, ProfilesRepresentation,
};

/// A realm's policies and profiles.
#[derive(Debug, Default)]
pub(super) struct Policies {
    policies: PoliciesRepresentation,
    profiles: ProfilesRepresentation,
}

/// What of a client its policies ask about.
pub(super) struct Asked<'a> {
    pub is_public: bool,
    pub roles: &'a [String],
    pub default_scopes: &'a [&'a str],
    /// Whether its Keycloak knows DPoP: a preview before 26.4, where executors of it do nothing.
    pub has_dpop: bool,
}

/// Whether a policy is about a client.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Applies {
    /// It is; its name.
    Yes(String),
    /// It may be; its name, and the condition that cannot be judged.
    Perhaps(String, String),
    /// None is.
    No,
}

/// Something that is done with a client, by the name that Keycloak has for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Executor {
    Pkce,
    HolderOfKey,
    Dpop,
    RejectImplicit,
    RejectPassword,
    StaticRefresh,
    PushedRequests,
}

impl Executor {
    const fn name(self) -> &'static str {
        match self {
            Self::Pkce => "pkce-enforcer",
            Self::HolderOfKey => "holder-of-key-enforcer",
            Self::Dpop => "dpop-bind-enforcer",
            Self::RejectImplicit => "reject-implicit-grant",
            Self::RejectPassword => "reject-ropc-grant",
            Self::StaticRefresh => "suppress-refresh-token-rotation",
            Self::PushedRequests => "secure-par-content",
        }
    }

    /// Whether a profile that every Keycloak has, and that stands in no export, does it.
    fn is_of_global_profile(self, profile: &str) -> bool {
        const FAPI_2: [&str; 2] = ["fapi-2-security-profile", "fapi-2-message-signing"];
        const FAPI_2_DPOP: [&str; 2] = ["fapi-2-dpop-security-profile", "fapi-2-dpop-message-signing"];
        const CONFIDENTIAL: &str = "oauth-2-1-for-confidential-client";
        const PUBLIC: &str = "oauth-2-1-for-public-client";
        let is_fapi_2 = FAPI_2.contains(&profile) || FAPI_2_DPOP.contains(&profile);
        let is_oauth_2_1 = matches!(profile, CONFIDENTIAL | PUBLIC);
        match self {
            Self::Pkce => is_oauth_2_1 || is_fapi_2 || profile == "fapi-1-baseline",
            Self::RejectImplicit => is_oauth_2_1 || is_fapi_2,
            Self::RejectPassword => is_oauth_2_1,
            Self::HolderOfKey => {
                FAPI_2.contains(&profile) || matches!(profile, "fapi-1-advanced" | CONFIDENTIAL)
            }
            Self::Dpop => FAPI_2_DPOP.contains(&profile) || profile == PUBLIC,
            Self::PushedRequests => is_fapi_2,
            Self::StaticRefresh => false,
        }
    }
}

impl Policies {
    pub fn read_policies(&mut self, policies: PoliciesRepresentation) {
        self.policies = policies;
    }

    pub fn read_profiles(&mut self, profiles: ProfilesRepresentation) {
        self.profiles = profiles;
    }

    /// Whether there are none, so that nothing is done with any client.
    pub fn is_empty(&self) -> bool {
        self.policies.policies.iter().len() == 0
    }

    /// The roles that any condition asks for.
    pub fn roles_asked_for(&self) -> HashSet<String> {
        let policies = self.policies.policies.iter();
        let conditions = policies
            .filter(|policy| policy.enabled.or(false))
            .flat_map(|policy| policy.conditions.iter());
        let asking = conditions.filter(|condition| condition.kind.get() == Some("client-roles"));
        asking
            .flat_map(|condition| condition.config.roles.0.iter().cloned())
            .collect()
    }

    /// Whether something is done with a client.
    pub fn apply(&self, executor: Executor, client: &Asked<'_>) -> Applies {
        let mut answer = Applies::No;
        if executor == Executor::Dpop && !client.has_dpop {
            return answer;
        }
        for policy in self
            .policies
            .policies
            .iter()
            .filter(|policy| policy.enabled.or(false))
        {
            if !policy
                .profiles
                .texts()
                .any(|profile| self.does(profile, executor, client))
            {
                continue;
            }
            let name = || policy.name.get().unwrap_or("without a name").to_owned();
            match is_about(policy.conditions.iter(), client) {
                Vote::Yes => return Applies::Yes(name()),
                Vote::Unknown(condition) => answer = Applies::Perhaps(name(), condition),
                Vote::No | Vote::Abstain => {}
            }
        }
        answer
    }

    fn does(&self, profile: &str, executor: Executor, client: &Asked<'_>) -> bool {
        // Refresh tokens alone are bound then, and only those of public clients (26.4).
        let spares = |one: &ExecutorRepresentation| {
            executor == Executor::Dpop && client.is_public && one.config.only_refresh.or(false)
        };
        let own = self
            .profiles
            .profiles
            .iter()
            .find(|known| known.name.get() == Some(profile));
        match own {
            Some(own) => own
                .executors
                .iter()
                .any(|one| one.kind.get() == Some(executor.name()) && !spares(one)),
            None => executor.is_of_global_profile(profile),
        }
    }
}

enum Vote {
    Yes,
    No,
    Abstain,
    Unknown(String),
}

fn is_about<'a>(conditions: impl Iterator<Item = &'a ConditionRepresentation>, client: &Asked<'_>) -> Vote {
    let mut answer = Vote::No;
    for condition in conditions {
        match (vote(condition, client), &answer) {
            (Vote::No, _) => return Vote::No,
            (Vote::Unknown(what), _) => answer = Vote::Unknown(what),
            (Vote::Yes, Vote::No) => answer = Vote::Yes,
            (Vote::Yes | Vote::Abstain, _) => {}
        }
    }
    answer
}

fn vote(condition: &ConditionRepresentation, client: &Asked<'_>) -> Vote {
    let config = &condition.config;
    let is_asked_for = |held: &str, asked: &[String]| asked.iter().any(|one| one == held);
    let is_so = match condition.kind.get().unwrap_or_default() {
        "any-client" => true,
        "client-access-type" => {
            let own = if client.is_public {
                "public"
            } else {
                "confidential"
            };
            config.kinds.0.iter().any(|kind| kind == own)
        }
        "client-roles" => {
            let mut held = client.roles.iter();
            held.any(|one| is_asked_for(one, &config.roles.0))
        }
        "client-scopes"
            if config
                .kinds
                .0
                .iter()
                .any(|kind| kind.eq_ignore_ascii_case("default")) =>
        {
            let mut held = client.default_scopes.iter();
            held.any(|one| is_asked_for(one, &config.scopes.0))
        }
        "client-protocol" => config
            .protocols
            .0
            .iter()
            .any(|protocol| protocol == "openid-connect"),
        // These are about whoever registers or changes a client, and not about what the client does.
        updater if updater.starts_with("client-updater-") => return Vote::Abstain,
        other => return Vote::Unknown(other.to_owned()),
    };
    if is_so == config.negative.or(false) {
        Vote::No
    } else {
        Vote::Yes
    }
}
