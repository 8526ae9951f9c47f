//! The scopes of consent links.

use super::permission::StockPermission;
use super::resource::Resource;
use super::scope::{DELEGATION_SCOPE_LIMIT, ScopeString};
use crate::cloud::Cloud;
use crate::error::{Error, Result};

/// Writes the `scope` values that ask an administrator to consent to delegated permissions of one resource.
///
/// Names of Microsoft Graph stay short, since a scope without a resource is Graph's in every cloud; those of other
/// resources get the resource in front (`https://outlook.office365.com/Exchange.Manage`). OIDC scopes are
/// never prefixed.
///
/// Each value is within [`DELEGATION_SCOPE_LIMIT`] **with every name prefixed**, the way Microsoft Entra appears to
/// count: the stock permissions of Graph have 3 830 characters in short names, yet 8 226 with prefixes, and lists of
/// that size are refused. So:
///
/// 1. A list that fits is one request.
/// 2. Otherwise the read scopes that a read-write scope of the list covers are left out
///    ([`ScopeString::without_covered_reads`]). The stock list then has 5 824 characters and is one request. Whatever
///    is left out can be added to the grant afterwards, which takes short names.
/// 3. What is still too long is split. Each request is a consent of its own, given one after the other.
///
/// No name gives no request.
///
/// # Errors
/// [`ErrorKind::Config`](crate::ErrorKind::Config): a name is not valid, the names do not fit into one grant even in
/// short form (see [`ScopeString::try_new`]), or one name alone is over the limit.
///
/// Source: "Scopes and permissions in the Microsoft identity platform" (Microsoft Learn).
pub fn consent_scopes<I>(resource: Resource, names: I, cloud: &Cloud) -> Result<Vec<String>>
where
    I: IntoIterator,
    I::Item: AsRef<str>,
{
    let all = ScopeString::try_new(names)?;
    let form = Form { resource, audience: resource.audience(cloud) };
    if form.counted(&all) <= DELEGATION_SCOPE_LIMIT {
        return Ok(form.split(&all));
    }
    let reduced = all.without_covered_reads();
    form.checked(&reduced)?;
    Ok(form.split(&reduced))
}

/// As [`consent_scopes`], but nothing is left out: a list that is too long for one request is split.
///
/// # Errors
/// As [`consent_scopes`].
pub fn consent_scopes_in_full<I>(resource: Resource, names: I, cloud: &Cloud) -> Result<Vec<String>>
where
    I: IntoIterator,
    I::Item: AsRef<str>,
{
    let all = ScopeString::try_new(names)?;
    let form = Form { resource, audience: resource.audience(cloud) };
    form.checked(&all)?;
    Ok(form.split(&all))
}

/// How the names of one resource are written and counted.
struct Form<'a> {
    resource: Resource,
    audience: &'a str,
}

impl Form<'_> {
    /// Refuses a name that no request can hold.
    fn checked(&self, scopes: &ScopeString) -> Result<()> {
        let counted =
            scopes.iter().map(|name| self.counted_name(name)).find(|counted| *counted > DELEGATION_SCOPE_LIMIT);
        match counted {
            None => Ok(()),
            Some(counted) => Err(Error::config(format!(
                "scope: one name has {counted} characters with its resource, a consent takes at most \
                 {DELEGATION_SCOPE_LIMIT}"
            ))),
        }
    }

    /// Fills one request after the other, in the order of the names.
    fn split(&self, scopes: &ScopeString) -> Vec<String> {
        let mut requests: Vec<String> = Vec::new();
        let mut counted = 0;
        for name in scopes.iter() {
            let more = self.counted_name(name);
            match requests.last_mut() {
                Some(request) if counted + 1 + more <= DELEGATION_SCOPE_LIMIT => {
                    request.push(' ');
                    request.push_str(&self.written(name));
                    counted += 1 + more;
                }
                _ => {
                    requests.push(self.written(name));
                    counted = more;
                }
            }
        }
        requests
    }

    fn written(&self, name: &str) -> String {
        if self.resource == Resource::GRAPH || is_open_id(name) {
            name.to_owned()
        } else {
            format!("{}/{name}", self.audience)
        }
    }

    /// The characters of a whole list, prefixes and spaces included.
    fn counted(&self, scopes: &ScopeString) -> usize {
        let names: usize = scopes.iter().map(|name| self.counted_name(name)).sum();
        names + scopes.len().saturating_sub(1)
    }

    fn counted_name(&self, name: &str) -> usize {
        let prefix = if is_open_id(name) { 0 } else { self.audience.len() + 1 };
        prefix + name.len()
    }
}

