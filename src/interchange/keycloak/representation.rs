//! What is read of Keycloak's own representations of a client and of what its realm has to do with it.

use std::borrow::Cow;

use super::json::{Attributes, Flag, Hidden, List, Loose, Number, Said, Word, Words, representation};

representation! {
    /// A client.
    ///
    /// Of members that are about Keycloak's own pages and doings nothing is said. Those that matter to security or to whoever
    /// moves the client are listed in `left_out`, and named where they say something, as are those that Keycloak does not have.
    ClientRepresentation<'de> naming unknown {
        client_id: Said<'de> = "clientId",
        name: Said<'de> = "name",
        description: Said<'de> = "description",
        enabled: Flag = "enabled",
        protocol: Said<'de> = "protocol",
        bearer_only: Flag = "bearerOnly",
        public_client: Flag = "publicClient",
        standard_flow: Flag = "standardFlowEnabled",
        implicit_flow: Flag = "implicitFlowEnabled",
        direct_access: Flag = "directAccessGrantsEnabled",
        /// Before 1.x had the flags above.
        direct_grants_only: Flag = "directGrantsOnly",
        service_accounts: Flag = "serviceAccountsEnabled",
        authorization_services: Flag = "authorizationServicesEnabled",
        authenticator: Said<'de> = "clientAuthenticatorType",
        secret: Hidden = "secret",
        /// Where Keycloak 1 had the secret.
        credentials: List<Credential<'de>> = "credentials",
        registration_token: Hidden = "registrationAccessToken",
        redirect_uris: Words<Cow<'de, str>> = "redirectUris",
        web_origins: Words<Cow<'de, str>> = "webOrigins",
        root_url: Said<'de> = "rootUrl",
        base_url: Said<'de> = "baseUrl",
        admin_url: Said<'de> = "adminUrl",
        full_scope: Flag = "fullScopeAllowed",
        consent_required: Flag = "consentRequired",
        frontchannel_logout: Flag = "frontchannelLogout",
        default_scopes: Words<Cow<'de, str>> = "defaultClientScopes",
        optional_scopes: Words<Cow<'de, str>> = "optionalClientScopes",
        mappers: List<Mapper<'de>> = "protocolMappers",
        attributes: Attributes<Cow<'de, str>> = "attributes",
        flow_overrides: Attributes<Cow<'de, str>> = "authenticationFlowBindingOverrides",
        not_before: Number = "notBefore",
    }
}

representation! {
    /// What a client authenticates by, in Keycloak 1.
    Credential<'de> {
        kind: Said<'de> = "type",
        value: Hidden = "value",
    }
}

representation! {
    /// What puts a claim into tokens.
    Mapper<'de> {
        name: Said<'de> = "name",
        kind: Said<'de> = "protocolMapper",
        config: Attributes<Cow<'de, str>> = "config",
    }
}

representation! {
    /// A scope of a realm.
    ScopeRepresentation<'de> {
        name: Said<'de> = "name",
        protocol: Said<'de> = "protocol",
        mappers: List<Mapper<'de>> = "protocolMappers",
    }
}

representation! {
    /// The policies of a realm over its clients.
    PoliciesRepresentation { policies: List<PolicyRepresentation> = "policies" }
}

representation! {
    /// Which profiles count for which clients.
    PolicyRepresentation {
        name: Word = "name",
        enabled: Flag = "enabled",
        conditions: List<ConditionRepresentation> = "conditions",
        profiles: Words = "profiles",
    }
}

representation! {
    /// Whether a policy is about a client.
    ConditionRepresentation {
        kind: Word = "condition",
        config: ConditionSettings = "configuration",
    }
}

representation! {
    /// What the conditions that are known here ask for.
    ConditionSettings {
        negative: Flag = "is-negative-logic",
        kinds: Loose = "type",
        protocols: Loose = "protocol",
        roles: Loose = "roles",
        scopes: Loose = "scopes",
    }
}

representation! {
    /// The profiles of a realm.
    ProfilesRepresentation { profiles: List<ProfileRepresentation> = "profiles" }
}

representation! {
    /// What is done where a policy is about a client.
    ProfileRepresentation {
        name: Word = "name",
        executors: List<ExecutorRepresentation> = "executors",
    }
}

representation! {
    /// One of these.
    ExecutorRepresentation {
        kind: Word = "executor",
        config: ExecutorSettings = "configuration",
    }
}

representation! {
    /// What the executors that are known here are told.
    ExecutorSettings { only_refresh: Flag = "allow-only-refresh-token-binding" }
}

representation! {
    /// A role of a client.
    RoleRepresentation { name: Word = "name" }
}

representation! {
    /// Which attributes of people there are, and who may edit them.
    UserProfileRepresentation {
        attributes: List<UserAttribute> = "attributes",
        unmanaged: Word = "unmanagedAttributePolicy",
    }
}

representation! {
    /// One of these.
    UserAttribute {
        name: Word = "name",
        permissions: Permissions = "permissions",
    }
}

representation! {
    /// Who may edit it.
    Permissions { edit: Words = "edit" }
}
