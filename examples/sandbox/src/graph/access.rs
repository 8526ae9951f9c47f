//! Who may do what: permissions of the token, and for users the directory (or GDAP) roles.

use uuid::{Uuid, uuid};

use super::answer::error;
use super::cx::Cx;
use crate::reply::Reply;

/// What an operation asks of its caller.
#[derive(Debug)]
pub(super) struct Rule {
    /// One of these permissions, delegated or application.
    any: &'static [&'static str],
    /// And one of these, when not empty.
    also: &'static [&'static str],
    /// A user additionally needs one of these roles, when not empty.
    roles: &'static [Uuid],
    /// Whether every member of the tenant may do it without a role.
    members: bool,
    denied: Denied,
}

/// How a service words its refusal.
#[derive(Clone, Copy, Debug)]
enum Denied {
    ConditionalAccess,
    Directory,
    Partner,
}

impl Rule {
    const fn any(any: &'static [&'static str]) -> Self {
        Self { any, also: &[], roles: &[], members: false, denied: Denied::Directory }
    }

    const fn also(mut self, also: &'static [&'static str]) -> Self {
        self.also = also;
        self
    }

    const fn roles(mut self, roles: &'static [Uuid]) -> Self {
        self.roles = roles;
        self
    }

    const fn members(mut self) -> Self {
        self.members = true;
        self
    }

    const fn worded(mut self, denied: Denied) -> Self {
        self.denied = denied;
        self
    }

    /// Refuses a caller that lacks a permission or a role.
    pub(super) fn check(&self, cx: &Cx<'_>) -> Result<(), Reply> {
        let claims = &cx.claims;
        if claims.is_delegated_admin() && claims.directory_roles.is_empty() {
            return Err(error(
                400,
                "Request_BadRequest",
                "Unsupported token. Unable to initialize the authorization context.",
            ));
        }
        if !claims.has_any(self.any) || !(self.also.is_empty() || claims.has_any(self.also)) {
            return Err(self.denied.scopes());
        }
        let by_role = claims.is_app_only()
            || self.roles.is_empty()
            || claims.has_any_role(self.roles)
            || (self.members && !claims.is_delegated_admin());
        if by_role { Ok(()) } else { Err(self.denied.role()) }
    }
}

impl Denied {
    fn scopes(self) -> Reply {
        match self {
            Self::ConditionalAccess => error(
                403,
                "AccessDenied",
                "You cannot perform the requested operation, required scopes are missing in the token.",
            ),
            Self::Directory => insufficient(),
            Self::Partner => partner_denied(),
        }
    }

    fn role(self) -> Reply {
        match self {
            Self::ConditionalAccess => error(
                403,
                "AccessDenied",
                "Your account does not have access to this report or data. Please contact your global administrator to request access.",
            ),
            Self::Directory => insufficient(),
            Self::Partner => partner_denied(),
        }
    }
}

/// The usual refusal of the directory.
pub(super) fn insufficient() -> Reply {
    error(403, "Authorization_RequestDenied", "Insufficient privileges to complete the operation.")
}

/// The refusal of delegated administration.
pub(super) fn partner_denied() -> Reply {
    error(
        403,
        "forbidden",
        "The user (principal) does not have the required permissions to perform the specified action on the resource.",
    )
}

pub(super) const APPLICATION_ADMINISTRATOR: Uuid = uuid!("9b895d92-2cd3-44c7-9d02-a6ac2d5ea5c3");
pub(super) const AUTHENTICATION_POLICY_ADMINISTRATOR: Uuid = uuid!("0526716b-113d-4c15-b2c8-68e3c22b9f80");
pub(super) const BILLING_ADMINISTRATOR: Uuid = uuid!("b0f54661-2d74-4c50-afa3-1ec803f12efe");
pub(super) const CLOUD_APPLICATION_ADMINISTRATOR: Uuid = uuid!("158c047a-c907-4556-b7ef-446551a6b5f7");
pub(super) const CONDITIONAL_ACCESS_ADMINISTRATOR: Uuid = uuid!("b1be1c3e-b65d-4f19-8427-f6fa0d97feb9");
pub(super) const GLOBAL_ADMINISTRATOR: Uuid = uuid!("62e90394-69f5-4237-9190-012177145e10");
pub(super) const GLOBAL_READER: Uuid = uuid!("f2ef992c-3afb-46b9-b7cf-a126ee74c451");
pub(super) const GROUPS_ADMINISTRATOR: Uuid = uuid!("fdd7a751-b60b-444a-984c-02652fe8fa1c");
pub(super) const HELPDESK_ADMINISTRATOR: Uuid = uuid!("729827e3-9c14-49f7-bb1b-9608f156bbb8");
pub(super) const LICENSE_ADMINISTRATOR: Uuid = uuid!("4d6ac14f-3453-41d0-bef9-a3e0c569773a");
pub(super) const PRIVILEGED_AUTHENTICATION_ADMINISTRATOR: Uuid = uuid!("7be44c8a-adaf-4e2a-84d6-ab2649e08a13");
pub(super) const PRIVILEGED_ROLE_ADMINISTRATOR: Uuid = uuid!("e8611ab8-c189-46e8-94e1-60213ab1f814");
pub(super) const SECURITY_ADMINISTRATOR: Uuid = uuid!("194ae4cb-b126-40b2-bd5b-6091b380977d");
pub(super) const SECURITY_READER: Uuid = uuid!("5d6b6bb7-de71-4623-b4af-96380a352509");
pub(super) const USER_ADMINISTRATOR: Uuid = uuid!("fe930be7-5e62-47db-91af-98c3a49a38b1");

