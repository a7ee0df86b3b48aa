//! A table of clients for a spreadsheet (RFC 4180). The first line names the columns by the standard's members, in any order.
//!
//! A list stands in one cell: its items on lines of their own, or with spaces between where no item has spaces; where neither
//! can be, as a JSON array. What a spreadsheet would calculate has an apostrophe before it, which reading takes away again.

use std::collections::HashMap;
use std::io::Error;

use ::csv::ByteRecord;
use serde_json::{Map, Value};

use super::Input;
use super::csv_rows::{Row, Rows};
use super::encoding::{IS_UTF16, is_utf16};
use super::foreign::{Piece, Unreadable, place};
use super::rfc7591::MAX_BYTES;
use super::rfc7591_file;
use super::stuck::Stuck;
use crate::client::{ClientDraft, ClientId, Status};

/// What a cell holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Cells {
    Text,
    /// Items without spaces in them.
    Words,
    /// Items that may have spaces in them.
    Lines,
    Number,
    Flag,
    Json,
}

/// The columns that are written, in their order. Others that are read stand behind them.
const COLUMNS: [(&str, Cells); 41] = [
    ("client_id", Cells::Text),
    ("client_name", Cells::Text),
    ("status", Cells::Text),
    ("application_type", Cells::Text),
    ("token_endpoint_auth_method", Cells::Text),
    ("grant_types", Cells::Words),
    ("response_types", Cells::Lines),
    ("redirect_uris", Cells::Words),
    ("post_logout_redirect_uris", Cells::Words),
    ("scope", Cells::Text),
    ("audience", Cells::Words),
    ("contacts", Cells::Lines),
    ("require_pkce", Cells::Flag),
    ("access_token_lifetime", Cells::Number),
    ("refresh_token_idle_lifetime", Cells::Number),
    ("refresh_token_absolute_lifetime", Cells::Number),
    ("allowed_cors_origins", Cells::Words),
    ("client_uri", Cells::Text),
    ("logo_uri", Cells::Text),
    ("policy_uri", Cells::Text),
    ("tos_uri", Cells::Text),
    ("jwks_uri", Cells::Text),
    ("jwks", Cells::Json),
    ("token_endpoint_auth_signing_alg", Cells::Text),
    ("id_token_signed_response_alg", Cells::Text),
    ("subject_type", Cells::Text),
    ("sector_identifier_uri", Cells::Text),
    ("require_pushed_authorization_requests", Cells::Flag),
    ("tls_client_certificate_bound_access_tokens", Cells::Flag),
    ("dpop_bound_access_tokens", Cells::Flag),
    ("tls_client_auth_subject_dn", Cells::Text),
    ("tls_client_auth_san_dns", Cells::Text),
    ("tls_client_auth_san_uri", Cells::Text),
    ("tls_client_auth_san_ip", Cells::Text),
    ("tls_client_auth_san_email", Cells::Text),
    ("software_id", Cells::Text),
    ("software_version", Cells::Text),
    ("labels", Cells::Lines),
    ("notes", Cells::Text),
    (OTHERS, Cells::Json),
    ("client_secret_expires_at", Cells::Number),
];

/// Columns that are written: all but the last, for no secret is.
const WRITTEN: usize = COLUMNS.len() - 1;

/// Other systems' members, as one JSON object.
const OTHERS: &str = "other_members";

/// Reads a file.
pub(super) fn read(input: &mut dyn Input, visit: &mut dyn FnMut(Piece) -> bool) -> Result<(), Stuck> {
    let separator = begin(input)?;
    let mut rows = Rows::new(input, separator, MAX_BYTES);
    let mut columns: Option<Vec<Column>> = None;
    let mut number = 0;
    loop {
        let width = columns.as_ref().map_or(0, Vec::len);
        let identifier = columns.as_ref().and_then(|columns| client_id_of(columns));
        let looks_like_one = |cells: &ByteRecord| {
            let named = identifier.and_then(|at| cells.get(at));
            cells.len() == width && named.is_some_and(|cell| !cell.trim_ascii().is_empty())
        };
        let row = rows.next(&looks_like_one);
        match row.map_err(|error| Stuck::new(1, format!("The file cannot be read: {error}")))? {
            None if columns.is_none() => return Err(Stuck::new(1, "The file is empty".to_owned())),
            None => return Ok(()),
            Some(Row::Whole(cells, line)) => match &columns {
                _ if cells.iter().all(<[u8]>::is_empty) => {}
                // So programs for tables are told what stands between the cells.
                None if cells.get(0).is_some_and(|cell| cell.starts_with(b"sep=")) => {}
                None => columns = Some(head(&cells, line)?),
                Some(columns) => {
                    number += 1;
                    if !visit(client(columns, &cells, &place(line, 1), number)) {
                        return Ok(());
                    }
                }
            },
            Some(Row::Torn { begin, line, what }) => {
                let Some(columns) = &columns else {
                    return Err(Stuck::new(line, format!("In line {line}: {what}")));
                };
                number += 1;
                let named = named(columns, &begin);
                if !visit(Err(Unreadable::new(place(line, 1), named, what))) {
                    return Ok(());
                }
            }
        }
    }
}

