//! The members of a registration by name.

/// Every member of [`super::ClientDraft`] but those that other systems brought along: those that people change most often first,
/// the others in its own order.
pub const MEMBERS: [&str; 37] = [
    "redirect_uris",
    "grant_types",
    "scopes",
    "audience",
    "token_endpoint_auth_method",
    "name",
    "contacts",
    "application_type",
    "post_logout_redirect_uris",
    "response_types",
    "token_endpoint_auth_signing_alg",
    "id_token_signed_response_alg",
    "subject_type",
    "sector_identifier_uri",
    "jwks",
    "jwks_uri",
    "allowed_cors_origins",
    "client_uri",
    "logo_uri",
    "policy_uri",
    "tos_uri",
    "software_id",
    "software_version",
    "access_token_lifetime",
    "refresh_token_idle_lifetime",
    "refresh_token_absolute_lifetime",
    "require_pkce",
    "require_pushed_authorization_requests",
    "tls_client_certificate_bound_access_tokens",
    "dpop_bound_access_tokens",
    "tls_client_auth_subject_dn",
    "tls_client_auth_san_dns",
    "tls_client_auth_san_uri",
    "tls_client_auth_san_ip",
    "tls_client_auth_san_email",
    "notes",
    "labels",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_member_of_a_registration_is_there() {
        let source = include_str!("draft.rs");
        let (_, body) = source.split_once("pub struct ClientDraft {").unwrap();
        let (body, _) = body.split_once("\n}").unwrap();
        let mut members: Vec<&str> = body
            .lines()
            .filter_map(|line| line.trim().strip_prefix("pub ")?.split(':').next())
            .filter(|member| *member != "other_members")
            .collect();
        let mut named = MEMBERS.to_vec();
        members.sort_unstable();
        named.sort_unstable();
        assert_eq!(named, members);
    }
}
