//! Contracts of a partner.

use bundle_core::ErrorKind;
use bundle_core::mapping::ContractApi;
use graph_client::GraphPorts;

use crate::support::{CONTOSO, Call, Setup, assert_error, denied, id, throttled};

const SELECT: &str = "customerId,displayName,defaultDomainName,contractType";

fn list() -> Call {
    Call::get("contracts").query("$select", SELECT).query("$top", "300")
}

#[tokio::test]
async fn list_follows_the_link_after_a_throttled_call() {
    let setup = Setup::new().await;
    setup.expect(throttled(list())).await;
    setup.expect(list().answers(200, "contracts/list_page_1")).await;
    setup.expect(list().query("$skiptoken", "RFNwdAIAAQ").answers(200, "contracts/list_page_2")).await;
    let port: &dyn ContractApi = &GraphPorts::new(setup.client.clone(), CONTOSO);
    let contracts = port.contracts().await.unwrap();
    assert_eq!(contracts.iter().map(|contract| contract.customer_id).collect::<Vec<_>>(), [id(2), id(3)]);
    assert_eq!(contracts[0].default_domain_name.as_deref(), Some("contoso.com"));
    assert_eq!(
        (contracts[1].display_name.as_deref(), contracts[1].contract_type.as_deref()),
        (None, Some("ResellerPartner"))
    );
}

#[tokio::test]
async fn list_denied_names_operation_and_tenant() {
    let setup = Setup::new().await;
    setup.expect(denied(list())).await;
    let error = setup.graph.contracts().list().collect_all().await.unwrap_err();
    assert_error(&error, ErrorKind::PermissionDenied, "graph.contracts.list");
}
