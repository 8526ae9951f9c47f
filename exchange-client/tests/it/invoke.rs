use bundle_core::ErrorKind;
use bundle_core::testing::TestServer;
use exchange_client::{Anchor, Cmdlet, CmdletItem, parameter};
use serde::Deserialize;
use serde_json::{Value, json};
use wiremock::ResponseTemplate;
use wiremock::matchers::{header, query_param, query_param_is_missing};

use crate::support::{answer, cmdlet, exchange};

#[tokio::test]
async fn invoke_follows_links_with_the_same_body_and_keeps_warnings_apart() {
    let server = TestServer::start().await;
    let parameters = json!({"ResultSize": "Unlimited"});
    cmdlet("Get-Mailbox", &parameters)
        .and(query_param("$select", "PrimarySmtpAddress,EmailAddresses"))
        .and(query_param_is_missing("$skiptoken"))
        .respond_with(answer(200, "invoke/mailboxes_page_1.json", &server))
        .expect(1)
        .mount(server.mock())
        .await;
    cmdlet("Get-Mailbox", &parameters)
        .and(query_param("$skiptoken", "cGFnZTI"))
        .respond_with(answer(200, "invoke/mailboxes_page_2.json", &server))
        .expect(1)
        .mount(server.mock())
        .await;

    #[derive(Debug, Deserialize, PartialEq)]
    #[serde(rename_all = "PascalCase", deny_unknown_fields)]
    struct Row {
        primary_smtp_address: String,
        email_addresses: Vec<String>,
    }
    let wanted = Cmdlet::new("Get-Mailbox")
        .parameter("ResultSize", "Unlimited")
        .select(["PrimarySmtpAddress", "EmailAddresses"]);
    let output = exchange(&server).invoke::<Row>(&wanted).await.unwrap();
    let addresses: Vec<&str> = output.rows.iter().map(|row| row.primary_smtp_address.as_str()).collect();
    assert_eq!(addresses, ["alex@contoso.com", "megan@contoso.com", "sales@contoso.com"]);
    assert_eq!(output.rows[0].email_addresses, ["SMTP:alex@contoso.com", "smtp:a@contoso.com"]);
    assert_eq!(output.warnings, ["The first warning.", "The second warning."]);
}

#[tokio::test]
async fn stream_yields_rows_and_warnings_and_fetches_pages_when_needed() {
    let server = TestServer::start().await;
    cmdlet("Get-Mailbox", &json!({}))
        .respond_with(answer(200, "invoke/mailboxes_page_1.json", &server))
        .expect(1)
        .mount(server.mock())
        .await;
    let mut stream = exchange(&server).stream::<Value>(&Cmdlet::new("Get-Mailbox")).unwrap();
    let first = stream.try_next().await.unwrap().unwrap();
    assert_eq!(first, CmdletItem::Warning("The first warning.".into()));
    let CmdletItem::Row(row) = stream.try_next().await.unwrap().unwrap() else { panic!("a row comes next") };
    assert_eq!(
        row,
        json!({
            "PrimarySmtpAddress": "alex@contoso.com",
            "EmailAddresses": ["SMTP:alex@contoso.com", "smtp:a@contoso.com"]
        })
    );
}

#[tokio::test]
async fn link_to_the_backend_port_is_rewritten() {
    let server = TestServer::start().await;
    let host = server.uri().rsplit_once(':').unwrap().0.to_owned();
    let link =
        format!("{host}:446/exchange/adminapi/beta/22222222-2222-4222-8222-222222222222/InvokeCommand?$skiptoken=2");
    cmdlet("Get-AcceptedDomain", &json!({}))
        .and(query_param_is_missing("$skiptoken"))
        .respond_with(ResponseTemplate::new(200).set_body_json(json!({"value": [1], "@odata.nextLink": link})))
        .expect(1)
        .mount(server.mock())
        .await;
    cmdlet("Get-AcceptedDomain", &json!({}))
        .and(query_param("$skiptoken", "2"))
        .respond_with(ResponseTemplate::new(200).set_body_json(json!({"value": [2]})))
        .expect(1)
        .mount(server.mock())
        .await;
    let output = exchange(&server).invoke::<u8>(&Cmdlet::new("Get-AcceptedDomain")).await.unwrap();
    assert_eq!(output.rows, [1, 2]);
}

