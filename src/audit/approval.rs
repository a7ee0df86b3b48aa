//! The sign-off of a client: who approved it, when, and what it was then.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::client::{ClientDraft, MEMBERS};

/// The members of a registration that a reviewer need not look at again: they are for people, and give no access.
const HARMLESS: &[&str] = &[
    "contacts",
    "notes",
    "labels",
    "software_id",
    "software_version",
    "client_uri",
    "logo_uri",
    "policy_uri",
    "tos_uri",
];

/// A client that somebody signed off.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Approval {
    /// Who; claimed, not proved.
    pub by: String,
    /// When.
    pub at: Timestamp,
    /// The version that was looked at.
    pub version: u64,
    /// What could give access, as it was then: see [`sensitive`].
    pub approved: Map<String, Value>,
}

impl Approval {
    /// Approves a version of a registration.
    pub fn of(draft: &ClientDraft, version: u64, by: &str, at: Timestamp) -> Self {
        Self {
            by: by.to_owned(),
            at,
            version,
            approved: sensitive(draft),
        }
    }

    /// The members that are not what was approved, by name.
    pub fn changed(&self, draft: &ClientDraft, version: u64) -> Vec<&'static str> {
        if version == self.version {
            return Vec::new();
        }
        self.differing(draft)
    }

    /// The members of a registration that are not what was approved, by name, whatever the versions say.
    pub fn differing(&self, draft: &ClientDraft) -> Vec<&'static str> {
        let now = sensitive(draft);
        let names = self.approved.keys().chain(now.keys());
        let mut changed: Vec<&'static str> = names
            .filter(|name| self.approved.get(*name) != now.get(*name))
            .map(|name| field(name))
            .collect();
        changed.sort_unstable();
        changed.dedup();
        changed
    }
}

/// The members of a registration that say who gets what, and by which proof: all but those for people.
pub fn sensitive(draft: &ClientDraft) -> Map<String, Value> {
    let mut members = match serde_json::to_value(draft) {
        Ok(Value::Object(members)) => members,
        // A draft is an object.
        _ => Map::new(),
    };
    members.retain(|name, _| !HARMLESS.contains(&name.as_str()));
    members
}

/// The name of a member as findings carry it.
fn field(name: &str) -> &'static str {
    MEMBERS
        .iter()
        .find(|member| **member == name)
        .copied()
        .unwrap_or("other_members")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::client::ClientKind;

    #[test]
    fn a_change_of_what_gives_access_is_seen_and_one_of_what_is_for_people_is_not() {
        let draft = ClientDraft {
            name: "Billing".to_owned(),
            ..ClientKind::Web.preset()
        };
        let approval = Approval::of(&draft, 3, "Rita Reviewer", Timestamp::UNIX_EPOCH);
        let noted = ClientDraft {
            notes: "Called".to_owned(),
            contacts: vec!["team@example.com".to_owned()],
            ..draft.clone()
        };
        assert_eq!(approval.changed(&noted, 4), [""; 0]);
        let mut wider = noted.clone();
        wider.scopes.push("admin".to_owned());
        wider.jwks_uri = Some("https://app.example.com/jwks".to_owned());
        wider
            .other_members
            .insert("x_full_scope".to_owned(), Value::Bool(true));
        assert_eq!(
            approval.changed(&wider, 5),
            ["jwks_uri", "other_members", "scopes"]
        );
        assert_eq!(approval.changed(&draft, 6), [""; 0], "changed there and back");
    }

    #[test]
    fn every_member_but_those_for_people_has_a_name() {
        let draft = ClientDraft {
            jwks: Some(Value::Null),
            ..ClientKind::Web.preset()
        };
        for name in sensitive(&draft).keys() {
            assert_eq!(field(name), name);
        }
    }
}
