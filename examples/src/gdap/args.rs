//! What `gdap` can be told.

#![allow(clippy::doc_markdown, reason = "doc comments are the help text of a terminal program")]

use std::path::PathBuf;

use bundle_core::gdap::{GroupNameForm, GroupNaming, InviteSettings, RoleTemplate};
use bundle_core::ids::{AppId, RelationshipId, RoleTemplateId};
use bundle_core::time::Days;
use bundle_core::{Cloud, TenantId};
use clap::{Parser, Subcommand, ValueEnum};
use jiff::SignedDuration;

use super::offboard_args::OffboardArgs;
use crate::exit::Failure;
use crate::onboard;

/// Works on a partner's GDAP relationships: invites customers, assigns roles, says how it stands and what to renew.
///
/// Without --endpoints and --cloud it works on a Microsoft cloud of its own on loopback, with five customers.
///
/// Secrets come from files or the environment: BUNDLE_CLIENT_SECRET, BUNDLE_REFRESH_TOKEN, BUNDLE_TOKEN_KEY.
///
/// Exit codes: 0 all is well, 1 something needs a person, 2 wrong usage, 3 failed.
#[derive(Clone, Debug, Parser)]
#[command(name = "gdap", version, max_term_width = 110)]
#[non_exhaustive]
pub struct Args {
    /// Work on the cloud of this endpoint file (JSON), for example the one `bundle-sandbox` prints
    #[arg(long, value_name = "FILE", conflicts_with = "cloud", global = true)]
    pub endpoints: Option<PathBuf>,
    /// Work on a national cloud of Microsoft: public, usgov, usgov-dod or china
    #[arg(long, value_name = "NAME", global = true)]
    pub cloud: Option<String>,
    /// The partner's tenant id
    #[arg(long, value_name = "GUID", global = true)]
    pub tenant: Option<String>,
    /// The application (client) id
    #[arg(long, value_name = "GUID", global = true)]
    pub application: Option<String>,
    /// Read the application's secret from a file instead of BUNDLE_CLIENT_SECRET
    #[arg(long, value_name = "FILE", global = true)]
    pub client_secret_file: Option<PathBuf>,
    /// Read the service account's refresh token from a file instead of BUNDLE_REFRESH_TOKEN
    #[arg(long, value_name = "FILE", global = true)]
    pub refresh_token_file: Option<PathBuf>,
    /// Keep the refresh token in this file, encrypted with BUNDLE_TOKEN_KEY (base64 of 32 bytes)
    #[arg(long, value_name = "FILE", global = true)]
    pub token_store: Option<PathBuf>,
    /// Keep what has to survive an interruption in this file: invitations, the group of each role
    #[arg(long, value_name = "FILE", global = true)]
    pub state: Option<PathBuf>,
    /// Print one JSON object on standard output
    #[arg(long, global = true, conflicts_with = "csv")]
    pub json: bool,
    /// Print comma-separated values on standard output
    #[arg(long, global = true)]
    pub csv: bool,
    /// Go on looking for this long while something is waited for: 90s, 10m, 2h [default: not at all]
    #[arg(long, value_name = "TIME", global = true)]
    pub wait: Option<String>,
    /// What to do
    #[command(subcommand)]
    pub command: Command,
}

/// What to do.
#[derive(Clone, Debug, Subcommand)]
#[non_exhaustive]
pub enum Command {
    /// Invite customers: make relationships, lock them, show the links to approve them
    Invite(InviteArgs),
    /// List relationships
    Status(StatusArgs),
    /// Give the roles of relationships in force to one group each
    Assign(AssignArgs),
    /// Say which roles the partner really has at each customer, and what is wrong
    Compliance(ComplianceArgs),
    /// Say what has to be renewed when, and do it with --apply
    Renewals(RenewalArgs),
    /// End relationships, for good
    Terminate(TerminateArgs),
    /// Leave customers: remove what the partner has in their tenants, then end the relationships, for good
    Offboard(OffboardArgs),
}

