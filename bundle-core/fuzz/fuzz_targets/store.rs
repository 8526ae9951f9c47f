//! Token files: the first line is a key, the rest the file.
#![no_main]

use std::path::PathBuf;
use std::sync::LazyLock;

use bundle_core::TenantId;
use bundle_core::auth::{AccountKey, FileTokenStore, StoreKey, TokenStore as _};
use bundle_core::ids::AppId;
use libfuzzer_sys::fuzz_target;

static PATH: LazyLock<PathBuf> =
    LazyLock::new(|| std::env::temp_dir().join(format!("bundle-fuzz-{}", std::process::id())));

const KEY: &str = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";

fuzz_target!(|data: &[u8]| {
    let end = data.iter().position(|byte| *byte == b'\n').unwrap_or(0);
    let (line, file) = data.split_at(end);
    let line = String::from_utf8_lossy(line).into_owned();
    let key = StoreKey::from_base64(&line.into())
        .unwrap_or_else(|_| StoreKey::from_base64(&KEY.to_owned().into()).expect("it is a key"));
    std::fs::write(&*PATH, file).expect("the directory can be written");
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().expect("it starts");
    let store = FileTokenStore::new(&*PATH, key);
    let account = AccountKey::new(TenantId::from_u128(1), AppId::from_u128(1));
    runtime.block_on(async {
        assert!(store.load(&account).await.is_err(), "nobody forges a file");
        assert!(store.replace(&account, None, &"next".into()).await.is_err());
    });
    assert_eq!(std::fs::read(&*PATH).expect("it is there"), file, "a refused file is left as it is");
});
