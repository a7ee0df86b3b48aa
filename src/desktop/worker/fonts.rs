//! The system's fonts for scripts that the fonts of the window do not have. They are looked for when the first character
//! of a script turns up, and never by the thread that draws.

use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex};
use std::{env, fs, io, thread};

use eframe::egui::epaint::text::{FallbackRequest, FontInsert, FontPriority, FontProvider, InsertFontFamily};
use eframe::egui::{Context, FontData, FontFamily};

use crate::desktop::style::{MEDIUM, SEMIBOLD, family};

/// How deep fonts lie below their folders.
const DEPTH: usize = 5;
/// A font beyond this many bytes is not loaded.
const LARGEST: u64 = 64 << 20;

/// A group of scripts that one font has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Script {
    Cjk,
    Arabic,
    Hebrew,
    Indic,
    Thai,
    Symbols,
    Other,
}

impl Script {
    fn of(character: char) -> Self {
        match u32::from(character) {
            0x0590..=0x05FF => Self::Hebrew,
            0x0600..=0x08FF | 0xFB50..=0xFDFF | 0xFE70..=0xFEFF => Self::Arabic,
            0x0900..=0x0DFF => Self::Indic,
            0x0E00..=0x0E7F => Self::Thai,
            0x1100..=0x11FF | 0x2E80..=0xA4CF | 0xAC00..=0xD7FF => Self::Cjk,
            0xF900..=0xFAFF | 0xFF00..=0xFFEF | 0x20000..=0x3FFFF => Self::Cjk,
            0x2190..=0x2BFF | 0x1F000..=0x1FAFF => Self::Symbols,
            _ => Self::Other,
        }
    }

    /// The files that have it on one system or another, the best first.
    fn files(self) -> &'static [&'static str] {
        match self {
            Self::Cjk => &[
                "NotoSansCJK-Regular.ttc",
                "NotoSansCJKjp-Regular.otf",
                "SourceHanSans-Regular.ttc",
                "wqy-microhei.ttc",
                "DroidSansFallbackFull.ttf",
                "Hiragino Sans GB.ttc",
                "PingFang.ttc",
                "AppleSDGothicNeo.ttc",
                "msyh.ttc",
                "YuGothR.ttc",
                "malgun.ttf",
            ],
            Self::Arabic => &[
                "NotoSansArabic-Regular.ttf",
                "DejaVuSans.ttf",
                "GeezaPro.ttc",
                "segoeui.ttf",
            ],
            Self::Hebrew => &[
                "NotoSansHebrew-Regular.ttf",
                "DejaVuSans.ttf",
                "ArialHB.ttc",
                "segoeui.ttf",
            ],
            Self::Indic => &[
                "NotoSansDevanagari-Regular.ttf",
                "Lohit-Devanagari.ttf",
                "Kohinoor.ttc",
                "Nirmala.ttf",
            ],
            Self::Thai => &[
                "NotoSansThai-Regular.ttf",
                "Garuda.ttf",
                "Thonburi.ttc",
                "LeelawUI.ttf",
            ],
            Self::Symbols => &[
                "NotoEmoji-Regular.ttf",
                "NotoSansSymbols2-Regular.ttf",
                "Symbola.ttf",
                "Apple Symbols.ttf",
                "seguiemj.ttf",
                "seguisym.ttf",
                "DejaVuSans.ttf",
            ],
            Self::Other => &["NotoSans-Regular.ttf"],
        }
    }
}

/// The files that have something of most scripts.
const GENERAL: [&str; 5] = [
    "DejaVuSans.ttf",
    "Arial Unicode.ttf",
    "arialuni.ttf",
    "FreeSans.ttf",
    "segoeui.ttf",
];

/// What egui asks for a character that no font has. It never answers at once: the font comes later, if there is one.
struct Fallback {
    wanted: SyncSender<Script>,
    asked: Mutex<HashSet<Script>>,
}

impl FontProvider for Fallback {
    fn font_for(&self, request: &FallbackRequest<'_>) -> Option<FontInsert> {
        let script = request.cluster.chars().next().map(Script::of)?;
        let mut asked = self.asked.lock().ok()?;
        if !asked.contains(&script) && self.wanted.try_send(script).is_ok() {
            asked.insert(script);
        }
        None
    }
}

/// Has the system's fonts looked for when they are needed.
///
/// # Errors
/// When the thread that looks for them cannot be started.
pub fn offer_system_fonts(ctx: &Context) -> io::Result<()> {
    let (wanted, scripts) = sync_channel(8);
    let asked = Mutex::new(HashSet::new());
    ctx.add_font_provider(Arc::new(Fallback { wanted, asked }));
    let ctx = ctx.clone();
    let look = move || look_for_fonts(&ctx, &scripts);
    thread::Builder::new().name("fonts".to_owned()).spawn(look)?;
    Ok(())
}

