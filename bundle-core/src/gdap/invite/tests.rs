use std::sync::Mutex;

use async_trait::async_trait;
use serde_json::json;

use super::*;
use crate::ids::TenantId;

fn role(n: u128) -> RoleTemplateId {
    RoleTemplateId::from_u128(n)
}

fn now() -> Timestamp {
    "2026-06-01T00:00:00Z".parse().unwrap()
}

fn contoso() -> Customer {
    Customer::new(TenantId::from_u128(1), "Contoso")
}

fn relationship(id: &str, name: &str, status: &str, roles: &[u128]) -> Relationship {
    let roles: Vec<_> = roles.iter().map(|n| json!({"roleDefinitionId": role(*n)})).collect();
    serde_json::from_value(json!({
        "id": id, "displayName": name, "duration": "P730D", "status": status,
        "customer": {"tenantId": contoso().tenant_id}, "accessDetails": {"unifiedRoles": roles}
    }))
    .unwrap()
}

/// A service that loses the answers to its first creations, after or before they are made.
#[derive(Debug, Default)]
struct Fake {
    all: Mutex<Vec<Relationship>>,
    lost: Mutex<Vec<ErrorKind>>,
    /// Locks that are refused before one is taken.
    unready: Mutex<u32>,
    locks: Mutex<u32>,
}

#[async_trait]
impl RelationshipApi for Fake {
    async fn relationships(&self) -> Result<Vec<Relationship>> {
        Ok(self.all.lock().unwrap().clone())
    }

    async fn relationship(&self, id: &RelationshipId) -> Result<Relationship> {
        let all = self.all.lock().unwrap();
        all.iter().find(|own| own.id == *id).cloned().ok_or_else(|| Error::new(ErrorKind::NotFound, "no such"))
    }

    async fn create_relationship(&self, new: &NewRelationship) -> Result<Relationship> {
        let lost = self.lost.lock().unwrap().pop();
        if lost == Some(ErrorKind::Conflict) {
            return Err(Error::new(ErrorKind::Conflict, "the name is taken"));
        }
        let mut all = self.all.lock().unwrap();
        let created = relationship(&format!("new-{}", all.len()), &new.display_name, "created", &[1, 2]);
        all.push(created.clone());
        lost.map_or(Ok(created), |kind| Err(Error::new(kind, "lost")))
    }

    async fn lock_for_approval(&self, _: &Relationship) -> Result<()> {
        let mut unready = self.unready.lock().unwrap();
        if *unready > 0 {
            *unready -= 1;
            return Err(Error::new(ErrorKind::InvalidRequest, "not in status created yet"));
        }
        *self.locks.lock().unwrap() += 1;
        Ok(())
    }
}

fn settings() -> InviteSettings {
    InviteSettings::new(Cloud::public(), vec![role(1), role(2)])
}

async fn advance(fake: &Arc<Fake>, settings: InviteSettings, state: &mut Invitation) -> InviteReport {
    let inviting = Inviting::new(Arc::clone(fake) as _, settings).unwrap();
    let all = fake.all.lock().unwrap().clone();
    inviting.advance(&all, &contoso(), state, now()).await.unwrap()
}

#[test]
fn each_status_has_its_step() {
    let state = Invitation::default();
    let locked = Invitation { locked_at: Some(now()), ..Invitation::default() };
    let step = |state: &Invitation, status: &str, later: i64| {
        let relationship = relationship("a", "a", status, &[1]);
        next_invitation_step(state, Some(&relationship), now() + SignedDuration::from_mins(later))
    };
    assert_eq!(next_invitation_step(&state, None, now()), InvitationStep::Create);
    assert_eq!(step(&state, "created", 0), InvitationStep::Lock);
    assert_eq!(step(&locked, "created", 1), InvitationStep::Wait(WaitReason::Locking));
    assert_eq!(step(&locked, "created", 15), InvitationStep::Lock);
    assert_eq!(step(&locked, "approvalPending", 0), InvitationStep::Wait(WaitReason::Approval));
    for status in ["approved", "activating", "dreaming"] {
        assert_eq!(step(&locked, status, 0), InvitationStep::Wait(WaitReason::Activation));
    }
    assert_eq!(step(&locked, "active", 0), InvitationStep::Use);
    for status in ["expired", "terminated", "terminating", "terminationRequested"] {
        assert_eq!(step(&locked, status, 0), InvitationStep::Ended);
    }
}

#[test]
fn bad_settings_are_named() {
    let long = settings().prefix("x".repeat(21));
    let global = InviteSettings::new(Cloud::public(), vec![RoleTemplateId::GLOBAL_ADMINISTRATOR]).auto_extend(true);
    for (settings, word) in [
        (long, "21 characters"),
        (settings().prefix("MLT_"), "MLT_"),
        (settings().duration(Days::new(731)), "731 days"),
        (global, "Global Administrator"),
        (InviteSettings::new(Cloud::public(), Vec::new()), "none given"),
    ] {
        let error = Inviting::new(Arc::new(Fake::default()), settings).unwrap_err();
        assert!(error.kind() == ErrorKind::Config && error.to_string().contains(word), "{error}");
    }
}