fn is_open_id(name: &str) -> bool {
    StockPermission::find(Resource::GRAPH, name).is_some_and(|row| row.open_id)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::Selection;
    use crate::integration::Integration;

    /// The characters of a value as the service may count them.
    fn prefixed(value: &str, cloud: &Cloud) -> usize {
        let form = Form { resource: Resource::GRAPH, audience: Resource::GRAPH.audience(cloud) };
        form.counted(&value.parse().unwrap())
    }

    #[test]
    fn short_list_is_one_request_with_everything() {
        let scopes = consent_scopes(Resource::GRAPH, ["User.Read", "Mail.Read", "Mail.ReadWrite"], &Cloud::public());
        assert_eq!(scopes.unwrap(), ["Mail.Read Mail.ReadWrite User.Read"]);
        assert!(consent_scopes(Resource::GRAPH, [""; 0], &Cloud::public()).unwrap().is_empty());
    }

    #[test]
    fn other_resources_are_prefixed_and_openid_scopes_are_not() {
        let scopes = consent_scopes(Resource::EXCHANGE, ["Exchange.Manage", "openid"], &Cloud::public()).unwrap();
        assert_eq!(scopes, ["https://outlook.office365.com/Exchange.Manage openid"]);
        let scopes = consent_scopes(Resource::EXCHANGE, ["Exchange.Manage"], &Cloud::us_government()).unwrap();
        assert_eq!(scopes, ["https://outlook.office365.us/Exchange.Manage"]);
    }

    #[test]
    fn stock_list_of_graph_becomes_one_request_within_the_limit_in_every_cloud() {
        let names = Selection::stock(&[Integration::Graph]).delegated(Resource::GRAPH);
        for cloud in [Cloud::public(), Cloud::us_government(), Cloud::us_government_dod(), Cloud::china()] {
            assert!(prefixed(&names.join(" "), &cloud) > DELEGATION_SCOPE_LIMIT);
            let requests = consent_scopes(Resource::GRAPH, &names, &cloud).unwrap();
            let [request] = requests.as_slice() else { panic!("{} requests", requests.len()) };
            assert!(prefixed(request, &cloud) <= DELEGATION_SCOPE_LIMIT);
            let asked: ScopeString = request.parse().unwrap();
            assert_eq!(asked.len(), names.len() - 48);
            assert!(asked.contains("User.ReadWrite.All") && !asked.contains("User.Read.All"));
        }
    }

    #[test]
    fn list_that_cannot_be_reduced_is_split_without_loss() {
        let names: Vec<String> = (0..300).map(|n| format!("Thing{n:04}.Use.All")).collect();
        let requests = consent_scopes(Resource::GRAPH, &names, &Cloud::public()).unwrap();
        // 28 characters of prefix and 17 of the name: 173 fit with their spaces (46 * 173 - 1 = 7957).
        assert_eq!(requests.iter().map(|request| request.split(' ').count()).collect::<Vec<_>>(), [173, 127]);
        assert!(requests.iter().all(|request| prefixed(request, &Cloud::public()) <= DELEGATION_SCOPE_LIMIT));
        assert_eq!(requests.join(" "), names.join(" "));
    }

    #[test]
    fn list_that_no_grant_can_hold_is_refused() {
        let names = (0..500).map(|n| format!("Thing{n:04}.Use.All"));
        let error = consent_scopes(Resource::GRAPH, names, &Cloud::public()).unwrap_err().to_string();
        assert!(error.contains("8999 characters"), "{error}");
        let error = consent_scopes(Resource::GRAPH, ["x".repeat(7980)], &Cloud::public()).unwrap_err().to_string();
        assert!(error.contains("8008 characters"), "{error}");
    }
}
