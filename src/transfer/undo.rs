//! What an import brought, taken back.

use crate::client::ClientId;
use crate::registry::{Act, Registry, RegistryError, Undone, import_note};

/// How many clients are committed together.
const A_COMMIT: usize = 500;

/// What came of taking an import back.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct UndoReport {
    /// New clients that were deleted.
    pub removed: u64,
    /// Changed clients that are what they were before.
    pub put_back: u64,
    /// Those that were changed since, and are left as they are.
    pub left: Vec<(ClientId, String)>,
    /// How many were not come to because somebody wanted it to stop.
    pub stopped: u64,
}

/// Takes back what an import brought, client by client, the last one first. `go_on` is told how many of how many were come
/// to, and says whether to go on. What is done twice is done once.
///
/// # Errors
/// [`RegistryError`] where the registry fails. What was committed until then is taken back.
pub fn undo(
    registry: &Registry,
    number: i64,
    act: &Act,
    go_on: &mut dyn FnMut(u64, u64) -> bool,
) -> Result<UndoReport, RegistryError> {
    let act = act.clone().noting(format!("{} undone", import_note(number)));
    let mut imported = registry.imported(number)?;
    imported.reverse();
    let all = imported.len() as u64;
    let (mut report, mut done) = (UndoReport::default(), 0);
    for some in imported.chunks(A_COMMIT) {
        if !go_on(done, all) {
            report.stopped = all - done;
            return Ok(report);
        }
        let came = registry.in_one_commit(|registry| {
            some.iter()
                .map(|client| registry.undo_imported(client, &act))
                .collect::<Result<Vec<Undone>, RegistryError>>()
        })?;
        for (client, undone) in some.iter().zip(came) {
            match undone {
                Undone::Removed => report.removed += 1,
                Undone::PutBack => report.put_back += 1,
                Undone::Already => {}
                Undone::ChangedSince => report.left.push((client.client_id.clone(), client.name.clone())),
            }
        }
        done += some.len() as u64;
    }
    registry.end_undo(number, &act)?;
    Ok(report)
}
