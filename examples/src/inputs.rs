//! Secrets come from the environment or from files, never from the command line: other users can read that.

use std::path::Path;

use secrecy::SecretString;

use crate::exit::Failure;

/// Reads a secret from a file or else from an environment variable; `None` when neither is given. White space around it
/// is not part of it.
///
/// # Errors
/// [`Failure::Usage`]: the file cannot be read, or the secret is empty. Neither names the secret.
pub fn secret(what: &str, file: Option<&Path>, variable: &str) -> Result<Option<SecretString>, Failure> {
    let text = match file {
        Some(path) => std::fs::read_to_string(path)
            .map_err(|cause| Failure::usage(format!("{what}: {} cannot be read: {cause}", path.display())))?,
        None => match std::env::var(variable) {
            Ok(text) => text,
            Err(std::env::VarError::NotPresent) => return Ok(None),
            Err(_) => return Err(Failure::usage(format!("{what}: {variable} is not text"))),
        },
    };
    if text.trim().is_empty() {
        let place = file.map_or_else(|| variable.to_owned(), |path| path.display().to_string());
        return Err(Failure::usage(format!("{what}: {place} is empty")));
    }
    Ok(Some(text.trim().into()))
}
