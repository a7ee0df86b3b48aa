//! What a resource server asks of a token for each request: a table of rules, of which the most specific one decides.
//! What no rule fits is denied.

mod path;
mod pattern;
#[cfg(test)]
mod tests;

use std::cmp::Ordering;
use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

pub use path::{MAX_LENGTH as MAX_PATH, PlainPath, UnclearPath};
pub use pattern::{Fit, PathPattern, PatternError};

use super::{Scope, closed_set};

closed_set! {
    /// The methods that a rule can be for.
    RuleMethod {
        /// To read. A rule for it is for HEAD too, which tells less (RFC 9110 §9.3.2).
        Get = "GET",
        /// To process.
        Post = "POST",
        /// To replace.
        Put = "PUT",
        /// To change a part.
        Patch = "PATCH",
        /// To take away.
        Delete = "DELETE",
    }
}

impl RuleMethod {
    fn covers(self, method: &str) -> bool {
        method == self.as_str() || (self == Self::Get && method == "HEAD")
    }
}

/// One rule: who asks for this, needs that.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PolicyRule {
    /// For which method; none: for any.
    pub method: Option<RuleMethod>,
    /// For which paths.
    pub path: PathPattern,
    /// The scopes that the token must have, all of them. None: the right audience is enough.
    pub scopes: Vec<String>,
    /// What the token must say, all of it.
    pub claims: Vec<RequiredClaim>,
}

impl PolicyRule {
    /// The most scopes of one rule.
    pub const MOST_SCOPES: usize = 20;
    /// The most claims of one rule.
    pub const MOST_CLAIMS: usize = 10;

    /// What it needs that is not among these scopes.
    pub fn missing_scopes(&self, held: &[&str]) -> Vec<&str> {
        let needed = self.scopes.iter().map(String::as_str);
        needed.filter(|scope| !held.contains(scope)).collect()
    }

    /// What it needs that these claims do not say.
    pub fn unmet_claims(&self, claims: &Map<String, Value>) -> Vec<&RequiredClaim> {
        let needed = self.claims.iter();
        needed.filter(|claim| !claim.is_met_by(claims)).collect()
    }

    fn is_for_the_same(&self, other: &Self) -> bool {
        self.method == other.method && self.path.is_same(&other.path)
    }

    fn length(&self) -> usize {
        let scopes: usize = self.scopes.iter().map(String::len).sum();
        let claims = self
            .claims
            .iter()
            .map(|claim| claim.name.len() + claim.value.len());
        self.path.as_str().len() + scopes + claims.sum::<usize>()
    }

    fn problem(&self) -> Option<PolicyProblem> {
        let odd_scope = self.scopes.iter().find(|scope| Scope::parse(scope).is_none());
        match odd_scope {
            Some(scope) => Some(PolicyProblem::Scope(scope.clone())),
            None if self.scopes.len() > Self::MOST_SCOPES => Some(PolicyProblem::TooManyScopes),
            None if self.claims.len() > Self::MOST_CLAIMS => Some(PolicyProblem::TooManyClaims),
            None => None,
        }
    }
}

impl fmt::Display for PolicyRule {
    /// The requests that it is for: `GET /payroll/*`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let method = self.method.map_or("Any method", RuleMethod::as_str);
        write!(f, "{method} {}", self.path)
    }
}

/// A claim that a token must have, and its value: `client_id=payroll`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct RequiredClaim {
    /// Its name.
    pub name: String,
    /// Its value: a text, a number or a truth value as JSON writes it, or one member of a list.
    pub value: String,
}

impl RequiredClaim {
    /// The longest that is kept, in bytes.
    pub const MAX_LENGTH: usize = 300;

    /// Reads `name=value`, without white space.
    pub fn parse(text: &str) -> Option<Self> {
        let (name, value) = text.split_once('=')?;
        let is_odd = |c: char| c.is_whitespace() || super::has_unsafe_characters(c.encode_utf8(&mut [0; 4]));
        let is_good = !name.is_empty() && !value.is_empty() && text.len() <= Self::MAX_LENGTH;
        (is_good && !text.contains(is_odd)).then(|| Self {
            name: name.to_owned(),
            value: value.to_owned(),
        })
    }

    fn is_met_by(&self, claims: &Map<String, Value>) -> bool {
        match claims.get(&self.name) {
            Some(Value::Array(several)) => several.iter().any(|one| self.is_met_by_one(one)),
            Some(one) => self.is_met_by_one(one),
            None => false,
        }
    }

    fn is_met_by_one(&self, value: &Value) -> bool {
        match value {
            Value::String(text) => *text == self.value,
            Value::Number(number) => number.to_string() == self.value,
            Value::Bool(truth) => truth.to_string() == self.value,
            Value::Null | Value::Array(_) | Value::Object(_) => false,
        }
    }
}

