//! What a reviewer decided in a file of sign-offs, looked at or taken into the registry.

use super::aside::file;
use super::{ReplyBody, Trouble};
use crate::audit::NoSignOffs;
use crate::registry::{Act, Registry};
use crate::reporting::{Applied, Came, SignOffTrouble, apply, read_sign_offs};

/// A file whose decisions are to be taken over.
#[derive(Clone, Debug)]
pub struct Applying {
    /// The file, as it was typed.
    pub file: String,
    /// Whether they are taken over, or only looked at.
    pub write: bool,
}

/// What came of the decisions of a file.
#[derive(Debug)]
pub struct AppliedFile {
    /// Each of them.
    pub applied: Vec<Applied>,
    /// What in the file makes no sense, a sentence each.
    pub troubles: Vec<String>,
    /// Whether they were taken over, or only looked at.
    pub written: bool,
}

impl AppliedFile {
    /// How many of them fit: they are taken over, or would be.
    pub fn kept(&self) -> usize {
        self.count(|came| *came == Came::Kept)
    }

    /// How many stand in the registry already.
    pub fn same(&self) -> usize {
        self.count(|came| *came == Came::Same)
    }

    /// How many do not fit, or make no sense.
    pub fn not_taken(&self) -> usize {
        self.count(|came| matches!(came, Came::Not(_))) + self.troubles.len()
    }

    fn count(&self, is_it: fn(&Came) -> bool) -> usize {
        self.applied.iter().filter(|applied| is_it(&applied.came)).count()
    }
}

/// Looks at them, or takes them over.
pub(super) fn carry_out(registry: &Registry, applying: &Applying, act: &Act) -> ReplyBody {
    ReplyBody::SignOffs(applied(registry, applying, act).map(Box::new))
}

fn applied(registry: &Registry, applying: &Applying, act: &Act) -> Result<AppliedFile, Trouble> {
    let path = file::place(&applying.file)?;
    let read = read_sign_offs(&path, registry.identifier(), act.at).map_err(|trouble| {
        let advice = match &trouble {
            SignOffTrouble::None {
                why: NoSignOffs::OtherRegistry,
                ..
            } => "Open the registry that they were given for".to_owned(),
            SignOffTrouble::Unreadable { .. } => "Choose another file".to_owned(),
            trouble => trouble.advice(),
        };
        let what = trouble.to_string();
        Trouble { what, advice }
    })?;
    let (sign_offs, troubles) = read.ok_or_else(|| Trouble {
        what: format!("There is no file {}", path.display()),
        advice: "Choose another one".to_owned(),
    })?;
    Ok(AppliedFile {
        applied: apply(registry, &sign_offs, act, applying.write)?,
        troubles,
        written: applying.write,
    })
}
