//! What an operation needs: the permissions that are enough for it, as each kind.

use std::fmt;
use std::str::FromStr;

use http::Method;

use super::access_scheme::AccessScheme;
use super::endpoint::Endpoint;
use super::nearest::nearest;
use super::operation::BundleOperation;
use super::permission::{Permission, PermissionKind, StockPermission};
use super::resource::Resource;
use crate::error::{Error, Result};

/// A method and a URL, as a person writes them: `GET /users`, `PATCH https://graph.microsoft.com/v1.0/users/1`, or the
/// name of an operation of the bundle (`graph.users.list`). A path alone is one of Microsoft Graph.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Operation {
    method: Method,
    url: String,
    resource: Option<Resource>,
}

impl Operation {
    /// A request of Microsoft Graph, or of the service whose host the URL has.
    #[must_use]
    pub fn new(method: Method, url: impl Into<String>) -> Self {
        let url = url.into();
        let resource = resource_of(&url);
        Self { method, url, resource }
    }

    /// A request of a resource, whatever host its URL has: a private endpoint, or a test server.
    #[must_use]
    pub fn of_resource(resource: Resource, method: Method, url: impl Into<String>) -> Self {
        Self { method, url: url.into(), resource: Some(resource) }
    }

    /// The HTTP method.
    #[must_use]
    pub const fn method(&self) -> &Method {
        &self.method
    }

    /// The URL or path as it was written.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The resource it goes to; `None` for a host the catalog does not know.
    #[must_use]
    pub const fn resource(&self) -> Option<Resource> {
        self.resource
    }

    /// What it needs; `None` when the tables do not have it.
    #[must_use]
    pub fn requirement(&self) -> Option<Requirement> {
        let resource = self.resource?;
        if resource == Resource::GRAPH {
            return graph(&self.method, &self.url);
        }
        let ways = |kind| {
            let rows = StockPermission::of(resource).iter().filter(|row| row.id(kind).is_some());
            let ways: Vec<Way> =
                rows.map(|row| Way { permission: row.name, also: Vec::new(), is_least: true }).collect();
            // Without an app role the rights of an application are kept elsewhere: roles of Azure, settings of a vault.
            (!ways.is_empty()).then_some(ways)
        };
        let (delegated, application) = (ways(PermissionKind::Delegated), ways(PermissionKind::Application));
        Some(Requirement { resource, template: String::new(), delegated, application })
    }
}

/// Reads `METHOD url` or the name of an operation of the bundle.
impl FromStr for Operation {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let text = text.trim();
        if let Some((method, url)) = text.split_once(char::is_whitespace) {
            let name = method.to_ascii_uppercase();
            let Some(known) = METHODS.into_iter().find(|known| known.as_str() == name) else {
                let near = nearest(&name, METHODS.iter().map(Method::as_str));
                let near = near.map(|right| format!(", the nearest is {right}")).unwrap_or_default();
                return Err(Error::config(format!("operation: {method:?} is no method Microsoft Graph knows{near}")));
            };
            return Ok(Self::new(known, url.trim()));
        }
        let own = BundleOperation::find(text).and_then(|operation| operation.request);
        if let Some(request) = own {
            let method = request.method.parse().expect("the methods of the table are methods");
            return Ok(Self::of_resource(request.resource, method, request.path));
        }
        let calls = BundleOperation::all().iter().filter(|operation| operation.request.is_some());
        let near = nearest(text, calls.map(|operation| operation.name));
        let near = near.map(|right| format!("; the nearest operation is {right:?}")).unwrap_or_default();
        Err(Error::config(format!(
            "operation: {text:?} is neither a method and a URL (\"GET /users\") nor a call of the bundle{near}"
        )))
    }
}

impl fmt::Display for Operation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // A query can hold what is nobody's business.
        let url = self.url.split(['?', '#']).next().unwrap_or_default();
        write!(f, "{} {url}", self.method)
    }
}

/// The permissions that are enough for an operation.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Requirement {
    /// The resource it goes to.
    pub resource: Resource,
    /// The path with `{id}` for ids; empty where permissions do not depend on it.
    pub template: String,
    /// As a delegated permission: any of these, the least privileged first. `None` when the catalog cannot tell, empty
    /// when there is none.
    pub delegated: Option<Vec<Way>>,
    /// As an application permission.
    pub application: Option<Vec<Way>>,
}

/// One permission that is enough.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Way {
    /// Its name.
    pub permission: &'static str,
    /// When not empty, one of these is needed besides.
    pub also: Vec<&'static str>,
    /// Whether Microsoft calls it the least privileged one for this operation.
    pub is_least: bool,
}

impl Requirement {
    /// The ways of one kind.
    #[must_use]
    pub fn ways(&self, kind: PermissionKind) -> Option<&[Way]> {
        match kind {
            PermissionKind::Delegated => self.delegated.as_deref(),
            PermissionKind::Application => self.application.as_deref(),
        }
    }
}