/// Goes past a byte order mark, and says what stands between the cells of the first line.
fn begin(input: &mut dyn Input) -> Result<u8, Stuck> {
    let read = |error: Error| Stuck::new(1, format!("The file cannot be read: {error}"));
    let start = input.fill_buf().map_err(read)?;
    if is_utf16(start) {
        return Err(Stuck::new(1, IS_UTF16.to_owned()));
    }
    let marked = start.starts_with("\u{feff}".as_bytes());
    let mut lines = start.split(|byte| matches!(byte, b'\n' | b'\r'));
    let line = lines.next().unwrap_or_default();
    let mut is_quoted = false;
    let (mut counts, mut first) = ([0_usize; 3], b',');
    for byte in line {
        is_quoted ^= *byte == b'"';
        if let Some(at) = b",;\t"
            .iter()
            .position(|separator| separator == byte && !is_quoted)
            && let Some(count) = counts.get_mut(at)
        {
            *count += 1;
        }
    }
    let most = counts.iter().max().copied().unwrap_or_default();
    if let Some(at) = counts.iter().position(|count| *count == most && most > 0) {
        first = *b",;\t".get(at).unwrap_or(&b',');
    }
    if marked {
        input.consume(3);
    }
    Ok(first)
}

/// A column that is read.
struct Column {
    /// As the file calls it.
    name: String,
    /// As the standard does.
    member: String,
    cells: Cells,
}

fn head(record: &ByteRecord, line: usize) -> Result<Vec<Column>, Stuck> {
    let stuck = |what: String| Stuck::new(line, what);
    let mut columns: Vec<Column> = Vec::new();
    let mut known_as: HashMap<String, String> = HashMap::new();
    for cell in record {
        let name = std::str::from_utf8(cell)
            .map_err(|_| {
                stuck(format!(
                    "In line {line} the file is not in UTF-8; save it as UTF-8"
                ))
            })?
            .trim();
        let lower = name.to_ascii_lowercase().replace([' ', '-'], "_");
        let member = match lower.as_str() {
            "name" => "client_name".to_owned(),
            "scopes" => "scope".to_owned(),
            "client_secret" => lower,
            _ if COLUMNS.iter().any(|(known, _)| *known == lower) => lower,
            // Known to nobody, or another system's: as it stands there.
            _ => name.to_owned(),
        };
        let before = known_as.insert(member.clone(), name.to_owned());
        if let Some(twice) = before.filter(|_| !member.is_empty()) {
            return Err(stuck(format!(
                "In line {line} two columns are the same: {twice:?} and {name:?}"
            )));
        }
        let known = COLUMNS.iter().find(|(known, _)| *known == member);
        columns.push(Column {
            name: name.to_owned(),
            cells: known.map_or(Cells::Text, |(_, cells)| *cells),
            member,
        });
    }
    if columns.iter().any(|column| column.member == "client_id") {
        return Ok(columns);
    }
    Err(stuck(format!(
        "Line {line} must name the columns, client_id among them; their names are those of RFC 7591"
    )))
}

/// Which column is the one of identifiers.
fn client_id_of(columns: &[Column]) -> Option<usize> {
    columns.iter().position(|column| column.member == "client_id")
}

/// The client of a row, as far as it has its cell.
fn named(columns: &[Column], record: &ByteRecord) -> Option<String> {
    let cell = std::str::from_utf8(record.get(client_id_of(columns)?)?).ok()?;
    (!cell.is_empty()).then(|| unguarded(cell).to_owned())
}

fn client(columns: &[Column], record: &ByteRecord, place: &str, number: usize) -> Piece {
    let refused = |what: String| Unreadable::new(place, named(columns, record), what);
    if record.len() != columns.len() {
        return Err(refused(format!(
            "It has {} cells, and line 1 has {} columns; a quotation mark or a separator may be missing",
            record.len(),
            columns.len()
        )));
    }
    let mut members = Map::new();
    for (column, cell) in columns.iter().zip(record) {
        let text = std::str::from_utf8(cell)
            .map_err(|_| refused(format!("{} is not in UTF-8; save the file as UTF-8", column.name)))?;
        let text = unguarded(text);
        if text.is_empty() {
            continue;
        }
        let value = column.value(text).map_err(&refused)?;
        match (column.member.as_str(), value) {
            (OTHERS, Value::Object(others)) => members.extend(others),
            (OTHERS, _) => return Err(refused(format!("{OTHERS} must be a JSON object"))),
            ("status", value) => drop(members.insert("x_status".to_owned(), value)),
            (member, value) => drop(members.insert(member.to_owned(), value)),
        }
    }
    rfc7591_file::read_members(members, place.to_owned(), number).map_err(refused)
}