/// What `gdap invite` can be told.
#[derive(Clone, Debug, Default, clap::Args)]
#[non_exhaustive]
pub struct InviteArgs {
    /// Invite this customer (tenant id); may be repeated
    #[arg(long, value_name = "GUID")]
    pub customer: Vec<String>,
    /// Invite every customer of the partner that has no relationship with all roles
    #[arg(long, conflicts_with = "customer")]
    pub all: bool,
    /// Ask for these roles: 12, 12+3, or names; may be repeated [default: 12]
    #[arg(long, value_name = "ROLE", value_delimiter = ',')]
    pub role: Vec<String>,
    /// Put this in front of the names of relationships (at most 20 characters)
    #[arg(long, value_name = "TEXT", default_value = "")]
    pub name: String,
    /// How long relationships last, in days (1 to 730)
    #[arg(long, value_name = "DAYS", default_value_t = 730)]
    pub days: u32,
    /// Whether relationships extend themselves [default: on, without Global Administrator]
    #[arg(long, value_name = "WHEN")]
    pub auto_extend: Option<Switch>,
    /// Make a new relationship although one with all roles is in force
    #[arg(long)]
    pub replace: bool,
    /// Print the plan and write nothing
    #[arg(long)]
    pub dry_run: bool,
}

/// What `gdap status` can be told.
#[derive(Clone, Debug, Default, clap::Args)]
#[non_exhaustive]
pub struct StatusArgs {
    /// Only relationships with this customer (tenant id); may be repeated
    #[arg(long, value_name = "GUID")]
    pub customer: Vec<String>,
    /// Also those that have ended
    #[arg(long)]
    pub ended: bool,
}

/// What `gdap assign` can be told.
#[derive(Clone, Debug, Default, clap::Args)]
#[non_exhaustive]
pub struct AssignArgs {
    /// Only this customer (tenant id); may be repeated
    #[arg(long, value_name = "GUID")]
    pub customer: Vec<String>,
    /// Assign these roles: 12, 12+3, or names; may be repeated [default: 12]
    #[arg(long, value_name = "ROLE", value_delimiter = ',')]
    pub role: Vec<String>,
    /// The role groups
    #[command(flatten)]
    pub groups: GroupArgs,
    /// Take roles away from groups nobody asked for
    #[arg(long)]
    pub prune: bool,
    /// Print the plan and write nothing
    #[arg(long)]
    pub dry_run: bool,
}

/// What the commands that need the role groups can be told about them. The same for all of them, or a partner would get
/// groups under two names.
#[derive(Clone, Debug, clap::Args)]
#[non_exhaustive]
pub struct GroupArgs {
    /// Begin the names of the role groups with this
    #[arg(long, value_name = "TEXT", default_value = "GDAP")]
    pub group_prefix: String,
    /// How the role follows the prefix in the names of new groups; groups are found in every form
    #[arg(long, value_name = "FORM", default_value = "hyphen")]
    pub group_names: GroupForm,
    /// Let directory roles be assigned to new groups (needs Entra ID P1, cannot be changed later)
    #[arg(long)]
    pub assignable_groups: bool,
}

impl Default for GroupArgs {
    fn default() -> Self {
        Self { group_prefix: "GDAP".to_owned(), group_names: GroupForm::Hyphen, assignable_groups: false }
    }
}

/// What `gdap compliance` can be told.
#[derive(Clone, Debug, Default, clap::Args)]
#[non_exhaustive]
pub struct ComplianceArgs {
    /// Only this customer (tenant id); may be repeated
    #[arg(long, value_name = "GUID")]
    pub customer: Vec<String>,
    /// The roles wanted: 12, 12+3, or names; may be repeated [default: 12]
    #[arg(long, value_name = "ROLE", value_delimiter = ',')]
    pub role: Vec<String>,
    /// Report relationships that end within this many days
    #[arg(long, value_name = "DAYS", default_value_t = 60)]
    pub notice: u32,
    /// Write the report as a page for a browser to this file
    #[arg(long, value_name = "FILE")]
    pub html: Option<PathBuf>,
    /// Also tell the ways from users over groups to roles (JSON)
    #[arg(long)]
    pub paths: bool,
}

