//! Keeps the consent of customers up; see `consent --help`.

use std::process::ExitCode;

use clap::Parser as _;
use examples::consent::{Args, run_until};
use examples::exit::Failure;

#[tokio::main]
async fn main() -> ExitCode {
    let args = Args::parse();
    match consent(&args).await {
        Ok(code) => code,
        Err(failure) => failure.report(),
    }
}

async fn consent(args: &Args) -> Result<ExitCode, Failure> {
    args.check()?;
    // Kept until the end: the cloud stops with it.
    let (_sandbox, connection) = args.connection.connect(DEMO_CUSTOMERS).await?;
    // Those under way are finished; without a signal handler the program goes on to the end.
    let stop = async {
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
    };
    let output = run_until(args, &connection, stop).await?;
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
