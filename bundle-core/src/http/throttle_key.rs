//! What is throttled together.

use std::hash::{Hash, Hasher};

use url::Url;

use super::limits::DocumentedLimit;
use super::{Authorization, Quota, Request};
use crate::ids::TenantId;
use crate::service::Service;

/// What is throttled together: an area of a service, for a tenant. The application is the pipeline's: one pipeline has
/// one credential, hence one application.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Key {
    pub(super) tenant: Tenant,
    pub(super) area: Area,
}

/// Whose requests share the places of a service.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Tenant {
    pub(super) service: Service,
    pub(super) tenant: Option<TenantId>,
    /// The partner's tenant, where the service throttles partner and customer together (Partner Center).
    pub(super) partner: Option<TenantId>,
    /// The vault or account, where every one has limits of its own.
    pub(super) host: Option<Box<str>>,
}

/// A part of a service with limits of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Area {
    /// Consent through Partner Center: limited for an application over all customers.
    ApplicationConsents,
    /// Sign-in and audit logs: a few requests in ten seconds.
    AuditLogs,
    /// Conditional Access and identity protection: one request a second, without `Retry-After`.
    ConditionalAccess,
    Intune,
    Invitations,
    Outlook,
    /// Directory objects of Graph, and every service that is not divided.
    Rest,
    Security,
    ServiceCommunications,
    Subscriptions,
    Teams,
    UsageReports,
}

/// By what tells almost all apart: this is asked for every request.
impl Hash for Tenant {
    fn hash<H: Hasher>(&self, state: &mut H) {
        state.write_u64(self.tenant.map_or(0, |tenant| tenant.as_uuid().as_u64_pair().0));
        self.host.hash(state);
    }
}

impl Key {
    pub(super) fn of(request: &Request) -> Self {
        let service = request.service;
        let partner = match &request.authorization {
            Authorization::Bearer { tenant, .. } if service == Service::PartnerCenter => Some(*tenant),
            _ => None,
        };
        let host = if service.is_per_resource() { request.url().host_str().map(Into::into) } else { None };
        let url = request.stands_for.as_ref().map_or(&request.url, |stand| &stand.0);
        let area = match service {
            Service::Graph => Area::of_graph(url),
            Service::PartnerCenter => Area::of_partner_center(url),
            _ => Area::Rest,
        };
        let tenant = if area == Area::ApplicationConsents { None } else { request.tenant().copied() };
        Self { tenant: Tenant { service, tenant, partner, host }, area }
    }

    /// What the service says it takes in all: kept to from the first request on.
    pub(super) fn granted(&self) -> Option<Quota> {
        (self.area == Area::ApplicationConsents).then_some(Quota::CONSENTS)
    }

    /// What is documented for an application in a tenant, in requests a second; the lowest where it depends.
    pub(super) fn documented_rate(&self) -> Option<f64> {
        let area = match (self.tenant.service, self.area) {
            (Service::Graph, area) => area.documented()?,
            (Service::KeyVault, _) => "secrets, managed storage keys, vault",
            (Service::ResourceManager, _) => "token bucket",
            _ => return None,
        };
        DocumentedLimit::of(self.tenant.service)
            .filter(|limit| limit.area == area && limit.is_whole_share())
            .map(DocumentedLimit::rate)
            .reduce(f64::min)
    }
}

impl Area {
    /// The area of a Graph path, by the first segments after the version.
    fn of_graph(url: &Url) -> Self {
        let path = url.path();
        // The version is the first segment, but for a server of one's own below a path.
        let below = ["/v1.0/", "/beta/"]
            .into_iter()
            .find_map(|root| path.strip_prefix(root).or_else(|| Some(path.split_once(root)?.1)));
        let mut segments = below.unwrap_or_default().split('/');
        let first = segments.next().unwrap_or_default();
        match first {
            "users" | "me" | "groups" => {
                let of_user = if first == "me" { segments.next() } else { segments.nth(1) };
                Self::of_owned(of_user.unwrap_or_default())
            }
            "identity" if segments.next() == Some("conditionalAccess") => Self::ConditionalAccess,
            "identityProtection" => Self::ConditionalAccess,
            "auditLogs" => Self::AuditLogs,
            "reports" => Self::UsageReports,
            "teams" | "chats" | "appCatalogs" | "teamwork" => Self::Teams,
            "deviceManagement" | "deviceAppManagement" => Self::Intune,
            "security" => Self::Security,
            "subscriptions" => Self::Subscriptions,
            "invitations" => Self::Invitations,
            "admin" if segments.next() == Some("serviceAnnouncement") => Self::ServiceCommunications,
            _ => Self::Rest,
        }
    }

    /// The area of a Partner Center path.
    fn of_partner_center(url: &Url) -> Self {
        let mut segments = url.path_segments().into_iter().flatten();
        let is_consent = segments.any(|segment| segment == "applicationconsents");
        if is_consent { Self::ApplicationConsents } else { Self::Rest }
    }

    /// The area of what a user or group owns.
    fn of_owned(segment: &str) -> Self {
        match segment {
            "messages"
            | "mailFolders"
            | "sendMail"
            | "mailboxSettings"
            | "events"
            | "calendar"
            | "calendars"
            | "calendarView"
            | "calendarGroups"
            | "contacts"
            | "contactFolders"
            | "todo"
            | "inferenceClassification"
            | "outlook" => Self::Outlook,
            "chats" | "joinedTeams" | "team" | "teamwork" => Self::Teams,
            _ => Self::Rest,
        }
    }

