//! A list of findings as somebody wants to work it down: which ones, put together by what, and in which order. It is kept as
//! JSON with a version.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::{FindingFilter, NoFilter};

/// The version of a list that is kept. One of version 1 is a filter alone.
const VERSION: u64 = 2;

/// By what findings are put together.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Grouping {
    /// Each stands for itself.
    #[default]
    Finding,
    /// By client.
    Client,
    /// By rule.
    Rule,
}

/// By what findings are sorted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum FindingSort {
    /// How bad they are.
    #[default]
    Severity,
    /// The client's name.
    Client,
    /// The rule's title.
    Finding,
    /// The field concerned.
    Field,
    /// Since when they stand.
    Since,
    /// How many of a group are open. Findings that stand for themselves are sorted as by severity.
    Open,
}

/// Which findings are wanted, and how. By default: the worst first, each for itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WorkList {
    /// Which.
    pub filter: FindingFilter,
    /// Put together by what.
    pub grouping: Grouping,
    /// In which order.
    pub sort: FindingSort,
    /// The other way round.
    pub descending: bool,
}

impl Default for WorkList {
    fn default() -> Self {
        Self {
            filter: FindingFilter::default(),
            grouping: Grouping::default(),
            sort: FindingSort::default(),
            descending: true,
        }
    }
}

/// What a kept list has beside its filter.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Order {
    #[serde(default)]
    group_by: Grouping,
    #[serde(default)]
    sort_by: FindingSort,
    #[serde(default = "usually")]
    descending: bool,
}

/// The worst come first.
fn usually() -> bool {
    true
}

const MEMBERS: [&str; 3] = ["group_by", "sort_by", "descending"];

impl WorkList {
    /// As it is kept.
    pub fn to_json(&self) -> Value {
        let order = Order {
            group_by: self.grouping,
            sort_by: self.sort,
            descending: self.descending,
        };
        let mut kept = self.filter.to_json();
        if let (Value::Object(kept), Ok(Value::Object(order))) = (&mut kept, serde_json::to_value(order)) {
            kept.extend(order);
            kept.insert("version".to_owned(), VERSION.into());
        }
        kept
    }

    /// The list of a text, or of a filter that was kept by an earlier version of this program.
    ///
    /// # Errors
    /// [`NoFilter`] says why it is none.
    pub fn read(text: &str) -> Result<Self, NoFilter> {
        let kept = match serde_json::from_str(text) {
            Ok(Value::Object(kept)) if kept.get("version").and_then(Value::as_u64) == Some(VERSION) => kept,
            // What else there is to say of it, the filter says.
            _ => {
                let filter = FindingFilter::read(text)?;
                return Ok(Self {
                    filter,
                    ..Self::default()
                });
            }
        };
        let (order, mut filter): (Map<String, Value>, Map<String, Value>) = kept
            .into_iter()
            .partition(|(name, _)| MEMBERS.contains(&name.as_str()));
        let order: Order = serde_json::from_value(Value::Object(order))
            .map_err(|error| NoFilter::Damaged(error.to_string()))?;
        filter.insert("version".to_owned(), FindingFilter::VERSION.into());
        Ok(Self {
            filter: FindingFilter::read(&Value::Object(filter).to_string())?,
            grouping: order.group_by,
            sort: order.sort_by,
            descending: order.descending,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audit::{Decided, SeverityFilter};

    #[test]
    fn what_is_kept_is_read_again_with_its_order() {
        let filter = FindingFilter {
            severity: SeverityFilter::All,
            decided: Decided::Open,
            ..FindingFilter::default()
        };
        let list = WorkList {
            filter: filter.clone(),
            grouping: Grouping::Rule,
            sort: FindingSort::Open,
            descending: false,
        };
        for list in [list, WorkList::default()] {
            assert_eq!(WorkList::read(&list.to_json().to_string()), Ok(list));
        }
        // What an earlier version kept.
        let alone = WorkList::read(&filter.to_json().to_string());
        assert_eq!(
            alone,
            Ok(WorkList {
                filter,
                ..WorkList::default()
            })
        );
    }

    #[test]
    fn what_is_no_list_is_told() {
        for (text, told) in [
            ("[", "It is damaged"),
            (r#"{"version":3}"#, "It is of version 3"),
            (r#"{"version":2,"group_by":"moon"}"#, "It is damaged"),
            (r#"{"version":2,"descending":1}"#, "It is damaged"),
            (r#"{"version":2,"rule":"redir-moon"}"#, "the rule redir-moon"),
            (r#"{"version":2,"colour":"red"}"#, "It is damaged"),
        ] {
            let error = WorkList::read(text).unwrap_err().to_string();
            assert!(error.contains(told), "{text}: {error}");
        }
    }
}
