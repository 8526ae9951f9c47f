//! Which handler answers which method and path.

use super::answer::{Answer, error};
use super::app_roles::End;
use super::cx::Cx;
use super::{
    app_roles, applications, conditional_access, credentials, deleted, gdap, grants, groups, licenses, memberships,
    organization, role_assignments, roles, service_principals, users,
};
use crate::world::World;

/// Splits `users('id')` into `users`, `id` and `applications(appId='x')` into `applications`, `appId=x`.
pub(super) fn keys_apart(segments: &[String]) -> Vec<String> {
    let mut apart = Vec::with_capacity(segments.len() + 1);
    for segment in segments {
        match segment.strip_suffix(')').and_then(|open| open.split_once('(')) {
            Some((name, key)) if !name.is_empty() => {
                apart.push(name.to_owned());
                apart.push(match key.split_once('=') {
                    Some((name, value)) => format!("{}={}", name.trim(), unquoted(value)),
                    None => unquoted(key),
                });
            }
            _ => apart.push(segment.clone()),
        }
    }
    apart
}

/// Calls the handler of a request.
pub(super) fn dispatch(world: &mut World, cx: &Cx<'_>) -> Answer {
    let path: Vec<&str> = cx.route.iter().map(String::as_str).collect();
    let method = cx.call.method.as_str();
    match path.as_slice() {
        ["me"] if method == "GET" => users::me(world, cx),
        ["me", rest @ ..] => principal_groups(world, cx, method, rest, None),
        ["users", rest @ ..] => user_paths(world, cx, method, rest),
        ["groups", rest @ ..] => group_paths(world, cx, method, rest),
        ["directoryobjects" | "directory" | "directoryroles" | "directoryroletemplates" | "rolemanagement", ..] => {
            directory_paths(world, cx, method, &path)
        }
        ["applications", rest @ ..] => application_paths(world, cx, method, rest),
        ["serviceprincipals", rest @ ..] => principal_paths(world, cx, method, rest),
        ["oauth2permissiongrants", rest @ ..] => match (method, rest) {
            ("GET", []) => grants::list(world, cx),
            ("POST", []) => grants::create(world, cx),
            ("GET", [_]) => grants::get(world, cx),
            ("PATCH", [_]) => grants::change(world, cx),
            ("DELETE", [_]) => grants::delete(world, cx),
            _ => unserved(cx),
        },
        ["identity" | "policies", ..] => policy_paths(world, cx, method, &path),
        ["tenantrelationships", rest @ ..] => partner_paths(world, cx, method, rest),
        ["organization"] if method == "GET" => organization::organizations(world, cx),
        ["organization", _] if method == "GET" => organization::organization(world, cx),
        ["organization", _] if method == "PATCH" => organization::change(world, cx),
        ["domains"] if method == "GET" => organization::domains(world, cx),
        ["domains", _] if method == "GET" => organization::domain(world, cx),
        ["subscribedskus"] if method == "GET" => licenses::subscribed_skus(world, cx),
        ["contracts"] if method == "GET" => organization::contracts(world, cx),
        _ => unserved(cx),
    }
}

fn user_paths(world: &mut World, cx: &Cx<'_>, method: &str, rest: &[&str]) -> Answer {
    match (method, rest) {
        ("GET", []) => users::list(world, cx),
        ("POST", []) => users::create(world, cx),
        ("GET", ["$count"]) => users::count(world, cx),
        ("GET", [_]) => users::get(world, cx),
        ("PATCH", [_]) => users::change(world, cx),
        ("DELETE", [_]) => users::delete(world, cx),
        ("GET", [_, "authentication", "requirements"]) => users::mfa(world, cx),
        ("PATCH", [_, "authentication", "requirements"]) => users::change_mfa(world, cx),
        ("POST", [_, "assignlicense" | "microsoft.graph.assignlicense"]) => licenses::assign_license(world, cx),
        ("POST", [_, "revokesigninsessions" | "microsoft.graph.revokesigninsessions"]) => {
            users::revoke_sessions(world, cx)
        }
        ("GET", [_, "licensedetails"]) => licenses::license_details(world, cx),
        (_, [_, below @ ..]) => principal_groups(world, cx, method, below, Some(cx.id(1))),
        _ => unserved(cx),
    }
}