const APPLICATION_ROLES: &[Uuid] = &[APPLICATION_ADMINISTRATOR, CLOUD_APPLICATION_ADMINISTRATOR, GLOBAL_ADMINISTRATOR];
const POLICY_ROLES: &[Uuid] = &[SECURITY_ADMINISTRATOR, CONDITIONAL_ACCESS_ADMINISTRATOR, GLOBAL_ADMINISTRATOR];
const ROLE_ROLES: &[Uuid] = &[PRIVILEGED_ROLE_ADMINISTRATOR, GLOBAL_ADMINISTRATOR];
const USER_ROLES: &[Uuid] = &[USER_ADMINISTRATOR, GLOBAL_ADMINISTRATOR];

const READ_APPLICATIONS: &[&str] = &[
    "Application.Read.All",
    "Application.ReadWrite.All",
    "Application.ReadWrite.OwnedBy",
    "Directory.Read.All",
    "Directory.ReadWrite.All",
];

pub(super) const ME: Rule = Rule::any(&[
    "User.Read",
    "User.ReadWrite",
    "User.ReadBasic.All",
    "User.Read.All",
    "User.ReadWrite.All",
    "Directory.Read.All",
    "Directory.ReadWrite.All",
]);
pub(super) const ORGANIZATION: Rule = Rule::any(&[
    "User.Read",
    "User.Read.All",
    "Organization.Read.All",
    "Organization.ReadWrite.All",
    "Directory.Read.All",
    "Directory.ReadWrite.All",
]);
pub(super) const ORGANIZATION_CHANGE: Rule =
    Rule::any(&["Organization.ReadWrite.All"]).roles(&[BILLING_ADMINISTRATOR, GLOBAL_ADMINISTRATOR]);
pub(super) const SUBSCRIBED_SKUS: Rule = Rule::any(&[
    "LicenseAssignment.Read.All",
    "LicenseAssignment.ReadWrite.All",
    "Organization.Read.All",
    "Organization.ReadWrite.All",
    "Directory.Read.All",
    "Directory.ReadWrite.All",
]);
pub(super) const DOMAINS: Rule =
    Rule::any(&["Domain.Read.All", "Domain.ReadWrite.All", "Directory.Read.All", "Directory.ReadWrite.All"]);
pub(super) const CONTRACTS: Rule = Rule::any(&["Directory.Read.All", "Directory.ReadWrite.All"]);
pub(super) const TENANT_INFORMATION: Rule = Rule::any(&["CrossTenantInformation.ReadBasic.All"]);

