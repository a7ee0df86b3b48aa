//! The rows of a table, one by one. A quotation mark that is never closed would take everything behind it into one row: such a
//! row is told by itself, and reading goes on at the next line that looks like one.

use std::collections::VecDeque;
use std::io::{Error, ErrorKind};

use csv::ByteRecord;
use memchr::memchr2;
use zeroize::Zeroizing;

use super::Input;
use super::text::keep;

/// A row.
pub(super) enum Row {
    /// Its cells, and its first line from 1.
    Whole(ByteRecord, usize),
    /// It cannot be told where it ends.
    Torn {
        /// Its cells as far as its first line has them.
        begin: ByteRecord,
        /// Its first line, from 1.
        line: usize,
        /// Why, as a sentence.
        what: String,
    },
}

/// Rows that are being read.
pub(super) struct Rows<'a> {
    input: &'a mut dyn Input,
    separator: u8,
    /// The most bytes of one row.
    most: usize,
    /// The number of the next line of the input, from 1.
    next: usize,
    /// Lines that were read already.
    waiting: VecDeque<Line>,
}

struct Line {
    number: usize,
    /// With its end. It is wiped: secrets may stand in it.
    bytes: Zeroizing<Vec<u8>>,
    /// Whether it is longer than a row may be, so that only its beginning is here.
    is_cut: bool,
}

impl<'a> Rows<'a> {
    pub fn new(input: &'a mut dyn Input, separator: u8, most: usize) -> Self {
        Self {
            input,
            separator,
            most,
            next: 1,
            waiting: VecDeque::new(),
        }
    }

    /// The next row; none at the end. `is_row` says of the cells of one line whether it looks like one: behind a row that does
    /// not end, it is gone on there.
    ///
    /// # Errors
    /// Where the input cannot be read.
    pub fn next(&mut self, is_row: &dyn Fn(&ByteRecord) -> bool) -> Result<Option<Row>, Error> {
        let Some(first) = self.line()? else {
            return Ok(None);
        };
        let number = first.number;
        if first.is_cut {
            let what = "It is larger than 1 MB".to_owned();
            return Ok(Some(Row::Torn {
                begin: self.scan(&first).end(),
                line: number,
                what,
            }));
        }
        let mut scan = self.scan(&first);
        let mut size = first.bytes.len();
        let mut rest = Vec::new();
        // A mark in the middle of a text is one for whoever writes by hand. In a row of several lines, it is the end of one
        // that was never closed, or the beginning.
        while scan.is_open() && size <= self.most {
            let Some(line) = self.line()? else { break };
            size += line.bytes.len();
            let is_cut = line.is_cut;
            scan.go(&line);
            rest.push(line);
            if is_cut || scan.is_torn {
                break;
            }
        }
        let (is_open, opened_in) = (scan.is_open(), scan.opened_in);
        let is_torn = is_open || (scan.is_torn && !rest.is_empty());
        let cells = scan.end();
        if !is_torn && (rest.is_empty() || is_row(&cells)) {
            return Ok(Some(Row::Whole(cells, number)));
        }
        let again = rest.iter().position(|line| self.is_row(line, is_row));
        let Some(again) = again.or(is_torn.then_some(rest.len())) else {
            return Ok(Some(Row::Whole(cells, number)));
        };
        for line in rest.drain(again..).rev() {
            self.waiting.push_front(line);
        }
        if is_open {
            self.skip_to_row(is_row)?;
        }
        let mut what = if size > self.most {
            format!(
                "It is larger than 1 MB; a quotation mark that opens in line {opened_in} may not be closed"
            )
        } else {
            format!("A quotation mark that opens in line {opened_in} is not closed")
        };
        if let Some(line) = self.waiting.front() {
            what.push_str(&format!(". Reading goes on in line {}", line.number));
        }
        Ok(Some(Row::Torn {
            begin: self.scan(&first).end(),
            line: number,
            what,
        }))
    }

    /// Goes on to the next line that looks like a row.
    fn skip_to_row(&mut self, is_row: &dyn Fn(&ByteRecord) -> bool) -> Result<(), Error> {
        while let Some(line) = self.line()? {
            if self.is_row(&line, is_row) {
                self.waiting.push_front(line);
                break;
            }
        }
        Ok(())
    }

    /// Whether a line is a row by itself.
    fn is_row(&self, line: &Line, is_row: &dyn Fn(&ByteRecord) -> bool) -> bool {
        let scan = self.scan(line);
        let is_whole = !line.is_cut && !scan.is_open() && !scan.is_torn;
        is_whole && is_row(&scan.end())
    }

    fn scan(&self, line: &Line) -> Scan {
        let mut scan = Scan::new(self.separator);
        scan.go(line);
        scan
    }

