//! What commands read.

use std::io::Read;
use std::path::Path;

use super::Failure;

/// Reads a file, or standard input where it is named `-`, and never more than one byte beyond what is allowed: by that one
/// whoever reads it sees that it is too much.
pub(super) fn bytes(file: &Path, most: usize) -> Result<Vec<u8>, Failure> {
    let limit = most as u64 + 1;
    let mut bytes = Vec::new();
    let read = if file == Path::new("-") {
        std::io::stdin().lock().take(limit).read_to_end(&mut bytes)
    } else {
        std::fs::File::open(file).and_then(|file| file.take(limit).read_to_end(&mut bytes))
    };
    read.map_err(|error| {
        Failure::new(
            format!("{} cannot be read: {error}", file.display()),
            "Check its name and its permissions",
        )
    })?;
    Ok(bytes)
}