pub(super) const USERS_READ: Rule = Rule::any(&[
    "User.ReadBasic.All",
    "User.Read.All",
    "User.ReadWrite.All",
    "Directory.Read.All",
    "Directory.ReadWrite.All",
]);
pub(super) const USERS_CREATE: Rule = Rule::any(&["User.ReadWrite.All", "Directory.ReadWrite.All"]).roles(USER_ROLES);
pub(super) const USERS_CHANGE: Rule = Rule::any(&[
    "User.ReadWrite.All",
    "Directory.ReadWrite.All",
    "User.EnableDisableAccount.All",
    "User-PasswordProfile.ReadWrite.All",
])
.roles(&[USER_ADMINISTRATOR, GLOBAL_ADMINISTRATOR, PRIVILEGED_AUTHENTICATION_ADMINISTRATOR, HELPDESK_ADMINISTRATOR]);
pub(super) const USERS_DELETE: Rule = Rule::any(&["User.ReadWrite.All", "User.DeleteRestore.All"]).roles(USER_ROLES);
pub(super) const USERS_REVOKE: Rule = Rule::any(&[
    "User.RevokeSessions.All",
    "User.ReadWrite.All",
    "Directory.ReadWrite.All",
])
.roles(&[USER_ADMINISTRATOR, GLOBAL_ADMINISTRATOR, PRIVILEGED_AUTHENTICATION_ADMINISTRATOR, HELPDESK_ADMINISTRATOR]);
pub(super) const LICENSES_ASSIGN: Rule = Rule::any(&[
    "LicenseAssignment.ReadWrite.All",
    "User.ReadWrite.All",
    "Directory.ReadWrite.All",
])
.roles(&[LICENSE_ADMINISTRATOR, USER_ADMINISTRATOR, GLOBAL_ADMINISTRATOR]);
pub(super) const PASSWORD: Rule = Rule::any(&[
    "User-PasswordProfile.ReadWrite.All",
    "User.ReadWrite.All",
    "Directory.ReadWrite.All",
    "Directory.AccessAsUser.All",
]);
pub(super) const MFA_READ: Rule = Rule::any(&["Policy.Read.All", "Policy.ReadWrite.AuthenticationMethod"]).roles(&[
    AUTHENTICATION_POLICY_ADMINISTRATOR,
    GLOBAL_ADMINISTRATOR,
    GLOBAL_READER,
]);
pub(super) const MFA_CHANGE: Rule = Rule::any(&["Policy.ReadWrite.AuthenticationMethod"])
    .roles(&[AUTHENTICATION_POLICY_ADMINISTRATOR, GLOBAL_ADMINISTRATOR]);

pub(super) const GROUPS_READ: Rule = Rule::any(&[
    "Group.ReadBasic.All",
    "Group.Read.All",
    "Group.ReadWrite.All",
    "GroupMember.Read.All",
    "GroupMember.ReadWrite.All",
    "Directory.Read.All",
    "Directory.ReadWrite.All",
]);
pub(super) const GROUPS_CREATE: Rule = Rule::any(&["Group.Create", "Group.ReadWrite.All", "Directory.ReadWrite.All"])
    .roles(&[GROUPS_ADMINISTRATOR, USER_ADMINISTRATOR, GLOBAL_ADMINISTRATOR])
    .members();
pub(super) const GROUPS_CHANGE: Rule = Rule::any(&["Group.ReadWrite.All", "Directory.ReadWrite.All"]).roles(&[
    GROUPS_ADMINISTRATOR,
    USER_ADMINISTRATOR,
    GLOBAL_ADMINISTRATOR,
]);
pub(super) const GROUPS_DELETE: Rule =
    Rule::any(&["Group.ReadWrite.All"]).roles(&[GROUPS_ADMINISTRATOR, USER_ADMINISTRATOR, GLOBAL_ADMINISTRATOR]);
pub(super) const MEMBERS_READ: Rule = Rule::any(&[
    "GroupMember.ReadBasic.All",
    "GroupMember.Read.All",
    "GroupMember.ReadWrite.All",
    "Group.ReadBasic.All",
    "Group.Read.All",
    "Group.ReadWrite.All",
    "Directory.Read.All",
    "Directory.ReadWrite.All",
]);
pub(super) const MEMBERS_CHANGE: Rule = Rule::any(&[
    "GroupMember.ReadWrite.All",
    "Group.ReadWrite.All",
    "Directory.ReadWrite.All",
])
.roles(&[GROUPS_ADMINISTRATOR, USER_ADMINISTRATOR, GLOBAL_ADMINISTRATOR]);
/// Role-assignable groups ask for more, on top of the usual rule.
pub(super) const ROLE_GROUPS: Rule = Rule::any(&["RoleManagement.ReadWrite.Directory"]).roles(ROLE_ROLES);
pub(super) const MEMBER_OF: Rule = Rule::any(&[
    "User.Read",
    "User.Read.All",
    "User.ReadWrite.All",
    "Group.ReadBasic.All",
    "Group.Read.All",
    "GroupMember.ReadBasic.All",
    "GroupMember.Read.All",
    "GroupMember.ReadWrite.All",
    "Group.ReadWrite.All",
    "Directory.Read.All",
    "Directory.ReadWrite.All",
]);
pub(super) const DIRECTORY_OBJECTS: Rule = Rule::any(&[
    "Directory.Read.All",
    "Directory.ReadWrite.All",
    "User.Read.All",
    "Group.Read.All",
    "Application.Read.All",
]);

