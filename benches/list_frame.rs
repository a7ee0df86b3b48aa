//! Drawing the list of 100,000 clients: a frame of the whole window, as it stands at rest and while it is scrolled by
//! three rows a frame, against a bare `egui_extras` table of the same rows and columns in the same place, in turns.
//!
//! A frame is what the thread that draws does for it: the pass and the tessellation, in time on the processor. The
//! median counts, without the one frame in thirty in which a page is looked up, which in the window another thread
//! does. Demanded is at most 1.5 times the bare table. `cargo bench --bench list_frame`; `CHANCERY_BENCH=short` for
//! 10,000 clients and fewer frames.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "a benchmark fails loudly and prints its figures"
)]

mod common;
#[expect(dead_code, reason = "other benches use the rest of it")]
#[path = "common/gestures.rs"]
mod gestures;
#[path = "common/stage.rs"]
mod stage;

use std::collections::HashSet;
use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

use chancery::desktop::time;
use chancery::registry::{ListQuery, Registry};
use common::clients::{fill, now};
use common::time_at_work;
use eframe::egui::{Align, Context, Layout, Rect, Ui, UiBuilder, pos2, vec2};
use egui_extras::{Column, TableBuilder};
use gestures::scroll;
use jiff::Timestamp;
use stage::{ChanceryWindow, Content, Drawn, Stage, WINDOW};

const DEMANDED: f64 = 1.5;
const ROW: f32 = 40.0;
const HEAD: f32 = 32.0;
/// At either side of the list.
const MARGIN: f32 = 20.0;
const STATUS_BAR: f32 = 30.0;
/// Rows that are scrolled in a frame.
const STEP: f32 = 3.0;
const HEADS: [&str; 6] = ["Name ↑", "Client ID", "Kind", "Grants", "Last used", "Status"];
/// The widths of the columns after the first, which takes the rest.
const WIDTHS: [f32; 5] = [130.0, 75.0, 142.0, 118.0, 84.0];
/// Frames until pages, fonts and layout have settled.
const WARM_UP: usize = 60;

