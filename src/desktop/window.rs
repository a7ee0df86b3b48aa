//! Opening the window: which renderer, what when there is no screen, and the settings of last time.

use std::path::{Path, PathBuf};

use eframe::egui::{ViewportBuilder, vec2};

use super::clipboard::SystemClipboard;
use super::ending::EndRequest;
use super::settings::STORAGE_KEY;
use super::worker::{Opening, Trouble, Workers, offer_system_fonts};
use super::{App, Settings};

/// By this name the system knows the window, and its settings are kept.
const APP_ID: &str = "chancery";

/// What draws the window.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Renderer {
    /// wgpu, and glow where that fails.
    Auto,
    /// Vulkan, Metal or DirectX.
    Wgpu,
    /// OpenGL.
    Glow,
}

/// How the window is opened.
#[derive(Clone, Debug)]
pub struct WindowOptions {
    /// The registry file.
    pub registry: PathBuf,
    /// Whether to look only.
    pub read_only: bool,
    /// The file that a reviewer's decisions are kept in then; none: one beside the registry.
    pub sign_offs: Option<PathBuf>,
    /// What draws it.
    pub renderer: Renderer,
    /// Who is named in the history; the settings say it otherwise.
    pub by: Option<String>,
}

impl WindowOptions {
    fn opening(&self) -> Opening {
        Opening {
            path: self.registry.clone(),
            read_only: self.read_only,
            sign_offs: self.sign_offs.clone().into(),
        }
    }
}

/// Opens the window and returns when it is closed.
///
/// # Errors
/// [`Trouble`] where there is no screen, or nothing that can draw on it.
pub fn open(options: &WindowOptions) -> Result<(), Trouble> {
    if !has_screen() {
        return Err(Trouble {
            what: "There is no screen to open a window on: neither DISPLAY nor WAYLAND_DISPLAY is set".to_owned(),
            advice: "Run it in a desktop session, or use the commands that need no window: chancery --help lists them."
                .to_owned(),
        });
    }
    let tried = match options.renderer {
        Renderer::Wgpu => run(options, eframe::Renderer::Wgpu),
        Renderer::Glow => run(options, eframe::Renderer::Glow),
        Renderer::Auto => match run(options, eframe::Renderer::Wgpu) {
            Err(NotOpened::NothingDraws) => run(options, eframe::Renderer::Glow),
            tried => tried,
        },
    };
    tried.map_err(|error| error.told(options.renderer))
}

/// Why there is no window. What the graphics libraries say of it fills a screen and helps nobody.
enum NotOpened {
    /// The screen that the environment names does not answer.
    NoScreen,
    /// Nothing can draw on it.
    NothingDraws,
    /// Threads or fonts could not be had.
    System(String),
}

impl From<eframe::Error> for NotOpened {
    fn from(error: eframe::Error) -> Self {
        match error {
            eframe::Error::Winit(_) | eframe::Error::WinitEventLoop(_) => Self::NoScreen,
            eframe::Error::AppCreation(error) => Self::System(error.to_string()),
            _ => Self::NothingDraws,
        }
    }
}

impl NotOpened {
    fn told(self, renderer: Renderer) -> Trouble {
        let trouble = |what: &str, advice: &str| Trouble {
            what: what.to_owned(),
            advice: advice.to_owned(),
        };
        let drivers =
            "On Linux, install mesa-vulkan-drivers or libgl1-mesa-dri; elsewhere, update the graphics driver";
        match self {
            Self::NoScreen => trouble(
                "The screen that DISPLAY or WAYLAND_DISPLAY names does not answer",
                "Run it in a desktop session, or use the commands that need no window: chancery --help lists them.",
            ),
            Self::NothingDraws => match renderer {
                Renderer::Auto => trouble(
                    "Neither Vulkan, Metal or DirectX 12 nor OpenGL can draw a window here",
                    &format!("{drivers}."),
                ),
                Renderer::Wgpu => trouble(
                    "Neither Vulkan, Metal nor DirectX 12 can draw a window here",
                    &format!("{drivers}, or try --renderer glow."),
                ),
                Renderer::Glow => trouble(
                    "OpenGL cannot draw a window here",
                    &format!("{drivers}, or try --renderer wgpu."),
                ),
            },
            Self::System(error) => Trouble {
                what: format!("The window could not be opened: {error}"),
                advice: "Close other programs, then try again.".to_owned(),
            },
        }
    }
}

/// On Linux and its kin a window needs an X11 or a Wayland display; elsewhere there always is one.
fn has_screen() -> bool {
    let set = |name| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    cfg!(any(target_os = "macos", windows))
        || ["DISPLAY", "WAYLAND_DISPLAY", "WAYLAND_SOCKET"]
            .into_iter()
            .any(set)
}

/// Whether the settings of windows lie in the folder of a registry: that of the usual one does. A registry that is only looked
/// at has nothing written beside it.
fn keeps_settings_beside(registry: &Path) -> bool {
    let same = |folder: &Path| folder.canonicalize().ok();
    let settings = eframe::storage_dir(APP_ID).and_then(|folder| same(&folder));
    // A link to a registry is followed to where that lies.
    let registry = registry.canonicalize().ok();
    settings.is_some() && settings.as_deref() == registry.as_deref().and_then(Path::parent)
}

fn run(options: &WindowOptions, renderer: eframe::Renderer) -> Result<(), NotOpened> {
    let icon = eframe::icon_data::from_png_bytes(include_bytes!("../../assets/icon.png")).unwrap_or_default();
    let viewport = ViewportBuilder::default()
        .with_title("Chancery")
        .with_app_id(APP_ID)
        .with_icon(icon)
        .with_inner_size(vec2(1_380.0, 850.0))
        .with_min_inner_size(vec2(880.0, 560.0));
    // `run_and_return` stays true: the second renderer needs the event loop that the first one leaves behind.
    let leaves_alone = options.read_only && keeps_settings_beside(&options.registry);
    let native = eframe::NativeOptions {
        viewport,
        renderer,
        persist_window: !leaves_alone,
        ..Default::default()
    };
    let options = options.clone();
    let create = move |cc: &eframe::CreationContext<'_>| -> Result<Box<dyn eframe::App>, Box<dyn std::error::Error + Send + Sync>> {
        let mut settings: Settings =
            cc.storage.and_then(|storage| eframe::get_value(storage, STORAGE_KEY)).unwrap_or_default();
        settings = settings.for_a_new_window();
        if let Some(by) = &options.by {
            settings.your_name.clone_from(by);
        }
        let opening = options.opening();
        let by = settings.name();
        let workers = Workers::start(opening, by.clone(), cc.egui_ctx.clone())?;
        let clipboard = SystemClipboard::start(cc.egui_ctx.clone())?;
        offer_system_fonts(&cc.egui_ctx)?;
        let app = App::new(&cc.egui_ctx, workers, Box::new(clipboard), settings);
        let (again, ctx) = (options.opening(), cc.egui_ctx.clone());
        let reopen = move || Workers::start(again.clone(), by.clone(), ctx.clone());
        let end = EndRequest::on_signals(&cc.egui_ctx)?;
        let app = if leaves_alone { app.keeping_nothing() } else { app };
        Ok(Box::new(app.on_cleared_ground().with_reopen(reopen).with_end(end)))
    };
    eframe::run_native(APP_ID, native, Box::new(create)).map_err(NotOpened::from)
}
