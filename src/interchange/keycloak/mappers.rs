//! Protocol mappers: what puts claims into tokens.

use std::collections::HashMap;

use super::json::List;
use super::representation::{Mapper, UserProfileRepresentation};

/// A claim that says what stands in an attribute of the person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct ClaimOf {
    pub claim: String,
    pub attribute: String,
}

/// Attributes that Keycloak itself fills from what people say of themselves: nobody takes them for more.
const SELF_SAID: [&str; 18] = [
    "birthdate",
    "email",
    "emailVerified",
    "firstName",
    "gender",
    "lastName",
    "locale",
    "middleName",
    "mobile_number",
    "nickname",
    "phoneNumber",
    "phoneNumberVerified",
    "picture",
    "profile",
    "updatedAt",
    "username",
    "website",
    "zoneinfo",
];

/// The claims that say what stands in an attribute that an organisation has added.
pub(super) fn attribute_claims(mappers: &List<Mapper<'_>>) -> impl Iterator<Item = ClaimOf> {
    let of_attributes = mappers
        .iter()
        .filter(|mapper| mapper.kind.get() == Some("oidc-usermodel-attribute-mapper"));
    of_attributes.filter_map(|mapper| {
        let attribute = mapper.config.get("user.attribute")?;
        let claim = mapper.config.get("claim.name").unwrap_or(attribute);
        (!SELF_SAID.contains(&attribute)).then(|| ClaimOf {
            claim: claim.to_owned(),
            attribute: attribute.to_owned(),
        })
    })
}

/// The audiences that mappers put into access tokens.
pub(super) fn audiences(mappers: &List<Mapper<'_>>) -> Vec<String> {
    let mut audiences: Vec<String> = Vec::new();
    for mapper in mappers
        .iter()
        .filter(|mapper| mapper.kind.get() == Some("oidc-audience-mapper"))
    {
        let is_of_access = mapper
            .config
            .get("access.token.claim")
            .is_none_or(|flag| flag == "true");
        let client = mapper.config.get("included.client.audience");
        let audience = client.or_else(|| mapper.config.get("included.custom.audience"));
        if let Some(audience) = audience.filter(|_| is_of_access)
            && !audiences.iter().any(|known| known == audience)
        {
            audiences.push(audience.to_owned());
        }
    }
    audiences
}

/// Which attributes people may edit themselves.
#[derive(Debug, Default)]
pub(super) struct UserProfile {
    /// Whether a version that can do without has it switched on.
    pub is_on: bool,
    /// Each attribute that is managed, and whether people may edit it.
    managed: HashMap<String, bool>,
    /// Whether they may edit any other; none where the file does not say.
    unmanaged: Option<bool>,
}

impl UserProfile {
    pub fn read(&mut self, profile: UserProfileRepresentation) {
        self.unmanaged = Some(profile.unmanaged.get() == Some("ENABLED"));
        for attribute in profile.attributes.iter() {
            if let Some(name) = attribute.name.get() {
                let by_people = attribute.permissions.edit.texts().any(|who| who == "user");
                self.managed.insert(name.to_owned(), by_people);
            }
        }
    }

    /// Whether people may edit an attribute. From version 24 on, every realm has a profile, and by default nobody edits what
    /// stands in none; before, everybody edits everything unless the profile is on.
    pub fn is_editable(&self, attribute: &str, always_has_profile: bool) -> bool {
        match (self.managed.get(attribute), self.unmanaged) {
            (Some(by_people), _) => *by_people,
            (None, Some(unmanaged)) => unmanaged,
            (None, None) => !always_has_profile && !self.is_on,
        }
    }
}
