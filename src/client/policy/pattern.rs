//! Patterns of paths: literal segments, `*` for one segment, `**` at the end for whatever follows.

use std::cmp::Ordering;
use std::fmt;

use serde::{Deserialize, Serialize};

use super::path::{PlainPath, plain_segment};

/// A pattern of paths. `/payroll/*` fits every path with exactly one segment under `/payroll`; `/payroll/**` fits
/// `/payroll` itself and everything under it; everything else fits itself only, with or without a slash at the end as it
/// is written.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct PathPattern {
    text: String,
    segments: Vec<Segment>,
}

/// A part of a pattern.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Segment {
    /// Itself.
    Literal(String),
    /// Any one segment.
    One,
    /// Whatever follows, also nothing.
    Rest,
}

/// How a path fits a pattern.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fit {
    /// But for upper and lower case.
    OtherCase,
    /// As it is written.
    Exactly,
}

/// Why a text is no pattern.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PatternError {
    /// Not absolute.
    #[error("A path begins with a slash, such as /payroll/*")]
    NotAbsolute,
    /// Longer than is kept.
    #[error("A path may have 512 characters at most")]
    TooLong,
    /// A star that is not a segment of its own.
    #[error("* stands for one whole segment, ** for the rest of the path and only at its end")]
    Star,
    /// What a request's path must not have either.
    #[error("A path is written as it stands in a URL: no empty or dot segment, no ? # ; or space")]
    Unclear,
}

impl PathPattern {
    /// The longest pattern that is kept, in bytes.
    pub const MAX_LENGTH: usize = 512;

    /// Reads a pattern.
    ///
    /// # Errors
    /// [`PatternError`].
    pub fn parse(text: &str) -> Result<Self, PatternError> {
        if text.len() > Self::MAX_LENGTH {
            return Err(PatternError::TooLong);
        }
        let below = text.strip_prefix('/').ok_or(PatternError::NotAbsolute)?;
        let mut segments = Vec::new();
        let mut left = below.split('/').count();
        for segment in below.split('/') {
            left -= 1;
            segments.push(match segment {
                "*" => Segment::One,
                "**" if left == 0 => Segment::Rest,
                star if star.contains('*') => return Err(PatternError::Star),
                "" if left > 0 => return Err(PatternError::Unclear),
                literal => Segment::Literal(plain_segment(literal).map_err(|_| PatternError::Unclear)?),
            });
        }
        let text = text.to_owned();
        Ok(Self { text, segments })
    }

    /// As it was written.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Whether it fits the same paths as another one, however both are written.
    pub fn is_same(&self, other: &Self) -> bool {
        self.segments == other.segments
    }

    /// Whether and how a path fits it.
    pub fn fit(&self, path: &PlainPath) -> Option<Fit> {
        let mut fit = Fit::Exactly;
        let mut left = path.segments().iter();
        for segment in &self.segments {
            match (segment, left.next()) {
                (Segment::Rest, _) => return Some(fit),
                // An empty segment is a slash at the end, and no segment that a star stands for.
                (Segment::One, Some(one)) if !one.is_empty() => {}
                (Segment::Literal(literal), Some(one)) => fit = fit.min(fit_of(literal, one)?),
                (Segment::One | Segment::Literal(_), _) => return None,
            }
        }
        left.next().is_none().then_some(fit)
    }

    /// Which of two patterns that fit the same path says more of it: from the left on, a literal segment says more than
    /// `*`, and that more than `**`.
    pub fn compare(&self, other: &Self) -> Ordering {
        self.ranks().cmp(other.ranks())
    }

    fn ranks(&self) -> impl Iterator<Item = u8> {
        let rank = |segment: &Segment| match segment {
            Segment::Rest => 0,
            Segment::One => 1,
            Segment::Literal(_) => 2,
        };
        // That nothing follows says more than that anything may.
        let ends = self.segments.last() != Some(&Segment::Rest);
        self.segments.iter().map(rank).chain(ends.then_some(3))
    }
}

fn fit_of(literal: &str, segment: &str) -> Option<Fit> {
    if literal == segment {
        return Some(Fit::Exactly);
    }
    (literal.to_lowercase() == segment.to_lowercase()).then_some(Fit::OtherCase)
}

impl fmt::Display for PathPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl TryFrom<String> for PathPattern {
    type Error = PatternError;

    fn try_from(text: String) -> Result<Self, PatternError> {
        Self::parse(&text)
    }
}

impl From<PathPattern> for String {
    fn from(pattern: PathPattern) -> Self {
        pattern.text
    }
}
