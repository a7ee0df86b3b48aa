//! `chancery audit --input`: the clients of a file, and no registry.

use std::path::Path;

use jiff::Timestamp;

use super::AuditArgs;
use crate::audit::report::PassedOver;
use crate::cli::target::{NotWritten, to_file, to_standard_output};
use crate::cli::{Failure, Outcome, import, output};
use crate::reporting::{AuditedFile, FileReportError, write_file};

impl AuditArgs {
    /// Writes the report of a file. A client in it that cannot be read is a failure, as it is for an import.
    pub(super) fn run_on_file(&self, input: &Path) -> Outcome {
        let Some(format) = self.format.format() else {
            let what = "A calendar is of a registry's clients, not of a file's";
            return Err(Failure::new(what, "Leave --input out, or give another format"));
        };
        self.spare_input(input)?;
        let (wish, unusable) = self.wish(format)?;
        let source = import::source(input)?;
        let input_format = import::format_of(self.input_format, &source, input, "--input-format")?;
        let file = AuditedFile {
            source: &source,
            format: input_format,
            name: name_of(input),
            realm: self.realm.clone(),
        };
        let now = Timestamp::now();
        let mut tell = |one: &PassedOver| {
            let what = match (one.is_no_client, &one.client) {
                // It is about the file, and about no client in it.
                (true, None) => "",
                (true, Some(_)) => "no client that asks for tokens: ",
                (false, _) => "not judged: ",
            };
            // What stands in a file must not look like a line of its own.
            let sentence = one.sentence().replace('\n', " ");
            output::remark(&format!("{}: {what}{sentence}", input.display()));
        };
        let mut write = |out: &mut dyn std::io::Write| {
            let written = write_file(&file, &wish, now, out, &mut tell, &mut |_| true);
            written.map_err(|error| in_words(input, error))
        };
        let reported = match &self.output {
            Some(path) => to_file(None, "report", path, &mut write)?,
            None => to_standard_output("audit", &mut write)?,
        };
        if let Some(unusable) = unusable {
            return Err(unusable);
        }
        let unreadable = match reported.unreadable {
            0 => return self.judged(&reported),
            1 => "1 client was".to_owned(),
            many => format!("{many} clients were"),
        };
        // What was found counts too, and is told first.
        if let Err(found) = self.judged(&reported) {
            found.tell();
        }
        Err(Failure::new(
            format!("{unreadable} not judged; the report has the others"),
            "Each is named above with why. Correct the file and audit it again",
        ))
    }

    /// Refuses to write the report over what is judged.
    fn spare_input(&self, input: &Path) -> Outcome {
        let same = |output: &Path| -> Option<bool> {
            Some(std::fs::canonicalize(output).ok()? == std::fs::canonicalize(input).ok()?)
        };
        match &self.output {
            Some(output) if same(output) == Some(true) => Err(Failure::new(
                format!("{} is the file that is audited", output.display()),
                "Nothing was written. Name another file with --output",
            )),
            _ => Ok(()),
        }
    }
}

/// What a report of a file failed by.
fn in_words(path: &Path, error: FileReportError) -> NotWritten {
    let path = path.display();
    NotWritten::Nothing(match error {
        FileReportError::Report(error) => return error.into(),
        FileReportError::Source(error) => {
            Failure::new(format!("{path} cannot be audited: {}", error.what), error.advice)
        }
        FileReportError::NoRealm { ref others, .. } if others.is_empty() => Failure::new(
            error.to_string(),
            "The format has no realms, or the file has none. Leave --realm out",
        ),
        FileReportError::NoRealm { ref others, .. } => Failure::new(
            error.to_string(),
            format!(
                "There are {}. Name one of them with --realm, or leave it out",
                others.join(", ")
            ),
        ),
        FileReportError::NoClient(_) => Failure::new(
            format!("{error} in {path}"),
            "Nothing was audited. Check the client ID, or leave --client out",
        ),
    })
}

/// The file's name, without the folders that it lies in: a report is handed out.
fn name_of(input: &Path) -> String {
    match input.file_name() {
        _ if input == Path::new("-") => "standard input".to_owned(),
        Some(name) => name.to_string_lossy().into_owned(),
        None => input.display().to_string(),
    }
}
