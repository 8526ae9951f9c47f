//! A demonstration world with the steps of an onboarding already taken, and a client for it.

use bundle_sandbox::world::{AccessAssignment, Group, Relationship, RoleAssignment, World, resource_named, role_named};
use bundle_sandbox::{Sandbox, Service, demo};
use jiff::{SignedDuration, Timestamp};
use reqwest::{Client, Method, RequestBuilder, Response};
use serde_json::Value;
use uuid::Uuid;

/// The audiences tokens are asked for.
pub(crate) const ARM: &str = "https://management.azure.com/.default";
pub(crate) const COMPLIANCE: &str = "https://ps.compliance.protection.outlook.com/.default";
pub(crate) const EXCHANGE: &str = "https://outlook.office365.com/.default";
pub(crate) const GRAPH: &str = "https://graph.microsoft.com/.default";
pub(crate) const PARTNER_CENTER: &str = "https://api.partnercenter.microsoft.com/.default";
pub(crate) const VAULT: &str = "https://vault.azure.net/.default";

/// A running sandbox and a client.
pub(crate) struct Stage {
    pub(crate) sandbox: Sandbox,
    pub(crate) client: Client,
}

impl Stage {
    /// Starts the demonstration with that many customers; the service account is an admin agent.
    pub(crate) async fn open(customers: usize) -> Self {
        let sandbox = Sandbox::demo(customers).await.unwrap();
        let stage =
            Self { sandbox, client: Client::builder().redirect(reqwest::redirect::Policy::none()).build().unwrap() };
        let account = stage.account();
        stage.set_agent(account, true);
        stage
    }

    /// Returns the object id of the service account.
    pub(crate) fn account(&self) -> Uuid {
        self.sandbox.world().demo.as_ref().unwrap().service_account
    }

    /// Puts a user into the admin agents, or takes it out.
    pub(crate) fn set_agent(&self, user: Uuid, member: bool) {
        let mut world = self.sandbox.world();
        let group = world.partner_tenant().group_named("AdminAgents").unwrap().id;
        let members = &mut world.partner_tenant_mut().groups.get_mut(&group).unwrap().members;
        if member {
            members.insert(user);
        } else {
            members.remove(&user);
        }
    }

    /// Gives the service account roles in a customer through a relationship that is in force.
    pub(crate) fn give_roles(&self, customer: Uuid, roles: &[&str]) {
        let account = self.account();
        let mut world = self.sandbox.world();
        let (group_id, assignment, past) = (world.new_id(), world.new_id(), days_ago(&world, 30));
        let roles: Vec<Uuid> = roles.iter().map(|role| role_named(role).unwrap().template_id).collect();
        let mut group = Group::security(group_id, &format!("Roles {group_id}"), past);
        group.members.insert(account);
        world.partner_tenant_mut().groups.insert(group_id, group);
        let mut relationship = Relationship::new(
            format!("relationship-{group_id}"),
            &format!("Relationship {group_id}"),
            Some(customer),
            roles.clone(),
            past,
        );
        relationship.activate_since(past);
        relationship.assignments.insert(assignment, AccessAssignment::new(assignment, group_id, roles, past));
        world.relationships.insert(relationship.id.clone(), relationship);
    }

    /// Grants the application delegated permissions in a tenant.
    pub(crate) fn grant(&self, tenant: Uuid, resource: &str, scopes: &[&str]) {
        let mut world = self.sandbox.world();
        let past = days_ago(&world, 1);
        let application = world.demo.as_ref().unwrap().application;
        let client = world.ensure_service_principal(&tenant, &application).unwrap();
        let offered = resource_named(resource).unwrap().app_id;
        let resource = world.ensure_service_principal(&tenant, &offered).unwrap();
        world.grant_scopes(&tenant, &client, &resource, None, scopes.iter().copied(), past);
    }

