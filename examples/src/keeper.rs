//! Secrets that are shown once, as files in a folder.

use std::path::{Path, PathBuf};

use async_trait::async_trait;
use bundle_core::setup::SecretKeeper;
use bundle_core::{Error, Result};
use secrecy::{ExposeSecret, SecretString};

use crate::files;

/// Keeps each secret in a file of its own, which only its owner may read (Unix).
#[derive(Clone, Debug)]
pub struct FolderKeeper {
    folder: PathBuf,
}

impl FolderKeeper {
    /// Keeps secrets in `folder`, which is made when the first one is kept.
    #[must_use]
    pub fn new(folder: &Path) -> Self {
        Self { folder: folder.to_owned() }
    }

    fn error(&self, name: &str, cause: std::io::Error) -> Error {
        Error::config(format!("secrets: {} cannot be used", self.folder.join(name).display())).with_source(cause)
    }
}

#[async_trait]
impl SecretKeeper for FolderKeeper {
    async fn load(&self, name: &str) -> Result<Option<SecretString>> {
        match std::fs::read_to_string(self.folder.join(name)) {
            Ok(text) => Ok(Some(text.into())),
            Err(cause) if cause.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(cause) => Err(self.error(name, cause)),
        }
    }

    async fn keep(&self, name: &str, secret: &SecretString) -> Result<()> {
        std::fs::create_dir_all(&self.folder)
            .and_then(|()| files::replace(&self.folder.join(name), secret.expose_secret().as_bytes()))
            .map_err(|cause| self.error(name, cause))
    }
}