/// Loads a font for each script that is wanted, and has the window drawn again with it.
fn look_for_fonts(ctx: &Context, scripts: &Receiver<Script>) {
    let mut files = None;
    let mut loaded = HashSet::new();
    while let Ok(script) = scripts.recv() {
        let files = files.get_or_insert_with(|| all_fonts(&folders()));
        let Some((name, path)) = choose(script, files) else {
            continue;
        };
        if !loaded.insert(name) {
            continue;
        }
        if let Some(data) = load(path) {
            let place = |family| InsertFontFamily {
                family,
                priority: FontPriority::Lowest,
            };
            let families = [
                FontFamily::Proportional,
                FontFamily::Monospace,
                family(MEDIUM),
                family(SEMIBOLD),
            ];
            ctx.add_font(FontInsert::new(name, data, families.map(place).to_vec()));
            ctx.request_repaint();
        }
    }
}

fn load(path: &Path) -> Option<FontData> {
    let size = fs::metadata(path).ok()?.len();
    let bytes = (size <= LARGEST).then(|| fs::read(path).ok()).flatten()?;
    Some(FontData::from_owned(bytes))
}

/// The best of the files that are there.
fn choose(script: Script, files: &HashMap<String, PathBuf>) -> Option<(&'static str, &PathBuf)> {
    let names = script.files().iter().chain(&GENERAL);
    names
        .filter_map(|name| files.get(*name).map(|path| (*name, path)))
        .next()
}

/// Where systems keep their fonts.
fn folders() -> Vec<PathBuf> {
    let home = env::var_os("HOME").map(PathBuf::from).unwrap_or_default();
    let windows = env::var_os("WINDIR").map(|folder| PathBuf::from(folder).join("Fonts"));
    let shared = [
        "/usr/share/fonts",
        "/usr/local/share/fonts",
        "/System/Library/Fonts",
        "/Library/Fonts",
    ];
    let own = [".local/share/fonts", ".fonts", "Library/Fonts"];
    shared
        .into_iter()
        .map(PathBuf::from)
        .chain(own.map(|folder| home.join(folder)))
        .chain(windows)
        .collect()
}

/// Every file below some folders, by its name.
fn all_fonts(folders: &[PathBuf]) -> HashMap<String, PathBuf> {
    let mut files = HashMap::new();
    let mut waiting: Vec<(PathBuf, usize)> = folders.iter().map(|folder| (folder.clone(), 0)).collect();
    while let Some((folder, depth)) = waiting.pop() {
        for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
            match entry.file_type() {
                Ok(kind) if kind.is_dir() && depth < DEPTH => waiting.push((entry.path(), depth + 1)),
                Ok(kind) if !kind.is_dir() => {
                    files.insert(entry.file_name().to_string_lossy().into_owned(), entry.path());
                }
                _ => {}
            }
        }
    }
    files
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_best_font_that_is_there_is_chosen_for_a_script() {
        let folder = tempfile::tempdir().unwrap();
        let below = folder.path().join("truetype/dejavu");
        fs::create_dir_all(&below).unwrap();
        fs::write(below.join("DejaVuSans.ttf"), []).unwrap();
        let chosen = |character: char| {
            let files = all_fonts(&[folder.path().to_owned()]);
            choose(Script::of(character), &files).map(|(name, _)| name)
        };
        assert_eq!(chosen('ع'), Some("DejaVuSans.ttf"));
        assert_eq!(chosen('日'), Some("DejaVuSans.ttf"), "for want of a better one");
        fs::write(folder.path().join("NotoSansCJK-Regular.ttc"), []).unwrap();
        assert_eq!(chosen('日'), Some("NotoSansCJK-Regular.ttc"));
        assert_eq!(choose(Script::Thai, &HashMap::new()), None);
    }

    #[test]
    fn a_script_is_asked_for_once_and_never_waited_for() {
        let (wanted, scripts) = sync_channel(1);
        let asked = Mutex::new(HashSet::new());
        let fallback = Fallback { wanted, asked };
        let ask = |cluster| {
            let family = &FontFamily::Proportional;
            fallback.font_for(&FallbackRequest { cluster, family }).is_none()
        };
        assert!(ask("日") && ask("本") && ask("ع"), "none is at hand at once");
        assert_eq!(scripts.try_iter().collect::<Vec<_>>(), [Script::Cjk]);
        assert!(ask("ع"), "what could not be asked for is asked for again");
        assert_eq!(scripts.try_iter().collect::<Vec<_>>(), [Script::Arabic]);
    }
}
