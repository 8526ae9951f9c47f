//! The ports of leaving a customer: all of it in the customer's tenant.

use serde_json::json;

use bundle_core::offboarding::{NotificationMails, ServicePrincipalUpkeep, TraceApi};
use bundle_core::{ErrorKind, TenantId};
use graph_client::GraphPorts;

use crate::support::{CONTOSO, Call, Setup, absent, assert_error, denied, guid, id, throttled};

const MAILS: &str = "id,marketingNotificationEmails,securityComplianceNotificationMails,technicalNotificationMails";
const PARTNER: TenantId = TenantId::from_u128(0x9999_9999_9999_9999_9999_9999_9999_9999);

fn ports(setup: &Setup) -> GraphPorts {
    GraphPorts::new(setup.client.clone(), PARTNER)
}

fn guests(filter: &str) -> Call {
    let call = Call::get("users").query("$filter", filter).query("$select", "id,mail").query("$top", "999");
    call.query("$count", "true").eventual()
}

fn mails() -> Call {
    Call::get("organization").query("$select", MAILS)
}

fn replace() -> Call {
    Call::new("PATCH", format!("organization/{CONTOSO}"))
        .body(json!({"technicalNotificationMails": ["it@contoso.com"]}))
}

fn left() -> NotificationMails {
    serde_json::from_value(json!({"technicalNotificationMails": ["it@contoso.com"]})).unwrap()
}

#[tokio::test]
async fn guests_are_listed_by_domain_over_all_pages() {
    let setup = Setup::new().await;
    let filter = "userType eq 'Guest' and (endswith(mail,'@partner.example') or endswith(mail,'@p''s.example'))";
    setup.expect(throttled(guests(filter))).await;
    setup.expect(guests(filter).answers(200, "users/guests_page_1")).await;
    let next = Call::get("users").query("$top", "999").query("$skiptoken", "RFNwdAIAAQ").eventual();
    setup.expect(next.answers(200, "users/guests_page_2")).await;
    let domains = ["partner.example", "p's.example"].map(str::to_owned);
    let found = ports(&setup).guests(&CONTOSO, &domains).await.unwrap();
    assert_eq!(found.iter().map(|guest| guest.id).collect::<Vec<_>>(), [id(3), id(4)]);
    assert_eq!(found[0].mail.as_deref(), Some("ada@partner.example"));
}

#[tokio::test]
async fn guests_of_many_domains_are_asked_for_ten_domains_at_a_time() {
    let setup = Setup::new().await;
    let domains: Vec<String> = (0..11).map(|n| format!("d{n}.example")).collect();
    for part in domains.chunks(10) {
        let ends: Vec<String> = part.iter().map(|domain| format!("endswith(mail,'@{domain}')")).collect();
        let filter = format!("userType eq 'Guest' and ({})", ends.join(" or "));
        setup.expect(guests(&filter).answers(200, "users/guests_page_2")).await;
    }
    assert_eq!(ports(&setup).guests(&CONTOSO, &domains).await.unwrap().len(), 2);
    assert_eq!(ports(&setup).guests(&CONTOSO, &[]).await.unwrap(), []);
}

#[tokio::test]
async fn guests_denied_is_permission_denied() {
    let setup = Setup::new().await;
    setup.expect(denied(guests("userType eq 'Guest' and (endswith(mail,'@partner.example'))"))).await;
    let error = ports(&setup).guests(&CONTOSO, &["partner.example".to_owned()]).await.unwrap_err();
    assert_error(&error, ErrorKind::PermissionDenied, "graph.users.list");
}

