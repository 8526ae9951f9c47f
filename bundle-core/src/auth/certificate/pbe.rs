//! Decryption with a password: PBES2 with AES, and the two schemes of older PFX files.
//!
//! Source: RFC 8018 (PBES2), RFC 7292 appendices B and C (the older ones).

use std::num::NonZeroU32;

use aws_lc_rs::cipher::{AES_128, AES_192, AES_256, DecryptionContext, PaddedBlockDecryptingKey, UnboundCipherKey};
use aws_lc_rs::{digest, pbkdf2};
use des::TdesEde3;
use des::cipher::{BlockDecrypt, KeyInit};
use rc2::Rc2;
use secrecy::{ExposeSecret, SecretSlice, SecretString};

use super::der::{OCTET_STRING, OID, Reader};
use super::pfx::broken;
use crate::error::Result;

/// A password in the two ways schemes write it.
pub(super) struct Password {
    /// UTF-8, for PBES2.
    plain: SecretString,
    /// UTF-16 with the higher byte first and two zeros at the end, for the older schemes.
    wide: SecretSlice<u8>,
}

impl Password {
    /// The ways this password may have been written; an empty one is also written as no bytes at all.
    pub(super) fn forms(text: &str) -> Vec<Self> {
        let wide = text.encode_utf16().chain([0]).flat_map(u16::to_be_bytes).collect::<Vec<u8>>();
        let mut forms = vec![Self { plain: text.into(), wide: wide.into() }];
        if text.is_empty() {
            forms.push(Self { plain: text.into(), wide: Vec::new().into() });
        }
        forms
    }
}

/// What a derived key is for. Source: RFC 7292 appendix B.3.
#[derive(Clone, Copy)]
pub(super) enum Purpose {
    Key = 1,
    Iv = 2,
    Mac = 3,
}

/// Decrypts with the scheme that `algorithm` (an `AlgorithmIdentifier`) names.
pub(super) fn decrypt(mut algorithm: Reader<'_>, password: &Password, sealed: &[u8]) -> Result<SecretSlice<u8>> {
    let damaged = || broken("the encryption of the PFX file is damaged");
    let scheme = algorithm.take(OID).ok_or_else(damaged)?;
    let parameters = algorithm.sequence().ok_or_else(damaged)?;
    match scheme {
        PBES2 => pbes2(parameters, password, sealed),
        TRIPLE_DES => {
            let (key, iv) = older::<24>(parameters, password)?;
            cbc(&TdesEde3::new(&key.into()), iv, sealed)
        }
        RC2_40 => {
            let (key, iv) = older::<5>(parameters, password)?;
            cbc(&Rc2::new_with_eff_key_len(&key, 40), iv, sealed)
        }
        RC2_128 => {
            let (key, iv) = older::<16>(parameters, password)?;
            cbc(&Rc2::new_with_eff_key_len(&key, 128), iv, sealed)
        }
        _ => Err(unknown()),
    }
}

/// Derives a key as PKCS #12 does. Source: RFC 7292 appendix B.2.
pub(super) fn derive(
    hash: &'static digest::Algorithm,
    purpose: Purpose,
    password: &Password,
    salt: &[u8],
    iterations: u32,
    out: &mut [u8],
) -> Result<()> {
    check_iterations(iterations)?;
    let block = hash.block_len();
    let fill =
        |bytes: &[u8]| -> Vec<u8> { bytes.iter().copied().cycle().take(bytes.len().div_ceil(block) * block).collect() };
    let diversifier = vec![purpose as u8; block];
    let mut input = fill(salt);
    input.extend(fill(password.wide.expose_secret()));
    for part in out.chunks_mut(hash.output_len()) {
        let mut context = digest::Context::new(hash);
        context.update(&diversifier);
        context.update(&input);
        let mut digest = context.finish();
        for _ in 1..iterations {
            digest = digest::digest(hash, digest.as_ref());
        }
        part.copy_from_slice(&digest.as_ref()[..part.len()]);
        let addend: Vec<u8> = digest.as_ref().iter().copied().cycle().take(block).collect();
        input.chunks_mut(block).for_each(|chunk| add(chunk, &addend));
    }
    Ok(())
}

/// `chunk + addend + 1`, as big-endian numbers that wrap.
fn add(chunk: &mut [u8], addend: &[u8]) {
    let mut carry = 1;
    for (byte, other) in chunk.iter_mut().zip(addend).rev() {
        let sum = u16::from(*byte) + u16::from(*other) + carry;
        *byte = sum.to_be_bytes()[1];
        carry = sum >> 8;
    }
}

/// Key and initialisation vector of an older scheme.
fn older<const KEY: usize>(mut parameters: Reader<'_>, password: &Password) -> Result<([u8; KEY], [u8; 8])> {
    let read = parameters.take(OCTET_STRING).and_then(|salt| Some((salt, parameters.number()?)));
    let (salt, iterations) = read.ok_or_else(|| broken("the encryption of the PFX file is damaged"))?;
    let (mut key, mut iv) = ([0; KEY], [0; 8]);
    let hash = &digest::SHA1_FOR_LEGACY_USE_ONLY;
    derive(hash, Purpose::Key, password, salt, iterations, &mut key)?;
    derive(hash, Purpose::Iv, password, salt, iterations, &mut iv)?;
    Ok((key, iv))
}

