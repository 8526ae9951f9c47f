//! Inviting a customer to a relationship, and waiting for it: by polling or by an event, for days, over restarts.

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::{
    CustomerParticipant, NewRelationship, Relationship, RelationshipApi, RelationshipStatus as Status, is_unsettled,
    relationship_name,
};
use crate::cloud::Cloud;
use crate::customer::Customer;
use crate::error::{Error, ErrorKind, Result};
use crate::ids::{RelationshipId, RoleTemplateId};
use crate::onboarding::{WaitReason, Waiting};
use crate::time::Days;

/// What an invitation is told.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct InviteSettings {
    /// The cloud, for the link.
    pub cloud: Cloud,
    /// The roles to ask for.
    pub roles: Vec<RoleTemplateId>,
    /// What stands in front of the customer in the names of relationships; nothing by default.
    pub prefix: String,
    /// How long relationships last; two years by default.
    pub duration: Days,
    /// Whether they extend themselves; on by default, unless Global Administrator is among the roles.
    pub auto_extend: bool,
    /// Whether a new relationship is made although one in force has all roles: to replace it.
    pub replacing: bool,
    /// Whether nothing is written.
    pub dry_run: bool,
}

impl InviteSettings {
    /// Stock settings for these roles.
    #[must_use]
    pub fn new(cloud: Cloud, roles: Vec<RoleTemplateId>) -> Self {
        let auto_extend = !roles.contains(&RoleTemplateId::GLOBAL_ADMINISTRATOR);
        Self {
            cloud,
            roles,
            prefix: String::new(),
            duration: Days::new(NewRelationship::MAX_DAYS),
            auto_extend,
            replacing: false,
            dry_run: false,
        }
    }

    /// Sets what stands in front of the customer in names: at most 20 characters.
    #[must_use]
    pub fn prefix(mut self, prefix: impl Into<String>) -> Self {
        self.prefix = prefix.into();
        self
    }

    /// Sets how long relationships last.
    #[must_use]
    pub fn duration(mut self, duration: Days) -> Self {
        self.duration = duration;
        self
    }

    /// Sets whether they extend themselves.
    #[must_use]
    pub fn auto_extend(mut self, on: bool) -> Self {
        self.auto_extend = on;
        self
    }

    /// Sets whether a relationship in force is to be replaced.
    #[must_use]
    pub fn replacing(mut self, replacing: bool) -> Self {
        self.replacing = replacing;
        self
    }

    /// Sets whether nothing is written.
    #[must_use]
    pub fn dry_run(mut self, dry_run: bool) -> Self {
        self.dry_run = dry_run;
        self
    }

    /// Checks everything that can be checked before anything is sent.
    ///
    /// # Errors
    /// [`ErrorKind::Config`], naming the value: as [`NewRelationship::check`]; a prefix over 20 characters.
    pub fn check(&self) -> Result<()> {
        let length = self.prefix.chars().count();
        if length > MAX_PREFIX {
            return Err(Error::config(format!(
                "relationship name: the prefix {:?} has {length} characters, {MAX_PREFIX} are allowed",
                self.prefix
            )));
        }
        let name = if self.prefix.is_empty() { "Customer" } else { &self.prefix };
        self.relationship(name, None).map(drop)
    }

    fn relationship(&self, name: &str, customer: Option<CustomerParticipant>) -> Result<NewRelationship> {
        let new = match customer {
            Some(customer) => NewRelationship::try_new(name, customer, &self.roles)?,
            None => NewRelationship::try_open(name, &self.roles)?,
        };
        new.lasting(self.duration)?.extending_itself(self.auto_extend)
    }
}

/// What has to survive a restart about one invitation. Store it as JSON after each step.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Invitation {
    /// The relationship, once it is made.
    #[serde(default)]
    pub relationship: Option<RelationshipId>,
    /// When it was made.
    #[serde(default)]
    pub created_at: Option<Timestamp>,
    /// When it was locked for approval.
    #[serde(default)]
    pub locked_at: Option<Timestamp>,
    /// Whether it is to replace a relationship in force.
    #[serde(default)]
    pub replacing: bool,
    /// When to look again.
    #[serde(default)]
    pub check_after: Option<Timestamp>,
}

