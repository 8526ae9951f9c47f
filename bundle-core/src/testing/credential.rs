//! A credential without an authority.

use std::sync::Mutex;
use std::sync::PoisonError;
use std::time::Duration;

use async_trait::async_trait;

use crate::auth::{AccessToken, Credential, Principal, TokenRequest};
use crate::error::Result;
use crate::ids::{AppId, TenantId};

/// Answers the token `{principal}:{tenant}:{scope}` and remembers what it was asked, so a test can match on
/// `Authorization` and see which tenants were forgotten.
#[derive(Debug, Default)]
pub struct FixedCredential {
    requests: Mutex<Vec<TokenRequest>>,
    forgotten: Mutex<Vec<TenantId>>,
}

impl FixedCredential {
    /// A credential that was asked nothing yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The `Authorization` header a request carries.
    #[must_use]
    pub fn header(tenant: &TenantId, principal: Principal, scope: &str) -> String {
        format!("Bearer {}", token(tenant, principal, scope))
    }

    /// What was asked so far.
    #[must_use]
    pub fn requests(&self) -> Vec<TokenRequest> {
        self.requests.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The tenants forgotten so far.
    #[must_use]
    pub fn forgotten(&self) -> Vec<TenantId> {
        self.forgotten.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

#[async_trait]
impl Credential for FixedCredential {
    async fn token(&self, request: &TokenRequest) -> Result<AccessToken> {
        self.requests.lock().unwrap_or_else(PoisonError::into_inner).push(request.clone());
        let text = token(&request.tenant, request.principal, &request.scope);
        Ok(AccessToken::new(text.into(), Duration::from_secs(3600)))
    }

    async fn forget(&self, tenant: &TenantId) {
        self.forgotten.lock().unwrap_or_else(PoisonError::into_inner).push(*tenant);
    }

    fn application(&self) -> AppId {
        AppId::from_u128(0xaaaa_aaaa_aaaa_4aaa_8aaa_aaaa_aaaa_aaaa)
    }
}

fn token(tenant: &TenantId, principal: Principal, scope: &str) -> String {
    let principal = match principal {
        Principal::Account => "account",
        Principal::Application => "application",
    };
    format!("{principal}:{tenant}:{scope}")
}
