//! The state of an onboarding in a file.

use std::path::{Path, PathBuf};

use bundle_core::ids::AppId;
use bundle_core::onboarding::OnboardingState;
use bundle_core::{Error, Result, TenantId};

use crate::files;

/// A state file. Replaced as a whole, so an interrupted program leaves the old state or the new one.
#[derive(Clone, Debug)]
pub struct StateFile {
    path: PathBuf,
}

impl StateFile {
    /// Opens a state file, or starts a new state when there is none. A file that is no state of this partner,
    /// application and cloud is left untouched.
    ///
    /// # Errors
    /// [`ErrorKind::Config`](bundle_core::ErrorKind::Config): the file cannot be read or is foreign.
    pub fn open(path: &Path, cloud: &str, partner: &TenantId, application: &AppId) -> Result<(Self, OnboardingState)> {
        let state = match std::fs::read(path) {
            Ok(bytes) => OnboardingState::read(&bytes, cloud, partner, application)
                .map_err(|cause| Error::config(format!("{}: {}", path.display(), cause.message())))?,
            Err(cause) if cause.kind() == std::io::ErrorKind::NotFound => {
                OnboardingState::new(cloud, *partner, *application)
            }
            Err(cause) => {
                return Err(Error::config(format!("state: {} cannot be read", path.display())).with_source(cause));
            }
        };
        let file = Self { path: path.to_owned() };
        // Found out now, not after the first customer.
        file.save(&state)?;
        Ok((file, state))
    }

    /// Stores the state.
    ///
    /// # Errors
    /// [`ErrorKind::Config`](bundle_core::ErrorKind::Config): the file cannot be written.
    pub fn save(&self, state: &OnboardingState) -> Result<()> {
        let wrong = |cause: std::io::Error| {
            Error::config(format!("state: {} cannot be written", self.path.display())).with_source(cause)
        };
        let json = serde_json::to_vec(state).map_err(std::io::Error::other).map_err(wrong)?;
        files::replace(&self.path, &json).map_err(wrong)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn foreign_file_is_left_as_it_is() {
        let path = std::env::temp_dir().join(format!("bundle-state-{}.json", std::process::id()));
        let open = || StateFile::open(&path, "custom", &TenantId::from_u128(1), &AppId::from_u128(2));
        for foreign in ["", "not ours", "{\"format\":\"bundle-onboarding\",\"version\":9}"] {
            std::fs::write(&path, foreign).unwrap();
            let error = open().unwrap_err();
            assert!(error.to_string().contains(&path.display().to_string()), "{error}");
            assert_eq!(std::fs::read_to_string(&path).unwrap(), foreign);
        }
        std::fs::remove_file(&path).unwrap();
        let (file, mut state) = open().unwrap();
        state.customers.insert(TenantId::from_u128(3), bundle_core::onboarding::CustomerState::default());
        file.save(&state).unwrap();
        assert_eq!(open().unwrap().1, state);
        std::fs::remove_file(&path).unwrap();
    }
}
