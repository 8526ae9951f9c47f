//! A private key at hand.

use std::fmt;

use async_trait::async_trait;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{KeyPair as _, RSA_PSS_SHA256, RsaKeyPair};
use secrecy::{ExposeSecret, SecretSlice};

use super::der::{OCTET_STRING, OID, Reader};
use super::{AssertionSigner, SigningCertificate, x509};
use crate::error::{Error, Result};

/// A certificate with its RSA key.
pub(in crate::auth) struct LocalSigner {
    certificate: SigningCertificate,
    key: RsaKeyPair,
}

/// A private key as it stood in a file.
pub(super) enum PrivateKey {
    /// `RSAPrivateKey`.
    Pkcs1(SecretSlice<u8>),
    /// `PrivateKeyInfo`.
    Pkcs8(SecretSlice<u8>),
}

impl LocalSigner {
    /// Takes the certificate the key belongs to, and those above it as its issuers.
    pub(super) fn new(certificates: Vec<Vec<u8>>, key: &PrivateKey) -> Result<Self> {
        if certificates.is_empty() {
            return Err(Error::config("client certificate: there is no certificate, only a key"));
        }
        let key = read_key(key)?;
        let (own, others) = split(certificates, key.public_key().as_ref())?;
        let issuers = issuers(&own, others);
        Ok(Self { certificate: SigningCertificate::new(own, issuers)?, key })
    }
}

#[async_trait]
impl AssertionSigner for LocalSigner {
    async fn certificate(&self, _anew: bool) -> Result<SigningCertificate> {
        Ok(self.certificate.clone())
    }

    async fn sign(&self, _: &SigningCertificate, message: &[u8]) -> Result<Vec<u8>> {
        let mut signature = vec![0; self.key.public_modulus_len()];
        self.key
            .sign(&RSA_PSS_SHA256, &SystemRandom::new(), message, &mut signature)
            .map_err(|cause| Error::config("client certificate: the key cannot sign").with_source(cause))?;
        Ok(signature)
    }
}

impl fmt::Debug for LocalSigner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LocalSigner").field("certificate", &self.certificate).finish_non_exhaustive()
    }
}

fn read_key(key: &PrivateKey) -> Result<RsaKeyPair> {
    let read = match key {
        PrivateKey::Pkcs1(der) => RsaKeyPair::from_der(der.expose_secret()),
        PrivateKey::Pkcs8(der) => {
            if algorithm(der.expose_secret()).is_some_and(|oid| oid != RSA) {
                return Err(not_rsa());
            }
            RsaKeyPair::from_pkcs8(der.expose_secret())
        }
    };
    // The reason names a rule ("TooSmall"), never a part of the key.
    read.map_err(|cause| {
        Error::config(format!("client certificate: the private key is no RSA key of 2048 to 8192 bits: {cause}"))
    })
}

pub(super) fn not_rsa() -> Error {
    Error::config("client certificate: the private key is not an RSA key (EC perhaps); assertions are signed with RSA")
}

/// The algorithm of a `PrivateKeyInfo`.
fn algorithm(key: &[u8]) -> Option<&[u8]> {
    let mut info = Reader::new(key).sequence()?;
    info.number()?;
    let oid = info.sequence()?.take(OID)?;
    info.take(OCTET_STRING)?;
    Some(oid)
}

/// The certificate of the key (the one that lasts longest, when it was renewed with the same key), and the rest.
fn split(mut certificates: Vec<Vec<u8>>, public_key: &[u8]) -> Result<(Vec<u8>, Vec<Vec<u8>>)> {
    let lasts = |der: &[u8]| x509::read(der).filter(|own| own.public_key == public_key).map(|own| own.not_after);
    let fitting = certificates.iter().enumerate().filter_map(|(at, der)| Some((lasts(der)?, at)));
    let own = fitting.max().map(|(_, at)| at);
    match own {
        Some(at) => Ok((certificates.remove(at), certificates)),
        None if certificates.iter().any(|der| x509::read(der).is_none()) => {
            Err(Error::config("client certificate: not an X.509 certificate"))
        }
        None => Err(Error::config("client certificate: the private key belongs to none of the certificates")),
    }
}

/// The certificates above `own`, each the issuer of the one before.
fn issuers(own: &[u8], mut others: Vec<Vec<u8>>) -> Vec<Vec<u8>> {
    let names = |der: &[u8]| x509::read(der).map(|fields| (fields.issuer.to_vec(), fields.subject.to_vec()));
    let mut above = Vec::new();
    let mut current = names(own);
    while let Some((issuer, subject)) = current
        && issuer != subject
        && let Some(at) = others.iter().position(|der| x509::read(der).is_some_and(|other| other.subject == issuer))
    {
        let next = others.remove(at);
        current = names(&next);
        above.push(next);
    }
    above
}

/// `rsaEncryption`, 1.2.840.113549.1.1.1.
const RSA: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01];
