//! How the application proves to the token endpoint that it is itself.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, SystemTime};

use async_trait::async_trait;
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
    pub now: SystemTime,
    /// Whether the endpoint has just refused an assertion for its time or its key.
    pub refused: bool,
}

impl AssertionRequest {
    /// A first request; nothing was refused.
    #[must_use]
    pub fn new(audience: Url, application: AppId, now: SystemTime) -> Self {
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
                let now = corrected(SystemTime::now(), ahead.load(Ordering::Relaxed));
                let request = AssertionRequest { audience: audience.clone(), application, now, refused };
                let assertion = source.assertion(&request).await?;
                Ok(vec![("client_assertion_type", JWT_BEARER.into()), ("client_assertion", assertion)])
            }
        }
    }

    /// Whether a refusal with this code may be answered once with a fresh assertion. `answered_at` is the time by the
    /// authority's clock; it is kept when ours is far from it.
    pub(super) fn may_differ(&self, code: Option<&str>, answered_at: Option<SystemTime>) -> bool {
        let Proof::Assertion { ahead, .. } = &self.0 else { return false };
        match code {
            Some(ASSERTION_TIME) => {
                if let Some(theirs) = answered_at {
                    ahead.store(correction(SystemTime::now(), theirs), Ordering::Relaxed);
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
fn correction(ours: SystemTime, theirs: SystemTime) -> i64 {
    let (apart, sign) = match theirs.duration_since(ours) {
        Ok(ahead) => (ahead, 1),
        Err(behind) => (behind.duration(), -1),
    };
    if apart > TOLERANCE { i64::try_from(apart.as_secs()).unwrap_or_default() * sign } else { 0 }
}

/// Our time with a correction; as it is when there is no such time.
fn corrected(ours: SystemTime, seconds: i64) -> SystemTime {
    let apart = Duration::from_secs(seconds.unsigned_abs());
    if seconds < 0 { ours.checked_sub(apart) } else { ours.checked_add(apart) }.unwrap_or(ours)
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
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(1_800_000_000);
        for (theirs, expected) in [(0, 0), (299, 0), (-300, 0), (301, 301), (-86_400, -86_400)] {
            assert_eq!(correction(now, corrected(now, theirs)), expected);
        }
        assert_eq!(corrected(now, i64::MAX), now, "no such time");
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
                Ok(request.now.duration_since(SystemTime::UNIX_EPOCH).unwrap().as_secs().to_string().into())
            }
        }
        let proof = ClientProof::assertion(Arc::new(Clock));
        let later = SystemTime::now() + Duration::from_secs(86_400);
        assert!(proof.may_differ(Some("AADSTS700024"), Some(later)));
        let endpoint = Url::parse("https://login.microsoftonline.com/t/oauth2/v2.0/token").unwrap();
        let fields = proof.clone().fields(&endpoint, AppId::from_u128(1), true).await.unwrap();
        let used: u64 = fields[1].1.expose_secret().parse().unwrap();
        let later = later.duration_since(SystemTime::UNIX_EPOCH).unwrap().as_secs();
        assert!(used.abs_diff(later) < 60, "{used} {later}");
    }

    #[test]
    fn proof_is_never_shown() {
        let text = format!("{:?} {:?}", ClientProof::secret("canary".into()), ClientProof::assertion(Arc::new(Fixed)));
        assert!(!text.contains("canary"), "{text}");
        assert!(ClientProof::secret("  ".into()).check().is_err());
    }
}
