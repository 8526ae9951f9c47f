//! The encrypted token file: what it promises beyond the contract of every store.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use base64::Engine as _;
use futures_util::FutureExt as _;
use futures_util::future::join_all;
use keyring_core::api::CredentialStoreApi as _;
use secrecy::{ExposeSecret, SecretString};
use uuid::Uuid;

use bundle_core::ErrorKind;
use bundle_core::auth::{AccountKey, FileTokenStore, StoreKey, TokenStore};
use bundle_core::testing::conformance;

use crate::support::{APP, CUSTOMER, PARTNER, shown};

const TOKEN: &str = "0.AX-canary-refresh-token";

/// A directory that is removed when the test ends.
pub(crate) struct Directory(pub(crate) PathBuf);

impl Directory {
    pub(crate) fn new() -> Self {
        let path = std::env::temp_dir().join(format!("bundle-stores-{}", Uuid::new_v4()));
        std::fs::create_dir(&path).unwrap();
        Self(path)
    }

    pub(crate) fn file(&self) -> PathBuf {
        self.0.join("tokens.bin")
    }

    fn names(&self) -> Vec<String> {
        let entries = std::fs::read_dir(&self.0).unwrap();
        let mut names: Vec<String> = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    #[cfg(unix)]
    fn leave(&self, name: &str, bytes: &[u8], mode: u32) {
        use std::os::unix::fs::PermissionsExt as _;

        let path = self.0.join(name);
        std::fs::write(&path, bytes).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
    }

    #[cfg(unix)]
    fn mode(&self, name: &str) -> u32 {
        use std::os::unix::fs::PermissionsExt as _;

        std::fs::metadata(self.0.join(name)).unwrap().permissions().mode() & 0o777
    }
}

impl Drop for Directory {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

pub(crate) fn key(byte: u8) -> StoreKey {
    let text = base64::engine::general_purpose::STANDARD.encode([byte; 32]);
    StoreKey::from_base64(&text.into()).unwrap()
}

pub(crate) fn store(file: &Path) -> FileTokenStore {
    FileTokenStore::new(file, key(7))
}

pub(crate) fn account() -> AccountKey {
    AccountKey::new(PARTNER, APP)
}

pub(crate) async fn stored(store: &dyn TokenStore) -> Option<String> {
    store.load(&account()).await.unwrap().map(|token| token.expose_secret().to_owned())
}

async fn put(store: &dyn TokenStore, token: &str) {
    let current = store.load(&account()).await.unwrap();
    assert!(store.replace(&account(), current.as_ref(), &token.into()).await.unwrap());
}

#[tokio::test]
async fn file_keeps_the_contract_and_other_accounts() {
    let directory = Directory::new();
    let store = store(&directory.file());
    put(&store, TOKEN).await;
    conformance::token_store(&store).await;
    conformance::token_store_shared(|| Arc::new(self::store(&directory.file()))).await;
    assert_eq!(stored(&store).await.as_deref(), Some(TOKEN));
}

#[tokio::test]
async fn file_outlives_the_store_and_leaves_nothing_but_its_lock_beside_it() {
    let directory = Directory::new();
    assert_eq!(stored(&store(&directory.file())).await, None);
    assert!(directory.names().is_empty(), "loading creates nothing");
    put(&store(&directory.file()), TOKEN).await;
    assert_eq!(stored(&store(&directory.file())).await.as_deref(), Some(TOKEN));
    assert_eq!(directory.names(), ["tokens.bin", "tokens.bin.lock"]);
    assert_eq!(std::fs::read(directory.0.join("tokens.bin.lock")).unwrap(), b"");
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
    let directory = Directory::new();
    directory.leave("tokens.bin.new", b"half a wri", 0o666);
    directory.leave("tokens.bin.lock", b"", 0o666);
    put(&store(&directory.file()), TOKEN).await;
    assert_eq!((directory.mode("tokens.bin"), directory.mode("tokens.bin.lock")), (0o600, 0o600));
    assert_eq!(directory.names(), ["tokens.bin", "tokens.bin.lock"]);
}

#[cfg(unix)]
#[tokio::test]
async fn file_that_was_opened_to_others_is_narrowed_by_reading() {
    let directory = Directory::new();
    put(&store(&directory.file()), TOKEN).await;
    let bytes = std::fs::read(directory.file()).unwrap();
    for mode in [0o640, 0o606, 0o777, 0o610] {
        directory.leave("tokens.bin", &bytes, mode);
        assert_eq!(stored(&store(&directory.file())).await.as_deref(), Some(TOKEN));
        assert_eq!(directory.mode("tokens.bin"), 0o600, "{mode:o}");
    }
    // A stricter mode is the owner's choice.
    directory.leave("tokens.bin", &bytes, 0o400);
    assert_eq!(stored(&store(&directory.file())).await.as_deref(), Some(TOKEN));
    assert_eq!(directory.mode("tokens.bin"), 0o400);
}

#[tokio::test]
async fn interrupted_write_is_harmless() {
    let directory = Directory::new();
    put(&store(&directory.file()), TOKEN).await;
    let half = &std::fs::read(directory.file()).unwrap()[..20];
    std::fs::write(directory.0.join("tokens.bin.new"), half).unwrap();
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
    lost.remove(&account()).await.unwrap();
    // A directory in the file's place.
    std::fs::create_dir(directory.file()).unwrap();
    assert_eq!(store(&directory.file()).load(&account()).await.unwrap_err().kind(), ErrorKind::Config);
}

#[tokio::test]
async fn write_that_fails_half_way_leaves_the_old_file() {
    let directory = Directory::new();
    let store = store(&directory.file());
    put(&store, TOKEN).await;
    let old = std::fs::read(directory.file()).unwrap();
    // Neither removed nor written: a directory with something in it stands where the new file would be made.
    let blocked = directory.0.join("tokens.bin.new");
    std::fs::create_dir_all(blocked.join("x")).unwrap();
    let outcomes = [
        store.replace(&account(), Some(&TOKEN.into()), &"next".into()).await.map(drop),
        store.remove(&account()).await,
    ];
    for outcome in outcomes {
        let error = outcome.unwrap_err();
        assert!(error.to_string().contains("tokens.bin cannot be written"), "{error}");
        assert!(!shown(&error).contains("canary"), "{error:?}");
    }
    assert_eq!(std::fs::read(directory.file()).unwrap(), old);
    std::fs::remove_dir_all(&blocked).unwrap();
    assert!(store.replace(&account(), Some(&TOKEN.into()), &"next".into()).await.unwrap());
}

#[tokio::test]
async fn change_is_made_to_its_end_when_nobody_waits_for_it() {
    let directory = Directory::new();
    let store = store(&directory.file());
    put(&store, "old").await;
    let lock = std::fs::File::open(directory.0.join("tokens.bin.lock")).unwrap();
    lock.lock().unwrap();
    // Begun, held up by another process, and given up.
    let account = account();
    let next = SecretString::from("next");
    assert!(store.replace(&account, Some(&"old".into()), &next).now_or_never().is_none());
    lock.unlock().unwrap();
    // The next change waits for its turn behind the first one.
    assert!(!store.replace(&account, Some(&"old".into()), &"late".into()).await.unwrap());
    assert_eq!(stored(&store).await.as_deref(), Some("next"));
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

/// An entry of a keyring that lives in this process.
fn keyring_entry(keyring: &Arc<keyring_core::mock::Store>) -> keyring_core::Entry {
    keyring.build("contoso-sync", "token store", None).unwrap()
}

#[tokio::test]
async fn keyring_keeps_the_key_that_the_first_use_made() {
    let directory = Directory::new();
    let keyring = keyring_core::mock::Store::new().unwrap();
    let open = || FileTokenStore::with_keyring(directory.file(), keyring_entry(&keyring));
    put(&open().await.unwrap(), TOKEN).await;
    let again = open().await.unwrap();
    assert_eq!(stored(&again).await.as_deref(), Some(TOKEN));
    let text = SecretString::from(keyring_entry(&keyring).get_password().unwrap());
    let by_hand = FileTokenStore::new(directory.file(), StoreKey::from_base64(&text).unwrap());
    assert_eq!(stored(&by_hand).await.as_deref(), Some(TOKEN));
    assert!(!format!("{again:?}").contains(text.expose_secret()));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn keyring_gets_one_key_from_all_who_come_first() {
    let directory = Directory::new();
    let keyring = keyring_core::mock::Store::new().unwrap();
    let open = || tokio::spawn(FileTokenStore::with_keyring(directory.file(), keyring_entry(&keyring)));
    let stores = join_all((0..8).map(|_| open())).await;
    put(stores[0].as_ref().unwrap().as_ref().unwrap(), TOKEN).await;
    for store in stores {
        assert_eq!(stored(&store.unwrap().unwrap()).await.as_deref(), Some(TOKEN));
    }
}

#[tokio::test]
async fn keyring_that_cannot_give_the_key_is_an_error_without_it() {
    use keyring_core::Error as KeyringError;

    let directory = Directory::new();
    for (said, word) in [
        (KeyringError::NoStorageAccess("the person said no".into()), "locked"),
        (KeyringError::PlatformFailure("no bus".into()), "failed"),
        (KeyringError::BadEncoding(b"canary".to_vec()), "cannot be used"),
        (KeyringError::BadDataFormat(b"canary".to_vec(), "x".into()), "cannot be used"),
    ] {
        let keyring = keyring_core::mock::Store::new().unwrap();
        let entry = keyring_entry(&keyring);
        entry.as_any().downcast_ref::<keyring_core::mock::Cred>().unwrap().set_error(said);
        let error = FileTokenStore::with_keyring(directory.file(), entry).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Config);
        assert!(error.to_string().contains(word) && !shown(&error).contains("canary"), "{error:?}");
        assert!(!shown(&error).contains("99, 97, 110"), "the bytes of what is stored: {error:?}");
    }
    // Somebody else's entry.
    let keyring = keyring_core::mock::Store::new().unwrap();
    keyring_entry(&keyring).set_password("canary").unwrap();
    let error = FileTokenStore::with_keyring(directory.file(), keyring_entry(&keyring)).await.unwrap_err();
    assert!(error.to_string().contains("base64") && !shown(&error).contains("canary"), "{error:?}");
    assert_eq!(keyring_entry(&keyring).get_password().unwrap(), "canary");
}

#[tokio::test]
async fn keyring_that_lost_the_key_of_a_file_gets_no_new_one() {
    let directory = Directory::new();
    put(&store(&directory.file()), TOKEN).await;
    let keyring = keyring_core::mock::Store::new().unwrap();
    let error = FileTokenStore::with_keyring(directory.file(), keyring_entry(&keyring)).await.unwrap_err();
    assert!(error.to_string().contains("its key is not in the keyring"), "{error}");
    assert!(keyring_entry(&keyring).get_password().is_err());
    assert_eq!(stored(&store(&directory.file())).await.as_deref(), Some(TOKEN));
}
