//! What is to be done in which order: facts in, steps out.

use super::facts::{OffboardFacts, RelationshipOwner};
use super::settings::OffboardSettings;
use super::steps::{ApplicationOwner, OffboardStep};
use crate::directory::ServicePrincipal;
use crate::error::ErrorKind;
use crate::gdap::{Relationship, RelationshipStatus as Status};
use crate::ids::AppId;
use crate::onboarding::Finding;
use crate::step::{StepOutcome, StepResult};

/// Lists the steps of leaving a customer, in their order, with what is known about each before anything is written:
/// planned, nothing to do, could not be looked at, or left out and why.
///
/// The order: guests, notification mails, vendors' applications, the partner's, this one; then the relationships that let
/// the partner in; then the reseller relationship.
#[must_use]
pub fn plan_offboarding(settings: &OffboardSettings, facts: &OffboardFacts) -> Vec<StepResult<OffboardStep>> {
    let mut steps = Vec::new();
    guests(facts, &mut steps);
    mails(facts, &mut steps);
    applications(settings, facts, &mut steps);
    for (relationship, owner) in &facts.relationships {
        steps.push(relationship_step(relationship, owner, settings.other_relationships));
    }
    steps.push(StepResult::new(OffboardStep::EndResellerLink, reseller(facts)));
    steps
}

fn guests(facts: &OffboardFacts, steps: &mut Vec<StepResult<OffboardStep>>) {
    let outcome = match &facts.guests {
        None => not_asked(),
        Some(Err(finding)) => unseen(finding),
        Some(Ok(guests)) if guests.is_empty() => StepOutcome::Already,
        Some(Ok(guests)) => {
            steps.extend(guests.iter().map(|guest| {
                StepResult::planned(OffboardStep::DeleteGuest { id: guest.id, mail: guest.mail.clone() })
            }));
            return;
        }
    };
    steps.push(StepResult::new(OffboardStep::Guests, outcome));
}

fn mails(facts: &OffboardFacts, steps: &mut Vec<StepResult<OffboardStep>>) {
    let (mails, outcome) = match &facts.mails {
        Err(finding) => (Vec::new(), unseen(finding)),
        Ok(mails) => match mails.in_domains(&facts.domains) {
            mails if mails.is_empty() => (mails, StepOutcome::Already),
            mails => (mails, StepOutcome::Planned),
        },
    };
    steps.push(StepResult::new(OffboardStep::NotificationMails { mails }, outcome));
}

fn applications(settings: &OffboardSettings, facts: &OffboardFacts, steps: &mut Vec<StepResult<OffboardStep>>) {
    let remove = |application: &AppId, seen: Option<&ServicePrincipal>, owner| OffboardStep::RemoveApplication {
        application: *application,
        name: seen.and_then(|principal| principal.display_name.clone()),
        owner,
        principal: seen.map(|principal| principal.id),
    };
    for (application, found) in &facts.vendors {
        let (seen, outcome) = match found {
            Ok(Some(principal)) => (Some(principal), StepOutcome::Planned),
            Ok(None) => (None, StepOutcome::Already),
            Err(finding) => (None, unseen(finding)),
        };
        steps.push(StepResult::new(remove(application, seen, ApplicationOwner::Vendor), outcome));
    }

    let own = settings.application;
    let others = match &facts.applications {
        _ if !settings.partner_applications => Some(not_asked()),
        Err(finding) => Some(unseen(finding)),
        Ok(found) => {
            let others: Vec<_> = found
                .iter()
                .filter(|principal| {
                    principal.app_id != own && !settings.vendor_applications.contains(&principal.app_id)
                })
                .map(|other| StepResult::planned(remove(&other.app_id, Some(other), ApplicationOwner::Partner)))
                .collect();
            let none = others.is_empty().then_some(StepOutcome::Already);
            steps.extend(others);
            none
        }
    };
    steps.extend(others.map(|outcome| StepResult::new(OffboardStep::PartnerApplications, outcome)));

    let (seen, outcome) = match &facts.applications {
        Ok(found) => match found.iter().find(|principal| principal.app_id == own) {
            Some(principal) => (Some(principal), StepOutcome::Planned),
            None => (None, StepOutcome::Already),
        },
        // Without consent there is no token: it is gone.
        Err(finding) if finding.lacks_consent() => (None, StepOutcome::Already),
        Err(finding) if is_closed(finding) => (None, unseen(finding)),
        // Partner Center can remove what could not be seen.
        Err(_) => (None, StepOutcome::Planned),
    };
    steps.push(StepResult::new(remove(&own, seen, ApplicationOwner::Own), outcome));
}

