//! What holds for each call of GDAP: a denial is told as one, throttling is waited out, bad input is never sent.

use bundle_core::gdap::{AccessDetails, CustomerParticipant, NewAccessAssignment, NewRelationship};
use bundle_core::ids::{AccessAssignmentId, RoleTemplateId};
use bundle_core::testing::TestServer;
use bundle_core::time::Days;
use bundle_core::{ErrorKind, Result};
use futures_util::future::{BoxFuture, FutureExt as _};
use partner_center_client::GdapClient;
use partner_center_client::gdap::{
    DelegatedAdminCustomerId, OperationId, RelationshipPatch, RelationshipQuery, RequestId,
};
use wiremock::Mock;
use wiremock::matchers::any;

use crate::support::{answer, customer, etag, gdap, group, relationship, role};

type Call = fn(GdapClient) -> BoxFuture<'static, Result<()>>;

/// Every call, with its fixture of success and that answer's status.
const CALLS: [(&str, Call, u16, &str); 19] = [
    (
        "relationships.list",
        |gdap| {
            async move { gdap.relationships().list(&RelationshipQuery::new()).collect_all().await.map(drop) }.boxed()
        },
        200,
        "relationships/list_page_2.json",
    ),
    (
        "relationships.get",
        |gdap| async move { gdap.relationships().get(&relationship()).await.map(drop) }.boxed(),
        200,
        "relationships/get_active.json",
    ),
    (
        "relationships.create",
        |gdap| async move { gdap.relationships().create(&new_relationship()).await.map(drop) }.boxed(),
        201,
        "relationships/create_created.json",
    ),
    (
        "relationships.update",
        |gdap| {
            async move {
                let patch = RelationshipPatch::new().auto_extend_duration(Days::new(180));
                gdap.relationships().update(&relationship(), &etag(), &patch).await.map(drop)
            }
            .boxed()
        },
        200,
        "relationships/get_active.json",
    ),
    (
        "relationships.delete",
        |gdap| async move { gdap.relationships().delete(&relationship(), &etag()).await }.boxed(),
        204,
        "",
    ),
    (
        "requests.lock_for_approval",
        |gdap| async move { gdap.requests(&relationship()).lock_for_approval(None).await.map(drop) }.boxed(),
        201,
        "requests/lock_created.json",
    ),
    (
        "requests.terminate",
        |gdap| async move { gdap.requests(&relationship()).terminate().await.map(drop) }.boxed(),
        201,
        "requests/terminate_created.json",
    ),
    (
        "requests.list",
        |gdap| async move { gdap.requests(&relationship()).list().collect_all().await.map(drop) }.boxed(),
        200,
        "requests/list.json",
    ),
    (
        "requests.get",
        |gdap| async move { gdap.requests(&relationship()).get(&RequestId::new("1")).await.map(drop) }.boxed(),
        200,
        "requests/get.json",
    ),
    (
        "operations.list",
        |gdap| async move { gdap.operations(&relationship()).list().collect_all().await.map(drop) }.boxed(),
        200,
        "operations/list.json",
    ),
    (
        "operations.get",
        |gdap| async move { gdap.operations(&relationship()).get(&OperationId::new("1")).await.map(drop) }.boxed(),
        200,
        "operations/get.json",
    ),
    (
        "access_assignments.list",
        |gdap| async move { gdap.access_assignments(&relationship()).list().collect_all().await.map(drop) }.boxed(),
        200,
        "access_assignments/list_page_2.json",
    ),
    (
        "access_assignments.get",
        |gdap| async move { gdap.access_assignments(&relationship()).get(&assignment()).await.map(drop) }.boxed(),
        200,
        "access_assignments/get.json",
    ),
    (
        "access_assignments.create",
        |gdap| {
            async move {
                let new = NewAccessAssignment::new(group(), role());
                gdap.access_assignments(&relationship()).create(&new).await.map(drop)
            }
            .boxed()
        },
        201,
        "access_assignments/create_created.json",
    ),
    (
        "access_assignments.update",
        |gdap| {
            async move {
                gdap.access_assignments(&relationship()).update(&assignment(), &etag(), &role()).await.map(drop)
            }
            .boxed()
        },
        200,
        "access_assignments/get.json",
    ),
    (
        "access_assignments.delete",
        |gdap| async move { gdap.access_assignments(&relationship()).delete(&assignment(), &etag()).await }.boxed(),
        204,
        "",
    ),
    (
        "customers.list",
        |gdap| async move { gdap.customers().list().collect_all().await.map(drop) }.boxed(),
        200,
        "delegated_customers/list_page_2.json",
    ),
    (
        "customers.get",
        |gdap| async move { gdap.customers().get(&DelegatedAdminCustomerId::new("1")).await.map(drop) }.boxed(),
        200,
        "delegated_customers/get.json",
    ),
    (
        "customers.service_management_details",
        |gdap| {
            async move {
                let id = DelegatedAdminCustomerId::new("1");
                gdap.customers().service_management_details(&id).collect_all().await.map(drop)
            }
            .boxed()
        },
        200,
        "delegated_customers/services.json",
    ),
];

