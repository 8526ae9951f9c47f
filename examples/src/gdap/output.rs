//! What a command shows: one result, as a table, as JSON or as comma-separated values.

use std::io::{self, Write};
use std::process::ExitCode;

use serde::Serialize;
use serde_json::Value;

use crate::exit::Failure;
use crate::table;

/// The result of a command.
#[derive(Debug)]
#[non_exhaustive]
pub struct Output {
    /// The columns.
    pub header: Vec<&'static str>,
    /// The rows.
    pub rows: Vec<Vec<String>>,
    /// Lines below the table, for people.
    pub notes: Vec<String>,
    /// The same as data: the contract of `--json`.
    pub json: Value,
    /// Whether something needs a person.
    pub needs_person: bool,
    /// Whether something could not be found out; then nothing is said about whom it concerns.
    pub inconclusive: bool,
}

impl Output {
    pub(crate) fn new(header: &[&'static str], data: &impl Serialize) -> Result<Self, Failure> {
        let json = serde_json::to_value(data).map_err(|cause| Failure::usage(format!("report: {cause}")))?;
        Ok(Self {
            header: header.to_vec(),
            rows: Vec::new(),
            notes: Vec::new(),
            json,
            needs_person: false,
            inconclusive: false,
        })
    }

    /// Writes it as it was asked for.
    ///
    /// # Errors
    /// As the writer's.
    pub fn write(&self, out: &mut dyn Write, json: bool, csv: bool) -> io::Result<()> {
        if json {
            serde_json::to_writer(&mut *out, &self.json)?;
            return writeln!(out);
        }
        if csv {
            csv_line(out, self.header.iter().copied())?;
            return self.rows.iter().try_for_each(|row| csv_line(out, row.iter().map(String::as_str)));
        }
        if !self.rows.is_empty() {
            let rows: Vec<Vec<String>> =
                self.rows.iter().map(|row| row.iter().map(|cell| cut(cell)).collect()).collect();
            write!(out, "{}", table::layout(&self.header, &rows))?;
        }
        self.notes.iter().try_for_each(|note| writeln!(out, "{note}"))
    }

    /// 0 all is well, 1 something needs a person, 3 something could not be found out.
    #[must_use]
    pub fn exit_code(&self) -> ExitCode {
        ExitCode::from(if self.inconclusive { 3 } else { u8::from(self.needs_person) })
    }
}

/// A cell of the table: long texts are in the JSON, and would make every line of the table long.
fn cut(cell: &str) -> String {
    match cell.char_indices().nth(WIDEST) {
        Some((end, _)) => format!("{}…", &cell[..end]),
        None => cell.to_owned(),
    }
}

/// The widest cell of a table, in characters: a link fits.
const WIDEST: usize = 90;

/// One line of comma-separated values, as RFC 4180 has it. A cell that a spreadsheet would take for a formula is
/// defused: names come from customers.
fn csv_line<'a>(out: &mut dyn Write, cells: impl Iterator<Item = &'a str>) -> io::Result<()> {
    for (at, cell) in cells.enumerate() {
        if at > 0 {
            out.write_all(b",")?;
        }
        let cell =
            if cell.starts_with(['=', '+', '-', '@', '\t', '\r']) { format!("'{cell}") } else { cell.to_owned() };
        if cell.contains([',', '"', '\n', '\r']) {
            write!(out, "\"{}\"", cell.replace('"', "\"\""))?;
        } else {
            out.write_all(cell.as_bytes())?;
        }
    }
    out.write_all(b"\r\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_quoted_and_formulas_defused() {
        let mut out = Vec::new();
        csv_line(&mut out, ["Contoso, \"Inc\"", "=1+1", "plain"].into_iter()).unwrap();
        assert_eq!(String::from_utf8(out).unwrap(), "\"Contoso, \"\"Inc\"\"\",'=1+1,plain\r\n");
    }
}
