//! Certificates and keys in PEM.

use rustls_pki_types::pem::{PemObject as _, SectionKind};
use secrecy::{ExposeSecret, SecretString};

use super::LocalSigner;
use super::local::{PrivateKey, not_rsa};
use crate::error::{Error, Result};

type Section = (SectionKind, Vec<u8>);

impl LocalSigner {
    /// Reads the certificates of one text and the key of another; both may be the same text.
    pub(in crate::auth) fn from_pem(certificates: &str, key: &SecretString) -> Result<Self> {
        let mut chain = Vec::new();
        for (kind, der) in sections(certificates, "certificate")? {
            if kind == SectionKind::Certificate {
                chain.push(der);
            }
        }
        if chain.is_empty() {
            return Err(Error::config("client certificate: the PEM text holds no certificate"));
        }
        Self::new(chain, &only_key(key.expose_secret())?)
    }
}

fn only_key(text: &str) -> Result<PrivateKey> {
    let mut keys = Vec::new();
    for (kind, der) in sections(text, "private key")? {
        match kind {
            SectionKind::PrivateKey => keys.push(PrivateKey::Pkcs8(der.into())),
            SectionKind::RsaPrivateKey => keys.push(PrivateKey::Pkcs1(der.into())),
            SectionKind::EcPrivateKey => return Err(not_rsa()),
            _ => {}
        }
    }
    if keys.len() > 1 {
        return Err(Error::config("client certificate: the PEM text holds more than one private key"));
    }
    keys.pop().ok_or_else(|| {
        // Both forms of an encrypted key say so: in the label, or in a header below it.
        Error::config(if text.contains("ENCRYPTED") {
            "client certificate: the private key is encrypted; decrypt it, or use a PFX file with a password"
        } else {
            "client certificate: the PEM text holds no private key"
        })
    })
}

fn sections(text: &str, what: &str) -> Result<Vec<Section>> {
    // The cause could show a line of the text.
    Section::pem_slice_iter(text.as_bytes())
        .collect::<std::result::Result<_, _>>()
        .map_err(|_| Error::config(format!("client certificate: the {what} is broken PEM")))
}
