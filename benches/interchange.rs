//! Files of other systems: an export audited without a registry, against reading the same JSON plainly; the same export
//! imported, against writing the same rows and indexes by plain SQL; and the memory that an import takes.
//!
//! Machines differ, so what is demanded is held against a baseline of the same run, by time on the processors. That of all threads
//! of an audit is at most six times what parsing the file into values takes. That of the thread that writes an import is wanted
//! to be at most twice what the plain SQL takes, which is half its rate, and demanded to be at most two and a half times. Ten
//! times as many clients take no more memory than their identifiers and places need.
//! `cargo bench --bench interchange`; `CHANCERY_BENCH=short` for 20,000 clients.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "a benchmark fails loudly and prints its figures"
)]

#[path = "common/keycloak_file.rs"]
mod keycloak_file;

use std::io::BufWriter;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};
use std::time::{Duration, Instant};

use chancery::audit::report;
use chancery::interchange::Format;
use chancery::registry::{Act, Registry};
use chancery::reporting::{AuditedFile, ReportWish, write_file};
use chancery::transfer::{Came, Importer, Source};
use jiff::Timestamp;
use rusqlite::types::Value;
use rusqlite::{Connection, params_from_iter};
use rustix::time::{ClockId, clock_gettime};

/// Of parsing the same file.
const DEMANDED_AUDIT: f64 = 6.0;
/// Of writing the same rows.
const WANTED_IMPORT: f64 = 2.0;
/// On a machine that is busy with other things, or whose disk is.
const DEMANDED_IMPORT: f64 = 2.5;
/// What one more client may take of the memory, in bytes: its identifier and where it stands, in a table that is half empty.
const DEMANDED_MEMORY: u64 = 400;
/// What the memory may differ by whatever the file: pages of the registry that are kept, parcels on their way.
const ALLOWED_BESIDES: u64 = 64 << 20;
/// How many clients a commit of the plain SQL has, as that of an import.
const A_COMMIT: usize = 1_000;
/// Names what a child of this program imports, and into which folder.
const IMPORTS: &str = "CHANCERY_BENCH_IMPORTS";

