//! Where a long result goes: to standard output, or into a file that is whole or as it was.

use std::io::{BufWriter, ErrorKind, Write};
use std::path::{Path, PathBuf};

use super::Failure;
use crate::reporting::ReportError;

/// Why something was not written, as whoever writes knows it.
pub(super) enum NotWritten {
    /// It cannot be written.
    Out(std::io::Error),
    /// There is nothing to write.
    Nothing(Failure),
}

impl From<std::io::Error> for NotWritten {
    fn from(error: std::io::Error) -> Self {
        Self::Out(error)
    }
}

impl From<ReportError> for NotWritten {
    fn from(error: ReportError) -> Self {
        match error {
            ReportError::Out(error) => Self::Out(error),
            ReportError::Registry(error) => Self::Nothing(error.into()),
            error => Self::Nothing(Failure::new(error.to_string(), "Run the command again")),
        }
    }
}

/// Writes to standard output. What it was is named where it does not come to its end.
///
/// # Errors
/// [`Failure`] says what stood in the way. A reader that went away is none.
pub(super) fn to_standard_output<T>(
    what: &str,
    write: &mut dyn FnMut(&mut dyn Write) -> Result<T, NotWritten>,
) -> Result<T, Failure> {
    let mut out = BufWriter::new(Reader {
        to: std::io::stdout().lock(),
        went_away: false,
    });
    let written = write(&mut out).and_then(|written| {
        out.flush()?;
        Ok(written)
    });
    written.map_err(|error| match error {
        NotWritten::Out(error) => Failure::new(
            format!("The result cannot be written to standard output: {error}"),
            format!("Check where standard output goes, then run the {what} again"),
        ),
        NotWritten::Nothing(failure) => failure,
    })
}

/// Standard output, whose reader may have what it wanted: what comes then is nobody's, and the exit status still tells.
struct Reader<W> {
    to: W,
    went_away: bool,
}

impl<W: Write> Reader<W> {
    fn took<T>(&mut self, done: std::io::Result<T>, nothing: T) -> std::io::Result<T> {
        match done {
            Err(error) if error.kind() == ErrorKind::BrokenPipe => {
                self.went_away = true;
                Ok(nothing)
            }
            done => done,
        }
    }
}

impl<W: Write> Write for Reader<W> {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        if self.went_away {
            return Ok(bytes.len());
        }
        let done = self.to.write(bytes);
        self.took(done, bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        let done = self.to.flush();
        self.took(done, ())
    }
}

/// Writes a file that is whole or as it was: under another name beside its place, which it takes at the end. None of a registry's
/// own is written over. `-` is standard output.
///
/// # Errors
/// [`Failure`] says what stood in the way; nothing was written then.
pub(super) fn to_file<T>(
    registry: Option<&Path>,
    what: &str,
    path: &Path,
    write: &mut dyn FnMut(&mut dyn Write) -> Result<T, NotWritten>,
) -> Result<T, Failure> {
    if path == Path::new("-") {
        return to_standard_output(what, write);
    }
    let failed = |error: &std::io::Error| {
        Failure::new(
            format!("The {what} cannot be written to {}: {error}", path.display()),
            "Nothing was written. Name a file in a folder that you may write to",
        )
    };
    let path = std::fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    if registry.is_some_and(|registry| is_of_registry(&path, registry)) {
        return Err(Failure::new(
            format!("{} belongs to the registry itself", path.display()),
            "Nothing was written. Name another file with --output",
        ));
    }
    if std::fs::metadata(&path).is_ok_and(|found| !found.is_file()) {
        return Err(Failure::new(
            format!("{} is there, and is no file", path.display()),
            "Nothing was written. Name another one with --output",
        ));
    }
    let folder = match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    let file = tempfile::Builder::new()
        .prefix(".chancery-out-")
        .tempfile_in(folder);
    let mut out = BufWriter::new(file.map_err(|error| failed(&error))?);
    let written = write(&mut out).map_err(|error| match error {
        NotWritten::Out(error) => failed(&error),
        NotWritten::Nothing(failure) => failure,
    })?;
    let file = out.into_inner().map_err(|error| failed(error.error()))?;
    file.as_file().sync_all().map_err(|error| failed(&error))?;
    file.persist(&path).map_err(|error| failed(&error.error))?;
    Ok(written)
}

/// Whether it is the registry, or one of the files beside it whose names begin as its own.
fn is_of_registry(path: &Path, registry: &Path) -> bool {
    let whole = |path: &Path| -> Option<(PathBuf, String)> {
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
        let folder = std::fs::canonicalize(folder.unwrap_or(Path::new("."))).ok()?;
        Some((folder, path.file_name()?.to_string_lossy().into_owned()))
    };
    match (whole(path), whole(registry)) {
        (Some((folder, name)), Some((of_registry, registry))) => {
            let rest = name.strip_prefix(&registry);
            folder == of_registry && rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '-']))
        }
        _ => false,
    }
}
