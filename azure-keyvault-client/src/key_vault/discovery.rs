//! Finding out whose tokens a vault takes: asked once per vault, shared by all clients of a program part.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, OnceLock, PoisonError, RwLock};

use async_trait::async_trait;
use bundle_core::auth::{AccessToken, Credential, Principal, TokenRequest};
use bundle_core::http::{ClientOptions, Pipeline, Request, join_path};
use bundle_core::ids::AppId;
use bundle_core::{Result, Service, TenantId};
use http::Method;

use super::challenge::{VaultChallenge, refuse};
use super::{API_VERSION, VaultUrl};

/// The verified challenges, one place per vault.
#[derive(Debug, Default)]
pub(crate) struct Challenges(Mutex<BTreeMap<String, Arc<Vault>>>);

/// What is known of one vault.
#[derive(Debug)]
pub(super) struct Vault {
    url: VaultUrl,
    /// What requests name as their scope, see [`scope`]: for any tenant, for one tenant.
    scopes: [String; 2],
    known: RwLock<Option<Arc<VaultChallenge>>>,
    /// Held by whoever asks, so that everybody else waits for that one answer.
    asking: tokio::sync::Mutex<()>,
}

impl Vault {
    fn new(url: &VaultUrl) -> Self {
        let scopes = [false, true].map(|pinned| scope(url, pinned));
        Self { url: url.clone(), scopes, known: RwLock::default(), asking: tokio::sync::Mutex::default() }
    }

    pub(super) fn url(&self) -> &VaultUrl {
        &self.url
    }

    pub(super) fn scope(&self, pinned: bool) -> &str {
        &self.scopes[usize::from(pinned)]
    }

    /// The challenge of the vault; asks for it when it is not known yet.
    pub(super) async fn challenge(&self, pipeline: &Pipeline, api_version: &str) -> Result<Arc<VaultChallenge>> {
        if let Some(challenge) = self.known() {
            return Ok(challenge);
        }
        let _asking = self.asking.lock().await;
        if let Some(challenge) = self.known() {
            return Ok(challenge);
        }
        // Verified before it is kept: what is refused once is asked for again, and refused again.
        Ok(self.keep(discover(&self.url, pipeline, api_version).await?))
    }

    fn known(&self) -> Option<Arc<VaultChallenge>> {
        self.known.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn keep(&self, challenge: VaultChallenge) -> Arc<VaultChallenge> {
        let challenge = Arc::new(challenge);
        *self.known.write().unwrap_or_else(PoisonError::into_inner) = Some(Arc::clone(&challenge));
        challenge
    }
}

impl Challenges {
    /// What is known of a vault.
    pub(super) fn vault(&self, url: &VaultUrl) -> Arc<Vault> {
        let mut vaults = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(vaults.entry(url.to_string()).or_insert_with(|| Arc::new(Vault::new(url))))
    }

    /// The vault a scope stands for, see [`scope`].
    fn by_scope(&self, scope: &str) -> Option<(Arc<Vault>, bool)> {
        let (url, pinned) = scope.strip_suffix(PINNED).map_or((scope, false), |url| (url, true));
        let vaults = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        vaults.get(url).map(|vault| (Arc::clone(vault), pinned))
    }
}

/// The scope requests to a vault name. [`VaultCredential`] puts the real one in its place, so that a vault which has
/// moved to another tenant is noticed on every request, pages of listings included.
fn scope(vault: &VaultUrl, pinned: bool) -> String {
    format!("{vault}{}", if pinned { PINNED } else { "" })
}

/// Asks the vault, without token and body, whose tokens it takes.
async fn discover(vault: &VaultUrl, pipeline: &Pipeline, api_version: &str) -> Result<VaultChallenge> {
    const OPERATION: &str = "azure.key_vault.discover";
    let request = Request::new(Service::KeyVault, OPERATION, Method::GET, join_path(vault.as_url(), &["secrets"]))
        .query("api-version", api_version)
        .accept(401);
    let response = pipeline.send(request).await?;
    if response.status() != 401 {
        return Err(refuse(vault, "answers without asking for a token")
            .with_status(response.status().as_u16())
            .with_operation(OPERATION));
    }
    VaultChallenge::verify(response.headers(), vault, pipeline.cloud()).map_err(|error| error.with_operation(OPERATION))
}

/// Answers tokens for vaults by their challenge, and everything else as the credential behind it does.
pub(crate) struct VaultCredential {
    inner: Arc<dyn Credential>,
    challenges: Arc<Challenges>,
    options: ClientOptions,
    /// Used to ask again; rarely needed, so made when it is.
    anonymous: OnceLock<Pipeline>,
}

impl VaultCredential {
    pub(crate) fn new(inner: Arc<dyn Credential>, challenges: Arc<Challenges>, options: &ClientOptions) -> Self {
        Self { inner, challenges, options: options.clone(), anonymous: OnceLock::new() }
    }