#[tokio::test]
async fn a_guest_is_found_deleted_and_then_absent() {
    let setup = Setup::new().await;
    let one = || Call::get(format!("users/{}", guid(3))).query("$select", "id,mail");
    let delete = || Call::new("DELETE", format!("users/{}", guid(3)));
    setup.expect(one().answers(200, "users/get_ada")).await;
    setup.expect(throttled(delete())).await;
    setup.expect(delete()).await;
    setup.expect(absent(one())).await;
    setup.expect(absent(delete())).await;
    let ports = ports(&setup);
    assert_eq!(ports.find_guest(&CONTOSO, &id(3)).await.unwrap().unwrap().id, id(3));
    ports.delete_guest(&CONTOSO, &id(3)).await.unwrap();
    assert_eq!(ports.find_guest(&CONTOSO, &id(3)).await.unwrap(), None);
    let error = ports.delete_guest(&CONTOSO, &id(3)).await.unwrap_err();
    assert_error(&error, ErrorKind::NotFound, "graph.users.delete");
}

#[tokio::test]
async fn notification_mails_are_read_and_a_null_list_is_unknown() {
    let setup = Setup::new().await;
    setup.expect(throttled(mails())).await;
    setup.expect(mails().answers(200, "organization/mails_contoso")).await;
    let found = ports(&setup).notification_mails(&CONTOSO).await.unwrap();
    assert_eq!(found.marketing_notification_emails, Some(Vec::new()));
    assert_eq!(found.security_compliance_notification_mails, None);
    assert_eq!(found.without_domains(&["partner.example".to_owned()]), left());
}

#[tokio::test]
async fn notification_mails_denied_is_permission_denied() {
    let setup = Setup::new().await;
    setup.expect(denied(mails())).await;
    let error = ports(&setup).notification_mails(&CONTOSO).await.unwrap_err();
    assert_error(&error, ErrorKind::PermissionDenied, "graph.organization.notification_mails");
}

#[tokio::test]
async fn replace_sends_the_lists_that_change_and_is_repeated() {
    let setup = Setup::new().await;
    setup.expect(throttled(replace())).await;
    setup.expect(replace().answers(500, "errors/server_error_500")).await;
    setup.expect(replace()).await;
    ports(&setup).replace_notification_mails(&CONTOSO, &left()).await.unwrap();
}

#[tokio::test]
async fn replace_denied_names_the_operation() {
    let setup = Setup::new().await;
    setup.expect(denied(replace())).await;
    let error = ports(&setup).replace_notification_mails(&CONTOSO, &left()).await.unwrap_err();
    assert_error(&error, ErrorKind::PermissionDenied, "graph.organization.update");
}

#[tokio::test]
async fn owned_service_principals_are_listed_by_the_owner_and_deleted_by_id() {
    let setup = Setup::new().await;
    let list = || {
        let call = Call::get("servicePrincipals").query("$filter", &format!("appOwnerOrganizationId eq {PARTNER}"));
        let call = call.query("$select", "id,appId,displayName").query("$top", "999");
        call.query("$count", "true").eventual()
    };
    let delete = || Call::new("DELETE", format!("servicePrincipals/{}", guid(6)));
    setup.expect(throttled(list())).await;
    setup.expect(list().answers(200, "service_principals/list_page_1")).await;
    let next = Call::get("servicePrincipals").query("$top", "999").query("$skiptoken", "RFNwdAIAAQ").eventual();
    setup.expect(next.answers(200, "service_principals/list_page_2")).await;
    setup.expect(delete()).await;
    setup.expect(absent(delete())).await;
    setup.expect(denied(list())).await;
    let ports = ports(&setup);
    let found = ports.owned_service_principals(&CONTOSO, &PARTNER).await.unwrap();
    assert_eq!(found.iter().map(|principal| principal.id).collect::<Vec<_>>(), [id(6), id(8)]);
    ports.delete_service_principal(&CONTOSO, &id(6)).await.unwrap();
    let error = ports.delete_service_principal(&CONTOSO, &id(6)).await.unwrap_err();
    assert_error(&error, ErrorKind::NotFound, "graph.service_principals.delete");
    let error = ports.owned_service_principals(&CONTOSO, &PARTNER).await.unwrap_err();
    assert_error(&error, ErrorKind::PermissionDenied, "graph.service_principals.list");
}
