//! What stands before the clients: how much it is, which risks were accepted, which rules were broken and how they were set.

use std::collections::BTreeMap;
use std::fmt::Write;

use super::{Kept, text};
use crate::audit::report::decided::Decided;
use crate::audit::report::{Heading, Tally, day, reason};
use crate::audit::{AuditFinding, AuditRule};

const STYLE: &str = include_str!("../report.css");

pub(in crate::audit::report) fn begin(heading: &Heading) -> String {
    let (registry, at) = (
        text(&heading.audited.title()),
        heading.at.strftime("%-d %B %Y, %H:%M UTC"),
    );
    format!(
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta name=\"color-scheme\" content=\"light dark\">\n<meta name=\"referrer\" content=\"no-referrer\">\n\
         <title>Audit of {registry}</title>\n<style>\n{STYLE}</style>\n</head>\n<body>\n<header>\n\
         <h1>Audit of {registry}</h1>\n<p>{at}</p>\n</header>\n<main>\n"
    )
}

/// How much was found.
pub(super) fn summary(heading: &Heading, told: &Tally) -> String {
    let mut page = format!("<section>\n<h2>Summary</h2>\n<p>{}</p>\n", told.sentence(heading));
    for sentence in heading.sentences() {
        // Writing to a string does not fail.
        let _ = writeln!(page, "<p><strong>{}</strong></p>", text(&sentence));
    }
    let open: u64 = told.severities.values().sum();
    page.push_str(
        "<table>\n<thead><tr><th>Severity</th><th class=\"number\">Open</th></tr></thead>\n<tbody>\n",
    );
    for (severity, count) in told.worst_first() {
        let _ = writeln!(
            page,
            "<tr><td><span class=\"severity {severity}\">{}</span></td><td class=\"number\">{count}</td></tr>",
            severity.label()
        );
    }
    let _ = write!(
        page,
        "</tbody>\n<tfoot><tr><th>Together</th><td class=\"number\">{open}</td></tr></tfoot>\n</table>\n<p class=\"quiet\">{}</p>\n</section>\n",
        text(&heading.history())
    );
    page
}

/// The risks that somebody took, and why.
pub(super) fn accepted<'a>(accepted: impl Iterator<Item = (&'a Kept, &'a AuditFinding)>) -> String {
    let mut page = "<section>\n<h2>Accepted risks</h2>\n".to_owned();
    let mut rows = String::new();
    for (kept, finding) in accepted {
        let Some(accepted) = finding.accepted.as_deref() else {
            continue;
        };
        let value = finding.value.as_deref().map(|value| format!(": {}", text(value)));
        let _ = writeln!(
            rows,
            "<tr><td>{name}<br><code class=\"quiet\">{id}</code></td><td><span class=\"severity {severity}\">{label}</span> \
             {title}<br><code>{field}{value}</code></td><td>{reason}</td><td>{by}</td><td class=\"date\">{since}</td>\
             <td class=\"date\">{until}</td></tr>",
            name = text(&kept.name),
            id = text(kept.client_id.as_str()),
            severity = finding.severity,
            label = finding.severity.label(),
            title = text(&finding.title()),
            field = finding.field,
            value = value.unwrap_or_default(),
            reason = text(&reason(accepted)),
            by = text(&accepted.by),
            since = day(accepted.at),
            until = day(accepted.until),
        );
    }
    if rows.is_empty() {
        page.push_str("<p>No risk is accepted.</p>\n</section>\n");
        return page;
    }
    page.push_str(
        "<p>They are not counted as open until their end, and come back earlier where the value changes.</p>\n<table class=\"wide\">\n\
         <thead><tr><th>Client</th><th>Risk</th><th>Reason</th><th>Accepted by</th><th>Since</th><th>Until</th></tr></thead>\n\
         <tbody>\n",
    );
    page.push_str(&rows);
    page.push_str("</tbody>\n</table>\n</section>\n");
    page
}

/// The rules that were broken, the worst and most frequent first, with what each is for.
pub(super) fn rules<'a>(findings: impl Iterator<Item = &'a AuditFinding>) -> String {
    let mut page = "<section>\n<h2>Broken rules</h2>\n".to_owned();
    let mut open: BTreeMap<AuditRule, u64> = BTreeMap::new();
    for finding in findings {
        *open.entry(finding.rule).or_default() += u64::from(finding.is_open());
    }
    if open.is_empty() {
        page.push_str("<p>No rule is broken.</p>\n</section>\n");
        return page;
    }
    let mut rules: Vec<(AuditRule, u64)> = open.into_iter().collect();
    rules.sort_by_key(|(rule, count)| std::cmp::Reverse((rule.severity(), *count)));
    page.push_str(
        "<table class=\"wide\">\n<thead><tr><th>Rule</th><th>What could come of it, and what ends it</th>\
         <th class=\"number\">Open</th></tr></thead>\n<tbody>\n",
    );
    for (rule, count) in rules {
        let _ = writeln!(
            page,
            "<tr id=\"{rule}\"><td>{}<br><code>{rule}</code></td><td>{} {} <span class=\"quiet\">{}</span></td>\
             <td class=\"number\">{count}</td></tr>",
            text(rule.title()),
            text(rule.harm()),
            text(rule.advice()),
            text(rule.basis()),
        );
    }
    page.push_str("</tbody>\n</table>\n</section>\n");
    page
}

/// What was not looked for, or otherwise.
pub(super) fn decided(heading: &Heading) -> String {
    let sentences = Decided::of(&heading.settings).sentences();
    let mut page = "<section>\n<h2>How the rules were set</h2>\n".to_owned();
    if sentences.is_empty() {
        page.push_str("<p>All rules were looked for, each as bad as its table says.</p>\n</section>\n");
        return page;
    }
    page.push_str("<ul>\n");
    for sentence in sentences {
        let _ = writeln!(page, "<li>{}</li>", text(&sentence));
    }
    page.push_str("</ul>\n</section>\n");
    page
}