impl Invitation {
    /// Whether it is time to look.
    #[must_use]
    pub fn is_due(&self, now: Timestamp) -> bool {
        self.check_after.is_none_or(|time| time <= now)
    }

    /// Makes it time to look when it is about this relationship, and says whether it is. For events: Partner Center tells
    /// of an approval with `granular-admin-relationship-approved`.
    pub fn wake(&mut self, relationship: &RelationshipId) -> bool {
        let ours = self.relationship.as_ref() == Some(relationship);
        if ours {
            self.check_after = None;
        }
        ours
    }
}

/// The next step of an invitation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum InvitationStep {
    /// Make the relationship.
    Create,
    /// Lock it for approval.
    Lock,
    /// Look again later.
    Wait(WaitReason),
    /// It is in force.
    Use,
    /// It has ended without coming into force, or since: the customer said no, or nothing for 90 days.
    Ended,
}

/// Decides the next step from the relationship as it is now, or its absence.
#[must_use]
pub fn next_invitation_step(state: &Invitation, relationship: Option<&Relationship>, now: Timestamp) -> InvitationStep {
    let Some(relationship) = relationship else { return InvitationStep::Create };
    match relationship.status {
        // Locked a moment ago: the status follows some seconds later. If it does not, the lock came to nothing.
        Status::Created if state.locked_at.is_some_and(|locked| now.duration_since(locked) < LOCKING) => {
            InvitationStep::Wait(WaitReason::Locking)
        }
        Status::Created => InvitationStep::Lock,
        Status::ApprovalPending => InvitationStep::Wait(WaitReason::Approval),
        Status::Approved | Status::Activating | Status::Unknown(_) => InvitationStep::Wait(WaitReason::Activation),
        Status::Active | Status::Expiring => InvitationStep::Use,
        Status::Expired | Status::Terminated | Status::Terminating | Status::TerminationRequested => {
            InvitationStep::Ended
        }
    }
}

/// Invites customers. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Inviting {
    relationships: Arc<dyn RelationshipApi>,
    settings: InviteSettings,
}

/// How an invitation stands.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct InviteReport {
    /// In one word.
    pub state: InviteState,
    /// The relationship, once it is made.
    pub relationship: Option<RelationshipId>,
    /// Its name.
    pub name: Option<String>,
    /// The page where an administrator of the customer approves it. No API does that for them.
    pub link: Option<String>,
    /// What is waited for.
    pub waiting: Option<Waiting>,
    /// The writes that were made, or that a dry run would make.
    pub steps: Vec<String>,
}

/// How an invitation stands, in one word.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub enum InviteState {
    /// It ended without coming into force.
    Ended,
    /// It is in force.
    InForce,
    /// A dry run would go on.
    Planned,
    /// The customer, or the service, has to act.
    Waiting,
}

impl InviteState {
    /// The word used in reports.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Ended => "ended",
            Self::InForce => "in force",
            Self::Planned => "planned",
            Self::Waiting => "waiting",
        }
    }
}

impl Inviting {
    /// Invites through this port.
    ///
    /// # Errors
    /// [`ErrorKind::Config`]: as [`InviteSettings::check`].
    pub fn new(relationships: Arc<dyn RelationshipApi>, settings: InviteSettings) -> Result<Self> {
        settings.check()?;
        Ok(Self { relationships, settings })
    }

