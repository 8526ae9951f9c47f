//! Operations that go on after their answer.

use azure_keyvault_client::resource_manager::{Operation, OperationProgress, api_version};
use bundle_core::auth::Principal;
use bundle_core::testing::FixedCredential;
use bundle_core::{ErrorKind, Result};
use http::Method;
use serde_json::{Value, json};
use wiremock::matchers::{body_json, header, method, path};
use wiremock::{Mock, MockBuilder, ResponseTemplate};

use crate::support::{ARM_SCOPE, World, answer, arm_call, customer, query};

const GROUP: &str = "subscriptions/44444444-4444-4444-8444-444444444444/resourceGroups/contoso-rg";
const STATUS: &str = "subscriptions/44444444-4444-4444-8444-444444444444/operations/1";

fn write(verb: &str, below: &str) -> MockBuilder {
    Mock::given(method(verb))
        .and(path(format!("/arm/{below}")))
        .and(header("authorization", FixedCredential::header(&customer(), Principal::Account, ARM_SCOPE)))
}

fn running(progress: Result<OperationProgress>) -> Operation {
    match progress.unwrap() {
        OperationProgress::Running(operation) => operation,
        other => panic!("not running: {other:?}"),
    }
}

#[tokio::test]
async fn network_is_created_step_by_step() {
    let world = World::start().await;
    let arm = world.azure().for_tenant(&customer());
    let network = format!("{GROUP}/providers/Microsoft.Network/virtualNetworks/contoso-net");
    let wanted = json!({
        "location": "westeurope",
        "properties": {"addressSpace": {"addressPrefixes": ["10.0.0.0/16"]}}
    });
    let status_link = format!("{}/arm/{STATUS}?api-version=2024-05-01", world.server.uri());
    let put = write("PUT", &network).and(query("api-version=2024-05-01")).and(body_json(&wanted));
    let created = answer(201, "operations/network").insert_header("azure-asyncoperation", status_link.as_str());
    world.mount(put.respond_with(created).expect(1)).await;
    let status = || arm_call(STATUS).and(query("api-version=2024-05-01"));
    let going_on = answer(200, "operations/in_progress").insert_header("retry-after", "3");
    world.mount(status().respond_with(going_on).up_to_n_times(1).expect(1)).await;
    world.mount(status().respond_with(answer(200, "operations/succeeded")).expect(1)).await;
    let read = arm_call(&network).and(query("api-version=2024-05-01"));
    world.mount(read.respond_with(answer(200, "operations/network")).expect(1)).await;

    let operation = running(arm.start_operation(Method::PUT, &network, "2024-05-01", Some(&wanted)).await);
    assert_eq!(operation.check_after().as_secs(), 15);
    let operation = running(arm.check_operation(&operation).await);
    assert_eq!(operation.check_after().as_secs(), 3);
    let OperationProgress::Done(done) = arm.check_operation(&operation).await.unwrap() else { panic!("not done") };
    assert_eq!(done["name"], "contoso-net");
}

#[tokio::test]
async fn failed_operation_is_the_error_it_ended_with() {
    let world = World::start().await;
    let arm = world.azure().for_tenant(&customer());
    let status_link = format!("{}/arm/{STATUS}", world.server.uri());
    let started = ResponseTemplate::new(202).insert_header("azure-asyncoperation", status_link.as_str());
    world.mount(write("DELETE", GROUP).respond_with(started).expect(1)).await;
    world.mount(arm_call(STATUS).respond_with(answer(200, "operations/failed")).expect(1)).await;
    let version = api_version::RESOURCE_GROUPS;
    let operation = running(arm.start_operation(Method::DELETE, GROUP, version, None::<&Value>).await);
    let error = arm.check_operation(&operation).await.unwrap_err();
    assert_eq!((error.kind(), error.code()), (ErrorKind::PermissionDenied, Some("RequestDisallowedByPolicy")));
    assert_eq!(error.tenant(), Some(&customer()));
}

#[tokio::test]
async fn new_vault_is_waited_for_by_its_state() {
    let world = World::start().await;
    let arm = world.azure().for_tenant(&customer());
    let vault = format!("{GROUP}/providers/Microsoft.KeyVault/vaults/contoso-kv");
    world.mount(write("PUT", &vault).respond_with(answer(200, "vaults/put_registering")).expect(1)).await;
    world.mount(arm_call(&vault).respond_with(answer(200, "vaults/get_found")).expect(1)).await;
    let body = json!({"location": "westeurope"});
    let operation = running(arm.start_operation(Method::PUT, &vault, api_version::VAULTS, Some(&body)).await);
    let done = arm.check_operation(&operation).await.unwrap();
    assert!(matches!(done, OperationProgress::Done(vault) if vault["name"] == "contoso-kv"));
}

#[tokio::test]
async fn token_does_not_follow_a_link_to_another_host() {
    let world = World::start().await;
    let arm = world.azure().for_tenant(&customer());
    let started = ResponseTemplate::new(202).insert_header("location", "https://evil.example/operations/1");
    world.mount(write("DELETE", GROUP).respond_with(started).expect(1)).await;
    let version = api_version::RESOURCE_GROUPS;
    let operation = running(arm.start_operation(Method::DELETE, GROUP, version, None::<&Value>).await);
    let error = arm.check_operation(&operation).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Config);
    assert!(error.to_string().contains("evil.example"), "{error}");
    assert_eq!(world.credential.requests().len(), 1);
}
