//! Which findings are wanted. A filter is kept as JSON with a version, as a work list of a registry.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{AuditRule, Dated, Judged};
use crate::client::{Severity, Standing, json_in_words};

const DAY: i64 = 24;

/// Which findings are wanted. By default: what is worth a look, and what of that somebody accepted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FindingFilter {
    /// Those of clients in whose name or identifier this stands, in whatever case.
    pub text: String,
    /// How bad they are.
    pub severity: SeverityFilter,
    /// Those of a rule.
    pub rule: Option<AuditRule>,
    /// Those of clients that stand so.
    pub standing: Option<Standing>,
    /// Those of clients that this contact is told about.
    pub owner: Option<String>,
    /// Those that stand for so long.
    pub age: Option<Age>,
    /// What was decided about them.
    pub decided: Decided,
}

/// How bad a finding is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SeverityFilter {
    /// Anything but a mere remark.
    #[default]
    Weighty,
    /// Anything.
    All,
    /// Exactly so.
    Only(Severity),
}

impl SeverityFilter {
    /// Whether a severity is wanted.
    pub fn fits(self, severity: Severity) -> bool {
        match self {
            Self::Weighty => severity > Severity::Info,
            Self::All => true,
            Self::Only(wanted) => severity == wanted,
        }
    }
}

/// For how long a finding stands, in days.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Age {
    /// No longer than so.
    Within(u32),
    /// Longer than so.
    Over(u32),
}

impl Age {
    fn fits(self, since: Timestamp, now: Timestamp) -> bool {
        let stands = now.duration_since(since);
        let days = |days: u32| SignedDuration::from_hours(i64::from(days) * DAY);
        match self {
            Self::Within(most) => stands <= days(most),
            Self::Over(least) => stands > days(least),
        }
    }
}

/// What was decided about a finding.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Decided {
    /// Nothing: it is open.
    Open,
    /// The risk is taken.
    Accepted,
    /// Whatever: an accepted risk is marked and not hidden.
    #[default]
    All,
}

/// Why there is no filter in a text.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoFilter {
    /// It was written by another version of this program.
    #[error("It is of version {0}, and this program reads versions 1 and 2")]
    Version(String),
    /// It is no filter.
    #[error("It is damaged: {0}")]
    Damaged(String),
    /// It asks for a rule that is none.
    #[error("It asks for the rule {0}, which this program does not have")]
    Rule(String),
}

/// A filter as it is kept.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Kept {
    version: u64,
    #[serde(default)]
    text: String,
    #[serde(default)]
    severity: Option<String>,
    #[serde(default)]
    rule: Option<String>,
    #[serde(default)]
    status: Option<String>,
    #[serde(default)]
    owner: Option<String>,
    #[serde(default)]
    age_in_days: Option<Age>,
    #[serde(default)]
    decided: Decided,
}

impl FindingFilter {
    /// The version of a filter that is kept alone.
    pub(super) const VERSION: u64 = 1;

    /// Whether a finding is wanted.
    pub fn fits(&self, client: &Judged, dated: &Dated, now: Timestamp) -> bool {
        let finding = &dated.finding;
        self.severity.fits(finding.severity)
            && self.rule.is_none_or(|rule| finding.rule == rule)
            && match self.decided {
                Decided::Open => finding.is_open(),
                Decided::Accepted => finding.accepted.is_some(),
                Decided::All => true,
            }
            && self.standing.is_none_or(|standing| client.standing == standing)
            && self.age.is_none_or(|age| age.fits(dated.since, now))
            && self
                .owner
                .as_ref()
                .is_none_or(|owner| client.contacts.contains(owner))
            && self.names(client)
    }

    /// Whether the text stands in the name or the identifier of a client.
    fn names(&self, client: &Judged) -> bool {
        let text = self.text.trim();
        text.is_empty() || holds(&client.name, text) || holds(client.client_id.as_str(), text)
    }

