//! New refresh tokens: stored before anything else, and only the partner's own.

use std::sync::Arc;

use async_trait::async_trait;
use futures_util::FutureExt as _;
use secrecy::{ExposeSecret, SecretString};
use tokio::sync::Notify;

use bundle_core::auth::{AccountKey, Credential, MemoryTokenStore, PartnerCredential, TokenStore};
use bundle_core::testing::TestServer;
use bundle_core::{Error, ErrorKind, Result};

use crate::support::{
    APP, CUSTOMER, PARTNER, account, form, is_token, login_fixture, received, token_answer, token_mock,
};

/// A store whose `replace` waits to be released, or fails.
#[derive(Debug, Default)]
struct Slow {
    inner: MemoryTokenStore,
    asked: Notify,
    go_on: Notify,
    broken: bool,
}

#[async_trait]
impl TokenStore for Slow {
    async fn load(&self, account: &AccountKey) -> Result<Option<SecretString>> {
        self.inner.load(account).await
    }

    async fn replace(&self, account: &AccountKey, current: Option<&SecretString>, next: &SecretString) -> Result<bool> {
        self.asked.notify_one();
        self.go_on.notified().await;
        if self.broken {
            return Err(Error::config("token store: the disk is full"));
        }
        self.inner.replace(account, current, next).await
    }

    async fn remove(&self, account: &AccountKey) -> Result<()> {
        self.inner.remove(account).await
    }
}

async fn with_store(server: &TestServer, broken: bool) -> (PartnerCredential, Arc<Slow>, AccountKey) {
    let key = AccountKey::new(PARTNER, APP);
    let store = Arc::new(Slow { broken, ..Slow::default() });
    store.inner.replace(&key, None, &"refresh-0".into()).await.unwrap();
    let shared: Arc<dyn TokenStore> = Arc::clone(&store) as _;
    let credential = PartnerCredential::builder(PARTNER, APP).store(shared).build(&server.options()).unwrap();
    (credential, store, key)
}

#[tokio::test]
async fn new_refresh_token_is_stored_before_the_access_token_is_handed_out() {
    let server = TestServer::start().await;
    let answer = token_answer("access", Some("refresh-1"));
    token_mock(&PARTNER).respond_with(answer).up_to_n_times(1).expect(1).mount(server.mock()).await;
    let (credential, store, key) = with_store(&server, false).await;
    let request = account(PARTNER);
    let mut token = Box::pin(credential.token(&request));
    tokio::select! {
        _ = &mut token => panic!("handed out before it was stored"),
        () = store.asked.notified() => {}
    }
    assert!(token.as_mut().now_or_never().is_none());
    store.go_on.notify_one();
    assert!(is_token(&token.await.unwrap(), "access"));
    assert_eq!(store.load(&key).await.unwrap().unwrap().expose_secret(), "refresh-1");

    // The next redemption uses it.
    credential.forget(&PARTNER).await;
    token_mock(&PARTNER).respond_with(token_answer("next", None)).expect(1).mount(server.mock()).await;
    credential.token(&account(PARTNER)).await.unwrap();
    assert_eq!(form(&received(&server).await[1])["refresh_token"], "refresh-1");
}

#[tokio::test]
async fn token_whose_refresh_token_cannot_be_stored_is_not_used() {
    let server = TestServer::start().await;
    let answer = token_answer("access", Some("refresh-1"));
    token_mock(&PARTNER).respond_with(answer).expect(2).mount(server.mock()).await;
    let (credential, store, key) = with_store(&server, true).await;
    for _ in 0..2 {
        store.go_on.notify_one();
        let error = credential.token(&account(PARTNER)).await.unwrap_err();
        assert_eq!((error.kind(), error.tenant()), (ErrorKind::Config, Some(&PARTNER)));
        assert!(error.to_string().contains("the disk is full"), "{error}");
    }
    assert_eq!(store.load(&key).await.unwrap().unwrap().expose_secret(), "refresh-0");
}

