//! Signing with a certificate's key inside the vault.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use bundle_core::auth::{AssertionSigner, SigningCertificate};
use bundle_core::http::Safety;
use bundle_core::{Error, ErrorKind, Result};
use http::Method;
use serde::Deserialize;
use serde_json::json;
use sha2::{Digest as _, Sha256};
use tokio::sync::Mutex;
use tokio::time::Instant;
use url::Url;

use super::{CertificateName, KeyVaultClient};

/// Signs an application's assertions with a certificate of a vault; the private key never leaves it. Cheap to clone.
///
/// Give it to [`ClientCertificate::new`](bundle_core::auth::ClientCertificate::new). The vault itself has to be read
/// with another identity, a managed one for example ([`KeyVaultClient::as_application`] then). The certificate is read every ten minutes, and when the token
/// endpoint refuses it; each assertion is signed with the version of the key that belongs to it.
///
/// # Permissions
/// "Key Vault Certificate User" for the certificate and "Key Vault Crypto User" for the key, or the certificate
/// permission `get` and the key permission `sign`. The key has to be RSA.
///
/// # Errors
/// * [`ErrorKind::NotFound`]: no such certificate.
/// * [`ErrorKind::PermissionDenied`]: a role is missing, or a firewall refuses.
/// * [`ErrorKind::Decode`]: the vault's answer names no key.
/// * those of [`KeyVaultClient::tenant`], and any transport error.
///
/// Source: "Get Certificate", "Sign" (Microsoft Learn).
#[derive(Clone, Debug)]
pub struct VaultSigner {
    client: KeyVaultClient,
    name: CertificateName,
    /// Locked while it is read, so that others wait instead of reading too.
    known: Arc<Mutex<Option<Known>>>,
}

#[derive(Debug)]
struct Known {
    certificate: SigningCertificate,
    read: Instant,
}

impl VaultSigner {
    /// A signer with the current version of a certificate. Nothing is sent yet.
    #[must_use]
    pub fn new(client: KeyVaultClient, name: CertificateName) -> Self {
        Self { client, name, known: Arc::default() }
    }

    async fn read(&self) -> Result<SigningCertificate> {
        #[derive(Deserialize)]
        struct Certificate {
            cer: String,
            kid: String,
        }
        let path = ["certificates", self.name.as_str()];
        let request = self.client.start("azure.certificates.get", Method::GET, &path).await?;
        let answer: Certificate = self.client.send(request).await?.json()?;
        let wrong = |what| Error::new(ErrorKind::Decode, what).with_operation("azure.certificates.get");
        let der = STANDARD.decode(&answer.cer).map_err(|cause| wrong("`cer` is no base64").with_source(cause))?;
        let key = key(&answer.kid).ok_or_else(|| wrong("`kid` is not the identifier of a key"))?;
        Ok(SigningCertificate::new(der, [])?.with_key(key))
    }
}

#[async_trait]
impl AssertionSigner for VaultSigner {
    async fn certificate(&self, anew: bool) -> Result<SigningCertificate> {
        let asked = Instant::now();
        let mut known = self.known.lock().await;
        // What was read while this caller waited is new enough for it.
        let fresh = |known: &Known| if anew { known.read > asked } else { known.read.elapsed() < KEPT };
        if let Some(known) = known.as_ref().filter(|known| fresh(known)) {
            return Ok(known.certificate.clone());
        }
        let certificate = self.read().await?;
        *known = Some(Known { certificate: certificate.clone(), read: Instant::now() });
        Ok(certificate)
    }

    async fn sign(&self, certificate: &SigningCertificate, message: &[u8]) -> Result<Vec<u8>> {
        #[derive(Deserialize)]
        struct Signed {
            value: String,
        }
        let key = certificate.key().and_then(|key| key.split_once('/'));
        let Some((name, version)) = key else {
            return Err(Error::config("client certificate: it was not read from a vault"));
        };
        let request = self.client.start("azure.keys.sign", Method::POST, &["keys", name, version, "sign"]).await?;
        let digest = URL_SAFE_NO_PAD.encode(Sha256::digest(message));
        // A signature changes nothing.
        let request = request.safety(Safety::Read).json(&json!({"alg": "PS256", "value": digest}))?;
        let answer: Signed = self.client.send(request).await?.json()?;
        URL_SAFE_NO_PAD.decode(answer.value.trim_end_matches('=')).map_err(|cause| {
            Error::new(ErrorKind::Decode, "`value` is no base64url")
                .with_operation("azure.keys.sign")
                .with_source(cause)
        })
    }
}

/// Name and version in the identifier of a key.
fn key(id: &str) -> Option<String> {
    let url = Url::parse(id).ok()?;
    let path: Vec<&str> = url.path_segments()?.collect();
    match path.as_slice() {
        [.., "keys", name, version] if !name.is_empty() && !version.is_empty() => Some(format!("{name}/{version}")),
        _ => None,
    }
}

/// How long a certificate is kept: a renewed one is used soon after, and few requests are made for many tenants.
const KEPT: Duration = Duration::from_secs(600);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn key_is_read_from_its_identifier() {
        let read = |id: &str| key(id);
        assert_eq!(read("https://kv.vault.azure.net/keys/app/1a2b").as_deref(), Some("app/1a2b"));
        for wrong in ["", "keys/app/1", "https://kv.vault.azure.net/keys/app", "https://kv.vault.azure.net/keys/app/"] {
            assert_eq!(read(wrong), None, "{wrong}");
        }
    }
}
