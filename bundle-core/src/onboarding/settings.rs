//! What an onboarding is told, and what it reaches out through.

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};

use crate::auth::Credential;
use crate::cloud::Cloud;
use crate::conditional_access::PolicyApi;
use crate::customer::{ConsentApi, CustomerApi};
use crate::directory::{GrantApi, ServicePrincipalApi, TenantApi};
use crate::error::{Error, Result};
use crate::gdap::{AssignmentApi, NewRelationship, RelationshipApi};
use crate::ids::{AppId, RoleTemplateId, TenantId};
use crate::shield::Probe;
use crate::time::Days;

/// Everything an onboarding reaches out through.
#[derive(Clone, Debug)]
pub struct OnboardingPorts {
    /// The partner's customers.
    pub customers: Arc<dyn CustomerApi>,
    /// GDAP relationships.
    pub relationships: Arc<dyn RelationshipApi>,
    /// Access assignments.
    pub assignments: Arc<dyn AssignmentApi>,
    /// Consent through Partner Center.
    pub consent: Arc<dyn ConsentApi>,
    /// Service principals in customers' tenants.
    pub principals: Arc<dyn ServicePrincipalApi>,
    /// What is granted in customers' tenants.
    pub grants: Arc<dyn GrantApi>,
    /// Conditional Access policies of customers.
    pub policies: Arc<dyn PolicyApi>,
    /// Licences of customers.
    pub tenants: Arc<dyn TenantApi>,
    /// One probe for each selected integration.
    pub probes: Vec<Arc<dyn Probe>>,
    /// To drop tokens when consent or roles have changed.
    pub credential: Arc<dyn Credential>,
}

/// What an onboarding is told.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct OnboardingSettings {
    /// The cloud.
    pub cloud: Cloud,
    /// The partner's tenant.
    pub partner: TenantId,
    /// The application.
    pub application: AppId,
    /// The roles to have in customers' tenants.
    pub roles: Vec<RoleTemplateId>,
    /// What stands in front of the names of new relationships; nothing by default.
    pub relationship_prefix: String,
    /// How long new relationships last; two years by default.
    pub relationship_duration: Days,
    /// Whether Conditional Access exclusions are written, not only shown.
    pub apply_exclusions: bool,
    /// Whether nothing is written and the steps are only listed.
    pub dry_run: bool,
    /// How long changes may take to be seen.
    pub(crate) pace: Pace,
}

impl OnboardingSettings {
    /// Settings with the stock pace, writing nothing to policies.
    #[must_use]
    pub fn new(cloud: Cloud, partner: TenantId, application: AppId, roles: Vec<RoleTemplateId>) -> Self {
        Self {
            cloud,
            partner,
            application,
            roles,
            relationship_prefix: String::new(),
            relationship_duration: Days::new(NewRelationship::MAX_DAYS),
            apply_exclusions: false,
            dry_run: false,
            pace: Pace::default(),
        }
    }

    /// Sets what stands in front of the names of new relationships.
    ///
    /// # Errors
    /// [`ErrorKind::Config`](crate::ErrorKind::Config): over 20 characters, so that the customer does not fit into the
    /// 50 characters of a name any more; or the prefix `MLT_`, which Microsoft keeps for itself.
    pub fn relationship_prefix(mut self, prefix: &str) -> Result<Self> {
        let (prefix, length) = (prefix.trim(), prefix.trim().chars().count());
        if length > MAX_PREFIX || prefix.starts_with("MLT_") {
            return Err(Error::config(format!(
                "relationship name: {prefix:?} has {length} characters; at most {MAX_PREFIX} leave room for the customer \
                 within the {} of a name, and MLT_ is reserved",
                NewRelationship::MAX_NAME
            )));
        }
        self.relationship_prefix = prefix.to_owned();
        Ok(self)
    }

    /// Sets how long new relationships last.
    ///
    /// # Errors
    /// [`ErrorKind::Config`](crate::ErrorKind::Config): not 1 to 730 days.
    pub fn relationship_duration(mut self, duration: Days) -> Result<Self> {
        NewRelationship::check_duration(duration)?;
        self.relationship_duration = duration;
        Ok(self)
    }

    /// Sets whether Conditional Access exclusions are written.
    #[must_use]
    pub fn apply_exclusions(mut self, apply: bool) -> Self {
        self.apply_exclusions = apply;
        self
    }

    /// Sets whether nothing is written.
    #[must_use]
    pub fn dry_run(mut self, dry_run: bool) -> Self {
        self.dry_run = dry_run;
        self
    }
}

/// When to look again at the latest, and how long to blame propagation. Numbers from practice; Microsoft gives none but
/// for Conditional Access ("up to an hour").
#[derive(Clone, Copy, Debug)]
pub(crate) struct Pace {
    pub(crate) locking: SignedDuration,
    pub(crate) approval: SignedDuration,
    pub(crate) activation: SignedDuration,
    pub(crate) assignment: SignedDuration,
    pub(crate) consent: SignedDuration,
    pub(crate) permissions: SignedDuration,
    pub(crate) exclusion: SignedDuration,
    /// A refusal this soon after a change is put down to propagation.
    pub(crate) settling: SignedDuration,
    /// The same for Conditional Access.
    pub(crate) exclusion_settling: SignedDuration,
    /// How long a service that a tenant does not have is not tried again.
    pub(crate) absence: SignedDuration,
}

impl Default for Pace {
    fn default() -> Self {
        Self {
            locking: SignedDuration::from_secs(15),
            approval: SignedDuration::from_hours(1),
            activation: SignedDuration::from_secs(30),
            assignment: SignedDuration::from_secs(15),
            consent: SignedDuration::from_secs(30),
            permissions: SignedDuration::from_secs(60),
            exclusion: SignedDuration::from_mins(10),
            settling: SignedDuration::from_mins(15),
            exclusion_settling: SignedDuration::from_hours(1),
            absence: SignedDuration::from_hours(7 * 24),
        }
    }
}

/// When to look again at something that was changed at `changed`: soon at first, then as long again as it has taken so
/// far, at the latest after `longest`.
pub(crate) fn look_again(changed: Option<Timestamp>, now: Timestamp, longest: SignedDuration) -> Timestamp {
    let taken = changed.map_or(SignedDuration::ZERO, |changed| now.duration_since(changed));
    now + taken.max(SOON).min(longest)
}

/// The first look: most changes are seen within seconds.
const SOON: SignedDuration = SignedDuration::from_secs(3);

/// The longest prefix of a relationship's name: the customer and the rest need the other 30 characters.
const MAX_PREFIX: usize = 20;
