//! What `doctor` can be told.

#![allow(clippy::doc_markdown, reason = "doc comments are the help text of a terminal program")]

use std::io::Read;
use std::path::{Path, PathBuf};

use clap::Parser;

use crate::exit::Failure;

/// Explains an error of the Microsoft cloud: what it is, why it happens, who must act and how. Needs no network.
///
/// Takes any text: an answer of a service, an exception, a callback address, a log, an HTTP dump. Secrets in it are never printed.
///
/// Exit codes: 2 wrong usage, otherwise the kind of the error: 1 not known, 10 to 29 as in the README. With --jsonl: 0.
#[derive(Clone, Debug, Default, Parser)]
#[command(name = "doctor", version, max_term_width = 110)]
#[non_exhaustive]
pub struct Args {
    /// The text, or the name of a file that holds it; standard input when left out or -
    #[arg(value_name = "TEXT|FILE")]
    pub text: Option<String>,
    /// Read the text from this file
    #[arg(long, value_name = "FILE", conflicts_with = "text")]
    pub file: Option<PathBuf>,
    /// Print one JSON object
    #[arg(long, conflicts_with = "jsonl")]
    pub json: bool,
    /// Read one JSON object {"service"?,"httpStatus"?,"headers"?,"body"} a line and print one object a line
    #[arg(long)]
    pub jsonl: bool,
}

impl Args {
    /// Opens what is to be read.
    ///
    /// # Errors
    /// [`Failure::Usage`]: the file cannot be read.
    pub fn open(&self) -> Result<Box<dyn Read>, Failure> {
        let open = |path: &Path| -> Result<Box<dyn Read>, Failure> {
            match std::fs::File::open(path) {
                Ok(file) if path.is_file() || !path.is_dir() => Ok(Box::new(file)),
                Ok(_) => Err(Failure::usage(format!("--file: {} is a folder", path.display()))),
                Err(cause) => Err(Failure::usage(format!("--file: {}: {cause}", path.display()))),
            }
        };
        match (&self.file, self.text.as_deref()) {
            (Some(path), _) => open(path),
            (None, None | Some("-")) => Ok(Box::new(std::io::stdin())),
            // A pasted text is no name of a file; a name is short and of one line.
            (None, Some(text)) if text.len() < 1024 && Path::new(text).is_file() => open(Path::new(text)),
            (None, Some(text)) => Ok(Box::new(std::io::Cursor::new(text.to_owned()))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arguments_are_consistent() {
        use clap::CommandFactory as _;
        Args::command().debug_assert();
    }

    #[test]
    fn absent_file_is_named() {
        let args = Args { file: Some("absent-file".into()), ..Args::default() };
        assert!(matches!(args.open(), Err(Failure::Usage(line)) if line.contains("absent-file")));
    }
}
