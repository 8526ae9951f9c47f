//! What has to survive an interruption.

use std::collections::BTreeMap;
use std::path::PathBuf;

use bundle_core::gdap::Invitation;
use bundle_core::ids::{GroupId, RoleTemplateId};
use bundle_core::{Error, TenantId};
use serde::{Deserialize, Serialize};

use crate::exit::Failure;
use crate::files;

/// The invitations under way and the group of each role, in a file when one was named.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct State {
    /// The invitations.
    pub invitations: BTreeMap<TenantId, Invitation>,
    /// The group of each role; an id survives a new name.
    pub groups: BTreeMap<RoleTemplateId, GroupId>,
    file: Option<PathBuf>,
    partner: Option<TenantId>,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Stored {
    format: String,
    version: u32,
    partner: TenantId,
    #[serde(default)]
    invitations: BTreeMap<String, Invitation>,
    #[serde(default)]
    groups: BTreeMap<String, GroupId>,
}

impl State {
    /// Opens the state of a partner; without a file it lasts as long as the program.
    ///
    /// # Errors
    /// [`Failure::Usage`]: the file cannot be read, or is no state of this partner. It is left as it is.
    pub fn open(file: Option<PathBuf>, partner: TenantId) -> Result<Self, Failure> {
        let mut state = Self { file, partner: Some(partner), ..Self::default() };
        let Some(path) = &state.file else { return Ok(state) };
        let wrong = |what: &str| Failure::usage(format!("state: {} {what}", path.display()));
        let bytes = match std::fs::read(path) {
            Ok(bytes) => bytes,
            Err(cause) if cause.kind() == std::io::ErrorKind::NotFound => return Ok(state),
            Err(_) => return Err(wrong("cannot be read")),
        };
        let stored: Stored = serde_json::from_slice(&bytes).map_err(|_| wrong("is no state of this program"))?;
        if stored.format != FORMAT || stored.version != 1 {
            return Err(wrong("is no state of this program, or of a later version"));
        }
        if stored.partner != partner {
            return Err(wrong("is of another partner"));
        }
        let foreign = |_: Error| wrong("is no state of this program");
        for (tenant, invitation) in stored.invitations {
            state.invitations.insert(tenant.parse().map_err(foreign)?, invitation);
        }
        for (role, group) in stored.groups {
            state.groups.insert(role.parse().map_err(foreign)?, group);
        }
        Ok(state)
    }

    /// Stores the state, when there is a file.
    ///
    /// # Errors
    /// [`Failure::Usage`]: the file cannot be written.
    pub fn save(&self) -> Result<(), Failure> {
        let (Some(path), Some(partner)) = (&self.file, self.partner) else { return Ok(()) };
        let stored = Stored {
            format: FORMAT.to_owned(),
            version: 1,
            partner,
            invitations: self.invitations.iter().map(|(tenant, own)| (tenant.to_string(), own.clone())).collect(),
            groups: self.groups.iter().map(|(role, group)| (role.to_string(), *group)).collect(),
        };
        let json = serde_json::to_vec(&stored).map_err(std::io::Error::other);
        json.and_then(|json| files::replace(path, &json))
            .map_err(|cause| Failure::usage(format!("state: {} cannot be written: {cause}", path.display())))
    }
}

const FORMAT: &str = "bundle-gdap";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn state_is_read_back_and_a_foreign_file_is_left_as_it_is() {
        let path = std::env::temp_dir().join(format!("bundle-gdap-{}.json", std::process::id()));
        let partner = TenantId::from_u128(1);
        let open = |partner| State::open(Some(path.clone()), partner);
        for foreign in ["", "{}", "{\"format\":\"bundle-gdap\",\"version\":2,\"partner\":\"x\"}"] {
            std::fs::write(&path, foreign).unwrap();
            assert!(matches!(open(partner), Err(Failure::Usage(line)) if line.contains("state:")));
            assert_eq!(std::fs::read_to_string(&path).unwrap(), foreign);
        }
        std::fs::remove_file(&path).unwrap();
        let mut state = open(partner).unwrap();
        state.invitations.insert(TenantId::from_u128(3), Invitation::default());
        state.groups.insert(RoleTemplateId::GLOBAL_READER, GroupId::from_u128(7));
        state.save().unwrap();
        assert_eq!(open(partner).unwrap(), state);
        assert!(open(TenantId::from_u128(2)).is_err());
        std::fs::remove_file(&path).unwrap();
    }
}
