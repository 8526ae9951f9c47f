//! Ids only Graph has.

use bundle_core::opaque_id;

opaque_id! {
    /// The id of an application permission granted to a service principal.
    AppRoleAssignmentId
}
opaque_id! {
    /// The id of a directory role assigned to a principal.
    RoleAssignmentId
}