#[tokio::test]
async fn a_customer_is_asked_once_however_often_it_is_run() {
    let (fake, mut state) = (Arc::new(Fake::default()), Invitation::default());
    let report = advance(&fake, settings(), &mut state).await;
    assert_eq!((report.state, report.steps.len()), (InviteState::Waiting, 2));
    assert!(report.link.unwrap().ends_with("/new-0"));
    // With the state, and without it.
    advance(&fake, settings(), &mut state).await;
    fake.all.lock().unwrap()[0].status = Status::ApprovalPending;
    let report = advance(&fake, settings(), &mut Invitation::default()).await;
    assert_eq!(report.waiting.unwrap().reason, WaitReason::Approval);
    assert_eq!((fake.all.lock().unwrap().len(), *fake.locks.lock().unwrap()), (1, 1));
}

#[tokio::test]
async fn lost_answers_and_taken_names_do_not_make_two() {
    for lost in [vec![ErrorKind::OutcomeUnknown], vec![ErrorKind::Conflict], vec![ErrorKind::Conflict; 2]] {
        let fake = Arc::new(Fake { lost: Mutex::new(lost), ..Fake::default() });
        let report = advance(&fake, settings(), &mut Invitation::default()).await;
        assert_eq!(report.state, InviteState::Waiting);
        assert_eq!(fake.all.lock().unwrap().len(), 1);
    }
}

#[tokio::test]
async fn a_relationship_in_force_is_enough_unless_it_is_to_be_replaced() {
    let fake = Arc::new(Fake::default());
    fake.all.lock().unwrap().push(relationship("old", "old", "active", &[1, 2]));
    let report = advance(&fake, settings(), &mut Invitation::default()).await;
    assert_eq!((report.state, report.steps.len()), (InviteState::InForce, 0));
    let planned = advance(&fake, settings().replacing(true).dry_run(true), &mut Invitation::default()).await;
    assert_eq!((planned.state, planned.steps.len()), (InviteState::Planned, 2));
    assert_eq!(fake.all.lock().unwrap().len(), 1);
    // Also when the invitation that is remembered is that of the old one; and once.
    let mut state = Invitation { relationship: Some(RelationshipId::new("old")), ..Invitation::default() };
    for _ in 0..2 {
        advance(&fake, settings().replacing(true), &mut state).await;
        assert_eq!(fake.all.lock().unwrap().len(), 2);
    }
}

#[tokio::test]
async fn a_lapsed_one_is_told_and_a_deleted_one_made_again() {
    let (fake, mut state) = (Arc::new(Fake::default()), Invitation::default());
    advance(&fake, settings(), &mut state).await;
    fake.all.lock().unwrap()[0].status = Status::Expired;
    assert_eq!(advance(&fake, settings(), &mut state).await.state, InviteState::Ended);
    // The next run asks anew.
    assert_eq!(advance(&fake, settings(), &mut state).await.steps.len(), 2);
    assert_eq!(fake.all.lock().unwrap().len(), 2);
    // One made a moment ago that cannot be read is not made again; one that was deleted long ago is.
    fake.all.lock().unwrap().clear();
    let inviting = Inviting::new(Arc::clone(&fake) as _, settings()).unwrap();
    let error = inviting.advance(&[], &contoso(), &mut state, now()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotPropagated);
    let later = now() + SignedDuration::from_hours(1);
    assert_eq!(inviting.advance(&[], &contoso(), &mut state, later).await.unwrap().steps.len(), 2);
}

#[tokio::test]
async fn a_lock_that_is_refused_is_tried_again_soon() {
    let (fake, mut state) = (Arc::new(Fake { unready: Mutex::new(1), ..Fake::default() }), Invitation::default());
    let report = advance(&fake, settings(), &mut state).await;
    assert_eq!(report.waiting.unwrap().check_after, now() + SignedDuration::from_secs(3));
    assert_eq!((state.locked_at, *fake.locks.lock().unwrap()), (None, 0));
    advance(&fake, settings(), &mut state).await;
    assert_eq!((state.locked_at, *fake.locks.lock().unwrap()), (Some(now()), 1));
}

#[test]
fn an_event_wakes_the_invitation_it_is_about() {
    let mut state: Invitation =
        serde_json::from_value(json!({"relationship": "a", "checkAfter": "2026-06-02T00:00:00Z"})).unwrap();
    assert!(!state.is_due(now()));
    assert!(!state.wake(&RelationshipId::new("b")) && !state.is_due(now()));
    assert!(state.wake(&RelationshipId::new("a")) && state.is_due(now()));
}