    fn line(&mut self) -> Result<Option<Line>, Error> {
        if let Some(line) = self.waiting.pop_front() {
            return Ok(Some(line));
        }
        let mut line = Line {
            number: self.next,
            bytes: Zeroizing::new(Vec::with_capacity(256)),
            is_cut: false,
        };
        let mut is_empty = true;
        loop {
            let buffer = match self.input.fill_buf() {
                Ok(buffer) => buffer,
                Err(error) if error.kind() == ErrorKind::Interrupted => continue,
                Err(error) => return Err(error),
            };
            if buffer.is_empty() {
                break;
            }
            is_empty = false;
            // Some systems write a carriage return, some a line feed, some both.
            let end = memchr2(b'\n', b'\r', buffer);
            let piece = buffer
                .get(..end.map_or(buffer.len(), |end| end + 1))
                .unwrap_or_default();
            let last = end.and_then(|_| piece.last().copied());
            if line.bytes.len() + piece.len() > self.most {
                line.is_cut = true;
            } else {
                keep(&mut line.bytes, piece);
            }
            let used = piece.len();
            self.input.consume(used);
            if last == Some(b'\r') && self.input.fill_buf()?.first() == Some(&b'\n') {
                keep(&mut line.bytes, b"\n");
                self.input.consume(1);
            }
            if last.is_some() {
                break;
            }
        }
        self.next += 1;
        Ok((!is_empty).then_some(line))
    }
}

/// How far a row has been read (RFC 4180 §2). What is none of these rules is taken as it stands.
struct Scan {
    separator: u8,
    state: State,
    cells: ByteRecord,
    /// Of the cell that is read.
    cell: Zeroizing<Vec<u8>>,
    /// The line in which the last quotation mark opened.
    opened_in: usize,
    /// Whether something stands behind a mark that closes, where the next cell belongs.
    is_torn: bool,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    /// Before the first character of a cell.
    Before,
    /// In a cell without marks.
    Bare,
    Quoted,
    /// Behind a mark in a quoted cell: it closes, or is the first of two that stand for one.
    Behind,
    /// Behind the last cell.
    Over,
}

impl Scan {
    fn new(separator: u8) -> Self {
        Self {
            separator,
            state: State::Before,
            cells: ByteRecord::new(),
            cell: Zeroizing::default(),
            opened_in: 0,
            is_torn: false,
        }
    }

    /// Whether a mark is open.
    fn is_open(&self) -> bool {
        self.state == State::Quoted
    }

    fn go(&mut self, line: &Line) {
        for byte in line.bytes.iter().copied() {
            let is_break = matches!(byte, b'\n' | b'\r');
            self.state = match (self.state, byte) {
                (State::Over, _) => State::Over,
                (State::Before, b'"') => {
                    self.opened_in = line.number;
                    State::Quoted
                }
                (State::Quoted, b'"') => State::Behind,
                (State::Behind, b'"') | (State::Quoted, _) => {
                    keep(&mut self.cell, &[byte]);
                    State::Quoted
                }
                (_, _) if is_break || byte == self.separator => {
                    self.cells.push_field(&self.cell);
                    self.cell.clear();
                    if is_break { State::Over } else { State::Before }
                }
                (before, _) => {
                    self.is_torn |= before == State::Behind;
                    keep(&mut self.cell, &[byte]);
                    State::Bare
                }
            };
        }
    }

    /// The cells, of which the last may have no end.
    fn end(mut self) -> ByteRecord {
        if self.state != State::Over {
            self.cells.push_field(&self.cell);
        }
        self.cells
    }
}

#[cfg(test)]
mod tests {
    use crate::interchange::Format;

    /// What is told of each row: its client, or where and why there is none.
    fn told(text: &str) -> Vec<String> {
        let pieces = Format::Csv.read_all(text.as_bytes()).unwrap();
        let told = pieces.into_iter().map(|piece| match piece {
            Ok(client) => format!("{} in {}", client.client_id, client.place),
            Err(wrong) => format!("{:?} in {}: {}", wrong.client, wrong.place, wrong.what),
        });
        told.collect()
    }

    #[test]
    fn a_row_that_is_too_long_is_told_and_the_rest_goes_on() {
        let long = "x".repeat(1_100_000);
        let lines = "x\n".repeat(600_000);
        let found = told(&format!(
            "client_id,client_name,notes\na,A,{long}\nb,B,\nc,C,\"{lines}\"\nd,D,\ne,E,\"{lines}f,F,\ng,G,\"\"\n"
        ));
        assert_eq!(
            found,
            [
                "None in line 2: It is larger than 1 MB",
                "b in line 3",
                "Some(\"c\") in line 4: It is larger than 1 MB; a quotation mark that opens in line 4 may not be closed. Reading goes on in line 600005",
                "d in line 600005",
                "Some(\"e\") in line 600006: It is larger than 1 MB; a quotation mark that opens in line 600006 may not be closed. Reading goes on in line 1200006",
                "f in line 1200006",
                "g in line 1200007",
            ]
        );
    }

    #[test]
    fn lines_end_in_any_way_and_cells_keep_theirs() {
        for end in ["\n", "\r\n", "\r"] {
            let text = [
                "client_id,notes",
                "a,\"one",
                "two \"\"x\"\"\"",
                "",
                "b,c\"d\"",
                "c,",
            ]
            .join(end);
            let pieces = Format::Csv.read_all(text.as_bytes()).unwrap();
            let clients: Vec<_> = pieces.into_iter().map(Result::unwrap).collect();
            let notes: Vec<&str> = clients.iter().map(|client| client.draft.notes.as_str()).collect();
            assert_eq!(
                notes,
                [format!("one{end}two \"x\"").as_str(), "c\"d\"", ""],
                "{end:?}"
            );
            let places: Vec<&str> = clients.iter().map(|client| client.place.as_str()).collect();
            assert_eq!(places, ["line 2", "line 5", "line 6"], "{end:?}");
        }
    }
}
