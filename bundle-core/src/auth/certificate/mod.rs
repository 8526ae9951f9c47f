//! The certificate an assertion is signed with, and the port behind which its private key is.

mod der;
#[cfg(feature = "certificate")]
mod local;
#[cfg(feature = "certificate")]
mod pbe;
#[cfg(feature = "certificate")]
mod pem;
#[cfg(feature = "certificate")]
mod pfx;
mod x509;

use std::fmt;

use async_trait::async_trait;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::{SignedDuration, Timestamp};
use sha2::{Digest as _, Sha256};

use crate::error::{Error, Result};

#[cfg(feature = "certificate")]
pub(super) use local::LocalSigner;

/// Signs with the private key of a certificate, wherever the key is.
///
/// # Behavior
/// * [`AssertionSigner::certificate`] answers the certificate to sign with now. It may be kept for some minutes, but is
///   read anew with `anew`: the token endpoint has just refused it.
/// * [`AssertionSigner::sign`] signs with the key of the certificate it is given, though a newer one may exist by then.
/// * The signature is PS256: RSASSA-PSS with SHA-256, MGF1 with SHA-256 and a salt of 32 bytes, over the message as it is.
/// * Both may be called by many callers at once. Errors and `Debug` hold no key.
///
/// Source: RFC 7518 section 3.5.
#[async_trait]
pub trait AssertionSigner: fmt::Debug + Send + Sync {
    /// Answers the certificate to sign with.
    async fn certificate(&self, anew: bool) -> Result<SigningCertificate>;

    /// Signs `message` with the key of `certificate`.
    async fn sign(&self, certificate: &SigningCertificate, message: &[u8]) -> Result<Vec<u8>>;
}

/// A certificate of an application, with its issuers when they are at hand. Holds no private key.
#[derive(Clone, PartialEq, Eq)]
pub struct SigningCertificate {
    chain: Vec<Vec<u8>>,
    thumbprint: String,
    not_before: Timestamp,
    not_after: Timestamp,
    key: Option<String>,
}

impl SigningCertificate {
    /// Reads a certificate (DER). `issuers` are the certificates above it in order, if they are known.
    ///
    /// # Errors
    /// [`ErrorKind::Config`](crate::ErrorKind::Config): not an X.509 certificate.
    pub fn new(certificate: Vec<u8>, issuers: impl IntoIterator<Item = Vec<u8>>) -> Result<Self> {
        let fields =
            x509::read(&certificate).ok_or_else(|| Error::config("client certificate: not an X.509 certificate"))?;
        let (not_before, not_after) = (fields.not_before, fields.not_after);
        let thumbprint = URL_SAFE_NO_PAD.encode(Sha256::digest(&certificate));
        let chain = std::iter::once(certificate).chain(issuers).collect();
        Ok(Self { chain, thumbprint, not_before, not_after, key: None })
    }

    /// Keeps how the signer names the key of this certificate, for example the key's version.
    #[must_use]
    pub fn with_key(mut self, key: impl Into<String>) -> Self {
        self.key = Some(key.into());
        self
    }

    /// How the signer names the key.
    #[must_use]
    pub fn key(&self) -> Option<&str> {
        self.key.as_deref()
    }

    /// The SHA-256 thumbprint, base64url without padding, as in the header `x5t#S256`.
    #[must_use]
    pub fn thumbprint(&self) -> &str {
        &self.thumbprint
    }

    /// When the certificate ends; a new one has to be registered before.
    #[must_use]
    pub fn not_after(&self) -> Timestamp {
        self.not_after
    }

    /// The certificate and its issuers, each as DER.
    pub(super) fn chain(&self) -> &[Vec<u8>] {
        &self.chain
    }

    /// Refuses a certificate that the endpoint would refuse.
    pub(super) fn check(&self, now: Timestamp) -> Result<()> {
        let of = |what, time: Timestamp| Err(Error::config(format!("client certificate: {what} {time}")));
        if now >= self.not_after {
            return of("expired at", self.not_after);
        }
        if now + SKEW < self.not_before {
            return of("not valid before", self.not_before);
        }
        Ok(())
    }
}

impl fmt::Debug for SigningCertificate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SigningCertificate")
            .field("thumbprint", &self.thumbprint)
            .field("not_after", &self.not_after)
            .field("certificates", &self.chain.len())
            .field("key", &self.key)
            .finish_non_exhaustive()
    }
}

/// How far a clock may be behind the one that issued the certificate.
const SKEW: SignedDuration = SignedDuration::from_mins(5);
