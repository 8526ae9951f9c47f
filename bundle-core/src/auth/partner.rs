//! The credential of a partner: one application, one service account, every customer's tenant.

use std::sync::Arc;

use async_trait::async_trait;
use secrecy::{ExposeSecret, SecretString};

use super::claims_parameter::claims_parameter;
use super::grant::{Grant, Tokens};
use super::{
    AccessToken, AccountKey, ClientAssertion, ClientProof, Credential, MemoryTokenStore, Principal, TokenCache,
    TokenRequest, TokenStore,
};
use crate::error::{Diagnosis, Error, ErrorKind, Result};
use crate::http::{ClientOptions, Pipeline, Safety};
use crate::ids::{AppId, TenantId};

/// Tokens for a partner's application and service account, in the partner's own tenant and in the tenants of its
/// customers. Cheap to clone; clones share the cache.
///
/// Account tokens come from the refresh token in the [`TokenStore`], redeemed at the authority of the tenant asked
/// for. A new refresh token is stored before the access token that came with it is handed out. When the authority
/// refuses the stored one and another process has stored a newer one meanwhile, that one is tried once.
///
/// Access tokens are kept in a [`TokenCache`], whose documentation says when they are renewed and how long refusals are
/// remembered. Signing in anew ([`PartnerCredential::keep`]) drops the account's; [`Credential::forget`] drops a
/// tenant's.
///
/// A claims challenge of a service is answered with a token for these claims. When the authority refuses it, the error
/// of the account says what its next sign-in has to satisfy ([`Error::claims`]); for the application, for which nobody
/// can sign in, it is [`ErrorKind::ConditionalAccess`].
#[derive(Clone)]
pub struct PartnerCredential(Arc<Inner>);

struct Inner {
    account: AccountKey,
    proof: ClientProof,
    store: Arc<dyn TokenStore>,
    pipeline: Pipeline,
    claims_challenges: bool,
    cache: TokenCache,
}

impl PartnerCredential {
    /// Starts a credential for an application of a partner's tenant.
    pub fn builder(partner: TenantId, application: AppId) -> PartnerCredentialBuilder {
        PartnerCredentialBuilder {
            account: AccountKey::new(partner, application),
            proof: ClientProof::public(),
            store: None,
            claims_challenges: true,
        }
    }

    /// The partner's tenant.
    #[must_use]
    pub fn partner(&self) -> TenantId {
        self.0.account.tenant
    }

    /// Keeps the refresh token of a sign-in, in place of whatever was stored.
    ///
    /// # Errors
    /// As the store's.
    #[cfg(feature = "sign-in")]
    pub async fn keep(&self, sign_in: &super::SignIn) -> Result<()> {
        self.keep_refresh_token(sign_in.refresh_token()).await
    }

    /// Keeps a refresh token obtained elsewhere, in place of whatever was stored.
    ///
    /// # Errors
    /// As the store's; [`ErrorKind::Conflict`] when another process keeps storing at the same time.
    pub async fn keep_refresh_token(&self, token: &SecretString) -> Result<()> {
        let inner = &self.0;
        for _ in 0..STORE_ATTEMPTS {
            let current = inner.store.load(&inner.account).await?;
            if inner.store.replace(&inner.account, current.as_ref(), token).await? {
                inner.cache.forget_principal(Principal::Account);
                return Ok(());
            }
        }
        Err(Error::new(ErrorKind::Conflict, "the token store is being changed by another process"))
    }

    /// Whether a refresh token is stored.
    ///
    /// # Errors
    /// As the store's.
    pub async fn has_refresh_token(&self) -> Result<bool> {
        Ok(self.0.store.load(&self.0.account).await?.is_some())
    }
}

#[async_trait]
impl Credential for PartnerCredential {
    async fn token(&self, request: &TokenRequest) -> Result<AccessToken> {
        let fetch = |request| {
            let inner = Arc::clone(&self.0);
            async move { inner.issue(&request).await }
        };
        self.0.cache.token(request, fetch).await
    }

    fn ready(&self, tenant: &TenantId, principal: Principal, scope: &str) -> Option<AccessToken> {
        self.0.cache.ready(tenant, principal, scope)
    }

    async fn forget(&self, tenant: &TenantId) {
        self.0.cache.forget(tenant);
    }

    fn application(&self) -> AppId {
        self.0.account.application
    }
}

impl Inner {
    async fn issue(&self, request: &TokenRequest) -> Result<AccessToken> {
        match request.principal {
            Principal::Account => self.account_token(request).await,
            Principal::Application => self.application_token(request).await,
        }
        .map_err(|error| error.with_tenant(request.tenant))
    }

    async fn account_token(&self, request: &TokenRequest) -> Result<AccessToken> {
        let Some(stored) = self.store.load(&self.account).await? else {
            let error = Error::new(ErrorKind::ReauthenticationRequired, "no sign-in of the service account is stored");
            return Err(match Diagnosis::find("token-expired") {
                Some(diagnosis) => error.with_diagnosis(diagnosis),
                None => error,
            });
        };
        let error = match self.redeem(&stored, request).await {
            Err(error) if wants_sign_in(error.kind()) => error,
            outcome => return outcome,
        };
        // Another process may have signed in meanwhile, or stored the successor of a token that has ended.
        match self.store.load(&self.account).await {
            Ok(Some(newer)) if newer.expose_secret() != stored.expose_secret() => self.redeem(&newer, request).await,
            _ => Err(error),
        }
    }

