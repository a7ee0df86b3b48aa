//! For people: one file that needs no other, with the summary first. Nothing in it runs or is fetched.

use std::fmt::Write;

use super::{Heading, Subject, Tally};
use crate::audit::{AuditFinding, AuditRule};
use crate::client::make_visible;

const STYLE: &str = include_str!("report.css");

pub(super) fn begin(heading: &Heading, summary: &Tally) -> String {
    let mut page = format!(
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <title>Audit of {registry}</title>\n<style>\n{STYLE}</style>\n</head>\n<body>\n<header>\n\
         <h1>Audit of {registry}</h1>\n<p>{at}</p>\n</header>\n<main>\n<section>\n<h2>Summary</h2>\n<p>{}</p>\n",
        summary.sentence(),
        registry = text(&heading.registry),
        at = heading.at.strftime("%-d %B %Y, %H:%M UTC"),
    );
    page.push_str("<table>\n<thead><tr><th>Severity</th><th>Findings</th></tr></thead>\n<tbody>\n");
    for (severity, count) in summary.worst_first() {
        // Writing to a string does not fail.
        let _ = writeln!(
            page,
            "<tr><td><span class=\"severity {severity}\">{}</span></td><td>{count}</td></tr>",
            severity.label()
        );
    }
    page.push_str("</tbody>\n</table>\n");
    page.push_str(&rules(summary));
    let _ = write!(
        page,
        "<p>{}</p>\n</section>\n<section>\n<h2>Findings by client</h2>\n",
        text(&heading.history())
    );
    page
}

/// The rules that were broken, the worst and most frequent first.
fn rules(summary: &Tally) -> String {
    if summary.rules.is_empty() {
        return "<p>No rule is broken.</p>\n".to_owned();
    }
    let mut rules: Vec<(AuditRule, u64)> = summary
        .rules
        .iter()
        .map(|(rule, count)| (*rule, *count))
        .collect();
    rules.sort_by_key(|(rule, count)| std::cmp::Reverse((rule.severity(), *count)));
    let rows: String = rules
        .into_iter()
        .map(|(rule, count)| {
            format!(
                "<tr><td><code>{rule}</code></td><td>{}</td><td>{count}</td></tr>\n",
                text(rule.title())
            )
        })
        .collect();
    format!(
        "<table>\n<thead><tr><th>Rule</th><th>What it is</th><th>Findings</th></tr></thead>\n<tbody>\n{rows}</tbody>\n</table>\n"
    )
}

pub(super) fn client(subject: Subject<'_>, findings: &[AuditFinding]) -> String {
    let mut page = format!(
        "<article>\n<h3>{}</h3>\n<p class=\"id\"><code>{}</code></p>\n",
        text(subject.name),
        text(subject.client_id.as_str())
    );
    for finding in findings {
        let (severity, label) = (finding.severity, finding.severity.label());
        let accepted = if finding.accepted.is_some() {
            " · accepted"
        } else {
            ""
        };
        let value = finding.value.as_deref().map(|value| format!(": {}", text(value)));
        let _ = write!(
            page,
            "<div class=\"finding\">\n<p><span class=\"severity {severity}\">{label}</span> <strong>{title}</strong> \
             <code>{rule}</code>{accepted}</p>\n<p class=\"value\"><code>{field}{value}</code></p>\n<p>{harm}</p>\n\
             <p>{advice} <span class=\"basis\">{basis}</span></p>\n</div>\n",
            title = text(&finding.title()),
            rule = finding.rule,
            field = finding.field,
            value = value.unwrap_or_default(),
            harm = text(finding.rule.harm()),
            advice = text(finding.rule.advice()),
            basis = text(finding.rule.basis()),
        );
    }
    page.push_str("</article>\n");
    page
}

pub(super) fn end() -> String {
    "</section>\n</main>\n</body>\n</html>\n".to_owned()
}

/// A text that is text in a page, in an attribute too, and reads in one direction.
fn text(text: &str) -> String {
    make_visible(text)
        .chars()
        .fold(String::with_capacity(text.len()), |mut escaped, c| {
            match c {
                '&' => escaped.push_str("&amp;"),
                '<' => escaped.push_str("&lt;"),
                '>' => escaped.push_str("&gt;"),
                '"' => escaped.push_str("&quot;"),
                '\'' => escaped.push_str("&#39;"),
                c => escaped.push(c),
            }
            escaped
        })
}
