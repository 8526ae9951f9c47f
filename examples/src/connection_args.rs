//! Where a program works and as whom: the arguments programs share.

#![allow(clippy::doc_markdown, reason = "doc comments are the help text of a terminal program")]

use std::path::PathBuf;

use bundle_sandbox::Sandbox;

use crate::connect::Connection;
use crate::endpoints::Endpoints;
use crate::exit::Failure;
use crate::onboard;

/// Where to work, and as whom.
#[derive(Clone, Debug, Default, clap::Args)]
#[non_exhaustive]
pub struct ConnectionArgs {
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
}

impl ConnectionArgs {
    /// Checks what can be checked before anything is read or sent.
    ///
    /// # Errors
    /// [`Failure::Usage`], naming the argument and the value.
    pub fn check(&self) -> Result<(), Failure> {
        self.as_onboard().check()
    }

    /// Connects as told; without `--endpoints` and `--cloud` to a demonstration cloud on loopback with that many
    /// customers. It stops with the sandbox in the answer.
    ///
    /// # Errors
    /// [`Failure::Usage`]: something is missing or wrong; the line names it.
    pub async fn connect(&self, demo_customers: usize) -> Result<(Option<Sandbox>, Connection), Failure> {
        if self.endpoints.is_some() || self.cloud.is_some() {
            return Ok((None, Connection::from_args(&self.as_onboard()).await?));
        }
        let sandbox = Sandbox::demo(demo_customers)
            .await
            .map_err(|cause| Failure::usage(format!("no port on loopback can be opened: {cause}")))?;
        note!("no --endpoints and no --cloud: a Microsoft cloud of our own runs on loopback for this demonstration");
        let connection = Connection::demo(Endpoints::parse(&sandbox.endpoints().to_string())?).await?;
        Ok((Some(sandbox), connection))
    }

    fn as_onboard(&self) -> onboard::Args {
        let mut args = onboard::Args::none();
        args.endpoints.clone_from(&self.endpoints);
        args.cloud.clone_from(&self.cloud);
        args.tenant.clone_from(&self.tenant);
        args.application.clone_from(&self.application);
        args.client_secret_file.clone_from(&self.client_secret_file);
        args.refresh_token_file.clone_from(&self.refresh_token_file);
        args.token_store.clone_from(&self.token_store);
        args
    }
}