/// Paths below a user (or `me`) that tell what the user is in.
fn principal_groups(world: &World, cx: &Cx<'_>, method: &str, rest: &[&str], key: Option<&str>) -> Answer {
    match (method, rest) {
        ("GET", ["memberof", below @ ..]) if is_view(below) => memberships::member_of(world, cx, key, false),
        ("GET", ["transitivememberof", below @ ..]) if is_view(below) => memberships::member_of(world, cx, key, true),
        ("POST", ["checkmembergroups" | "microsoft.graph.checkmembergroups"]) => {
            memberships::check_member_groups(world, cx, key)
        }
        ("POST", ["getmembergroups" | "microsoft.graph.getmembergroups"]) => {
            memberships::get_member_groups(world, cx, key)
        }
        _ => unserved(cx),
    }
}

fn group_paths(world: &mut World, cx: &Cx<'_>, method: &str, rest: &[&str]) -> Answer {
    match (method, rest) {
        ("GET", []) => groups::list(world, cx),
        ("POST", []) => groups::create(world, cx),
        ("GET", ["$count"]) => groups::count(world, cx),
        ("GET", [_]) => groups::get(world, cx),
        ("PATCH", [_]) => groups::change(world, cx),
        ("DELETE", [_]) => groups::delete(world, cx),
        ("POST", [_, "members", "$ref"]) => groups::add_member(world, cx),
        ("DELETE", [_, "members", _, "$ref"]) => groups::remove_member(world, cx),
        ("GET", [_, "members", below @ ..]) if is_view(below) => memberships::members(world, cx, false),
        ("GET", [_, "transitivemembers", below @ ..]) if is_view(below) => memberships::members(world, cx, true),
        ("GET", [_, "owners"]) => memberships::owners(world, cx),
        _ => unserved(cx),
    }
}

fn directory_paths(world: &mut World, cx: &Cx<'_>, method: &str, path: &[&str]) -> Answer {
    match (method, path) {
        ("POST", ["directoryobjects", "getbyids" | "microsoft.graph.getbyids"]) => memberships::by_ids(world, cx),
        ("GET", ["directoryobjects", _]) => memberships::directory_object(world, cx),
        ("GET", ["directory", "deleteditems", "microsoft.graph.user"]) => deleted::list(world, cx, "user"),
        ("GET", ["directory", "deleteditems", "microsoft.graph.application"]) => {
            deleted::list(world, cx, "application")
        }
        ("GET", ["directory", "deleteditems", _]) => deleted::get(world, cx),
        ("DELETE", ["directory", "deleteditems", _]) => deleted::purge(world, cx),
        ("GET", ["directoryroles"]) => roles::list(world, cx),
        ("POST", ["directoryroles"]) => roles::activate(world, cx),
        ("GET", ["directoryroles", _]) => roles::get(world, cx),
        ("GET", ["directoryroles", _, "members"]) => roles::members(world, cx),
        ("POST", ["directoryroles", _, "members", "$ref"]) => roles::add_member(world, cx),
        ("DELETE", ["directoryroles", _, "members", _, "$ref"]) => roles::remove_member(world, cx),
        ("GET", ["directoryroletemplates"]) => roles::templates(world, cx),
        ("GET", ["rolemanagement", "directory", "roledefinitions"]) => role_assignments::definitions(world, cx),
        ("GET", ["rolemanagement", "directory", "roledefinitions", _]) => role_assignments::definition(world, cx),
        ("GET", ["rolemanagement", "directory", "roleassignments"]) => role_assignments::assignments(world, cx),
        ("POST", ["rolemanagement", "directory", "roleassignments"]) => role_assignments::assign(world, cx),
        ("GET", ["rolemanagement", "directory", "roleassignments", _]) => role_assignments::assignment(world, cx),
        ("DELETE", ["rolemanagement", "directory", "roleassignments", _]) => role_assignments::unassign(world, cx),
        _ => unserved(cx),
    }
}

