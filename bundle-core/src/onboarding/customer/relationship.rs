//! The GDAP part: relationship, approval, access assignments.

use super::{Onboarding, Run};
use crate::error::ErrorKind;
use crate::gdap::{
    AccessAssignmentStatus, CustomerParticipant, NewAccessAssignment, NewRelationship, Relationship, RelationshipStep,
    Usable, is_unsettled, next_step, relationship_name, role_name, unassigned,
};
use crate::ids::{GroupId, RoleTemplateId};
use crate::onboarding::settings::look_again;
use crate::onboarding::stage::{Stage, Stop, is_settling};
use crate::onboarding::{Finding, WaitReason, Waiting};

impl Onboarding {
    /// Brings the customer to where roles are assigned and in force.
    pub(super) async fn relationship(&self, run: &mut Run<'_>) -> Stage<()> {
        let relationships = self.relationships(run).await?;
        match next_step(&relationships, &self.settings.roles) {
            RelationshipStep::Create => {
                let relationship = self.create(run, &relationships).await?;
                self.lock(run, &relationship).await
            }
            RelationshipStep::Lock(relationship) => self.lock(run, &relationship).await,
            RelationshipStep::AwaitApproval(relationship) => Err(self.await_approval(run, &relationship)),
            RelationshipStep::AwaitActivation(_) => {
                Err(Stop::Waiting(Waiting::until(WaitReason::Activation, run.now + self.settings.pace.activation)))
            }
            RelationshipStep::Use(usable) => self.assign(run, &usable, &relationships).await,
        }
    }

    /// The customer's relationships; those that change by themselves are read again.
    async fn relationships(&self, run: &Run<'_>) -> Stage<Vec<Relationship>> {
        let tenant = run.customer.tenant_id;
        let is_ours = |relationship: &&Relationship| {
            relationship.customer.as_ref().is_some_and(|customer| customer.tenant_id == tenant)
        };
        let mut relationships: Vec<Relationship> = run.view.relationships.iter().filter(is_ours).cloned().collect();
        for relationship in relationships.iter_mut().filter(|relationship| is_unsettled(relationship)) {
            *relationship = self.ports.relationships.relationship(&relationship.id).await.map_err(Stop::of)?;
        }
        let created = run.state.relationship.as_ref();
        if let Some(id) = created.filter(|id| !relationships.iter().any(|relationship| relationship.id == **id)) {
            match self.ports.relationships.relationship(id).await {
                Ok(relationship) => relationships.push(relationship),
                // Somebody deleted it before it was locked.
                Err(error) if error.kind() == ErrorKind::NotFound => {}
                Err(error) => return Err(Stop::of(error)),
            }
        }
        Ok(relationships)
    }

    async fn create(&self, run: &mut Run<'_>, relationships: &[Relationship]) -> Stage<Relationship> {
        let taken = |name: &str| {
            let mut all = run.view.relationships.iter().chain(relationships);
            all.any(|relationship| relationship.display_name.eq_ignore_ascii_case(name))
        };
        let year = run.now.to_zoned(jiff::tz::TimeZone::UTC).year();
        let name = relationship_name(&self.settings.relationship_prefix, run.customer, year, taken);
        let participant =
            CustomerParticipant { tenant_id: run.customer.tenant_id, display_name: Some(run.customer.name.clone()) };
        let new = NewRelationship::try_new(&name, participant, &self.settings.roles)
            .and_then(|new| new.lasting(self.settings.relationship_duration))
            .map_err(Stop::of)?;
        run.steps.push(format!(
            "create relationship {name:?} with {} roles for {}",
            self.settings.roles.len(),
            new.duration
        ));
        if self.settings.dry_run {
            run.steps.push("lock it for approval, and show the customer's administrators the link".to_owned());
            run.steps.push(format!("after approval: assign {} roles to their groups", self.settings.roles.len()));
            run.steps
                .push("consent to the application, grant the selected permissions, probe every integration".to_owned());
            return Err(Stop::Planned);
        }
        let created = self.ports.relationships.create_relationship(&new).await.map_err(Stop::of)?;
        run.state.relationship = Some(created.id.clone());
        Ok(created)
    }

