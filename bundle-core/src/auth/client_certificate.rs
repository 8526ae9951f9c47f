//! A certificate in place of a secret: assertions the application signs itself.

use std::sync::Arc;

use async_trait::async_trait;
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use jiff::{SignedDuration, Timestamp};
use secrecy::SecretString;
use serde::Serialize;
use uuid::Uuid;

use super::certificate::{AssertionSigner, SigningCertificate};
use super::{AssertionRequest, ClientAssertion};
use crate::error::{Error, Result};

/// A certificate registered with the application, and whoever signs with its key. Cheap to clone.
///
/// Each exchange of a token gets an assertion of its own: PS256, named by the SHA-256 thumbprint, valid for ten
/// minutes. An expired certificate is an error before anything is sent.
///
/// Source: "Microsoft identity platform application authentication certificate credentials" (Microsoft Learn).
#[derive(Clone, Debug)]
pub struct ClientCertificate {
    signer: Arc<dyn AssertionSigner>,
    chain: bool,
}

impl ClientCertificate {
    /// A certificate whose key is somewhere else, in Key Vault for example.
    #[must_use]
    pub fn new(signer: Arc<dyn AssertionSigner>) -> Self {
        Self { signer, chain: false }
    }

    /// Reads a certificate and its RSA key (PKCS #8 or PKCS #1, not encrypted) from PEM.
    ///
    /// Both may stand in one text, which is then given twice. Further certificates are the issuers, for
    /// [`ClientCertificate::send_chain`]; the order does not matter.
    ///
    /// # Errors
    /// [`ErrorKind::Config`](crate::ErrorKind::Config): broken PEM, no certificate, no key or more than one, an
    /// encrypted key, no RSA key of at least 2048 bits, or a key of another certificate.
    #[cfg(feature = "certificate")]
    pub fn from_pem(certificates: &str, key: &SecretString) -> Result<Self> {
        let signer = super::certificate::LocalSigner::from_pem(certificates, key)?;
        Ok(Self::new(Arc::new(signer)))
    }

    /// Reads a certificate and its RSA key from a PFX file (PKCS #12), encrypted with AES, 3DES or RC2.
    ///
    /// Further certificates are the issuers, for [`ClientCertificate::send_chain`].
    ///
    /// # Errors
    /// [`ErrorKind::Config`](crate::ErrorKind::Config): no PFX file, a wrong password, an unknown encryption, no key
    /// or more than one, no RSA key of at least 2048 bits, or a key of another certificate.
    #[cfg(feature = "certificate")]
    pub fn from_pfx(pfx: &[u8], password: &SecretString) -> Result<Self> {
        let signer = super::certificate::LocalSigner::from_pfx(pfx, password)?;
        Ok(Self::new(Arc::new(signer)))
    }

    /// Sends the certificate and its issuers with each assertion (`x5c`): for applications that trust a subject name
    /// and an issuer instead of one certificate, so that a renewed one needs no registration.
    #[must_use]
    pub fn send_chain(mut self) -> Self {
        self.chain = true;
        self
    }

    /// The certificate that signs now, for example to warn before it ends.
    ///
    /// # Errors
    /// As the signer's.
    pub async fn certificate(&self) -> Result<SigningCertificate> {
        self.signer.certificate(false).await
    }
}

#[async_trait]
impl ClientAssertion for ClientCertificate {
    async fn assertion(&self, request: &AssertionRequest) -> Result<SecretString> {
        let certificate = self.signer.certificate(request.refused).await?;
        let now = Timestamp::try_from(request.now)
            .map_err(|cause| Error::config("client certificate: the clock is out of range").with_source(cause))?;
        certificate.check(now)?;
        let mut assertion = unsigned(request, now, &certificate, self.chain, Uuid::new_v4())?;
        let signature = self.signer.sign(&certificate, assertion.as_bytes()).await?;
        assertion.push('.');
        URL_SAFE_NO_PAD.encode_string(signature, &mut assertion);
        Ok(assertion.into())
    }
}

/// Header and claims, as they are signed.
fn unsigned(
    request: &AssertionRequest,
    now: Timestamp,
    certificate: &SigningCertificate,
    chain: bool,
    id: Uuid,
) -> Result<String> {
    #[derive(Serialize)]
    struct Header<'a> {
        alg: &'static str,
        typ: &'static str,
        #[serde(rename = "x5t#S256")]
        thumbprint: &'a str,
        #[serde(skip_serializing_if = "Vec::is_empty")]
        x5c: Vec<String>,
    }
    #[derive(Serialize)]
    struct Claims<'a> {
        aud: &'a str,
        iss: String,
        sub: String,
        jti: Uuid,
        nbf: i64,
        iat: i64,
        exp: i64,
    }
    let x5c = if chain { certificate.chain().iter().map(|der| STANDARD.encode(der)).collect() } else { Vec::new() };
    let header = Header { alg: "PS256", typ: "JWT", thumbprint: certificate.thumbprint(), x5c };
    let application = request.application.to_string();
    let claims = Claims {
        aud: request.audience.as_str(),
        iss: application.clone(),
        sub: application,
        jti: id,
        nbf: now.as_second(),
        iat: now.as_second(),
        exp: (now + LIFETIME).as_second(),
    };
    let part = |json: serde_json::Result<Vec<u8>>| {
        json.map(|json| URL_SAFE_NO_PAD.encode(json))
            .map_err(|cause| Error::config("client certificate: the assertion cannot be written").with_source(cause))
    };
    Ok(format!("{}.{}", part(serde_json::to_vec(&header))?, part(serde_json::to_vec(&claims))?))
}

/// How long an assertion is valid: longer than a throttled request is repeated, as short as Microsoft advises.
const LIFETIME: SignedDuration = SignedDuration::from_mins(10);