impl Column {
    fn value(&self, text: &str) -> Result<Value, String> {
        let wrong = |what: &str| format!("{} must be {what}", self.name);
        Ok(match self.cells {
            Cells::Text if self.member == "status" => Status::parse(&text.to_ascii_lowercase())
                .ok_or_else(|| wrong("active or disabled"))?
                .as_str()
                .into(),
            Cells::Text => text.into(),
            Cells::Words | Cells::Lines => match list_of_json(text) {
                Some(list) => list,
                None if text.contains(['\n', '\r']) || self.cells == Cells::Lines => text
                    .lines()
                    .map(str::trim)
                    .filter(|item| !item.is_empty())
                    .collect(),
                // Whoever writes by hand puts commas or semicolons between too.
                None => text
                    .split_whitespace()
                    .map(|item| item.trim_end_matches([',', ';']))
                    .filter(|item| !item.is_empty())
                    .collect(),
            },
            Cells::Number => text
                .trim()
                .parse::<u64>()
                .map_err(|_| wrong("a whole number"))?
                .into(),
            Cells::Flag => match text.trim().to_ascii_lowercase().as_str() {
                "true" | "yes" | "1" => true.into(),
                "false" | "no" | "0" => false.into(),
                _ => return Err(wrong("true or false")),
            },
            Cells::Json => {
                super::read_json(text.as_bytes()).map_err(|error| wrong(&format!("JSON: {error}")))?
            }
        })
    }
}

fn list_of_json(text: &str) -> Option<Value> {
    let list = text
        .starts_with('[')
        .then(|| super::read_json(text.as_bytes()).ok())??;
    list.as_array()?.iter().all(Value::is_string).then_some(list)
}

/// The first line of a file that is written.
pub fn write_head() -> Vec<u8> {
    record(COLUMNS.iter().take(WRITTEN).map(|(name, _)| (*name).to_owned()))
}

/// The line of a client.
pub fn write(client_id: &ClientId, draft: &ClientDraft, status: Status) -> Vec<u8> {
    let mut members = super::rfc7591::write(draft);
    let mut others = draft.other_members.clone();
    rfc7591_file::take_status(&mut others);
    let cells = COLUMNS.iter().take(WRITTEN).map(|(name, cells)| match *name {
        "client_id" => client_id.to_string(),
        "status" => status.as_str().to_owned(),
        OTHERS if others.is_empty() => String::new(),
        OTHERS => Value::Object(std::mem::take(&mut others)).to_string(),
        _ => cell_of(members.shift_remove(*name), *cells),
    });
    record(cells)
}

fn cell_of(value: Option<Value>, cells: Cells) -> String {
    match value {
        None => String::new(),
        Some(Value::String(text)) => text,
        Some(Value::Array(items)) => list_cell(&items, cells),
        Some(other) => other.to_string(),
    }
}

/// A list, so that it is read again as it is.
fn list_cell(items: &[Value], cells: Cells) -> String {
    let texts: Vec<&str> = items.iter().filter_map(Value::as_str).collect();
    let fits = |text: &&str| {
        let has_break = text.contains(['\n', '\r']);
        let has_space = cells == Cells::Words && text.contains(char::is_whitespace);
        let ends_in_itself = cells != Cells::Words || !text.ends_with([',', ';']);
        let is_plain = text.trim() == *text && !has_break && !has_space && ends_in_itself;
        !text.is_empty() && is_plain && !text.starts_with('[')
    };
    if texts.is_empty() || !texts.iter().all(fits) {
        return Value::from(texts).to_string();
    }
    texts.join("\n")
}

fn record(cells: impl Iterator<Item = String>) -> Vec<u8> {
    let mut writer = ::csv::WriterBuilder::new()
        .terminator(::csv::Terminator::CRLF)
        .from_writer(Vec::new());
    let cells = cells.map(|cell| {
        if is_guarded(&cell) {
            format!("'{cell}")
        } else {
            cell
        }
    });
    // What it is written to is memory, which takes everything.
    let _took = writer.write_record(cells);
    writer.into_inner().unwrap_or_default()
}

/// Whether a spreadsheet would calculate a cell, or it looks as if one had been kept from it.
fn is_guarded(cell: &str) -> bool {
    cell.trim_start_matches('\'')
        .starts_with(['=', '+', '-', '@', '\t', '\r'])
}

fn unguarded(cell: &str) -> &str {
    match cell.strip_prefix('\'') {
        Some(rest) if is_guarded(rest) => rest,
        _ => cell,
    }
}