#[tokio::test]
async fn link_to_another_host_is_not_followed() {
    let foreign = TestServer::start().await;
    for link in [
        format!("{}/exchange/adminapi/beta/t/InvokeCommand?$skiptoken=2", foreign.uri()),
        "https://evil.example/adminapi/beta/t/InvokeCommand".to_owned(),
        "/graph/v1.0/users".to_owned(),
    ] {
        let server = TestServer::start().await;
        cmdlet("Get-Mailbox", &json!({}))
            .respond_with(
                ResponseTemplate::new(200).set_body_json(json!({"value": [{"A": 1}], "@odata.nextLink": link})),
            )
            .expect(1)
            .mount(server.mock())
            .await;
        let error = exchange(&server).invoke::<Value>(&Cmdlet::new("Get-Mailbox")).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Decode, "{error}");
    }
    assert!(foreign.mock().received_requests().await.unwrap().is_empty());
}

#[tokio::test]
async fn link_that_repeats_ends_the_listing() {
    let server = TestServer::start().await;
    cmdlet("Get-Mailbox", &json!({}))
        .respond_with(answer(200, "invoke/mailboxes_page_1.json", &server))
        .expect(2)
        .mount(server.mock())
        .await;
    let error = exchange(&server).invoke::<Value>(&Cmdlet::new("Get-Mailbox")).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Decode);
    assert!(error.to_string().contains("repeats"), "{error}");
}

#[tokio::test]
async fn empty_answers_are_successes_without_rows() {
    let empty = [
        ResponseTemplate::new(204),
        ResponseTemplate::new(200),
        ResponseTemplate::new(200).set_body_string(" \r\n"),
        ResponseTemplate::new(200).set_body_json(json!({"@odata.context": "x", "value": []})),
        ResponseTemplate::new(200).set_body_json(json!({"@odata.context": "x", "value": null})),
        ResponseTemplate::new(200).set_body_json(json!({"@odata.context": "x", "@adminapi.warnings": []})),
    ];
    for answer in empty {
        let server = TestServer::start().await;
        cmdlet("Set-Mailbox", &json!({"Identity": "alex@contoso.com"}))
            .respond_with(answer.clone())
            .expect(1)
            .mount(server.mock())
            .await;
        let wanted = Cmdlet::new("Set-Mailbox").parameter("Identity", "alex@contoso.com");
        let output = exchange(&server).invoke::<Value>(&wanted).await.unwrap();
        assert!(output.rows.is_empty() && output.warnings.is_empty(), "{answer:?}");
    }
}

#[tokio::test]
async fn single_object_is_one_row() {
    for body in [json!({"@odata.context": "x", "Name": "a"}), json!({"value": {"Name": "a", "Name@data.type": "t"}})] {
        let server = TestServer::start().await;
        cmdlet("New-Thing", &json!({}))
            .respond_with(ResponseTemplate::new(200).set_body_json(body))
            .expect(1)
            .mount(server.mock())
            .await;
        let output = exchange(&server).invoke::<Value>(&Cmdlet::new("New-Thing")).await.unwrap();
        assert_eq!(output.rows, [json!({"Name": "a"})]);
    }
}

#[tokio::test]
async fn failure_inside_a_success_is_an_error() {
    let server = TestServer::start().await;
    cmdlet("Get-Mailbox", &json!({"Identity": "nobody"}))
        .respond_with(answer(200, "invoke/error_404_object_absent.json", &server))
        .expect(1)
        .mount(server.mock())
        .await;
    let wanted = Cmdlet::new("Get-Mailbox").parameter("Identity", "nobody");
    let error = exchange(&server).invoke::<Value>(&wanted).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound, "{error}");
    assert_eq!(error.operation(), Some("exchange.invoke"));
}

#[tokio::test]
async fn changes_of_lists_and_own_anchors_are_sent() {
    let server = TestServer::start().await;
    let parameters = json!({
        "Identity": "alex@contoso.com",
        "HiddenFromAddressListsEnabled": true,
        "ForwardingAddress": null,
        "EmailAddresses": {
            "@odata.type": "#Exchange.GenericHashTable",
            "Add": ["smtp:sales@contoso.com"],
            "Remove": ["smtp:old@contoso.com"]
        },
        "GrantSendOnBehalfTo": {"@odata.type": "#Exchange.GenericHashTable"},
        "MailTip": "ends {soon}"
    });
    wiremock::Mock::given(wiremock::matchers::method("POST"))
        .and(header("x-anchormailbox", "UPN:alex@contoso.com"))
        .and(wiremock::matchers::body_json(
            json!({"CmdletInput": {"CmdletName": "Set-Mailbox", "Parameters": parameters}}),
        ))
        .respond_with(ResponseTemplate::new(200).set_body_json(json!({"value": []})))
        .expect(1)
        .mount(server.mock())
        .await;
    let wanted = Cmdlet::new("Set-Mailbox")
        .parameter("Identity", "alex@contoso.com")
        .parameter("HiddenFromAddressListsEnabled", true)
        .parameter("ForwardingAddress", Value::Null)
        .parameter("EmailAddresses", parameter::add(["smtp:sales@contoso.com"]).and_remove(["smtp:old@contoso.com"]))
        .parameter("GrantSendOnBehalfTo", parameter::clear())
        .parameter("MailTip", "ends {soon}")
        .anchor(Anchor::mailbox("alex@contoso.com"));
    exchange(&server).invoke::<Value>(&wanted).await.unwrap();
}

