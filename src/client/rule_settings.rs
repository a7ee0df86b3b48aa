//! What an organisation decides about the rules that need only a draft: how bad each is to it, which it does not want to
//! hear of, and from how many values on a list is long.

use std::collections::BTreeMap;

use super::{Finding, Rule, Severity};

/// How much a rule weighs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Weight {
    /// Its findings are as bad as this, whatever the client.
    As(Severity),
    /// Nothing is said of it.
    Off,
}

impl Weight {
    /// The word for nothing.
    const OFF: &str = "off";

    /// `off`, or a severity.
    pub fn parse(word: &str) -> Option<Self> {
        match word {
            Self::OFF => Some(Self::Off),
            word => Severity::parse(word).map(Self::As),
        }
    }

    /// `off`, or the severity.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::As(severity) => severity.as_str(),
            Self::Off => Self::OFF,
        }
    }
}

/// The settings of the rules over one draft. A rule that refuses a registration can weigh less, and refuses as before: what
/// is saved is not a matter of taste.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RuleSettings {
    /// The rules that weigh something else than the table says.
    pub weights: BTreeMap<Rule, Weight>,
    /// More redirect URIs than so many are many.
    pub many_redirect_uris: u32,
    /// More resource servers than so many are many.
    pub many_audiences: u32,
}

impl RuleSettings {
    /// Those of the table.
    pub const DEFAULT: Self = Self {
        weights: BTreeMap::new(),
        many_redirect_uris: 20,
        many_audiences: 5,
    };

    /// Leaves out what is not wanted, and says of the rest how bad it is here.
    pub(super) fn weigh(&self, findings: &mut Vec<Finding>) {
        if self.weights.is_empty() {
            return;
        }
        findings.retain_mut(|finding| match self.weights.get(&finding.rule) {
            Some(Weight::Off) => finding.refuses(),
            Some(Weight::As(severity)) => {
                finding.severity = *severity;
                true
            }
            None => true,
        });
    }
}

impl Default for RuleSettings {
    fn default() -> Self {
        Self::DEFAULT
    }
}

/// Whether a rule can weigh so much: one that refuses cannot be silent about why.
pub const fn can_weigh(rule: Rule, weight: Weight) -> bool {
    !(rule.refuses() && matches!(weight, Weight::Off))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::client::{ClientDraft, ClientKind};

    fn said(draft: &ClientDraft, settings: &RuleSettings, rule: Rule) -> Option<Severity> {
        let findings = draft.findings_by(settings);
        findings
            .iter()
            .find(|finding| finding.rule == rule)
            .map(|finding| finding.severity)
    }

    #[test]
    fn a_rule_can_weigh_less_or_nothing_but_what_refuses_is_never_silent() {
        let draft = ClientDraft {
            name: "A".to_owned(),
            redirect_uris: vec!["http://app.example.com/cb".to_owned()],
            ..ClientKind::Web.preset()
        };
        let weights = [
            (Rule::OwnerMissing, Weight::Off),
            (Rule::AudNone, Weight::As(Severity::Low)),
            (Rule::RedirHttp, Weight::Off),
        ];
        let told = RuleSettings {
            weights: weights.into(),
            ..RuleSettings::DEFAULT
        };
        assert_eq!(
            said(&draft, &RuleSettings::DEFAULT, Rule::OwnerMissing),
            Some(Severity::Medium)
        );
        assert_eq!(said(&draft, &told, Rule::OwnerMissing), None);
        assert_eq!(said(&draft, &told, Rule::AudNone), Some(Severity::Low));
        assert_eq!(
            said(&draft, &told, Rule::RedirHttp),
            Some(Severity::High),
            "it refuses"
        );
    }

    #[test]
    fn how_many_are_many_is_a_setting() {
        let draft = ClientDraft {
            audience: ["a", "b", "c"].map(str::to_owned).into(),
            ..ClientKind::Web.preset()
        };
        assert_eq!(said(&draft, &RuleSettings::DEFAULT, Rule::AudWide), None);
        let told = RuleSettings {
            many_audiences: 2,
            ..RuleSettings::DEFAULT
        };
        assert_eq!(said(&draft, &told, Rule::AudWide), Some(Severity::Low));
    }
}
