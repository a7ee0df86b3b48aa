//! The command line: for scripts, and for machines without a screen.
//!
//! Results go to standard output, messages to standard error as what happened and what to do. Exit status 0: done;
//! 1: refused or failed; 2: wrong usage. The one table of commands, options and their words is the types here: help,
//! completions and the manual page are made from them.

mod account;
mod audit;
mod backup;
mod check;
mod client;
mod compare;
mod describe;
mod duration;
mod export;
mod failure;
mod handover;
mod history;
mod import;
mod input;
mod output;
mod pasted_token;
mod registration_token;
mod resource_server;
mod serve;
mod sign_offs;
mod target;
mod token;
mod user;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Args, Parser, Subcommand, ValueEnum};
use jiff::Timestamp;

pub use account::account;
pub use failure::Failure;

use crate::desktop;
use crate::registry::{Act, Registry, RegistryError, default_path};

/// What a command comes to: done, or a sentence and advice for standard error.
pub type Outcome = Result<(), Failure>;

/// A register of OAuth 2.0 and OpenID Connect client registrations
///
/// Without a command, the window opens.
#[derive(Debug, Parser)]
#[command(name = "chancery", version, max_term_width = 100, after_help = EXAMPLES)]
pub struct Cli {
    #[command(flatten)]
    window: WindowArgs,
    #[command(flatten)]
    global: GlobalArgs,
    #[command(subcommand)]
    command: Option<Command>,
}

const EXAMPLES: &str = "\
Examples:
  chancery                                     open the window
  chancery client create --file billing.json   register a client
  chancery client list --search billing        find clients
  chancery user add ada < password.txt         make a test user
  chancery serve                               serve tokens on this machine
  chancery token ID                            get a token for a client
  chancery audit --format html > audit.html    what is wrong with the clients?
  chancery history --since 7d                  who changed what this week?
  chancery --registry oauth.chancery check     is the file whole and untouched?

Exit status: 0 done, 1 refused or failed, 2 wrong usage.";

/// How the window is opened.
#[derive(Clone, Debug, Args)]
pub struct WindowArgs {
    /// What draws the window
    #[arg(long, value_enum, default_value_t)]
    pub renderer: Renderer,
    /// Keep what a reviewer decides in a read-only window in this file [default: FILE.sign-offs.json beside the registry]
    #[arg(long, value_name = "FILE", requires = "read_only")]
    pub sign_offs: Option<PathBuf>,
}

/// What draws the window.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Renderer {
    /// The first of the others that works
    #[default]
    Auto,
    /// Vulkan, Metal or Direct3D 12
    Wgpu,
    /// OpenGL
    Glow,
}

/// What every command takes.
#[derive(Clone, Debug, Args)]
pub struct GlobalArgs {
    /// The registry file [default: chancery/registry.chancery in the data folder]
    #[arg(long, global = true, value_name = "FILE")]
    pub registry: Option<PathBuf>,
    /// Who does it, for the history [default: the account of the operating system]
    #[arg(long = "as", global = true, value_name = "NAME", value_parser = parse_name)]
    pub name: Option<String>,
    /// Open the registry without writing anything to it or beside it
    #[arg(long, global = true)]
    pub read_only: bool,
}

impl GlobalArgs {
    /// The registry file.
    ///
    /// # Errors
    /// [`Failure`] where none is named and the platform knows no data folder.
    pub fn path(&self) -> Result<PathBuf, Failure> {
        self.registry.clone().or_else(default_path).ok_or_else(|| {
            Failure::new(
                "This machine has no home folder to keep a registry in",
                "Name one with --registry FILE",
            )
        })
    }

    /// Opens the registry, which must exist.
    ///
    /// # Errors
    /// [`Failure`] when it does not, or cannot be opened.
    pub fn open(&self) -> Result<Registry, Failure> {
        let path = self.path()?;
        let opened = self.open_at(&path);
        opened.inspect(warn_of_others).map_err(|error| match error {
            RegistryError::NoFile(_) | RegistryError::NoFolder(_) => Failure::new(
                format!("There is no registry {}", path.display()),
                "Name another with --registry FILE, or register the first client with chancery client create",
            ),
            error => error.into(),
        })
    }

