//! Two tokens, member by member.

use serde_json::{Map, Value};

/// What two tokens say under one name.
#[derive(Clone, Debug, PartialEq)]
pub struct Difference {
    /// The name of the member.
    pub name: String,
    /// What the first says, if it says anything.
    pub first: Option<Value>,
    /// What the second says.
    pub second: Option<Value>,
}

/// How two values stand to each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Compared {
    /// Both say the same.
    Same,
    /// They say two different things.
    Differs,
    /// Only the first says something.
    OnlyFirst,
    /// Only the second does.
    OnlySecond,
}

impl Difference {
    /// How the two values stand to each other.
    pub fn compared(&self) -> Compared {
        match (&self.first, &self.second) {
            (Some(first), Some(second)) if first == second => Compared::Same,
            (Some(_), None) => Compared::OnlyFirst,
            (None, Some(_)) => Compared::OnlySecond,
            _ => Compared::Differs,
        }
    }
}

/// Compares two headers, or the claims of two tokens: in the order of the first, then what only the second has.
pub fn compare(first: &Value, second: &Value) -> Vec<Difference> {
    let none = Map::new();
    let (first, second) = (
        first.as_object().unwrap_or(&none),
        second.as_object().unwrap_or(&none),
    );
    let only_second = second.keys().filter(|name| !first.contains_key(*name));
    first
        .keys()
        .chain(only_second)
        .map(|name| Difference {
            name: name.clone(),
            first: first.get(name).cloned(),
            second: second.get(name).cloned(),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn every_member_of_both_is_compared_once() {
        let first = json!({ "iss": "i", "aud": "a", "scope": "read" });
        let second = json!({ "aud": "b", "iss": "i", "cnf": {} });
        let compared: Vec<_> = compare(&first, &second)
            .iter()
            .map(|difference| (difference.name.clone(), difference.compared()))
            .collect();
        let expected = [
            ("iss", Compared::Same),
            ("aud", Compared::Differs),
            ("scope", Compared::OnlyFirst),
            ("cnf", Compared::OnlySecond),
        ];
        assert_eq!(
            compared,
            expected.map(|(name, outcome)| (name.to_owned(), outcome))
        );
        assert_eq!(compare(&Value::Null, &json!([])), []);
    }
}
