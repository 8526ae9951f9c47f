//! The bundle's own operations and the permissions they need.

use super::data::OPERATIONS;
use super::nearest::nearest;
use super::resource::Resource;
use super::selection::Selection;
use crate::error::{Error, Result};

/// Something the bundle does: a call of one of its clients, the probe of a shield, or a flow of several calls.
///
/// A call may be made as the account or as the application; a permission counts for it as either kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct BundleOperation {
    /// The name, for example `graph.users.list`: the one in errors and traces.
    pub name: &'static str,
    /// What it is.
    pub class: OperationClass,
    /// What a flow is for; empty for calls, whose method and URL say it.
    pub summary: &'static str,
    /// The request of a call.
    pub request: Option<OperationRequest>,
    /// The permissions of a call, see [`BundleOperation::lacks`].
    needs: &'static [&'static [&'static str]],
    /// The calls of a flow, in order.
    uses: &'static [&'static str],
}

/// What an operation is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum OperationClass {
    /// A call of a client.
    Call,
    /// Several calls with a goal.
    Flow,
    /// The call a shield rests on.
    Probe,
}

impl OperationClass {
    /// The word used in reports.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Call => "call",
            Self::Flow => "flow",
            Self::Probe => "probe",
        }
    }
}

/// The request of a call, as a template: `{id}` stands for any key, `{value}` for the argument of a function.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct OperationRequest {
    /// The resource it goes to.
    pub resource: Resource,
    /// The HTTP method.
    pub method: &'static str,
    /// The path, without the version where the resource has versions.
    pub path: &'static str,
}

impl BundleOperation {
    /// All operations, sorted by name.
    #[must_use]
    pub const fn all() -> &'static [Self] {
        OPERATIONS
    }

    /// Finds an operation by name.
    #[must_use]
    pub fn find(name: &str) -> Option<&'static Self> {
        OPERATIONS.binary_search_by_key(&name, |row| row.name).ok().map(|at| &OPERATIONS[at])
    }

    /// As [`BundleOperation::find`], for a name a person wrote.
    ///
    /// # Errors
    /// [`ErrorKind::Config`](crate::ErrorKind::Config): there is no such operation; the message names the nearest one.
    pub fn named(name: &str) -> Result<&'static Self> {
        Self::find(name).ok_or_else(|| {
            let nearest = nearest(name, OPERATIONS.iter().map(|row| row.name));
            let nearest = nearest.map(|right| format!(", the nearest is {right:?}")).unwrap_or_default();
            Error::config(format!("operation: {name:?} is none of the bundle{nearest}"))
        })
    }

    /// The calls a flow makes, in order; the call itself for a call.
    pub fn calls(&'static self) -> impl Iterator<Item = &'static Self> {
        let own = self.uses.is_empty().then_some(self);
        self.uses.iter().filter_map(|name| Self::find(name)).chain(own)
    }

    /// The permissions a selection lacks for the operation: one of each group is missing. Empty when it works.
    #[must_use]
    pub fn lacks(&'static self, selection: &Selection) -> Vec<MissingPermission> {
        let mut missing = Vec::new();
        for call in self.calls() {
            for group in call.needs {
                if !group.iter().any(|name| holds(selection, name)) {
                    let one = MissingPermission { operation: call.name, any_of: group };
                    if !missing.contains(&one) {
                        missing.push(one);
                    }
                }
            }
        }
        missing
    }

    /// The groups of permissions a call needs, one of each; names without a resource are Microsoft Graph's.
    #[must_use]
    pub const fn needs(&self) -> &'static [&'static [&'static str]] {
        self.needs
    }

    /// A row of the table: one request.
    pub(super) const fn call(
        name: &'static str,
        class: OperationClass,
        resource: Resource,
        method: &'static str,
        path: &'static str,
        needs: &'static [&'static [&'static str]],
    ) -> Self {
        let request = Some(OperationRequest { resource, method, path });
        Self { name, class, summary: "", request, needs, uses: &[] }
    }

    /// A row of the table: several calls.
    pub(super) const fn flow(name: &'static str, summary: &'static str, uses: &'static [&'static str]) -> Self {
        Self { name, class: OperationClass::Flow, summary, request: None, needs: &[], uses }
    }
}

/// What an operation lacks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct MissingPermission {
    /// The call that lacks it: the operation itself, or a call of the flow.
    pub operation: &'static str,
    /// The permissions of which one would do; names without a resource are Microsoft Graph's.
    pub any_of: &'static [&'static str],
}

fn holds(selection: &Selection, name: &str) -> bool {
    let (resource, name) = parts(name);
    resource.is_some_and(|resource| selection.contains(resource, name))
}

/// The resource and the name of a permission of the table.
fn parts(name: &str) -> (Option<Resource>, &str) {
    match name.split_once('/') {
        Some((key, name)) => (Resource::by_key(key), name),
        None => (Some(Resource::GRAPH), name),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::integration::Integration;

    #[test]
    fn table_is_sorted_and_names_what_is_there() {
        assert!(OPERATIONS.is_sorted_by(|a, b| a.name < b.name));
        for row in OPERATIONS {
            assert_eq!(row.request.is_none(), row.class == OperationClass::Flow, "{}", row.name);
            assert_eq!(row.uses.len(), if row.uses.is_empty() { 0 } else { row.calls().count() }, "{}", row.name);
            for name in row.needs.iter().copied().flatten() {
                let (resource, short) = parts(name);
                let resource = resource.expect("a resource of the catalog");
                assert!(crate::catalog::rows::find(resource, short).is_some(), "{}: {name}", row.name);
                assert_eq!(Some(resource), row.request.map(|request| request.resource), "{}", row.name);
            }
        }
    }

    #[test]
    fn stock_is_enough_for_everything() {
        let stock = Selection::stock(&Integration::ALL);
        for row in OPERATIONS {
            assert_eq!(row.lacks(&stock), [], "{}", row.name);
            assert!(!row.lacks(&Selection::owned_app()).is_empty(), "{}", row.name);
        }
    }

    #[test]
    fn wrong_names_are_told_the_nearest() {
        let message = BundleOperation::named("graph.user.list").unwrap_err().to_string();
        assert!(message.contains("the nearest is \"graph.users.list\""), "{message}");
    }
}