    /// As it is kept.
    pub fn to_json(&self) -> Value {
        let kept = Kept {
            version: Self::VERSION,
            text: self.text.clone(),
            severity: match self.severity {
                SeverityFilter::Weighty => None,
                SeverityFilter::All => Some("all".to_owned()),
                SeverityFilter::Only(severity) => Some(severity.as_str().to_owned()),
            },
            rule: self.rule.map(|rule| rule.id().to_owned()),
            status: self.standing.map(|standing| standing.label().to_lowercase()),
            owner: self.owner.clone(),
            age_in_days: self.age,
            decided: self.decided,
        };
        serde_json::to_value(kept).unwrap_or_default()
    }

    /// The filter of a text.
    ///
    /// # Errors
    /// [`NoFilter`] says why it is none.
    pub fn read(text: &str) -> Result<Self, NoFilter> {
        let damaged = |error: serde_json::Error| NoFilter::Damaged(json_in_words(&error));
        let value: Value = serde_json::from_str(text).map_err(damaged)?;
        let version = value.get("version");
        if version.and_then(Value::as_u64) != Some(Self::VERSION) {
            let version = version.map_or_else(|| "none".to_owned(), Value::to_string);
            return Err(NoFilter::Version(version));
        }
        let kept: Kept = serde_json::from_value(value).map_err(damaged)?;
        let unknown = |what: &str, name: &str| NoFilter::Damaged(format!("there is no {what} {name}"));
        let severity = match kept.severity.as_deref() {
            None => SeverityFilter::Weighty,
            Some("all") => SeverityFilter::All,
            Some(name) => {
                let severity = Severity::parse(name).ok_or_else(|| unknown("severity", name))?;
                SeverityFilter::Only(severity)
            }
        };
        let standing = kept.status.map(|name| {
            let named = [Standing::Active, Standing::Disabled, Standing::Held]
                .into_iter()
                .find(|standing| standing.label().to_lowercase() == name);
            named.ok_or_else(|| unknown("status", &name))
        });
        let rule = kept
            .rule
            .map(|id| AuditRule::parse(&id).ok_or(NoFilter::Rule(id)));
        Ok(Self {
            text: kept.text,
            severity,
            rule: rule.transpose()?,
            standing: standing.transpose()?,
            owner: kept.owner,
            age: kept.age_in_days,
            decided: kept.decided,
        })
    }
}

