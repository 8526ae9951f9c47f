//! Contract suites: what the documentation of a port promises, checked line by line.

use std::sync::Arc;

use futures_util::FutureExt as _;
use futures_util::future::join_all;
use secrecy::{ExposeSecret, SecretString};

use crate::auth::{AccountKey, TokenStore};
use crate::ids::{AppId, TenantId};

/// Checks the `# Behavior` list of [`TokenStore`] on a store.
///
/// It uses accounts of its own and removes them; others in the store are left alone.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() {
/// use bundle_core::auth::MemoryTokenStore;
/// use bundle_core::testing::conformance;
///
/// conformance::token_store(&MemoryTokenStore::new()).await;
/// # }
/// ```
///
/// A store that several processes share is checked with [`token_store_shared`] too.
///
/// # Panics
/// When the store breaks its contract; the message says which line of it.
pub async fn token_store(store: &dyn TokenStore) {
    let accounts = accounts();
    remove_all(store, &accounts).await;
    loads_what_was_stored_last(store, &accounts[0]).await;
    replaces_only_the_current_token(store, &accounts[0]).await;
    keeps_every_character(store, &accounts[0]).await;
    keeps_accounts_apart(store, &accounts).await;
    refuses_what_was_removed(store, &accounts[0]).await;
    lets_one_of_many_replace(store, &accounts[0]).await;
    lets_one_of_many_rotate(store, &accounts[0]).await;
    survives_an_interruption(store, &accounts[0]).await;
    remove_all(store, &accounts).await;
}

/// Checks on a store that several processes share what [`token_store`] checks on one, and that callers who come through
/// different doors meet: `open` opens the store once for each of them, as each process would. It is called on the
/// caller's task, several times, and every store it answers leads to the same tokens.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() {
/// use std::sync::Arc;
///
/// use bundle_core::auth::MemoryTokenStore;
/// use bundle_core::testing::conformance;
///
/// let store = Arc::new(MemoryTokenStore::new());
/// conformance::token_store_shared(|| Arc::clone(&store) as _).await;
/// # }
/// ```
///
/// # Panics
/// When the store breaks its contract; the message says which line of it.
pub async fn token_store_shared(open: impl Fn() -> Arc<dyn TokenStore> + Send + Sync) {
    token_store(&*open()).await;
    let account = &accounts()[0];
    survives_closing(&open, account).await;
    lets_one_of_all_doors_rotate(&open, account).await;
    remove_all(&*open(), std::slice::from_ref(account)).await;
}

async fn loads_what_was_stored_last(store: &dyn TokenStore, account: &AccountKey) {
    assert_eq!(load(store, account).await, None, "nothing stored is `None`");
    assert!(replace(store, account, None, "first").await, "the first token is stored in place of none");
    assert_eq!(load(store, account).await.as_deref(), Some("first"), "what was stored is loaded");
    assert!(replace(store, account, Some("first"), "second").await, "the current token is replaced");
    assert_eq!(load(store, account).await.as_deref(), Some("second"), "what was stored last is loaded");
    remove_all(store, std::slice::from_ref(account)).await;
    assert_eq!(load(store, account).await, None, "what was removed is gone");
    // Absent is fine.
    remove_all(store, std::slice::from_ref(account)).await;
}

async fn replaces_only_the_current_token(store: &dyn TokenStore, account: &AccountKey) {
    assert!(!replace(store, account, Some("old"), "next").await, "a token that is not stored is not replaced");
    assert_eq!(load(store, account).await, None, "a refused `replace` stores nothing");
    assert!(replace(store, account, None, "kept").await, "the first token is stored in place of none");
    for current in [None, Some("other"), Some(""), Some("kep"), Some("kept ")] {
        assert!(!replace(store, account, current, "next").await, "{current:?} is not the stored token");
    }
    assert_eq!(load(store, account).await.as_deref(), Some("kept"), "a refused `replace` changes nothing");
    assert!(replace(store, account, Some("kept"), "kept").await, "a token may be replaced by itself");
    remove_all(store, std::slice::from_ref(account)).await;
}

