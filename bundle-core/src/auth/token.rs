//! An access token and the request for one.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
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

/// An access token: secret, cheap to clone, with the times that decide how long it is used.
#[derive(Clone)]
pub struct AccessToken(Arc<Inner>);

struct Inner {
    /// `Bearer` and the token; `None` when its text cannot stand in a header.
    header: Option<HeaderValue>,
    issued_at: Instant,
    lifetime: Duration,
    refresh_in: Option<Duration>,
    outdated: AtomicBool,
    replacement: AtomicBool,
}

impl AccessToken {
    /// Wraps a token that is valid for `expires_in` from now.
    #[must_use]
    #[expect(clippy::needless_pass_by_value, reason = "the caller gives the secret away, and it is wiped here")]
    pub fn new(secret: SecretString, expires_in: Duration) -> Self {
        let header = HeaderValue::try_from(format!("{SCHEME}{}", secret.expose_secret())).ok().map(|mut value| {
            value.set_sensitive(true);
            value
        });
        Self(Arc::new(Inner {
            header,
            issued_at: Instant::now(),
            lifetime: expires_in.min(LONGEST),
            refresh_in: None,
            outdated: AtomicBool::new(false),
            replacement: AtomicBool::new(false),
        }))
    }

    /// Sets after how long, counted from its issue, a new token should be asked for; the authority names it for
    /// long-lived tokens (`refresh_in`). Some minutes before the end without it.
    #[must_use]
    pub fn with_refresh_in(self, refresh_in: Duration) -> Self {
        Self(Arc::new(Inner {
            header: self.0.header.clone(),
            issued_at: self.0.issued_at,
            lifetime: self.0.lifetime,
            refresh_in: Some(refresh_in),
            outdated: AtomicBool::new(self.is_outdated()),
            replacement: AtomicBool::new(self.0.replacement.load(Ordering::Relaxed)),
        }))
    }

    /// How long ago the token was issued.
    #[must_use]
    pub fn age(&self) -> Duration {
        self.0.issued_at.elapsed()
    }

    /// Whether the token is at its end. It counts as expired half a minute early (a tenth of its life, for
    /// short-lived ones), so that it is still valid when it arrives.
    #[must_use]
    pub fn is_expired(&self) -> bool {
        Instant::now() >= self.usable_until()
    }

    /// Whether consent, roles or the sign-in have changed since the token was asked for, as told to the credential it
    /// comes from (see [`Credential::forget`](super::Credential::forget)). What it lacks, a new token may have.
    #[must_use]
    pub fn is_outdated(&self) -> bool {
        self.0.outdated.load(Ordering::Relaxed)
    }

    /// Whether a refusal for lack of permissions may be the token's fault: it is outdated, or older than five
    /// minutes, so that somebody else may have granted something since.
    ///
    /// A token that was just issued is not behind, so whoever replaces tokens that are does so once per token.
    #[must_use]
    pub fn may_lack_grants(&self) -> bool {
        self.is_outdated() || self.age() >= GRANTS_CHANGE
    }

