//! What all clients of this crate share.

use std::sync::Arc;

use bundle_core::auth::{Credential, Principal};
use bundle_core::http::{ClientOptions, Pipeline};
use bundle_core::{Result, TenantId};

use crate::key_vault::{Challenges, KeyVaultClient, VaultCredential, VaultUrl};

/// One pipeline and what the vaults said, for every tenant and vault of a program.
#[derive(Clone)]
pub(crate) struct Azure {
    pub(crate) pipeline: Pipeline,
    challenges: Arc<Challenges>,
}

impl Azure {
    pub(crate) fn new(credential: Arc<dyn Credential>, options: &ClientOptions) -> Result<Self> {
        let challenges = Arc::new(Challenges::default());
        let credential = VaultCredential::new(credential, Arc::clone(&challenges), options);
        Ok(Self { pipeline: Pipeline::new(Some(Arc::new(credential)), options)?, challenges })
    }

    pub(crate) fn vault(
        &self,
        vault: &VaultUrl,
        principal: Principal,
        tenant: Option<TenantId>,
    ) -> Result<KeyVaultClient> {
        KeyVaultClient::from_parts(self.pipeline.clone(), &self.challenges, vault, principal, tenant)
    }
}
