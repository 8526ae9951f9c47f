//! Explains a pasted error; see `doctor --help`.

use std::io::{BufReader, IsTerminal as _, Read as _, Write as _};
use std::process::ExitCode;

use bundle_core::doctor::diagnose_answer;
use clap::Parser as _;
use examples::doctor::{Args, code, colours, run, write};
use examples::exit::Failure;
use http::HeaderMap;

fn main() -> ExitCode {
    match doctor(&Args::parse()) {
        Ok(code) => code,
        Err(failure) => failure.report(),
    }
}

fn doctor(args: &Args) -> Result<ExitCode, Failure> {
    let input = args.open()?;
    let mut out = std::io::stdout().lock();
    let (written, code) = if args.jsonl {
        (run(BufReader::new(input), &mut out), 0)
    } else {
        let mut text = Vec::new();
        input.take(MAX_TEXT).read_to_end(&mut text).map_err(|cause| Failure::usage(format!("input: {cause}")))?;
        let finding = diagnose_answer(None, None, &HeaderMap::new(), &text);
        let written = if args.json {
            serde_json::to_writer(&mut out, &finding).map_err(Into::into).and_then(|()| writeln!(out))
        } else {
            let no_color = std::env::var_os("NO_COLOR");
            write(&mut out, &finding, colours(std::io::stdout().is_terminal(), no_color.as_deref()))
        };
        (written, code(finding.kind))
    };
    match written {
        // Whoever reads the output may stop early, as `head` does.
        Err(cause) if cause.kind() != std::io::ErrorKind::BrokenPipe => {
            Err(Failure::usage(format!("standard output: {cause}")))
        }
        _ => Ok(ExitCode::from(code)),
    }
}

const MAX_TEXT: u64 = 64 << 20;
