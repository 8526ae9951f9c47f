//! What is to be done in which order: facts in, steps out.

use std::fmt;

use serde::Serialize;

use super::legacy::LegacyApplication;
use super::settings::MigrationSettings;
use crate::directory::ServicePrincipal;
use crate::error::{Error, ErrorKind};
use crate::ids::{AppId, KeyId, ObjectId};
use crate::offboarding::Looked;
use crate::onboarding::{CustomerOutcome, CustomerReport, Finding};
use crate::step::{StepOutcome, StepResult};

/// A step of a migration.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase", tag = "step")]
#[non_exhaustive]
pub enum MigrationStep {
    /// Let a customer consent to the new application, grant its permissions, and prove it by every shield.
    Move {
        /// The writes that were made, or that a dry run would make.
        writes: Vec<String>,
    },
    /// Remove the legacy application from a customer's tenant.
    RemoveLegacy {
        /// The application.
        application: AppId,
        /// Its name.
        name: Option<String>,
        /// Its service principal in the tenant, where it was seen.
        principal: Option<ObjectId>,
    },
    /// Remove the new application from a customer's tenant: the way back.
    RemoveNew {
        /// The application.
        application: AppId,
        /// Its service principal in the tenant, where it was seen.
        principal: Option<ObjectId>,
    },
    /// Remove a secret of the legacy application: the last step.
    RemoveSecret {
        /// The secret.
        key: KeyId,
        /// Its name.
        name: Option<String>,
    },
}

impl fmt::Display for MigrationStep {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Move { .. } => f.write_str("move to the new application and prove it"),
            Self::RemoveLegacy { application, name, .. } => match name {
                Some(name) => write!(f, "remove legacy application {name:?}"),
                None => write!(f, "remove legacy application {application}"),
            },
            Self::RemoveNew { application, .. } => write!(f, "remove the new application {application} again"),
            Self::RemoveSecret { key, name } => match name {
                Some(name) => write!(f, "remove secret {name:?} ({key}) of the legacy application"),
                None => write!(f, "remove secret {key} of the legacy application"),
            },
        }
    }
}

/// Lists the steps for one customer, from what its onboarding through the new application brought and from whether the
/// legacy application was seen in its tenant.
#[must_use]
pub fn plan_migration(
    settings: &MigrationSettings,
    onboarded: &CustomerReport,
    legacy: &Looked<Option<ServicePrincipal>>,
) -> Vec<StepResult<MigrationStep>> {
    let moved = moved(onboarded);
    let seen = legacy.as_ref().ok().and_then(Option::as_ref);
    let remove = MigrationStep::RemoveLegacy {
        application: settings.legacy,
        name: seen.and_then(|principal| principal.display_name.clone()),
        principal: seen.map(|principal| principal.id),
    };
    let planned_before = moved == StepOutcome::Planned;
    let outcome = match (&moved, legacy) {
        (StepOutcome::Done | StepOutcome::Already | StepOutcome::Planned, Ok(None)) => StepOutcome::Already,
        _ if !settings.remove_legacy => StepOutcome::skipped("not asked for; the way back stays open", false),
        // The tenant can only be looked into when it has been moved.
        _ if planned_before => StepOutcome::Planned,
        (StepOutcome::Done | StepOutcome::Already, Ok(Some(_))) => StepOutcome::Planned,
        (StepOutcome::Done | StepOutcome::Already, Err(finding)) => StepOutcome::Failed { finding: finding.clone() },
        _ => StepOutcome::skipped("the new application is not proven there", true),
    };
    vec![
        StepResult::new(MigrationStep::Move { writes: onboarded.steps.clone() }, moved),
        StepResult::new(remove, outcome),
    ]
}

/// What an onboarding through the new application has proven.
fn moved(onboarded: &CustomerReport) -> StepOutcome {
    let mut shields = onboarded.shields.iter().peekable();
    let proven = shields.peek().is_some() && shields.all(|(_, status)| status.is_fine());
    match &onboarded.waiting {
        Some(waiting) => StepOutcome::skipped(waiting.reason.text(), true),
        // A dry run got no further.
        None if onboarded.outcome == CustomerOutcome::Waiting => StepOutcome::Planned,
        None if proven && onboarded.steps.is_empty() => StepOutcome::Already,
        None if proven => StepOutcome::Done,
        None => {
            let unproven = || Finding::of(&Error::new(ErrorKind::Other, "not every shield is green"));
            StepOutcome::Failed { finding: onboarded.findings.first().cloned().unwrap_or_else(unproven) }
        }
    }
}

/// The way back for one customer: the new application is removed, but only while the legacy one is there.
#[must_use]
pub fn plan_rollback(
    settings: &MigrationSettings,
    new: &Looked<Option<ServicePrincipal>>,
    legacy: &Looked<Option<ServicePrincipal>>,
) -> StepResult<MigrationStep> {
    let principal = new.as_ref().ok().and_then(Option::as_ref).map(|principal| principal.id);
    let outcome = match (new, legacy) {
        (Ok(None), _) => StepOutcome::Already,
        // Without consent there is no token: it is not there.
        (Err(finding), _) if finding.lacks_consent() => StepOutcome::Already,
        (Err(finding), _) | (_, Err(finding)) => StepOutcome::Failed { finding: finding.clone() },
        (Ok(Some(_)), Ok(Some(_))) => StepOutcome::Planned,
        (Ok(Some(_)), Ok(None)) => StepOutcome::skipped(
            "the legacy application is not there (any more): without the new one nobody would have access",
            false,
        ),
    };
    StepResult::new(MigrationStep::RemoveNew { application: settings.application, principal }, outcome)
}

