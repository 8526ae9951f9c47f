//! The tenant's own record.

use http::Method;
use serde::Deserialize;
use serde::de::DeserializeOwned;

use bundle_core::Result;
use bundle_core::directory::Organization;
use bundle_core::http::Safety;
use bundle_core::offboarding::NotificationMails;

use crate::TenantGraph;

/// The tenant's own record, see [`TenantGraph::organization`].
#[derive(Clone, Debug)]
pub struct OrganizationRecord(TenantGraph);

impl OrganizationRecord {
    pub(crate) fn new(graph: TenantGraph) -> Self {
        Self(graph)
    }

    /// Reads the tenant's id, name and domains.
    ///
    /// # Permissions
    /// `Organization.Read.All`; in the account's home tenant `User.Read` is enough.
    ///
    /// # Errors
    /// * [`ErrorKind::Decode`](bundle_core::ErrorKind::Decode): the service answered no record.
    /// * any transport error, see [`Error`](bundle_core::Error).
    ///
    /// Source: "List organizations" (Microsoft Learn, Graph v1.0).
    pub async fn get(&self) -> Result<Organization> {
        self.read("graph.organization.get", "id,displayName,verifiedDomains").await
    }

    /// Reads who gets the tenant's notification mails.
    ///
    /// # Permissions
    /// `Organization.Read.All`; with less the lists are absent.
    ///
    /// # Errors
    /// As [`OrganizationRecord::get`].
    ///
    /// Source: "List organizations" (Microsoft Learn, Graph v1.0).
    pub async fn notification_mails(&self) -> Result<NotificationMails> {
        self.read("graph.organization.notification_mails", MAILS).await
    }

    /// Replaces who gets the tenant's notification mails; lists that are `None` stay as they are. Lists are replaced as
    /// a whole: read them before.
    ///
    /// # Permissions
    /// `Organization.ReadWrite.All`, and Billing Administrator.
    ///
    /// # Errors
    /// * [`ErrorKind::PermissionDenied`](bundle_core::ErrorKind::PermissionDenied): the account lacks permission or role.
    /// * any transport error, see [`Error`](bundle_core::Error).
    ///
    /// Source: "Update organization" (Microsoft Learn, Graph v1.0).
    pub async fn replace_notification_mails(&self, mails: &NotificationMails) -> Result<()> {
        let segments = ["organization", &self.0.tenant().to_string()];
        let request = self.0.call("graph.organization.update", Method::PATCH, &segments).json(mails)?;
        self.0.carry_out(request.safety(Safety::Idempotent)).await
    }

    /// Reads some properties of the record; the answer is a list of one.
    pub(crate) async fn read<T: DeserializeOwned>(&self, operation: &'static str, properties: &str) -> Result<T> {
        #[derive(Deserialize)]
        struct Answer<T> {
            value: Vec<T>,
        }
        let request = self.0.call(operation, Method::GET, &["organization"]).query("$select", properties);
        let response = self.0.send(request).await?;
        let answer: Answer<T> = response.json()?;
        answer.value.into_iter().next().ok_or_else(|| response.error("the tenant has no record of its own"))
    }
}

/// What [`NotificationMails`] holds.
const MAILS: &str = "id,marketingNotificationEmails,securityComplianceNotificationMails,technicalNotificationMails";
