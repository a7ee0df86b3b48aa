//! Writes the document of the audit's rules anew: `cargo run --example audit_rules`.

use std::path::Path;

fn main() -> std::io::Result<()> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/audit-rules.md");
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder)?;
    }
    std::fs::write(path, chancery::audit::handbook::markdown())
}