/// What `gdap renewals` can be told.
#[derive(Clone, Debug, Default, clap::Args)]
#[non_exhaustive]
pub struct RenewalArgs {
    /// Only this customer (tenant id); may be repeated
    #[arg(long, value_name = "GUID")]
    pub customer: Vec<String>,
    /// The roles wanted: 12, 12+3, or names; may be repeated [default: 12]
    #[arg(long, value_name = "ROLE", value_delimiter = ',')]
    pub role: Vec<String>,
    /// Renew relationships that end within this many days
    #[arg(long, value_name = "DAYS", default_value_t = 90)]
    pub notice: u32,
    /// Let all relationships extend themselves, or none
    #[arg(long, value_name = "WHEN")]
    pub auto_extend: Option<Switch>,
    /// Take Global Administrator out of relationships
    #[arg(long)]
    pub remove_global_administrator: bool,
    /// Put this in front of the names of new relationships (at most 20 characters)
    #[arg(long, value_name = "TEXT", default_value = "")]
    pub name: String,
    /// The role groups
    #[command(flatten)]
    pub groups: GroupArgs,
    /// Do it; without this, nothing is written
    #[arg(long)]
    pub apply: bool,
}

/// What `gdap terminate` can be told.
#[derive(Clone, Debug, Default, clap::Args)]
#[non_exhaustive]
pub struct TerminateArgs {
    /// End this relationship (its id, see `gdap status --json`); may be repeated
    #[arg(long, value_name = "ID", required = true)]
    pub relationship: Vec<String>,
    /// Do it; without this, nothing is written
    #[arg(long)]
    pub yes: bool,
}

/// On or off.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
#[non_exhaustive]
pub enum Switch {
    /// On
    On,
    /// Off
    Off,
}

/// How the role follows the prefix in a group's name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
#[non_exhaustive]
pub enum GroupForm {
    /// GDAP-Exchange Administrator
    Hyphen,
    /// GDAP - Exchange Administrator
    SpacedHyphen,
    /// GDAP Exchange Administrator
    Space,
}

impl Args {
    /// A command with nothing else said.
    #[must_use]
    pub fn of(command: Command) -> Self {
        Self {
            endpoints: None,
            cloud: None,
            tenant: None,
            application: None,
            client_secret_file: None,
            refresh_token_file: None,
            token_store: None,
            state: None,
            json: false,
            csv: false,
            wait: None,
            command,
        }
    }

    /// Checks what can be checked before anything is read or sent.
    ///
    /// # Errors
    /// [`Failure::Usage`], naming the argument and the value.
    pub fn check(&self) -> Result<(), Failure> {
        self.connection().check()?;
        self.patience()?;
        match &self.command {
            Command::Invite(command) => {
                if command.customer.is_empty() && !command.all {
                    return Err(Failure::usage("invite: nobody is selected; give --customer or --all"));
                }
                customers(&command.customer)?;
                command.settings(Cloud::public())?.check()?;
            }
            Command::Status(command) => drop(customers(&command.customer)?),
            Command::Assign(command) => {
                customers(&command.customer)?;
                roles(&command.role)?;
                command.groups.naming()?;
            }
            Command::Compliance(command) => {
                customers(&command.customer)?;
                roles(&command.role)?;
            }
            Command::Renewals(command) => {
                customers(&command.customer)?;
                let roles = roles(&command.role)?;
                InviteSettings::new(Cloud::public(), roles).prefix(&command.name).check()?;
                command.groups.naming()?;
            }
            Command::Terminate(command) => drop(command.ids()?),
            Command::Offboard(command) => {
                customers(&command.customer)?;
                // Whose they are is known when connected; the values are checked here.
                let (nobody, none) = (TenantId::from_u128(0), AppId::from_u128(0));
                command.settings(nobody, none)?.check()?;
            }
        }
        Ok(())
    }

    /// The same arguments as `onboard` takes them, for the connection.
    #[must_use]
    pub fn connection(&self) -> onboard::Args {
        let mut args = onboard::Args::none();
        args.endpoints.clone_from(&self.endpoints);
        args.cloud.clone_from(&self.cloud);
        args.tenant.clone_from(&self.tenant);
        args.application.clone_from(&self.application);
        args.client_secret_file.clone_from(&self.client_secret_file);
        args.refresh_token_file.clone_from(&self.refresh_token_file);
        args.token_store.clone_from(&self.token_store);
        args.wait.clone_from(&self.wait);
        args
    }

