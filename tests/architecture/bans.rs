//! What may not be named, as one table: a new ban is a new constant.

use crate::breach::{Breach, lives_in};
use crate::mention::mentions;
use crate::source::{House, Source, Token};

/// The files that may open a `client::Secret`. Each has a reason; a new one needs one too.
const MAY_EXPOSE_A_SECRET: &[&str] = &[
    // Makes it, hashes it, compares it.
    "client/secret",
    // Puts it where a person pastes it from, and takes it away again if it is still there.
    "desktop/clipboard",
    // Shows it this once, and writes it among environment variables for the clipboard.
    "desktop/dialogs/secret",
    // Shows the request as it was sent, masked until the person asks.
    "desktop/screens/tokens/exchange",
    // Hands what was pasted to the decoder, and forgets it.
    "desktop/worker/decoded",
    // Reads a private key, and signs with it.
    "outbound/assertion",
    // Hashes the access token that a proof goes with.
    "outbound/dpop_proof",
    // Write it into a request that goes out, and show that request masked.
    "outbound/as_client",
    "outbound/browser",
    "outbound/exchange",
    "outbound/token_request",
    // Makes a code challenge of it.
    "outbound/authorization",
    // Remember a password that signs in once, under a MAC.
    "protocol/test_password",
    // Reads a request as it was sent, and writes it with names in the place of what is secret.
    "outbound/http_text",
    // Writes it into a command for the clipboard, where it is a test credential.
    "outbound/shell_command",
    // Prints an initial access token, this once.
    "cli/registration_token",
    // Writes the response to a registration, which has the secret in it this once.
    "interchange/rfc7591",
    // Hands the parameters of a request to the endpoint that asked for them.
    "protocol/form",
    // Makes codes and refresh tokens, and stores what they hash to.
    "protocol/opaque",
    // Writes the response to a token request, which has the refresh token in it this once.
    "protocol/token",
    // Sends the browser back with the code.
    "server/authorize",
    // Write what a pushed request and a device get, which has the reference and the codes in it this once.
    "server/device_authorization",
    "server/par",
    // Hand an assertion and an access token to whoever checks the signature.
    "server/client_authentication",
    "server/protected_resource",
    // Compare it under a MAC, without hashing it anew.
    "protocol/test_credentials",
    "protocol/verified_secrets",
];

/// The files in which `desktop` does what takes time: they run on the worker threads, and the clipboard on its own.
const OFF_THE_DRAWING_THREAD: &[&str] = &["desktop/worker*", "desktop/clipboard", "desktop/ending"];

/// What may not be named, where, and what to do instead.
pub struct Ban {
    pub what: &'static [&'static str],
    /// Where it counts; empty: everywhere.
    pub inside: &'static [&'static str],
    pub except: &'static [&'static str],
    pub instead: &'static str,
}

pub const PURITY: Ban = Ban {
    what: &[
        "std::fs",
        "std::net",
        "std::env",
        "std::process",
        "std::thread",
        "std::io::stdin",
        "std::io::stdout",
        "std::io::stderr",
        "std::os",
        "tokio",
        "tempfile",
        "directories",
        "SystemTime",
        "Instant::now",
        "Timestamp::now",
        "Zoned::now",
        "TimeZone::system",
        "getrandom",
        "rand::*",
        "SystemRandom",
        "OsRng",
        "thread_rng",
        "Uuid::new_v4",
        "Uuid::now_v7",
    ],
    inside: &["client", "audit", "jwt"],
    except: &[],
    instead: "this room is pure: let the caller pass in the bytes, the time and the randomness",
};

pub const TIME_OF_DAY: Ban = Ban {
    what: &["SystemTime::now", "Timestamp::now", "Zoned::now", "Uuid::now_v7"],
    inside: &[
        "client",
        "audit",
        "interchange",
        "jwt",
        "vault",
        "outbound",
        "registry",
        "reporting",
        "protocol",
    ],
    except: &[],
    instead: "take the time as a parameter; only cli, desktop and server ask for it",
};

pub const SQLITE: Ban = Ban {
    what: &["rusqlite", "rusqlite_migration", "libsqlite3_sys"],
    inside: &[],
    except: &["registry"],
    instead: "ask the registry: no type, error or SQL of SQLite leaves that folder",
};

pub const AXUM: Ban = Ban {
    what: &["axum", "hyper::server", "hyper_util::server"],
    inside: &[],
    except: &["server"],
    instead: "only the server knows HTTP from that side; decide in protocol, answer in server",
};

pub const HTTP_CLIENT: Ban = Ban {
    what: &["hyper::client", "hyper_util::client", "reqwest", "ureq"],
    inside: &[],
    except: &["outbound"],
    instead: "go through outbound, the only HTTP client",
};

pub const WINDOW: Ban = Ban {
    what: &[
        "eframe",
        "egui",
        "egui_extras",
        "egui_kittest",
        "arboard",
        "ecolor",
        "epaint",
        "emath",
    ],
    inside: &[],
    except: &["desktop"],
    instead: "only desktop draws; give it plain data",
};

