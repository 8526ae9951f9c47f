//! The partner's daily work in Partner Center.

use bundle_core::{ErrorKind, TenantId};
use bundle_sandbox::demo::customer_tenant;
use bundle_sandbox::{Fault, Sandbox};
use partner_center_client::webhooks::{NewRegistration, WebhookEvent, WebhookEventName};
use partner_center_client::{
    AuditFilter, AuditQuery, PartnerCenterClient, QuantityRange, RelationshipToPartner, SubscriptionChange,
    SubscriptionStatus, SubscriptionUpdate,
};
use serde_json::json;

use crate::support::partner_center;

fn contoso() -> TenantId {
    customer_tenant(1).to_string().parse().unwrap()
}

/// Five licences more, then everything suspended, then the end of the relationship.
async fn wind_up(client: &PartnerCenterClient) -> bundle_core::Result<()> {
    let subscriptions = client.for_tenant(&contoso()).subscriptions();
    for subscription in subscriptions.list().collect_all().await? {
        let range = QuantityRange { minimum: 1, maximum: 300 };
        let more = SubscriptionChange::new().quantity(subscription.quantity + 5).within(range);
        let SubscriptionUpdate::Done(subscription) = subscriptions.update(&subscription, &more).await? else {
            panic!("the sandbox is done at once");
        };
        subscriptions.update(&subscription, &SubscriptionChange::new().suspend().auto_renew(false)).await?;
    }
    client.customers().remove_relationship(&contoso()).await
}

/// How often the partner did each thing.
async fn done(client: &PartnerCenterClient) -> Vec<String> {
    let query = AuditQuery::new().filter(AuditFilter::Customer(contoso()));
    let records = client.audit_records().list(&query).unwrap().collect_all().await.unwrap();
    let mut done: Vec<String> = records.into_iter().map(|record| record.operation_type).collect();
    done.sort();
    done
}

#[tokio::test]
async fn winding_up_that_loses_any_answer_does_everything_once() {
    let calm = Sandbox::demo(1).await.unwrap();
    let client = partner_center(&calm).await;
    wind_up(&client).await.unwrap();
    let (requests, expected) = (calm.log().requests(), done(&client).await);
    assert_eq!(expected, ["remove_partner_customer_relationship", "update_subscription", "update_subscription"]);
    for at in 1..=requests {
        for fault in [Fault::CutBefore, Fault::CutAfter] {
            let sandbox = Sandbox::demo(1).await.unwrap();
            let client = partner_center(&sandbox).await;
            sandbox.log().reset();
            sandbox.faults().at(at, fault);
            wind_up(&client).await.unwrap_or_else(|error| panic!("{at}: {error}"));
            assert_eq!(done(&client).await, expected, "{at}");
            let error = client.customers().get(&contoso()).await.unwrap_err();
            assert_eq!(error.kind(), ErrorKind::RelationshipInactive, "{at}: {error}");
        }
    }
}

#[tokio::test]
async fn stale_subscription_is_read_again() {
    let sandbox = Sandbox::demo(1).await.unwrap();
    let client = partner_center(&sandbox).await;
    let record = client.for_tenant(&contoso()).get().await.unwrap();
    assert_eq!(record.relationship_to_partner, Some(RelationshipToPartner::Reseller));
    let subscriptions = client.for_tenant(&contoso()).subscriptions();
    let read = subscriptions.list().collect_all().await.unwrap().remove(0);
    let change = SubscriptionChange::new().suspend();
    subscriptions.update(&read, &change).await.unwrap();
    let error = subscriptions.update(&read, &SubscriptionChange::new().auto_renew(false)).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::PreconditionFailed, "{error}");
    let fresh = subscriptions.get(&read.id).await.unwrap();
    assert_eq!(fresh.status, Some(SubscriptionStatus::Suspended));
    subscriptions.update(&fresh, &SubscriptionChange::new().auto_renew(false)).await.unwrap();
}

#[tokio::test]
async fn event_leads_to_the_audit_record_of_the_sandbox_and_nowhere_else() {
    let sandbox = Sandbox::demo(1).await.unwrap();
    let client = partner_center(&sandbox).await;
    let webhooks = client.webhooks();
    let wanted = NewRegistration::new(
        "https://hooks.contoso.com/partner-center",
        [WebhookEventName::SubscriptionUpdated, WebhookEventName::TestCreated],
    );
    assert_eq!(webhooks.find().await.unwrap(), None);
    let registration = webhooks.ensure(&wanted).await.unwrap();
    assert_eq!(webhooks.ensure(&wanted).await.unwrap(), registration);
    let test = webhooks.send_test_event().await.unwrap();
    assert_eq!(sandbox.post_events().await, 0, "only loopback is reached");
    let test = webhooks.test_event(&test).await.unwrap();
    assert!(!test.has_arrived() && test.results[0].system_error, "{test:?}");

    let subscriptions = client.for_tenant(&contoso()).subscriptions();
    let subscription = subscriptions.list().collect_all().await.unwrap().remove(0);
    subscriptions.update(&subscription, &SubscriptionChange::new().suspend()).await.unwrap();
    let records = client.audit_records().list(&AuditQuery::new()).unwrap().collect_all().await.unwrap();
    let base = sandbox.base(bundle_sandbox::Service::PartnerCenter);
    let event = |link: &str| {
        let event = json!({
            "EventName": "subscription-updated", "ResourceUri": format!("{base}/v1/x"), "ResourceName": "Subscription",
            "AuditUri": link, "ResourceChangeUtcDate": "2026-11-16T16:19:06.3520276+00:00",
        });
        WebhookEvent::parse(event.to_string().as_bytes()).unwrap()
    };
    let link = format!("{base}/auditactivity/v1/auditrecords/{}", records[0].id.as_deref().unwrap());
    let record = webhooks.audit_record(&event(&link)).await.unwrap().unwrap();
    assert_eq!(record.new_value().unwrap()["status"], "suspended");
    let foreign = sandbox.base(bundle_sandbox::Service::Graph);
    let error = webhooks.audit_record(&event(&format!("{foreign}/v1/auditrecords/7"))).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Config, "{error}");
}
