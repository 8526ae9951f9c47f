//! The preflight on the way of every call.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};

use http::Method;

use super::CustomerAccess;
use super::answer::Answer;
use super::decide::preflight;
use super::facts::{Access, Facts};
use crate::auth::{AccessToken, Principal};
use crate::catalog::{Endpoint, Operation, Resource};
use crate::error::Error;
use crate::http::{CallGuard, GuardedCall};
use crate::ids::TenantId;
use crate::service::Service;

/// Refuses calls that cannot work, from the permission tables and what it was told about the tenants.
///
/// It reads the permissions off the token of each call; a token that is opaque passes. Answers are kept per token and
/// endpoint, so that a call after the first costs a lookup in the tables. Give it to
/// [`ClientOptions::refuse_before_sending`](crate::http::ClientOptions::refuse_before_sending) or
/// [`warn_before_sending`](crate::http::ClientOptions::warn_before_sending).
///
/// ```
/// use std::sync::Arc;
/// use bundle_core::http::ClientOptions;
/// use bundle_core::preflight::CatalogGuard;
///
/// let guard = Arc::new(CatalogGuard::new());
/// let options = ClientOptions::default().refuse_before_sending(guard);
/// ```
///
/// The requests of a batch are looked at one by one, those of a chain are not.
#[derive(Debug, Default)]
pub struct CatalogGuard {
    tenants: RwLock<HashMap<TenantId, Tenant>>,
    answers: RwLock<HashMap<Caller, Known>>,
}

/// What the guard was told about a tenant.
#[derive(Clone, Debug, Default)]
struct Tenant {
    access: Access,
    service_plans: Option<Vec<String>>,
}

type Caller = (TenantId, Principal, Service);

/// The answers to one token.
#[derive(Debug)]
struct Known {
    token: AccessToken,
    facts: Arc<Facts>,
    answers: HashMap<Method, HashMap<String, Arc<Answer>>>,
}

impl CatalogGuard {
    /// A guard that was told nothing yet: it looks at the permissions in the tokens alone.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Tells that a tenant is the account's own.
    pub fn tell_home(&self, tenant: TenantId) {
        self.tell(tenant, |known| known.access = Access::Home);
    }

    /// Tells the GDAP access to a customer, over all relationships. Tell it again when it changes.
    pub fn tell_access(&self, customer: TenantId, access: CustomerAccess) {
        self.tell(customer, |known| known.access = Access::Customer(access));
    }

    /// Tells the service plans a tenant has, for example `INTUNE_A`.
    pub fn tell_service_plans<I>(&self, tenant: TenantId, plans: I)
    where
        I: IntoIterator,
        I::Item: Into<String>,
    {
        let plans = plans.into_iter().map(Into::into).collect();
        self.tell(tenant, |known| known.service_plans = Some(plans));
    }

    fn tell(&self, tenant: TenantId, change: impl FnOnce(&mut Tenant)) {
        change(self.tenants.write().unwrap_or_else(PoisonError::into_inner).entry(tenant).or_default());
        // What was answered before may no longer be so.
        let mut answers = self.answers.write().unwrap_or_else(PoisonError::into_inner);
        answers.retain(|(known, ..), _| *known != tenant);
    }

    /// The answer to a call; `None` when it cannot be looked at.
    fn answer(&self, call: &GuardedCall<'_>) -> Option<Arc<Answer>> {
        let resource = resource(call.service)?;
        let path = call.path;
        let endpoint = if resource == Resource::GRAPH { Some(Endpoint::find(call.method, path)?) } else { None };
        let template = endpoint.as_ref().map_or("", Endpoint::template);
        let caller = (*call.tenant, call.principal, call.service);
        {
            let answers = self.answers.read().unwrap_or_else(PoisonError::into_inner);
            let known = answers.get(&caller).filter(|known| known.token.is_same(call.token));
            let answer = known.and_then(|known| known.answers.get(call.method)?.get(template));
            if let Some(answer) = answer {
                return Some(Arc::clone(answer));
            }
        }
        let facts = self.facts(&caller, call.token)?;
        let answer = Arc::new(preflight(&facts, &Operation::of_resource(resource, call.method.clone(), path)));
        let mut answers = self.answers.write().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = answers.get_mut(&caller).filter(|known| known.token.is_same(call.token)) {
            let of_method = known.answers.entry(call.method.clone()).or_default();
            of_method.insert(template.to_owned(), Arc::clone(&answer));
        }
        Some(answer)
    }

