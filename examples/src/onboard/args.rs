//! What `onboard` can be told.

#![allow(clippy::doc_markdown, reason = "doc comments are the help text of a terminal program")]

use std::path::PathBuf;

use bundle_core::ids::AppId;
use bundle_core::onboarding::OnboardingSettings;
use bundle_core::time::Days;
use bundle_core::{Cloud, TenantId};
use clap::{Parser, ValueEnum};
use jiff::SignedDuration;

use crate::exit::Failure;

/// Onboards a partner's customers: GDAP relationships, consent, permissions, and a shield for each integration.
///
/// Without --endpoints and --cloud it starts a Microsoft cloud of its own on loopback and onboards five customers there.
///
/// Secrets come from files or the environment: BUNDLE_CLIENT_SECRET, BUNDLE_REFRESH_TOKEN, BUNDLE_TOKEN_KEY.
///
/// Exit codes: 0 all green, 1 something needs a person, 2 wrong usage, 3 failed.
#[derive(Clone, Debug, Default, Parser)]
#[command(name = "onboard", version, max_term_width = 110)]
#[non_exhaustive]
pub struct Args {
    /// Work on the cloud of this endpoint file (JSON), for example the one `bundle-sandbox` prints
    #[arg(long, value_name = "FILE", conflicts_with = "cloud")]
    pub endpoints: Option<PathBuf>,
    /// Work on a national cloud of Microsoft: public, usgov, usgov-dod or china
    #[arg(long, value_name = "NAME")]
    pub cloud: Option<String>,
    /// The partner's tenant id
    #[arg(long, value_name = "GUID")]
    pub tenant: Option<String>,
    /// The application (client) id
    #[arg(long, value_name = "GUID")]
    pub application: Option<String>,
    /// Read the application's secret from a file instead of BUNDLE_CLIENT_SECRET
    #[arg(long, value_name = "FILE")]
    pub client_secret_file: Option<PathBuf>,
    /// Read the service account's refresh token from a file instead of BUNDLE_REFRESH_TOKEN
    #[arg(long, value_name = "FILE")]
    pub refresh_token_file: Option<PathBuf>,
    /// Keep the refresh token in this file, encrypted with BUNDLE_TOKEN_KEY (base64 of 32 bytes)
    #[arg(long, value_name = "FILE")]
    pub token_store: Option<PathBuf>,
    /// Sign the service account in when no refresh token is known
    #[arg(long, value_name = "HOW")]
    pub sign_in: Option<SignInBy>,
    /// Onboard only this customer (tenant id); may be repeated
    #[arg(long, value_name = "GUID")]
    pub customer: Vec<String>,
    /// Onboard at most this many customers; with the built-in cloud, how many it has
    #[arg(long, value_name = "N")]
    pub customers: Option<usize>,
    /// Print the plan and write nothing
    #[arg(long)]
    pub dry_run: bool,
    /// Exclude the partner from Conditional Access policies of customers that shut it out
    #[arg(long)]
    pub apply_ca_exclusion: bool,
    /// Keep what has to survive an interruption in this file, and go on from it
    #[arg(long, value_name = "FILE")]
    pub state: Option<PathBuf>,
    /// Print one JSON object on standard output; everything else goes to standard error
    #[arg(long)]
    pub json: bool,
    /// Say nothing while working, only how it ended
    #[arg(long, short)]
    pub quiet: bool,
    /// How long to go on looking: 90s, 10m, 2h [default: 10m for what settles by itself, 1m for approval; 2h of a sandbox's time]
    #[arg(long, value_name = "TIME")]
    pub wait: Option<String>,
    /// How many customers are worked on at a time
    #[arg(long, value_name = "N", default_value_t = 16)]
    pub concurrency: usize,
    /// Leave a permission of the stock selection out (name); may be repeated
    #[arg(long, value_name = "NAME")]
    pub without_permission: Vec<String>,
    /// Ask only for the permissions in this file (one name a line) instead of the stock selection
    #[arg(long, value_name = "FILE")]
    pub permissions: Option<PathBuf>,
    /// Put this in front of the names of new relationships (at most 20 characters)
    #[arg(long, value_name = "TEXT", default_value = "")]
    pub relationship_name: String,
    /// How long new relationships last, in days (1 to 730)
    #[arg(long, value_name = "DAYS", default_value_t = 730)]
    pub relationship_days: u32,
    /// Begin the names of the role groups with this
    #[arg(long, value_name = "TEXT", default_value = "GDAP")]
    pub group_prefix: String,
    /// Create role groups that directory roles cannot be assigned to (no Entra ID P1 needed)
    #[arg(long)]
    pub plain_groups: bool,
    /// Refused: other users can read a command line
    #[arg(long, hide = true)]
    pub client_secret: Option<String>,
    /// Refused: other users can read a command line
    #[arg(long, hide = true)]
    pub refresh_token: Option<String>,
}

/// How the service account signs in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
#[non_exhaustive]
pub enum SignInBy {
    /// A code to type on any device
    DeviceCode,
    /// A browser on this machine
    Browser,
}

impl Args {
    /// The arguments of a program without any.
    #[must_use]
    pub fn none() -> Self {
        Self { concurrency: 16, relationship_days: 730, group_prefix: "GDAP".to_owned(), ..Self::default() }
    }

