//! The identity Azure gives to a machine or an app: no secret, no certificate, nothing to rotate.

mod answer;
mod host;
mod retry;

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use async_trait::async_trait;
use jiff::Timestamp;
use secrecy::SecretString;
use tokio::time::Instant;

use super::{AccessToken, AssertionRequest, ClientAssertion, Credential, Principal, TokenCache, TokenRequest};
use crate::error::{Error, ErrorKind, Result};
use crate::http::{ClientOptions, Proxy, RetryPolicy, Sender, retry_after};
use crate::ids::{AppId, ObjectId, TenantId};

pub use host::ManagedIdentityHost;

/// Tokens of a managed identity. It is an application in the tenant of its subscription and in no other.
///
/// Use it where the bundle itself runs in Azure: to read Key Vault before anything else, or as the source of a
/// federated assertion for the partner's multi-tenant application, which then needs no secret (it implements
/// [`ClientAssertion`] too). Cheap to clone; clones share the cache.
///
/// Source: "How to use managed identities to acquire an access token" (Microsoft Learn).
#[derive(Clone)]
pub struct ManagedIdentityCredential(Arc<Inner>);

struct Inner {
    tenant: TenantId,
    application: AppId,
    identity: Option<UserAssigned>,
    host: ManagedIdentityHost,
    sender: Sender,
    retry: RetryPolicy,
    exchange_scope: &'static str,
    cache: TokenCache,
}

/// Which of the user-assigned identities of a machine or app is meant.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum UserAssigned {
    /// By its client id, which is its application id.
    ClientId(AppId),
    /// By the object id of its service principal.
    ObjectId(ObjectId),
    /// By its Azure resource id, `/subscriptions/...`.
    ResourceId(String),
}

impl ManagedIdentityCredential {
    /// Starts a credential for the identity whose service principal is `application` in `tenant`; both stand in the
    /// portal beside the identity. It is the system-assigned one until [`ManagedIdentityBuilder::user_assigned`] says
    /// otherwise.
    pub fn builder(tenant: TenantId, application: AppId) -> ManagedIdentityBuilder {
        ManagedIdentityBuilder { tenant, application, identity: None, host: None }
    }
}

#[async_trait]
impl Credential for ManagedIdentityCredential {
    async fn token(&self, request: &TokenRequest) -> Result<AccessToken> {
        let named = |error: Error| error.with_operation(OPERATION);
        self.0.check(request).map_err(named)?;
        let fetch = |request: TokenRequest| {
            let inner = Arc::clone(&self.0);
            async move {
                let resource = inner.check(&request).map_err(named)?;
                let fetched = inner.fetch(resource, request.rejected.as_ref()).await;
                fetched.map_err(|error| named(error).with_tenant(inner.tenant))
            }
        };
        self.0.cache.token(request, fetch).await
    }

    async fn forget(&self, tenant: &TenantId) {
        self.0.cache.forget(tenant);
    }

    fn application(&self) -> AppId {
        self.0.application
    }
}

#[async_trait]
impl ClientAssertion for ManagedIdentityCredential {
    async fn assertion(&self, request: &AssertionRequest) -> Result<SecretString> {
        let ask = TokenRequest::new(self.0.tenant, Principal::Application, self.0.exchange_scope);
        if request.refused {
            self.0.cache.forget(&self.0.tenant);
        }
        let token = self.token(&ask).await?;
        let text = token.text().ok_or_else(|| Error::new(ErrorKind::Decode, "the assertion is no plain text"))?;
        Ok(text.into())
    }
}