async fn keeps_every_character(store: &dyn TokenStore, account: &AccountKey) {
    let odd = format!("0.AX~-_\"\\/ \u{e9}{}", "x".repeat(4096));
    assert!(replace(store, account, None, &odd).await, "the first token is stored in place of none");
    // Not compared by `assert_eq`, which would print both.
    assert!(load(store, account).await == Some(odd), "a token comes back as it was stored");
    remove_all(store, std::slice::from_ref(account)).await;
}

async fn keeps_accounts_apart(store: &dyn TokenStore, accounts: &[AccountKey]) {
    for (number, account) in accounts.iter().enumerate() {
        assert!(replace(store, account, None, &number.to_string()).await, "keys are independent of each other");
    }
    for (number, account) in accounts.iter().enumerate() {
        assert_eq!(load(store, account).await, Some(number.to_string()), "keys are independent of each other");
    }
    remove_all(store, &accounts[..1]).await;
    assert_eq!(load(store, &accounts[0]).await, None, "what was removed is gone");
    assert_eq!(load(store, &accounts[1]).await.as_deref(), Some("1"), "keys are independent of each other");
    remove_all(store, accounts).await;
}

async fn refuses_what_was_removed(store: &dyn TokenStore, account: &AccountKey) {
    assert!(replace(store, account, None, "removed").await, "the first token is stored in place of none");
    remove_all(store, std::slice::from_ref(account)).await;
    assert!(!replace(store, account, Some("removed"), "next").await, "a removed token is not replaced");
    assert_eq!(load(store, account).await, None, "what was removed is gone");
}

async fn lets_one_of_many_replace(store: &dyn TokenStore, account: &AccountKey) {
    assert!(replace(store, account, None, "current").await, "the first token is stored in place of none");
    let names: Vec<String> = (0..16).map(|number| format!("next-{number}")).collect();
    let stored = join_all(names.iter().map(|name| replace(store, account, Some("current"), name))).await;
    let winners: Vec<&String> =
        names.iter().zip(&stored).filter(|(_, stored)| **stored).map(|(name, _)| name).collect();
    assert_eq!(winners.len(), 1, "of callers with one current token exactly one replaces it");
    assert_eq!(load(store, account).await.as_ref(), Some(winners[0]), "the one that was told so replaced it");
    remove_all(store, std::slice::from_ref(account)).await;
}

async fn lets_one_of_many_rotate(store: &dyn TokenStore, account: &AccountKey) {
    assert!(replace(store, account, None, FIRST).await, "the first token is stored in place of none");
    let won = join_all((0..ROTATORS).map(|rotator| rotate(store, account, rotator))).await.concat();
    assert_one_chain(won, load(store, account).await.as_deref());
    remove_all(store, std::slice::from_ref(account)).await;
}

async fn survives_closing(open: &(impl Fn() -> Arc<dyn TokenStore> + Sync), account: &AccountKey) {
    assert!(replace(&*open(), account, None, "kept").await, "the first token is stored in place of none");
    assert_eq!(load(&*open(), account).await.as_deref(), Some("kept"), "what one stored, the next one loads");
    assert!(replace(&*open(), account, Some("kept"), "next").await, "what one stored, the next one replaces");
    remove_all(&*open(), std::slice::from_ref(account)).await;
    assert_eq!(load(&*open(), account).await, None, "what one removed is gone for the next one");
}

