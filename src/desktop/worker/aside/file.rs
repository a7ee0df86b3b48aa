//! A file that is whole or not there: it is written under another name beside its place, and takes that place at the end.

use std::fs;
use std::io::{BufWriter, ErrorKind, Write};
use std::path::{Path, PathBuf};

use super::content::{Fault, Writing};
use super::{Export, Exported, Opening, Progress, Trouble};

/// Writes a file.
pub(super) fn write(
    export: &Export,
    opening: &Opening,
    progress: &mut dyn FnMut(Progress),
) -> Result<Exported, Trouble> {
    let path = place(&export.path)?;
    if is_of_registry(&path, &opening.path) {
        return Err(trouble(
            format!("{} belongs to the registry itself", path.display()),
            "Choose another name",
        ));
    }
    match fs::metadata(&path) {
        Ok(found) if !found.is_file() => {
            return Err(trouble(
                format!("{} is there, and is no file", path.display()),
                "Choose another name",
            ));
        }
        Ok(_) if !export.replace => return Ok(Exported::Exists(path)),
        Ok(_) | Err(_) => {}
    }
    match written(export, opening, &path, progress) {
        Ok(told) => Ok(Exported::Written { path, told }),
        Err(Fault::Stopped) => Ok(Exported::Stopped),
        // It came to be meanwhile.
        Err(Fault::Disk(error)) if error.kind() == ErrorKind::AlreadyExists => Ok(Exported::Exists(path)),
        Err(Fault::Disk(error)) => Err(in_words(&error, &path)),
        Err(Fault::Registry(error)) => Err(error.into()),
        Err(Fault::Nothing) => Err(trouble("There is no client to write", "Choose other clients")),
    }
}

/// The longest file that is read, in bytes.
const LONGEST: u64 = 1 << 20;

/// Reads a file that is a text of no great length.
pub(super) fn read(typed: &str) -> Result<String, Trouble> {
    let path = place(typed)?;
    let shown = path.display();
    let found = fs::metadata(&path).map_err(|error| unread(&error, &path))?;
    if !found.is_file() {
        return Err(trouble(format!("{shown} is no file"), "Choose another one"));
    }
    if found.len() > LONGEST {
        return Err(trouble(
            format!(
                "{shown} has {} bytes, and {LONGEST} is the most that is read",
                found.len()
            ),
            "Choose another file",
        ));
    }
    let bytes = fs::read(&path).map_err(|error| unread(&error, &path))?;
    String::from_utf8(bytes).map_err(|_| trouble(format!("{shown} is no text"), "Choose another file"))
}

fn unread(error: &std::io::Error, path: &Path) -> Trouble {
    let shown = path.display();
    match error.kind() {
        ErrorKind::NotFound => trouble(format!("There is no file {shown}"), "Choose another one"),
        ErrorKind::PermissionDenied => trouble(
            format!("You may not read {shown}"),
            "Change who may read it, or choose another file",
        ),
        _ => trouble(
            format!("{shown} cannot be read: {error}"),
            "Look at the disk, and try again",
        ),
    }
}

/// The place that was typed, absolute and behind links, so that a link stays one.
pub(in crate::desktop::worker) fn place(typed: &str) -> Result<PathBuf, Trouble> {
    let typed = typed.trim();
    if typed.is_empty() {
        return Err(trouble("The file has no name yet", "Type where to save it"));
    }
    let path = match (typed.strip_prefix("~/"), directories::UserDirs::new()) {
        (Some(rest), Some(folders)) => folders.home_dir().join(rest),
        _ => PathBuf::from(typed),
    };
    if !path.is_absolute() {
        return Err(trouble(
            format!("{typed} does not say in which folder the file is to be"),
            "Type the whole path, from the first folder on",
        ));
    }
    if path.file_name().is_none() || typed.ends_with(std::path::is_separator) {
        return Err(trouble(
            format!("{typed} is a folder"),
            "Type the name of a file in it, too",
        ));
    }
    if let Ok(existing) = fs::canonicalize(&path) {
        return Ok(existing);
    }
    let folder = path.parent().and_then(|folder| fs::canonicalize(folder).ok());
    let name = path.file_name();
    Ok(folder
        .zip(name)
        .map_or(path.clone(), |(folder, name)| folder.join(name)))
}

/// Whether it is the registry, or one of the files beside it whose names begin as its own.
pub(in crate::desktop::worker) fn is_of_registry(path: &Path, registry: &Path) -> bool {
    let registry = fs::canonicalize(registry).unwrap_or_else(|_| registry.to_owned());
    let names =
        [path, &registry].map(|path| path.file_name().map(|name| name.to_string_lossy().into_owned()));
    let [Some(name), Some(of_registry)] = names else {
        return false;
    };
    path.parent() == registry.parent() && name.starts_with(&of_registry)
}

