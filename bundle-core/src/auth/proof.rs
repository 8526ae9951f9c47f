//! How the application proves to the token endpoint that it is itself.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use jiff::{SignedDuration, Timestamp};
use secrecy::{ExposeSecret, SecretString};
use url::Url;

use crate::error::{Error, Result};
use crate::ids::AppId;

/// What stands in a token request for the application itself: nothing (a public client), its secret, or a signed
/// assertion. Cheap to clone; clones share what was learned about the clock.
#[derive(Clone, Default)]
pub struct ClientProof(Proof);

#[derive(Clone, Default)]
enum Proof {
    #[default]
    Public,
    Secret(SecretString),
    Assertion {
        source: Arc<dyn ClientAssertion>,
        /// How many seconds the authority's clock is ahead of ours, once an assertion was refused for its time.
        ahead: Arc<AtomicI64>,
    },
}

/// Signs or fetches the assertions of an application: JSON web tokens that stand in place of its secret.
///
/// # Behavior
/// * It is asked at each exchange of a token, by many callers at once; the answer is sent once and not kept.
/// * The answer is valid at [`AssertionRequest::now`] and stays so for some minutes, so that a throttled request may
///   be repeated with it.
/// * With [`AssertionRequest::refused`] it does not answer from what it has cached: the token endpoint has refused the
///   assertion of a moment ago for its time or its key.
/// * Errors and `Debug` hold neither the assertion nor a key.
#[async_trait]
pub trait ClientAssertion: fmt::Debug + Send + Sync {
    /// Answers an assertion for the request.
    async fn assertion(&self, request: &AssertionRequest) -> Result<SecretString>;
}

/// What an assertion is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct AssertionRequest {
    /// The token endpoint of the tenant, to the letter: the `aud` of a self-signed assertion.
    pub audience: Url,
    /// The application: `iss` and `sub` of a self-signed assertion.
    pub application: AppId,
    /// The time by the authority's clock, as far as it is known.
    pub now: Timestamp,
    /// Whether the endpoint has just refused an assertion for its time or its key.
    pub refused: bool,
}

impl AssertionRequest {
    /// A first request; nothing was refused.
    #[must_use]
    pub fn new(audience: Url, application: AppId, now: Timestamp) -> Self {
        Self { audience, application, now, refused: false }
    }
}

impl ClientProof {
    /// No proof: the application is a public client and cannot act as itself.
    #[must_use]
    pub fn public() -> Self {
        Self::default()
    }

    /// The application's secret.
    #[must_use]
    pub fn secret(secret: SecretString) -> Self {
        Self(Proof::Secret(secret))
    }

    /// Assertions from `source`: a certificate, a federated identity.
    #[must_use]
    pub fn assertion(source: Arc<dyn ClientAssertion>) -> Self {
        Self(Proof::Assertion { source, ahead: Arc::default() })
    }

    /// Whether there is no proof.
    #[must_use]
    pub fn is_public(&self) -> bool {
        matches!(self.0, Proof::Public)
    }

    /// Checks what can be checked before anything is sent.
    pub(super) fn check(&self) -> Result<()> {
        match &self.0 {
            Proof::Secret(secret) if secret.expose_secret().trim().is_empty() => {
                Err(Error::config("client secret: empty"))
            }
            _ => Ok(()),
        }
    }

    /// The fields of the proof in a token request.
    pub(super) async fn fields(
        &self,
        audience: &Url,
        application: AppId,
        refused: bool,
    ) -> Result<Vec<(&'static str, SecretString)>> {
        match &self.0 {
            Proof::Public => Ok(Vec::new()),
            Proof::Secret(secret) => Ok(vec![("client_secret", secret.clone())]),
            Proof::Assertion { source, ahead } => {
                let now = Timestamp::now() + SignedDuration::from_secs(ahead.load(Ordering::Relaxed));
                let request = AssertionRequest { audience: audience.clone(), application, now, refused };
                let assertion = source.assertion(&request).await?;
                Ok(vec![("client_assertion_type", JWT_BEARER.into()), ("client_assertion", assertion)])
            }
        }
    }

