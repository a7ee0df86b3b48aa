//! The system's own dialog for a file.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// Nobody has seen a dialog and closed it within this time: there was none.
const TOO_FAST: Duration = Duration::from_millis(300);

/// What a dialog for a file begins with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileWish {
    /// What it is for.
    pub title: String,
    /// The file that is proposed.
    pub path: String,
    /// What the format is called, and how names of such files end; empty where any file will do.
    pub format: (&'static str, &'static str),
    /// What is done with it.
    pub purpose: Purpose,
}

/// What is done with a file that is chosen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// It is written.
    Save,
    /// It is read.
    Open,
    /// It is a folder, whose files are read.
    OpenFolder,
}

/// What came of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Chosen {
    /// A file, or the folder that was wanted.
    File(PathBuf),
    /// None: the person closed the dialog.
    Nothing,
    /// The system has no such dialog.
    NoDialog,
}

/// How a person chooses a file.
pub type ChooseFile = fn(&FileWish) -> Chosen;

/// The folder that a dialog shows first: that of the file, or the folder that stands in the field already.
fn begins_in(path: &Path, purpose: Purpose) -> Option<&Path> {
    let itself = Some(path).filter(|path| purpose == Purpose::OpenFolder && path.is_dir());
    itself.or_else(|| path.parent().filter(|folder| folder.is_dir()))
}

/// Opens the system's dialog, and waits until the person closes it.
pub(super) fn by_the_system(wish: &FileWish) -> Chosen {
    let path = PathBuf::from(&wish.path);
    let (format, extension) = wish.format;
    let mut dialog = rfd::FileDialog::new().set_title(wish.title.as_str());
    if !extension.is_empty() {
        dialog = dialog.add_filter(format, &[extension]);
    }
    if let Some(folder) = begins_in(&path, wish.purpose) {
        dialog = dialog.set_directory(folder);
    }
    if let (Some(name), Purpose::Save | Purpose::Open) = (path.file_name(), wish.purpose) {
        dialog = dialog.set_file_name(name.to_string_lossy());
    }
    let since = Instant::now();
    let chosen = match wish.purpose {
        Purpose::Save => dialog.save_file(),
        Purpose::Open => dialog.pick_file(),
        Purpose::OpenFolder => dialog.pick_folder(),
    };
    match chosen {
        Some(path) => Chosen::File(path),
        None if since.elapsed() < TOO_FAST => Chosen::NoDialog,
        None => Chosen::Nothing,
    }
}