    /// Opens the registry, if there is one.
    ///
    /// # Errors
    /// [`Failure`] when it is there and cannot be opened.
    pub fn open_if_there(&self) -> Result<Option<Registry>, Failure> {
        match self.open_at(&self.path()?) {
            Ok(registry) => {
                warn_of_others(&registry);
                Ok(Some(registry))
            }
            Err(RegistryError::NoFile(_) | RegistryError::NoFolder(_)) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    fn open_at(&self, path: &Path) -> Result<Registry, RegistryError> {
        if self.read_only {
            Registry::open_read_only(path)
        } else {
            Registry::open_existing(path, Timestamp::now())
        }
    }

    /// Opens the registry, and makes it if there is none, unless `--read-only` is given.
    ///
    /// # Errors
    /// [`Failure`] when it cannot be opened.
    pub fn open_or_create(&self) -> Result<Registry, Failure> {
        let path = self.path()?;
        let opened = if self.read_only {
            Registry::open_read_only(&path)
        } else {
            Registry::open(&path, Timestamp::now())
        };
        Ok(opened.inspect(warn_of_others)?)
    }

    /// Who acts, now.
    pub fn act(&self) -> Act {
        Act::new(self.name.clone().unwrap_or_else(account), Timestamp::now())
    }
}

/// Says of each file that others had access to that they had, and what to do.
fn warn_of_others(registry: &Registry) {
    for open in registry.found_open_to_others() {
        let (file, mode) = (open.file.display(), open.mode);
        output::remark(&if registry.is_read_only() {
            format!(
                "warning: others have access to {file} ({mode:o}). Run: chmod 600 '{file}'\n{}",
                open.advice()
            )
        } else {
            format!(
                "warning: others had access to {file} ({mode:o}) until now\n{}",
                open.advice()
            )
        });
    }
}

fn parse_name(text: &str) -> Result<String, String> {
    let name = text.trim();
    if name.is_empty() || name.chars().count() > 100 || name.chars().any(char::is_control) {
        return Err("a name has 1 to 100 characters, none of them a control character".to_owned());
    }
    Ok(name.to_owned())
}

const COMPLETIONS_HELP: &str = "\
Examples:
  chancery completions bash > /etc/bash_completion.d/chancery
  chancery completions zsh > ~/.zfunc/_chancery";

const MAN_HELP: &str = "\
Example:
  chancery man ~/.local/share/man/man1";

#[derive(Debug, Subcommand)]
enum Command {
    /// Register, find and change clients
    #[command(subcommand)]
    Client(client::ClientCommand),
    /// Take over clients of another system, with their client IDs
    Import(import::ImportArgs),
    /// Write clients in the format of another system, never with a secret
    Export(export::ExportArgs),
    /// Say in what the registry and an export of another system differ
    Compare(compare::CompareArgs),
    /// Make, list and remove test users
    #[command(subcommand)]
    User(user::UserCommand),
    /// Register, find and change the resource servers that tokens are for
    #[command(subcommand)]
    ResourceServer(resource_server::ResourceServerCommand),
    /// Make, list and revoke initial access tokens, by which applications register themselves
    #[command(subcommand)]
    RegistrationToken(registration_token::RegistrationTokenCommand),
    /// Serve tokens to the registry's clients, until Ctrl+C
    Serve(serve::ServeArgs),
    /// Get a token by client credentials, through a real /token
    Token(token::TokenArgs),
    /// Judge every client by every rule, and report what is found
    Audit(audit::AuditArgs),
    /// Look at what a read-only reviewer decided, and take it into the registry
    #[command(subcommand)]
    SignOffs(sign_offs::SignOffsCommand),
    /// Tell who changed what, when, and from what to what
    History(history::HistoryArgs),
    /// Look whether the file is whole, its history untouched, and its permissions tight
    Check(check::CheckArgs),
    /// Copy the registry and its key file to new files
    Backup(backup::BackupArgs),
    /// Print a script that completes commands in a shell
    #[command(after_help = COMPLETIONS_HELP)]
    Completions {
        /// Which shell
        shell: clap_complete::Shell,
    },
    /// Write the manual pages
    #[command(after_help = MAN_HELP)]
    Man {
        /// The folder to write them to
        folder: PathBuf,
    },
}

/// Reads the command line and does what it says. `main` returns what this returns.
pub fn run() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(told) => {
            // Help and version are no errors; a reader that went away while they were printed is none either.
            let _reader_went_away = told.print();
            return ExitCode::from(u8::try_from(told.exit_code()).unwrap_or(2));
        }
    };
    let global = &cli.global;
    let outcome = match cli.command {
        None => open_window(global, &cli.window),
        Some(Command::Client(command)) => command.run(global),
        Some(Command::Import(args)) => args.run(global),
        Some(Command::Export(args)) => args.run(global),
        Some(Command::Compare(args)) => args.run(global),
        Some(Command::User(command)) => command.run(global),
        Some(Command::ResourceServer(command)) => command.run(global),
        Some(Command::RegistrationToken(command)) => command.run(global),
        Some(Command::Serve(args)) => args.run(global),
        Some(Command::Token(args)) => args.run(global),
        Some(Command::Audit(args)) => args.run(global),
        Some(Command::SignOffs(command)) => command.run(global),
        Some(Command::History(args)) => args.run(global),
        Some(Command::Check(args)) => args.run(global),
        Some(Command::Backup(args)) => args.run(global),
        Some(Command::Completions { shell }) => completions(shell),
        Some(Command::Man { folder }) => manual_pages(&folder),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            failure.tell();
            ExitCode::from(failure.exit_status())
        }
    }
}

/// Opens the window.
fn open_window(global: &GlobalArgs, window: &WindowArgs) -> Outcome {
    let renderer = match window.renderer {
        Renderer::Auto => desktop::Renderer::Auto,
        Renderer::Wgpu => desktop::Renderer::Wgpu,
        Renderer::Glow => desktop::Renderer::Glow,
    };
    let options = desktop::WindowOptions {
        registry: global.path()?,
        read_only: global.read_only,
        sign_offs: window.sign_offs.clone(),
        renderer,
        by: global.name.clone(),
    };
    desktop::open(&options).map_err(|trouble| Failure::new(trouble.what, trouble.advice))
}

