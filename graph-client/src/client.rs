//! The client of a program: where Graph is and whose tokens it takes.

use std::fmt;
use std::sync::Arc;

use bundle_core::auth::{Credential, Principal, TokenClaims, TokenRequest};
use bundle_core::http::{ClientOptions, Pipeline};
use bundle_core::{Cloud, Result, Service, TenantId};

use crate::TenantGraph;

/// Microsoft Graph for many tenants.
///
/// One client serves a whole program: clones are cheap and share connections, limits and tokens. The calls hang on
/// [`TenantGraph`], which [`GraphClient::for_tenant`] gives, so no call can be made without saying in which tenant.
#[derive(Clone)]
pub struct GraphClient {
    pipeline: Pipeline,
    credential: Arc<dyn Credential>,
}

impl GraphClient {
    /// A client of the public cloud with the default options.
    ///
    /// # Errors
    /// [`ErrorKind::Config`](bundle_core::ErrorKind::Config): TLS cannot be set up.
    pub fn new(credential: Arc<dyn Credential>) -> Result<Self> {
        Self::with_options(credential, &ClientOptions::default())
    }

    /// A client with options: another cloud, other retries, the program's name.
    ///
    /// # Errors
    /// [`ErrorKind::Config`](bundle_core::ErrorKind::Config): the application name cannot stand in a header, or TLS
    /// cannot be set up.
    pub fn with_options(credential: Arc<dyn Credential>, options: &ClientOptions) -> Result<Self> {
        Ok(Self { pipeline: Pipeline::new(Some(Arc::clone(&credential)), options)?, credential })
    }

    /// The calls of one tenant, made as the service account until [`TenantGraph::as_application`] says otherwise.
    #[must_use]
    pub fn for_tenant(&self, tenant: &TenantId) -> TenantGraph {
        TenantGraph::new(self.clone(), *tenant)
    }

    /// The cloud the calls go to.
    #[must_use]
    pub fn cloud(&self) -> &Cloud {
        self.pipeline.cloud()
    }

    /// Drops the cached tokens of a tenant: consent or roles have changed there, and tokens issued before do not
    /// carry them.
    pub async fn forget_tokens(&self, tenant: &TenantId) {
        self.pipeline.forget_tokens(tenant).await;
    }

    /// What the Graph token of a tenant says about itself; `None` when it is opaque. For reports only, the signature
    /// is not checked.
    ///
    /// # Errors
    /// Any error of the credential: no sign-in, no consent, a policy that refuses it.
    pub async fn token_claims(&self, tenant: &TenantId, principal: Principal) -> Result<Option<TokenClaims>> {
        let scope = self.cloud().default_scope(Service::Graph);
        let token = self.credential.token(&TokenRequest::new(*tenant, principal, scope)).await;
        match token {
            Ok(token) => Ok(token.claims()),
            Err(error) => Err(error.with_operation("graph.token_claims").with_tenant(*tenant)),
        }
    }

    pub(crate) fn pipeline(&self) -> &Pipeline {
        &self.pipeline
    }
}

impl fmt::Debug for GraphClient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("GraphClient").field("cloud", self.cloud()).finish_non_exhaustive()
    }
}