async fn lets_one_of_all_doors_rotate(open: &(impl Fn() -> Arc<dyn TokenStore> + Sync), account: &AccountKey) {
    let store = open();
    assert!(replace(&*store, account, None, FIRST).await, "the first token is stored in place of none");
    let rotators: Vec<_> = (0..ROTATORS)
        .map(|rotator| {
            let (store, account) = (open(), account.clone());
            tokio::spawn(async move { rotate(&*store, &account, rotator).await })
        })
        .collect();
    let mut won = Vec::new();
    for rotator in rotators {
        match rotator.await {
            Ok(own) => won.extend(own),
            Err(failed) => std::panic::resume_unwind(failed.into_panic()),
        }
    }
    assert_one_chain(won, load(&*store, account).await.as_deref());
}

/// Replaces the token by the one of the next generation until the last one is there, against all others who do the
/// same. Answers what it was told it replaced, and by what.
async fn rotate(store: &dyn TokenStore, account: &AccountKey, rotator: usize) -> Vec<(String, String)> {
    let mut won = Vec::new();
    loop {
        let current = load(store, account).await.expect("nobody removes the token: it may be replaced, never lost");
        let generation = generation(&current);
        if generation >= GENERATIONS {
            return won;
        }
        // Where redeeming the token would be: all others get to see it too.
        tokio::task::yield_now().await;
        let next = format!("{}-{rotator}", generation + 1);
        if replace(store, account, Some(&current), &next).await {
            won.push((current, next));
        }
    }
}

/// Everything that callers were told they replaced is one chain from the first token to the one that is stored.
fn assert_one_chain(mut won: Vec<(String, String)>, stored: Option<&str>) {
    won.sort_by_key(|(_, next)| generation(next));
    let mut last = FIRST.to_owned();
    for (current, next) in won {
        assert_eq!(current, last, "of callers that replace one token exactly one is told `true`, and none is lost");
        last = next;
    }
    assert_eq!(generation(&last), GENERATIONS, "a caller who replaced the token is told so");
    assert_eq!(stored, Some(&*last), "what was stored last is loaded");
}

fn generation(token: &str) -> u32 {
    let number = token.split('-').next().and_then(|number| number.parse().ok());
    number.expect("a token comes back as it was stored")
}

async fn survives_an_interruption(store: &dyn TokenStore, account: &AccountKey) {
    assert!(replace(store, account, None, "old").await, "the first token is stored in place of none");
    for polls in 0..8 {
        let mut interrupted = Box::pin(replace(store, account, Some("old"), "new"));
        for _ in 0..polls {
            if interrupted.as_mut().now_or_never().is_some() {
                break;
            }
        }
        drop(interrupted);
        let left = load(store, account).await;
        assert!(
            matches!(left.as_deref(), Some("old" | "new")),
            "an interrupted `replace` leaves the old token or the new one"
        );
        // What was interrupted may still be under way, and be done before this or refused after it.
        replace(store, account, left.as_deref(), "old").await;
    }
    remove_all(store, std::slice::from_ref(account)).await;
}

async fn load(store: &dyn TokenStore, account: &AccountKey) -> Option<String> {
    let token = store.load(account).await.expect("a store that works loads");
    token.map(|token| token.expose_secret().to_owned())
}

async fn replace(store: &dyn TokenStore, account: &AccountKey, current: Option<&str>, next: &str) -> bool {
    let current = current.map(SecretString::from);
    store.replace(account, current.as_ref(), &next.into()).await.expect("a store that works replaces")
}

async fn remove_all(store: &dyn TokenStore, accounts: &[AccountKey]) {
    for account in accounts {
        store.remove(account).await.expect("a store that works removes, also what is absent");
    }
}

/// The token that is rotated, how many rotate it, and up to which generation.
const FIRST: &str = "0-first";
const ROTATORS: usize = 8;
const GENERATIONS: u32 = 12;

/// Accounts that differ in the tenant or in the application alone.
fn accounts() -> [AccountKey; 3] {
    let id = |last: u128| 0xc0f0_0000_0000_4000_8000_0000_0000_0000 + last;
    [(1, 1), (2, 1), (1, 2)]
        .map(|(tenant, app)| AccountKey::new(TenantId::from_u128(id(tenant)), AppId::from_u128(id(app))))
}
