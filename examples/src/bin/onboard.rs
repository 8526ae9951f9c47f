//! Onboards a partner's customers with one command; see `onboard --help`.

use std::io::Write as _;
use std::process::ExitCode;

use bundle_sandbox::Sandbox;
use clap::Parser as _;
use examples::connect::Connection;
use examples::endpoints::Endpoints;
use examples::exit::Failure;
use examples::note;
use examples::onboard::{Args, Outcome, run, write_setup};

#[tokio::main]
async fn main() -> ExitCode {
    let args = Args::parse();
    match onboard(&args).await {
        Ok(code) => code,
        Err(failure) => failure.report(),
    }
}

async fn onboard(args: &Args) -> Result<ExitCode, Failure> {
    args.check()?;
    // Kept until the end: the cloud stops with it.
    let sandbox = match (&args.endpoints, &args.cloud) {
        (None, None) => Some(
            Sandbox::demo(args.customers.unwrap_or(DEMO_CUSTOMERS))
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
        None => Connection::from_args(args).await?,
    };
    let outcome = run(args, &connection).await?;
    match write(args, &outcome) {
        // Whoever reads the output may stop early, as `head` does.
        Err(cause) if cause.kind() != std::io::ErrorKind::BrokenPipe => {
            Err(Failure::usage(format!("standard output: {cause}")))
        }
        _ => Ok(outcome.report.exit_code()),
    }
}

/// The five customers the demonstration is about.
const DEMO_CUSTOMERS: usize = 5;

/// For people on standard output; as JSON there, with what a dry run plans on standard error.
fn write(args: &Args, outcome: &Outcome) -> std::io::Result<()> {
    let mut out = std::io::stdout().lock();
    let people = |out: &mut dyn std::io::Write| {
        write_setup(out, &outcome.setup, args.dry_run).and_then(|()| outcome.report.write(out, args.dry_run))
    };
    if !args.json {
        return people(&mut out);
    }
    if args.dry_run {
        people(&mut std::io::stderr().lock())?;
    }
    serde_json::to_writer(&mut out, &outcome.report)?;
    writeln!(out)
}
