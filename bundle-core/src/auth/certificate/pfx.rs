//! Certificates and keys in a PFX file (PKCS #12), as Windows, Key Vault and OpenSSL write them.
//!
//! Source: RFC 7292.

use aws_lc_rs::hmac;
use secrecy::{ExposeSecret, SecretSlice, SecretString};

use super::LocalSigner;
use super::der::{CONTEXT_0, OCTET_STRING, OID, Reader, SEQUENCE};
use super::local::PrivateKey;
use super::pbe::{self, Password};
use crate::error::{Error, Result};

impl LocalSigner {
    /// Reads the certificates and the key of a PFX file.
    pub(in crate::auth) fn from_pfx(pfx: &[u8], password: &SecretString) -> Result<Self> {
        let file = File::read(pfx).ok_or_else(|| broken("not a PFX file, or not in DER"))?;
        let password = file.check_password(password)?;
        let mut contents = Contents { certificates: Vec::new(), keys: Vec::new() };
        file.collect(&password, &mut contents)?;
        match contents.keys.as_slice() {
            [] => Err(broken("the PFX file holds no private key")),
            [key] => Self::new(contents.certificates, key),
            _ => Err(broken("the PFX file holds more than one private key")),
        }
    }
}

struct File<'a> {
    /// The `AuthenticatedSafe`.
    safe: &'a [u8],
    mac: Option<Mac<'a>>,
}

struct Mac<'a> {
    algorithm: &'a [u8],
    digest: &'a [u8],
    salt: &'a [u8],
    iterations: u32,
}

#[derive(Default)]
struct Contents {
    certificates: Vec<Vec<u8>>,
    keys: Vec<PrivateKey>,
}

impl<'a> File<'a> {
    fn read(pfx: &'a [u8]) -> Option<Self> {
        let mut file = Reader::new(pfx).sequence()?;
        file.number().filter(|version| *version == 3)?;
        let mut safe = file.sequence()?;
        (safe.take(OID)? == DATA).then_some(())?;
        let safe = Reader::new(safe.take(CONTEXT_0)?).take(OCTET_STRING)?;
        let mac = match file.sequence() {
            Some(mac) => Some(Mac::read(mac)?),
            None => None,
        };
        Some(Self { safe, mac })
    }

    /// Finds the password's form by the MAC: programs differ in how they write an empty one.
    fn check_password(&self, password: &SecretString) -> Result<Password> {
        let forms = Password::forms(password.expose_secret());
        let Some(mac) = &self.mac else { return Ok(forms.into_iter().next().expect("there is always a first form")) };
        for form in forms {
            if mac.fits(self.safe, &form)? {
                return Ok(form);
            }
        }
        Err(broken("the password does not open the PFX file, or the file was changed"))
    }

    fn collect(&self, password: &Password, contents: &mut Contents) -> Result<()> {
        let damaged = || broken("the PFX file is damaged");
        let mut safe = Reader::new(self.safe).sequence().ok_or_else(damaged)?;
        while let Some((tag, info)) = safe.next() {
            let mut info = Some(Reader::new(info)).filter(|_| tag == SEQUENCE).ok_or_else(damaged)?;
            match info.take(OID) {
                Some(DATA) => {
                    let bags = info.take(CONTEXT_0).and_then(|data| Reader::new(data).take(OCTET_STRING));
                    contents.take_bags(bags.ok_or_else(damaged)?, password, 0)?;
                }
                Some(ENCRYPTED_DATA) => {
                    let (algorithm, sealed) = encrypted(info).ok_or_else(damaged)?;
                    let bags = pbe::decrypt(algorithm, password, sealed)?;
                    contents.take_bags(bags.expose_secret(), password, 0)?;
                }
                _ => return Err(broken("the PFX file is protected by a key instead of a password")),
            }
        }
        Ok(())
    }
}

impl<'a> Mac<'a> {
    fn read(mut data: Reader<'a>) -> Option<Self> {
        let mut info = data.sequence()?;
        let algorithm = info.sequence()?.take(OID)?;
        let digest = info.take(OCTET_STRING)?;
        let salt = data.take(OCTET_STRING)?;
        // Left out when it is one.
        let iterations = data.number().unwrap_or(1);
        Some(Self { algorithm, digest, salt, iterations })
    }

