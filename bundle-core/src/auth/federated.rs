//! Assertions of another identity: workload identity federation.
//!
//! A cluster, a pipeline or a managed identity issues a token, and the application trusts its issuer and subject by a
//! federated credential. No secret of the application exists then.

use std::fmt;
use std::future::Future;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use async_trait::async_trait;
use secrecy::SecretString;

use super::{AssertionRequest, ClientAssertion};
use crate::error::{Error, Result};

/// The assertion in a file that somebody else rotates, as Kubernetes does with a projected service account token.
///
/// The file is read at each exchange, so a rotated one is used at once.
///
/// Source: "Microsoft Entra Workload ID on AKS" (Microsoft Learn).
#[derive(Clone, Debug)]
pub struct AssertionFile {
    path: PathBuf,
}

impl AssertionFile {
    /// The assertion in the file at `path`. The file is not read yet.
    #[must_use]
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self { path: path.into() }
    }

    /// The assertion in the file that `AZURE_FEDERATED_TOKEN_FILE` names.
    ///
    /// # Errors
    /// [`ErrorKind::Config`](crate::ErrorKind::Config): the variable is not set, or empty.
    pub fn from_environment() -> Result<Self> {
        Self::named(std::env::var_os(VARIABLE))
    }

    fn named(value: Option<std::ffi::OsString>) -> Result<Self> {
        match value {
            Some(path) if !path.is_empty() => Ok(Self::new(path)),
            _ => Err(Error::config(format!("{VARIABLE}: not set; it names the file of the federated token"))),
        }
    }
}

#[async_trait]
impl ClientAssertion for AssertionFile {
    async fn assertion(&self, _: &AssertionRequest) -> Result<SecretString> {
        let path = self.path.clone();
        let read = tokio::task::spawn_blocking(move || read(&path));
        read.await.unwrap_or_else(|cause| Err(wrong(&self.path, "cannot be read").with_source(cause)))
    }
}

/// An assertion that a function of the program answers.
#[derive(Clone)]
pub struct AssertionCallback<F>(F);

impl<F, Answer> AssertionCallback<F>
where
    F: Fn(AssertionRequest) -> Answer + Send + Sync,
    Answer: Future<Output = Result<SecretString>> + Send,
{
    /// Asks `callback` at each exchange; what it has to keep to is written at [`ClientAssertion`].
    pub fn new(callback: F) -> Self {
        Self(callback)
    }
}

#[async_trait]
impl<F, Answer> ClientAssertion for AssertionCallback<F>
where
    F: Fn(AssertionRequest) -> Answer + Send + Sync,
    Answer: Future<Output = Result<SecretString>> + Send,
{
    async fn assertion(&self, request: &AssertionRequest) -> Result<SecretString> {
        (self.0)(request.clone()).await
    }
}

impl<F> fmt::Debug for AssertionCallback<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AssertionCallback")
    }
}

fn read(path: &Path) -> Result<SecretString> {
    let file = std::fs::File::open(path).map_err(|cause| wrong(path, "cannot be read").with_source(cause))?;
    let mut text = String::new();
    match file.take(LARGEST + 1).read_to_string(&mut text) {
        Ok(_) => {}
        Err(cause) if cause.kind() == std::io::ErrorKind::InvalidData => return Err(wrong(path, "is no text")),
        Err(cause) => return Err(wrong(path, "cannot be read").with_source(cause)),
    }
    if u64::try_from(text.len()).is_ok_and(|len| len > LARGEST) {
        return Err(wrong(path, "is larger than any token"));
    }
    let token = text.trim();
    if token.is_empty() {
        return Err(wrong(path, "is empty"));
    }
    let is_part = |part: &str| {
        !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_=".contains(&byte))
    };
    if token.split('.').count() != 3 || !token.split('.').all(is_part) {
        return Err(wrong(path, "holds no JSON web token"));
    }
    Ok(token.into())
}

fn wrong(path: &Path, what: &str) -> Error {
    Error::config(format!("assertion file: {} {what}", path.display()))
}

/// Where the workload identity webhook names the file.
const VARIABLE: &str = "AZURE_FEDERATED_TOKEN_FILE";
/// No token is larger.
const LARGEST: u64 = 64 << 10;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variable_has_to_name_a_file() {
        for value in [None, Some("".into())] {
            let error = AssertionFile::named(value).unwrap_err();
            assert!(error.to_string().contains("AZURE_FEDERATED_TOKEN_FILE"), "{error}");
        }
        assert_eq!(AssertionFile::named(Some("/a".into())).unwrap().path, Path::new("/a"));
    }
}