/// The last step: the secrets of the legacy application, while `left` customers still have it or were not looked at.
#[must_use]
pub fn plan_secrets(
    settings: &MigrationSettings,
    legacy: &LegacyApplication,
    left: usize,
) -> Vec<StepResult<MigrationStep>> {
    let outcome = match left {
        _ if !settings.remove_secrets => StepOutcome::skipped("not asked for", false),
        0 => StepOutcome::Planned,
        left => StepOutcome::skipped(format!("{left} customer(s) may still have the legacy application"), true),
    };
    let step = |secret: &crate::registration::PasswordCredential| MigrationStep::RemoveSecret {
        key: secret.key_id,
        name: secret.display_name.clone(),
    };
    legacy.secrets.iter().map(|secret| StepResult::new(step(secret), outcome.clone())).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::ids::TenantId;
    use crate::integration::Integration;
    use crate::onboarding::{WaitReason, Waiting};
    use crate::shield::{ShieldStatus, Shields};

    fn settings() -> MigrationSettings {
        MigrationSettings::new(TenantId::from_u128(9), AppId::from_u128(1), AppId::from_u128(2))
    }

    fn onboarded(status: ShieldStatus) -> CustomerReport {
        CustomerReport {
            tenant_id: TenantId::from_u128(3),
            name: "Contoso".to_owned(),
            outcome: CustomerOutcome::Done,
            shields: Shields::all([Integration::Graph], status),
            waiting: None,
            findings: Vec::new(),
            steps: Vec::new(),
        }
    }

    fn there() -> Looked<Option<ServicePrincipal>> {
        let principal = json!({"id": ObjectId::from_u128(5), "appId": AppId::from_u128(1), "displayName": "Old"});
        Ok(Some(serde_json::from_value(principal).unwrap()))
    }

    fn refused(kind: ErrorKind) -> Looked<Option<ServicePrincipal>> {
        Err(Finding::of(&Error::new(kind, "refused")))
    }

    fn words(steps: &[StepResult<MigrationStep>]) -> Vec<&'static str> {
        steps.iter().map(|step| step.outcome.as_str()).collect()
    }

    #[test]
    fn the_legacy_application_goes_only_where_the_new_one_is_proven_and_it_was_asked_for() {
        let asked = settings().remove_legacy(true);
        let green = onboarded(ShieldStatus::Green);
        assert_eq!(words(&plan_migration(&asked, &green, &there())), ["already", "planned"]);
        assert_eq!(words(&plan_migration(&settings(), &green, &there())), ["already", "skipped"]);
        assert_eq!(words(&plan_migration(&settings(), &green, &Ok(None))), ["already", "already"]);
        assert_eq!(words(&plan_migration(&asked, &green, &refused(ErrorKind::Unavailable))), ["already", "failed"]);
        let red = plan_migration(&asked, &onboarded(ShieldStatus::Red), &there());
        assert_eq!(words(&red), ["failed", "skipped"]);
        assert!(red[1].is_open());
    }

    #[test]
    fn waiting_is_open_and_a_dry_run_is_planned_to_its_end() {
        let asked = settings().remove_legacy(true);
        let mut waiting = onboarded(ShieldStatus::Blue);
        waiting.outcome = CustomerOutcome::Waiting;
        let unseen = refused(ErrorKind::ConsentRequired);
        assert_eq!(words(&plan_migration(&asked, &waiting, &unseen)), ["planned", "planned"]);
        assert_eq!(words(&plan_migration(&asked, &waiting, &Ok(None))), ["planned", "already"]);
        waiting.waiting = Some(Waiting::until(WaitReason::Consent, jiff::Timestamp::UNIX_EPOCH));
        let steps = plan_migration(&asked, &waiting, &unseen);
        assert_eq!(words(&steps), ["skipped", "skipped"]);
        assert!(steps.iter().all(StepResult::is_open));
    }

    #[test]
    fn the_way_back_needs_the_legacy_application() {
        let word = |new: &Looked<_>, legacy: &Looked<_>| plan_rollback(&settings(), new, legacy).outcome.as_str();
        assert_eq!(word(&there(), &there()), "planned");
        assert_eq!(word(&there(), &Ok(None)), "skipped");
        assert_eq!(word(&Ok(None), &there()), "already");
        assert_eq!(word(&refused(ErrorKind::ConsentRequired), &refused(ErrorKind::ConsentRequired)), "already");
        assert_eq!(word(&refused(ErrorKind::Unavailable), &there()), "failed");
        assert_eq!(word(&there(), &refused(ErrorKind::Unavailable)), "failed");
    }

    #[test]
    fn secrets_are_last() {
        let secret = serde_json::from_value(json!({"keyId": KeyId::from_u128(4), "displayName": "old"})).unwrap();
        let legacy = LegacyApplication {
            application: AppId::from_u128(1),
            name: None,
            registration: Some(ObjectId::from_u128(6)),
            secrets: vec![secret],
        };
        let asked = settings().remove_legacy(true).remove_secrets(true);
        assert_eq!(words(&plan_secrets(&asked, &legacy, 0)), ["planned"]);
        let left = plan_secrets(&asked, &legacy, 2);
        assert!(left[0].is_open() && left[0].outcome.reason().unwrap().contains("2 customer(s)"), "{left:?}");
        assert_eq!(words(&plan_secrets(&settings(), &legacy, 0)), ["skipped"]);
    }
}