    fn fits(&self, message: &[u8], password: &Password) -> Result<bool> {
        let (hash, algorithm) = match self.algorithm {
            SHA1 => (&aws_lc_rs::digest::SHA1_FOR_LEGACY_USE_ONLY, hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY),
            SHA256 => (&aws_lc_rs::digest::SHA256, hmac::HMAC_SHA256),
            SHA384 => (&aws_lc_rs::digest::SHA384, hmac::HMAC_SHA384),
            SHA512 => (&aws_lc_rs::digest::SHA512, hmac::HMAC_SHA512),
            _ => return Err(broken("the PFX file is protected by an algorithm that is not known here")),
        };
        let mut key = vec![0; hash.output_len()];
        pbe::derive(hash, pbe::Purpose::Mac, password, self.salt, self.iterations, &mut key)?;
        Ok(hmac::verify(&hmac::Key::new(algorithm, &key), message, self.digest).is_ok())
    }
}

impl Contents {
    /// Takes certificates and keys out of a `SafeContents`. Secrets and revocation lists are passed over.
    fn take_bags(&mut self, bags: &[u8], password: &Password, depth: u8) -> Result<()> {
        let damaged = || broken("the PFX file is damaged, or the password does not open it");
        let mut bags = Reader::new(bags).sequence().ok_or_else(damaged)?;
        while let Some((tag, bag)) = bags.next() {
            let mut bag = Some(Reader::new(bag)).filter(|_| tag == SEQUENCE).ok_or_else(damaged)?;
            let kind = bag.take(OID).ok_or_else(damaged)?;
            let value = bag.take(CONTEXT_0).ok_or_else(damaged)?;
            match kind {
                KEY_BAG => self.keys.push(PrivateKey::Pkcs8(SecretSlice::from(value.to_vec()))),
                SHROUDED_KEY_BAG => {
                    let mut info = Reader::new(value).sequence().ok_or_else(damaged)?;
                    let algorithm = info.sequence().ok_or_else(damaged)?;
                    let sealed = info.take(OCTET_STRING).ok_or_else(damaged)?;
                    self.keys.push(PrivateKey::Pkcs8(pbe::decrypt(algorithm, password, sealed)?));
                }
                CERTIFICATE_BAG => self.certificates.extend(certificate(value)),
                NESTED_BAGS if depth < DEEPEST => self.take_bags(value, password, depth + 1)?,
                _ => {}
            }
        }
        Ok(())
    }
}

/// The algorithm and the content of an `EncryptedData`.
fn encrypted<'a>(mut info: Reader<'a>) -> Option<(Reader<'a>, &'a [u8])> {
    let mut data = Reader::new(info.take(CONTEXT_0)?).sequence()?;
    data.number()?;
    let mut content = data.sequence()?;
    content.take(OID)?;
    let algorithm = content.sequence()?;
    // `[0]`, not constructed: the octets themselves.
    let sealed = content.take(0x80)?;
    Some((algorithm, sealed))
}

/// The X.509 certificate of a bag; there are other kinds.
fn certificate(bag: &[u8]) -> Option<Vec<u8>> {
    let mut bag = Reader::new(bag).sequence()?;
    (bag.take(OID)? == X509).then_some(())?;
    Some(Reader::new(bag.take(CONTEXT_0)?).take(OCTET_STRING)?.to_vec())
}

pub(super) fn broken(what: &str) -> Error {
    Error::config(format!("client certificate: {what}"))
}

/// How deep bags may be nested.
const DEEPEST: u8 = 4;

const DATA: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 7, 1];
const ENCRYPTED_DATA: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 7, 6];
const KEY_BAG: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 12, 10, 1, 1];
const SHROUDED_KEY_BAG: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 12, 10, 1, 2];
const CERTIFICATE_BAG: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 12, 10, 1, 3];
const NESTED_BAGS: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 12, 10, 1, 6];
const X509: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 9, 22, 1];
const SHA1: &[u8] = &[0x2b, 14, 3, 2, 26];
const SHA256: &[u8] = &[0x60, 0x86, 0x48, 1, 0x65, 3, 4, 2, 1];
const SHA384: &[u8] = &[0x60, 0x86, 0x48, 1, 0x65, 3, 4, 2, 2];
const SHA512: &[u8] = &[0x60, 0x86, 0x48, 1, 0x65, 3, 4, 2, 3];
