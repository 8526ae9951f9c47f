//! Serves the demonstration world until it is interrupted, and prints its endpoint set as JSON.

use std::io::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;

use bundle_sandbox::{Sandbox, SandboxOptions, demo};

#[tokio::main(flavor = "multi_thread", worker_threads = 1)]
async fn main() -> ExitCode {
    let arguments = match Arguments::parse(std::env::args().skip(1)) {
        Ok(Some(arguments)) => arguments,
        Ok(None) => {
            println!("{USAGE}");
            return ExitCode::SUCCESS;
        }
        Err(problem) => {
            eprintln!("bundle-sandbox: {problem}; {USAGE}");
            return ExitCode::from(2);
        }
    };
    match serve(&arguments).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(problem) => {
            eprintln!("bundle-sandbox: {problem}");
            ExitCode::FAILURE
        }
    }
}

async fn serve(arguments: &Arguments) -> std::io::Result<()> {
    let options = SandboxOptions::new().speed(arguments.speed);
    let sandbox = Sandbox::start(demo::world(arguments.customers), options).await?;
    let endpoints = format!("{:#}\n", sandbox.endpoints());
    if let Some(file) = &arguments.output {
        std::fs::write(file, &endpoints)?;
    }
    let mut out = std::io::stdout();
    out.write_all(endpoints.as_bytes())?;
    out.flush()?;
    interrupted().await
}

#[cfg(unix)]
async fn interrupted() -> std::io::Result<()> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut terminate = signal(SignalKind::terminate())?;
    tokio::select! {
        stopped = tokio::signal::ctrl_c() => stopped,
        _ = terminate.recv() => Ok(()),
    }
}

#[cfg(not(unix))]
async fn interrupted() -> std::io::Result<()> {
    tokio::signal::ctrl_c().await
}

#[derive(Debug, PartialEq)]
struct Arguments {
    customers: usize,
    speed: f64,
    output: Option<PathBuf>,
}

impl Arguments {
    /// Reads the command line; `None` when help is wanted.
    fn parse(mut words: impl Iterator<Item = String>) -> Result<Option<Self>, String> {
        let mut arguments = Self { customers: 5, speed: 1.0, output: None };
        while let Some(word) = words.next() {
            let (name, inline) = match word.split_once('=') {
                Some((name, value)) => (name, Some(value.to_owned())),
                None => (word.as_str(), None),
            };
            if matches!(name, "--help" | "-h") {
                return Ok(None);
            }
            if !matches!(name, "--customers" | "--speed" | "--output") {
                return Err(format!("unknown argument {word:?}"));
            }
            let value = inline.or_else(|| words.next()).ok_or_else(|| format!("{name} needs a value"))?;
            let bad = |what: &str| format!("{name} needs {what}, not {value:?}");
            match name {
                "--customers" => {
                    arguments.customers = value
                        .parse()
                        .ok()
                        .filter(|count| *count <= MOST_CUSTOMERS)
                        .ok_or_else(|| bad("a number from 0 to 10000"))?;
                }
                "--speed" => {
                    arguments.speed = value
                        .parse()
                        .ok()
                        .filter(|speed: &f64| speed.is_finite() && *speed >= 0.0)
                        .ok_or_else(|| bad("a number from 0 up"))?;
                }
                _ => arguments.output = Some(PathBuf::from(value)),
            }
        }
        Ok(Some(arguments))
    }
}

const MOST_CUSTOMERS: usize = 10_000;

const USAGE: &str = "usage: bundle-sandbox [--customers N] [--speed N] [--output FILE]";

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(line: &str) -> Result<Option<Arguments>, String> {
        Arguments::parse(line.split_whitespace().map(str::to_owned))
    }

    #[test]
    fn arguments_have_defaults_and_both_spellings() {
        let defaults = Arguments { customers: 5, speed: 1.0, output: None };
        assert_eq!(parse(""), Ok(Some(defaults)));
        let given = Arguments { customers: 200, speed: 60.0, output: Some(PathBuf::from("e.json")) };
        assert_eq!(parse("--customers 200 --speed=60 --output e.json"), Ok(Some(given)));
        assert_eq!(
            parse("--customers x --help"),
            Err("--customers needs a number from 0 to 10000, not \"x\"".to_owned())
        );
        assert_eq!(parse("--help"), Ok(None));
    }

    #[test]
    fn wrong_arguments_are_named() {
        for line in ["--port 1", "--customers", "--customers many", "--speed -1", "--speed inf"] {
            assert!(parse(line).is_err(), "{line}");
        }
    }
}
