//! For people: one file that needs no other, with the summary first, then the risks that were accepted, and the clients
//! with the worst findings first. Nothing in it runs or is fetched.
//!
//! A long report has a list of its contents, and its clients stand in blocks that are closed until somebody opens them: a
//! browser then shows a hundred thousand clients as fast as ten. Printed, they are open.

mod client;
mod opening;

use std::cmp::Reverse;

use super::{Heading, Subject, Tally};
use crate::audit::AuditFinding;
use crate::client::{ClientId, Severity, make_visible};

pub(super) use opening::begin;

/// From so many clients with findings on there is a list of contents.
const LISTED: usize = 6;
/// From so many on the clients stand in blocks of this size.
const BLOCK: usize = 200;

/// What is kept until the end.
#[derive(Debug, Default)]
pub(super) struct Page {
    clients: Vec<Kept>,
}

/// A client with what was found of it.
#[derive(Debug)]
struct Kept {
    client_id: ClientId,
    realm: Option<String>,
    name: String,
    findings: Vec<AuditFinding>,
}

impl Kept {
    /// How bad the worst open finding is; none where nothing is open.
    fn worst(&self) -> Option<Severity> {
        let open = self.findings.iter().filter(|finding| finding.is_open());
        open.map(|finding| finding.severity).max()
    }
}

impl Page {
    /// Keeps a client.
    pub fn keep(&mut self, subject: Subject<'_>, findings: &[AuditFinding]) {
        self.clients.push(Kept {
            client_id: subject.client_id.clone(),
            realm: subject.realm.map(str::to_owned),
            name: subject.name.to_owned(),
            findings: findings.to_vec(),
        });
    }

    /// Everything behind the page's head.
    pub fn pieces(&mut self, heading: &Heading, told: &Tally) -> impl Iterator<Item = String> {
        self.clients.sort_by_cached_key(|kept| {
            (
                Reverse(kept.worst()),
                kept.name.to_lowercase(),
                kept.client_id.clone(),
                kept.realm.clone(),
            )
        });
        let clients: &[Kept] = &self.clients;
        let accepted = clients.iter().flat_map(|kept| {
            let accepted = kept.findings.iter().filter(|finding| finding.accepted.is_some());
            accepted.map(move |finding| (kept, finding))
        });
        let opening = opening::summary(heading, told)
            + &opening::accepted(accepted)
            + &opening::rules(clients.iter().flat_map(|kept| &kept.findings))
            + &opening::decided(heading)
            + &contents(clients);
        let is_long = clients.len() >= BLOCK;
        let blocks = blocks(clients).into_iter().enumerate();
        let blocks = blocks.map(move |(block, (from, kept))| {
            let articles = kept.iter().enumerate();
            let articles: String = articles
                .map(|(index, kept)| client::article(from + index, kept, is_long))
                .collect();
            if is_long {
                let extent = extent(from, kept);
                format!("<details id=\"b{block}\">\n<summary>{extent}</summary>\n{articles}</details>\n")
            } else {
                articles
            }
        });
        std::iter::once(opening + "<section>\n<h2>Findings by client</h2>\n")
            .chain(blocks)
            .chain(std::iter::once(
                "</section>\n</main>\n</body>\n</html>\n".to_owned(),
            ))
    }
}

/// In a long report, clients that are as bad as each other, so many at once, with the place of the first of them.
fn blocks(clients: &[Kept]) -> Vec<(usize, &[Kept])> {
    if clients.len() < BLOCK {
        return vec![(0, clients)];
    }
    let as_bad = clients.chunk_by(|one, other| one.worst() == other.worst());
    let mut from = 0;
    let placed = as_bad.flat_map(|kept| kept.chunks(BLOCK)).map(|kept| {
        let first = from;
        from += kept.len();
        (first, kept)
    });
    placed.collect()
}

/// Where each client stands; in a long report, where each block does.
fn contents(clients: &[Kept]) -> String {
    if clients.len() < LISTED {
        return String::new();
    }
    let lines: String = if clients.len() >= BLOCK {
        let blocks = blocks(clients).into_iter().enumerate();
        let line =
            |(block, (from, kept))| format!("<li><a href=\"#b{block}\">{}</a></li>\n", extent(from, kept));
        blocks.map(line).collect()
    } else {
        let line = |(index, kept): (usize, &Kept)| {
            format!(
                "<li><a href=\"#c{index}\">{}</a> <span class=\"quiet\">{}</span></li>\n",
                text(&kept.name),
                client::counts(kept)
            )
        };
        clients.iter().enumerate().map(line).collect()
    };
    format!("<nav aria-label=\"Contents\">\n<h2>Contents</h2>\n<ol>\n{lines}</ol>\n</nav>\n")
}

/// `High, 201 to 400: Billing to Payroll`, by how bad their worst open finding is.
fn extent(from: usize, kept: &[Kept]) -> String {
    let name = |kept: Option<&Kept>| kept.map(|kept| text(&kept.name)).unwrap_or_default();
    let worst = kept.first().and_then(Kept::worst);
    format!(
        "{}, {} to {}: {} to {}",
        worst.map_or("Nothing open", Severity::label),
        from + 1,
        from + kept.len(),
        name(kept.first()),
        name(kept.last())
    )
}

/// A text that is text in a page, in an attribute too, and reads in one direction.
fn text(text: &str) -> String {
    let visible = make_visible(text);
    let mut escaped = String::with_capacity(visible.len());
    for c in visible.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            c => escaped.push(c),
        }
    }
    escaped
}