fn main() -> ExitCode {
    if let Some(file) = std::env::var_os(IMPORTS) {
        let file = PathBuf::from(file);
        import(&file, &file.with_extension("chancery"));
        println!("{}", peak());
        return ExitCode::SUCCESS;
    }
    let short = std::env::var("CHANCERY_BENCH").is_ok_and(|mode| mode == "short");
    let clients = if short { 20_000 } else { 100_000 };
    // On a real disk, as a registry is.
    let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
    let file = export(folder.path(), clients);
    let audit_holds = audit(&file, clients);
    let import_holds = imported(folder.path(), &file, clients);
    let memory_holds = memory(folder.path(), clients);
    if audit_holds && import_holds && memory_holds {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}

fn export(folder: &Path, clients: u64) -> PathBuf {
    let path = folder.join(format!("export-{clients}.json"));
    let mut out = BufWriter::new(std::fs::File::create(&path).unwrap());
    keycloak_file::write_export(&mut out, clients, false).unwrap();
    path
}

fn audit(path: &Path, clients: u64) -> bool {
    let source = Source::at(path).unwrap();
    let file = AuditedFile {
        source: &source,
        format: Format::Keycloak,
        name: "export.json".to_owned(),
        realm: None,
    };
    let wish = ReportWish::of(report::Format::Json);
    let mut best = f64::MAX;
    for _ in 0..3 {
        let (plain, _) = timed(|| {
            let bytes = std::fs::read(path).unwrap();
            std::hint::black_box(serde_json::from_slice::<serde_json::Value>(&bytes).unwrap());
        });
        let (worked, took) = timed(|| {
            let now = Timestamp::now();
            let mut out = std::io::sink();
            let reported = write_file(&file, &wish, now, &mut out, &mut |_| {}, &mut |_| true).unwrap();
            assert_eq!(reported.told.clients, clients);
        });
        best = best.min(ratio(worked, plain));
        println!(
            "audit of a file with {clients} clients: {:.2} s, {:.2} s on the processors; parsing it {:.2} s",
            took.as_secs_f64(),
            worked.as_secs_f64(),
            plain.as_secs_f64()
        );
    }
    println!("    {best:.2} times parsing{}", verdict(best <= DEMANDED_AUDIT));
    best <= DEMANDED_AUDIT
}

fn imported(folder: &Path, file: &Path, clients: u64) -> bool {
    let mut best = f64::MAX;
    for run in 0..3 {
        let path = folder.join(format!("imported-{run}.chancery"));
        let (worked, took) = timed_here(|| assert_eq!(import(file, &path), clients));
        let tables = ["client", "client_search", "history", "import"].map(|table| rows(&path, table));
        let target = folder.join(format!("plain-{run}.chancery"));
        drop(Registry::open(&target, Timestamp::now()).unwrap());
        let (plain, plainly) = timed_here(|| write_plainly(&target, &tables));
        best = best.min(ratio(worked, plain));
        println!(
            "import of {clients} clients: {:.2} s, {:.2} s on the processors; the same rows by plain SQL {:.2} s, {:.2} s",
            took.as_secs_f64(),
            worked.as_secs_f64(),
            plainly.as_secs_f64(),
            plain.as_secs_f64()
        );
        for path in [path, target] {
            std::fs::remove_file(path).unwrap();
        }
    }
    println!(
        "    {best:.2} times plain SQL, wanted {WANTED_IMPORT}{}",
        verdict(best <= DEMANDED_IMPORT)
    );
    best <= DEMANDED_IMPORT
}

/// Imports a file, and returns how many clients are there then.
fn import(file: &Path, path: &Path) -> u64 {
    let registry = Registry::open(path, Timestamp::now()).unwrap();
    let mut importer = Importer::new(Some(&registry), Act::new("bench", Timestamp::now()));
    let source = Source::at(file).unwrap();
    let mut came = 0;
    let mut tell = |entry: chancery::transfer::Entry| {
        came += u64::from(matches!(entry.came, Came::New | Came::Held));
    };
    importer
        .import(&source, Format::Keycloak, &mut tell, &mut |_| true)
        .unwrap();
    came
}

/// The rows of a table, with the statement that writes one.
struct Table {
    insert: String,
    rows: Vec<Vec<Value>>,
}

fn rows(path: &Path, table: &str) -> Table {
    let db = Connection::open(path).unwrap();
    let columns = match table {
        "client_search" => "rowid, words",
        _ => "*",
    };
    let mut statement = db.prepare(&format!("SELECT {columns} FROM {table}")).unwrap();
    let count = statement.column_count();
    let into = match table {
        "client_search" => "client_search (rowid, words)".to_owned(),
        _ => table.to_owned(),
    };
    let places = vec!["?"; count].join(", ");
    let rows = statement
        .query_map([], |row| (0..count).map(|column| row.get(column)).collect())
        .unwrap();
    Table {
        insert: format!("INSERT INTO {into} VALUES ({places})"),
        rows: rows.map(Result::unwrap).collect(),
    }
}

/// Writes rows into an empty registry: nothing is derived, judged or chained.
fn write_plainly(path: &Path, tables: &[Table]) {
    let mut db = Connection::open(path).unwrap();
    for (name, value) in [("synchronous", "FULL"), ("cache_size", "-8192")] {
        db.pragma_update(None, name, value).unwrap();
    }
    db.execute_batch("DELETE FROM history").unwrap();
    let most = tables.iter().map(|table| table.rows.len()).max().unwrap();
    for from in (0..most).step_by(A_COMMIT) {
        let transaction = db.transaction().unwrap();
        for table in tables {
            let to = table.rows.len().min(from + A_COMMIT);
            let mut statement = transaction.prepare_cached(&table.insert).unwrap();
            for row in &table.rows[from.min(to)..to] {
                statement.execute(params_from_iter(row)).unwrap();
            }
        }
        transaction.commit().unwrap();
    }
}

/// Whether an import of ten times as many clients takes no more memory than their identifiers need.
fn memory(folder: &Path, clients: u64) -> bool {
    let [few, many] = [clients / 10, clients].map(|clients| {
        let file = export(folder, clients);
        let child = Command::new(std::env::current_exe().unwrap())
            .env(IMPORTS, &file)
            .output()
            .unwrap();
        let text = String::from_utf8(child.stdout).unwrap();
        text.trim().parse::<u64>().unwrap()
    });
    let more = many.saturating_sub(few);
    let allowed = ALLOWED_BESIDES + (clients - clients / 10) * DEMANDED_MEMORY;
    println!(
        "memory of an import: {} MB for {}, {} MB for {clients}{}",
        few >> 20,
        clients / 10,
        many >> 20,
        verdict(more <= allowed)
    );
    more <= allowed
}

/// The most memory that this process has had, in bytes.
fn peak() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("VmHWM:")).unwrap();
    let kilobytes: u64 = line.split_whitespace().nth(1).unwrap().parse().unwrap();
    kilobytes * 1024
}

/// How long all threads have had the processors for something, and how long it took.
fn timed(work: impl FnOnce()) -> (Duration, Duration) {
    timed_by(ClockId::ProcessCPUTime, work)
}

/// The same of this thread alone.
fn timed_here(work: impl FnOnce()) -> (Duration, Duration) {
    timed_by(ClockId::ThreadCPUTime, work)
}

fn timed_by(clock: ClockId, work: impl FnOnce()) -> (Duration, Duration) {
    let at_work = || {
        let time = clock_gettime(clock);
        Duration::new(time.tv_sec.cast_unsigned(), u32::try_from(time.tv_nsec).unwrap())
    };
    let (begin, worked) = (Instant::now(), at_work());
    work();
    (at_work() - worked, begin.elapsed())
}

fn ratio(one: Duration, other: Duration) -> f64 {
    one.as_secs_f64() / other.as_secs_f64()
}

fn verdict(holds: bool) -> &'static str {
    if holds { "" } else { "   MORE than demanded" }
}
