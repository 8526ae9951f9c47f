//! Moves a partner's customers from a legacy application; see `migrate --help`.

use std::process::ExitCode;

use clap::Parser as _;
use examples::connect::Connection;
use examples::exit::Failure;
use examples::migrate::{Args, run};

#[tokio::main]
async fn main() -> ExitCode {
    match migrate(&Args::parse()).await {
        Ok(code) => code,
        Err(failure) => failure.report(),
    }
}

async fn migrate(args: &Args) -> Result<ExitCode, Failure> {
    args.check()?;
    let connection = Connection::from_args(&args.onboard).await?;
    let output = run(args, &connection).await?;
    match output.write(&mut std::io::stdout().lock(), args.onboard.json, false) {
        // Whoever reads the output may stop early, as `head` does.
        Err(cause) if cause.kind() != std::io::ErrorKind::BrokenPipe => {
            Err(Failure::usage(format!("standard output: {cause}")))
        }
        _ => Ok(output.exit_code()),
    }
}