/// Whether a text stands in another one, in whatever case. Of plain letters nothing is copied: it is asked of every finding.
fn holds(whole: &str, part: &str) -> bool {
    if whole.is_ascii() && part.is_ascii() {
        let (whole, part) = (whole.as_bytes(), part.as_bytes());
        return whole
            .windows(part.len())
            .any(|window| window.eq_ignore_ascii_case(part));
    }
    whole.to_lowercase().contains(&part.to_lowercase())
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::audit::{Acceptance, AuditFinding, FactRule};
    use crate::client::ClientId;

    fn at(day: i64) -> Timestamp {
        Timestamp::UNIX_EPOCH + SignedDuration::from_hours(day * DAY)
    }

    fn found(severity: Severity, since: i64) -> (Judged, Dated) {
        let rule = AuditRule::Facts(FactRule::ClientUnused);
        let finding = AuditFinding {
            severity,
            ..AuditFinding::new(FactRule::ClientUnused, "last_used_at")
        };
        assert_eq!(finding.rule, rule);
        let client = Judged {
            client_id: ClientId::parse("kiosk-7").unwrap(),
            name: "Überseehafen".to_owned(),
            standing: Standing::Active,
            version: 1,
            contacts: vec!["team@example.com".to_owned()],
            last_used_at: None,
            approved: None,
            findings: Vec::new(),
        };
        let since = at(since);
        (client, Dated { finding, since })
    }

    fn fits(filter: &FindingFilter) -> bool {
        let (client, dated) = found(Severity::Low, 0);
        filter.fits(&client, &dated, at(40))
    }

    #[test]
    fn each_part_of_a_filter_lets_through_what_it_names_and_nothing_else() {
        let all = FindingFilter::default();
        let texts = ["ÜBERSEE", "überseehafen", "KIOSK-7", " "];
        for text in texts.map(str::to_owned) {
            assert!(fits(&FindingFilter { text, ..all.clone() }));
        }
        let with = |change: fn(&mut FindingFilter)| {
            let mut filter = FindingFilter::default();
            change(&mut filter);
            filter
        };
        for (fit, filter) in [
            (false, with(|filter| filter.text = "portal".to_owned())),
            (
                true,
                with(|filter| filter.severity = SeverityFilter::Only(Severity::Low)),
            ),
            (
                false,
                with(|filter| filter.severity = SeverityFilter::Only(Severity::High)),
            ),
            (
                true,
                with(|filter| filter.rule = AuditRule::parse("client-unused")),
            ),
            (false, with(|filter| filter.rule = AuditRule::parse("redir-any"))),
            (true, with(|filter| filter.standing = Some(Standing::Active))),
            (false, with(|filter| filter.standing = Some(Standing::Held))),
            (
                true,
                with(|filter| filter.owner = Some("team@example.com".to_owned())),
            ),
            (false, with(|filter| filter.owner = Some("team".to_owned()))),
            (true, with(|filter| filter.age = Some(Age::Over(30)))),
            (true, with(|filter| filter.age = Some(Age::Within(40)))),
            (false, with(|filter| filter.age = Some(Age::Over(40)))),
            (false, with(|filter| filter.age = Some(Age::Within(30)))),
            (false, with(|filter| filter.decided = Decided::Accepted)),
            (true, with(|filter| filter.decided = Decided::Open)),
        ] {
            assert_eq!(fits(&filter), fit, "{filter:?}");
        }
    }

    #[test]
    fn remarks_are_there_for_whoever_asks_and_accepted_risks_are_hidden_only_then() {
        let (client, mut dated) = found(Severity::Info, 0);
        let is_there = |filter: &FindingFilter, dated: &Dated| filter.fits(&client, dated, at(1));
        let all = FindingFilter {
            severity: SeverityFilter::All,
            ..FindingFilter::default()
        };
        assert!(!is_there(&FindingFilter::default(), &dated));
        assert!(is_there(&all, &dated));
        dated.finding.accepted = Some(Arc::new(Acceptance {
            rule: "client-unused".to_owned(),
            field: "last_used_at".to_owned(),
            value: None,
            held: String::new(),
            reason: "Seasonal".to_owned(),
            by: "Ada Admin".to_owned(),
            at: at(0),
            until: at(9),
        }));
        for (decided, expected) in [
            (Decided::All, true),
            (Decided::Accepted, true),
            (Decided::Open, false),
        ] {
            let filter = FindingFilter {
                decided,
                ..all.clone()
            };
            assert_eq!(is_there(&filter, &dated), expected, "{decided:?}");
        }
        assert!(is_there(&all, &dated));
    }

    #[test]
    fn what_is_kept_is_read_again() {
        let full = FindingFilter {
            text: "billing \"x\"".to_owned(),
            severity: SeverityFilter::Only(Severity::High),
            rule: AuditRule::parse("redir-any"),
            standing: Some(Standing::Held),
            owner: Some("team@example.com".to_owned()),
            age: Some(Age::Over(30)),
            decided: Decided::Open,
        };
        let remarks = FindingFilter {
            severity: SeverityFilter::All,
            ..FindingFilter::default()
        };
        for filter in [full, remarks, FindingFilter::default()] {
            let text = filter.to_json().to_string();
            assert_eq!(FindingFilter::read(&text), Ok(filter));
        }
    }

    #[test]
    fn what_is_no_filter_of_this_version_is_told() {
        for (text, told) in [
            ("{", "It is damaged"),
            ("[]", "It is of version none"),
            (r#"{"version":2}"#, "It is of version 2, and"),
            (r#"{"version":1,"rule":"redir-moon"}"#, "the rule redir-moon"),
            (
                r#"{"version":1,"severity":"awful"}"#,
                "there is no severity awful",
            ),
            (r#"{"version":1,"status":"gone"}"#, "there is no status gone"),
            (r#"{"version":1,"colour":"red"}"#, "It is damaged"),
            (r#"{"version":1,"age_in_days":{"over":-1}}"#, "It is damaged"),
        ] {
            let error = FindingFilter::read(text).unwrap_err().to_string();
            assert!(error.contains(told), "{text}: {error}");
        }
    }
}