impl Inner {
    /// The resource asked for, when this identity can have a token for it.
    fn check<'r>(&self, request: &'r TokenRequest) -> Result<&'r str> {
        if request.principal != Principal::Application {
            return Err(Error::config("managed identity: it acts as an application; there is no account to act as"));
        }
        if request.tenant != self.tenant {
            let (own, other) = (self.tenant, request.tenant);
            return Err(Error::config(format!(
                "managed identity: it acts in its own tenant {own} only, not in {other}; \
                 use it as the assertion of a multi-tenant application there"
            )));
        }
        request.scope.strip_suffix("/.default").filter(|resource| !resource.is_empty()).ok_or_else(|| {
            Error::config(format!("managed identity: the scope {:?} does not end in /.default", request.scope))
        })
    }

    async fn fetch(&self, resource: &str, rejected: Option<&AccessToken>) -> Result<AccessToken> {
        let request = self.host.request(resource, self.identity.as_ref(), rejected)?;
        let started = Instant::now();
        let mut attempt = 0;
        loop {
            attempt += 1;
            let (error, outcome) = match self.sender.fetch(request.clone(), LARGEST_ANSWER).await {
                Ok(answer) if answer.status().is_success() => {
                    let token = answer::token(answer.body(), Timestamp::now())?;
                    return self.accept(token, rejected);
                }
                Ok(answer) => {
                    let wait = retry_after(answer.headers(), SystemTime::now());
                    let error = answer::refusal(&answer, self.identity.as_ref());
                    let error = match wait {
                        Some(wait) => error.with_retry_after(wait),
                        None => error,
                    };
                    (error, retry::Outcome::Answered { status: answer.status().as_u16(), wait })
                }
                Err(failure) => (failure.error, retry::Outcome::NoAnswer),
            };
            let error = error.with_attempts(attempt);
            let Some(wait) = retry::wait(outcome, attempt, started.elapsed(), &self.retry) else { return Err(error) };
            tracing::debug!(operation = OPERATION, attempt, kind = %error.kind(), "waiting before the next attempt");
            tokio::time::sleep(wait).await;
        }
    }

    /// Refuses what cannot be meant.
    fn accept(&self, token: AccessToken, rejected: Option<&AccessToken>) -> Result<AccessToken> {
        if rejected.is_some_and(|rejected| rejected.is_same(&token)) {
            let why = "the identity endpoint still answers the token that was refused";
            return Err(Error::new(ErrorKind::Unavailable, why));
        }
        match token.claims().and_then(|claims| claims.tenant) {
            Some(tenant) if tenant != self.tenant => Err(Error::config(format!(
                "managed identity: it belongs to tenant {tenant}, not to {} as configured",
                self.tenant
            ))),
            _ => Ok(token),
        }
    }
}

impl fmt::Debug for ManagedIdentityCredential {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ManagedIdentityCredential")
            .field("tenant", &self.0.tenant)
            .field("application", &self.0.application)
            .field("identity", &self.0.identity)
            .field("host", &self.0.host)
            .finish_non_exhaustive()
    }
}

/// Builds a [`ManagedIdentityCredential`].
#[derive(Debug)]
#[must_use]
pub struct ManagedIdentityBuilder {
    tenant: TenantId,
    application: AppId,
    identity: Option<UserAssigned>,
    host: Option<ManagedIdentityHost>,
}

impl ManagedIdentityBuilder {
    /// Chooses a user-assigned identity.
    pub fn user_assigned(mut self, identity: UserAssigned) -> Self {
        self.identity = Some(identity);
        self
    }

    /// Sets where the identity endpoint is; [`ManagedIdentityHost::from_environment`] finds it without.
    pub fn host(mut self, host: ManagedIdentityHost) -> Self {
        self.host = Some(host);
        self
    }

    /// Builds the credential. Of `options` it takes the cloud, the timeouts and the retries; nothing is sent yet.
    ///
    /// # Errors
    /// [`ErrorKind::Config`]: the environment names an endpoint that is not supported, or the options cannot be used.
    pub fn build(self, options: &ClientOptions) -> Result<ManagedIdentityCredential> {
        let host = match self.host {
            Some(host) => host,
            None => ManagedIdentityHost::from_environment()?,
        };
        let mut near = options.clone();
        // The endpoint is on this machine or its host; where there is none, connecting would hang.
        near.connect_timeout = near.connect_timeout.min(CONNECT_TIMEOUT);
        near.proxy = Proxy::Direct;
        Ok(ManagedIdentityCredential(Arc::new(Inner {
            tenant: self.tenant,
            application: self.application,
            identity: self.identity,
            host,
            sender: Sender::new(&near)?,
            retry: options.retry,
            exchange_scope: exchange_scope(options.cloud.name()),
            cache: TokenCache::new(),
        })))
    }
}

/// What a token is asked for that stands in as an assertion.
///
/// Source: "Configure an application to trust a managed identity" (Microsoft Learn).
fn exchange_scope(cloud: &str) -> &'static str {
    match cloud {
        "usgov" | "usgov-dod" => "api://AzureADTokenExchangeUSGov/.default",
        "china" => "api://AzureADTokenExchangeChina/.default",
        _ => "api://AzureADTokenExchange/.default",
    }
}

const OPERATION: &str = "managed_identity.token";
const CONNECT_TIMEOUT: Duration = Duration::from_secs(2);
/// No answer with a token is larger.
const LARGEST_ANSWER: usize = 256 << 10;
