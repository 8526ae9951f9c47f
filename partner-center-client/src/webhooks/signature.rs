//! Who sent an event.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bundle_core::{Error, ErrorKind, Result};
use http::HeaderMap;
use url::Url;

use super::WebhookEvent;

/// An event with its signature: base64 in `Authorization: Signature …` or in `x-ms-signature`, made over the body with
/// the key of the certificate that `x-ms-certificate-url` leads to.
///
/// The feature `webhook-signatures` adds the check itself. The certificate is downloaded, once, by the program: it is
/// public, and no token belongs there.
///
/// Source: "Partner Center webhooks", how to authenticate the callback (Microsoft Learn).
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct SignedEvent {
    body: Vec<u8>,
    signature: Vec<u8>,
    algorithm: SigningAlgorithm,
    certificate_url: Url,
}

impl SignedEvent {
    /// Takes headers and body of a request as they came.
    ///
    /// # Errors
    /// [`ErrorKind::Decode`]: a header is missing, the signature is no base64, the algorithm is none known here, or the
    /// certificate is not at a host of Microsoft: nothing should be downloaded from there.
    pub fn read(headers: &HeaderMap, body: &[u8]) -> Result<Self> {
        let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).map(str::trim);
        let signature = [text("authorization"), text("x-ms-signature")]
            .into_iter()
            .flatten()
            .find_map(|value| strip_scheme(value))
            .ok_or_else(|| malformed("no signature came with it"))?;
        let signature = STANDARD.decode(signature).map_err(|_| malformed("the signature is no base64"))?;
        let algorithm = text("x-ms-signature-algorithm").ok_or_else(|| malformed("no algorithm came with it"))?;
        let algorithm = SigningAlgorithm::find(algorithm).ok_or_else(|| malformed("the algorithm is not known"))?;
        let certificate_url = text("x-ms-certificate-url")
            .and_then(|url| Url::parse(url).ok())
            .filter(is_of_microsoft)
            .ok_or_else(|| malformed("the certificate is not at a host of Microsoft"))?;
        Ok(Self { body: body.to_vec(), signature, algorithm, certificate_url })
    }

    /// Where the certificate is: always https, at a host of Microsoft. The file is DER.
    #[must_use]
    pub fn certificate_url(&self) -> &Url {
        &self.certificate_url
    }

    /// How it is signed.
    #[must_use]
    pub fn algorithm(&self) -> SigningAlgorithm {
        self.algorithm
    }

    /// The signature itself.
    #[must_use]
    pub fn signature(&self) -> &[u8] {
        &self.signature
    }

    /// Checks that the certificate belongs to Microsoft, leads to one of the roots, and made the signature; then reads
    /// the event.
    ///
    /// `certificates` are the one that was downloaded and, after it, those between it and a root; `roots` the roots the
    /// program believes, Microsoft's. All of them are DER.
    ///
    /// # Errors
    /// [`ErrorKind::PermissionDenied`]: the certificate or the signature is not what it should be;
    /// [`ErrorKind::Decode`]: it is signed and still no event.
    #[cfg(feature = "webhook-signatures")]
    pub fn verify(
        &self,
        certificates: &[Vec<u8>],
        roots: &[Vec<u8>],
        now: std::time::SystemTime,
    ) -> Result<WebhookEvent> {
        check::signature(self, certificates, roots, now)
            .map_err(|why| Error::new(ErrorKind::PermissionDenied, format!("webhook event: {why}")))?;
        self.unverified()
    }

    /// Reads the event without a look at the signature.
    ///
    /// # Errors
    /// As [`WebhookEvent::parse`].
    pub fn unverified(&self) -> Result<WebhookEvent> {
        WebhookEvent::parse(&self.body)
    }
}

impl std::fmt::Debug for SignedEvent {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SignedEvent")
            .field("bytes", &self.body.len())
            .field("algorithm", &self.algorithm)
            .field("certificate_url", &self.certificate_url.as_str())
            .finish_non_exhaustive()
    }
}

/// How an event is signed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum SigningAlgorithm {
    /// RSA (PKCS #1) over SHA-256.
    RsaSha256,
    /// RSA (PKCS #1) over SHA-384.
    RsaSha384,
    /// RSA (PKCS #1) over SHA-512.
    RsaSha512,
}

impl SigningAlgorithm {
    fn find(name: &str) -> Option<Self> {
        match name.to_ascii_lowercase().as_str() {
            "rsa-sha256" => Some(Self::RsaSha256),
            "rsa-sha384" => Some(Self::RsaSha384),
            "rsa-sha512" => Some(Self::RsaSha512),
            _ => None,
        }
    }
}

