//! Changes that read first: a version that is not the latest any more is read again, once.

use bundle_core::gdap::{NewAccessAssignment, Relationship};
use bundle_core::ids::AccessAssignmentId;
use bundle_core::testing::TestServer;
use bundle_core::time::Days;
use bundle_core::{Error, ErrorKind};
use partner_center_client::gdap::{Change, RelationshipPatch};
use wiremock::ResponseTemplate;
use wiremock::matchers::header;

use crate::support::{ETAG, RELATIONSHIP, answer, gdap, graph, group, relationship, role};

const ASSIGNMENT: &str = "44444444-4444-4444-8444-444444444444";
const ONE: &str = "relationships/get_active.json";
const STALE: &str = "relationships/error_412_stale.json";

#[tokio::test]
async fn change_reads_and_decides_again_when_the_version_is_stale() {
    let server = TestServer::start().await;
    let path = format!("/{RELATIONSHIP}");
    graph("GET", &path).respond_with(answer(200, ONE, &server)).expect(2).mount(server.mock()).await;
    let stale = answer(412, STALE, &server);
    graph("PATCH", &path).respond_with(stale).up_to_n_times(1).expect(1).mount(server.mock()).await;
    graph("PATCH", &path)
        .and(header("if-match", ETAG))
        .respond_with(answer(200, ONE, &server))
        .expect(1)
        .mount(server.mock())
        .await;
    let decide = |_: &Relationship| Ok(Some(RelationshipPatch::new().auto_extend_duration(Days::new(180))));
    let change = gdap(&server).relationships().change(&relationship(), decide).await.unwrap();
    assert!(matches!(change, Change::Done(_)), "{change:?}");
}

#[tokio::test]
async fn change_that_stays_stale_is_given_up_after_the_second_time() {
    let server = TestServer::start().await;
    let path = format!("/{RELATIONSHIP}");
    graph("GET", &path).respond_with(answer(200, ONE, &server)).expect(2).mount(server.mock()).await;
    graph("PATCH", &path).respond_with(answer(412, STALE, &server)).expect(2).mount(server.mock()).await;
    let decide = |_: &Relationship| Ok(Some(RelationshipPatch::new().display_name("Contoso")));
    let error = gdap(&server).relationships().change(&relationship(), decide).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::PreconditionFailed, "{error}");
}

#[tokio::test]
async fn change_that_is_not_needed_or_not_allowed_sends_nothing() {
    let server = TestServer::start().await;
    graph("GET", &format!("/{RELATIONSHIP}"))
        .respond_with(answer(200, ONE, &server))
        .expect(2)
        .mount(server.mock())
        .await;
    let relationships = gdap(&server).relationships();
    let change = relationships.change(&relationship(), |_| Ok(None)).await.unwrap();
    assert!(matches!(change, Change::Done(_)));
    let refuse = |_: &Relationship| Err(Error::config("not this one"));
    assert_eq!(relationships.change(&relationship(), refuse).await.unwrap_err().kind(), ErrorKind::Config);
}

#[tokio::test]
async fn remove_deletes_the_latest_version_and_takes_an_absent_one_as_done() {
    let server = TestServer::start().await;
    let path = format!("/{RELATIONSHIP}");
    graph("GET", &path).respond_with(answer(200, ONE, &server)).up_to_n_times(2).expect(2).mount(server.mock()).await;
    let stale = answer(412, STALE, &server);
    graph("DELETE", &path).respond_with(stale).up_to_n_times(1).expect(1).mount(server.mock()).await;
    graph("DELETE", &path).respond_with(ResponseTemplate::new(204)).expect(1).mount(server.mock()).await;
    let absent = answer(404, "relationships/error_404_absent.json", &server);
    graph("GET", &path).respond_with(absent).expect(1).mount(server.mock()).await;
    let relationships = gdap(&server).relationships();
    relationships.remove(&relationship()).await.unwrap();
    relationships.remove(&relationship()).await.unwrap();
}

#[tokio::test]
async fn role_of_an_assignment_is_replaced_on_the_latest_version() {
    let server = TestServer::start().await;
    let path = format!("/{RELATIONSHIP}/accessAssignments/{ASSIGNMENT}");
    let one = answer(200, "access_assignments/get.json", &server);
    graph("GET", &path).respond_with(one.clone()).expect(2).mount(server.mock()).await;
    let stale = answer(412, STALE, &server);
    graph("PATCH", &path).respond_with(stale).up_to_n_times(1).expect(1).mount(server.mock()).await;
    graph("PATCH", &path).respond_with(one).expect(1).mount(server.mock()).await;
    let assignments = gdap(&server).access_assignments(&relationship());
    assignments.replace_role(&AccessAssignmentId::new(ASSIGNMENT), &role()).await.unwrap();
}

#[tokio::test]
async fn removing_an_assignment_that_has_ended_sends_no_delete() {
    let server = TestServer::start().await;
    let path = format!("/{RELATIONSHIP}/accessAssignments/{ASSIGNMENT}");
    let stored = answer(200, "access_assignments/get_deleted.json", &server);
    graph("GET", &path).respond_with(stored).expect(1).mount(server.mock()).await;
    gdap(&server).access_assignments(&relationship()).remove(&AccessAssignmentId::new(ASSIGNMENT)).await.unwrap();
}

#[tokio::test]
async fn assignment_that_is_there_already_is_done_and_one_of_another_role_is_a_conflict() {
    for (role, is_done) in [(role(), true), (bundle_core::ids::RoleTemplateId::USER_ADMINISTRATOR, false)] {
        for (status, fixture) in
            [(409, "access_assignments/error_409_already_there.json"), (502, "relationships/error_502.json")]
        {
            let server = TestServer::start().await;
            let path = format!("/{RELATIONSHIP}/accessAssignments");
            graph("POST", &path).respond_with(answer(status, fixture, &server)).expect(1).mount(server.mock()).await;
            let listed = answer(200, "access_assignments/list_one.json", &server);
            graph("GET", &path).respond_with(listed).expect(1).mount(server.mock()).await;
            let new = NewAccessAssignment::new(group(), role);
            let outcome = gdap(&server).access_assignments(&relationship()).ensure(&new).await;
            match outcome {
                Ok(assignment) => assert!(is_done && assignment.group() == group()),
                Err(error) => {
                    assert!(!is_done, "{error}");
                    assert!(matches!(error.kind(), ErrorKind::Conflict | ErrorKind::OutcomeUnknown), "{error}");
                }
            }
        }
    }
}
