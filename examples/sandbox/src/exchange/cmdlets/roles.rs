//! `Get-ManagementRoleAssignment`.

use serde_json::{Value, json};

use super::{Output, Run};
use crate::exchange::access::flag;
use crate::reply::Reply;
use crate::world::World;

const ORGANIZATION_MANAGEMENT: &str = "Organization Management";

/// Management roles that Organization Management holds in a new tenant.
const ROLES: &[&str] = &[
    "Address Lists",
    "ApplicationImpersonation",
    "Audit Logs",
    "Compliance Admin",
    "Data Loss Prevention",
    "Distribution Groups",
    "E-Mail Address Policies",
    "Federated Sharing",
    "Information Rights Management",
    "Journaling",
    "Legal Hold",
    "Mail Enabled Public Folders",
    "Mail Recipient Creation",
    "Mail Recipients",
    "Mail Tips",
    "Mailbox Import Export",
    "Mailbox Search",
    "Message Tracking",
    "Migration",
    "Move Mailboxes",
    "Org Custom Apps",
    "Org Marketplace Apps",
    "Organization Client Access",
    "Organization Configuration",
    "Organization Transport Settings",
    "Public Folders",
    "Recipient Policies",
    "Remote and Accepted Domains",
    "Reset Password",
    "Retention Management",
    "Role Management",
    "Security Admin",
    "Security Group Creation and Membership",
    "Security Reader",
    "Team Mailboxes",
    "Transport Hygiene",
    "Transport Rules",
    "UM Mailboxes",
    "Unified Messaging",
    "User Options",
    "View-Only Audit Logs",
    "View-Only Configuration",
    "View-Only Recipients",
];

/// Lists the role assignments of Organization Management; roles it may hand on are listed once more as delegating.
pub(super) fn assignments(_world: &mut World, run: &Run<'_>) -> Result<Output, Box<Reply>> {
    let delegating = flag(run.parameter("Delegating"));
    let enabled = flag(run.parameter("Enabled"));
    let rows: Vec<Value> = ROLES
        .iter()
        .flat_map(|role| [false, true].map(|delegating| (*role, delegating)))
        .filter(|(_, is)| delegating.is_none_or(|wanted| wanted == *is) && enabled != Some(false))
        .filter(|(role, _)| named(run.text("Role"), role))
        .filter(|_| named(run.text("RoleAssignee"), ORGANIZATION_MANAGEMENT))
        .map(|(role, is)| row(role, is))
        .filter(|row| named(run.text("Identity"), row["Name"].as_str().unwrap_or_default()))
        .collect();
    Ok(rows.into())
}

fn row(role: &str, delegating: bool) -> Value {
    let name = if delegating {
        format!("{role}-{ORGANIZATION_MANAGEMENT}-Delegating")
    } else {
        format!("{role}-{ORGANIZATION_MANAGEMENT}")
    };
    json!({
        "Name": name,
        "Identity": name,
        "Role": role,
        "RoleAssignee": ORGANIZATION_MANAGEMENT,
        "RoleAssigneeName": ORGANIZATION_MANAGEMENT,
        "RoleAssigneeType": "RoleGroup",
        "AssignmentMethod": "Direct",
        "RoleAssignmentDelegationType": if delegating { "DelegatingOrgWide" } else { "Regular" },
        "Enabled": true,
        "CustomRecipientWriteScope": "",
        "RecipientReadScope": "Organization",
        "ConfigReadScope": "OrganizationConfig",
        "RecipientWriteScope": "Organization",
        "ConfigWriteScope": "OrganizationConfig",
        "IsValid": true,
    })
}

fn named(wanted: Option<&str>, name: &str) -> bool {
    wanted.is_none_or(|wanted| name.eq_ignore_ascii_case(wanted))
}
