//! `chancery export`.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::PathBuf;

use clap::Args;

use super::target::{NotWritten, to_file, to_standard_output};
use super::{Failure, GlobalArgs, Outcome, output};
use crate::client::ClientId;
use crate::interchange::ExportFormat;
use crate::transfer::{ExportError, ExportWish, Exported, export};

const HELP: &str = "\
No secret is written, and no hash of one: whoever imports the file makes new ones. What the format has no place for is named on standard error, with how many clients have it. The file is of one moment, whatever others write meanwhile.

rfc7591 is an array of client metadata with the names of RFC 7591 section 2; keycloak is a partial import of a realm; hydra is what hydra import client takes; csv is a table for a spreadsheet, whose lists stand in one cell, an item a line.

Examples:
  chancery export --format rfc7591 --output clients.json
  chancery export --format hydra > clients.json
  chancery export --format csv --search billing --output billing.csv
  chancery export --format rfc7591 --client ID ANOTHER
  chancery --read-only export --format csv | column -ts,";

/// Write clients in the format of another system, never with a secret
#[derive(Debug, Args)]
#[command(after_help = HELP)]
pub(super) struct ExportArgs {
    /// In which format
    #[arg(long, value_name = "FORMAT", value_parser = parse_format)]
    format: ExportFormat,
    /// Write to a file, which is whole or as it was [default: standard output]
    #[arg(long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// These clients only
    #[arg(long = "client", value_name = "ID", num_args = 1.., value_parser = super::client::parse_id)]
    clients: Vec<ClientId>,
    /// Those only that a search finds, as in the list of clients
    #[arg(long, value_name = "TEXT", conflicts_with = "clients")]
    search: Option<String>,
}

fn parse_format(name: &str) -> Result<ExportFormat, String> {
    ExportFormat::parse(name).ok_or_else(|| {
        let names: Vec<&str> = ExportFormat::ALL.iter().map(|format| format.as_str()).collect();
        format!("there is no such format to write; there are {}", names.join(", "))
    })
}

impl ExportArgs {
    /// Does it.
    pub(super) fn run(&self, global: &GlobalArgs) -> Outcome {
        let registry = global.open()?;
        let wish = ExportWish {
            format: self.format,
            clients: self.clients.clone(),
            text: self.search.clone().unwrap_or_default(),
        };
        let mut write = |out: &mut dyn Write| {
            export(&registry, &wish, out, &mut |_| true).map_err(|error| match error {
                ExportError::Registry(error) => NotWritten::Nothing(error.into()),
                ExportError::Out(error) => NotWritten::Out(error),
                // Nobody stops it here.
                error @ ExportError::Stopped => {
                    NotWritten::Nothing(Failure::new(error.to_string(), "Run the export again"))
                }
            })
        };
        let exported = match &self.output {
            Some(path) => to_file(Some(registry.path()), "export", path, &mut write)?,
            None => to_standard_output("export", &mut write)?,
        };
        self.tell(&exported);
        Ok(())
    }

    fn tell(&self, exported: &Exported) {
        if exported.clients == 0 {
            output::remark("No client was found; the file has none");
        }
        if !exported.withheld.is_empty() {
            output::remark(&format!(
                "A password stood in {}; it was left out. Change it where it counts, and take it out of the registration",
                counted(&exported.withheld)
            ));
        }
        if !exported.unsaid.is_empty() {
            output::remark(&format!(
                "{} has no place for {}. It {}",
                self.format,
                counted(&exported.unsaid),
                self.format.what_of_the_rest()
            ));
        }
    }
}

fn counted(members: &BTreeMap<String, u64>) -> String {
    let each = members.iter().map(|(member, clients)| match clients {
        1 => format!("{member} of 1 client"),
        many => format!("{member} of {many} clients"),
    });
    each.collect::<Vec<_>>().join(", ")
}
