//! The system's own dialog for a file.

use std::path::PathBuf;
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
}

/// What came of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Chosen {
    /// A file.
    File(PathBuf),
    /// None: the person closed the dialog.
    Nothing,
    /// The system has no such dialog.
    NoDialog,
}

/// How a person chooses a file.
pub type ChooseFile = fn(&FileWish) -> Chosen;

/// Opens the system's dialog, and waits until the person closes it.
pub(super) fn by_the_system(wish: &FileWish) -> Chosen {
    let path = PathBuf::from(&wish.path);
    let (format, extension) = wish.format;
    let mut dialog = rfd::FileDialog::new().set_title(wish.title.as_str());
    if !extension.is_empty() {
        dialog = dialog.add_filter(format, &[extension]);
    }
    if let Some(folder) = path.parent().filter(|folder| folder.is_dir()) {
        dialog = dialog.set_directory(folder);
    }
    if let Some(name) = path.file_name() {
        dialog = dialog.set_file_name(name.to_string_lossy());
    }
    let since = Instant::now();
    let chosen = match wish.purpose {
        Purpose::Save => dialog.save_file(),
        Purpose::Open => dialog.pick_file(),
    };
    match chosen {
        Some(path) => Chosen::File(path),
        None if since.elapsed() < TOO_FAST => Chosen::NoDialog,
        None => Chosen::Nothing,
    }
}