    /// Whether both are one and the same token.
    #[must_use]
    pub fn is_same(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0) || self.text().is_some_and(|text| other.text() == Some(text))
    }

    /// What the token says about itself; only for reports, the signature is not checked.
    #[must_use]
    pub fn claims(&self) -> Option<TokenClaims> {
        TokenClaims::read(self.text()?)
    }

    /// The value of `Authorization`, marked as sensitive. Clones share the text.
    pub(crate) fn header_value(&self) -> Result<HeaderValue> {
        let header = self.0.header.clone();
        header.ok_or_else(|| Error::new(ErrorKind::Decode, "the access token cannot stand in a header"))
    }

    /// Whether the token has just taken the place of one that a service refused without saying why. When it is refused
    /// too, a third one would not be liked better.
    pub(crate) fn is_new_replacement(&self) -> bool {
        self.0.replacement.load(Ordering::Relaxed) && self.age() < NEW_REPLACEMENT
    }

    pub(super) fn usable_until(&self) -> Instant {
        self.0.issued_at + (self.0.lifetime - MARGIN.min(self.0.lifetime / 10))
    }

    pub(super) fn issued_at(&self) -> Instant {
        self.0.issued_at
    }

    pub(super) fn lifetime(&self) -> Duration {
        self.0.lifetime
    }

    pub(super) fn refresh_in(&self) -> Option<Duration> {
        self.0.refresh_in
    }

    pub(super) fn outdate(&self) {
        self.0.outdated.store(true, Ordering::Relaxed);
    }

    pub(super) fn mark_replacement(&self) {
        self.0.replacement.store(true, Ordering::Relaxed);
    }

    pub(super) fn text(&self) -> Option<&str> {
        // Whatever was made from a text can be read as one.
        self.0.header.as_ref()?.as_bytes().strip_prefix(SCHEME.as_bytes()).and_then(|text| str::from_utf8(text).ok())
    }
}

impl std::fmt::Debug for AccessToken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("AccessToken([REDACTED])")
    }
}

const SCHEME: &str = "Bearer ";
/// How long before its end a token is not used any more: the way to the service, and clocks that differ.
const MARGIN: Duration = Duration::from_secs(30);
/// A bound for absurd lifetimes; Entra issues tokens for 28 hours at most.
const LONGEST: Duration = Duration::from_secs(30 * 86_400);
/// How old a token has to be before a refusal is blamed on what it carries.
const GRANTS_CHANGE: Duration = Duration::from_secs(300);
/// How often a service that refuses every token makes the authority issue one.
const NEW_REPLACEMENT: Duration = Duration::from_secs(60);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn absurd_lifetime_is_bounded() {
        assert!(!AccessToken::new("t".into(), Duration::MAX).is_expired());
        assert!(AccessToken::new("t".into(), Duration::ZERO).is_expired());
    }

    #[tokio::test(start_paused = true)]
    async fn token_ends_early_and_is_never_shown() {
        let token = AccessToken::new("hunter2".into(), Duration::from_secs(3600));
        tokio::time::advance(Duration::from_secs(3569)).await;
        assert!(!token.is_expired());
        tokio::time::advance(Duration::from_secs(1)).await;
        assert!(token.is_expired());
        let text = format!(
            "{token:?} {:?} {:?}",
            TokenRequest {
                rejected: Some(token.clone()),
                ..TokenRequest::new(TenantId::from_u128(1), Principal::Account, "s")
            },
            token.header_value().unwrap()
        );
        assert!(!text.contains("hunter2"), "{text}");
    }

    #[test]
    fn clones_share_the_text_of_the_header() {
        let token = AccessToken::new("t".into(), Duration::from_secs(60));
        let values = [&token, &token.clone()].map(|token| token.header_value().unwrap());
        assert_eq!(values[0], "Bearer t");
        assert!(values[0].is_sensitive());
        assert!(std::ptr::eq(values[0].as_bytes(), values[1].as_bytes()));
        let odd = AccessToken::new("a\nb".into(), Duration::from_secs(60));
        assert_eq!(odd.header_value().unwrap_err().kind(), ErrorKind::Decode);
        let other = AccessToken::new("c\nd".into(), Duration::from_secs(60));
        assert!(odd.is_same(&odd.clone()) && !odd.is_same(&token) && !odd.is_same(&other));
    }

    #[tokio::test(start_paused = true)]
    async fn token_may_lack_grants_when_it_is_old_or_told_so() {
        let token = AccessToken::new("t".into(), Duration::from_secs(3600));
        assert!(!token.may_lack_grants());
        tokio::time::advance(Duration::from_secs(300)).await;
        assert!(token.may_lack_grants() && !token.is_outdated());
        let token = AccessToken::new("t".into(), Duration::from_secs(3600)).with_refresh_in(Duration::from_secs(60));
        token.outdate();
        assert!(token.may_lack_grants() && token.is_outdated());
    }
}