    /// How long to wait; not at all by default.
    ///
    /// # Errors
    /// [`Failure::Usage`]: no such duration.
    pub fn patience(&self) -> Result<SignedDuration, Failure> {
        self.connection().patience().map(|told| told.unwrap_or(SignedDuration::ZERO))
    }
}

impl InviteArgs {
    /// The settings of the flow.
    ///
    /// # Errors
    /// [`Failure::Usage`]: a role cannot be.
    pub fn settings(&self, cloud: Cloud) -> Result<InviteSettings, Failure> {
        let settings = InviteSettings::new(cloud, roles(&self.role)?)
            .prefix(&self.name)
            .duration(Days::new(self.days))
            .replacing(self.replace)
            .dry_run(self.dry_run);
        Ok(match self.auto_extend {
            Some(switch) => settings.auto_extend(switch == Switch::On),
            None => settings,
        })
    }
}

impl GroupArgs {
    /// How groups are named.
    ///
    /// # Errors
    /// [`Failure::Usage`]: the prefix cannot be.
    pub fn naming(&self) -> Result<GroupNaming, Failure> {
        let form = match self.group_names {
            GroupForm::Hyphen => GroupNameForm::Hyphen,
            GroupForm::SpacedHyphen => GroupNameForm::SpacedHyphen,
            GroupForm::Space => GroupNameForm::Space,
        };
        Ok(GroupNaming::try_new(&self.group_prefix, form)?)
    }
}

impl TerminateArgs {
    /// The relationships.
    ///
    /// # Errors
    /// [`Failure::Usage`]: one is empty.
    pub fn ids(&self) -> Result<Vec<RelationshipId>, Failure> {
        let id = |text: &String| {
            text.trim().parse().map_err(|_| Failure::usage(format!("--relationship: {text:?} is no relationship id")))
        };
        self.relationship.iter().map(id).collect()
    }
}

/// The customers named, each once.
pub(crate) fn customers(named: &[String]) -> Result<Vec<TenantId>, Failure> {
    let mut ids = Vec::new();
    for text in named {
        let id = onboard::guid("--customer", text)?;
        if !ids.contains(&id) {
            ids.push(id);
        }
    }
    Ok(ids)
}

/// The roles named.
pub(super) fn roles(named: &[String]) -> Result<Vec<RoleTemplateId>, Failure> {
    Ok(RoleTemplate::parse(named)?.roles())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arguments_are_consistent() {
        use clap::CommandFactory as _;
        Args::command().debug_assert();
    }

    #[test]
    fn wrong_arguments_are_named_in_one_line() {
        let guid = "11111111-1111-4111-8111-111111111111";
        let cases: [(&[&str], &str); 16] = [
            (&["invite"], "nobody is selected"),
            (&["invite", "--customer", "contoso"], "\"contoso\""),
            (&["invite", "--all", "--days", "731"], "731 days"),
            (&["invite", "--all", "--name", &"x".repeat(51)], "51 characters"),
            (&["invite", "--all", "--role", "Exchange Adminstrator"], "nearest"),
            (&["invite", "--all", "--role", "Guest User"], "GDAP does not take"),
            (&["invite", "--all", "--role", "Global Administrator", "--auto-extend", "on"], "Global Administrator"),
            (&["assign", "--group-prefix", "AdminAgents"], "AdminAgents"),
            (&["renewals", "--name", "MLT_mine"], "MLT_"),
            (&["terminate", "--relationship", " "], "--relationship"),
            (&["offboard", "--customer", "contoso"], "\"contoso\""),
            (&["offboard", "--customer", guid, "--vendor-app", "x"], "--vendor-app"),
            (
                &["offboard", "--customer", guid, "--vendor-app", "00000003-0000-0000-c000-000000000000"],
                "Microsoft Graph",
            ),
            (&["offboard", "--customer", guid, "--group-prefix", ""], "group prefix"),
            (&["status", "--wait", "soon"], "\"soon\""),
            (&["status", "--tenant", guid], "--cloud"),
        ];
        for (arguments, word) in cases {
            let args = Args::parse_from([&["gdap"], arguments].concat());
            let Err(Failure::Usage(line)) = args.check() else { panic!("{arguments:?} was taken") };
            assert!(line.contains(word) && !line.contains('\n'), "{line}");
        }
    }
}
