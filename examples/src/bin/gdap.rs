//! Works on a partner's GDAP relationships; see `gdap --help`.

use std::process::ExitCode;

use bundle_sandbox::Sandbox;
use clap::Parser as _;
use examples::connect::Connection;
use examples::endpoints::Endpoints;
use examples::exit::Failure;
use examples::gdap::{Args, run};
use examples::note;

#[tokio::main]
async fn main() -> ExitCode {
    let args = Args::parse();
    match gdap(&args).await {
        Ok(code) => code,
        Err(failure) => failure.report(),
    }
}

async fn gdap(args: &Args) -> Result<ExitCode, Failure> {
    args.check()?;
    // Kept until the end: the cloud stops with it.
    let sandbox = match (&args.endpoints, &args.cloud) {
        (None, None) => Some(
            Sandbox::demo(DEMO_CUSTOMERS)
                .await
                .map_err(|cause| Failure::usage(format!("no port on loopback can be opened: {cause}")))?,
        ),
        _ => None,
    };
    let connection = match &sandbox {
        Some(sandbox) => {
            note!(
                "no --endpoints and no --cloud: a Microsoft cloud of our own runs on loopback for this demonstration"
            );
            Connection::demo(Endpoints::parse(&sandbox.endpoints().to_string())?).await?
        }
        None => Connection::from_args(&args.connection()).await?,
    };
    let output = run(args, &connection).await?;
    match output.write(&mut std::io::stdout().lock(), args.json, args.csv) {
        // Whoever reads the output may stop early, as `head` does.
        Err(cause) if cause.kind() != std::io::ErrorKind::BrokenPipe => {
            Err(Failure::usage(format!("standard output: {cause}")))
        }
        _ => Ok(output.exit_code()),
    }
}

/// The five customers the demonstration is about.
const DEMO_CUSTOMERS: usize = 5;
