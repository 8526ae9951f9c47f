//! What `permissions` can be told.

#![allow(clippy::doc_markdown, reason = "doc comments are the help text of a terminal program")]

use std::path::{Path, PathBuf};

use bundle_core::Integration;
use bundle_core::catalog::{Preset, Selection};
use clap::{Parser, Subcommand, ValueEnum};

use crate::exit::Failure;

/// Answers questions about permissions from the tables of the bundle; nothing is sent anywhere.
///
/// Exit codes: 0 all right, 1 something needs a person (nothing found, an operation stops, a permission is missing, an
/// operation is unknown), 2 wrong usage; a wrong name is told the nearest right ones.
#[derive(Clone, Debug, Parser)]
#[command(name = "permissions", version, max_term_width = 110)]
#[non_exhaustive]
pub struct Args {
    /// Print one JSON value on standard output
    #[arg(long, global = true)]
    pub json: bool,
    /// The question
    #[command(subcommand)]
    pub command: Command,
}

/// A question.
#[derive(Clone, Debug, Subcommand)]
#[non_exhaustive]
pub enum Command {
    /// Find permissions whose name, title or description has all of these words
    Search {
        /// The words
        #[arg(required = true, value_name = "WORD")]
        words: Vec<String>,
    },
    /// Show what is known about permissions
    Show {
        /// Names, with their resource in front where several have one: azure-storage/user_impersonation
        #[arg(required = true, value_name = "NAME")]
        names: Vec<String>,
    },
    /// Say which operations of the bundle stop working with a selection
    Impact {
        /// Which permissions
        #[command(flatten)]
        selection: SelectionArgs,
    },
    /// Find the smallest set of permissions for operations: "GET /users", or calls of the bundle: graph.users.list
    LeastPrivilege {
        /// Method and URL in one argument, or the name of a call
        #[arg(required = true, value_name = "OPERATION")]
        operations: Vec<String>,
        /// Ask for application permissions instead of delegated ones
        #[arg(long)]
        application: bool,
    },
    /// Compare what is granted in a tenant with a selection, and plan the writes that are missing
    Diff {
        /// The answer of GET /servicePrincipals/{id}/appRoleAssignments (JSON)
        #[arg(long, value_name = "FILE")]
        app_role_assignments: PathBuf,
        /// The answer of GET /oauth2PermissionGrants for the application (JSON)
        #[arg(long, value_name = "FILE")]
        permission_grants: PathBuf,
        /// The application (client) id, for the writes that name it
        #[arg(long, value_name = "GUID")]
        application: Option<String>,
        /// Which permissions
        #[command(flatten)]
        selection: SelectionArgs,
    },
    /// Write a selection out
    Export {
        /// As what
        #[arg(long, value_name = "FORMAT", default_value = "manifest")]
        format: Format,
        /// Which permissions
        #[command(flatten)]
        selection: SelectionArgs,
    },
}

/// What a selection is written as.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
#[non_exhaustive]
pub enum Format {
    /// requiredResourceAccess of an app registration (JSON)
    Manifest,
    /// One row for each permission of each kind
    Csv,
    /// The same as a table
    Markdown,
}

/// Which permissions. Without any of these, the stock of all integrations.
#[derive(Clone, Debug, Default, clap::Args)]
#[non_exhaustive]
pub struct SelectionArgs {
    /// Begin with this file: names one a line, or a selection as JSON
    #[arg(long, value_name = "FILE", conflicts_with = "preset")]
    pub selection: Option<PathBuf>,
    /// Begin with the core permissions and a preset instead of the stock; may be repeated
    #[arg(long, value_name = "NAME")]
    pub preset: Vec<String>,
    /// Add a permission, any of Microsoft Graph; may be repeated
    #[arg(long, value_name = "NAME")]
    pub with: Vec<String>,
    /// Leave a permission out; may be repeated
    #[arg(long, value_name = "NAME")]
    pub without: Vec<String>,
    /// Leave reads out that a read-write permission covers
    #[arg(long)]
    pub without_covered_reads: bool,
    /// For an app registration of one's own, which may go without the core permissions
    #[arg(long)]
    pub owned_app: bool,
}

impl SelectionArgs {
    /// The selection.
    ///
    /// # Errors
    /// [`Failure::Usage`]: a name is wrong (the nearest right ones are told), a core permission would be dropped, or the
    /// file cannot be read.
    pub fn read(&self) -> Result<Selection, Failure> {
        let mut selection = match &self.selection {
            Some(path) => self.read_file(path)?,
            None if self.preset.is_empty() => Selection::stock(&Integration::ALL),
            None => {
                let mut selection = if self.owned_app { Selection::owned_app() } else { Selection::core() };
                for name in &self.preset {
                    selection = selection.with_preset(Preset::named(name)?);
                }
                selection
            }
        };
        if self.owned_app {
            selection = selection.for_owned_app();
        }
        selection = selection.with(&self.with)?.without(&self.without)?;
        Ok(if self.without_covered_reads { selection.without_covered_reads() } else { selection })
    }

    fn read_file(&self, path: &Path) -> Result<Selection, Failure> {
        let text = read_file("--selection", path)?;
        if text.trim_start().starts_with('{') {
            return serde_json::from_str(&text)
                .map_err(|cause| Failure::usage(format!("--selection: {}: {cause}", path.display())));
        }
        let names = text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
        Ok(if self.owned_app { Selection::owned_app().with(names)? } else { Selection::only(names)? })
    }
}

pub(super) fn read_file(argument: &str, path: &Path) -> Result<String, Failure> {
    std::fs::read_to_string(path)
        .map_err(|cause| Failure::usage(format!("{argument}: {} cannot be read: {cause}", path.display())))
}
