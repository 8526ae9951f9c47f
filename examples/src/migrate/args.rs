//! What `migrate` can be told.

#![allow(clippy::doc_markdown, reason = "doc comments are the help text of a terminal program")]

use std::path::PathBuf;

use bundle_core::TenantId;
use bundle_core::ids::AppId;
use bundle_core::migration::{MigrationSettings, legacy_named};
use bundle_core::registration::ApplicationApi;
use clap::Parser;
use secrecy::SecretString;

use crate::exit::Failure;
use crate::{inputs, onboard};

/// Moves a partner's customers from a legacy application to the one of this connection.
///
/// Customers are onboarded through the new application; both work side by side until --remove-legacy. Run again, it goes
/// on where it stopped; --rollback takes the new application out again where the legacy one is still there.
///
/// Secrets come from files or the environment: BUNDLE_CLIENT_SECRET, BUNDLE_REFRESH_TOKEN, BUNDLE_TOKEN_KEY; those of the
/// legacy application, where they are known, BUNDLE_LEGACY_CLIENT_SECRET and BUNDLE_LEGACY_REFRESH_TOKEN.
///
/// Exit codes: 0 all is well, 1 something needs a person, 2 wrong usage, 3 failed.
#[derive(Clone, Debug, Parser)]
#[command(name = "migrate", version, max_term_width = 110)]
#[group(skip)]
#[non_exhaustive]
pub struct Args {
    /// The legacy application: its id, or the name of its app registration
    #[arg(long, value_name = "ID")]
    pub legacy: String,
    /// Read the legacy application's secret from a file instead of BUNDLE_LEGACY_CLIENT_SECRET; with it the plan says which
    /// customers consented to it before they are moved
    #[arg(long, value_name = "FILE")]
    pub legacy_client_secret_file: Option<PathBuf>,
    /// Read the service account's refresh token for it from a file instead of BUNDLE_LEGACY_REFRESH_TOKEN
    #[arg(long, value_name = "FILE")]
    pub legacy_refresh_token_file: Option<PathBuf>,
    /// Remove the legacy application from the tenants of customers where every shield of the new one is green
    #[arg(long)]
    pub remove_legacy: bool,
    /// Also remove its secrets when no customer of the partner has it any more; the registration stays
    #[arg(long, requires = "remove_legacy")]
    pub remove_secrets: bool,
    /// Remove the new application again from the tenants that still have the legacy one
    #[arg(long, conflicts_with = "remove_legacy")]
    pub rollback: bool,
    /// How the customers are onboarded
    #[command(flatten)]
    pub onboard: onboard::Args,
}

impl Args {
    /// Moves customers from this application, and removes nothing.
    #[must_use]
    pub fn of(legacy: impl Into<String>) -> Self {
        Self {
            legacy: legacy.into(),
            legacy_client_secret_file: None,
            legacy_refresh_token_file: None,
            remove_legacy: false,
            remove_secrets: false,
            rollback: false,
            onboard: onboard::Args::none(),
        }
    }

    /// Checks what can be checked before anything is read or sent.
    ///
    /// # Errors
    /// [`Failure::Usage`], naming the argument and the value.
    pub fn check(&self) -> Result<(), Failure> {
        self.onboard.check()?;
        if self.legacy.trim().is_empty() {
            return Err(Failure::usage("--legacy: neither an application id nor a name"));
        }
        self.legacy_credentials()?;
        if let Ok(legacy) = self.legacy.parse() {
            // Whose the connection is, is known when connected; the values are checked here.
            self.settings(TenantId::from_u128(0), legacy, AppId::from_u128(0)).check()?;
        }
        Ok(())
    }

    /// The id of the legacy application; a name is looked up.
    pub(super) async fn legacy_id(&self, applications: &dyn ApplicationApi) -> Result<AppId, Failure> {
        match self.legacy.parse() {
            Ok(id) => Ok(id),
            Err(_) => Ok(legacy_named(applications, self.legacy.trim()).await?),
        }
    }

    /// The secret and refresh token of the legacy application, when they are known.
    pub(super) fn legacy_credentials(&self) -> Result<Option<(SecretString, SecretString)>, Failure> {
        let (secret, token) = (self.legacy_client_secret_file.as_deref(), self.legacy_refresh_token_file.as_deref());
        let secret = inputs::secret("legacy client secret", secret, "BUNDLE_LEGACY_CLIENT_SECRET")?;
        let token = inputs::secret("legacy refresh token", token, "BUNDLE_LEGACY_REFRESH_TOKEN")?;
        match (secret, token) {
            (Some(secret), Some(token)) => Ok(Some((secret, token))),
            (None, None) => Ok(None),
            _ => Err(Failure::usage("legacy application: its client secret and its refresh token are needed together")),
        }
    }

    pub(super) fn settings(&self, partner: TenantId, legacy: AppId, application: AppId) -> MigrationSettings {
        MigrationSettings::new(partner, legacy, application)
            .remove_legacy(self.remove_legacy)
            .remove_secrets(self.remove_secrets)
            .dry_run(self.onboard.dry_run)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arguments_are_consistent_and_the_help_is_of_this_program() {
        use clap::CommandFactory as _;
        Args::command().debug_assert();
        let help = Args::command().render_long_help().to_string();
        assert!(help.starts_with("Moves a partner's customers"), "{help}");
    }

    #[test]
    fn wrong_arguments_are_named_in_one_line() {
        let cases: [(&[&str], &str); 4] = [
            (&["--legacy", " "], "--legacy"),
            (&["--legacy", "00000003-0000-0000-c000-000000000000"], "Microsoft Graph"),
            (&["--legacy", "Old", "--customer", "contoso"], "\"contoso\""),
            (&["--legacy", "Old", "--relationship-days", "731"], "731"),
        ];
        for (arguments, word) in cases {
            let args = Args::parse_from([&["migrate"], arguments].concat());
            let Err(Failure::Usage(line)) = args.check() else { panic!("{arguments:?} was taken") };
            assert!(line.contains(word) && !line.contains('\n'), "{line}");
        }
        for conflict in [&["--rollback", "--remove-legacy"][..], &["--remove-secrets"]] {
            assert!(Args::try_parse_from([&["migrate", "--legacy", "Old"], conflict].concat()).is_err());
        }
    }
}