pub const SLOW: Ban = Ban {
    what: &[
        "std::fs",
        "fs::*",
        "std::net",
        "std::process::Command",
        "File::open",
        "File::create",
        "thread::sleep",
        "Registry::open*",
        "Registry::create*",
        ".recv()",
        ".recv_timeout",
        ".recv_deadline",
        ".join()",
        ".block_on",
        "outbound::discover",
        "outbound::exchange",
    ],
    inside: &["desktop"],
    except: OFF_THE_DRAWING_THREAD,
    instead: "nothing slow on the thread that draws: send a command to a worker and read its reply with try_recv",
};

pub const EXPOSED_SECRETS: Ban = Ban {
    what: &[".expose()", "Secret::expose"],
    inside: &[],
    except: MAY_EXPOSE_A_SECRET,
    instead: "hand the `Secret` on unopened, or add this file and its reason to MAY_EXPOSE_A_SECRET",
};

pub const FAULTS: Ban = Ban {
    what: &[".arm"],
    inside: &[],
    // What arms one in the server that runs, and where the window asks for that.
    except: &["server/fault", "desktop/worker/fault"],
    instead: "only a person at the window breaks an answer on purpose, in the window's own server",
};

pub const COLOURS: Ban = Ban {
    what: &[
        "Color32::from_*",
        "Rgba::from_*",
        "Hsva::new",
        "Hsva::from_*",
        "hex_color",
    ],
    inside: &[],
    except: &["desktop/style/tokens"],
    instead: "colours live in desktop/style/tokens.rs, where the themes and their contrast are tested",
};

pub const UNNAMED_THREADS: Ban = Ban {
    what: &["thread::spawn"],
    inside: &[],
    except: &[],
    instead: "name the thread: std::thread::Builder::new().name(…).spawn(…)",
};

pub const UNBOUNDED_CHANNELS: Ban = Ban {
    what: &["mpsc::channel", "unbounded_channel"],
    inside: &[],
    // Tokio's `mpsc::channel` takes a bound.
    except: &["server"],
    instead: "bound the channel: std::sync::mpsc::sync_channel(…)",
};

/// Where shipped code names what a ban forbids.
pub fn banned(house: &House, ban: &Ban) -> Vec<Breach> {
    let counts = |source: &&Source| {
        let inside = ban.inside.is_empty() || ban.inside.iter().any(|place| lives_in(&source.path, place));
        inside && !ban.except.iter().any(|place| lives_in(&source.path, place))
    };
    let mut found = Vec::new();
    for source in house.sources.iter().filter(counts) {
        let breach = |(line, what)| Breach::new(source, line, format!("`{what}`: {}", ban.instead));
        found.extend(named(source, ban.what).into_iter().map(breach));
    }
    found
}

/// The lines of shipped code that name one of these.
fn named(source: &Source, what: &[&'static str]) -> Vec<(usize, &'static str)> {
    let (methods, paths): (Vec<&'static str>, Vec<&'static str>) =
        what.iter().partition(|what| what.starts_with('.'));
    let mut found = Vec::new();
    for mention in mentions(&source.shipped) {
        let hit = paths.iter().find(|pattern| names(&mention.segments, pattern));
        found.extend(hit.map(|pattern| (mention.line, *pattern)));
    }
    for method in methods {
        found.extend(calls(&source.shipped, method).map(|line| (line, method)));
    }
    found.sort_unstable();
    found.dedup();
    found
}

/// Places that an exception names without need: nothing there does what the ban forbids.
pub fn idle_exceptions(house: &House, ban: &Ban) -> Vec<Breach> {
    let alone = |place: &&'static str| {
        let sources = house
            .sources
            .iter()
            .filter(|source| lives_in(&source.path, place));
        sources
            .flat_map(|source| named(source, ban.what))
            .next()
            .is_none()
    };
    let idle = ban.except.iter().copied().filter(alone);
    idle.map(|place| {
        Breach::at(
            place,
            1,
            "an exception nobody needs any more: strike it from the list",
        )
    })
    .collect()
}

/// Whether the segments hold those of the pattern, one after the other.
fn names(segments: &[String], pattern: &str) -> bool {
    let wanted: Vec<&str> = pattern.split("::").collect();
    let fits = |segment: &String, want: &&str| match want.strip_suffix('*') {
        Some(start) => segment.starts_with(start),
        None => segment == want,
    };
    segments.windows(wanted.len()).any(|window| {
        window
            .iter()
            .zip(&wanted)
            .all(|(segment, want)| fits(segment, want))
    })
}

/// Lines on which a method is called: `.name`, or `.name()` without arguments.
fn calls<'a>(tokens: &'a [Token], method: &'a str) -> impl Iterator<Item = usize> + 'a {
    let bare = method.ends_with("()");
    let name = method.trim_start_matches('.').trim_end_matches("()");
    tokens.windows(4).filter_map(move |window| match window {
        [dot, word, open, close] if dot.is_sign('.') && word.is(name) && open.is_sign('(') => {
            (!bare || close.is_sign(')')).then_some(word.line)
        }
        _ => None,
    })
}