    /// Looks at one customer's invitation and takes the next steps. Run it again when the report waits; store `state` in
    /// between. An invitation that somebody has sent already, with all roles, is taken over, so nobody is asked twice.
    ///
    /// `all` are the partner's relationships as last read; those that matter are read again.
    ///
    /// # Errors
    /// Any error of the port. Run again, it goes on where it stopped.
    pub async fn advance(
        &self,
        all: &[Relationship],
        customer: &Customer,
        state: &mut Invitation,
        now: Timestamp,
    ) -> Result<InviteReport> {
        let mut steps = Vec::new();
        let mut relationship = self.current(all, customer, state, now).await?;
        loop {
            let step = next_invitation_step(state, relationship.as_ref(), now);
            match (step, &relationship) {
                (InvitationStep::Create, _) => {
                    let (name, new) = self.draft(all, customer, now)?;
                    let roles = self.settings.roles.len();
                    steps.push(format!("create relationship {name:?} with {roles} role(s) for {}", new.duration));
                    if self.settings.dry_run {
                        steps.push("lock it for approval, and show the customer's administrators the link".to_owned());
                        return Ok(self.report(InviteState::Planned, None, None, steps));
                    }
                    let created = self.create(customer, new, now).await?;
                    *state = Invitation {
                        relationship: Some(created.id.clone()),
                        created_at: Some(now),
                        replacing: self.settings.replacing,
                        ..Invitation::default()
                    };
                    relationship = Some(created);
                }
                (InvitationStep::Lock, Some(own)) => {
                    steps.push(format!("lock relationship {:?} for approval", own.display_name));
                    if self.settings.dry_run {
                        return Ok(self.report(InviteState::Planned, relationship.as_ref(), None, steps));
                    }
                    if self.lock(own).await? {
                        state.locked_at = Some(now);
                        continue;
                    }
                    let waiting = waiting(WaitReason::Locking, state, own, now, &self.settings.cloud);
                    state.check_after = Some(waiting.check_after);
                    return Ok(self.report(InviteState::Waiting, relationship.as_ref(), Some(waiting), steps));
                }
                (InvitationStep::Wait(reason), Some(own)) => {
                    let waiting = waiting(reason, state, own, now, &self.settings.cloud);
                    state.check_after = Some(waiting.check_after);
                    return Ok(self.report(InviteState::Waiting, relationship.as_ref(), Some(waiting), steps));
                }
                (InvitationStep::Ended, _) => {
                    // Told once: the next run may invite anew.
                    *state = Invitation::default();
                    return Ok(self.report(InviteState::Ended, relationship.as_ref(), None, steps));
                }
                // The other steps come with a relationship.
                _ => return Ok(self.report(InviteState::InForce, relationship.as_ref(), None, steps)),
            }
        }
    }

    /// The relationship the invitation is about, as it is now: the one of the state, or one that has all roles.
    async fn current(
        &self,
        all: &[Relationship],
        customer: &Customer,
        state: &mut Invitation,
        now: Timestamp,
    ) -> Result<Option<Relationship>> {
        if self.settings.replacing && !state.replacing {
            // What is remembered is about the one to replace.
            *state = Invitation::default();
        }
        if let Some(id) = &state.relationship {
            match self.relationships.relationship(id).await {
                Ok(relationship) => return Ok(Some(relationship)),
                // A new one may not be readable everywhere yet. To make another would ask the customer twice.
                Err(error)
                    if error.kind() == ErrorKind::NotFound
                        && state.created_at.is_some_and(|created| now.duration_since(created) < LOCKING) =>
                {
                    return Err(error.with_kind(ErrorKind::NotPropagated));
                }
                // Somebody deleted it before it was locked.
                Err(error) if error.kind() == ErrorKind::NotFound => *state = Invitation::default(),
                Err(error) => return Err(error),
            }
        }
        let Some(found) = self.fitting(all, customer) else { return Ok(None) };
        state.relationship = Some(found.id.clone());
        state.replacing = self.settings.replacing;
        if is_unsettled(found) {
            return self.relationships.relationship(&found.id).await.map(Some);
        }
        Ok(Some(found.clone()))
    }

