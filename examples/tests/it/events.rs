//! The wait for approval, ended by an event of Partner Center instead of by asking again and again.

use std::collections::BTreeMap;
use std::time::Duration;

use bundle_core::ErrorKind;
use bundle_core::customer::Customer;
use bundle_core::gdap::{GDAP_ROLES, Invitation, InviteSettings, InviteState, Inviting};
use bundle_core::onboarding::WaitReason;
use bundle_sandbox::demo::customer_tenant;
use bundle_sandbox::{Fault, Sandbox};
use partner_center_client::PartnerCenterClient;
use partner_center_client::webhooks::{NewRegistration, WebhookEvent, WebhookEventName, Webhooks};
use serde_json::{Value, json};
use wiremock::matchers::{method, path};
use wiremock::{Mock, MockServer, ResponseTemplate};

use crate::support::{connect, partner_center};

/// Contoso and Northwind approve ten minutes after they were asked, Tailspin never does.
const ASKED: [usize; 3] = [1, 3, 4];

/// A partner with an address that takes events.
struct Partner {
    sandbox: Sandbox,
    address: MockServer,
    client: PartnerCenterClient,
    inviting: Inviting,
    invitations: BTreeMap<usize, Invitation>,
    /// How many events were looked at.
    seen: usize,
}

impl Partner {
    /// Asks the customers, a minute apart, and registers for what becomes of it.
    async fn begin(faults: &[(u64, Fault)]) -> Self {
        let sandbox = Sandbox::demo(4).await.unwrap();
        let address = MockServer::start().await;
        Mock::given(method("POST")).and(path("/events")).respond_with(ResponseTemplate::new(200)).mount(&address).await;
        let (connection, client) = (connect(&sandbox).await, partner_center(&sandbox).await);
        sandbox.log().reset();
        for (at, fault) in faults {
            sandbox.faults().at(*at, fault.clone());
        }
        use WebhookEventName::{
            GranularAdminRelationshipActivated as Activated, GranularAdminRelationshipApproved as Approved,
        };
        let events = [Approved, Activated, WebhookEventName::TestCreated];
        let wanted = NewRegistration::new(format!("{}/events", address.uri()), events);
        client.webhooks().ensure(&wanted).await.unwrap();
        let roles = GDAP_ROLES.iter().map(|role| role.template_id).collect();
        let settings = InviteSettings::new(connection.cloud.clone(), roles);
        let inviting = Inviting::new(connection.fact_ports().relationships, settings).unwrap();
        let mut partner = Self { sandbox, address, client, inviting, invitations: BTreeMap::new(), seen: 0 };
        for number in ASKED {
            partner.invitations.insert(number, Invitation::default());
            // A lock that was lost on the way is repeated.
            for _ in 0..3 {
                let (state, reason) = partner.advance(number).await;
                assert_eq!(state, InviteState::Waiting, "{number}");
                if reason == Some(WaitReason::Approval) {
                    break;
                }
                partner.pass(60);
            }
        }
        partner
    }

    async fn advance(&mut self, number: usize) -> (InviteState, Option<WaitReason>) {
        let customer =
            Customer::new(customer_tenant(number).to_string().parse().unwrap(), format!("Customer {number}"));
        let state = self.invitations.get_mut(&number).unwrap();
        let now = self.sandbox.clock().now();
        let report = self.inviting.advance(&[], &customer, state, now).await.unwrap();
        (report.state, report.waiting.map(|waiting| waiting.reason))
    }

    fn pass(&self, seconds: u64) {
        self.sandbox.clock().advance(Duration::from_secs(seconds));
    }

    /// Takes what has been posted since, and looks after the invitations it is about.
    async fn look(&mut self) -> Vec<(usize, InviteState)> {
        self.sandbox.post_events().await;
        let posted = self.address.received_requests().await.unwrap();
        let mut outcomes = Vec::new();
        for request in &posted[self.seen..] {
            let event = WebhookEvent::parse(&request.body).unwrap();
            if let Some(number) = self.woken_by(&event).await {
                outcomes.push((number, self.advance(number).await.0));
            }
        }
        self.seen = posted.len();
        outcomes
    }

    /// Believes an event when Partner Center has a record of it, and finds whose invitation it is about.
    async fn woken_by(&mut self, event: &WebhookEvent) -> Option<usize> {
        let record = self.client.webhooks().audit_record(event).await.unwrap()?;
        let relationship = event.relationship()?;
        assert_eq!(record.new_value()?["Id"], relationship.as_str());
        self.invitations.iter_mut().find_map(|(number, invitation)| invitation.wake(&relationship).then_some(*number))
    }
}

/// All that is told from the approvals to the end.
async fn to_the_end(partner: &mut Partner) -> Vec<Vec<(usize, InviteState)>> {
    let mut told = Vec::new();
    for minutes in [7, 1, 1, 1, 1] {
        partner.pass(minutes * 60);
        told.push(partner.look().await);
    }
    told
}

