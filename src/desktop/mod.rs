//! The window. `app` holds the state and the two halves of a frame (logic, drawing); `command` is the one table
//! of commands; `worker` the threads behind; `screens` one file a screen; `dialogs` what stands over them; `form`
//! the editors of a registration; `style` the look, which knows no domain; `access` what screen readers are not told.
//!
//! Leaf views return `Option<Action>`; only the app turns an action into a command for a worker.

mod access;
mod app;
pub mod clipboard;
mod command;
mod dialogs;
pub mod ending;
mod form;
mod pane;
mod plot;
mod screens;
mod settings;
mod style;
mod table;
pub mod time;
mod typing;
mod window;
pub mod worker;

pub use app::App;
pub use settings::Settings;
pub use window::{Renderer, WindowOptions, open};
