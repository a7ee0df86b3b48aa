//! For a terminal: a block for each client, and how much it was at the end, where a person looks.

use std::fmt::Write;

use super::decided::Decided;
use super::{Heading, Subject, Tally, day, reason};
use crate::audit::AuditFinding;
use crate::client::make_visible;

pub(super) fn begin(heading: &Heading) -> String {
    format!(
        "Audit of {} at {}\n\n",
        make_visible(&heading.audited.title()),
        heading.at.strftime("%Y-%m-%d %H:%M UTC")
    )
}

pub(super) fn client(subject: Subject<'_>, findings: &[AuditFinding]) -> String {
    let realm = subject
        .realm
        .map(|realm| format!(", realm {}", make_visible(realm)));
    let mut text = format!(
        "{} ({}{})\n",
        make_visible(subject.name),
        subject.client_id,
        realm.unwrap_or_default()
    );
    for finding in findings {
        let value = finding
            .value
            .as_deref()
            .map(|value| format!(": {}", make_visible(value)));
        let known = if finding.known { " (known before)" } else { "" };
        // Writing to a string does not fail.
        let _ = writeln!(
            text,
            "  {:<8}  {}  {}{}{known}\n            {} ({})\n            {}",
            finding.severity.as_str(),
            finding.rule,
            finding.field,
            value.unwrap_or_default(),
            make_visible(&finding.message()),
            finding.rule.basis(),
            finding.rule.advice(),
        );
        if let Some(accepted) = &finding.accepted {
            let (by, reason) = (make_visible(&accepted.by), make_visible(&reason(accepted)));
            let (since, until) = (day(accepted.at), day(accepted.until));
            let _ = writeln!(
                text,
                "            accepted by {by} on {since} until {until}: {reason}"
            );
        }
    }
    text.push('\n');
    text
}

pub(super) fn end(heading: &Heading, told: &Tally) -> String {
    let decided = Decided::of(&heading.settings).sentences();
    let said = heading.sentences().into_iter().chain(decided);
    let said: String = said
        .map(|sentence| format!("{}\n", make_visible(&sentence)))
        .collect();
    format!("{}\n{said}{}\n", told.sentence(heading), heading.history())
}
