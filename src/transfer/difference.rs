//! In which members two registrations differ, and how.

use serde_json::{Map, Value};

use crate::client::ClientDraft;
use crate::client::password::hide_passwords_in;
use crate::interchange::rfc7591;

/// A member that two registrations have otherwise.
#[derive(Clone, Debug, PartialEq)]
pub struct Difference {
    /// Its name by the standard (RFC 7591 §2).
    pub member: String,
    /// What it is here; none where it is not set.
    pub before: Option<Value>,
    /// What it is there.
    pub after: Option<Value>,
}

/// The members in which two registrations differ, in the order of the standard's names.
pub fn differences(before: &ClientDraft, after: &ClientDraft) -> Vec<Difference> {
    if before == after {
        return Vec::new();
    }
    let (before, mut after) = (rfc7591::write(before), rfc7591::write(after));
    let mut found = Vec::new();
    for (member, value) in before {
        let other = after.shift_remove(&member);
        if other.as_ref() != Some(&value) {
            found.push(Difference {
                member,
                before: Some(value),
                after: other,
            });
        }
    }
    found.extend(only_after(after));
    // They are told to people, and an older version may have taken a password in.
    for value in found.iter_mut().flat_map(|one| [&mut one.before, &mut one.after]) {
        value.iter_mut().for_each(hide_passwords_in);
    }
    found
}

fn only_after(after: Map<String, Value>) -> impl Iterator<Item = Difference> {
    after.into_iter().map(|(member, value)| Difference {
        member,
        before: None,
        after: Some(value),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_differs_is_told_with_both_values_and_nothing_else_is() {
        let before = ClientDraft {
            name: "Billing".to_owned(),
            scopes: vec!["openid".to_owned()],
            ..ClientDraft::default()
        };
        let after = ClientDraft {
            name: "Invoices".to_owned(),
            scopes: Vec::new(),
            logo_uri: Some("https://billing.example.com/logo.png".to_owned()),
            ..ClientDraft::default()
        };
        assert_eq!(differences(&before, &before.clone()), []);
        let found = differences(&before, &after);
        let found: Vec<_> = found
            .iter()
            .map(|difference| (difference.member.as_str(), &difference.before, &difference.after))
            .collect();
        let expected = [
            ("client_name", &Some(json!("Billing")), &Some(json!("Invoices"))),
            ("scope", &Some(json!("openid")), &None),
            (
                "logo_uri",
                &None,
                &Some(json!("https://billing.example.com/logo.png")),
            ),
        ];
        assert_eq!(found, expected);
    }
}