fn relationship_step(relationship: &Relationship, owner: &RelationshipOwner, all: bool) -> StepResult<OffboardStep> {
    let outcome = match (owner, &relationship.status) {
        (RelationshipOwner::Other, _) if !all => {
            StepOutcome::skipped("the bundle did not make it, and nobody asked to end others", false)
        }
        (RelationshipOwner::Unknown(why), _) if !all => {
            StepOutcome::skipped(format!("whether the bundle made it could not be found out: {why}"), true)
        }
        (_, Status::ApprovalPending) => StepOutcome::skipped(
            "the customer was asked to approve it and only the customer can answer; it lapses after 90 days",
            true,
        ),
        (_, Status::Approved | Status::Activating) => {
            StepOutcome::skipped("it is coming into force; run again when it is", true)
        }
        (_, Status::TerminationRequested | Status::Terminating | Status::Terminated | Status::Expired) => {
            StepOutcome::Already
        }
        _ => StepOutcome::Planned,
    };
    let (id, name) = (relationship.id.clone(), relationship.display_name.clone());
    let step = match relationship.status {
        Status::Created => OffboardStep::DeleteRelationship { relationship: id, name },
        _ => OffboardStep::EndRelationship { relationship: id, name },
    };
    StepResult::new(step, outcome)
}

fn reseller(facts: &OffboardFacts) -> StepOutcome {
    match &facts.reseller {
        None => not_asked(),
        Some(Err(finding)) => StepOutcome::Failed { finding: finding.clone() },
        Some(Ok(None)) => StepOutcome::Already,
        Some(Ok(Some(link))) if link.active_subscriptions > 0 => StepOutcome::skipped(
            format!("{} subscription(s) are not suspended; suspend them first", link.active_subscriptions),
            true,
        ),
        Some(Ok(Some(_))) => StepOutcome::Planned,
    }
}

fn not_asked() -> StepOutcome {
    StepOutcome::skipped("not asked for", false)
}

/// Something in the tenant could not be looked at.
fn unseen(finding: &Finding) -> StepOutcome {
    if is_closed(finding) {
        return StepOutcome::skipped("the tenant does not let the partner in (any more)", false);
    }
    StepOutcome::Failed { finding: finding.clone() }
}

