//! Wanted against granted, for people to read.

use std::fmt;

use serde::Serialize;

use super::{GrantPlan, GrantSnapshot, WantedGrants, plan};
use crate::catalog::{Permission, PermissionKind, Resource, ScopeString};
use crate::directory::ConsentType;
use crate::error::Result;
use crate::ids::ObjectId;

/// What an application is granted in a tenant beside what it should be.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct GrantDiff {
    /// The resources that are wanted or granted, sorted by key.
    pub resources: Vec<ResourceDiff>,
    /// The writes that are missing.
    pub plan: GrantPlan,
    /// The service principals of resources that are granted but that the catalog does not know. They stay as they are.
    pub foreign: Vec<ObjectId>,
}

/// The comparison of one resource.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct ResourceDiff {
    /// The resource.
    pub resource: Resource,
    /// Wanted and not granted.
    pub missing: PermissionNames,
    /// Wanted and granted.
    pub granted: PermissionNames,
    /// Granted and not wanted: somebody else's, or left from before. They stay.
    pub surplus: PermissionNames,
}

/// Names of permissions by kind, sorted.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct PermissionNames {
    /// Delegated permissions.
    pub delegated: Vec<String>,
    /// Application permissions; one the catalog does not know is shown by its id.
    pub application: Vec<String>,
}

/// Compares what is wanted with what is granted: app role assignments and delegated grants for all users, never the
/// manifest of the app registration.
///
/// Additive: the plan grants what is missing and takes nothing away.
///
/// # Errors
/// As [`plan`].
pub fn diff(wanted: &WantedGrants, snapshot: &GrantSnapshot) -> Result<GrantDiff> {
    let plan = plan(wanted, snapshot)?;
    let mut resources = Vec::new();
    for resource in Resource::ALL {
        let asked = wanted.resources().iter().find(|wanted| wanted.resource == resource);
        let principal = snapshot.resources.iter().find(|(known, _)| *known == resource).map(|(_, found)| found.id);
        if asked.is_none() && principal.is_none() {
            continue;
        }
        let (mut missing, mut granted, mut surplus) =
            (PermissionNames::default(), PermissionNames::default(), PermissionNames::default());

        let wanted_scopes = asked.map(|asked| asked.scopes.clone()).unwrap_or_default();
        let held = scopes(snapshot, principal)?;
        let names = |list: Vec<&str>| list.into_iter().map(str::to_owned).collect::<Vec<_>>();
        missing.delegated = names(wanted_scopes.missing_from(&held));
        surplus.delegated = names(held.missing_from(&wanted_scopes));
        granted.delegated = names(wanted_scopes.iter().filter(|name| held.contains(name)).collect());

        let roles = snapshot.grants.app_roles.iter().filter(|role| Some(role.resource_id) == principal);
        let held: Vec<_> = roles.map(|role| role.app_role_id).collect();
        let wanted_roles = asked.map(|asked| asked.app_roles.as_slice()).unwrap_or_default();
        for (name, id) in wanted_roles {
            let list = if held.contains(id) { &mut granted } else { &mut missing };
            list.application.push((*name).to_owned());
        }
        for id in held.iter().filter(|id| wanted_roles.iter().all(|(_, wanted)| wanted != *id)) {
            let known = Permission::by_id(id, PermissionKind::Application);
            surplus.application.push(known.map_or_else(|| id.to_string(), |permission| permission.name.to_owned()));
        }
        surplus.application.sort();
        resources.push(ResourceDiff { resource, missing, granted, surplus });
    }
    Ok(GrantDiff { resources, plan, foreign: foreign(snapshot) })
}

impl GrantDiff {
    /// Whether everything that is wanted is granted.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        self.plan.steps.is_empty()
    }
}

impl PermissionNames {
    /// How many names there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.delegated.len() + self.application.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

impl fmt::Display for GrantDiff {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for diff in &self.resources {
            writeln!(
                f,
                "{}: {} missing, {} granted, {} beside what is wanted",
                diff.resource.name,
                diff.missing.len(),
                diff.granted.len(),
                diff.surplus.len()
            )?;
            for (sign, names) in [('+', &diff.missing), ('=', &diff.surplus)] {
                for (kind, names) in [("delegated", &names.delegated), ("application", &names.application)] {
                    for name in names {
                        writeln!(f, "  {sign} {kind} {name}")?;
                    }
                }
            }
        }
        if !self.foreign.is_empty() {
            writeln!(f, "{} resource(s) the catalog does not know stay as they are", self.foreign.len())?;
        }
        Ok(())
    }
}

fn scopes(snapshot: &GrantSnapshot, principal: Option<ObjectId>) -> Result<ScopeString> {
    let for_all = snapshot
        .grants
        .permission_grants
        .iter()
        .find(|grant| Some(grant.resource_id) == principal && grant.consent_type == ConsentType::AllPrincipals);
    for_all.and_then(|grant| grant.scope.as_deref()).unwrap_or_default().parse()
}

fn foreign(snapshot: &GrantSnapshot) -> Vec<ObjectId> {
    let roles = snapshot.grants.app_roles.iter().map(|role| role.resource_id);
    let grants = snapshot.grants.permission_grants.iter().map(|grant| grant.resource_id);
    let known = |id: &ObjectId| snapshot.resources.iter().any(|(_, principal)| principal.id == *id);
    let mut foreign: Vec<ObjectId> = roles.chain(grants).filter(|id| !known(id)).collect();
    foreign.sort();
    foreign.dedup();
    foreign
}
