//! What leaving a customer is told.

use std::collections::BTreeSet;

use crate::catalog::Resource;
use crate::error::{Error, Result};
use crate::ids::{AppId, GroupId, TenantId};

/// What leaving a customer is told. What cannot be undone beyond the partner's own relationships, or takes something
/// away that others may use, is off until it is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct OffboardSettings {
    /// The partner's tenant.
    pub partner: TenantId,
    /// The application the flow itself works through; it is removed last.
    pub application: AppId,
    /// What the names of the partner's role groups begin with; a relationship given to one of them is the bundle's.
    pub group_prefix: String,
    /// Role groups by id, for those of other names.
    pub groups: BTreeSet<GroupId>,
    /// Whether guest users of the partner's domains are deleted.
    pub guests: bool,
    /// Whether the partner's other applications are removed.
    pub partner_applications: bool,
    /// Applications of vendors to remove.
    pub vendor_applications: Vec<AppId>,
    /// Whether relationships the bundle did not make are ended too.
    pub other_relationships: bool,
    /// Whether the reseller relationship in Partner Center is ended.
    pub reseller_link: bool,
    /// Whether nothing is written.
    pub dry_run: bool,
}

impl OffboardSettings {
    /// Takes the partner's addresses out of the notifications, removes this application, ends the bundle's relationships.
    #[must_use]
    pub fn new(partner: TenantId, application: AppId) -> Self {
        Self {
            partner,
            application,
            group_prefix: "GDAP".to_owned(),
            groups: BTreeSet::new(),
            guests: false,
            partner_applications: false,
            vendor_applications: Vec::new(),
            other_relationships: false,
            reseller_link: false,
            dry_run: false,
        }
    }

    /// Sets what the names of role groups begin with.
    #[must_use]
    pub fn group_prefix(mut self, prefix: impl Into<String>) -> Self {
        self.group_prefix = prefix.into();
        self
    }

    /// Names role groups by id.
    #[must_use]
    pub fn groups(mut self, groups: impl IntoIterator<Item = GroupId>) -> Self {
        self.groups.extend(groups);
        self
    }

    /// Sets whether guest users of the partner's domains are deleted.
    #[must_use]
    pub fn guests(mut self, delete: bool) -> Self {
        self.guests = delete;
        self
    }

    /// Sets whether the partner's other applications are removed.
    #[must_use]
    pub fn partner_applications(mut self, remove: bool) -> Self {
        self.partner_applications = remove;
        self
    }

    /// Names applications of vendors to remove.
    #[must_use]
    pub fn vendor_applications(mut self, applications: impl IntoIterator<Item = AppId>) -> Self {
        self.vendor_applications.extend(applications);
        self
    }

    /// Sets whether relationships the bundle did not make are ended too.
    #[must_use]
    pub fn other_relationships(mut self, end: bool) -> Self {
        self.other_relationships = end;
        self
    }

    /// Sets whether the reseller relationship is ended.
    #[must_use]
    pub fn reseller_link(mut self, end: bool) -> Self {
        self.reseller_link = end;
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
    /// [`ErrorKind::Config`](crate::ErrorKind::Config), naming the value: an empty group prefix; a vendor application
    /// that is the own one, or one of Microsoft's services.
    pub fn check(&self) -> Result<()> {
        if self.group_prefix.trim().is_empty() {
            return Err(Error::config("group prefix: empty, so every group would count as the partner's"));
        }
        for id in &self.vendor_applications {
            if *id == self.application {
                return Err(Error::config(format!(
                    "vendor application: {id} is the application this works through; it is removed in any case"
                )));
            }
            if let Some(resource) = Resource::by_app_id(id) {
                return Err(Error::config(format!("vendor application: {id} is {}, Microsoft's own", resource.name)));
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wrong_settings_are_named() {
        let own = AppId::from_u128(1);
        let settings = OffboardSettings::new(TenantId::from_u128(9), own);
        assert!(settings.check().is_ok());
        for (settings, word) in [
            (settings.clone().group_prefix(" "), "group prefix"),
            (settings.clone().vendor_applications([own]), "works through"),
            (settings.vendor_applications([Resource::GRAPH.app_id]), "Microsoft Graph"),
        ] {
            let error = settings.check().unwrap_err().to_string();
            assert!(error.contains(word), "{error}");
        }
    }
}
