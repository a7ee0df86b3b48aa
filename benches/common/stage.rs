//! A screen that nobody sees, to measure frames on.

use std::path::Path;
use std::time::Duration;

use chancery::desktop::clipboard::TestClipboard;
use chancery::desktop::worker::Workers;
use chancery::desktop::{App, Settings};
use eframe::App as _;
use eframe::egui::epaint::ClippedShape;
use eframe::egui::{Context, Event, Pos2, RawInput, Rect, Shape, Ui, pos2};

use crate::time_at_work;

/// The window.
pub const WINDOW: Rect = Rect {
    min: Pos2::ZERO,
    max: pos2(1_400.0, 900.0),
};

/// What fills a screen.
pub trait Content {
    /// Draws itself.
    fn ui(&mut self, ui: &mut Ui);
}

/// A screen that nobody sees, with 60 frames a second.
pub struct Stage<C> {
    pub ctx: Context,
    frames: u32,
    content: C,
}

/// A frame: what it took, and what it consists of.
pub struct Drawn {
    pub took: Duration,
    shapes: Vec<ClippedShape>,
}

impl<C: Content> Stage<C> {
    pub fn new(open: impl FnOnce(&Context) -> C) -> Self {
        let ctx = Context::default();
        let content = open(&ctx);
        Self {
            ctx,
            frames: 0,
            content,
        }
    }

    pub fn draw(&mut self, events: Vec<Event>) -> Drawn {
        self.frames += 1;
        let input = RawInput {
            screen_rect: Some(WINDOW),
            time: Some(f64::from(self.frames) / 60.0),
            focused: true,
            events,
            ..RawInput::default()
        };
        let begin = time_at_work();
        let mut output = self.ctx.run_ui(input, |ui| self.content.ui(ui));
        let passed = time_at_work() - begin;

        let shapes = output.shapes.clone();
        let begin = time_at_work();
        let triangles = self
            .ctx
            .tessellate(std::mem::take(&mut output.shapes), output.pixels_per_point);
        let took = passed + (time_at_work() - begin);
        assert!(!triangles.is_empty());
        output.drop_without_applying_deltas();
        Drawn { took, shapes }
    }
}

impl Drawn {
    /// The texts in view, and where they stand.
    pub fn texts(&self) -> Vec<(String, Rect)> {
        fn gather(shape: &Shape, clip: Rect, texts: &mut Vec<(String, Rect)>) {
            match shape {
                Shape::Vec(shapes) => shapes.iter().for_each(|shape| gather(shape, clip, texts)),
                Shape::Text(text) if clip.intersects(text.visual_bounding_rect()) => {
                    texts.push((text.galley.text().to_owned(), text.visual_bounding_rect()));
                }
                _ => {}
            }
        }
        let mut texts = Vec::new();
        for shape in &self.shapes {
            gather(&shape.shape, shape.clip_rect, &mut texts);
        }
        texts
    }
}

/// The window, its workers inline.
pub struct ChanceryWindow {
    app: App,
    frame: eframe::Frame,
}

impl ChanceryWindow {
    pub fn open(ctx: &Context, path: &Path) -> Self {
        let workers = Workers::inline(path, "bench").unwrap();
        let settings = Settings {
            start_server: false,
            ..Settings::default()
        };
        Self {
            app: App::new(ctx, workers, Box::new(TestClipboard::default()), settings),
            frame: eframe::Frame::_new_kittest(),
        }
    }
}

impl Content for ChanceryWindow {
    fn ui(&mut self, ui: &mut Ui) {
        self.app.logic(&ui.ctx().clone(), &mut self.frame);
        self.app.ui(ui, &mut self.frame);
    }
}