fn completions(shell: clap_complete::Shell) -> Outcome {
    let mut script = Vec::new();
    clap_complete::generate(
        shell,
        &mut <Cli as clap::CommandFactory>::command(),
        "chancery",
        &mut script,
    );
    output::bytes(&script)
}

fn manual_pages(folder: &Path) -> Outcome {
    let mut command = <Cli as clap::CommandFactory>::command().disable_help_subcommand(true);
    command.build();
    write_manual_pages(&command, folder).map_err(|error| {
        Failure::new(
            format!(
                "The manual pages cannot be written to {}: {error}",
                folder.display()
            ),
            "Name a folder that exists and can be written to",
        )
    })
}

/// The page of a command, and those of the commands under it.
fn write_manual_pages(command: &clap::Command, folder: &Path) -> std::io::Result<()> {
    for command in command.get_subcommands().filter(|command| !command.is_hide_set()) {
        write_manual_pages(command, folder)?;
    }
    let page = clap_mangen::Man::new(command.clone());
    let mut text = Vec::new();
    page.render(&mut text)?;
    // The generator knows one name for what stands after the options, and it is none that a manual page has.
    let text = String::from_utf8_lossy(&text).replace("\n.SH EXTRA\n", "\n.SH \"NOTES AND EXAMPLES\"\n");
    std::fs::write(folder.join(page.get_filename()), text)
}

impl From<RegistryError> for Failure {
    fn from(error: RegistryError) -> Self {
        // What to do is said for the window too; on a command line some of it is done otherwise.
        let advice = match &error {
            RegistryError::Refused(_) => "Nothing was saved. Correct the metadata and run the command again".to_owned(),
            RegistryError::Conflict { .. } => {
                "Nothing was saved. Look at it with chancery client show, then run the command again".to_owned()
            }
            RegistryError::NotFound { what: "client", .. } => {
                "Check the client ID: chancery client list shows them all. Somebody else may have deleted it".to_owned()
            }
            RegistryError::TooManySecrets => {
                "End them all with chancery client revoke-secrets, or wait until some have ended, then rotate again".to_owned()
            }
            RegistryError::SecretUnfit => {
                "Choose a token_endpoint_auth_method with a secret first, with chancery client update".to_owned()
            }
            _ => error.advice(),
        };
        Self::new(error.to_string(), advice)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_of_commands_is_consistent() {
        <Cli as clap::CommandFactory>::command().debug_assert();
    }

    /// Every command with its words, groups of commands too.
    fn visit(command: &mut clap::Command, look: &mut impl FnMut(&mut clap::Command)) {
        look(command);
        for command in command.get_subcommands_mut() {
            if command.get_name() != "help" {
                visit(command, look);
            }
        }
    }

    #[test]
    fn every_command_shows_an_example_and_no_line_is_broken_twice() {
        let mut command = <Cli as clap::CommandFactory>::command();
        command.build();
        visit(&mut command, &mut |command| {
            let name = command.get_display_name().unwrap_or_default().to_owned();
            let help = command.render_long_help().to_string();
            assert!(
                help.contains("\nExample:\n  ") || help.contains("\nExamples:\n  "),
                "{name}"
            );
            // What clap breaks itself is a paragraph. A line of a paragraph that we broke would be followed by another.
            let after = command
                .get_after_help()
                .map(ToString::to_string)
                .unwrap_or_default();
            for (line, next) in after.lines().zip(after.lines().skip(1)) {
                let is_prose = |line: &str| line.starts_with(char::is_alphanumeric) && !line.ends_with(':');
                assert!(
                    !(is_prose(line) && is_prose(next)),
                    "{name}: {line:?} goes on in {next:?}"
                );
            }
            for line in after.lines().filter(|line| line.starts_with(' ')) {
                assert!(
                    line.chars().count() <= 80,
                    "{name}: {line:?} is broken on a small terminal"
                );
            }
        });
    }

    #[test]
    fn manual_pages_have_the_sections_that_manual_pages_have() {
        let folder = tempfile::tempdir().unwrap();
        manual_pages(folder.path()).unwrap();
        let pages: Vec<_> = std::fs::read_dir(folder.path())
            .unwrap()
            .map(|entry| std::fs::read_to_string(entry.unwrap().path()).unwrap())
            .collect();
        assert!(pages.len() > 15, "{}", pages.len());
        assert!(
            pages
                .iter()
                .all(|page| !page.contains("EXTRA") && page.contains("NOTES AND EXAMPLES"))
        );
    }

    #[test]
    fn a_name_for_the_history_is_one_line_of_text() {
        assert_eq!(parse_name(" Ada ").as_deref(), Ok("Ada"));
        for bad in ["", "  ", "a\nb", "\u{1b}[31m", &"a".repeat(101)] {
            assert!(parse_name(bad).is_err(), "{bad:?}");
        }
    }
}
