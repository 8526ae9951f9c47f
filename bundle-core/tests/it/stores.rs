//! Where refresh tokens are kept: the contract, and that its suite finds what breaks it.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use secrecy::{ExposeSecret, SecretString};

use bundle_core::Result;
use bundle_core::auth::{AccountKey, MemoryTokenStore, TokenStore};
use bundle_core::testing::conformance;

#[tokio::test]
async fn memory_keeps_the_contract() {
    conformance::token_store(&MemoryTokenStore::new()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn memory_keeps_the_contract_for_many_threads() {
    let store = Arc::new(MemoryTokenStore::new());
    conformance::token_store_shared(|| Arc::clone(&store) as _).await;
}

/// What a store may get wrong.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Fault {
    ReplacesAnything,
    AnswersTooEarly,
    ComparesBeforeItWrites,
    TellsEveryoneTheyWon,
    MixesUpApplications,
    KeepsWhatIsRemoved,
    TrimsTokens,
    RemovesBeforeItWrites,
}

/// A store with one fault.
#[derive(Debug)]
struct Broken(Fault, Mutex<HashMap<AccountKey, String>>);

impl Broken {
    fn new(fault: Fault) -> Self {
        Self(fault, Mutex::default())
    }

    fn key(&self, account: &AccountKey) -> AccountKey {
        let mut key = account.clone();
        if self.0 == Fault::MixesUpApplications {
            key.application = bundle_core::ids::AppId::from_u128(0);
        }
        key
    }
}

#[async_trait]
impl TokenStore for Broken {
    async fn load(&self, account: &AccountKey) -> Result<Option<SecretString>> {
        Ok(self.1.lock().unwrap().get(&self.key(account)).map(|token| token.as_str().into()))
    }

    async fn replace(&self, account: &AccountKey, current: Option<&SecretString>, next: &SecretString) -> Result<bool> {
        let key = self.key(account);
        let mut next = next.expose_secret().to_owned();
        if self.0 == Fault::TrimsTokens {
            next = next.replace(' ', "");
        }
        let current = current.map(ExposeSecret::expose_secret);
        let unchanged = self.1.lock().unwrap().get(&key).map(String::as_str) == current;
        match self.0 {
            Fault::ComparesBeforeItWrites => tokio::task::yield_now().await,
            Fault::RemovesBeforeItWrites if unchanged => {
                self.1.lock().unwrap().remove(&key);
                tokio::task::yield_now().await;
            }
            Fault::AnswersTooEarly => return Ok(unchanged),
            _ => {}
        }
        if unchanged || self.0 == Fault::ReplacesAnything {
            self.1.lock().unwrap().insert(key, next);
        }
        Ok(unchanged || matches!(self.0, Fault::ReplacesAnything | Fault::TellsEveryoneTheyWon))
    }

    async fn remove(&self, account: &AccountKey) -> Result<()> {
        if self.0 != Fault::KeepsWhatIsRemoved {
            self.1.lock().unwrap().remove(&self.key(account));
        }
        Ok(())
    }
}

#[tokio::test]
async fn suite_finds_every_fault() {
    for (fault, word) in [
        (Fault::ReplacesAnything, "is not replaced"),
        (Fault::AnswersTooEarly, "what was stored is loaded"),
        (Fault::ComparesBeforeItWrites, "exactly one"),
        (Fault::TellsEveryoneTheyWon, "is not replaced"),
        (Fault::MixesUpApplications, "independent"),
        (Fault::KeepsWhatIsRemoved, "is gone"),
        (Fault::TrimsTokens, "as it was stored"),
        (Fault::RemovesBeforeItWrites, "never lost"),
    ] {
        let checked = tokio::spawn(async move { conformance::token_store(&Broken::new(fault)).await }).await;
        let panic = checked.expect_err("the fault is found").into_panic();
        let text = panic.downcast_ref::<String>().map(String::as_str).or_else(|| panic.downcast_ref::<&str>().copied());
        assert!(text.unwrap().contains(word), "{fault:?}: {text:?}");
    }
}

#[tokio::test]
async fn suite_finds_a_store_that_every_process_has_for_itself() {
    let checked = tokio::spawn(conformance::token_store_shared(|| Arc::new(MemoryTokenStore::new()))).await;
    let panic = checked.expect_err("the fault is found").into_panic();
    assert!(panic.downcast_ref::<String>().unwrap().contains("the next one loads"));
}
