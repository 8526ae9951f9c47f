//! Sets a partner's tenant up from nothing: service account, application, permissions, secret; see `setup --help`.

use std::io::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use bundle_core::auth::{PartnerCredential, SignInOptions, sign_in_with_device_code};
use bundle_core::catalog::Selection;
use bundle_core::http::ClientOptions;
use bundle_core::ids::AppId;
use bundle_core::setup::{Bootstrap, BootstrapPorts, BootstrapReport, BootstrapSettings};
use bundle_core::{Cloud, Integration, TenantId};
use bundle_sandbox::Sandbox;
use clap::Parser;
use examples::clock::Clock;
use examples::endpoints::Endpoints;
use examples::exit::Failure;
use examples::inputs;
use examples::keeper::FolderKeeper;
use examples::note;
use examples::onboard::guid;
use graph_client::{GraphClient, GraphPorts};

/// Makes a partner's service account, application and secret, as an administrator of the partner's tenant.
///
/// Without --endpoints and --cloud it works on a Microsoft cloud of its own on loopback. The administrator signs in by
/// device code to Microsoft Graph Command Line Tools, or with the refresh token in BUNDLE_ADMIN_REFRESH_TOKEN.
/// Run again, it goes on where it stopped.
///
/// Exit codes: 0 done, 2 wrong usage, 3 failed.
#[allow(clippy::doc_markdown, reason = "doc comments are the help text of a terminal program")]
#[derive(Debug, Parser)]
#[command(name = "setup", version, max_term_width = 110)]
struct Args {
    /// Work on the cloud of this endpoint file (JSON)
    #[arg(long, value_name = "FILE", conflicts_with = "cloud")]
    endpoints: Option<PathBuf>,
    /// Work on a national cloud of Microsoft: public, usgov, usgov-dod or china
    #[arg(long, value_name = "NAME")]
    cloud: Option<String>,
    /// The partner's tenant id
    #[arg(long, value_name = "GUID")]
    tenant: Option<String>,
    /// Keep the password and the secret as files in this folder, readable by their owner only
    #[arg(long, value_name = "FOLDER")]
    secrets: Option<PathBuf>,
    /// The service account's name before the @
    #[arg(long, value_name = "NAME", default_value = "bundle-service")]
    account: String,
    /// The application's name
    #[arg(long, value_name = "NAME", default_value = "Cloud Bundle Connector")]
    application: String,
    /// Print the plan and write nothing
    #[arg(long)]
    dry_run: bool,
}

#[tokio::main]
async fn main() -> ExitCode {
    match setup(&Args::parse()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => failure.report(),
    }
}