#[tokio::test]
async fn denial_is_told_once_and_as_one() {
    for (name, call, ..) in CALLS {
        let server = TestServer::start().await;
        let denied = answer(403, "relationships/error_403_denied.json", &server);
        Mock::given(any()).respond_with(denied).expect(1).mount(server.mock()).await;
        let error = call(gdap(&server)).await.expect_err(name);
        assert_eq!((error.kind(), error.status()), (ErrorKind::PermissionDenied, Some(403)), "{name}: {error}");
    }
}

#[tokio::test]
async fn throttling_is_waited_out() {
    for (name, call, status, fixture) in CALLS {
        let server = TestServer::start().await;
        let throttled =
            answer(429, "relationships/error_429_throttled.json", &server).insert_header("retry-after", "0");
        Mock::given(any()).respond_with(throttled).up_to_n_times(1).expect(1).mount(server.mock()).await;
        let success = match fixture {
            "" => wiremock::ResponseTemplate::new(status),
            fixture => answer(status, fixture, &server),
        };
        Mock::given(any()).respond_with(success).expect(1).mount(server.mock()).await;
        call(gdap(&server)).await.unwrap_or_else(|error| panic!("{name}: {error}"));
    }
}

#[tokio::test]
async fn what_the_service_would_refuse_is_named_and_not_sent() {
    // Every request is answered 501 and would be told as `Unavailable` or the like, not as `Config`.
    let server = TestServer::start().await;
    let gdap = gdap(&server);
    let relationships = gdap.relationships();
    let id = relationship();
    let refused = |outcome: Result<()>, words: &str| {
        let error = outcome.expect_err(words);
        assert_eq!((error.kind(), error.attempts()), (ErrorKind::Config, 0), "{error}");
        assert!(error.to_string().contains(words), "{error}");
    };

    let mut new = new_relationship();
    new.display_name = "x".repeat(51);
    refused(relationships.create(&new).await.map(drop), "51 characters");
    let mut new = new_relationship();
    new.duration = Days::new(731);
    refused(relationships.create(&new).await.map(drop), "731 days");
    let mut new = new_relationship();
    new.access_details = AccessDetails::new([RoleTemplateId::GLOBAL_ADMINISTRATOR]);
    refused(relationships.create(&new).await.map(drop), "Global Administrator");
    let mut new = new_relationship();
    new.access_details = AccessDetails::new([GUEST_USER.parse().unwrap()]);
    refused(relationships.create(&new).await.map(drop), "GDAP does not take");
    let mut new = new_relationship();
    new.access_details = AccessDetails::default();
    refused(relationships.create(&new).await.map(drop), "none given");

    let patch = RelationshipPatch::new().duration(Days::new(731));
    refused(relationships.update(&id, &etag(), &patch).await.map(drop), "731 days");
    let patch = RelationshipPatch::new();
    refused(relationships.update(&id, &etag(), &patch).await.map(drop), "empty");

    let assignments = gdap.access_assignments(&id);
    let mut new = NewAccessAssignment::new(group(), role());
    new.access_details = AccessDetails::new([role(), RoleTemplateId::USER_ADMINISTRATOR]);
    refused(assignments.create(&new).await.map(drop), "2 roles");
    let new = NewAccessAssignment::new(group(), GUEST_USER.parse().unwrap());
    refused(assignments.create(&new).await.map(drop), "GDAP does not take");
    let guest = GUEST_USER.parse().unwrap();
    refused(assignments.update(&assignment(), &etag(), &guest).await.map(drop), "GDAP does not take");

    assert!(server.mock().received_requests().await.unwrap().is_empty());
}

fn new_relationship() -> NewRelationship {
    let participant = CustomerParticipant { tenant_id: customer(), display_name: None };
    NewRelationship::try_new("Contoso GDAP", participant, &[role()]).unwrap()
}

fn assignment() -> AccessAssignmentId {
    AccessAssignmentId::new("44444444-4444-4444-8444-444444444444")
}

/// A role no person can be given.
const GUEST_USER: &str = "10dae51f-b6af-4016-8d66-8c2a99b929b3";