pub(super) const ROLES_READ: Rule = Rule::any(&[
    "RoleManagement.Read.Directory",
    "RoleManagement.ReadWrite.Directory",
    "RoleManagement.Read.All",
    "Directory.Read.All",
    "Directory.ReadWrite.All",
]);
pub(super) const ROLES_CHANGE: Rule = Rule::any(&["RoleManagement.ReadWrite.Directory"]).roles(ROLE_ROLES);

pub(super) const APPLICATIONS_READ: Rule = Rule::any(READ_APPLICATIONS);
pub(super) const APPLICATIONS_CREATE: Rule =
    Rule::any(&["Application.ReadWrite.All", "Application.ReadWrite.OwnedBy", "AppRegistration.Create"])
        .roles(APPLICATION_ROLES)
        .members();
pub(super) const APPLICATIONS_CHANGE: Rule = Rule::any(&["Application.ReadWrite.All"]).roles(APPLICATION_ROLES);
pub(super) const CREDENTIALS: Rule =
    Rule::any(&["Application.ReadWrite.All", "Directory.ReadWrite.All"]).roles(APPLICATION_ROLES);
pub(super) const PRINCIPALS_CREATE: Rule =
    Rule::any(&["Application.ReadWrite.All", "Application.ReadWrite.OwnedBy", "Directory.ReadWrite.All"])
        .roles(APPLICATION_ROLES);
pub(super) const PRINCIPALS_CHANGE: Rule =
    Rule::any(&["Application.ReadWrite.All", "Directory.ReadWrite.All"]).roles(APPLICATION_ROLES);
pub(super) const APP_ROLES_CHANGE: Rule = Rule::any(&["AppRoleAssignment.ReadWrite.All"])
    .also(&["Application.Read.All", "Application.ReadWrite.All", "Directory.Read.All", "Directory.ReadWrite.All"])
    .roles(&[
        APPLICATION_ADMINISTRATOR,
        CLOUD_APPLICATION_ADMINISTRATOR,
        PRIVILEGED_ROLE_ADMINISTRATOR,
        GLOBAL_ADMINISTRATOR,
    ]);
/// App roles of Microsoft Graph itself are out of reach for application administrators.
pub(super) const GRAPH_APP_ROLES_CHANGE: Rule = Rule::any(&["AppRoleAssignment.ReadWrite.All"]).roles(ROLE_ROLES);
pub(super) const GRANTS_READ: Rule = Rule::any(&[
    "DelegatedPermissionGrant.ReadWrite.All",
    "DelegatedPermissionGrant.Read.All",
    "Directory.Read.All",
    "Directory.ReadWrite.All",
]);
pub(super) const GRANTS_CHANGE: Rule =
    Rule::any(&["DelegatedPermissionGrant.ReadWrite.All", "Directory.ReadWrite.All"]).roles(&[
        APPLICATION_ADMINISTRATOR,
        CLOUD_APPLICATION_ADMINISTRATOR,
        PRIVILEGED_ROLE_ADMINISTRATOR,
        GLOBAL_ADMINISTRATOR,
    ]);

pub(super) const POLICIES_READ: Rule = Rule::any(&["Policy.Read.All", "Policy.Read.ConditionalAccess"])
    .roles(&[
        SECURITY_READER,
        GLOBAL_READER,
        SECURITY_ADMINISTRATOR,
        CONDITIONAL_ACCESS_ADMINISTRATOR,
        GLOBAL_ADMINISTRATOR,
    ])
    .worded(Denied::ConditionalAccess);
pub(super) const POLICIES_CHANGE: Rule = Rule::any(&["Policy.ReadWrite.ConditionalAccess"])
    .also(&["Policy.Read.All", "Policy.Read.ConditionalAccess"])
    .roles(POLICY_ROLES)
    .worded(Denied::ConditionalAccess);
pub(super) const SECURITY_DEFAULTS_READ: Rule = Rule::any(&["Policy.Read.All"]);
pub(super) const SECURITY_DEFAULTS_CHANGE: Rule =
    Rule::any(&["Policy.ReadWrite.SecurityDefaults", "Policy.ReadWrite.ConditionalAccess"]).roles(POLICY_ROLES);

pub(super) const RELATIONSHIPS_READ: Rule =
    Rule::any(&["DelegatedAdminRelationship.Read.All", "DelegatedAdminRelationship.ReadWrite.All"])
        .worded(Denied::Partner);
pub(super) const RELATIONSHIPS_CHANGE: Rule =
    Rule::any(&["DelegatedAdminRelationship.ReadWrite.All"]).worded(Denied::Partner);
