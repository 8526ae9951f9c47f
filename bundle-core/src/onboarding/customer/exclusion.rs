//! Conditional Access in the way: which policies, and the exclusion that helps.

use super::{Onboarding, Run};
use crate::auth::Principal;
use crate::conditional_access::{ConditionalAccessPolicy, Exclusion, exclusion};
use crate::error::{Error, ErrorKind, Result};
use crate::onboarding::stage::{Stage, Stop, is_fatal, is_settling};
use crate::onboarding::{Finding, WaitReason, Waiting};
use crate::shield::Raised;

impl Onboarding {
    /// A policy of the customer has shut the account out. The application itself is not subject to it: with its own
    /// permission it reads the policies and, when told to, excludes the partner from them.
    pub(super) async fn exclusion(&self, run: &mut Run<'_>, cause: Error) -> Stage<()> {
        let tenant = run.customer.tenant_id;
        let policies = match self.ports.policies.policies(&tenant, Principal::Application).await {
            Ok(policies) => policies,
            Err(error) if is_fatal(&error) => return Err(Stop::Fatal(error)),
            // Without the application's own permission only the customer can look.
            Err(_) => return Err(Stop::Blocked(vec![self.by_customer(&cause)])),
        };
        let partner = &self.settings.partner;
        let decided: Vec<(&ConditionalAccessPolicy, Exclusion)> =
            policies.iter().map(|policy| (policy, exclusion(policy, partner))).collect();

        let mut findings = Vec::new();
        for (policy, decision) in &decided {
            let name = &policy.display_name;
            match decision {
                Exclusion::Add(users) => {
                    let planned = format!("exclude service provider users of tenant {partner} from policy {name:?}");
                    run.steps.push(planned.clone());
                    if self.settings.apply_exclusions && !self.settings.dry_run {
                        let write =
                            self.ports.policies.replace_users(&tenant, Principal::Application, &policy.id, users);
                        write.await.map_err(Stop::of)?;
                        run.state.excluded_at = Some(run.now);
                    } else {
                        findings.push(
                            self.blocked(
                                &cause,
                                &format!("policy {name:?} applies to the partner; planned: {planned}"),
                            ),
                        );
                    }
                }
                Exclusion::ByHand(why) => {
                    findings.push(self.blocked(&cause, &format!("policy {name:?} applies to the partner, but {why}")));
                }
                Exclusion::NotNeeded | Exclusion::Present => {}
            }
        }
        if !findings.is_empty() {
            return Err(Stop::Blocked(findings));
        }
        // All are excluded: by us, now or before, or by somebody else. The change takes time to act.
        let changed = decided
            .iter()
            .filter(|(_, decision)| *decision == Exclusion::Present)
            .filter_map(|(policy, _)| policy.modified_date_time)
            .max()
            .max(run.state.excluded_at);
        let pace = &self.settings.pace;
        if is_settling(changed, run.now, pace.exclusion_settling) {
            self.ports.credential.forget(&tenant).await;
            return Err(Stop::Waiting(Waiting::until(WaitReason::ConditionalAccess, run.now + pace.exclusion)));
        }
        Err(Stop::Blocked(vec![self.by_customer(&cause)]))
    }

    /// In a dry run that could not look as the account: what the application itself can see of the policies.
    pub(super) async fn planned_exclusions(&self, run: &mut Run<'_>) {
        let Ok(policies) = self.ports.policies.policies(&run.customer.tenant_id, Principal::Application).await else {
            return;
        };
        let partner = &self.settings.partner;
        for policy in &policies {
            if let Exclusion::Add(_) = exclusion(policy, partner) {
                let name = &policy.display_name;
                run.steps.push(format!(
                    "with --apply-ca-exclusion: exclude service provider users of tenant {partner} from policy {name:?}"
                ));
            }
        }
    }

    /// When a probe met a policy that came after consent: says which.
    pub(super) async fn look_for_exclusions(&self, run: &mut Run<'_>, raised: &Raised) -> Result<()> {
        let blocked = raised.errors.iter().find(|(_, error)| error.kind() == ErrorKind::ConditionalAccess);
        let Some((_, error)) = blocked else { return Ok(()) };
        let cause = Error::new(error.kind(), error.to_string());
        let cause = match error.diagnosis() {
            Some(diagnosis) => cause.with_diagnosis(diagnosis),
            None => cause,
        };
        match self.exclusion(run, cause).await {
            Err(Stop::Fatal(error)) => Err(error),
            Err(Stop::Blocked(findings)) => {
                run.findings.extend(findings);
                Ok(())
            }
            _ => Ok(()),
        }
    }

    fn by_customer(&self, cause: &Error) -> Finding {
        self.blocked(cause, "the application may not read the customer's policies, so the customer has to look")
    }

    fn blocked(&self, cause: &Error, seen: &str) -> Finding {
        let finding = Finding::known("conditional-access-blocked", format!("{seen} ({cause})"));
        finding.first(format!(
            "Exclude Guest or external users > Service provider users > tenant {} from the policy, \
             or let this program do it with --apply-ca-exclusion.",
            self.settings.partner
        ))
    }
}
