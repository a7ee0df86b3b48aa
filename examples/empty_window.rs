//! The least window there can be: what `benches/window/run` holds the program against.
//!
//! The same size, the same renderer and the same features of eframe as the program's window, and nothing in it.

use eframe::egui::{ViewportBuilder, vec2};

fn main() -> eframe::Result {
    let options = eframe::NativeOptions {
        viewport: ViewportBuilder::default().with_inner_size(vec2(1_380.0, 850.0)),
        renderer: eframe::Renderer::Wgpu,
        ..Default::default()
    };
    eframe::run_ui_native("empty", options, |_, _| {})
}