    async fn redeem(&self, stored: &SecretString, request: &TokenRequest) -> Result<AccessToken> {
        let scopes = format!("{} offline_access", request.scope);
        let fields =
            [("grant_type", "refresh_token"), ("refresh_token", stored.expose_secret()), ("scope", scopes.as_str())];
        let claims = self.claims(request)?;
        let grant = self.grant("login.refresh_token", request.tenant);
        let Tokens { access, refresh } = match grant.redeem(&fields, claims.as_deref()).await {
            Ok(tokens) => tokens,
            // The next sign-in has to satisfy what the service asked for, unless the authority says what it wants.
            Err(error) => {
                let asked = request.claims.as_ref().filter(|_| wants_sign_in(error.kind()) && error.claims().is_none());
                return Err(match asked {
                    Some(claims) => error.with_claims(claims.as_str()),
                    None => error,
                });
            }
        };
        // Tokens that a customer's authority hands out work too, but the partner's own outlives relationships.
        if let Some(next) = refresh.filter(|_| request.tenant == self.account.tenant) {
            // Not stored means that another caller stored a newer one meanwhile: theirs stays.
            self.store.replace(&self.account, Some(stored), &next).await?;
        }
        Ok(access)
    }

    async fn application_token(&self, request: &TokenRequest) -> Result<AccessToken> {
        if self.proof.is_public() {
            return Err(Error::config("a client secret, certificate or assertion is needed to act as the application"));
        }
        let fields = [("grant_type", "client_credentials"), ("scope", request.scope.as_str())];
        let claims = self.claims(request)?;
        match self.grant("login.client_credentials", request.tenant).redeem(&fields, claims.as_deref()).await {
            Ok(tokens) => Ok(tokens.access),
            // Nobody can sign in for an application: it is for the owner of the policy to act.
            Err(error) if wants_sign_in(error.kind()) => Err(error.with_kind(ErrorKind::ConditionalAccess)),
            Err(error) => Err(error),
        }
    }

    fn claims(&self, request: &TokenRequest) -> Result<Option<String>> {
        claims_parameter(request.claims.as_deref(), self.claims_challenges)
    }

    fn grant(&self, operation: &'static str, tenant: TenantId) -> Grant<'_> {
        // Both grants may be repeated: Entra does not revoke a refresh token by redeeming it.
        Grant {
            pipeline: &self.pipeline,
            application: self.account.application,
            proof: &self.proof,
            operation,
            tenant,
            safety: Safety::Idempotent,
        }
    }
}

impl std::fmt::Debug for PartnerCredential {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("PartnerCredential").field("account", &self.0.account).finish_non_exhaustive()
    }
}

/// Builds a [`PartnerCredential`].
#[derive(Debug)]
#[must_use]
pub struct PartnerCredentialBuilder {
    account: AccountKey,
    proof: ClientProof,
    store: Option<Arc<dyn TokenStore>>,
    claims_challenges: bool,
}

impl PartnerCredentialBuilder {
    /// Sets the application's secret. Without any proof the application is a public client and cannot act as itself.
    pub fn client_secret(self, secret: SecretString) -> Self {
        self.client_proof(ClientProof::secret(secret))
    }

    /// Sets the application's certificate, in place of a secret.
    #[cfg(feature = "workload-identity")]
    pub fn client_certificate(self, certificate: super::ClientCertificate) -> Self {
        self.client_assertion(Arc::new(certificate))
    }

    /// Sets where the application's assertions come from, in place of a secret.
    pub fn client_assertion(self, source: Arc<dyn ClientAssertion>) -> Self {
        self.client_proof(ClientProof::assertion(source))
    }

    /// Sets how the application proves itself; the last proof set holds.
    pub fn client_proof(mut self, proof: ClientProof) -> Self {
        self.proof = proof;
        self
    }

    /// Sets where the refresh token is kept; in memory without it.
    pub fn store(mut self, store: Arc<dyn TokenStore>) -> Self {
        self.store = Some(store);
        self
    }

    /// Sets whether the authority is told that claims challenges are answered (continuous access evaluation). On by
    /// default: tokens then live longer, and end within minutes when the account is disabled or loses its sign-in.
    /// Turn it off for programs that hand the tokens to software that does not answer challenges.
    pub fn claims_challenges(mut self, answered: bool) -> Self {
        self.claims_challenges = answered;
        self
    }

    /// Builds the credential; its token requests follow `options`.
    ///
    /// # Errors
    /// [`ErrorKind::Config`]: the secret is empty, or [`Pipeline::new`] refuses the options.
    pub fn build(self, options: &ClientOptions) -> Result<PartnerCredential> {
        self.proof.check()?;
        Ok(PartnerCredential(Arc::new(Inner {
            account: self.account,
            proof: self.proof,
            store: self.store.unwrap_or_else(|| Arc::new(MemoryTokenStore::new())),
            pipeline: Pipeline::new(None, options)?,
            claims_challenges: self.claims_challenges,
            cache: TokenCache::new(),
        })))
    }
}

/// Whether a person has to sign in before the grant works again.
fn wants_sign_in(kind: ErrorKind) -> bool {
    matches!(kind, ErrorKind::ReauthenticationRequired | ErrorKind::MfaRequired)
}

/// How often storing is tried while another process stores too.
const STORE_ATTEMPTS: usize = 5;
