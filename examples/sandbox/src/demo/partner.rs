//! The partner of the demonstration.

use jiff::Timestamp;
use serde_json::{Value, json};
use uuid::Uuid;

use super::{
    DemoAccess, GRAPH_COMMAND_LINE_TOOLS, add_resources, add_user, business_premium, entra_p1, new_tenant,
    partner_tenant, resource_in,
};
use crate::clock::plus;
use crate::sandbox::CANARY;
use crate::world::{
    Application, Group, PasswordCredential, RefreshToken, RoleAssignment, Secret, TenantKind, World, resource_named,
    role_named,
};

/// Creates the world with the partner alone.
pub(super) fn world() -> World {
    let id = partner_tenant();
    let start = Timestamp::now();
    let start = Timestamp::from_second(start.as_second()).unwrap_or(start);
    let created = plus(start, -400 * DAY);
    let mut tenant = new_tenant(id, "Adatum Partner", "adatum", TenantKind::Partner, created);
    tenant.skus = vec![business_premium(), entra_p1()];
    let mut world = World::starting_at(tenant, start);
    add_resources(
        &mut world,
        &id,
        &[
            "graph",
            "exchange",
            "partner-center",
            "azure-service-management",
            "azure-key-vault",
            "azure-storage",
            "office365-management",
        ],
    );
    let service_account = add_user(&mut world, &id, "svc-bundle", "Bundle Service Account", false, created);
    let administrator = add_user(&mut world, &id, "admin", "Ada Admin", true, created);
    for user in [service_account, administrator] {
        make_global_administrator(&mut world, user, created);
    }
    for (name, members) in [
        ("AdminAgents", vec![administrator, service_account]),
        ("HelpdeskAgents", Vec::new()),
        ("SalesAgents", Vec::new()),
    ] {
        let group_id = world.new_id();
        let mut group = Group::security(group_id, name, created);
        group.description = Some(format!("Partner Center {name}"));
        group.members.extend(members);
        world.partner_tenant_mut().groups.insert(group_id, group);
    }
    let client_secret = add_application(&mut world, created);
    grant_bootstrap(&mut world);
    grant_administrator(&mut world, &administrator);
    let mut hand_out = |user: Uuid, app_id: Uuid, public: bool| {
        world.sessions.add_refresh_token(RefreshToken {
            home: id,
            user,
            app_id,
            issued_at: start,
            used_at: start,
            revoked: false,
            mfa: true,
            public,
        })
    };
    let refresh_token = hand_out(service_account, APPLICATION, false);
    let admin_refresh_token = hand_out(administrator, GRAPH_COMMAND_LINE_TOOLS, true);
    world.demo = Some(DemoAccess {
        partner_tenant: id,
        application: APPLICATION,
        client_secret,
        service_account,
        refresh_token,
        administrator,
        admin_refresh_token,
    });
    world
}

/// The application (client) id of the partner's application.
pub(super) const APPLICATION: Uuid = Uuid::from_u128(0xaaaa_aaaa_aaaa_4aaa_8aaa_aaaa_aaaa_aaaa);

fn make_global_administrator(world: &mut World, user: Uuid, created_at: Timestamp) {
    let assignment = world.ids.next_key();
    if let Some(role) = role_named("Global Administrator") {
        world.partner_tenant_mut().role_assignments.insert(
            assignment.clone(),
            RoleAssignment {
                id: assignment,
                principal_id: user,
                role_definition_id: role.template_id,
                directory_scope_id: "/".to_owned(),
                created_at,
            },
        );
    }
}

fn add_application(world: &mut World, created: Timestamp) -> Secret {
    let (id, key_id) = (world.new_id(), world.new_id());
    let start = world.now();
    let secret = Secret::new(format!("{CANARY}~8Q~{}", key_id.simple()));
    let mut application = Application::new(id, APPLICATION, "Bundle Connector", created);
    application.sign_in_audience = "AzureADMultipleOrgs".to_owned();
    application.web_redirect_uris = vec!["http://localhost".to_owned()];
    application.required_resource_access =
        vec![access("graph", &BOOTSTRAP_SCOPES), access("partner-center", &["user_impersonation"])];
    application.passwords.push(PasswordCredential {
        key_id,
        display_name: Some("set-up".to_owned()),
        secret: secret.clone(),
        start: plus(start, -30 * DAY),
        end: plus(start, 335 * DAY),
        created_at: plus(start, -30 * DAY),
    });
    world.partner_tenant_mut().applications.insert(id, application);
    secret
}

/// Grants what the first sign-in of the service account consented to.
fn grant_bootstrap(world: &mut World) {
    let tenant = world.partner;
    let since = plus(world.now(), -30 * DAY);
    let Some(principal) = world.ensure_service_principal(&tenant, &APPLICATION) else {
        return;
    };
    let openid = ["openid", "profile", "offline_access"];
    let grants: [(&str, Vec<&str>); 2] = [
        ("graph", BOOTSTRAP_SCOPES.into_iter().chain(openid).collect()),
        ("partner-center", vec!["user_impersonation"]),
    ];
    for (key, scopes) in grants {
        if let Some(resource) = resource_in(world, &tenant, key) {
            world.grant_scopes(&tenant, &principal, &resource, None, scopes, since);
        }
    }
}

/// What the administrator agreed to when signing in to Microsoft's command line tools.
fn grant_administrator(world: &mut World, administrator: &Uuid) {
    let tenant = world.partner;
    let since = plus(world.now(), -30 * DAY);
    let principal = world.ensure_service_principal(&tenant, &GRAPH_COMMAND_LINE_TOOLS);
    if let (Some(principal), Some(resource)) = (principal, resource_in(world, &tenant, "graph")) {
        let scopes = BOOTSTRAP_SCOPES.into_iter().chain(["openid", "profile", "offline_access"]);
        world.grant_scopes(&tenant, &principal, &resource, Some(administrator), scopes, since);
    }
}

fn access(key: &str, scopes: &[&str]) -> Value {
    let Some(resource) = resource_named(key) else {
        return Value::Null;
    };
    let permissions: Vec<Value> = scopes
        .iter()
        .filter_map(|name| resource.scope(name))
        .map(|scope| json!({"id": scope.id, "type": "Scope"}))
        .collect();
    json!({"resourceAppId": resource.app_id, "resourceAccess": permissions})
}

/// What a set-up needs to do the rest by itself.
const BOOTSTRAP_SCOPES: [&str; 15] = [
    "Application.ReadWrite.All",
    "AppRoleAssignment.ReadWrite.All",
    "CrossTenantInformation.ReadBasic.All",
    "DelegatedAdminRelationship.ReadWrite.All",
    "DelegatedPermissionGrant.ReadWrite.All",
    "Directory.ReadWrite.All",
    "Group.ReadWrite.All",
    "GroupMember.ReadWrite.All",
    "LicenseAssignment.ReadWrite.All",
    "Organization.Read.All",
    "Policy.Read.All",
    "Policy.ReadWrite.AuthenticationMethod",
    "Policy.ReadWrite.ConditionalAccess",
    "RoleManagement.ReadWrite.Directory",
    "User.ReadWrite.All",
];

const DAY: i64 = 86_400;
