//! An access token and the request for one.

use std::sync::Arc;
use std::time::Duration;

use http::HeaderValue;
use secrecy::{ExposeSecret, SecretString};
use tokio::time::Instant;

use super::TokenClaims;
use crate::error::{Error, ErrorKind, Result};
use crate::ids::TenantId;

/// Who acts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Principal {
    /// The service account, through the application (delegated).
    Account,
    /// The application itself (app-only).
    Application,
}

/// What token is asked for.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct TokenRequest {
    /// The tenant that issues the token.
    pub tenant: TenantId,
    /// Account or application.
    pub principal: Principal,
    /// The scope, for example `https://graph.microsoft.com/.default`.
    pub scope: String,
    /// Claims a service asked for in a challenge (JSON).
    pub claims: Option<String>,
    /// A token a service has refused; it must not be answered again.
    pub rejected: Option<AccessToken>,
}

impl TokenRequest {
    /// A request without claims.
    #[must_use]
    pub fn new(tenant: TenantId, principal: Principal, scope: impl Into<String>) -> Self {
        Self { tenant, principal, scope: scope.into(), claims: None, rejected: None }
    }
}

/// An access token: secret, cheap to clone, with the time it stops being good.
#[derive(Clone)]
pub struct AccessToken(Arc<Inner>);

struct Inner {
    secret: SecretString,
    good_until: Instant,
}

impl AccessToken {
    /// Wraps a token that is valid for `expires_in` from now. It counts as good until five minutes before its end
    /// (a fifth before, for short-lived ones).
    #[must_use]
    pub fn new(secret: SecretString, expires_in: Duration) -> Self {
        let expires_in = expires_in.min(LONGEST);
        let early = EARLY.min(expires_in / 5);
        Self(Arc::new(Inner { secret, good_until: Instant::now() + (expires_in - early) }))
    }

    /// Whether the token is good for some minutes more.
    #[must_use]
    pub fn is_good(&self) -> bool {
        Instant::now() < self.0.good_until
    }

    /// Whether both are one and the same token.
    #[must_use]
    pub fn is_same(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0) || self.0.secret.expose_secret() == other.0.secret.expose_secret()
    }

    /// What the token says about itself; only for reports, the signature is not checked.
    #[must_use]
    pub fn claims(&self) -> Option<TokenClaims> {
        TokenClaims::read(self.0.secret.expose_secret())
    }

    pub(super) fn secret(&self) -> &SecretString {
        &self.0.secret
    }

    pub(crate) fn header_value(&self) -> Result<HeaderValue> {
        let text = format!("Bearer {}", self.0.secret.expose_secret());
        let mut value = HeaderValue::from_str(&text)
            .map_err(|_| Error::new(ErrorKind::Decode, "the access token cannot stand in a header"))?;
        value.set_sensitive(true);
        Ok(value)
    }
}

impl std::fmt::Debug for AccessToken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("AccessToken([REDACTED])")
    }
}

/// How long before its end a token is renewed.
const EARLY: Duration = Duration::from_secs(300);
/// A bound for absurd lifetimes; Entra issues tokens for 28 hours at most.
const LONGEST: Duration = Duration::from_secs(30 * 86_400);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn absurd_lifetime_is_bounded() {
        assert!(AccessToken::new("t".into(), Duration::MAX).is_good());
        assert!(!AccessToken::new("t".into(), Duration::ZERO).is_good());
    }

    #[tokio::test(start_paused = true)]
    async fn token_is_renewed_early_and_never_shown() {
        let token = AccessToken::new("hunter2".into(), Duration::from_secs(3600));
        assert!(token.is_good());
        tokio::time::advance(Duration::from_secs(3301)).await;
        assert!(!token.is_good());
        let text = format!(
            "{token:?} {:?}",
            TokenRequest {
                rejected: Some(token.clone()),
                ..TokenRequest::new(TenantId::from_u128(1), Principal::Account, "s")
            }
        );
        assert!(!text.contains("hunter2"), "{text}");
        assert!(token.header_value().unwrap().is_sensitive());
    }
}
