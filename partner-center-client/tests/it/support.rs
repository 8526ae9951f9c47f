//! A partner, a customer, a client at a test server, and requests to match on.

use std::path::Path;
use std::sync::Arc;

use bundle_core::TenantId;
use bundle_core::auth::Principal;
use bundle_core::ids::{AppId, Etag, GroupId, RelationshipId, RoleTemplateId};
use bundle_core::testing::{FixedCredential, TestServer};
use partner_center_client::{GdapClient, PartnerCenterClient};
use serde_json::Value;
use wiremock::matchers::{header, method, path};
use wiremock::{Mock, MockBuilder, ResponseTemplate};

pub(crate) const PARTNER_CENTER_SCOPE: &str = "https://api.partnercenter.microsoft.com/.default";
pub(crate) const GRAPH_SCOPE: &str = "https://graph.microsoft.com/.default";
pub(crate) const RELATIONSHIP: &str = "33333333-3333-4333-8333-333333333333-11111111-1111-4111-8111-111111111111";
pub(crate) const ETAG: &str = "W/\"JyIxODAwZTY4My0wMDAwLTAyMDAtMDAwMC02MDU0Yjc4YzAwMDAiJw==\"";

pub(crate) fn partner() -> TenantId {
    "11111111-1111-4111-8111-111111111111".parse().unwrap()
}

pub(crate) fn customer() -> TenantId {
    "22222222-2222-4222-8222-222222222222".parse().unwrap()
}

pub(crate) fn application() -> AppId {
    "aaaaaaaa-aaaa-4aaa-8aaa-aaaaaaaaaaaa".parse().unwrap()
}

pub(crate) fn relationship() -> RelationshipId {
    RelationshipId::new(RELATIONSHIP)
}

pub(crate) fn etag() -> Etag {
    Etag::new(ETAG)
}

pub(crate) fn group() -> GroupId {
    "77777777-7777-4777-8777-777777777777".parse().unwrap()
}

/// Exchange Administrator.
pub(crate) fn role() -> RoleTemplateId {
    "29232cdf-9323-42fd-ade2-1d097af3e4de".parse().unwrap()
}

pub(crate) fn client(server: &TestServer) -> PartnerCenterClient {
    with_credential(server, FixedCredential::new().into())
}

pub(crate) fn with_credential(server: &TestServer, credential: Arc<FixedCredential>) -> PartnerCenterClient {
    PartnerCenterClient::with_options(credential, partner(), &server.options()).unwrap()
}

pub(crate) fn gdap(server: &TestServer) -> GdapClient {
    client(server).gdap()
}

/// Matches a call to Partner Center as the account of the partner, with all the headers it wants.
pub(crate) fn partner_center(verb: &str, below_v1: &str) -> MockBuilder {
    Mock::given(method(verb))
        .and(path(format!("/partner-center/v1/{below_v1}")))
        .and(header("authorization", FixedCredential::header(&partner(), Principal::Account, PARTNER_CENTER_SCOPE)))
        .and(header("accept", "application/json"))
        .and(header("ms-contract-version", "v1"))
        .and(header("x-locale", "en-US"))
}

/// Matches a call about relationships as the account of the partner.
pub(crate) fn graph(verb: &str, rest: &str) -> MockBuilder {
    Mock::given(method(verb))
        .and(path(format!("/graph/v1.0/tenantRelationships/delegatedAdminRelationships{rest}")))
        .and(header("authorization", FixedCredential::header(&partner(), Principal::Account, GRAPH_SCOPE)))
}

/// Matches a call about customers with relationships as the account of the partner.
pub(crate) fn delegated_customers(verb: &str, rest: &str) -> MockBuilder {
    Mock::given(method(verb))
        .and(path(format!("/graph/v1.0/tenantRelationships/delegatedAdminCustomers{rest}")))
        .and(header("authorization", FixedCredential::header(&partner(), Principal::Account, GRAPH_SCOPE)))
}

/// An answer from `tests/fixtures`; `{server}` in it becomes the server's address.
pub(crate) fn answer(status: u16, fixture: &str, server: &TestServer) -> ResponseTemplate {
    let text = read(fixture);
    ResponseTemplate::new(status).set_body_raw(text.replace("{server}", &server.uri()), "application/json")
}

/// A fixture as JSON.
pub(crate) fn fixture(name: &str) -> Value {
    serde_json::from_str(&read(name)).unwrap()
}

fn read(fixture: &str) -> String {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures").join(fixture);
    std::fs::read_to_string(&file).unwrap_or_else(|cause| panic!("{}: {cause}", file.display()))
}

/// Refuses the first request as the gateway of Partner Center does when it is busy.
pub(crate) async fn throttled(server: &TestServer, request: MockBuilder) {
    request
        .respond_with(answer(429, "customers/error_429_throttled.json", server).insert_header("retry-after", "0"))
        .up_to_n_times(1)
        .expect(1)
        .mount(server.mock())
        .await;
}

/// How many requests came.
pub(crate) async fn received(server: &TestServer) -> usize {
    server.mock().received_requests().await.unwrap().len()
}
