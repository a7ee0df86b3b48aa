//! `chancery user …`.

use std::io::{BufRead, IsTerminal, Read};
use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use serde_json::{Map, Value, json};

use super::{Failure, GlobalArgs, Outcome, output};
use crate::client::{Secret, json_in_words};
use crate::registry::{User, UserName};

/// The longest password, and the most claims, that are read, in bytes.
const MOST_BYTES: u64 = 64 * 1024;

/// Make, list and remove test users, who sign in while a client is tried out
#[derive(Debug, Subcommand)]
#[command(after_help = USER_HELP)]
pub(super) enum UserCommand {
    /// Make a test user, or give the one of that name another password and other claims
    #[command(after_help = ADD_HELP)]
    Add(AddArgs),
    /// List test users
    #[command(after_help = LIST_HELP)]
    List(ListArgs),
    /// Remove a test user, with what they allowed and all tokens that came of it
    #[command(after_help = REMOVE_HELP)]
    Remove(RemoveArgs),
}

const ADD_HELP: &str = "\
The password is the first line of standard input. It is kept as an Argon2id hash only.

Claims are what /userinfo may say of the person, as a JSON object with the names of OpenID Connect Core \
section 5.1. Each is told with its scope: name and the like with profile, email with email, and so on; a claim of your \
own, such as roles, with openid.

Examples:
  echo 'correct horse' | chancery user add ada
  echo 'correct horse' | chancery user add ada --claims ada.json
  printf '%s\\n' 'correct horse' '{\"roles\":[\"admin\"]}' |
    chancery user add ada --claims -";

const USER_HELP: &str = "\
Examples:
  echo 'correct horse' | chancery user add ada
  chancery user list";

const LIST_HELP: &str = "\
Example:
  chancery user list --json | jq -r '.[].name'";

const REMOVE_HELP: &str = "\
Example:
  chancery user remove ada";

#[derive(Debug, Args)]
pub(super) struct AddArgs {
    /// The name to sign in with, which is also the sub of most tokens
    #[arg(value_name = "NAME", value_parser = parse_name)]
    user: UserName,
    /// What is said of the person, as a JSON object; `-` reads what follows the password
    #[arg(long, value_name = "FILE")]
    claims: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(super) struct ListArgs {
    /// Print JSON
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Args)]
pub(super) struct RemoveArgs {
    /// The name
    #[arg(value_name = "NAME")]
    user: String,
}

impl UserCommand {
    pub(super) fn run(self, global: &GlobalArgs) -> Outcome {
        match self {
            Self::Add(args) => add(args, global),
            Self::List(args) => list(&args, global),
            Self::Remove(args) => remove(&args, global),
        }
    }
}

fn add(args: AddArgs, global: &GlobalArgs) -> Outcome {
    let registry = global.open_or_create()?;
    let mut stdin = std::io::stdin().lock();
    if std::io::stdin().is_terminal() {
        output::remark("Password:");
    }
    let password = first_line(&mut stdin)?;
    let claims = match &args.claims {
        None => Map::new(),
        Some(file) => read_claims(file, &mut stdin)?,
    };
    let act = global.act();
    let before = registry.user(args.user.as_str())?;
    let user = User::new(args.user, &password, claims, act.at)?;
    registry.put_user(&user, &act)?;
    let done = if before.is_some() {
        "has another password now"
    } else {
        "can sign in"
    };
    output::line(&format!("{} {done}", user.name))
}

/// The password is wiped with the buffer that it was read into.
fn first_line(stdin: &mut impl BufRead) -> Result<Secret, Failure> {
    let mut line = zeroize::Zeroizing::new(String::with_capacity(1024));
    stdin.take(MOST_BYTES).read_line(&mut line).map_err(|error| {
        Failure::new(
            format!("The password cannot be read from standard input: {error}"),
            "Write it as one line of UTF-8",
        )
    })?;
    let password = line.trim_end_matches(['\r', '\n']);
    if password.is_empty() {
        return Err(Failure::new(
            "There is no password on standard input",
            "Write it as the first line, for example: echo 'correct horse' | chancery user add NAME",
        ));
    }
    Ok(Secret::new(password.to_owned()))
}

fn read_claims(file: &Path, stdin: &mut impl Read) -> Result<Map<String, Value>, Failure> {
    let mut bytes = Vec::new();
    let read = if file == Path::new("-") {
        stdin.take(MOST_BYTES).read_to_end(&mut bytes)
    } else {
        std::fs::File::open(file).and_then(|file| file.take(MOST_BYTES).read_to_end(&mut bytes))
    };
    read.map_err(|error| {
        Failure::new(
            format!("{} cannot be read: {error}", file.display()),
            "Check its name and its permissions",
        )
    })?;
    serde_json::from_slice(&bytes).map_err(|error| {
        Failure::new(
            format!("The claims are no JSON object: {}", json_in_words(&error)),
            "Write them as {\"name\": \"Ada Lovelace\", \"email\": \"ada@example.com\"}",
        )
    })
}

fn list(args: &ListArgs, global: &GlobalArgs) -> Outcome {
    let users = global.open()?.users()?;
    if args.json {
        let all = users.iter().map(described).collect();
        return output::json(&Value::Array(all));
    }
    if users.is_empty() {
        output::remark("There are no test users. Make one with chancery user add NAME");
    }
    for user in users {
        let told: Vec<&str> = user.claims.keys().map(String::as_str).collect();
        output::line(&output::visible(&format!("{}  {}", user.name, told.join(", "))))?;
    }
    Ok(())
}

fn described(user: &User) -> Value {
    json!({ "name": user.name, "claims": user.claims, "created_at": user.created_at.to_string() })
}

fn remove(args: &RemoveArgs, global: &GlobalArgs) -> Outcome {
    global.open()?.remove_user(&args.user, &global.act())?;
    output::line(&output::visible(&format!("{} is removed", args.user)))
}

fn parse_name(text: &str) -> Result<UserName, String> {
    UserName::parse(text)
        .ok_or_else(|| "a name has 1 to 100 visible ASCII characters and no space".to_owned())
}
