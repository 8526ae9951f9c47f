//! What stops working without a permission.

use serde::Serialize;

use super::operation::{BundleOperation, MissingPermission, OperationClass};
use super::permission::StockPermission;
use super::selection::Selection;
use crate::integration::Integration;

/// What a selection means for the bundle: which of its operations stop working, and which stock permissions it leaves
/// out.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Impact {
    /// The operations that stop, sorted by name, each with what it lacks.
    pub stopped: Vec<StoppedOperation>,
    /// The stock permissions that are left out, sorted by resource and name.
    pub left_out: Vec<&'static StockPermission>,
}

/// An operation that does not work with a selection.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct StoppedOperation {
    /// The name of the operation.
    pub operation: &'static str,
    /// `call`, `flow` or `probe`.
    pub class: &'static str,
    /// What is missing; one permission of each entry is needed.
    pub missing: Vec<MissingPermission>,
}

/// Says which operations of the bundle stop working with a selection.
///
/// An operation counts as working when one of the permissions its page accepts is selected, as either kind.
///
/// ```
/// use bundle_core::Integration;
/// use bundle_core::catalog::{Selection, impact};
///
/// # fn main() -> bundle_core::Result<()> {
/// let stock = Selection::stock(&Integration::ALL);
/// assert!(impact(&stock).stopped.is_empty());
/// let without = stock.without(["exchange/Exchange.Manage"])?;
/// assert!(impact(&without).stopped.iter().any(|stopped| stopped.operation == "shield.exchange"));
/// # Ok(())
/// # }
/// ```
#[must_use]
pub fn impact(selection: &Selection) -> Impact {
    let stopped = BundleOperation::all().iter().filter_map(|operation| {
        let missing = operation.lacks(selection);
        let stopped = || StoppedOperation {
            operation: operation.name,
            class: operation.class.as_str(),
            missing: missing.clone(),
        };
        (!missing.is_empty()).then(stopped)
    });
    let stock = Selection::stock(&Integration::ALL);
    let left_out = stock.permissions().filter(|row| !selection.contains(row.resource, row.name));
    Impact { stopped: stopped.collect(), left_out: left_out.collect() }
}

impl Impact {
    /// Whether every flow and every probe still works.
    #[must_use]
    pub fn is_harmless(&self) -> bool {
        self.stopped.iter().all(|stopped| stopped.class == OperationClass::Call.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stopped(without: &[&str]) -> Vec<&'static str> {
        let selection = Selection::stock(&Integration::ALL).for_owned_app().without(without).unwrap();
        impact(&selection).stopped.iter().map(|stopped| stopped.operation).collect()
    }

    #[test]
    fn permission_with_a_substitute_stops_nothing() {
        assert!(stopped(&["User.Read.All"]).is_empty());
        assert!(stopped(&["Chat.Create"]).is_empty());
    }

    #[test]
    fn permission_without_a_substitute_stops_its_calls_and_their_flows() {
        let names = stopped(&["DelegatedPermissionGrant.ReadWrite.All", "Directory.ReadWrite.All"]);
        for name in ["graph.permission_grants.create", "flow.setup", "flow.consent-push"] {
            assert!(names.contains(&name), "{name} {names:?}");
        }
        assert!(!names.contains(&"flow.gdap"), "{names:?}");
        let names = stopped(&["partner-center/user_impersonation"]);
        assert!(names.contains(&"flow.customer-consent") && names.contains(&"shield.csp"), "{names:?}");
    }

    #[test]
    fn impact_names_what_is_left_out() {
        let selection = Selection::stock(&Integration::ALL).without(["Mail.Send", "Exchange.Manage"]).unwrap();
        let impact = impact(&selection);
        assert_eq!(impact.left_out.iter().map(|row| row.name).collect::<Vec<_>>(), ["Exchange.Manage", "Mail.Send"]);
        assert!(!impact.is_harmless());
    }
}
