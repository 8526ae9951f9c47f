//! What to change about a relationship.

use bundle_core::gdap::{AccessDetails, CustomerParticipant, NewRelationship};
use bundle_core::time::Days;
use bundle_core::{Error, Result};
use serde::Serialize;

/// What to change about a relationship; what is `None` stays.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct RelationshipPatch {
    /// The name; only in status `created`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub display_name: Option<String>,
    /// How long it lasts; only in status `created`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub duration: Option<Days>,
    /// By how much it extends itself: 180 days, or zero for never. Refused while Global Administrator is in the roles.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub auto_extend_duration: Option<Days>,
    /// The customer who may accept; only in status `created`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub customer: Option<CustomerParticipant>,
    /// All roles that remain.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub access_details: Option<AccessDetails>,
}

impl RelationshipPatch {
    /// Changes nothing yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets the name.
    #[must_use]
    pub fn display_name(mut self, name: impl Into<String>) -> Self {
        self.display_name = Some(name.into());
        self
    }

    /// Sets how long it lasts.
    #[must_use]
    pub fn duration(mut self, duration: Days) -> Self {
        self.duration = Some(duration);
        self
    }

    /// Sets by how much it extends itself.
    #[must_use]
    pub fn auto_extend_duration(mut self, duration: Days) -> Self {
        self.auto_extend_duration = Some(duration);
        self
    }

    /// Sets the customer who may accept.
    #[must_use]
    pub fn customer(mut self, customer: CustomerParticipant) -> Self {
        self.customer = Some(customer);
        self
    }

    /// Sets all roles that remain.
    #[must_use]
    pub fn access_details(mut self, details: AccessDetails) -> Self {
        self.access_details = Some(details);
        self
    }

    /// Whether nothing would change.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// Checks everything the service is known to refuse.
    ///
    /// # Errors
    /// [`ErrorKind::Config`](bundle_core::ErrorKind::Config), naming the value: nothing to change, a name that is empty,
    /// over 50 characters or begins with `MLT_`, a duration that is not 1 to 730 days, an auto-extension that is neither
    /// zero nor 180 days or comes with Global Administrator, no role, a role twice, a role GDAP does not take.
    pub fn check(&self) -> Result<()> {
        if self.is_empty() {
            return Err(Error::config("relationship change: it is empty"));
        }
        self.display_name.as_deref().map_or(Ok(()), NewRelationship::check_name)?;
        self.duration.map_or(Ok(()), NewRelationship::check_duration)?;
        self.auto_extend_duration.map_or(Ok(()), NewRelationship::check_extension)?;
        let Some(details) = &self.access_details else { return Ok(()) };
        details.check()?;
        let extends = self.auto_extend_duration.is_some_and(|extension| extension != Days::ZERO);
        if extends && details.has_global_administrator() {
            return Err(Error::config("auto-extend: a relationship with Global Administrator cannot extend itself"));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use bundle_core::ids::RoleTemplateId;

    use super::*;

    #[test]
    fn what_the_service_would_refuse_is_named() {
        let global = AccessDetails::new([RoleTemplateId::GLOBAL_ADMINISTRATOR]);
        for (patch, word) in [
            (RelationshipPatch::new(), "empty"),
            (RelationshipPatch::new().display_name("x".repeat(51)), "51 characters"),
            (RelationshipPatch::new().display_name("MLT_x"), "MLT_"),
            (RelationshipPatch::new().duration(Days::new(731)), "731 days"),
            (RelationshipPatch::new().auto_extend_duration(Days::new(90)), "P90D"),
            (RelationshipPatch::new().access_details(AccessDetails::default()), "none given"),
            (RelationshipPatch::new().auto_extend_duration(Days::new(180)).access_details(global.clone()), "Global"),
        ] {
            let error = patch.check().unwrap_err().to_string();
            assert!(error.contains(word), "{error}");
        }
        RelationshipPatch::new().auto_extend_duration(Days::ZERO).access_details(global).check().unwrap();
    }
}