fn is_closed(finding: &Finding) -> bool {
    finding.lacks_consent() || finding.kind == ErrorKind::RelationshipInactive
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::error::Error;
    use crate::ids::{ObjectId, TenantId, UserId};
    use crate::offboarding::{Guest, ResellerLink};

    const OWN: AppId = AppId::from_u128(0xa);

    fn principal(app: u128) -> ServicePrincipal {
        let id = json!({"id": ObjectId::from_u128(app + 100), "appId": AppId::from_u128(app), "displayName": "App"});
        serde_json::from_value(id).unwrap()
    }

    fn relationship(status: &str) -> Relationship {
        serde_json::from_value(json!({
            "id": status, "displayName": status, "duration": "P730D", "status": status,
            "accessDetails": {"unifiedRoles": []},
        }))
        .unwrap()
    }

    fn facts() -> OffboardFacts {
        let guest: Guest = serde_json::from_value(json!({"id": UserId::from_u128(3), "mail": "a@adatum.com"})).unwrap();
        let mails = json!({"technicalNotificationMails": ["noc@adatum.com", "it@contoso.com"]});
        OffboardFacts {
            domains: vec!["adatum.com".to_owned()],
            guests: Some(Ok(vec![guest])),
            mails: Ok(serde_json::from_value(mails).unwrap()),
            vendors: vec![(AppId::from_u128(7), Ok(Some(principal(7))))],
            applications: Ok(vec![principal(0xa), principal(0xb)]),
            relationships: vec![(relationship("active"), RelationshipOwner::Bundle)],
            reseller: Some(Ok(Some(ResellerLink::new(0)))),
        }
    }

    fn settings() -> OffboardSettings {
        OffboardSettings::new(TenantId::from_u128(9), OWN)
    }

    fn words(settings: &OffboardSettings, facts: &OffboardFacts) -> Vec<(String, &'static str)> {
        let steps = plan_offboarding(settings, facts);
        steps.iter().map(|step| (step.step.to_string(), step.outcome.as_str())).collect()
    }

    #[test]
    fn steps_come_in_their_order_with_the_own_application_before_the_relationships() {
        let settings = settings().partner_applications(true).vendor_applications([AppId::from_u128(7)]);
        let words = words(&settings, &facts());
        let steps: Vec<&str> = words.iter().map(|(step, _)| &**step).collect();
        assert_eq!(
            steps,
            [
                "delete guest user a@adatum.com",
                "take noc@adatum.com out of the notification mails",
                "remove vendor application \"App\"",
                "remove the partner's application \"App\"",
                "remove this application \"App\"",
                "end relationship \"active\"",
                "end the reseller relationship",
            ]
        );
        assert!(words.iter().all(|(_, word)| *word == "planned"), "{words:?}");
    }

    #[test]
    fn what_is_gone_is_nothing_to_do_and_what_was_not_asked_for_is_left_out() {
        let mut facts = facts();
        facts.guests = None;
        facts.mails = Ok(crate::offboarding::NotificationMails::default());
        facts.vendors.clear();
        facts.applications = Ok(Vec::new());
        facts.relationships = vec![
            (relationship("terminating"), RelationshipOwner::Bundle),
            (relationship("active"), RelationshipOwner::Other),
        ];
        facts.reseller = None;
        let outcomes: Vec<_> = words(&settings(), &facts).into_iter().map(|(_, word)| word).collect();
        assert_eq!(outcomes, ["skipped", "already", "skipped", "already", "already", "skipped", "skipped"]);
        let steps = plan_offboarding(&settings(), &facts);
        assert!(!steps.iter().any(StepResult::is_open), "{steps:?}");
    }

    #[test]
    fn a_closed_tenant_is_not_a_failure_and_another_error_is() {
        let mut facts = facts();
        facts.mails = Err(Finding::of(&Error::new(ErrorKind::RelationshipInactive, "ended")));
        facts.applications = Err(Finding::of(&Error::new(ErrorKind::ConsentRequired, "none")));
        facts.guests = Some(Err(Finding::of(&Error::new(ErrorKind::Unavailable, "busy"))));
        let outcomes: Vec<_> =
            words(&settings().partner_applications(true), &facts).into_iter().map(|(_, w)| w).collect();
        assert_eq!(outcomes, ["failed", "skipped", "planned", "skipped", "already", "planned", "planned"]);
    }

    #[test]
    fn relationships_that_cannot_be_ended_now_and_active_subscriptions_stay_open() {
        let mut facts = facts();
        facts.relationships = ["created", "approvalPending", "activating"]
            .map(|status| (relationship(status), RelationshipOwner::Bundle))
            .into();
        let unknown = RelationshipOwner::Unknown("refused".to_owned());
        facts.relationships.push((relationship("active"), unknown));
        facts.reseller = Some(Ok(Some(ResellerLink::new(2))));
        let steps = plan_offboarding(&settings(), &facts);
        let tail: Vec<_> =
            steps[steps.len() - 5..].iter().map(|step| (step.outcome.as_str(), step.is_open())).collect();
        assert_eq!(tail[0], ("planned", false));
        assert_eq!(tail[1..], [("skipped", true); 4]);
        let json = serde_json::to_value(&steps[steps.len() - 1]).unwrap();
        assert_eq!(json["step"], "endResellerLink");
        assert_eq!(json["outcome"]["state"], "skipped");
    }
}