#[tokio::test]
async fn throttling_is_waited_out() {
    let server = TestServer::start().await;
    cmdlet("New-Mailbox", &json!({}))
        .respond_with(answer(429, "invoke/error_429_throttled.json", &server).insert_header("retry-after", "0"))
        .up_to_n_times(1)
        .expect(1)
        .mount(server.mock())
        .await;
    cmdlet("New-Mailbox", &json!({}))
        .respond_with(ResponseTemplate::new(200).set_body_json(json!({"value": [{"Name": "new"}]})))
        .expect(1)
        .mount(server.mock())
        .await;
    let output = exchange(&server).invoke::<Value>(&Cmdlet::new("New-Mailbox")).await.unwrap();
    assert_eq!(output.rows.len(), 1);
}

#[tokio::test]
async fn server_errors_repeat_reads_and_leave_writes_unknown() {
    for (name, calls, kind) in [
        ("Get-Mailbox", 5, ErrorKind::Unavailable),
        ("Set-Mailbox", 5, ErrorKind::Unavailable),
        ("New-Mailbox", 1, ErrorKind::OutcomeUnknown),
        ("Remove-Mailbox", 1, ErrorKind::OutcomeUnknown),
    ] {
        let server = TestServer::start().await;
        cmdlet(name, &json!({}))
            .respond_with(ResponseTemplate::new(502).set_body_string("<html>bad gateway</html>"))
            .expect(calls)
            .mount(server.mock())
            .await;
        let error = exchange(&server).invoke::<Value>(&Cmdlet::new(name)).await.unwrap_err();
        assert_eq!(error.kind(), kind, "{name}: {error}");
    }
}

#[tokio::test]
async fn refusals_are_told_apart() {
    for (status, fixture, kind) in [
        (403, "invoke/error_403_role_missing.json", ErrorKind::PermissionDenied),
        (404, "invoke/error_404_object_absent.json", ErrorKind::NotFound),
        (400, "invoke/error_400_cmdlet_not_in_role.json", ErrorKind::PermissionDenied),
        (403, "invoke/error_403_subscription_lapsed.json", ErrorKind::LicenseMissing),
    ] {
        let server = TestServer::start().await;
        cmdlet("Get-Mailbox", &json!({}))
            .respond_with(answer(status, fixture, &server))
            .expect(1)
            .mount(server.mock())
            .await;
        let error = exchange(&server).invoke::<Value>(&Cmdlet::new("Get-Mailbox")).await.unwrap_err();
        assert_eq!(error.kind(), kind, "{fixture}: {error}");
        assert_eq!(error.status(), Some(status));
        assert_eq!(error.tenant(), Some(&crate::support::tenant()));
    }
}

#[tokio::test]
async fn row_of_another_shape_names_no_value() {
    let server = TestServer::start().await;
    cmdlet("Get-Mailbox", &json!({}))
        .respond_with(ResponseTemplate::new(200).set_body_json(json!({"value": ["hunter2"]})))
        .expect(1)
        .mount(server.mock())
        .await;
    let error = exchange(&server).invoke::<u8>(&Cmdlet::new("Get-Mailbox")).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Decode);
    assert!(!format!("{error} {error:?}").contains("hunter2"), "{error}");
}

#[tokio::test]
async fn bad_cmdlet_is_refused_before_anything_is_sent() {
    let server = TestServer::start().await;
    let exchange = exchange(&server);
    for wrong in [Cmdlet::new("Get Mailbox"), Cmdlet::new("Get-Mailbox").anchor(Anchor::mailbox("alex"))] {
        assert_eq!(exchange.invoke::<Value>(&wrong).await.unwrap_err().kind(), ErrorKind::Config);
    }
    assert!(server.mock().received_requests().await.unwrap().is_empty());
}