    /// What is known about a token, read once.
    fn facts(&self, caller: &Caller, token: &AccessToken) -> Option<Arc<Facts>> {
        let mut answers = self.answers.write().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = answers.get(caller).filter(|known| known.token.is_same(token)) {
            return Some(Arc::clone(&known.facts));
        }
        let mut facts = Facts::of_token(&token.claims()?);
        if let Some(tenant) = self.tenants.read().unwrap_or_else(PoisonError::into_inner).get(&caller.0) {
            facts.access = tenant.access.clone();
            facts.service_plans = tenant.service_plans.clone().map(|plans| plans.into_iter().collect());
        }
        let facts = Arc::new(facts);
        // One token of each caller is kept, and goes when the next one comes.
        let known = Known { token: token.clone(), facts: Arc::clone(&facts), answers: HashMap::new() };
        answers.insert(*caller, known);
        Some(facts)
    }
}

impl CallGuard for CatalogGuard {
    fn refusal(&self, call: &GuardedCall<'_>) -> Option<Error> {
        self.answer(call)?.error()
    }
}

/// The resource whose permissions the tokens of a service carry.
fn resource(service: Service) -> Option<Resource> {
    if service == Service::Table {
        return Some(Resource::STORAGE);
    }
    Resource::ALL.into_iter().find(|resource| resource.service == service)
}

#[cfg(test)]
mod tests {
    use std::hint::black_box;
    use std::time::{Duration, Instant};

    use base64::Engine as _;
    use base64::engine::general_purpose::URL_SAFE_NO_PAD;

    use super::*;
    use crate::error::ErrorKind;

    const TENANT: &str = "11111111-1111-4111-8111-111111111111";

    fn token(scopes: &str) -> AccessToken {
        let claims = serde_json::json!({"scp": scopes, "idtyp": "user"}).to_string();
        AccessToken::new(format!("e30.{}.sig", URL_SAFE_NO_PAD.encode(claims)).into(), Duration::from_secs(3600))
    }

    fn refusal(guard: &CatalogGuard, token: &AccessToken, method: &Method, path: &str) -> Option<Error> {
        guard.refusal(&GuardedCall {
            service: Service::Graph,
            operation: "graph.request",
            method,
            path,
            tenant: &TENANT.parse().unwrap(),
            principal: Principal::Account,
            token,
        })
    }

    #[test]
    fn refusal_is_a_known_issue() {
        let error = refusal(&CatalogGuard::new(), &token("User.Read"), &Method::PATCH, "/v1.0/users/1").unwrap();
        let diagnosis = error.diagnosis().unwrap();
        assert_eq!((error.kind(), diagnosis.kind), (ErrorKind::ConsentRequired, ErrorKind::ConsentRequired));
        assert_eq!(diagnosis.issue, "permission-not-in-token");
    }

    /// `cargo test --release -p bundle-core --lib -- --ignored --nocapture microseconds`.
    #[test]
    #[ignore = "a measurement, of a release build"]
    fn call_takes_a_few_microseconds() {
        const ROUNDS: u32 = 50_000;
        let scopes: Vec<String> = (0..150).map(|number| format!("Some{number}.ReadWrite.All")).collect();
        let token = token(&format!("{} User.ReadWrite.All Group.Read.All", scopes.join(" ")));
        let guard = CatalogGuard::new();
        for (method, path, refused) in [
            (Method::GET, "/v1.0/users", false),
            (Method::PATCH, "/v1.0/users/22222222-2222-4222-8222-222222222222", false),
            (Method::GET, "/v1.0/groups/22222222-2222-4222-8222-222222222222/members", false),
            (Method::POST, "/v1.0/groups", true),
        ] {
            let start = Instant::now();
            for _ in 0..ROUNDS {
                assert_eq!(black_box(refusal(&guard, &token, &method, black_box(path))).is_some(), refused);
            }
            let each = start.elapsed() / ROUNDS;
            println!("{method} {path}: {each:?}");
            assert!(each <= Duration::from_micros(5), "{method} {path}: {each:?}");
        }
    }
}