async fn setup(args: &Args) -> Result<(), Failure> {
    let (sandbox, endpoints) = cloud(args).await?;
    let demo = if args.tenant.is_none() { endpoints.demo()? } else { None };
    let partner: TenantId = match (&args.tenant, &demo) {
        (Some(text), _) => guid("--tenant", text)?,
        (None, Some(demo)) => demo.partner_tenant_id,
        (None, None) => return Err(Failure::usage("--tenant is needed to work on this cloud")),
    };
    let folder = match (&args.secrets, &sandbox) {
        (Some(folder), _) => folder.clone(),
        // What is made in a cloud that ends with the program is of no use afterwards.
        (None, Some(_)) => std::env::temp_dir().join(format!("bundle-setup-{}", std::process::id())),
        (None, None) if args.dry_run => PathBuf::new(),
        (None, None) => return Err(Failure::usage("--secrets is needed: the password and the secret are shown once")),
    };
    let settings = BootstrapSettings::new(partner).account(&args.account)?.application(&args.application)?;

    let options = ClientOptions::new(endpoints.cloud.clone()).application("bundle-setup/0.1");
    let client = demo.as_ref().and_then(|demo| demo.admin_client_id).unwrap_or(GRAPH_COMMAND_LINE_TOOLS);
    let credential = PartnerCredential::builder(partner, client).build(&options)?;
    match demo.as_ref().and_then(|demo| demo.admin_refresh_token.clone()) {
        Some(token) => credential.keep_refresh_token(&token).await?,
        None => match inputs::secret("administrator's refresh token", None, "BUNDLE_ADMIN_REFRESH_TOKEN")? {
            Some(token) => credential.keep_refresh_token(&token).await?,
            None => {
                let scopes =
                    SCOPES.map(|scope| format!("{}/{scope}", options.cloud.audience(bundle_core::Service::Graph)));
                let sign_in = SignInOptions::new(options.clone(), partner, client).scopes(scopes);
                let done = sign_in_with_device_code(&sign_in, |prompt| note!("{}", prompt.message)).await?;
                credential.keep(&done).await?;
            }
        },
    }
    let graph = Arc::new(GraphPorts::new(GraphClient::with_options(Arc::new(credential), &options)?, partner));
    let ports = BootstrapPorts {
        tenants: Arc::clone(&graph) as _,
        accounts: Arc::clone(&graph) as _,
        roles: Arc::clone(&graph) as _,
        groups: Arc::clone(&graph) as _,
        applications: Arc::clone(&graph) as _,
        secrets: Arc::clone(&graph) as _,
        principals: Arc::clone(&graph) as _,
        grants: graph,
        keeper: Arc::new(FolderKeeper::new(&folder)),
    };
    let clock = demo.and_then(|demo| demo.clock).map_or(Clock::System, Clock::sandbox);
    let selection = Selection::stock(&Integration::ALL);
    let report = Bootstrap::new(ports, settings).run(&selection, clock.now().await?, args.dry_run).await?;
    let shown = show(&report, &folder, partner, args.dry_run);
    if sandbox.is_some() && args.secrets.is_none() {
        let _ = std::fs::remove_dir_all(&folder);
    }
    shown.map_err(|cause| Failure::usage(format!("standard output: {cause}")))
}

async fn cloud(args: &Args) -> Result<(Option<Sandbox>, Endpoints), Failure> {
    match (&args.endpoints, &args.cloud) {
        (Some(path), _) => Ok((None, Endpoints::read(path)?)),
        (None, Some(name)) => Ok((None, Endpoints::of(Cloud::named(name)?))),
        (None, None) => {
            let sandbox = Sandbox::demo(1)
                .await
                .map_err(|cause| Failure::usage(format!("no port on loopback can be opened: {cause}")))?;
            note!(
                "no --endpoints and no --cloud: a Microsoft cloud of our own runs on loopback for this demonstration"
            );
            let endpoints = Endpoints::parse(&sandbox.endpoints().to_string())?;
            Ok((Some(sandbox), endpoints))
        }
    }
}

fn show(report: &BootstrapReport, folder: &std::path::Path, partner: TenantId, dry_run: bool) -> std::io::Result<()> {
    let mut out = std::io::stdout().lock();
    writeln!(out, "{} step(s) {}", report.steps.len(), if dry_run { "to do" } else { "done" })?;
    examples::onboard::write_steps(&mut out, &report.steps)?;
    writeln!(out, "\npartner tenant   {partner}\nservice account  {}", report.account)?;
    if let Some(application) = &report.application {
        writeln!(out, "application      {application}")?;
    }
    if let Some(secret) = &report.secret {
        writeln!(out, "client secret    {}", folder.join(secret).display())?;
        writeln!(
            out,
            "\nnext: sign the service account in once to set up its multifactor authentication, then run\n  \
             onboard --tenant {partner} --application {} --client-secret-file {} --sign-in browser",
            report.application.map(|id| id.to_string()).unwrap_or_default(),
            folder.join(secret).display()
        )?;
    }
    Ok(())
}

/// Microsoft Graph Command Line Tools: a public client of Microsoft's own in every tenant.
const GRAPH_COMMAND_LINE_TOOLS: AppId = AppId::from_u128(0x14d8_2eec_204b_4c2f_b7e8_296a_70da_b67e);

/// What the administrator lets it do.
const SCOPES: [&str; 8] = [
    "Application.ReadWrite.All",
    "AppRoleAssignment.ReadWrite.All",
    "DelegatedPermissionGrant.ReadWrite.All",
    "Directory.ReadWrite.All",
    "GroupMember.ReadWrite.All",
    "Policy.ReadWrite.AuthenticationMethod",
    "RoleManagement.ReadWrite.Directory",
    "User.ReadWrite.All",
];
