//! The links by which an administrator consents to a selection.

use url::Url;

use super::consent::{consent_scopes, consent_scopes_in_full};
use super::resource::Resource;
use super::selection::Selection;
use crate::cloud::Cloud;
use crate::error::{Error, Result};
use crate::ids::{AppId, TenantId};
use crate::service::Service;

/// Builds the links at which an administrator of a tenant consents to the delegated permissions of a selection.
///
/// Application permissions are not in them: a link can ask only for all that the app registration declares at once,
/// with delegated permissions over the limit among them. Grant them with app role assignments instead.
///
/// ```
/// use bundle_core::catalog::{AdminConsent, Selection};
/// use bundle_core::{Cloud, Integration};
///
/// # fn main() -> bundle_core::Result<()> {
/// let tenant = "11111111-1111-4111-8111-111111111111".parse()?;
/// let application = "aaaaaaaa-aaaa-4aaa-8aaa-aaaaaaaaaaaa".parse()?;
/// let redirect = "https://contoso.example/consented".parse().expect("a URL");
/// let consent = AdminConsent::new(tenant, application, redirect, "state-1");
/// let links = consent.links(&Selection::stock(&[Integration::Graph]), &Cloud::public())?;
/// // One for Microsoft Graph, one for the Office 365 Management APIs.
/// assert_eq!(links.len(), 2);
/// # Ok(())
/// # }
/// ```
///
/// Source: "Admin consent on the Microsoft identity platform" (Microsoft Learn).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AdminConsent {
    tenant: TenantId,
    application: AppId,
    redirect_uri: Url,
    state: String,
    in_full: bool,
}

/// One link: one consent.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ConsentLink {
    /// The resource it is about: one consent is about one resource.
    pub resource: Resource,
    /// The names it asks for, as they stand in the link.
    pub scope: String,
    /// The link.
    pub url: Url,
}

impl AdminConsent {
    /// Consent in a tenant to an application, whose registration has the redirect URI. The state comes back with the
    /// answer: make it hard to guess and check it.
    #[must_use]
    pub fn new(tenant: TenantId, application: AppId, redirect_uri: Url, state: impl Into<String>) -> Self {
        Self { tenant, application, redirect_uri, state: state.into(), in_full: false }
    }

    /// Asks for every name, the reads that a read-write permission covers too, in several consents where one cannot
    /// hold them. Without it, what is covered is left out where all of it is too long.
    #[must_use]
    pub fn in_full(mut self) -> Self {
        self.in_full = true;
        self
    }

    /// The links, one resource after the other; each is a consent of its own, given one after the other.
    ///
    /// # Errors
    /// [`ErrorKind::Config`](crate::ErrorKind::Config): the permissions of a resource do not fit into one grant (the
    /// message has the numbers), or the redirect URI has a fragment.
    pub fn links(&self, selection: &Selection, cloud: &Cloud) -> Result<Vec<ConsentLink>> {
        if self.redirect_uri.fragment().is_some() {
            return Err(Error::config("redirect URI: it has a fragment, which an app registration does not take"));
        }
        let mut links = Vec::new();
        for resource in selection.resources() {
            let names = selection.delegated(resource);
            let scopes = if self.in_full {
                consent_scopes_in_full(resource, names, cloud)?
            } else {
                consent_scopes(resource, names, cloud)?
            };
            links.extend(scopes.into_iter().map(|scope| self.link(resource, scope, cloud)));
        }
        Ok(links)
    }

    fn link(&self, resource: Resource, scope: String, cloud: &Cloud) -> ConsentLink {
        let mut url = cloud.base(Service::Login).clone();
        let tenant = self.tenant.to_string();
        if let Ok(mut segments) = url.path_segments_mut() {
            segments.pop_if_empty().extend([tenant.as_str(), "v2.0", "adminconsent"]);
        }
        url.query_pairs_mut()
            .append_pair("client_id", &self.application.to_string())
            .append_pair("redirect_uri", self.redirect_uri.as_str())
            .append_pair("state", &self.state)
            .append_pair("scope", &scope);
        ConsentLink { resource, scope, url }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::{DELEGATION_SCOPE_LIMIT, ScopeString};
    use crate::integration::Integration;

    fn consent() -> AdminConsent {
        let redirect = "https://contoso.example/consented?x=1".parse().unwrap();
        AdminConsent::new(TenantId::from_u128(1), AppId::from_u128(2), redirect, "a b")
    }

    fn counted(link: &ConsentLink) -> usize {
        let prefix = Resource::GRAPH.uri.len() + 1;
        let names: ScopeString = link.scope.parse().unwrap();
        let prefixed = names.iter().filter(|name| !["email", "openid", "profile", "offline_access"].contains(name));
        link.scope.len() + prefixed.count() * prefix
    }

    #[test]
    fn stock_is_one_link_for_each_resource_and_each_is_accepted() {
        let links = consent().links(&Selection::stock(&Integration::ALL), &Cloud::public()).unwrap();
        assert_eq!(links.iter().map(|link| link.resource).collect::<Vec<_>>(), Resource::ALL);
        let graph = links.iter().find(|link| link.resource == Resource::GRAPH).unwrap();
        assert!(counted(graph) <= DELEGATION_SCOPE_LIMIT);
        let query: Vec<_> = graph.url.query_pairs().collect();
        assert_eq!(query[1].1, "https://contoso.example/consented?x=1");
        assert_eq!((&*query[2].1, &*query[3].1), ("a b", graph.scope.as_str()));
        let path = format!("/{}/v2.0/adminconsent", TenantId::from_u128(1));
        assert_eq!((graph.url.host_str(), graph.url.path()), (Some("login.microsoftonline.com"), path.as_str()));
    }

    #[test]
    fn stock_in_full_is_split_without_loss() {
        let stock = Selection::stock(&[]);
        let links = consent().in_full().links(&stock, &Cloud::public()).unwrap();
        let graph: Vec<_> = links.iter().filter(|link| link.resource == Resource::GRAPH).collect();
        assert_eq!(graph.len(), 2);
        assert!(graph.iter().all(|link| counted(link) <= DELEGATION_SCOPE_LIMIT));
        let names: Vec<&str> = graph.iter().flat_map(|link| link.scope.split(' ')).collect();
        assert_eq!(names, stock.delegated(Resource::GRAPH));
    }

    #[test]
    fn fragment_is_refused() {
        let redirect = "https://contoso.example/#x".parse().unwrap();
        let consent = AdminConsent::new(TenantId::from_u128(1), AppId::from_u128(2), redirect, "s");
        assert!(consent.links(&Selection::core(), &Cloud::public()).is_err());
    }
}