fn application_paths(world: &mut World, cx: &Cx<'_>, method: &str, rest: &[&str]) -> Answer {
    match (method, rest) {
        ("GET", []) => applications::list(world, cx),
        ("POST", []) => applications::create(world, cx),
        ("GET", ["$count"]) => applications::count(world, cx),
        ("GET", [_]) => applications::get(world, cx),
        ("PATCH", [_]) => applications::change(world, cx),
        ("DELETE", [_]) => applications::delete(world, cx),
        ("POST", [_, "addpassword" | "microsoft.graph.addpassword"]) => credentials::add(world, cx),
        ("POST", [_, "removepassword" | "microsoft.graph.removepassword"]) => credentials::remove(world, cx),
        _ => unserved(cx),
    }
}

fn principal_paths(world: &mut World, cx: &Cx<'_>, method: &str, rest: &[&str]) -> Answer {
    match (method, rest) {
        ("GET", []) => service_principals::list(world, cx),
        ("POST", []) => service_principals::create(world, cx),
        ("GET", ["$count"]) => service_principals::count(world, cx),
        ("GET", [_]) => service_principals::get(world, cx),
        ("PATCH", [_]) => service_principals::change(world, cx),
        ("DELETE", [_]) => service_principals::delete(world, cx),
        ("GET", [_, "memberof"]) => memberships::principal_member_of(world, cx, false),
        ("GET", [_, "transitivememberof"]) => memberships::principal_member_of(world, cx, true),
        ("GET", [_, "oauth2permissiongrants"]) => grants::of_principal(world, cx),
        (_, [_, collection @ ("approleassignments" | "approleassignedto"), below @ ..]) => {
            let end = if *collection == "approleassignments" { End::Principal } else { End::Resource };
            match (method, below) {
                ("GET", []) => app_roles::list(world, cx, end),
                ("POST", []) => app_roles::create(world, cx, end),
                ("GET", [_]) => app_roles::get(world, cx, end),
                ("DELETE", [_]) => app_roles::delete(world, cx, end),
                _ => unserved(cx),
            }
        }
        _ => unserved(cx),
    }
}

fn policy_paths(world: &mut World, cx: &Cx<'_>, method: &str, path: &[&str]) -> Answer {
    match (method, path) {
        ("GET", ["identity", "conditionalaccess", "policies"]) => conditional_access::list(world, cx),
        ("POST", ["identity", "conditionalaccess", "policies"]) => conditional_access::create(world, cx),
        ("GET", ["identity", "conditionalaccess", "policies", _]) => conditional_access::get(world, cx),
        ("PATCH", ["identity", "conditionalaccess", "policies", _]) => conditional_access::change(world, cx),
        ("DELETE", ["identity", "conditionalaccess", "policies", _]) => conditional_access::delete(world, cx),
        ("GET", ["policies", "identitysecuritydefaultsenforcementpolicy"]) => {
            conditional_access::security_defaults(world, cx)
        }
        ("PATCH", ["policies", "identitysecuritydefaultsenforcementpolicy"]) => {
            conditional_access::change_security_defaults(world, cx)
        }
        _ => unserved(cx),
    }
}

