//! `requiredResourceAccess`: the permissions an app registration declares.

use serde::{Deserialize, Serialize};

use super::permission::{Permission, PermissionKind};
use crate::error::{Error, Result};
use crate::ids::{AppId, PermissionId};

/// The most resources one app registration may declare.
///
/// Source: "application resource type", property `requiredResourceAccess` (Microsoft Learn, Graph v1.0).
pub const MANIFEST_RESOURCE_LIMIT: usize = 50;

/// The most permissions one app registration may declare, over all resources.
///
/// Source: "application resource type", property `requiredResourceAccess` (Microsoft Learn, Graph v1.0).
pub const MANIFEST_PERMISSION_LIMIT: usize = 400;

/// The permissions an app registration declares of one resource application.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct RequiredResourceAccess {
    /// The resource application.
    pub resource_app_id: AppId,
    /// Its permissions.
    pub resource_access: Vec<ResourceAccess>,
}

/// One declared permission.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ResourceAccess {
    /// The id of the scope or app role.
    pub id: PermissionId,
    /// Which of the two it is.
    #[serde(rename = "type")]
    pub access_type: ResourceAccessType,
}

open_enum! {
    /// What the id of a [`ResourceAccess`] stands for.
    pub enum ResourceAccessType {
        /// An app role: application permission.
        Role = "Role",
        /// A scope: delegated permission.
        Scope = "Scope",
    }
}

impl RequiredResourceAccess {
    /// Starts the declaration of one resource.
    #[must_use]
    pub const fn new(resource_app_id: AppId, resource_access: Vec<ResourceAccess>) -> Self {
        Self { resource_app_id, resource_access }
    }

    /// Adds what `wanted` has and `existing` lacks; nothing is taken away and the order of `existing` stays.
    ///
    /// Microsoft Graph replaces the whole collection on an update, so send back the union.
    ///
    /// # Errors
    /// [`ErrorKind::Config`](crate::ErrorKind::Config): the union is over a limit, see [`Self::check_limits`].
    pub fn union(existing: &[Self], wanted: &[Self]) -> Result<Vec<Self>> {
        let mut union = existing.to_vec();
        for entry in wanted {
            match union.iter_mut().find(|known| known.resource_app_id == entry.resource_app_id) {
                None => union.push(entry.clone()),
                Some(known) => {
                    for access in &entry.resource_access {
                        if !known.resource_access.contains(access) {
                            known.resource_access.push(access.clone());
                        }
                    }
                }
            }
        }
        Self::check_limits(&union)?;
        Ok(union)
    }

    /// Checks a whole collection against [`MANIFEST_RESOURCE_LIMIT`] and [`MANIFEST_PERMISSION_LIMIT`].
    ///
    /// # Errors
    /// [`ErrorKind::Config`](crate::ErrorKind::Config): over a limit; the message has both numbers.
    pub fn check_limits(entries: &[Self]) -> Result<()> {
        let permissions: usize = entries.iter().map(|entry| entry.resource_access.len()).sum();
        for (what, count, limit) in [
            ("resources", entries.len(), MANIFEST_RESOURCE_LIMIT),
            ("permissions", permissions, MANIFEST_PERMISSION_LIMIT),
        ] {
            if count > limit {
                return Err(Error::config(format!(
                    "requiredResourceAccess has {count} {what}, an app registration takes at most {limit}"
                )));
            }
        }
        Ok(())
    }
}

impl ResourceAccess {
    /// Declares one permission.
    #[must_use]
    pub fn new(id: PermissionId, kind: PermissionKind) -> Self {
        Self { id, access_type: kind.into() }
    }
}

impl From<Permission> for ResourceAccess {
    fn from(permission: Permission) -> Self {
        Self::new(permission.id, permission.kind)
    }
}

impl From<PermissionKind> for ResourceAccessType {
    fn from(kind: PermissionKind) -> Self {
        match kind {
            PermissionKind::Delegated => Self::Scope,
            PermissionKind::Application => Self::Role,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(app: u128, ids: impl IntoIterator<Item = u128>) -> RequiredResourceAccess {
        let access = |id| ResourceAccess::new(PermissionId::from_u128(id), PermissionKind::Delegated);
        RequiredResourceAccess::new(AppId::from_u128(app), ids.into_iter().map(access).collect())
    }

    #[test]
    fn limits_are_refused_one_above_with_the_numbers() {
        let resources = |count: u128| (1..=count).map(|app| entry(app, [app])).collect::<Vec<_>>();
        assert!(RequiredResourceAccess::check_limits(&resources(50)).is_ok());
        let error = RequiredResourceAccess::check_limits(&resources(51)).unwrap_err().to_string();
        assert!(error.contains("51 resources") && error.contains("at most 50"), "{error}");

        let mut entries = vec![entry(1, 1..=250), entry(2, 1..=150)];
        assert!(RequiredResourceAccess::check_limits(&entries).is_ok());
        entries.push(entry(3, [1]));
        let error = RequiredResourceAccess::check_limits(&entries).unwrap_err().to_string();
        assert!(error.contains("401 permissions") && error.contains("at most 400"), "{error}");
    }

    #[test]
    fn union_adds_and_never_takes_away() {
        let existing = [entry(9, [3, 1]), entry(7, [5])];
        let union = RequiredResourceAccess::union(&existing, &[entry(9, [1, 2]), entry(8, [4])]).unwrap();
        assert_eq!(union, [entry(9, [3, 1, 2]), entry(7, [5]), entry(8, [4])]);
        assert_eq!(RequiredResourceAccess::union(&union, &existing).unwrap(), union);
        assert!(RequiredResourceAccess::union(&[entry(1, 1..=400)], &[entry(1, [401])]).is_err());
    }

    #[test]
    fn one_id_of_both_kinds_is_two_permissions() {
        let id = PermissionId::from_u128(1);
        let role = RequiredResourceAccess::new(
            AppId::from_u128(1),
            vec![ResourceAccess::new(id, PermissionKind::Application)],
        );
        let union = RequiredResourceAccess::union(&[entry(1, [1])], &[role]).unwrap();
        assert_eq!(union[0].resource_access.len(), 2);
    }

    #[test]
    fn json_has_the_shape_of_graph() {
        let json = serde_json::json!({
            "resourceAppId": "00000003-0000-0000-c000-000000000000",
            "resourceAccess": [
                {"id": "e1fe6dd8-ba31-4d61-89e7-88639da4683d", "type": "Scope"},
                {"id": "df021288-bdef-4463-88db-98f22de89214", "type": "Role"},
                {"id": "df021288-bdef-4463-88db-98f22de89214", "type": "Later"},
            ],
        });
        let entry: RequiredResourceAccess = serde_json::from_value(json.clone()).unwrap();
        assert_eq!(entry.resource_access[1].access_type, ResourceAccessType::Role);
        assert_eq!(serde_json::to_value(&entry).unwrap(), json);
    }
}