    /// Grants the application an application permission and a directory role in a tenant.
    pub(crate) fn grant_as_app(&self, tenant: Uuid, resource: &str, permission: &str, role: Option<&str>) {
        let mut world = self.sandbox.world();
        let past = days_ago(&world, 1);
        let application = world.demo.as_ref().unwrap().application;
        let client = world.ensure_service_principal(&tenant, &application).unwrap();
        let offered = resource_named(resource).unwrap();
        let resource = world.ensure_service_principal(&tenant, &offered.app_id).unwrap();
        world.grant_app_role(&tenant, &client, &resource, &offered.app_role(permission).unwrap().id);
        if let Some(role) = role {
            let id = world.new_id().to_string();
            let assignment = RoleAssignment {
                id: id.clone(),
                principal_id: client,
                role_definition_id: role_named(role).unwrap().template_id,
                directory_scope_id: "/".to_owned(),
                created_at: past,
            };
            world.tenant_mut(&tenant).unwrap().role_assignments.insert(id, assignment);
        }
    }

    /// Redeems the service account's refresh token.
    pub(crate) async fn token(&self, tenant: Uuid, scope: &str) -> String {
        let answer = self.try_token(tenant, scope).await;
        answer["access_token"].as_str().unwrap_or_else(|| panic!("no token: {answer}")).to_owned()
    }

    /// Redeems the service account's refresh token and returns what the endpoint answers.
    pub(crate) async fn try_token(&self, tenant: Uuid, scope: &str) -> Value {
        let refresh_token = self.demo("refreshToken");
        let fields = [("grant_type", "refresh_token"), ("refresh_token", &refresh_token)];
        self.redeem(tenant, scope, &fields).await
    }

    /// Asks for a token of the application alone.
    pub(crate) async fn app_token(&self, tenant: Uuid, scope: &str) -> String {
        let answer = self.redeem(tenant, scope, &[("grant_type", "client_credentials")]).await;
        answer["access_token"].as_str().unwrap_or_else(|| panic!("no token: {answer}")).to_owned()
    }

    /// Starts a request to a service.
    pub(crate) fn call(&self, service: Service, method: Method, path: &str, token: &str) -> RequestBuilder {
        self.client.request(method, format!("{}{path}", self.sandbox.base(service))).bearer_auth(token)
    }

    /// Returns one of the values the demonstration hands out.
    pub(crate) fn demo(&self, name: &str) -> String {
        self.sandbox.endpoints()["demo"][name].as_str().unwrap().to_owned()
    }

    async fn redeem(&self, tenant: Uuid, scope: &str, fields: &[(&str, &str)]) -> Value {
        let (id, secret) = (self.demo("applicationId"), self.demo("clientSecret"));
        let mut form = vec![("client_id", id.as_str()), ("client_secret", &secret), ("scope", scope)];
        form.extend(fields);
        self.client
            .post(format!("{}/{tenant}/oauth2/v2.0/token", self.sandbox.base(Service::Login)))
            .form(&form)
            .send()
            .await
            .unwrap()
            .json()
            .await
            .unwrap()
    }
}

/// Returns the tenant id of the partner.
pub(crate) fn partner() -> Uuid {
    demo::partner_tenant()
}

/// Returns the tenant id of a customer of the demonstration.
pub(crate) fn customer(number: usize) -> Uuid {
    demo::customer_tenant(number)
}

/// Reads a JSON body, with or without a byte-order mark.
pub(crate) async fn json(answer: Response) -> Value {
    let bytes = answer.bytes().await.unwrap();
    let bytes = bytes.strip_prefix(&[0xEF, 0xBB, 0xBF]).unwrap_or(&bytes);
    serde_json::from_slice(bytes).unwrap_or_else(|error| panic!("{error}: {bytes:?}"))
}

/// Returns a header as text, empty when it is absent.
pub(crate) fn header(answer: &Response, name: &str) -> String {
    answer.headers().get(name).and_then(|value| value.to_str().ok()).unwrap_or_default().to_owned()
}

fn days_ago(world: &World, days: i64) -> Timestamp {
    world.now() - SignedDuration::from_hours(24 * days)
}