impl Way {
    /// Whether somebody who holds the permissions that `holds` names can go this way.
    #[must_use]
    pub fn is_open(&self, holds: impl Fn(&str) -> bool) -> bool {
        holds(self.permission) && (self.also.is_empty() || self.also.iter().any(|name| holds(name)))
    }
}

/// What the endpoint table says, less what it says wrongly.
fn graph(method: &Method, url: &str) -> Option<Requirement> {
    let endpoint = Endpoint::find(method, url)?;
    let template = endpoint.template().to_owned();
    let changes = changes_something(method, &endpoint);
    let ways = |scheme: AccessScheme| {
        if let Some(corrected) = corrected(&template.to_ascii_lowercase(), changes) {
            return corrected;
        }
        let least = endpoint.least(scheme);
        // Some of the accepted ones are not released yet.
        let offered = |name: &str| Permission::find(Resource::GRAPH, name, scheme.kind()).is_some();
        let sets = endpoint.accepted(scheme).into_iter().filter(|set| offered(set.name));
        let mut ways: Vec<Way> = sets
            .map(|set| Way {
                is_least: least.contains(&set),
                permission: set.name,
                also: set.also.into_iter().filter(|name| offered(name)).collect(),
            })
            .collect();
        let has_reads = ways.iter().any(|way| only_reads(way.permission));
        let has_others = ways.iter().any(|way| !only_reads(way.permission));
        if changes && has_others {
            // The table lists what a page names together, so it takes one that only reads as enough for a change.
            ways.retain(|way| !only_reads(way.permission));
        } else if *method == Method::GET && has_reads {
            // What changes things is not the least for reading them.
            ways.iter_mut().for_each(|way| way.is_least &= only_reads(way.permission));
        }
        ways.sort_by_key(|way| !way.is_least);
        ways
    };
    let (delegated, application) = (ways(AccessScheme::Delegated), ways(AccessScheme::Application));
    Some(Requirement {
        resource: Resource::GRAPH,
        template,
        delegated: Some(delegated),
        application: Some(application),
    })
}

/// A POST to what can also be read creates something; a POST alone may be a question, as `getMemberGroups` is.
fn changes_something(method: &Method, endpoint: &Endpoint) -> bool {
    match *method {
        Method::GET => false,
        Method::POST => endpoint.methods().contains(&Method::GET),
        _ => true,
    }
}

/// Whether a permission lets its holder read and nothing else, by its name.
pub(super) fn only_reads(name: &str) -> bool {
    name.split('.').any(|part| part == "Read" || part == "ReadBasic")
}

