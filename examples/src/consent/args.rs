//! What `consent` can be told.

#![allow(clippy::doc_markdown, reason = "doc comments are the help text of a terminal program")]

use std::path::PathBuf;

use bundle_core::TenantId;
use bundle_core::consent::WantedGrants;
use clap::{Parser, Subcommand};
use jiff::SignedDuration;

use crate::connection_args::ConnectionArgs;
use crate::exit::Failure;
use crate::{gdap, onboard};

/// Keeps the consent of customers to the partner's application up, and the permissions on top of it.
///
/// Without --endpoints and --cloud it works on a Microsoft cloud of its own on loopback, with five customers.
///
/// Secrets come from files or the environment: BUNDLE_CLIENT_SECRET, BUNDLE_REFRESH_TOKEN, BUNDLE_TOKEN_KEY.
///
/// Exit codes: 0 all is well, 1 something needs a person or was not looked at, 2 wrong usage, 3 failed or inconclusive.
#[derive(Clone, Debug, Parser)]
#[command(name = "consent", version, max_term_width = 110)]
#[non_exhaustive]
pub struct Args {
    /// Where to work, and as whom
    #[command(flatten)]
    pub connection: ConnectionArgs,
    /// Keep what is known of each customer in this file: when it was done, and what was begun
    #[arg(long, value_name = "FILE", global = true)]
    pub state: Option<PathBuf>,
    /// Only this customer (tenant id); may be repeated
    #[arg(long, value_name = "GUID", global = true)]
    pub customer: Vec<String>,
    /// Leave a permission of the stock selection out (name); may be repeated
    #[arg(long, value_name = "NAME", global = true)]
    pub without_permission: Vec<String>,
    /// Want only the permissions in this file (one name a line) instead of the stock selection
    #[arg(long, value_name = "FILE", global = true)]
    pub permissions: Option<PathBuf>,
    /// Print one JSON object on standard output
    #[arg(long, global = true, conflicts_with = "csv")]
    pub json: bool,
    /// Print comma-separated values on standard output
    #[arg(long, global = true)]
    pub csv: bool,
    /// What to do
    #[command(subcommand)]
    pub command: Command,
}

/// What to do.
#[derive(Clone, Debug, Subcommand)]
#[non_exhaustive]
pub enum Command {
    /// Say when each customer was looked after, how it went and when it is due; asks no customer's tenant
    Status,
    /// Look after the customers that are due: never done, application or permissions changed, failed a day ago, done a
    /// week ago
    Refresh(RefreshArgs),
    /// Remove the consent and give it anew, with everything granted to the application
    Reset(ResetArgs),
}

/// What `consent refresh` can be told.
#[derive(Clone, Debug, Default, clap::Args)]
#[non_exhaustive]
pub struct RefreshArgs {
    /// Also customers that are not due
    #[arg(long)]
    pub force: bool,
    /// How it is done
    #[command(flatten)]
    pub how: RunArgs,
}

/// What `consent reset` can be told.
#[derive(Clone, Debug, Default, clap::Args)]
#[non_exhaustive]
pub struct ResetArgs {
    /// Every customer of the partner
    #[arg(long, conflicts_with = "customer")]
    pub all: bool,
    /// How it is done
    #[command(flatten)]
    pub how: RunArgs,
}

/// How customers are looked after.
#[derive(Clone, Debug, clap::Args)]
#[non_exhaustive]
pub struct RunArgs {
    /// Print what would be done and write nothing
    #[arg(long)]
    pub dry_run: bool,
    /// How long to go on looking: 90s, 10m, 2h [default: 10m; 2h of a sandbox's time]
    #[arg(long, value_name = "TIME")]
    pub wait: Option<String>,
    /// How many customers are worked on at a time
    #[arg(long, value_name = "N", default_value_t = 32)]
    pub concurrency: usize,
    /// Say nothing while working, only how it ended
    #[arg(long, short)]
    pub quiet: bool,
}

impl Default for RunArgs {
    fn default() -> Self {
        Self { dry_run: false, wait: None, concurrency: 32, quiet: false }
    }
}

impl RunArgs {
    /// How long to wait, when it was said.
    ///
    /// # Errors
    /// [`Failure::Usage`]: no such duration.
    pub fn patience(&self) -> Result<Option<SignedDuration>, Failure> {
        let mut args = onboard::Args::none();
        args.wait.clone_from(&self.wait);
        args.patience()
    }
}

impl Args {
    /// A command with nothing else said.
    #[must_use]
    pub fn of(command: Command) -> Self {
        Self {
            connection: ConnectionArgs::default(),
            state: None,
            customer: Vec::new(),
            without_permission: Vec::new(),
            permissions: None,
            json: false,
            csv: false,
            command,
        }
    }

    /// Checks what can be checked before anything is sent.
    ///
    /// # Errors
    /// [`Failure::Usage`], naming the argument and the value.
    pub fn check(&self) -> Result<(), Failure> {
        self.connection.check()?;
        self.customers()?;
        self.wanted()?;
        let how = match &self.command {
            Command::Status => return Ok(()),
            Command::Refresh(command) => &command.how,
            Command::Reset(command) => {
                if self.customer.is_empty() && !command.all {
                    return Err(Failure::usage("reset: nobody is selected; give --customer or --all"));
                }
                &command.how
            }
        };
        if how.concurrency == 0 {
            return Err(Failure::usage("--concurrency: 0 customers at a time are none"));
        }
        how.patience().map(drop)
    }

    /// The customers named, each once.
    ///
    /// # Errors
    /// [`Failure::Usage`]: one is no GUID.
    pub fn customers(&self) -> Result<Vec<TenantId>, Failure> {
        gdap::customers(&self.customer)
    }

    /// What the application should be granted in customers' tenants.
    ///
    /// # Errors
    /// [`Failure::Usage`]: a name is unknown or a core permission would be dropped; the file cannot be read.
    pub fn wanted(&self) -> Result<WantedGrants, Failure> {
        let selection = onboard::selection(self.permissions.as_deref(), &self.without_permission)?;
        Ok(WantedGrants::of(&selection.for_customer())?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arguments_are_consistent() {
        use clap::CommandFactory as _;
        Args::command().debug_assert();
        let parsed = Args::parse_from(["consent", "refresh"]);
        let Command::Refresh(command) = parsed.command else { panic!("another command") };
        assert_eq!(command.how.concurrency, RunArgs::default().concurrency);
    }

    #[test]
    fn wrong_arguments_are_named_in_one_line() {
        let cases: [(&[&str], &str); 8] = [
            (&["reset"], "nobody is selected"),
            (&["refresh", "--customer", "contoso"], "\"contoso\""),
            (&["refresh", "--concurrency", "0"], "--concurrency"),
            (&["refresh", "--wait", "soon"], "\"soon\""),
            (&["reset", "--all", "--wait=-5m"], "--wait"),
            (&["status", "--without-permission", "Usr.Read"], "Usr.Read"),
            (&["refresh", "--without-permission", "Application.ReadWrite.All"], "Application.ReadWrite.All"),
            (&["status", "--tenant", "11111111-1111-4111-8111-111111111111"], "--cloud"),
        ];
        for (arguments, word) in cases {
            let args = Args::parse_from([&["consent"], arguments].concat());
            let Err(Failure::Usage(line)) = args.check() else { panic!("{arguments:?} was taken") };
            assert!(line.contains(word) && !line.contains('\n'), "{line}");
        }
    }
}
