//! Drawing the list of 500,000 findings: a frame of the whole window while the list stands at rest and while it is
//! scrolled, of single findings and of findings by client. Filtering, sorting and grouping are done by another thread in the
//! window, and are told apart here: what they take, and that no frame does them.
//!
//! A frame is what the thread that draws does for it: the pass and the tessellation, in time on the processor. Demanded of
//! the slowest in twenty is a sixtieth of a second. `cargo bench --bench findings_frame`; `CHANCERY_BENCH=short` for 50,000
//! findings and fewer frames.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "a benchmark fails loudly and prints its figures"
)]

#[path = "common/clock.rs"]
mod clock;
#[expect(dead_code, reason = "other benches use the rest of it")]
#[path = "common/gestures.rs"]
mod gestures;
#[path = "common/stage.rs"]
mod stage;

use std::process::ExitCode;
use std::sync::Arc;
use std::time::{Duration, Instant};

use chancery::client::{ClientDraft, ClientId, ClientKind, Status};
use chancery::desktop::worker::findings::{FindingSort, Grouping};
use chancery::desktop::worker::{FindingsQuery, Review};
use chancery::registry::{Act, Registry, RegistryError};
use clock::time_at_work;
use eframe::egui::{Key, Modifiers, pos2};
use gestures::{key, scroll};
use jiff::Timestamp;
use stage::{ChanceryWindow, Stage};

const DEMANDED: Duration = Duration::from_millis(16);
/// Findings that each client has: one for each of its addresses.
const EACH: u64 = 5;
/// Frames until audit, list, fonts and layout have settled.
const WARM_UP: usize = 60;

fn main() -> ExitCode {
    let short = std::env::var("CHANCERY_BENCH").is_ok_and(|mode| mode == "short");
    let (clients, frames) = if short { (10_000, 200) } else { (100_000, 1_000) };
    let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
    let path = folder.path().join("registry");
    fill(&Registry::open(&path, now(0)).unwrap(), clients);

    let mut window = Stage::new(|ctx| ChanceryWindow::open(ctx, &path));
    window.draw(Vec::new());
    let began = Instant::now();
    window.draw(vec![key(Key::Num3, Modifiers::COMMAND)]);
    for _ in 0..WARM_UP {
        window.draw(Vec::new());
    }
    println!("audit, list and {WARM_UP} frames: {:.1?}", began.elapsed());
    let shown = window.draw(Vec::new()).texts();
    let counts = shown
        .iter()
        .map(|(text, _)| text)
        .find(|text| text.contains(" open · "));
    let counts = counts.unwrap_or_else(|| panic_with(&shown));
    println!("{counts}");
    let open: u64 = digits(counts.split(' ').next().unwrap());
    assert!(open >= clients * EACH, "{open} findings only");

    let mut holds = true;
    for (name, scrolled) in [("unmoved", false), ("while scrolled", true)] {
        let mut took: Vec<Duration> = (0..frames)
            .map(|frame| {
                let events = if scrolled {
                    scroll(frame == 0, pos2(700.0, 600.0), 120.0)
                } else {
                    Vec::new()
                };
                window.draw(events).took
            })
            .collect();
        took.sort_unstable();
        let (median, slow) = (took[took.len() / 2], took[took.len() * 19 / 20]);
        println!("{name:<16} median {median:>10.2?}, one in twenty above {slow:>10.2?}");
        holds &= slow < DEMANDED;
    }
    views(clients);
    println!(
        "demanded below {DEMANDED:?}: {}",
        if holds { "holds" } else { "falls short" }
    );
    if holds {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}

fn panic_with(shown: &[(String, eframe::egui::Rect)]) -> ! {
    let texts: Vec<&str> = shown.iter().map(|(text, _)| text.as_str()).collect();
    assert!(texts.is_empty(), "no counts in {texts:?}");
    std::process::exit(1)
}

fn digits(text: &str) -> u64 {
    let digits: String = text.chars().filter(char::is_ascii_digit).collect();
    digits.parse().unwrap_or(0)
}

/// What another thread takes to filter, sort and group as many findings.
fn views(clients: u64) {
    use chancery::audit::{AuditFinding, Dated, FindingFilter, Judged};
    use chancery::client::Standing;

    let draft = draft(0);
    let found: Vec<AuditFinding> = draft.findings().into_iter().map(AuditFinding::from).collect();
    let judged: Vec<Arc<Judged>> = (0..clients)
        .map(|number| {
            Arc::new(Judged {
                client_id: client_id(number),
                name: format!("Client {}", number.wrapping_mul(7_919) % clients),
                standing: Standing::Active,
                version: 1,
                contacts: Vec::new(),
                last_used_at: None,
                approved: None,
                findings: found
                    .iter()
                    .map(|finding| Dated {
                        finding: finding.clone(),
                        since: now(number),
                    })
                    .collect(),
            })
        })
        .collect();
    let began = Instant::now();
    let review = Arc::new(Review::of(judged.iter()));
    println!(
        "{} findings put together in {:.1?}",
        review.findings.len(),
        began.elapsed()
    );
    for (name, grouping, sort, text) in [
        ("by severity", Grouping::Finding, FindingSort::Severity, ""),
        ("a text", Grouping::Finding, FindingSort::Severity, "client 77"),
        ("sorted by client", Grouping::Finding, FindingSort::Client, ""),
        ("grouped by client", Grouping::Client, FindingSort::Severity, ""),
        ("grouped by rule", Grouping::Rule, FindingSort::Severity, ""),
    ] {
        let query = FindingsQuery {
            review: review.clone(),
            filter: FindingFilter {
                text: text.to_owned(),
                ..FindingFilter::default()
            },
            grouping,
            sort,
            descending: true,
            open: Vec::new(),
            looked_at: None,
            now: now(clients),
        };
        let began = Instant::now();
        let view = query.view();
        println!("{name:<20}{:>9} rows in {:.1?}", view.rows.len(), began.elapsed());
    }
}

fn client_id(number: u64) -> ClientId {
    ClientId::parse(&format!("client-{number}")).unwrap()
}

/// An installed application with an address by name for each finding.
fn draft(number: u64) -> ClientDraft {
    ClientDraft {
        name: format!("Desk application {number}"),
        redirect_uris: (0..EACH)
            .map(|uri| format!("http://localhost/{number}/{uri}"))
            .collect(),
        scopes: vec!["read".to_owned()],
        audience: vec!["https://api.example.com".to_owned()],
        contacts: vec![format!("team-{}@example.com", number % 50)],
        ..ClientKind::Native.preset()
    }
}

/// A moment, some seconds after the benchmark's beginning of time.
fn now(seconds: u64) -> Timestamp {
    Timestamp::from_second(1_790_000_000 + seconds.cast_signed()).unwrap()
}

fn fill(registry: &Registry, clients: u64) {
    for thousand in 0..clients / 1000 {
        registry
            .in_one_commit(|registry| {
                for number in thousand * 1000..(thousand + 1) * 1000 {
                    let act = Act::new("bench", now(number));
                    registry.import_client(
                        &client_id(number),
                        &draft(number),
                        Status::Active,
                        &[],
                        "bench",
                        &act,
                    )?;
                }
                Ok::<(), RegistryError>(())
            })
            .unwrap();
    }
}
