//! The findings that are known already: an earlier report, against which only what is new counts.

use std::collections::HashSet;

use serde::Deserialize;
use serde_json::Value;

use super::{AuditFinding, AuditRule, Fingerprint};
use crate::client::{ClientId, json_in_words, make_visible, read_json};

/// Findings of an earlier time.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Baseline {
    known: HashSet<Fingerprint>,
}

/// Why a file is no baseline.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the baseline cannot be used: {0}")]
pub struct NoBaseline(String);

impl NoBaseline {
    /// What to do.
    pub const fn advice(&self) -> &'static str {
        "Make one anew: chancery audit --format json > baseline.json"
    }
}

/// A finding as the JSON report tells it, as far as it makes a finding this one.
#[derive(Deserialize)]
struct Told {
    rule: String,
    client_id: String,
    field: String,
    value: Option<String>,
    realm: Option<String>,
}

impl Baseline {
    /// Reads a report that was written as JSON. A finding in it that makes no sense, or is of a rule that is not known here, is
    /// told, a sentence each, and left out.
    ///
    /// # Errors
    /// [`NoBaseline`] where it is no such report.
    pub fn read(text: &str) -> Result<(Self, Vec<String>), NoBaseline> {
        let value = read_json(text.trim_start_matches('\u{feff}').as_bytes())
            .map_err(|not_json| NoBaseline(not_json.reason().to_owned()))?;
        let Some(findings) = value.get("findings").and_then(Value::as_array) else {
            return Err(NoBaseline("it has no list of findings".to_owned()));
        };
        let mut baseline = Self::default();
        let mut troubles = Vec::new();
        for (index, finding) in findings.iter().enumerate() {
            let number = index + 1;
            match Told::deserialize(finding) {
                Ok(told) => match told.fingerprint() {
                    Ok(fingerprint) => {
                        baseline.known.insert(fingerprint);
                    }
                    Err(trouble) => troubles.push(format!("finding {number} of the baseline {trouble}")),
                },
                Err(wrong) => {
                    troubles.push(format!(
                        "finding {number} of the baseline cannot be read: {}",
                        make_visible(&json_in_words(&wrong))
                    ));
                }
            }
        }
        Ok((baseline, troubles))
    }

    /// How many findings it knows.
    pub fn len(&self) -> usize {
        self.known.len()
    }

    /// Whether it knows none.
    pub fn is_empty(&self) -> bool {
        self.known.is_empty()
    }

    /// Whether it knows a finding on a client, of a part of another system where it is in a file that has parts.
    pub fn knows(&self, realm: Option<&str>, client_id: &ClientId, finding: &AuditFinding) -> bool {
        let fingerprint = || Fingerprint::in_realm(realm, client_id, finding);
        !self.known.is_empty() && self.known.contains(&fingerprint())
    }
}

impl Told {
    fn fingerprint(&self) -> Result<Fingerprint, String> {
        let rule = AuditRule::parse(&self.rule).ok_or_else(|| {
            format!(
                "is of a rule that is not known here: {}",
                make_visible(&self.rule)
            )
        })?;
        let client_id = ClientId::parse(&self.client_id)
            .ok_or_else(|| format!("is of no client: {}", make_visible(&self.client_id)))?;
        Ok(Fingerprint::of_parts_in(
            self.realm.as_deref(),
            rule,
            &client_id,
            &self.field,
            self.value.as_deref(),
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::client::{Finding, Rule};

    fn finding(uri: &str) -> AuditFinding {
        Finding::new(Rule::RedirHttp, "redirect_uris").about(uri).into()
    }

    #[test]
    fn an_earlier_report_is_known_and_what_makes_no_sense_in_it_is_told() {
        let text = r#"{"findings": [
            {"rule": "redir-http", "severity": "high", "client_id": "billing", "field": "redirect_uris", "value": "http://a/"},
            {"rule": "redir-gone", "client_id": "billing", "field": "x", "value": null},
            {"rule": "redir-http", "client_id": "a\u0000b", "field": "x", "value": null},
            {"rule": 7}, null
        ], "clients": 3}"#;
        let (baseline, troubles) = Baseline::read(text).unwrap();
        let billing = ClientId::parse("billing").unwrap();
        assert!(baseline.knows(None, &billing, &finding("http://a/")));
        assert!(!baseline.knows(None, &billing, &finding("http://b/")));
        assert!(!baseline.knows(None, &ClientId::parse("payroll").unwrap(), &finding("http://a/")));
        assert_eq!((baseline.len(), troubles.len()), (1, 4), "{troubles:?}");
        assert!(
            troubles[0].contains("finding 2 of the baseline is of a rule that is not known here: redir-gone")
        );
    }

    #[test]
    fn what_is_no_report_is_no_baseline() {
        for text in [
            "",
            "[]",
            "{}",
            r#"{"findings": {}}"#,
            "<html>",
            "{\"findings\": [",
        ] {
            assert!(Baseline::read(text).is_err(), "{text}");
        }
    }
}