#[tokio::test]
async fn events_end_the_wait_of_those_they_are_about() {
    use InviteState::{InForce, Waiting};
    let mut partner = Partner::begin(&[]).await;
    let told = to_the_end(&mut partner).await;
    // Asked a minute apart; two minutes from approval to activation.
    assert_eq!(told, [vec![(1, Waiting)], vec![(3, Waiting)], vec![(1, InForce)], vec![(3, InForce)], vec![]]);
    let [contoso, northwind, tailspin] = ASKED.map(|number| &partner.invitations[&number]);
    assert!(contoso.check_after.is_none() && northwind.check_after.is_none());
    assert!(tailspin.check_after.is_some_and(|time| time > partner.sandbox.clock().now()), "{tailspin:?}");
}

#[tokio::test]
async fn event_costs_its_record_and_its_relationship() {
    let mut partner = Partner::begin(&[]).await;
    partner.pass(7 * 60);
    // Tokens are there; the others are not asked about.
    partner.sandbox.log().reset();
    assert_eq!(partner.look().await.len(), 1);
    let asked: Vec<_> = partner.sandbox.log().entries().iter().map(|entry| entry.path.clone()).collect();
    assert_eq!(asked.len(), 2, "{asked:?}");
    assert!(asked[0].contains("/auditrecords/") && asked[1].contains("/delegatedAdminRelationships/"), "{asked:?}");
}

#[tokio::test]
async fn lost_answers_change_nothing() {
    let mut calm = Partner::begin(&[]).await;
    let told = sorted(to_the_end(&mut calm).await);
    let (world, requests) = (calm.sandbox.snapshot(), calm.sandbox.log().requests());
    for at in 1..=requests {
        for fault in [Fault::CutBefore, Fault::CutAfter] {
            let mut partner = Partner::begin(&[(at, fault)]).await;
            assert_eq!(sorted(to_the_end(&mut partner).await), told, "{at}");
            assert_eq!(partner.sandbox.snapshot(), world, "{at}");
        }
    }
}

/// What was told of each customer; a lock that is late makes all of it late.
fn sorted(told: Vec<Vec<(usize, InviteState)>>) -> Vec<(usize, InviteState)> {
    let mut told: Vec<_> = told.into_iter().flatten().collect();
    told.sort_by_key(|(number, _)| *number);
    told
}

#[tokio::test]
async fn event_that_was_not_taken_comes_again() {
    let partner = Partner::begin(&[]).await;
    partner.address.reset().await;
    let busy = ResponseTemplate::new(503);
    Mock::given(method("POST")).respond_with(busy).up_to_n_times(1).mount(&partner.address).await;
    Mock::given(method("POST")).respond_with(ResponseTemplate::new(200)).mount(&partner.address).await;
    partner.pass(7 * 60);
    assert_eq!(partner.sandbox.post_events().await, 0);
    assert_eq!(partner.sandbox.post_events().await, 1);
    assert_eq!(partner.sandbox.post_events().await, 0);
    let posted = partner.address.received_requests().await.unwrap();
    assert_eq!(posted.len(), 2);
    assert_eq!(posted[0].body, posted[1].body);
}

#[tokio::test]
async fn test_event_shows_that_the_address_is_reached() {
    let partner = Partner::begin(&[]).await;
    let webhooks = partner.client.webhooks();
    let test = webhooks.send_test_event().await.unwrap();
    assert!(!webhooks.test_event(&test).await.unwrap().has_arrived());
    assert_eq!(partner.sandbox.post_events().await, 1);
    assert!(webhooks.test_event(&test).await.unwrap().has_arrived());
    let posted = partner.address.received_requests().await.unwrap();
    assert_eq!(WebhookEvent::parse(&posted[0].body).unwrap().event_name, WebhookEventName::TestCreated);
}

#[tokio::test]
async fn forged_event_wakes_nobody() {
    let partner = Partner::begin(&[]).await;
    partner.pass(7 * 60);
    partner.sandbox.post_events().await;
    let posted = partner.address.received_requests().await.unwrap();
    let mut forged: Value = serde_json::from_slice(&posted[0].body).unwrap();
    let base = partner.sandbox.base(bundle_sandbox::Service::PartnerCenter);
    forged["AuditUri"] = json!(format!("{base}/auditactivity/v1/auditrecords/7"));
    let webhooks: Webhooks = partner.client.webhooks();
    let event = WebhookEvent::parse(forged.to_string().as_bytes()).unwrap();
    let error = webhooks.audit_record(&event).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound, "{error}");
    forged["AuditUri"] = json!("https://partnercenter.evil.example/auditrecords/7");
    let event = WebhookEvent::parse(forged.to_string().as_bytes()).unwrap();
    partner.sandbox.log().reset();
    assert_eq!(webhooks.audit_record(&event).await.unwrap_err().kind(), ErrorKind::Config);
    assert_eq!(partner.sandbox.log().requests(), 0);
}
