//! Answers questions about permissions offline; see `permissions --help`.

use std::io::Write as _;
use std::process::ExitCode;

use clap::Parser as _;
use examples::exit::Failure;
use examples::permissions::{Args, answer};

fn main() -> ExitCode {
    let args = Args::parse();
    let written = answer(&args).and_then(|answer| {
        let mut out = std::io::stdout().lock();
        let written = if args.json { writeln!(out, "{}", answer.json) } else { out.write_all(answer.text.as_bytes()) };
        match written {
            // Whoever reads the output may stop early, as `head` does.
            Err(cause) if cause.kind() != std::io::ErrorKind::BrokenPipe => {
                Err(Failure::usage(format!("standard output: {cause}")))
            }
            _ => Ok(ExitCode::from(answer.code)),
        }
    });
    written.unwrap_or_else(|failure| failure.report())
}
