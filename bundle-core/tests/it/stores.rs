//! Where refresh tokens are kept: the contract, and what the file promises beyond it.

use std::path::{Path, PathBuf};

use base64::Engine as _;
use secrecy::{ExposeSecret, SecretString};
use uuid::Uuid;

use bundle_core::ErrorKind;
use bundle_core::auth::{AccountKey, FileTokenStore, MemoryTokenStore, StoreKey, TokenStore};
use bundle_core::testing::conformance;

use crate::support::{APP, CUSTOMER, PARTNER};

const TOKEN: &str = "0.AX-canary-refresh-token";

/// A directory that is removed when the test ends.
struct Directory(PathBuf);

impl Directory {
    fn new() -> Self {
        let path = std::env::temp_dir().join(format!("bundle-stores-{}", Uuid::new_v4()));
        std::fs::create_dir(&path).unwrap();
        Self(path)
    }

    fn file(&self) -> PathBuf {
        self.0.join("tokens.bin")
    }

    fn names(&self) -> Vec<String> {
        let entries = std::fs::read_dir(&self.0).unwrap();
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
    }
}

impl Drop for Directory {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

fn key(byte: u8) -> StoreKey {
    let text = base64::engine::general_purpose::STANDARD.encode([byte; 32]);
    StoreKey::from_base64(&text.into()).unwrap()
}

fn store(file: &Path) -> FileTokenStore {
    FileTokenStore::new(file, key(7))
}

fn account() -> AccountKey {
    AccountKey::new(PARTNER, APP)
}

async fn stored(store: &dyn TokenStore) -> Option<String> {
    store.load(&account()).await.unwrap().map(|token| token.expose_secret().to_owned())
}

async fn put(store: &dyn TokenStore, token: &str) {
    let current = store.load(&account()).await.unwrap();
    assert!(store.replace(&account(), current.as_ref(), &token.into()).await.unwrap());
}

#[tokio::test]
async fn memory_keeps_the_contract() {
    conformance::token_store(&MemoryTokenStore::new()).await;
}

#[tokio::test]
async fn file_keeps_the_contract_and_other_accounts() {
    let directory = Directory::new();
    let store = store(&directory.file());
    put(&store, TOKEN).await;
    conformance::token_store(&store).await;
    assert_eq!(stored(&store).await.as_deref(), Some(TOKEN));
}

#[tokio::test]
async fn file_outlives_the_store_and_leaves_nothing_beside_it() {
    let directory = Directory::new();
    assert_eq!(stored(&store(&directory.file())).await, None);
    assert!(directory.names().is_empty(), "loading creates nothing");
    put(&store(&directory.file()), TOKEN).await;
    assert_eq!(stored(&store(&directory.file())).await.as_deref(), Some(TOKEN));
    assert_eq!(directory.names(), ["tokens.bin"]);
}

#[tokio::test]
async fn file_shows_neither_tokens_nor_accounts_and_differs_each_time() {
    let directory = Directory::new();
    let store = store(&directory.file());
    put(&store, TOKEN).await;
    let first = std::fs::read(directory.file()).unwrap();
    for secret in [TOKEN, "canary", &PARTNER.to_string(), &APP.to_string()] {
        assert!(!first.windows(secret.len()).any(|window| window == secret.as_bytes()), "{secret}");
    }
    put(&store, TOKEN).await;
    assert_ne!(std::fs::read(directory.file()).unwrap(), first, "a nonce is used once");
    assert!(!format!("{store:?}").contains("BwcHBw"), "the key is not shown");
}

#[cfg(unix)]
#[tokio::test]
async fn file_is_its_owners_only_even_over_a_loose_one_left_behind() {
    use std::os::unix::fs::PermissionsExt as _;

    let directory = Directory::new();
    let left = directory.0.join(format!("tokens.bin.{}.new", std::process::id()));
    std::fs::write(&left, "half a wri").unwrap();
    std::fs::set_permissions(&left, std::fs::Permissions::from_mode(0o666)).unwrap();
    put(&store(&directory.file()), TOKEN).await;
    let mode = std::fs::metadata(directory.file()).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    assert_eq!(directory.names(), ["tokens.bin"]);
}

#[tokio::test]
async fn interrupted_write_is_harmless() {
    let directory = Directory::new();
    put(&store(&directory.file()), TOKEN).await;
    let half = &std::fs::read(directory.file()).unwrap()[..20];
    std::fs::write(directory.0.join(format!("tokens.bin.{}.new", std::process::id())), half).unwrap();
    let store = store(&directory.file());
    assert_eq!(stored(&store).await.as_deref(), Some(TOKEN));
    put(&store, "next").await;
    assert_eq!(stored(&store).await.as_deref(), Some("next"));
}

#[tokio::test]
async fn file_with_a_changed_byte_or_a_lost_one_is_refused() {
    let directory = Directory::new();
    put(&store(&directory.file()), TOKEN).await;
    let good = std::fs::read(directory.file()).unwrap();
    let flipped = (0..good.len()).map(|at| {
        let mut bytes = good.clone();
        bytes[at] ^= 1;
        bytes
    });
    let cut = (0..good.len()).map(|len| good[..len].to_vec());
    for bytes in flipped.chain(cut) {
        refused(&directory, &bytes, &store(&directory.file())).await;
    }
    let mut longer = good.clone();
    longer.push(0);
    refused(&directory, &longer, &store(&directory.file())).await;
}

#[tokio::test]
async fn file_of_another_key_or_another_program_is_refused_and_left_alone() {
    let directory = Directory::new();
    put(&store(&directory.file()), TOKEN).await;
    let good = std::fs::read(directory.file()).unwrap();
    refused(&directory, &good, &FileTokenStore::new(directory.file(), key(8))).await;
    for foreign in [&b"{\"refresh_token\": \"plain\"}"[..], b"bundle-tokens-2\n", b"bundle-tokens-1\n"] {
        refused(&directory, foreign, &store(&directory.file())).await;
    }
}

/// Every operation refuses these bytes, tells so without secrets and leaves them as they are.
async fn refused(directory: &Directory, bytes: &[u8], store: &FileTokenStore) {
    std::fs::write(directory.file(), bytes).unwrap();
    let outcomes = [
        store.load(&account()).await.map(drop),
        store.replace(&account(), None, &"next".into()).await.map(drop),
        store.remove(&account()).await,
    ];
    for outcome in outcomes {
        let error = outcome.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Config);
        assert!(error.to_string().contains("tokens.bin") && !format!("{error:?}").contains("canary"), "{error:?}");
    }
    assert_eq!(std::fs::read(directory.file()).unwrap(), bytes);
}