fn written(
    export: &Export,
    opening: &Opening,
    path: &Path,
    progress: &mut dyn FnMut(Progress),
) -> Result<String, Fault> {
    let folder = path.parent().unwrap_or(path);
    // For its owner alone until it is finished, and afterwards: who else is to read it, its owner says.
    let file = tempfile::Builder::new()
        .prefix(".chancery-export-")
        .tempfile_in(folder)?;
    let mut out = BufWriter::new(file);
    let told = export.content.write(&mut Writing {
        out: &mut out,
        open: &|| opening.registry(),
        sign_offs: opening.sign_offs(),
        stop: &export.stop,
        progress,
    })?;
    if export.stop.is_asked() {
        return Err(Fault::Stopped);
    }
    out.flush()?;
    let file = out.into_inner().map_err(std::io::IntoInnerError::into_error)?;
    file.as_file().sync_all()?;
    let placed = if export.replace {
        file.persist(path)
    } else {
        file.persist_noclobber(path)
    };
    placed.map_err(|error| error.error)?;
    Ok(told)
}

fn trouble(what: impl Into<String>, advice: &str) -> Trouble {
    Trouble {
        what: what.into(),
        advice: advice.to_owned(),
    }
}

fn in_words(error: &std::io::Error, path: &Path) -> Trouble {
    let folder = path.parent().unwrap_or(path).display();
    match error.kind() {
        ErrorKind::NotFound => trouble(
            format!("There is no folder {folder}"),
            "Make it first, or choose another one",
        ),
        ErrorKind::NotADirectory => trouble(format!("{folder} is no folder"), "Choose another one"),
        ErrorKind::PermissionDenied => trouble(
            format!("You may not write in {folder}"),
            "Choose another folder, or change who may write there",
        ),
        ErrorKind::ReadOnlyFilesystem => trouble(
            format!("Nothing can be written in {folder}: its disk is read-only"),
            "Choose another folder",
        ),
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded => trouble(
            format!("The disk of {folder} is full"),
            "Make room, or choose another disk. Nothing was left there",
        ),
        ErrorKind::InvalidFilename | ErrorKind::InvalidInput => trouble(
            format!("{} is no name that a file can have", path.display()),
            "Choose a shorter or simpler one",
        ),
        _ => trouble(
            format!("{} cannot be written: {error}", path.display()),
            "Choose another folder, or look at the disk, and try again",
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Content, Stop};
    use super::*;
    use crate::desktop::worker::SignOffPlace;

    fn export(path: &Path, text: &str) -> Export {
        Export {
            path: path.display().to_string(),
            replace: false,
            content: Content::Text {
                text: text.to_owned(),
                told: "1 line".to_owned(),
            },
            stop: Stop::default(),
        }
    }

    fn run(export: &Export, folder: &Path) -> Result<Exported, Trouble> {
        let opening = Opening {
            path: folder.join("registry.chancery"),
            read_only: false,
            sign_offs: SignOffPlace::default(),
        };
        write(export, &opening, &mut |_| {})
    }

    fn names(folder: &Path) -> Vec<String> {
        let mut names: Vec<String> = fs::read_dir(folder)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned())
            .collect();
        names.sort();
        names
    }

    #[test]
    fn a_file_that_is_there_is_replaced_only_when_that_was_said() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().canonicalize().unwrap().join("out.csv");
        let first = run(&export(&path, "one"), folder.path()).unwrap();
        assert!(matches!(first, Exported::Written { told, .. } if told == "1 line"));
        let second = run(&export(&path, "two"), folder.path()).unwrap();
        assert_eq!(second, Exported::Exists(path.clone()));
        assert_eq!(fs::read_to_string(&path).unwrap(), "one");
        let replacing = Export {
            replace: true,
            ..export(&path, "two")
        };
        run(&replacing, folder.path()).unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "two");
        assert_eq!(names(folder.path()), ["out.csv"]);
    }

    #[test]
    fn what_is_stopped_leaves_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let stopped = export(&folder.path().join("out.csv"), "one");
        stopped.stop.ask();
        assert_eq!(run(&stopped, folder.path()).unwrap(), Exported::Stopped);
        assert!(names(folder.path()).is_empty());
    }

    #[test]
    fn what_cannot_be_written_is_told_in_a_sentence() {
        let folder = tempfile::tempdir().unwrap();
        let here = folder.path();
        fs::write(here.join("file"), "").unwrap();
        for (path, told) in [
            (here.join("none/out.csv"), "There is no folder"),
            (here.join("file/out.csv"), "is no folder"),
            (here.to_owned(), "is there, and is no file"),
            (PathBuf::from("out.csv"), "does not say in which folder"),
            (PathBuf::from("  "), "has no name yet"),
            (here.join("x/"), "is a folder"),
            (here.join("x".repeat(300)), "no name that a file can have"),
            (here.join("registry.chancery"), "belongs to the registry"),
            (here.join("registry.chancery.key"), "belongs to the registry"),
        ] {
            let trouble = run(&export(&path, "x"), here).unwrap_err();
            assert!(trouble.what.contains(told), "{path:?}: {}", trouble.what);
            assert!(!trouble.advice.is_empty());
        }
        assert_eq!(names(here), ["file"]);
    }

    #[cfg(unix)]
    #[test]
    fn a_link_stays_one_and_leads_to_what_was_written() {
        let folder = tempfile::tempdir().unwrap();
        let (file, link) = (folder.path().join("file.csv"), folder.path().join("link.csv"));
        fs::write(&file, "old").unwrap();
        std::os::unix::fs::symlink(&file, &link).unwrap();
        let replacing = Export {
            replace: true,
            ..export(&link, "new")
        };
        run(&replacing, folder.path()).unwrap();
        assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
        assert_eq!(fs::read_to_string(&file).unwrap(), "new");
    }
}
