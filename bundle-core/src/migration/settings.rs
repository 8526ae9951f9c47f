//! What a migration is told.

use crate::catalog::Resource;
use crate::error::{Error, Result};
use crate::ids::{AppId, TenantId};

/// What a migration is told. Nothing of the legacy application is removed until it is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct MigrationSettings {
    /// The partner's tenant.
    pub partner: TenantId,
    /// The application customers are moved from.
    pub legacy: AppId,
    /// The application they are moved to, and the flow works through.
    pub application: AppId,
    /// Whether the legacy application is removed from the tenants of customers where the new one is proven.
    pub remove_legacy: bool,
    /// Whether its secrets are removed when no customer has it any more. The registration stays, for sign-ins.
    pub remove_secrets: bool,
    /// Whether nothing is written.
    pub dry_run: bool,
}

impl MigrationSettings {
    /// Moves customers from `legacy` to `application`, and removes nothing.
    #[must_use]
    pub fn new(partner: TenantId, legacy: AppId, application: AppId) -> Self {
        Self { partner, legacy, application, remove_legacy: false, remove_secrets: false, dry_run: false }
    }

    /// Sets whether the legacy application is removed where the new one is proven.
    #[must_use]
    pub fn remove_legacy(mut self, remove: bool) -> Self {
        self.remove_legacy = remove;
        self
    }

    /// Sets whether its secrets are removed when no customer has it any more.
    #[must_use]
    pub fn remove_secrets(mut self, remove: bool) -> Self {
        self.remove_secrets = remove;
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
    /// [`ErrorKind::Config`](crate::ErrorKind::Config), naming the value: both applications are one, the legacy one is
    /// Microsoft's, or the secrets are to go while the application stays.
    pub fn check(&self) -> Result<()> {
        let legacy = self.legacy;
        if legacy == self.application {
            return Err(Error::config(format!("legacy application: {legacy} is the one to move to")));
        }
        if let Some(resource) = Resource::by_app_id(&legacy) {
            return Err(Error::config(format!("legacy application: {legacy} is {}, Microsoft's own", resource.name)));
        }
        if self.remove_secrets && !self.remove_legacy {
            return Err(Error::config(
                "secrets: they can only be removed together with the legacy application; without them it stops working",
            ));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wrong_settings_are_named() {
        let id = AppId::from_u128;
        let of = |legacy| MigrationSettings::new(TenantId::from_u128(9), legacy, id(1));
        assert!(of(id(2)).remove_legacy(true).remove_secrets(true).check().is_ok());
        for (settings, word) in [
            (of(id(1)), "the one to move to"),
            (of(Resource::GRAPH.app_id), "Microsoft Graph"),
            (of(id(2)).remove_secrets(true), "secrets"),
        ] {
            let error = settings.check().unwrap_err().to_string();
            assert!(error.contains(word), "{error}");
        }
    }
}
