//! Drawing the tabs of the review over 100,000 clients of which every one has something in each: *Expiry* with a secret and an
//! accepted risk that end, *Unused* with clients and scopes that nobody asks for, *Rules* with what each rule found. A frame
//! of the whole window while the list stands at rest, while it is scrolled, and while a row is looked at.
//!
//! A frame is what the thread that draws does for it: the pass and the tessellation, in time on the processor. Demanded of
//! the slowest in twenty is a sixtieth of a second. `cargo bench --bench review_tabs_frame`; `CHANCERY_BENCH=short` for 10,000
//! clients and fewer frames.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "a benchmark fails loudly and prints its figures"
)]

#[path = "common/clock.rs"]
mod clock;
#[path = "common/gestures.rs"]
mod gestures;
#[path = "common/stage.rs"]
mod stage;

use std::process::ExitCode;
use std::time::{Duration, Instant};

use chancery::audit::{Acceptance, AuditFinding};
use chancery::client::{ClientDraft, ClientId, ClientKind, Status};
use chancery::registry::{Act, NewSecret, Registry, RegistryError};
use clock::time_at_work;
use eframe::egui::{Event, Key, Modifiers, Pos2, pos2};
use gestures::{button, key, scroll};
use jiff::{SignedDuration, Timestamp};
use stage::{ChanceryWindow, Stage};

const DEMANDED: Duration = Duration::from_millis(16);
/// Frames until audit, list, fonts and layout have settled.
const WARM_UP: usize = 60;
/// How old every client is: longer than any rule lets a client stand unused.
const AGE: SignedDuration = SignedDuration::from_hours(400 * 24);

fn main() -> ExitCode {
    let short = std::env::var("CHANCERY_BENCH").is_ok_and(|mode| mode == "short");
    let (clients, frames) = if short { (10_000, 100) } else { (100_000, 500) };
    let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
    let path = folder.path().join("registry");
    let registry = Registry::open(&path, Timestamp::now()).unwrap();
    fill(&registry, clients);
    let began = Instant::now();
    let endings = registry.endings(Timestamp::now()).unwrap().len() as u64;
    println!(
        "{endings} ends read in {:.1?}, by another thread",
        began.elapsed()
    );
    assert!(endings >= 2 * clients, "{endings} ends only");
    drop(registry);

    let mut window = Stage::new(|ctx| ChanceryWindow::open(ctx, &path));
    window.draw(Vec::new());
    let began = Instant::now();
    window.draw(vec![key(Key::Num3, Modifiers::COMMAND)]);
    settle(&mut window);
    println!("audit and {WARM_UP} frames: {:.1?}", began.elapsed());
    let mut holds = true;
    for (tab, row) in [
        ("Expiry", "Desk application"),
        ("Unused", "Desk application"),
        ("Rules", "Unused client"),
    ] {
        press(&mut window, tab);
        for (name, events) in [
            ("unmoved", None),
            ("while scrolled", Some(over_list as fn(bool) -> Vec<Event>)),
        ] {
            holds &= measure(&mut window, &format!("{tab} {name}"), frames, events);
        }
        press(&mut window, row);
        holds &= measure(&mut window, &format!("{tab} looked at"), frames, None);
    }
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

/// Draws frames, and tells what they took.
fn measure(
    window: &mut Stage<ChanceryWindow>,
    name: &str,
    frames: usize,
    events: Option<fn(bool) -> Vec<Event>>,
) -> bool {
    let mut took: Vec<Duration> = (0..frames)
        .map(|frame| {
            let events = events.map(|events| events(frame == 0)).unwrap_or_default();
            window.draw(events).took
        })
        .collect();
    took.sort_unstable();
    let (median, slow) = (took[took.len() / 2], took[took.len() * 19 / 20]);
    println!("{name:<24} median {median:>10.2?}, one in twenty above {slow:>10.2?}");
    slow < DEMANDED
}

fn settle(window: &mut Stage<ChanceryWindow>) {
    for _ in 0..WARM_UP {
        window.draw(Vec::new());
    }
}

/// Presses the first text that begins so, in reading order.
fn press(window: &mut Stage<ChanceryWindow>, start: &str) {
    let shown = window.draw(Vec::new()).texts();
    let mut found: Vec<Pos2> = shown
        .iter()
        .filter(|(text, _)| text.starts_with(start))
        .map(|(_, place)| place.center())
        .collect();
    found.sort_by(|one, other| one.y.total_cmp(&other.y));
    let texts: Vec<&str> = shown.iter().map(|(text, _)| text.as_str()).collect();
    let at = found.first().copied();
    assert!(at.is_some(), "no {start:?} in {texts:?}");
    let at = at.unwrap_or_default();
    window.draw(vec![Event::PointerMoved(at)]);
    window.draw(vec![button(at, true)]);
    window.draw(vec![button(at, false)]);
    settle(window);
}

fn client_id(number: u64) -> ClientId {
    ClientId::parse(&format!("client-{number}")).unwrap()
}

/// A web application with an address by name, and two scopes.
fn draft(number: u64) -> ClientDraft {
    ClientDraft {
        name: format!("Desk application {number}"),
        redirect_uris: vec![format!("http://localhost/{number}")],
        scopes: vec!["read".to_owned(), "write".to_owned()],
        audience: vec!["https://api.example.com".to_owned()],
        contacts: vec![format!("team-{}@example.com", number % 50)],
        ..ClientKind::Web.preset()
    }
}

fn fill(registry: &Registry, clients: u64) {
    let now = Timestamp::now();
    let long_ago = now.checked_sub(AGE).unwrap();
    let (_, secret) = NewSecret::generate("Yearly secret").unwrap();
    let days = |number: u64| {
        let days = SignedDuration::from_hours(24 * (1 + (number % 700).cast_signed()));
        now.checked_add(days).unwrap()
    };
    for thousand in 0..clients / 1000 {
        registry
            .in_one_commit(|registry| {
                for number in thousand * 1000..(thousand + 1) * 1000 {
                    let draft = draft(number);
                    let secret = NewSecret {
                        expires_at: Some(days(number)),
                        ..secret.clone()
                    };
                    let (client_id, act) = (client_id(number), Act::new("bench", long_ago));
                    registry.import_client(&client_id, &draft, Status::Active, &[secret], "bench", &act)?;
                    let accepted = accepted(&draft, long_ago, days(number + 350));
                    registry.accept_risk(&client_id, &accepted, &act)?;
                }
                Ok::<(), RegistryError>(())
            })
            .unwrap();
    }
}

/// The first finding of a registration, accepted.
fn accepted(draft: &ClientDraft, at: Timestamp, until: Timestamp) -> Acceptance {
    let finding = AuditFinding::from(draft.findings().remove(0));
    Acceptance::of(&finding, draft, "A test of speed", "bench", at, until).unwrap()
}

/// Three rows.
fn over_list(first: bool) -> Vec<Event> {
    scroll(first, pos2(900.0, 600.0), 120.0)
}
