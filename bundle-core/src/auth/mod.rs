//! Tokens: who asks, where they come from and where they are kept.
//!
//! The tenant is part of every token request; that is how GDAP works: the partner's refresh token is redeemed at the
//! customer's authority. [`PartnerCredential`] does this for all clients of a program, with one request per token
//! however many callers wait for it.

#[cfg(feature = "sign-in")]
mod authorization_code;
mod cache;
#[cfg(feature = "sign-in")]
mod cancel;
#[cfg(feature = "workload-identity")]
mod certificate;
mod challenge;
mod claims;
mod claims_parameter;
#[cfg(feature = "workload-identity")]
mod client_certificate;
#[cfg(feature = "sign-in")]
mod device_code;
mod exchange;
#[cfg(feature = "workload-identity")]
mod federated;
#[cfg(feature = "file-store")]
mod file_store;
mod grant;
#[cfg(feature = "workload-identity")]
mod managed_identity;
mod partner;
mod proof;
#[cfg(feature = "sign-in")]
mod sign_in;
mod store;
mod tenant_id;
mod token;
mod token_answer;

use async_trait::async_trait;

use crate::error::Result;
use crate::ids::{AppId, TenantId};

#[cfg(feature = "sign-in")]
pub use authorization_code::sign_in_with_browser;
pub use cache::TokenCache;
#[cfg(feature = "sign-in")]
pub use cancel::CancelSignIn;
#[cfg(feature = "workload-identity")]
pub use certificate::{AssertionSigner, SigningCertificate};
pub use challenge::{Challenge, claims_challenge};
pub use claims::{IdentityType, TokenClaims};
#[cfg(feature = "workload-identity")]
pub use client_certificate::ClientCertificate;
#[cfg(feature = "sign-in")]
pub use device_code::{DeviceCodeEvent, DeviceCodePrompt, DeviceCodeSignIn, sign_in_with_device_code};
#[cfg(feature = "workload-identity")]
pub use federated::{AssertionCallback, AssertionFile};
#[cfg(feature = "file-store")]
pub use file_store::{FileTokenStore, StoreKey};
#[cfg(feature = "workload-identity")]
pub use managed_identity::{ManagedIdentityBuilder, ManagedIdentityCredential, ManagedIdentityHost, UserAssigned};
pub use partner::{PartnerCredential, PartnerCredentialBuilder};
pub use proof::{AssertionRequest, ClientAssertion, ClientProof};
#[cfg(feature = "sign-in")]
pub use sign_in::{SignIn, SignInOptions, SignInPrompt};
pub use store::{AccountKey, MemoryTokenStore, TokenStore};
pub use tenant_id::TenantDirectory;
pub use token::{AccessToken, Principal, TokenRequest};

/// Where access tokens come from.
///
/// # Behavior
/// * Asking twice for the same request may answer the same token, while it is valid.
/// * A request with `rejected` never answers that token again.
/// * A request with `claims` answers a token issued for exactly these claims.
/// * After [`Credential::forget`], tokens of that tenant are issued anew, and those handed out before are
///   [outdated](AccessToken::is_outdated).
#[async_trait]
pub trait Credential: std::fmt::Debug + Send + Sync {
    /// Answers a token for the request.
    async fn token(&self, request: &TokenRequest) -> Result<AccessToken>;

    /// The token for a request without claims, where one is at hand that needs no renewal: what nearly every call takes,
    /// without a future. `None` says nothing; [`Credential::token`] is asked then.
    fn ready(&self, tenant: &TenantId, principal: Principal, scope: &str) -> Option<AccessToken> {
        let _ = (tenant, principal, scope);
        None
    }

    /// Drops what is cached for a tenant: consent or roles have changed there, or the work on it is done.
    async fn forget(&self, tenant: &TenantId);

    /// The application that acts.
    fn application(&self) -> AppId;
}
