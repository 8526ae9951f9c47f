//! How leaving a customer reaches out.

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

use crate::directory::ServicePrincipal;
use crate::error::Result;
use crate::ids::{ObjectId, TenantId, UserId};

/// A guest user of a tenant.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Guest {
    /// The object id in the tenant.
    pub id: UserId,
    /// The mail address at home.
    #[serde(default)]
    pub mail: Option<String>,
}

/// Who gets the notification mails of a tenant. A list that is `None` is not known, or stays as it is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct NotificationMails {
    /// Who gets news about products.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub marketing_notification_emails: Option<Vec<String>>,
    /// Who is told about security and compliance.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub security_compliance_notification_mails: Option<Vec<String>>,
    /// Who is told about the service.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub technical_notification_mails: Option<Vec<String>>,
}

impl NotificationMails {
    /// The addresses in one of these domains, each once.
    #[must_use]
    pub fn in_domains(&self, domains: &[String]) -> Vec<String> {
        let mut found: Vec<String> =
            self.lists().into_iter().flatten().flatten().filter(|mail| is_in(mail, domains)).cloned().collect();
        found.sort();
        found.dedup();
        found
    }

    /// The lists that change when the addresses in these domains are taken out; the others are `None`.
    #[must_use]
    pub fn without_domains(&self, domains: &[String]) -> Self {
        let [marketing, security, technical] = self.lists().map(|list| {
            let list = list.as_ref().filter(|list| list.iter().any(|mail| is_in(mail, domains)))?;
            Some(list.iter().filter(|mail| !is_in(mail, domains)).cloned().collect())
        });
        Self {
            marketing_notification_emails: marketing,
            security_compliance_notification_mails: security,
            technical_notification_mails: technical,
        }
    }

    fn lists(&self) -> [&Option<Vec<String>>; 3] {
        [
            &self.marketing_notification_emails,
            &self.security_compliance_notification_mails,
            &self.technical_notification_mails,
        ]
    }
}

fn is_in(mail: &str, domains: &[String]) -> bool {
    let domain = mail.rsplit_once('@').map(|(_, domain)| domain);
    domain.is_some_and(|domain| domains.iter().any(|other| other.eq_ignore_ascii_case(domain)))
}

/// That the partner sells to a customer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct ResellerLink {
    /// How many subscriptions are not suspended; the link cannot be ended while there are any.
    pub active_subscriptions: usize,
}

impl ResellerLink {
    /// A link with this many subscriptions that are not suspended.
    #[must_use]
    pub fn new(active_subscriptions: usize) -> Self {
        Self { active_subscriptions }
    }
}

/// What people of the partner left behind in a customer's tenant, reached as the service account.
///
/// # Behavior
/// * [`TraceApi::guests`] answers the guests whose mail address is in one of the domains, all pages. It may lag behind;
///   [`TraceApi::find_guest`] does not, and an absent guest is `None`.
/// * Deleting an absent guest answers `NotFound`.
/// * [`TraceApi::replace_notification_mails`] replaces the lists that are given, as a whole.
#[async_trait]
pub trait TraceApi: std::fmt::Debug + Send + Sync {
    /// Lists the guest users from some domains.
    async fn guests(&self, tenant: &TenantId, domains: &[String]) -> Result<Vec<Guest>>;

    /// Finds one guest.
    async fn find_guest(&self, tenant: &TenantId, id: &UserId) -> Result<Option<Guest>>;

    /// Deletes a guest; it can be restored for 30 days.
    async fn delete_guest(&self, tenant: &TenantId, id: &UserId) -> Result<()>;

    /// Reads who gets the tenant's notification mails.
    async fn notification_mails(&self, tenant: &TenantId) -> Result<NotificationMails>;

    /// Replaces who gets them.
    async fn replace_notification_mails(&self, tenant: &TenantId, mails: &NotificationMails) -> Result<()>;
}

/// Removing service principals of any tenant, reached as the service account.
///
/// # Behavior
/// * [`ServicePrincipalUpkeep::owned_service_principals`] answers all pages, without the permissions they offer.
/// * Deleting an absent one answers `NotFound`; what was granted to it goes with it.
#[async_trait]
pub trait ServicePrincipalUpkeep: std::fmt::Debug + Send + Sync {
    /// Lists the service principals of the applications registered in `owner`'s tenant.
    async fn owned_service_principals(&self, tenant: &TenantId, owner: &TenantId) -> Result<Vec<ServicePrincipal>>;

    /// Deletes a service principal; it can be restored for 30 days.
    async fn delete_service_principal(&self, tenant: &TenantId, id: &ObjectId) -> Result<()>;
}

/// The reseller relationship with a customer, in Partner Center.
///
/// # Behavior
/// * A tenant the partner does not sell to is `None`.
#[async_trait]
pub trait ResellerApi: std::fmt::Debug + Send + Sync {
    /// Reads whether the partner sells to the customer.
    async fn reseller_link(&self, customer: &TenantId) -> Result<Option<ResellerLink>>;

    /// Ends it. The tenant stays; all its subscriptions have to be suspended before.
    async fn end_reseller_link(&self, customer: &TenantId) -> Result<()>;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_addresses_of_the_domains_are_taken_out_and_other_lists_are_left_alone() {
        let mails: NotificationMails = serde_json::from_value(serde_json::json!({
            "marketingNotificationEmails": ["a@adatum.com", "b@contoso.com"],
            "securityComplianceNotificationMails": ["c@notadatum.com"],
            "technicalNotificationMails": ["A@ADATUM.com", "noc@adatum.com"],
        }))
        .unwrap();
        let domains = ["adatum.com".to_owned()];
        assert_eq!(mails.in_domains(&domains), ["A@ADATUM.com", "a@adatum.com", "noc@adatum.com"]);
        let left = mails.without_domains(&domains);
        assert_eq!(left.marketing_notification_emails.as_deref(), Some(&["b@contoso.com".to_owned()][..]));
        assert_eq!(left.security_compliance_notification_mails, None);
        assert_eq!(left.technical_notification_mails, Some(Vec::new()));
        assert_eq!(
            serde_json::to_value(&left).unwrap(),
            serde_json::json!({"marketingNotificationEmails": ["b@contoso.com"], "technicalNotificationMails": []})
        );
    }
}