    async fn lock(&self, run: &mut Run<'_>, relationship: &Relationship) -> Stage<()> {
        let again = look_again(run.state.locked_at, run.now, self.settings.pace.locking);
        let waiting = Stop::Waiting(Waiting::until(WaitReason::Locking, again));
        if is_settling(run.state.locked_at, run.now, self.settings.pace.settling) {
            // Locked already; the state follows seconds later.
            return Err(waiting);
        }
        run.steps.push(format!("lock relationship {:?} for approval", relationship.display_name));
        if self.settings.dry_run {
            return Err(Stop::Planned);
        }
        match self.ports.relationships.lock_for_approval(relationship).await {
            Ok(()) => {}
            // Locked by a run whose state got lost, or not ready to be locked: reading it again will tell.
            Err(error)
                if run.state.locked_at.is_none()
                    && matches!(
                        error.kind(),
                        ErrorKind::Conflict
                            | ErrorKind::InvalidRequest
                            | ErrorKind::NotPropagated
                            | ErrorKind::PreconditionFailed
                    ) => {}
            Err(error) => return Err(Stop::of(error)),
        }
        run.state.locked_at = Some(run.now);
        Err(waiting)
    }

    fn await_approval(&self, run: &mut Run<'_>, relationship: &Relationship) -> Stop {
        let link = relationship.approval_link(&self.settings.cloud);
        run.findings.push(Finding::known(
            "gdap-approval-pending",
            format!(
                "relationship {:?} is waiting for an administrator of the customer: {link}",
                relationship.display_name
            ),
        ));
        Stop::Waiting(Waiting {
            link: Some(link),
            ..Waiting::until(WaitReason::Approval, run.now + self.settings.pace.approval)
        })
    }

    /// Gives every role to its group and waits until all are in force.
    async fn assign(&self, run: &mut Run<'_>, usable: &Usable, relationships: &[Relationship]) -> Stage<()> {
        run.missing.clone_from(&usable.missing);
        if !usable.missing.is_empty() {
            run.findings.push(missing_roles(usable, relationships));
        }
        let mut pending = false;
        let mut failed = Vec::new();
        for (relationship, roles) in &usable.assign {
            run.activated = run.activated.max(relationship.activated_date_time.or(Some(jiff::Timestamp::UNIX_EPOCH)));
            let wanted: Vec<(RoleTemplateId, GroupId)> =
                roles.iter().filter_map(|role| run.view.groups.get(role).map(|group| (*role, *group))).collect();
            let assignments = self.ports.assignments.assignments(&relationship.id).await.map_err(Stop::of)?;
            pending |= assignments.iter().any(|assignment| {
                assignment.status == AccessAssignmentStatus::Pending
                    && wanted.iter().any(|(_, group)| assignment.access_container.access_container_id == *group)
            });
            let missing = unassigned(&assignments, &wanted);
            if self.settings.dry_run {
                // A dry run has no groups for roles whose group does not exist yet.
                let count = missing.len() + roles.len() - wanted.len();
                if count > 0 {
                    let name = &relationship.display_name;
                    run.steps.push(format!("assign {count} role(s) of relationship {name:?} to their groups"));
                }
                continue;
            }
            for (role, group) in missing {
                let name = role_name(&role).unwrap_or("role");
                run.steps.push(format!("assign {name} of relationship {:?} to its group", relationship.display_name));
                match self.ports.assignments.assign(&relationship.id, &NewAccessAssignment::new(group, role)).await {
                    Ok(_) => {}
                    Err(error) if error.kind() == ErrorKind::Conflict => {}
                    // One role that cannot be assigned does not stop the others.
                    Err(error) if matches!(error.kind(), ErrorKind::InvalidRequest | ErrorKind::NotFound) => {
                        failed.push(Finding::of_step(&format!("assign {name}"), &error));
                        continue;
                    }
                    Err(error) => return Err(Stop::of(error)),
                }
                run.state.assigned_at = Some(run.now);
                pending = true;
            }
        }
        run.findings.extend(failed);
        if pending {
            // Tokens issued before do not carry the new roles.
            self.ports.credential.forget(&run.customer.tenant_id).await;
            let again = look_again(run.state.assigned_at, run.now, self.settings.pace.assignment);
            return Err(Stop::Waiting(Waiting::until(WaitReason::Assignment, again)));
        }
        Ok(())
    }
}

fn missing_roles(usable: &Usable, relationships: &[Relationship]) -> Finding {
    let names: Vec<&str> = usable.missing.iter().map(|role| role_name(role).unwrap_or("a role")).collect();
    let used: Vec<String> =
        usable.assign.iter().map(|(relationship, _)| format!("{:?}", relationship.display_name)).collect();
    let led = relationships.iter().any(Relationship::is_microsoft_led);
    let led = if led { "; the relationship Microsoft made (MLT_) cannot be extended" } else { "" };
    Finding::known(
        "gdap-role-missing",
        format!("{} missing in the relationship(s) in force: {}{led}", names.join(", "), used.join(", ")),
    )
}