    /// Checks what can be checked before anything is read or sent.
    ///
    /// # Errors
    /// [`Failure::Usage`], naming the argument and the value.
    pub fn check(&self) -> Result<(), Failure> {
        if self.client_secret.is_some() {
            return Err(Failure::usage(
                "--client-secret: a secret on the command line is refused; use BUNDLE_CLIENT_SECRET or --client-secret-file",
            ));
        }
        if self.refresh_token.is_some() {
            return Err(Failure::usage(
                "--refresh-token: a secret on the command line is refused; use BUNDLE_REFRESH_TOKEN or --refresh-token-file",
            ));
        }
        if let (None, None, Some(argument)) = (&self.endpoints, &self.cloud, self.real_argument()) {
            return Err(Failure::usage(format!("{argument}: --cloud or --endpoints is needed to say where")));
        }
        if self.customers == Some(0) {
            return Err(Failure::usage("--customers: 0 customers are nothing to onboard"));
        }
        if self.concurrency == 0 {
            return Err(Failure::usage("--concurrency: 0 customers at a time are none"));
        }
        self.patience()?;
        self.customer_ids()?;
        // The rest is checked by the types that carry it.
        self.apply_to(OnboardingSettings::new(
            Cloud::public(),
            TenantId::from_u128(1),
            AppId::from_u128(1),
            Vec::new(),
        ))?;
        Ok(())
    }

    /// An argument that makes no sense on the built-in cloud: whoever gives it means to work somewhere real.
    fn real_argument(&self) -> Option<&'static str> {
        let given = [
            ("--tenant", self.tenant.is_some()),
            ("--application", self.application.is_some()),
            ("--client-secret-file", self.client_secret_file.is_some()),
            ("--refresh-token-file", self.refresh_token_file.is_some()),
            ("--token-store", self.token_store.is_some()),
            ("--sign-in", self.sign_in.is_some()),
        ];
        given.into_iter().find(|(_, given)| *given).map(|(argument, _)| argument)
    }

    /// The customers named, each once.
    ///
    /// # Errors
    /// [`Failure::Usage`]: one is no GUID.
    pub fn customer_ids(&self) -> Result<Vec<TenantId>, Failure> {
        let mut ids = Vec::new();
        for text in &self.customer {
            let id = guid("--customer", text)?;
            if !ids.contains(&id) {
                ids.push(id);
            }
        }
        Ok(ids)
    }

    /// How long to wait, when it was said.
    ///
    /// # Errors
    /// [`Failure::Usage`]: no such duration.
    pub fn patience(&self) -> Result<Option<SignedDuration>, Failure> {
        let Some(text) = &self.wait else { return Ok(None) };
        let wrong = || Failure::usage(format!("--wait: {text:?} is not a duration like 90s, 10m or 2h"));
        let duration: SignedDuration = text.parse().map_err(|_| wrong())?;
        if duration.is_negative() { Err(wrong()) } else { Ok(Some(duration)) }
    }

    /// Writes the arguments that are about the flow into its settings.
    ///
    /// # Errors
    /// [`Failure::Usage`]: name or duration of relationships cannot be.
    pub fn apply_to(&self, settings: OnboardingSettings) -> Result<OnboardingSettings, Failure> {
        Ok(settings
            .relationship_prefix(&self.relationship_name)?
            .relationship_duration(Days::new(self.relationship_days))?
            .apply_exclusions(self.apply_ca_exclusion)
            .dry_run(self.dry_run))
    }
}

/// Reads a GUID given as an argument.
///
/// # Errors
/// [`Failure::Usage`], naming the argument and the value.
pub fn guid<T: std::str::FromStr>(argument: &str, text: &str) -> Result<T, Failure> {
    text.parse().map_err(|_| {
        Failure::usage(format!("{argument}: {text:?} is not a GUID like 11111111-1111-1111-1111-111111111111"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arguments_are_consistent() {
        use clap::CommandFactory as _;
        Args::command().debug_assert();
        let parsed = Args::parse_from(["onboard"]);
        assert_eq!(parsed.concurrency, Args::none().concurrency);
        assert_eq!(parsed.group_prefix, Args::none().group_prefix);
    }

    #[test]
    fn wrong_arguments_are_named_in_one_line() {
        let cases: [(&[&str], &str); 13] = [
            (&["--client-secret", "hunter2"], "--client-secret"),
            (&["--refresh-token", "hunter2"], "--refresh-token"),
            (&["--tenant", "11111111-1111-4111-8111-111111111111"], "--cloud"),
            (&["--token-store", "tokens"], "--token-store"),
            (&["--customers", "0"], "--customers"),
            (&["--concurrency", "0"], "--concurrency"),
            (&["--customer", "contoso"], "\"contoso\""),
            (&["--wait", "soon"], "\"soon\""),
            (&["--wait=-5m"], "--wait"),
            (&["--relationship-days", "731"], "731"),
            (&["--relationship-days", "0"], "0 days"),
            (&["--relationship-name", &"x".repeat(51)], "51 characters"),
            (&["--relationship-name", "MLT_mine"], "MLT_"),
        ];
        for (arguments, word) in cases {
            let args = Args::parse_from([&["onboard"], arguments].concat());
            let Err(Failure::Usage(line)) = args.check() else { panic!("{arguments:?} was taken") };
            assert!(line.contains(word) && !line.contains('\n') && !line.contains("hunter2"), "{line}");
        }
    }
}
