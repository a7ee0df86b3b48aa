//! What a rule has to say about one registration.

use super::closed_set::closed_set;
use super::password::hide_passwords;
use super::{Fix, Rule};

closed_set! {
    /// How bad it is; ordered from the least.
    Severity {
        /// Good to know.
        Info = "info",
        /// A small weakness.
        Low = "low",
        /// Wants a look.
        Medium = "medium",
        /// Dangerous.
        High = "high",
        /// Open to attack today.
        Critical = "critical",
    }
}

impl Severity {
    /// The word on the screen.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Info => "Info",
            Self::Low => "Low",
            Self::Medium => "Medium",
            Self::High => "High",
            Self::Critical => "Critical",
        }
    }
}

/// One thing that is wrong with one field of a registration.
#[derive(Clone, Debug, PartialEq)]
pub struct Finding {
    /// The rule that was broken.
    pub rule: Rule,
    /// How bad it is here; most rules have one severity, some depend on the client.
    pub severity: Severity,
    /// The field concerned, by its name in [`super::ClientDraft`].
    pub field: &'static str,
    /// The value concerned, where the field holds several.
    pub value: Option<String>,
    /// The change that ends it, where it is mechanical.
    pub fix: Option<Fix>,
}

impl Finding {
    /// A finding of the rule's own severity on a whole field.
    pub fn new(rule: Rule, field: &'static str) -> Self {
        Self {
            rule,
            severity: rule.severity(),
            field,
            value: None,
            fix: None,
        }
    }

    /// Names the value concerned.
    #[must_use]
    pub fn about(mut self, value: impl Into<String>) -> Self {
        self.value = Some(value.into());
        self
    }

    /// Says how bad it is for this client.
    #[must_use]
    pub fn as_bad_as(mut self, severity: Severity) -> Self {
        self.severity = severity;
        self
    }

    /// Offers the change that ends it.
    #[must_use]
    pub fn ended_by(mut self, fix: Fix) -> Self {
        self.fix = Some(fix);
        self
    }

    /// Whether a registration with it cannot be saved.
    pub fn refuses(&self) -> bool {
        self.rule.refuses()
    }

    /// One line for a terminal or an error answer: the title, the value, and what to do.
    pub fn sentence(&self) -> String {
        match &self.value {
            Some(value) => format!(
                "{} ({}: {}). {}",
                self.rule.title(),
                self.field,
                shorten(&hide_passwords(value)),
                self.rule.advice()
            ),
            None => format!("{} ({}). {}", self.rule.title(), self.field, self.rule.advice()),
        }
    }
}

/// A value short enough for a sentence, with its control characters made visible.
fn shorten(value: &str) -> String {
    const LIMIT: usize = 80;
    let visible = super::validate::make_visible(value);
    if visible.chars().count() <= LIMIT {
        return visible;
    }
    let mut short: String = visible.chars().take(LIMIT).collect();
    short.push('…');
    short
}
