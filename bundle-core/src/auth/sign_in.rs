//! Signing the service account in.

use std::sync::Arc;

use secrecy::SecretString;

use super::oauth::Tokens;
use super::{ClientAssertion, ClientCertificate, ClientProof, TokenClaims};
use crate::error::{Error, ErrorKind, Result};
use crate::http::{ClientOptions, Pipeline};
use crate::ids::{AppId, TenantId};
use crate::service::Service;

/// What an interactive sign-in needs to know.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct SignInOptions {
    /// Cloud, timeouts and retries.
    pub client: ClientOptions,
    /// The tenant to sign in to.
    pub tenant: TenantId,
    /// The application to sign in to.
    pub application: AppId,
    /// How the application proves itself; a public client does not.
    pub proof: ClientProof,
    /// The scopes to ask for, without the OpenID ones. Everything consented on Graph by default.
    pub scopes: Vec<String>,
    /// The account to suggest, as a user principal name.
    pub login_hint: Option<String>,
}

impl SignInOptions {
    /// A sign-in to an application of a tenant.
    #[must_use]
    pub fn new(client: ClientOptions, tenant: TenantId, application: AppId) -> Self {
        let scopes = vec![client.cloud.default_scope(Service::Graph)];
        Self { client, tenant, application, proof: ClientProof::public(), scopes, login_hint: None }
    }

    /// Sets the application's secret.
    #[must_use]
    pub fn client_secret(self, secret: SecretString) -> Self {
        self.client_proof(ClientProof::secret(secret))
    }

    /// Sets the application's certificate, in place of a secret.
    #[must_use]
    pub fn client_certificate(self, certificate: ClientCertificate) -> Self {
        self.client_assertion(Arc::new(certificate))
    }

    /// Sets where the application's assertions come from, in place of a secret.
    #[must_use]
    pub fn client_assertion(self, source: Arc<dyn ClientAssertion>) -> Self {
        self.client_proof(ClientProof::assertion(source))
    }

    /// Sets how the application proves itself; the last proof set holds.
    #[must_use]
    pub fn client_proof(mut self, proof: ClientProof) -> Self {
        self.proof = proof;
        self
    }

    /// Sets the scopes to ask for.
    #[must_use]
    pub fn scopes(mut self, scopes: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.scopes = scopes.into_iter().map(Into::into).collect();
        self
    }

    /// Sets the account to suggest.
    #[must_use]
    pub fn login_hint(mut self, user_principal_name: impl Into<String>) -> Self {
        self.login_hint = Some(user_principal_name.into());
        self
    }

    pub(super) fn pipeline(&self) -> Result<Pipeline> {
        self.proof.check()?;
        Pipeline::new(None, &self.client)
    }

    pub(super) fn all_scopes(&self) -> impl Iterator<Item = oauth2::Scope> + '_ {
        let open_id = ["openid", "profile", "offline_access"].map(str::to_owned);
        self.scopes.iter().cloned().chain(open_id).map(oauth2::Scope::new)
    }
}

/// A finished sign-in: the refresh token to keep, and what the access token said about the account.
#[derive(Clone, Debug)]
pub struct SignIn {
    refresh_token: SecretString,
    claims: TokenClaims,
}

impl SignIn {
    pub(super) fn new(tokens: Tokens) -> Result<Self> {
        let refresh_token = tokens.refresh.ok_or_else(|| {
            Error::new(ErrorKind::Decode, "the sign-in brought no refresh token; offline_access was not granted")
        })?;
        Ok(Self { refresh_token, claims: tokens.access.claims().unwrap_or_default() })
    }

    /// The refresh token.
    #[must_use]
    pub fn refresh_token(&self) -> &SecretString {
        &self.refresh_token
    }

    /// What the access token said about the account: check the tenant, and that multifactor authentication was used.
    #[must_use]
    pub fn claims(&self) -> &TokenClaims {
        &self.claims
    }
}