    /// The name of a Graph area in the table of documented limits.
    fn documented(self) -> Option<&'static str> {
        Some(match self {
            Self::AuditLogs => "identity and access reports",
            Self::ConditionalAccess => "identity protection and conditional access",
            Self::Intune => "intune devices",
            Self::Invitations => "invitations",
            // No area of Graph; limited per mailbox.
            Self::ApplicationConsents | Self::Outlook => return None,
            Self::Rest => "identity and access",
            Self::Security => "security",
            Self::ServiceCommunications => "service communications",
            Self::Subscriptions => "subscriptions (change notifications)",
            Self::Teams => "teams",
            Self::UsageReports => "usage reports (JSON, beta)",
        })
    }
}

#[cfg(test)]
mod tests {
    use http::Method;

    use super::*;
    use crate::auth::Principal;

    const PARTNER: TenantId = TenantId::from_u128(1);
    const CUSTOMER: TenantId = TenantId::from_u128(2);

    fn key(service: Service, url: &str) -> Key {
        let request = Request::new(service, "test.get", Method::GET, url.parse().unwrap());
        Key::of(&request.bearer(PARTNER, Principal::Account, "s").about(CUSTOMER))
    }

    #[test]
    fn graph_is_divided_into_areas() {
        for (path, area) in [
            ("users", Area::Rest),
            ("users/1", Area::Rest),
            ("users/1/memberOf", Area::Rest),
            ("users/1/messages", Area::Outlook),
            ("me/events/7", Area::Outlook),
            ("me", Area::Rest),
            ("groups/1/team", Area::Teams),
            ("teams/1/channels", Area::Teams),
            ("identity/conditionalAccess/policies", Area::ConditionalAccess),
            ("identity/identityProviders", Area::Rest),
            ("identityProtection/riskyUsers", Area::ConditionalAccess),
            ("auditLogs/signIns", Area::AuditLogs),
            ("reports/getEmailActivityUserDetail", Area::UsageReports),
            ("deviceManagement/managedDevices", Area::Intune),
            ("security/alerts_v2", Area::Security),
            ("subscriptions", Area::Subscriptions),
            ("invitations", Area::Invitations),
            ("admin/serviceAnnouncement/issues", Area::ServiceCommunications),
            ("$batch", Area::Rest),
            ("", Area::Rest),
        ] {
            for version in ["v1.0", "beta"] {
                let at = key(Service::Graph, &format!("https://graph.microsoft.com/{version}/{path}"));
                assert_eq!(at.area, area, "{path}");
            }
            assert_eq!(key(Service::Graph, &format!("http://127.0.0.1:1/graph/v1.0/{path}")).area, area, "{path}");
        }
    }

    #[test]
    fn tenant_is_the_one_the_call_is_about() {
        let graph = key(Service::Graph, "https://graph.microsoft.com/v1.0/users").tenant;
        assert_eq!((graph.tenant, graph.partner, graph.host), (Some(CUSTOMER), None, None));
        let partner = key(Service::PartnerCenter, "https://api.partnercenter.microsoft.com/v1/customers").tenant;
        assert_eq!((partner.tenant, partner.partner), (Some(CUSTOMER), Some(PARTNER)));
        let vault = |name: &str| key(Service::KeyVault, &format!("https://{name}.vault.azure.net/secrets/x"));
        assert_ne!(vault("one"), vault("two"));
        assert_eq!(vault("one").tenant.host.as_deref(), Some("one.vault.azure.net"));
    }

    #[test]
    fn consents_for_all_customers_share_one_quota() {
        let of = |customer, path: &str| {
            let url = format!("https://api.partnercenter.microsoft.com/v1/customers/{path}").parse().unwrap();
            let request = Request::new(Service::PartnerCenter, "test.post", Method::POST, url);
            Key::of(&request.bearer(PARTNER, Principal::Account, "s").about(customer))
        };
        let other = TenantId::from_u128(3);
        assert_eq!(of(CUSTOMER, "2/applicationconsents"), of(other, "3/applicationconsents/7"));
        assert_eq!(of(CUSTOMER, "2/applicationconsents").granted(), Some(Quota::CONSENTS));
        assert_ne!(of(CUSTOMER, "2/subscriptions"), of(other, "3/subscriptions"));
        assert_eq!(of(CUSTOMER, "2/subscriptions").granted(), None);
    }

    #[test]
    fn documented_rates_are_the_lowest_of_an_application_in_a_tenant() {
        let rate = |service, url| key(service, url).documented_rate();
        assert_eq!(rate(Service::Graph, "https://graph.microsoft.com/v1.0/users"), Some(350.0));
        assert_eq!(rate(Service::Graph, "https://graph.microsoft.com/v1.0/auditLogs/signIns"), Some(0.5));
        assert_eq!(rate(Service::Graph, "https://graph.microsoft.com/v1.0/me/messages"), None);
        assert_eq!(rate(Service::KeyVault, "https://one.vault.azure.net/secrets"), Some(400.0));
        // None is published.
        assert_eq!(rate(Service::Exchange, "https://outlook.office365.com/adminapi"), None);
        assert_eq!(rate(Service::PartnerCenter, "https://api.partnercenter.microsoft.com/v1"), None);
    }
}