    /// A vault has refused a token without asking for claims: asks it once more whose tokens it takes.
    async fn renew(&self, vault: &Vault, pinned: bool, request: &TokenRequest) -> Result<Arc<VaultChallenge>> {
        let _asking = vault.asking.lock().await;
        if let Some(challenge) = vault.known().filter(|challenge| challenge.tenant != request.tenant) {
            // Somebody else has asked meanwhile.
            check(vault, &challenge, pinned, request.tenant)?;
            return Ok(challenge);
        }
        let challenge = discover(&vault.url, self.anonymous()?, API_VERSION).await?;
        check(vault, &challenge, pinned, request.tenant)?;
        Ok(vault.keep(challenge))
    }

    fn anonymous(&self) -> Result<&Pipeline> {
        match self.anonymous.get() {
            Some(pipeline) => Ok(pipeline),
            None => {
                let pipeline = Pipeline::new(None, &self.options)?;
                Ok(self.anonymous.get_or_init(|| pipeline))
            }
        }
    }
}

#[async_trait]
impl Credential for VaultCredential {
    async fn token(&self, request: &TokenRequest) -> Result<AccessToken> {
        let Some((vault, pinned)) = self.challenges.by_scope(&request.scope) else {
            return self.inner.token(request).await;
        };
        let plain_refusal = request.rejected.is_some() && request.claims.is_none();
        let challenge = if plain_refusal {
            self.renew(&vault, pinned, request).await?
        } else {
            let known = vault.known().ok_or_else(|| refuse(&vault.url, "was not asked whose tokens it takes"))?;
            check(&vault, &known, pinned, request.tenant)?;
            known
        };
        let mut real = TokenRequest::new(challenge.tenant, request.principal, challenge.scope.as_str());
        real.claims.clone_from(&request.claims);
        real.rejected.clone_from(&request.rejected);
        self.inner.token(&real).await
    }

    fn ready(&self, tenant: &TenantId, principal: Principal, scope: &str) -> Option<AccessToken> {
        let Some((vault, pinned)) = self.challenges.by_scope(scope) else {
            return self.inner.ready(tenant, principal, scope);
        };
        let known = vault.known()?;
        check(&vault, &known, pinned, *tenant).ok()?;
        self.inner.ready(&known.tenant, principal, &known.scope)
    }

    async fn forget(&self, tenant: &TenantId) {
        self.inner.forget(tenant).await;
    }

    fn application(&self) -> AppId {
        self.inner.application()
    }
}

impl std::fmt::Debug for VaultCredential {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("VaultCredential").field(&self.inner).finish()
    }
}

/// A client of one tenant takes no vault of another one.
fn check(vault: &Vault, challenge: &VaultChallenge, pinned: bool, tenant: TenantId) -> Result<()> {
    if pinned && challenge.tenant != tenant {
        return Err(foreign_tenant(&vault.url, challenge.tenant));
    }
    Ok(())
}

/// The error for a vault of another tenant than the one a client is for.
pub(super) fn foreign_tenant(vault: &VaultUrl, owner: TenantId) -> bundle_core::Error {
    refuse(vault, &format!("belongs to tenant {owner}")).with_kind(bundle_core::ErrorKind::Config)
}

/// Marks the scope of a client that is for one tenant only. No URL of a vault ends like this.
const PINNED: &str = "#one-tenant";