    /// Whether a refusal with this code may be answered once with a fresh assertion. `answered_at` is the time by the
    /// authority's clock; it is kept when ours is far from it.
    pub(super) fn may_differ(&self, code: Option<&str>, answered_at: Option<Timestamp>) -> bool {
        let Proof::Assertion { ahead, .. } = &self.0 else { return false };
        match code {
            Some(ASSERTION_TIME) => {
                if let Some(theirs) = answered_at {
                    ahead.store(correction(Timestamp::now(), theirs), Ordering::Relaxed);
                }
                true
            }
            // The certificate was changed a moment ago, here or there.
            Some(ASSERTION_KEY) => true,
            _ => false,
        }
    }
}

impl fmt::Debug for ClientProof {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Proof::Public => f.write_str("Public"),
            Proof::Secret(_) => f.write_str("Secret([REDACTED])"),
            Proof::Assertion { source, .. } => f.debug_tuple("Assertion").field(source).finish(),
        }
    }
}

/// The seconds to add to our clock; none while it is near enough.
fn correction(ours: Timestamp, theirs: Timestamp) -> i64 {
    let ahead = theirs.duration_since(ours);
    if ahead.unsigned_abs() > TOLERANCE { ahead.as_secs() } else { 0 }
}

/// Source: "Microsoft identity platform application authentication certificate credentials" (Microsoft Learn).
const JWT_BEARER: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
/// The assertion is expired or not yet valid.
const ASSERTION_TIME: &str = "AADSTS700024";
/// The key of the assertion is not known, or the signature does not fit it.
const ASSERTION_KEY: &str = "AADSTS700027";
/// How far two clocks may be apart: Entra accepts as much.
const TOLERANCE: Duration = Duration::from_secs(300);

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug)]
    struct Fixed;

    #[async_trait]
    impl ClientAssertion for Fixed {
        async fn assertion(&self, _: &AssertionRequest) -> Result<SecretString> {
            Ok("canary".into())
        }
    }

    #[test]
    fn clock_is_corrected_only_when_far_off() {
        let now = Timestamp::from_second(1_800_000_000).unwrap();
        for (theirs, expected) in [(0, 0), (299, 0), (-300, 0), (301, 301), (-86_400, -86_400)] {
            assert_eq!(correction(now, now + SignedDuration::from_secs(theirs)), expected);
        }
    }

    #[test]
    fn only_an_assertion_refused_for_time_or_key_is_made_again() {
        let assertion = ClientProof::assertion(Arc::new(Fixed));
        assert!(assertion.may_differ(Some("AADSTS700024"), None));
        assert!(assertion.may_differ(Some("AADSTS700027"), None));
        for code in [None, Some("AADSTS700213"), Some("AADSTS7000215"), Some("AADSTS7000222")] {
            assert!(!assertion.may_differ(code, None), "{code:?}");
        }
        assert!(!ClientProof::secret("s".into()).may_differ(Some("AADSTS700024"), None));
        assert!(!ClientProof::public().may_differ(Some("AADSTS700027"), None));
    }

    #[tokio::test]
    async fn clock_learned_from_a_refusal_is_used_by_clones() {
        #[derive(Debug)]
        struct Clock;

        #[async_trait]
        impl ClientAssertion for Clock {
            async fn assertion(&self, request: &AssertionRequest) -> Result<SecretString> {
                Ok(request.now.to_string().into())
            }
        }
        let proof = ClientProof::assertion(Arc::new(Clock));
        let later = Timestamp::now() + SignedDuration::from_hours(24);
        assert!(proof.may_differ(Some("AADSTS700024"), Some(later)));
        let endpoint = Url::parse("https://login.microsoftonline.com/t/oauth2/v2.0/token").unwrap();
        let fields = proof.clone().fields(&endpoint, AppId::from_u128(1), true).await.unwrap();
        let used: Timestamp = fields[1].1.expose_secret().parse().unwrap();
        assert!(used.duration_since(later).unsigned_abs() < Duration::from_secs(60), "{used} {later}");
    }

    #[test]
    fn proof_is_never_shown() {
        let text = format!("{:?} {:?}", ClientProof::secret("canary".into()), ClientProof::assertion(Arc::new(Fixed)));
        assert!(!text.contains("canary"), "{text}");
        assert!(ClientProof::secret("  ".into()).check().is_err());
    }
}