#[tokio::test]
async fn directory_that_cannot_be_written_is_an_error_and_the_old_token_stays() {
    let directory = Directory::new();
    let lost = store(&directory.0.join("absent").join("tokens.bin"));
    let error = lost.replace(&account(), None, &TOKEN.into()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Config);
    assert!(std::error::Error::source(&error).is_some());
    assert_eq!(stored(&lost).await, None);
    // A directory in the file's place.
    std::fs::create_dir(directory.file()).unwrap();
    assert_eq!(store(&directory.file()).load(&account()).await.unwrap_err().kind(), ErrorKind::Config);
}

#[tokio::test]
async fn accounts_of_one_file_are_independent() {
    let directory = Directory::new();
    let store = store(&directory.file());
    put(&store, TOKEN).await;
    let other = AccountKey::new(CUSTOMER, APP);
    assert!(store.replace(&other, None, &"other".into()).await.unwrap());
    store.remove(&other).await.unwrap();
    assert!(store.load(&other).await.unwrap().is_none());
    assert_eq!(stored(&store).await.as_deref(), Some(TOKEN));
}

#[test]
fn key_is_32_bytes_of_base64_and_never_shown() {
    let text: SecretString = format!(" {}\n", "A".repeat(43) + "=").into();
    assert_eq!(format!("{:?}", StoreKey::from_base64(&text).unwrap()), "StoreKey([REDACTED])");
    for bad in ["", "canary", &"A".repeat(43), &("A".repeat(42) + "=="), &("A".repeat(86) + "==")] {
        let error = StoreKey::from_base64(&bad.to_owned().into()).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Config, "{bad}");
        assert!(bad.is_empty() || !format!("{error} {error:?}").contains(bad), "{error:?}");
    }
}