fn partner_paths(world: &mut World, cx: &Cx<'_>, method: &str, rest: &[&str]) -> Answer {
    match (method, rest) {
        ("GET", ["findtenantinformationbytenantid" | "microsoft.graph.findtenantinformationbytenantid", _]) => {
            organization::tenant_information(world, cx, "tenantId")
        }
        ("GET", ["findtenantinformationbydomainname" | "microsoft.graph.findtenantinformationbydomainname", _]) => {
            organization::tenant_information(world, cx, "domainName")
        }
        ("GET", ["delegatedadmincustomers"]) => gdap::customers::list(world, cx),
        ("GET", ["delegatedadmincustomers", _]) => gdap::customers::get(world, cx),
        ("GET", ["delegatedadmincustomers", _, "servicemanagementdetails"]) => gdap::customers::services(world, cx),
        ("GET", ["delegatedadminrelationships"]) => gdap::relationships::list(world, cx),
        ("POST", ["delegatedadminrelationships"]) => gdap::relationships::create(world, cx),
        ("GET", ["delegatedadminrelationships", _]) => gdap::relationships::get(world, cx),
        ("PATCH", ["delegatedadminrelationships", _]) => gdap::relationships::change(world, cx),
        ("DELETE", ["delegatedadminrelationships", _]) => gdap::relationships::delete(world, cx),
        ("GET", ["delegatedadminrelationships", _, "requests"]) => gdap::requests::list(world, cx),
        ("POST", ["delegatedadminrelationships", _, "requests"]) => gdap::requests::create(world, cx),
        ("GET", ["delegatedadminrelationships", _, "requests", _]) => gdap::requests::get(world, cx),
        ("GET", ["delegatedadminrelationships", _, "operations"]) => gdap::requests::operations(world, cx),
        ("GET", ["delegatedadminrelationships", _, "operations", _]) => gdap::requests::operation(world, cx),
        ("GET", ["delegatedadminrelationships", _, "accessassignments"]) => gdap::assignments::list(world, cx),
        ("POST", ["delegatedadminrelationships", _, "accessassignments"]) => gdap::assignments::create(world, cx),
        ("GET", ["delegatedadminrelationships", _, "accessassignments", _]) => gdap::assignments::get(world, cx),
        ("PATCH", ["delegatedadminrelationships", _, "accessassignments", _]) => gdap::assignments::change(world, cx),
        ("DELETE", ["delegatedadminrelationships", _, "accessassignments", _]) => gdap::assignments::delete(world, cx),
        _ => unserved(cx),
    }
}

/// What may follow a collection of members: a type, a count, or a type and a count.
fn is_view(rest: &[&str]) -> bool {
    matches!(rest, [] | ["$count"]) || matches!(rest, [cast] | [cast, "$count"] if cast.starts_with("microsoft.graph."))
}

fn unserved(cx: &Cx<'_>) -> Answer {
    let first = cx.route.first().map(String::as_str).unwrap_or_default();
    let known = ROOTS.contains(&first);
    if known && cx.call.method.as_str() != "GET" {
        return Err(error(405, "BadRequest", "Specified HTTP method is not allowed for the request target."));
    }
    let unknown = if known { cx.raw.last() } else { cx.raw.first() };
    let segment = unknown.map(String::as_str).unwrap_or_default();
    Err(error(400, "BadRequest", &format!("Resource not found for the segment '{segment}'.")))
}

/// The first path segments that lead somewhere.
const ROOTS: [&str; 18] = [
    "applications",
    "contracts",
    "directory",
    "directoryobjects",
    "directoryroles",
    "directoryroletemplates",
    "domains",
    "groups",
    "identity",
    "me",
    "oauth2permissiongrants",
    "organization",
    "policies",
    "rolemanagement",
    "serviceprincipals",
    "subscribedskus",
    "tenantrelationships",
    "users",
];

/// A key without the quotes around it; two quotes inside stand for one.
fn unquoted(key: &str) -> String {
    let key = key.trim();
    key.strip_prefix('\'')
        .and_then(|key| key.strip_suffix('\''))
        .map_or_else(|| key.to_owned(), |key| key.replace("''", "'"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_apart_reads_every_key_form() {
        let segments = ["users('a''b')", "memberOf", "applications(appId='x')", "groups(1)"].map(str::to_owned);
        assert_eq!(keys_apart(&segments), ["users", "a'b", "memberOf", "applications", "appId=x", "groups", "1"]);
    }
}
