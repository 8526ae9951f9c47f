//! Consent of an application in a customer's tenant, given by the partner (control panel vendor consent).

use bundle_core::customer::ConsentGrant;
use bundle_core::http::Request;
use bundle_core::ids::AppId;
use bundle_core::{Error, ErrorKind, Result, TenantId};
use http::Method;
use serde::Serialize;

use crate::client::PartnerCenterClient;

/// The consent applications have in one customer's tenant, reached by [`PartnerCenterClient::application_consents`].
///
/// # Permissions
/// Always the service account: the service refuses applications alone. The account is in `AdminAgents` and, by GDAP,
/// Application Administrator, Cloud Application Administrator or Global Administrator of the customer.
///
/// # Limits
/// The service takes 50 requests a second from one application, over all customers. The pipeline keeps to that by
/// itself.
///
/// Source: "Get customer consent as Control Panel Vendor" (Microsoft Learn, Partner Center).
#[derive(Clone, Debug)]
pub struct ApplicationConsents {
    client: PartnerCenterClient,
    customer: TenantId,
}

impl ApplicationConsents {
    pub(crate) fn new(client: PartnerCenterClient, customer: TenantId) -> Self {
        Self { client, customer }
    }

    /// Consents to the application: creates its service principal in the customer's tenant and, for each resource, a
    /// delegated permission grant for all users.
    ///
    /// `application` must be the one whose token is used. All grants are made or none. The service recognises a repeated
    /// request by its id, so a lost answer is asked for again. Tokens cached for the customer are dropped: they carry the
    /// old permissions. It takes seconds to minutes until new ones carry the consent.
    ///
    /// # Errors
    /// * [`ErrorKind::Conflict`](bundle_core::ErrorKind::Conflict): a consent is there already; other scopes need
    ///   [`ApplicationConsents::revoke`] first.
    /// * [`ErrorKind::Config`](bundle_core::ErrorKind::Config): no grant, a grant without scopes, or a scope with a comma
    ///   or space in it.
    /// * [`ErrorKind::PermissionDenied`](bundle_core::ErrorKind::PermissionDenied): the account lacks a role named above.
    /// * [`ErrorKind::ConditionalAccess`](bundle_core::ErrorKind::ConditionalAccess): a policy of the customer refuses the
    ///   partner.
    ///
    /// Source: "Get consent for an application" (Microsoft Learn, Partner Center).
    pub async fn grant(&self, application: &AppId, grants: &[ConsentGrant]) -> Result<()> {
        let body = NewConsent::try_new(application, grants)?;
        let request = self.request("partner-center.application-consents.grant", Method::POST, &[]);
        self.client.send(request.json(&body)?).await?;
        self.client.pipeline().forget_tokens(&self.customer).await;
        Ok(())
    }

    /// Consents to the application unless it has consent already; what it has then is left as it is.
    ///
    /// # Errors
    /// As [`ApplicationConsents::grant`], without `Conflict`.
    pub async fn ensure(&self, application: &AppId, grants: &[ConsentGrant]) -> Result<Consented> {
        match self.grant(application, grants).await {
            Ok(()) => Ok(Consented::Granted),
            Err(error) if error.kind() == ErrorKind::Conflict => Ok(Consented::AlreadyThere),
            Err(error) => Err(error),
        }
    }

    /// Replaces what the application has consent to: removes the old consent, if there is one, and consents anew.
    ///
    /// Between the two the application has no access to the customer's tenant, and whatever was granted to its service
    /// principal there otherwise (application permissions, roles) is gone with it. Run again after an error: an absent
    /// consent is no obstacle. Nothing is removed when `grants` are wrong.
    ///
    /// # Errors
    /// As [`ApplicationConsents::grant`] and [`ApplicationConsents::revoke`], without `NotFound` of the latter.
    pub async fn replace(&self, application: &AppId, grants: &[ConsentGrant]) -> Result<()> {
        NewConsent::try_new(application, grants)?;
        match self.revoke(application).await {
            Ok(()) => {}
            Err(error) if error.kind() == ErrorKind::NotFound => {}
            Err(error) => return Err(error),
        }
        self.grant(application, grants).await
    }

    /// Removes the consent of an application, and with it its service principal in the customer's tenant.
    ///
    /// # Errors
    /// [`ErrorKind::NotFound`](bundle_core::ErrorKind::NotFound): there is none; any other error of the pipeline.
    ///
    /// Source: "Remove consent for an application" (Microsoft Learn, Partner Center).
    pub async fn revoke(&self, application: &AppId) -> Result<()> {
        let id = application.to_string();
        let request = self.request("partner-center.application-consents.revoke", Method::DELETE, &[&id]);
        self.client.send(request).await?;
        self.client.pipeline().forget_tokens(&self.customer).await;
        Ok(())
    }

    fn request(&self, operation: &'static str, method: Method, rest: &[&str]) -> Request {
        let customer = self.customer.to_string();
        let segments = [&["customers", &customer, "applicationconsents"], rest].concat();
        self.client.operation(operation, method, &segments).about(self.customer)
    }
}

/// What [`ApplicationConsents::ensure`] found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Consented {
    /// Consent was there; its scopes may be others.
    AlreadyThere,
    /// It is given now.
    Granted,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct NewConsent<'a> {
    application_id: &'a AppId,
    application_grants: Vec<NewGrant<'a>>,
}

impl<'a> NewConsent<'a> {
    fn try_new(application: &'a AppId, grants: &'a [ConsentGrant]) -> Result<Self> {
        if grants.is_empty() {
            return Err(Error::config("consent: no grant is given"));
        }
        let application_grants = grants.iter().map(NewGrant::try_from).collect::<Result<_>>()?;
        Ok(Self { application_id: application, application_grants })
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct NewGrant<'a> {
    enterprise_application_id: &'a AppId,
    /// Separated by commas, unlike the scopes of Graph's grants.
    scope: String,
}

impl<'a> TryFrom<&'a ConsentGrant> for NewGrant<'a> {
    type Error = Error;

    fn try_from(grant: &'a ConsentGrant) -> Result<Self> {
        if grant.scopes.is_empty() {
            return Err(Error::config(format!("consent: no scope is given for resource {}", grant.resource)));
        }
        let separator = |c: char| c == ',' || c.is_whitespace();
        if let Some(scope) = grant.scopes.iter().find(|scope| scope.is_empty() || scope.contains(separator)) {
            return Err(Error::config(format!("consent: {scope:?} is not the name of one scope")));
        }
        Ok(Self { enterprise_application_id: &grant.resource, scope: grant.scopes.join(",") })
    }
}
