//! Signing the service account in.

use std::sync::Arc;
use std::time::Duration;

use secrecy::SecretString;
use tokio::time::Instant;

use super::grant::Tokens;
use super::{CancelSignIn, ClientAssertion, ClientProof, TokenClaims};
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
    /// The domain of the account, which leads past the page that asks for one. In a browser only.
    pub domain_hint: Option<String>,
    /// What the authority asks the person, whoever is signed in already. In a browser only.
    pub prompt: SignInPrompt,
    /// The claims the sign-in has to satisfy, as JSON text: those of [`Error::claims`], unchanged.
    pub claims: Option<String>,
    /// The port of the redirect address, where the application has one registered; any free one without it. In a
    /// browser only.
    pub redirect_port: Option<u16>,
    /// How long the sign-in may take in all. As long as the device code is good, or ten minutes in a browser, without
    /// it.
    pub patience: Option<Duration>,
    /// What cancels the sign-in from elsewhere.
    pub cancel: Option<CancelSignIn>,
}

/// What the login authority asks a person.
///
/// Source: "OAuth 2.0 authorization code flow" (Microsoft Learn), parameter `prompt`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum SignInPrompt {
    /// To choose an account, even when one is signed in: the service account is seldom the person's own.
    #[default]
    SelectAccount,
    /// For name and password, even when an account is signed in.
    Login,
    /// To consent to the application after signing in.
    Consent,
    /// What the authority finds necessary.
    Automatic,
    /// Nothing: refused when something would have to be asked.
    Silent,
}

impl SignInPrompt {
    /// The word for it in an authorization request.
    pub(super) fn as_str(self) -> Option<&'static str> {
        match self {
            Self::SelectAccount => Some("select_account"),
            Self::Login => Some("login"),
            Self::Consent => Some("consent"),
            Self::Automatic => None,
            Self::Silent => Some("none"),
        }
    }
}

impl SignInOptions {
    /// A sign-in to an application of a tenant.
    #[must_use]
    pub fn new(client: ClientOptions, tenant: TenantId, application: AppId) -> Self {
        let scopes = vec![client.cloud.default_scope(Service::Graph)];
        Self {
            client,
            tenant,
            application,
            proof: ClientProof::public(),
            scopes,
            login_hint: None,
            domain_hint: None,
            prompt: SignInPrompt::default(),
            claims: None,
            redirect_port: None,
            patience: None,
            cancel: None,
        }
    }

    /// Sets the application's secret.
    #[must_use]
    pub fn client_secret(self, secret: SecretString) -> Self {
        self.client_proof(ClientProof::secret(secret))
    }

    /// Sets the application's certificate, in place of a secret.
    #[must_use]
    #[cfg(feature = "workload-identity")]
    pub fn client_certificate(self, certificate: super::ClientCertificate) -> Self {
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

    /// Sets the domain of the account.
    #[must_use]
    pub fn domain_hint(mut self, domain: impl Into<String>) -> Self {
        self.domain_hint = Some(domain.into());
        self
    }

    /// Sets what the authority asks the person.
    #[must_use]
    pub fn prompt(mut self, prompt: SignInPrompt) -> Self {
        self.prompt = prompt;
        self
    }

    /// Sets the claims the sign-in has to satisfy: those of [`Error::claims`], unchanged.
    #[must_use]
    pub fn claims(mut self, claims: impl Into<String>) -> Self {
        self.claims = Some(claims.into());
        self
    }

    /// Sets the port of the redirect address.
    #[must_use]
    pub fn redirect_port(mut self, port: u16) -> Self {
        self.redirect_port = Some(port);
        self
    }

    /// Sets how long the sign-in may take in all.
    #[must_use]
    pub fn patience(mut self, patience: Duration) -> Self {
        self.patience = Some(patience);
        self
    }

    /// Lets `cancel` end the sign-in from elsewhere.
    #[must_use]
    pub fn cancel(mut self, cancel: &CancelSignIn) -> Self {
        self.cancel = Some(cancel.clone());
        self
    }

    /// The pipeline of the sign-in, once the options have been checked.
    pub(super) fn pipeline(&self) -> Result<Pipeline> {
        self.proof.check()?;
        if let Some(claims) = &self.claims
            && serde_json::from_str::<serde_json::Map<String, serde_json::Value>>(claims).is_err()
        {
            return Err(Error::config("claims: not a JSON object"));
        }
        if self.redirect_port == Some(0) {
            return Err(Error::config("redirect_port: 0 is no port"));
        }
        Pipeline::new(None, &self.client)
    }

    /// When a sign-in that begins now has taken too long.
    pub(super) fn end(&self) -> Option<Instant> {
        Instant::now().checked_add(self.patience?)
    }

    /// Does the work of a sign-in until it is cancelled or `end` has come.
    pub(super) async fn unless_cancelled<T>(
        &self,
        end: Option<Instant>,
        work: impl Future<Output = Result<T>>,
    ) -> Result<T> {
        let cancelled = async {
            match &self.cancel {
                Some(cancel) => cancel.cancelled().await,
                None => std::future::pending().await,
            }
        };
        let too_late = async {
            match end {
                Some(end) => tokio::time::sleep_until(end).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            biased;
            () = cancelled => Err(Error::new(ErrorKind::ReauthenticationRequired, "the sign-in was cancelled")),
            done = work => done,
            () = too_late => Err(Error::new(ErrorKind::Timeout, "nobody finished the sign-in in the time allowed")),
        }
    }

    pub(super) fn all_scopes(&self) -> impl Iterator<Item = &str> {
        self.scopes.iter().map(String::as_str).chain(["openid", "profile", "offline_access"])
    }
}

/// A finished sign-in: the refresh token to keep, and what the access token said about the account.
#[derive(Clone, Debug)]
pub struct SignIn {
    refresh_token: SecretString,
    claims: Box<TokenClaims>,
}

impl SignIn {
    pub(super) fn new(tokens: Tokens) -> Result<Self> {
        let refresh_token = tokens.refresh.ok_or_else(|| {
            Error::new(ErrorKind::Decode, "the sign-in brought no refresh token; offline_access was not granted")
        })?;
        Ok(Self { refresh_token, claims: Box::new(tokens.access.claims().unwrap_or_default()) })
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

/// What ended the sign-in, with all that the authority said about it.
pub(super) fn ended(why: &'static str, said: Error) -> Error {
    let mut error = Error::new(ErrorKind::ReauthenticationRequired, why);
    if let Some(status) = said.status() {
        error = error.with_status(status);
    }
    if let Some(code) = said.code() {
        error = error.with_code(code.to_owned());
    }
    let error = said.request_ids().iter().cloned().fold(error, Error::with_request_id);
    error.with_source(said)
}
