//! A tenant, a client at a test server, and requests to match on.

use std::path::Path;
use std::sync::Arc;

use bundle_core::TenantId;
use bundle_core::auth::Principal;
use bundle_core::testing::{FixedCredential, TestServer};
use exchange_client::{ExchangeClient, ExchangeTenant};
use serde_json::{Value, json};
use wiremock::matchers::{body_json, header, method, path};
use wiremock::{Mock, MockBuilder, ResponseTemplate};

pub(crate) const SCOPE: &str = "https://outlook.office365.com/.default";

pub(crate) fn tenant() -> TenantId {
    "22222222-2222-4222-8222-222222222222".parse().unwrap()
}

pub(crate) fn client(server: &TestServer) -> ExchangeClient {
    ExchangeClient::with_options(Arc::new(FixedCredential::new()), &server.options()).unwrap()
}

pub(crate) fn exchange(server: &TestServer) -> ExchangeTenant {
    client(server).for_tenant(&tenant())
}

/// Matches a cmdlet with exactly these parameters and every header it is sent with.
pub(crate) fn cmdlet(name: &str, parameters: &Value) -> MockBuilder {
    Mock::given(method("POST"))
        .and(path("/exchange/adminapi/beta/22222222-2222-4222-8222-222222222222/InvokeCommand"))
        .and(header("authorization", FixedCredential::header(&tenant(), Principal::Account, SCOPE)))
        .and(header("content-type", "application/json; charset=utf-8"))
        .and(header("accept", "application/json"))
        .and(header("prefer", "odata.maxpagesize=1000"))
        .and(header(
            "x-anchormailbox",
            "APP:SystemMailbox{bb558c35-97f1-4cb9-8ff7-d53741dc928c}@22222222-2222-4222-8222-222222222222",
        ))
        .and(header("x-cmdletname", name))
        .and(header("x-responseformat", "json"))
        .and(header("x-clientapplication", "ExoManagementModule"))
        .and(header("x-serializationlevel", "Partial"))
        .and(body_json(json!({"CmdletInput": {"CmdletName": name, "Parameters": parameters}})))
}

/// An answer from `tests/fixtures`; `{server}` and `{port}` in it become those of the server.
pub(crate) fn answer(status: u16, fixture: &str, server: &TestServer) -> ResponseTemplate {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures").join(fixture);
    let text = std::fs::read_to_string(&file).unwrap_or_else(|cause| panic!("{}: {cause}", file.display()));
    ResponseTemplate::new(status).set_body_raw(text.replace("{server}", &server.uri()), "application/json")
}
