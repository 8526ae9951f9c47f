//! The application customers consented to long ago.

use serde::Serialize;

use super::run::MigrationPorts;
use crate::error::{Error, Result};
use crate::ids::{AppId, ObjectId, TenantId};
use crate::registration::{ApplicationApi, PasswordCredential};

/// A legacy application as the partner's tenant knows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct LegacyApplication {
    /// The application id.
    pub application: AppId,
    /// The name shown.
    pub name: Option<String>,
    /// Its registration, when it is the partner's own; a vendor's is registered elsewhere.
    pub registration: Option<ObjectId>,
    /// The secrets of the registration.
    pub secrets: Vec<PasswordCredential>,
}

impl LegacyApplication {
    /// Finds the application: registered in the partner's tenant, or a vendor's that is installed there.
    pub(super) async fn find(ports: &MigrationPorts, partner: &TenantId, application: &AppId) -> Result<Self> {
        if let Some(registration) = ports.applications.find_application(application).await? {
            return Ok(Self {
                application: *application,
                name: registration.display_name,
                registration: Some(registration.id),
                secrets: registration.password_credentials,
            });
        }
        match ports.principals.service_principal(partner, application).await? {
            Some(principal) => Ok(Self {
                application: *application,
                name: principal.display_name,
                registration: None,
                secrets: Vec::new(),
            }),
            None => Err(Error::config(format!(
                "legacy application: {application} is neither registered nor installed in the partner's tenant"
            ))),
        }
    }
}

/// Finds the application id of the app registration with a name.
///
/// # Errors
/// [`ErrorKind::Config`](crate::ErrorKind::Config): none or several have the name. Any error of the port.
pub async fn legacy_named(applications: &dyn ApplicationApi, name: &str) -> Result<AppId> {
    match applications.applications_named(name).await?.as_slice() {
        [one] => Ok(one.app_id),
        [] => Err(Error::config(format!("legacy application: no app registration is called {name:?}"))),
        several => {
            let count = several.len();
            Err(Error::config(format!(
                "legacy application: {count} app registrations are called {name:?}; give the id"
            )))
        }
    }
}