impl fmt::Display for RequiredClaim {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}={}", self.name, self.value)
    }
}

impl TryFrom<String> for RequiredClaim {
    type Error = PolicyProblem;

    fn try_from(text: String) -> Result<Self, PolicyProblem> {
        Self::parse(&text).ok_or(PolicyProblem::Claim(text))
    }
}

impl From<RequiredClaim> for String {
    fn from(claim: RequiredClaim) -> Self {
        claim.to_string()
    }
}

/// The rules of a resource server. Their order means nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Vec<PolicyRule>", into = "Vec<PolicyRule>")]
pub struct AccessPolicy(Vec<PolicyRule>);

/// Why rules are no policy.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PolicyProblem {
    /// More rules than are kept.
    #[error("A resource server may have 100 rules at most")]
    TooManyRules,
    /// Longer than is kept.
    #[error("The rules of a resource server may have 64 KB of text at most")]
    TooLong,
    /// More scopes than are kept.
    #[error("A rule may have 20 scopes at most")]
    TooManyScopes,
    /// More claims than are kept.
    #[error("A rule may have 10 claims at most")]
    TooManyClaims,
    /// Two rules for the same requests.
    #[error("There are two rules for {0}: put what they need into one")]
    Twice(String),
    /// Not of the standard's characters.
    #[error("{0} is no scope")]
    Scope(String),
    /// Not `name=value`.
    #[error("{0} is no claim: write name=value, without spaces")]
    Claim(String),
}

/// What the rules say of one request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ruling<'a> {
    /// This rule decides.
    By(&'a PolicyRule),
    /// This rule would decide if the path were written in the rule's upper and lower case. There are systems to which it is
    /// the same path, so a rule for more paths must not decide in its place: the request is denied.
    ButForCase(&'a PolicyRule),
    /// No rule fits: the request is denied.
    None,
}

impl AccessPolicy {
    /// The most rules of one resource server.
    pub const MOST_RULES: usize = 100;
    /// The most text of all its rules, in bytes.
    pub const MOST_BYTES: usize = 64 * 1024;

    /// A policy of these rules.
    ///
    /// # Errors
    /// [`PolicyProblem`].
    pub fn new(rules: Vec<PolicyRule>) -> Result<Self, PolicyProblem> {
        if rules.len() > Self::MOST_RULES {
            return Err(PolicyProblem::TooManyRules);
        }
        if rules.iter().map(PolicyRule::length).sum::<usize>() > Self::MOST_BYTES {
            return Err(PolicyProblem::TooLong);
        }
        let mut earlier: Vec<&PolicyRule> = Vec::new();
        for rule in &rules {
            if let Some(problem) = rule.problem() {
                return Err(problem);
            }
            if earlier.iter().any(|other| other.is_for_the_same(rule)) {
                return Err(PolicyProblem::Twice(rule.to_string()));
            }
            earlier.push(rule);
        }
        Ok(Self(rules))
    }

    /// The rules, as they were written down.
    pub fn rules(&self) -> &[PolicyRule] {
        &self.0
    }

    /// The rule for a request: of those that fit, the one whose path says most, and of two with the same path the one that
    /// names the method.
    pub fn ruling(&self, method: &str, path: &PlainPath) -> Ruling<'_> {
        let fits = |rule: &'_ PolicyRule| rule.method.is_none_or(|of_rule| of_rule.covers(method));
        let fitting = self.0.iter().filter(|rule| fits(rule));
        let fitting = fitting.filter_map(|rule| Some((rule, rule.path.fit(path)?)));
        match fitting.max_by(|one, other| more_specific(*one, *other)) {
            Some((rule, Fit::Exactly)) => Ruling::By(rule),
            Some((rule, Fit::OtherCase)) => Ruling::ButForCase(rule),
            None => Ruling::None,
        }
    }
}

fn more_specific(one: (&PolicyRule, Fit), other: (&PolicyRule, Fit)) -> Ordering {
    let by_path = one.0.path.compare(&other.0.path);
    by_path
        .then(one.1.cmp(&other.1))
        .then(one.0.method.is_some().cmp(&other.0.method.is_some()))
}

impl TryFrom<Vec<PolicyRule>> for AccessPolicy {
    type Error = PolicyProblem;

    fn try_from(rules: Vec<PolicyRule>) -> Result<Self, PolicyProblem> {
        Self::new(rules)
    }
}

impl From<AccessPolicy> for Vec<PolicyRule> {
    fn from(policy: AccessPolicy) -> Self {
        policy.0
    }
}
