//! Rooms, who knows whom, the map, and the length of files.

use crate::breach::Breach;
use crate::mention::mentions;
use crate::source::House;

/// Who may know whom: a room, and the rooms it may name. `cli`, `desktop` and `fuzzing` may name every one.
const ARROWS: [(&str, &[&str]); 14] = [
    ("client", &[]),
    ("audit", &["client"]),
    ("interchange", &["client"]),
    ("jwt", &["client"]),
    ("vault", &["client"]),
    ("outbound", &["jwt", "client"]),
    ("registry", &["vault", "audit", "client"]),
    ("transfer", &["registry", "interchange", "audit", "client"]),
    (
        "reporting",
        &["transfer", "registry", "interchange", "audit", "client"],
    ),
    (
        "protocol",
        &["registry", "vault", "outbound", "interchange", "jwt", "client"],
    ),
    (
        "server",
        &[
            "protocol",
            "registry",
            "vault",
            "outbound",
            "interchange",
            "jwt",
            "client",
        ],
    ),
    ("cli", EVERY_ROOM),
    ("desktop", EVERY_ROOM),
    ("fuzzing", EVERY_ROOM),
];
const EVERY_ROOM: &[&str] = &[
    "client",
    "audit",
    "interchange",
    "jwt",
    "vault",
    "outbound",
    "registry",
    "transfer",
    "reporting",
    "protocol",
    "server",
    "cli",
    "desktop",
];

/// Lines after which a file holds a second idea.
const MOST_LINES: usize = 500;

/// Rooms that name a room they may not know, and places that are no room.
pub fn arrows(house: &House) -> Vec<Breach> {
    let mut found = Vec::new();
    for source in &house.sources {
        let room = room_of(&source.path);
        if matches!(room, "lib" | "main") {
            continue;
        }
        let Some((_, known)) = ARROWS.iter().find(|(name, _)| *name == room) else {
            let what =
                format!("`{room}` is no room: move it into one, or give it a line in ARROWS and in the map");
            found.push(Breach::new(source, 1, what));
            continue;
        };
        for mention in mentions(&source.shipped) {
            let Some(other) = room_named_by(&source.path, &mention.segments) else {
                continue;
            };
            if other != room && !known.contains(&other) {
                let what = format!(
                    "`{room}` may not know `{other}`: pass in what it needs, or move this up the arrows"
                );
                found.push(Breach::new(source, mention.line, what));
            }
        }
    }
    found
}

fn room_of(path: &str) -> &str {
    let first = path.split_once('/').map_or(path, |(first, _)| first);
    first.trim_end_matches(".rs")
}

/// The room that `crate::ROOM::…`, or `super::…` climbing out of the own room, leads to.
fn room_named_by<'a>(path: &str, segments: &'a [String]) -> Option<&'a str> {
    let first = segments.first()?;
    let climbs = segments.iter().take_while(|segment| *segment == "super").count();
    let own_depth = path
        .trim_end_matches(".rs")
        .split('/')
        .filter(|part| *part != "mod")
        .count();
    let named = match first.as_str() {
        "crate" => segments.get(1)?,
        "super" if climbs >= own_depth => segments.get(climbs)?,
        _ => return None,
    };
    EVERY_ROOM.contains(&named.as_str()).then_some(named)
}

/// What stands directly under `src/` and not in the map, what the map has and `src/` has not, and re-exports beside
/// the map, through which the arrows could not be seen.
pub fn map(house: &House) -> Vec<Breach> {
    let Some(lib) = house.sources.iter().find(|source| source.path == "lib.rs") else {
        return vec![Breach {
            path: "lib.rs".to_owned(),
            line: 1,
            what: "there is no map".to_owned(),
        }];
    };
    let mapped: Vec<(usize, &str)> = lib
        .comments
        .iter()
        .filter_map(|(line, text)| Some((*line, row_of(text)?)))
        .collect();
    let mut rooms: Vec<&str> = house.sources.iter().map(|source| room_of(&source.path)).collect();
    rooms.extend(house.others.iter().map(|path| room_of(path)));
    rooms.sort_unstable();
    rooms.dedup();
    rooms.retain(|room| !matches!(*room, "lib" | "main"));

    let mut found = Vec::new();
    for room in &rooms {
        if !mapped.iter().any(|(_, name)| name == room) {
            found.push(Breach::new(
                lib,
                1,
                format!("`{room}` is not in the map: give it a row, what for and whom it may know"),
            ));
        }
    }
    for (line, name) in &mapped {
        if !rooms.contains(name) {
            found.push(Breach::new(
                lib,
                *line,
                format!("the map names `{name}`, which is not there: strike the row"),
            ));
        }
    }
    for token in lib.shipped.iter().filter(|token| token.is("use")) {
        found.push(Breach::new(
            lib,
            token.line,
            "a re-export hides who knows whom: name the room at each use".to_owned(),
        ));
    }
    found
}

/// The room of a row of the map: ``//! | [`client`] | …``.
fn row_of(comment: &str) -> Option<&str> {
    let cell = comment
        .trim_start_matches(['/', '!'])
        .trim()
        .strip_prefix('|')?
        .trim();
    let name = cell.strip_prefix('[').unwrap_or(cell).strip_prefix('`')?;
    name.split_once('`').map(|(name, _)| name)
}

/// Files that do not fit in a head, tests counted too.
pub fn long_files(house: &House) -> Vec<Breach> {
    let long = house.sources.iter().filter(|source| source.lines > MOST_LINES);
    long.map(|source| {
        let last_shipped = source.shipped.last().map_or(0, |token| token.line);
        let tests = source.lines.saturating_sub(last_shipped);
        let what = format!(
            "{} lines, of which some {tests} are tests at its end: look for the second idea in it, or move the tests into a file of their own",
            source.lines
        );
        Breach::new(source, MOST_LINES + 1, what)
    })
    .collect()
}