#[tokio::test]
async fn refresh_token_of_a_customers_authority_is_not_kept() {
    let server = TestServer::start().await;
    token_mock(&CUSTOMER).respond_with(token_answer("access", Some("foreign"))).mount(server.mock()).await;
    let (credential, store, key) = with_store(&server, false).await;
    credential.token(&account(CUSTOMER)).await.unwrap();
    assert_eq!(store.load(&key).await.unwrap().unwrap().expose_secret(), "refresh-0");
}

#[tokio::test]
async fn newer_sign_in_stored_meanwhile_stays() {
    let server = TestServer::start().await;
    token_mock(&PARTNER).respond_with(token_answer("access", Some("refresh-1"))).mount(server.mock()).await;
    let (credential, store, key) = with_store(&server, false).await;
    let request = account(PARTNER);
    let mut token = Box::pin(credential.token(&request));
    tokio::select! {
        _ = &mut token => panic!("handed out before it was stored"),
        () = store.asked.notified() => {}
    }
    assert!(store.inner.replace(&key, Some(&"refresh-0".into()), &"newer".into()).await.unwrap());
    store.go_on.notify_one();
    token.await.unwrap();
    assert_eq!(store.load(&key).await.unwrap().unwrap().expose_secret(), "newer");
}

/// A store that another process writes to: every `load` finds the next token.
#[derive(Debug)]
struct Shared(std::sync::Mutex<Vec<&'static str>>);

#[async_trait]
impl TokenStore for Shared {
    async fn load(&self, _: &AccountKey) -> Result<Option<SecretString>> {
        let mut tokens = self.0.lock().unwrap();
        let next = if tokens.len() > 1 { tokens.remove(0) } else { tokens[0] };
        Ok(Some(next.into()))
    }

    async fn replace(&self, _: &AccountKey, _: Option<&SecretString>, _: &SecretString) -> Result<bool> {
        Ok(false)
    }

    async fn remove(&self, _: &AccountKey) -> Result<()> {
        Ok(())
    }
}

/// A credential beside another process that stores these tokens one after the other.
fn beside(server: &TestServer, tokens: &[&'static str]) -> PartnerCredential {
    let store = Arc::new(Shared(std::sync::Mutex::new(tokens.to_vec())));
    PartnerCredential::builder(PARTNER, APP).store(store).build(&server.options()).unwrap()
}

async fn redeemed(server: &TestServer) -> Vec<String> {
    received(server).await.iter().map(|arrived| form(arrived)["refresh_token"].clone()).collect()
}

#[tokio::test]
async fn token_that_another_process_stored_meanwhile_is_tried() {
    let server = TestServer::start().await;
    let refused = login_fixture("grant_revoked_50173");
    token_mock(&CUSTOMER).respond_with(refused).up_to_n_times(1).mount(server.mock()).await;
    token_mock(&CUSTOMER).respond_with(token_answer("access", None)).mount(server.mock()).await;
    let credential = beside(&server, &["old", "new"]);
    assert!(is_token(&credential.token(&account(CUSTOMER)).await.unwrap(), "access"));
    assert_eq!(redeemed(&server).await, ["old", "new"]);
}

#[tokio::test]
async fn refused_token_is_redeemed_once_when_nobody_stored_another() {
    for (tokens, sent) in [(&["old"][..], &["old"][..]), (&["old", "new", "newer"], &["old", "new"])] {
        let server = TestServer::start().await;
        token_mock(&CUSTOMER).respond_with(login_fixture("grant_revoked_50173")).mount(server.mock()).await;
        let error = beside(&server, tokens).token(&account(CUSTOMER)).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::ReauthenticationRequired);
        assert_eq!(redeemed(&server).await, sent);
    }
    // Another refresh token does not help against what is no matter of the sign-in.
    let server = TestServer::start().await;
    token_mock(&CUSTOMER).respond_with(login_fixture("consent_missing_65001")).mount(server.mock()).await;
    beside(&server, &["old", "new"]).token(&account(CUSTOMER)).await.unwrap_err();
    assert_eq!(redeemed(&server).await, ["old"]);
}