/// Two permissions are needed together where the table lists them side by side.
///
/// Source: "Create conditionalAccessPolicy", "Grant an appRoleAssignment to a service principal" (Microsoft Learn, Graph
/// v1.0).
fn corrected(template: &str, changes: bool) -> Option<Vec<Way>> {
    if !changes {
        return None;
    }
    let way = |permission, also: &[&'static str]| vec![Way { permission, also: also.to_vec(), is_least: true }];
    if template.starts_with("/identity/conditionalaccess/policies") {
        return Some(way("Policy.ReadWrite.ConditionalAccess", &["Policy.Read.All"]));
    }
    let assigns = template.starts_with("/serviceprincipals")
        && template.split('/').any(|part| part == "approleassignments" || part == "approleassignedto");
    assigns.then(|| {
        let reads =
            ["Application.Read.All", "Application.ReadWrite.All", "Directory.Read.All", "Directory.ReadWrite.All"];
        way("AppRoleAssignment.ReadWrite.All", &reads)
    })
}

fn resource_of(url: &str) -> Option<Resource> {
    let Some((scheme, rest)) = url.split_once("://") else {
        return url.starts_with('/').then_some(Resource::GRAPH);
    };
    if !scheme.eq_ignore_ascii_case("https") {
        return None;
    }
    let host = rest.split(['/', '?', '#']).next().unwrap_or_default().to_ascii_lowercase();
    let is = |known: &str| match known.strip_prefix('*') {
        Some(end) => host.ends_with(end),
        None => host == known,
    };
    HOSTS.iter().find(|(known, _)| is(known)).map(|(_, resource)| *resource)
}

const METHODS: [Method; 5] = [Method::DELETE, Method::GET, Method::PATCH, Method::POST, Method::PUT];

/// The hosts of the services in all clouds; a star stands for the name of a vault or an account.
const HOSTS: [(&str, Resource); 23] = [
    ("graph.microsoft.com", Resource::GRAPH),
    ("graph.microsoft.us", Resource::GRAPH),
    ("dod-graph.microsoft.us", Resource::GRAPH),
    ("microsoftgraph.chinacloudapi.cn", Resource::GRAPH),
    ("outlook.office365.com", Resource::EXCHANGE),
    ("outlook.office365.us", Resource::EXCHANGE),
    ("webmail.apps.mil", Resource::EXCHANGE),
    ("partner.outlook.cn", Resource::EXCHANGE),
    ("api.partnercenter.microsoft.com", Resource::PARTNER_CENTER),
    ("management.azure.com", Resource::AZURE_SERVICE_MANAGEMENT),
    ("management.usgovcloudapi.net", Resource::AZURE_SERVICE_MANAGEMENT),
    ("management.chinacloudapi.cn", Resource::AZURE_SERVICE_MANAGEMENT),
    ("manage.office.com", Resource::OFFICE365_MANAGEMENT),
    ("manage.office365.us", Resource::OFFICE365_MANAGEMENT),
    ("*.vault.azure.net", Resource::KEY_VAULT),
    ("*.vault.usgovcloudapi.net", Resource::KEY_VAULT),
    ("*.vault.azure.cn", Resource::KEY_VAULT),
    ("*.blob.core.windows.net", Resource::STORAGE),
    ("*.table.core.windows.net", Resource::STORAGE),
    ("*.blob.core.usgovcloudapi.net", Resource::STORAGE),
    ("*.table.core.usgovcloudapi.net", Resource::STORAGE),
    ("*.blob.core.chinacloudapi.cn", Resource::STORAGE),
    ("*.table.core.chinacloudapi.cn", Resource::STORAGE),
];

#[cfg(test)]
mod tests {
    use super::*;

    fn names(operation: &str, kind: PermissionKind) -> Vec<&'static str> {
        let requirement = operation.parse::<Operation>().unwrap().requirement().unwrap();
        requirement.ways(kind).unwrap().iter().map(|way| way.permission).collect()
    }

    #[test]
    fn operations_are_read_as_people_write_them() {
        let users: Operation = " get  https://graph.microsoft.com/v1.0/users?$top=1 ".parse().unwrap();
        assert_eq!(users.method(), Method::GET);
        assert_eq!(
            (users.resource(), users.to_string().as_str()),
            (Some(Resource::GRAPH), "GET https://graph.microsoft.com/v1.0/users")
        );
        let own: Operation = "exchange.invoke".parse().unwrap();
        assert_eq!(own.resource(), Some(Resource::EXCHANGE));
        let vault = "GET https://contoso.vault.azure.net/secrets/x".parse::<Operation>().unwrap();
        assert_eq!(vault.resource(), Some(Resource::KEY_VAULT));
        assert_eq!("GET https://evil.example/users".parse::<Operation>().unwrap().resource(), None);
    }

    #[test]
    fn what_is_no_operation_is_told_the_nearest() {
        let told = |text: &str| text.parse::<Operation>().unwrap_err().to_string();
        assert!(told("GTE /users").contains("the nearest is GET"), "{}", told("GTE /users"));
        assert!(told("graph.user.list").contains("\"graph.users.list\""), "{}", told("graph.user.list"));
        assert!(told("").contains("neither"));
    }

    #[test]
    fn a_permission_that_only_reads_changes_nothing() {
        assert!(names("GET /users/1", PermissionKind::Delegated).contains(&"User.Read.All"));
        assert!(
            !names("PATCH /policies/identitySecurityDefaultsEnforcementPolicy", PermissionKind::Delegated)
                .contains(&"Policy.Read.All")
        );
        // A question that is asked by POST is answered to readers.
        assert!(
            names("POST /users/1/getMemberGroups", PermissionKind::Application).iter().any(|name| only_reads(name))
        );
    }

    #[test]
    fn permissions_that_are_needed_together_are_together() {
        let grant: Operation = "POST /servicePrincipals/1/appRoleAssignments".parse().unwrap();
        let requirement = grant.requirement().unwrap();
        let [way] = requirement.ways(PermissionKind::Application).unwrap() else { panic!("{requirement:?}") };
        let held = |names: &'static [&'static str]| way.is_open(|name| names.contains(&name));
        assert!(held(&["AppRoleAssignment.ReadWrite.All", "Application.ReadWrite.All"]));
        assert!(!held(&["AppRoleAssignment.ReadWrite.All"]) && !held(&["Application.ReadWrite.All"]));
        assert_eq!(
            names("PATCH /identity/conditionalAccess/policies/1", PermissionKind::Delegated),
            ["Policy.ReadWrite.ConditionalAccess"]
        );
    }

    #[test]
    fn rights_that_are_kept_elsewhere_are_not_told() {
        let vault: Operation = "azure.secrets.get".parse().unwrap();
        assert_eq!(vault.requirement().unwrap().ways(PermissionKind::Application), None);
        assert_eq!(names("azure.secrets.get", PermissionKind::Delegated), ["user_impersonation"]);
        assert!("GET /no/such/path".parse::<Operation>().unwrap().requirement().is_none());
    }

    #[test]
    fn calls_of_the_bundle_need_what_the_tables_say() {
        for own in BundleOperation::all() {
            let Some(request) = own.request.filter(|request| request.resource == Resource::GRAPH) else { continue };
            let [group] = own.needs() else { continue };
            let operation: Operation = own.name.parse().unwrap();
            let Some(requirement) = operation.requirement() else {
                assert!(request.path.ends_with("/$ref"), "{}: {}", own.name, request.path);
                continue;
            };
            for kind in PermissionKind::ALL {
                for way in requirement.ways(kind).unwrap() {
                    assert!(group.contains(&way.permission), "{}: {}", own.name, way.permission);
                }
            }
        }
    }
}