fn main() -> ExitCode {
    let short = std::env::var("CHANCERY_BENCH").is_ok_and(|mode| mode == "short");
    let (clients, frames) = if short { (10_000, 300) } else { (100_000, 3_000) };
    let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
    let path = folder.path().join("registry");
    let registry = Registry::open(&path, now(0)).unwrap();
    fill(&registry, clients);

    let mut window = Stage::new(|ctx| ChanceryWindow::open(ctx, &path));
    let place = window.place_of_the_list();
    let mut table = Stage::new(|ctx| BareTable::new(ctx, place, rows(&registry), folder.path()));

    println!("a frame of the list of {clients} clients, median of {frames}");
    println!("{:<16}{:>12}{:>12}{:>8}", "", "bare, µs", "window, µs", "ratio");
    let mut holds = true;
    for (name, scrolled) in [("while scrolled", true), ("unmoved", false)] {
        let (bare, ours) = in_turns(&mut table, &mut window, frames, scrolled);
        let ratio = ours.as_secs_f64() / bare.as_secs_f64();
        holds &= ratio <= DEMANDED;
        println!(
            "{name:<16}{:>12.0}{:>12.0}{ratio:>8.2}",
            micros(bare),
            micros(ours)
        );
    }
    let verdict = if holds { "holds" } else { "falls short" };
    println!("demanded at most {DEMANDED:.2}: {verdict}");
    if holds {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}

/// Draws both in turns. The medians of the bare table and of the window.
fn in_turns(
    table: &mut Stage<BareTable>,
    window: &mut Stage<ChanceryWindow>,
    frames: usize,
    scrolled: bool,
) -> (Duration, Duration) {
    let (mut bare, mut ours) = (Vec::new(), Vec::new());
    for frame in 0..WARM_UP + frames {
        let events = if scrolled {
            scroll(frame == 0, pos2(700.0, 500.0), STEP * ROW)
        } else {
            Vec::new()
        };
        let of_table = table.draw(events.clone());
        let of_window = window.draw(events);
        if frame >= WARM_UP {
            bare.push(of_table.took);
            ours.push(of_window.took);
        }
        if frame + 1 == WARM_UP + frames {
            assert_same_rows(&of_table, &of_window);
        }
    }
    (median(bare), median(ours))
}

/// What the table shows, the window shows too.
fn assert_same_rows(table: &Drawn, window: &Drawn) {
    let shown: HashSet<String> = window.texts().into_iter().map(|(text, _)| text).collect();
    let texts = table.texts();
    assert!(
        texts.len() >= 6 * 18,
        "the bare table shows {} texts only",
        texts.len()
    );
    for (text, _) in texts {
        assert!(shown.contains(&text), "the window does not show {text:?}");
    }
}

impl Stage<ChanceryWindow> {
    /// Where the list stands in the window, heads and all.
    fn place_of_the_list(&mut self) -> Rect {
        let mut texts = Vec::new();
        for _ in 0..WARM_UP {
            texts = self.draw(Vec::new()).texts();
        }
        let of = |wanted: &str| texts.iter().find(|(text, _)| text == wanted).unwrap().1;
        let head = of("Client ID");
        let (name, status_bar) = (of("Name ↑"), of("registry"));
        Rect::from_min_max(
            pos2(name.left() - MARGIN, head.center().y - HEAD / 2.0),
            pos2(WINDOW.right(), status_bar.center().y - STATUS_BAR / 2.0),
        )
    }
}

/// The table that anybody would have with one call.
struct BareTable {
    place: Rect,
    rows: Vec<[String; 6]>,
}

impl BareTable {
    fn new(ctx: &Context, place: Rect, rows: Vec<[String; 6]>, folder: &Path) -> Self {
        // A window that is opened and never drawn leaves its fonts and sizes.
        std::fs::create_dir(folder.join("empty")).unwrap();
        drop(ChanceryWindow::open(ctx, &folder.join("empty").join("registry")));
        Self { place, rows }
    }
}

impl Content for BareTable {
    fn ui(&mut self, ui: &mut Ui) {
        let mut ui = ui.new_child(UiBuilder::new().max_rect(self.place.shrink2(vec2(MARGIN, 0.0))));
        ui.spacing_mut().item_spacing.y = 0.0;
        let mut table = TableBuilder::new(&mut ui)
            .auto_shrink(false)
            .cell_layout(Layout::left_to_right(Align::Center))
            .column(Column::remainder());
        for width in WIDTHS {
            table = table.column(Column::exact(width));
        }
        let table = table.header(HEAD, |mut row| {
            for head in HEADS {
                row.col(|ui| {
                    ui.label(head);
                });
            }
        });
        table.body(|body| {
            body.rows(ROW, self.rows.len(), |mut row| {
                let texts = &self.rows[row.index()];
                for text in texts {
                    row.col(|ui| {
                        ui.label(text);
                    });
                }
            });
        });
    }
}

/// The texts of all rows, by name, as the window words them.
fn rows(registry: &Registry) -> Vec<[String; 6]> {
    let query = ListQuery {
        limit: u32::MAX,
        ..ListQuery::default()
    };
    let now = Timestamp::now();
    let rows = registry.list_clients(&query).unwrap().into_iter();
    rows.map(|row| {
        let grants: Vec<&str> = row.grant_types.iter().map(|grant| grant.short()).collect();
        [
            row.name,
            row.client_id.as_str().chars().take(13).chain(['…']).collect(),
            row.kind.short().to_owned(),
            grants.join(" · "),
            time::ago(row.last_used_at, now),
            row.standing.label().to_owned(),
        ]
    })
    .collect()
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort_unstable();
    times[times.len() / 2]
}

fn micros(time: Duration) -> f64 {
    time.as_secs_f64() * 1e6
}
