use bundle_core::testing::TestServer;
use exchange_client::RecipientTypeDetails;
use serde_json::json;
use wiremock::matchers::{query_param, query_param_is_missing};

use crate::support::{answer, cmdlet, exchange};

#[tokio::test]
async fn list_reads_every_page_without_a_limit() {
    let server = TestServer::start().await;
    cmdlet("Get-Mailbox", &json!({"ResultSize": "Unlimited"}))
        .and(query_param(
            "$select",
            "ExchangeGuid,ExternalDirectoryObjectId,UserPrincipalName,PrimarySmtpAddress,DisplayName,\
             RecipientTypeDetails",
        ))
        .and(query_param_is_missing("$skiptoken"))
        .respond_with(answer(200, "mailboxes/list_page_1.json", &server))
        .expect(1)
        .mount(server.mock())
        .await;
    cmdlet("Get-Mailbox", &json!({"ResultSize": "Unlimited"}))
        .and(query_param("$skiptoken", "cGFnZTI"))
        .respond_with(answer(200, "mailboxes/list_page_2.json", &server))
        .expect(1)
        .mount(server.mock())
        .await;
    let mailboxes = exchange(&server).mailboxes().unwrap().collect_all().await.unwrap();
    assert_eq!(mailboxes.len(), 3);
    assert_eq!(mailboxes[0].user_principal_name.as_deref(), Some("alex@contoso.com"));
    assert_eq!(mailboxes[1].recipient_type_details, Some(RecipientTypeDetails::SharedMailbox));
    assert_eq!(mailboxes[2].recipient_type_details, Some(RecipientTypeDetails::Unknown("DiscoveryMailbox".into())));
    assert_eq!(mailboxes[2].external_directory_object_id.as_deref(), Some(""));
}