    /// The furthest relationship of the customer that has all roles and is in force or may come to be.
    fn fitting<'a>(&self, all: &'a [Relationship], customer: &Customer) -> Option<&'a Relationship> {
        let fits = |relationship: &&Relationship| {
            let in_force = relationship.status.is_in_force() && !self.settings.replacing;
            (in_force || relationship.status.is_ahead())
                && !relationship.is_microsoft_led()
                && relationship.customer.as_ref().is_some_and(|own| own.tenant_id == customer.tenant_id)
                && self.settings.roles.iter().all(|role| relationship.roles().any(|own| own == *role))
        };
        let rank = |relationship: &&Relationship| match relationship.status {
            Status::Active => 0,
            Status::Expiring => 1,
            Status::Activating => 2,
            Status::Approved => 3,
            Status::ApprovalPending => 4,
            _ => 5,
        };
        all.iter().filter(fits).min_by_key(rank)
    }

    fn draft(&self, all: &[Relationship], customer: &Customer, now: Timestamp) -> Result<(String, NewRelationship)> {
        let taken = |name: &str| all.iter().any(|other| other.display_name.eq_ignore_ascii_case(name));
        let year = now.to_zoned(jiff::tz::TimeZone::UTC).year();
        let name = relationship_name(&self.settings.prefix, customer, year, taken);
        let participant =
            CustomerParticipant { tenant_id: customer.tenant_id, display_name: Some(customer.name.clone()) };
        let new = self.settings.relationship(&name, Some(participant))?;
        Ok((name, new))
    }

    /// Creates the relationship. When the name is taken or the answer got lost, looks whether it is there already.
    async fn create(&self, customer: &Customer, new: NewRelationship, now: Timestamp) -> Result<Relationship> {
        let mut new = new;
        for _ in 1..ATTEMPTS {
            let error = match self.relationships.create_relationship(&new).await {
                Err(error) if matches!(error.kind(), ErrorKind::Conflict | ErrorKind::OutcomeUnknown) => error,
                outcome => return outcome,
            };
            let all = self.relationships.relationships().await?;
            let ours = |other: &&Relationship| {
                other.display_name == new.display_name
                    && other.customer.as_ref().is_some_and(|own| own.tenant_id == customer.tenant_id)
                    && other.status.is_ahead()
            };
            if let Some(there) = all.iter().find(ours) {
                return Ok(there.clone());
            }
            if error.kind() == ErrorKind::Conflict {
                new = self.draft(&all, customer, now)?.1;
            }
        }
        self.relationships.create_relationship(&new).await
    }

    /// Locks the relationship and says whether the service took it. Otherwise it is locked already, or not ready yet, or
    /// the answer got lost: the next look tells.
    async fn lock(&self, relationship: &Relationship) -> Result<bool> {
        match self.relationships.lock_for_approval(relationship).await {
            Ok(()) => Ok(true),
            Err(error) if error.kind() == ErrorKind::OutcomeUnknown || is_of_status(&error) => Ok(false),
            Err(error) => Err(error),
        }
    }

    fn report(
        &self,
        state: InviteState,
        relationship: Option<&Relationship>,
        waiting: Option<Waiting>,
        steps: Vec<String>,
    ) -> InviteReport {
        let asks = |relationship: &&Relationship| relationship.status.is_ahead();
        InviteReport {
            state,
            relationship: relationship.map(|relationship| relationship.id.clone()),
            name: relationship.map(|relationship| relationship.display_name.clone()),
            link: relationship.filter(asks).map(|relationship| relationship.approval_link(&self.settings.cloud)),
            waiting,
            steps,
        }
    }
}

/// What is waited for: soon again where the service works, hourly where a person has to act, and when it lapses.
fn waiting(
    reason: WaitReason,
    state: &Invitation,
    relationship: &Relationship,
    now: Timestamp,
    cloud: &Cloud,
) -> Waiting {
    let again = match reason {
        WaitReason::Approval => {
            let lapses = state.locked_at.map(|locked| locked + APPROVAL_LAPSE).filter(|lapses| *lapses > now);
            (now + SignedDuration::from_hours(1)).min(lapses.unwrap_or(Timestamp::MAX))
        }
        WaitReason::Locking => now + SignedDuration::from_secs(3),
        _ => now + SignedDuration::from_secs(30),
    };
    let link = (reason == WaitReason::Approval).then(|| relationship.approval_link(cloud));
    Waiting { link, ..Waiting::until(reason, again) }
}

/// Whether a lock was refused because of the status the relationship has.
fn is_of_status(error: &Error) -> bool {
    matches!(
        error.kind(),
        ErrorKind::Conflict
            | ErrorKind::InvalidRequest
            | ErrorKind::NotFound
            | ErrorKind::NotPropagated
            | ErrorKind::PreconditionFailed
    )
}

/// How long a new relationship, or a lock, may take to be seen before it is made again.
const LOCKING: SignedDuration = SignedDuration::from_mins(15);

/// How long a customer may take to answer.
///
/// Source: "Obtain granular admin permissions" (Microsoft Learn): 90 days.
const APPROVAL_LAPSE: SignedDuration = SignedDuration::from_hours(90 * 24);

/// The longest prefix of a relationship's name: the customer and the rest need the other 30 characters.
const MAX_PREFIX: usize = 20;

/// How often a relationship is created because of a name that is taken, or an answer that got lost.
const ATTEMPTS: usize = 3;

#[cfg(test)]
mod tests;