/// Cipher block chaining with padding, for ciphers with blocks of eight bytes.
fn cbc<C>(cipher: &C, mut before: [u8; 8], sealed: &[u8]) -> Result<SecretSlice<u8>>
where
    C: BlockDecrypt<BlockSize = des::cipher::consts::U8>,
{
    let (blocks, []) = sealed.as_chunks::<8>() else { return Err(wrong_password()) };
    let mut plain = Vec::with_capacity(sealed.len());
    for block in blocks {
        let mut opened = (*block).into();
        cipher.decrypt_block(&mut opened);
        plain.extend(opened.iter().zip(before).map(|(byte, before)| byte ^ before));
        before = *block;
    }
    let padding = usize::from(*plain.last().ok_or_else(wrong_password)?);
    let end = plain.len().checked_sub(padding).filter(|_| (1..=8).contains(&padding)).ok_or_else(wrong_password)?;
    if plain[end..].iter().any(|byte| usize::from(*byte) != padding) {
        return Err(wrong_password());
    }
    plain.truncate(end);
    Ok(plain.into())
}

/// PBKDF2 and AES in cipher block chaining.
fn pbes2(mut parameters: Reader<'_>, password: &Password, sealed: &[u8]) -> Result<SecretSlice<u8>> {
    let damaged = || broken("the encryption of the PFX file is damaged");
    let mut derivation = parameters.sequence().ok_or_else(damaged)?;
    if derivation.take(OID) != Some(PBKDF2) {
        return Err(unknown());
    }
    let mut derivation = derivation.sequence().ok_or_else(damaged)?;
    let salt = derivation.take(OCTET_STRING).ok_or_else(damaged)?;
    let iterations = check_iterations(derivation.number().ok_or_else(damaged)?)?;
    let _key_length = derivation.number();
    let algorithm = match derivation.sequence() {
        None => pbkdf2::PBKDF2_HMAC_SHA1,
        Some(mut function) => match function.take(OID) {
            Some(HMAC_SHA1) => pbkdf2::PBKDF2_HMAC_SHA1,
            Some(HMAC_SHA256) => pbkdf2::PBKDF2_HMAC_SHA256,
            Some(HMAC_SHA384) => pbkdf2::PBKDF2_HMAC_SHA384,
            Some(HMAC_SHA512) => pbkdf2::PBKDF2_HMAC_SHA512,
            _ => return Err(unknown()),
        },
    };
    let mut encryption = parameters.sequence().ok_or_else(damaged)?;
    let (cipher, key_length) = match encryption.take(OID) {
        Some(AES_128_CBC) => (&AES_128, 16),
        Some(AES_192_CBC) => (&AES_192, 24),
        Some(AES_256_CBC) => (&AES_256, 32),
        _ => return Err(unknown()),
    };
    let iv: [u8; 16] = encryption.take(OCTET_STRING).and_then(|iv| iv.try_into().ok()).ok_or_else(damaged)?;
    let mut key = [0; 32];
    let key = &mut key[..key_length];
    pbkdf2::derive(algorithm, iterations, salt, password.plain.expose_secret().as_bytes(), key);
    let mut plain = sealed.to_vec();
    let length = UnboundCipherKey::new(cipher, key)
        .and_then(PaddedBlockDecryptingKey::cbc_pkcs7)
        .and_then(|key| Ok(key.decrypt(&mut plain, DecryptionContext::Iv128(iv.into()))?.len()))
        .map_err(|_| wrong_password())?;
    plain.truncate(length);
    Ok(plain.into())
}

fn check_iterations(iterations: u32) -> Result<NonZeroU32> {
    NonZeroU32::new(iterations)
        .filter(|iterations| iterations.get() <= MOST_ITERATIONS)
        .ok_or_else(|| broken("the PFX file asks for an absurd number of iterations"))
}

fn wrong_password() -> crate::Error {
    broken("the password does not open the PFX file")
}

fn unknown() -> crate::Error {
    broken("the PFX file is encrypted by an algorithm that is not known here; write it again with AES")
}

/// Programs write 2 000 to a million; more would keep a processor busy for a file that is not meant well.
const MOST_ITERATIONS: u32 = 10_000_000;

const PBES2: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 5, 13];
const PBKDF2: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 5, 12];
const TRIPLE_DES: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 12, 1, 3];
const RC2_128: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 12, 1, 5];
const RC2_40: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 12, 1, 6];
const HMAC_SHA1: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 2, 7];
const HMAC_SHA256: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 2, 9];
const HMAC_SHA384: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 2, 10];
const HMAC_SHA512: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 2, 11];
const AES_128_CBC: &[u8] = &[0x60, 0x86, 0x48, 1, 0x65, 3, 4, 1, 2];
const AES_192_CBC: &[u8] = &[0x60, 0x86, 0x48, 1, 0x65, 3, 4, 1, 22];
const AES_256_CBC: &[u8] = &[0x60, 0x86, 0x48, 1, 0x65, 3, 4, 1, 42];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn absurd_iterations_are_refused_before_they_are_counted() {
        let password = &Password::forms("canary")[0];
        for iterations in [0, MOST_ITERATIONS + 1, u32::MAX] {
            let error = derive(&digest::SHA256, Purpose::Mac, password, b"salt", iterations, &mut [0; 32]).unwrap_err();
            assert!(error.to_string().contains("iterations"), "{error}");
        }
    }

    #[test]
    fn numbers_wrap_with_carry() {
        let mut chunk = [0xff, 0xff];
        add(&mut chunk, &[0, 0]);
        assert_eq!(chunk, [0, 0]);
        let mut chunk = [0x00, 0xff];
        add(&mut chunk, &[0x01, 0x00]);
        assert_eq!(chunk, [0x02, 0x00]);
    }
}
