//! What the audit finds, as a file.

use std::path::Path;
use std::sync::Arc;

use jiff::Timestamp;

use super::Progress;
use super::content::{Fault, Writing};
use crate::audit::report::Format;
use crate::audit::{Age, Decided, FindingFilter, Fingerprint, SeverityFilter};
use crate::client::make_visible;
use crate::desktop::screens::clients::grouped;
use crate::desktop::worker::Review;
use crate::registry::Registry;
use crate::reporting::{self, Only, ReportError, ReportWish};

/// What is to stand in a report.
#[derive(Clone, Debug)]
pub struct ReportContent {
    /// In which form it is.
    pub format: Format,
    /// Whether accepted risks are left out.
    pub only_open: bool,
    /// Only what a filter finds of what was found.
    pub filtered: Option<(Arc<Review>, FindingFilter)>,
}

/// Writes it. Returns how much was found.
pub(super) fn write(content: &ReportContent, writing: &mut Writing<'_>) -> Result<String, Fault> {
    let registry = (writing.open)()?;
    let now = Timestamp::now();
    let mut wish = ReportWish::of(content.format);
    if let Some(place) = &writing.sign_offs {
        take_in(&mut wish, place, &registry, now);
    }
    wish.selection.only_open = content.only_open;
    wish.selection.only = content.filtered.as_ref().map(|(review, filter)| {
        let found = review.findings.iter();
        let wanted = found.filter(|found| filter.fits(&found.client, found.dated(), now));
        let prints = wanted.map(|found| Fingerprint::of(&found.client.client_id, found.finding()));
        Only {
            findings: Arc::new(prints.collect()),
            said: said(filter),
        }
    });
    let Writing {
        out, stop, progress, ..
    } = writing;
    let mut go_on = |step: reporting::Step| {
        progress(Progress {
            share: step.done as f32 / step.all as f32,
            told: told(step.findings),
        });
        !stop.is_asked()
    };
    match reporting::write(&registry, &wish, now, *out, &mut go_on) {
        Ok(reported) => Ok(told(reported.told.findings())),
        Err(ReportError::Registry(error)) => Err(Fault::Registry(error)),
        Err(ReportError::Out(error)) => Err(Fault::Disk(error)),
        Err(ReportError::Stopped) => Err(Fault::Stopped),
    }
}

/// Has what stands in a file of sign-offs counted. Where it cannot be, the report says so.
fn take_in(wish: &mut ReportWish, place: &Path, registry: &Registry, now: Timestamp) {
    match reporting::read_sign_offs(place, registry.identifier(), now) {
        Ok(None) => {}
        Ok(Some((sign_offs, troubles))) => {
            wish.sign_offs = Some(Arc::new(sign_offs));
            let said = |trouble| format!("Of the file of sign-offs: {trouble}.");
            wish.remarks.extend(troubles.into_iter().map(said));
        }
        // Which trouble it is, the Review screen says; the folders are no business of the report's readers.
        Err(_) => {
            let nothing = "The file of sign-offs cannot be used: nothing of it was taken in.";
            wish.remarks.push(nothing.to_owned());
        }
    }
}

fn told(findings: u64) -> String {
    let plural = if findings == 1 { "" } else { "s" };
    format!("{} finding{plural}", grouped(findings))
}

/// What a filter lets through, in words.
fn said(filter: &FindingFilter) -> String {
    let decided = match filter.decided {
        Decided::Open => "open",
        Decided::Accepted => "accepted",
        Decided::All => "open and accepted",
    };
    let severity = match filter.severity {
        SeverityFilter::Weighty => "low and worse",
        SeverityFilter::All => "of any severity",
        SeverityFilter::Only(severity) => severity.as_str(),
    };
    let rule = filter.rule.map(|rule| format!("of the rule {rule}"));
    let standing = filter.standing.map(|standing| {
        let standing = standing.label().to_lowercase();
        format!("of clients that are {standing}")
    });
    let owner = filter
        .owner
        .as_ref()
        .map(|owner| format!("of clients of {owner}"));
    let age = filter.age.map(|age| match age {
        Age::Within(days) => format!("for {days} days at most"),
        Age::Over(days) => format!("for more than {days} days"),
    });
    let text = filter.text.trim();
    let text = (!text.is_empty()).then(|| format!("of clients whose name or ID has \u{201c}{text}\u{201d}"));
    let parts = [rule, standing, owner, age, text].into_iter().flatten();
    let said = [decided.to_owned(), severity.to_owned()].into_iter().chain(parts);
    make_visible(&said.collect::<Vec<_>>().join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::client::{Severity, Standing};

    #[test]
    fn a_filter_is_told_in_words() {
        assert_eq!(
            said(&FindingFilter::default()),
            "open and accepted, low and worse"
        );
        let filter = FindingFilter {
            text: " bill\u{202e} ".to_owned(),
            severity: SeverityFilter::Only(Severity::High),
            standing: Some(Standing::Held),
            owner: Some("team@example.com".to_owned()),
            age: Some(Age::Over(90)),
            decided: Decided::Open,
            ..FindingFilter::default()
        };
        assert_eq!(
            said(&filter),
            "open, high, of clients that are held, of clients of team@example.com, for more than 90 days, \
             of clients whose name or ID has \u{201c}bill<U+202E>\u{201d}"
        );
    }
}