fn strip_scheme(value: &str) -> Option<&str> {
    let (scheme, rest) = value.split_once(' ')?;
    scheme.eq_ignore_ascii_case("signature").then(|| rest.trim()).filter(|rest| !rest.is_empty())
}

/// Anybody can have a place under `blob.core.windows.net`; the chain of the certificate is what counts, this only keeps a
/// program from asking any host it is told.
fn is_of_microsoft(url: &Url) -> bool {
    let host = url.host_str().unwrap_or_default();
    let known = ["microsoft.com", "blob.core.windows.net", "blob.core.chinacloudapi.cn", "blob.core.usgovcloudapi.net"];
    let below = |domain: &str| host.strip_suffix(domain).is_some_and(|rest| rest.ends_with('.'));
    url.scheme() == "https"
        && url.port().is_none()
        && url.username().is_empty()
        && url.password().is_none()
        && known.iter().any(|domain| below(domain))
}

fn malformed(why: &str) -> Error {
    Error::new(ErrorKind::Decode, format!("webhook event: {why}"))
}

#[cfg(feature = "webhook-signatures")]
mod check {
    use std::time::{SystemTime, UNIX_EPOCH};

    use rustls_pki_types::{CertificateDer, SignatureVerificationAlgorithm, UnixTime};
    use webpki::aws_lc_rs::{RSA_PKCS1_2048_8192_SHA256, RSA_PKCS1_2048_8192_SHA384, RSA_PKCS1_2048_8192_SHA512};
    use webpki::{EndEntityCert, KeyUsage, anchor_from_trusted_cert};

    use super::{SignedEvent, SigningAlgorithm};

    pub(super) fn signature(
        event: &SignedEvent,
        certificates: &[Vec<u8>],
        roots: &[Vec<u8>],
        now: SystemTime,
    ) -> Result<(), &'static str> {
        let chain: Vec<CertificateDer<'_>> =
            certificates.iter().map(|der| CertificateDer::from(der.as_slice())).collect();
        let (leaf, between) = chain.split_first().ok_or("no certificate is given")?;
        let certificate = EndEntityCert::try_from(leaf).map_err(|_| "what is given is no certificate")?;
        let roots: Vec<CertificateDer<'_>> = roots.iter().map(|der| CertificateDer::from(der.as_slice())).collect();
        let anchors = roots.iter().map(anchor_from_trusted_cert).collect::<Result<Vec<_>, _>>();
        let anchors = anchors.map_err(|_| "one of the roots is no certificate")?;
        let now = now.duration_since(UNIX_EPOCH).map(UnixTime::since_unix_epoch).map_err(|_| "it is before 1970")?;
        certificate
            .verify_for_usage(
                webpki::ALL_VERIFICATION_ALGS,
                &anchors,
                between,
                now,
                KeyUsage::server_auth(),
                None,
                None,
            )
            .map_err(|_| "the certificate does not lead to a root, or its time is over")?;
        if !names_microsoft(certificate.subject()) {
            return Err("the certificate is not Microsoft's");
        }
        certificate
            .verify_signature(algorithm(event.algorithm), &event.body, &event.signature)
            .map_err(|_| "the signature is not that of the certificate")
    }

    fn algorithm(of: SigningAlgorithm) -> &'static dyn SignatureVerificationAlgorithm {
        match of {
            SigningAlgorithm::RsaSha256 => RSA_PKCS1_2048_8192_SHA256,
            SigningAlgorithm::RsaSha384 => RSA_PKCS1_2048_8192_SHA384,
            SigningAlgorithm::RsaSha512 => RSA_PKCS1_2048_8192_SHA512,
        }
    }

    /// Whether a DER name has the organisation `Microsoft Corporation`: its object id, a type of text, the length, the
    /// text.
    fn names_microsoft(name: &[u8]) -> bool {
        const ORGANIZATION: &[u8] = &[0x06, 0x03, 0x55, 0x04, 0x0A];
        const MICROSOFT: &[u8] = b"Microsoft Corporation";
        name.windows(ORGANIZATION.len() + 2 + MICROSOFT.len()).any(|window| {
            let (id, rest) = window.split_at(ORGANIZATION.len());
            id == ORGANIZATION && usize::from(rest[1]) == MICROSOFT.len() && rest[2..] == *MICROSOFT
        })
    }
}
