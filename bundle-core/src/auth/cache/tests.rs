//! The behavior that is promised, against authorities that live in memory and virtual time.

use std::collections::VecDeque;
use std::sync::Mutex;
use std::time::Duration;

use futures_util::FutureExt as _;
use futures_util::future::{BoxFuture, join_all};
use tokio::sync::Semaphore;
use tokio::task::yield_now;
use tokio::time::advance;

use super::*;

/// Answers what it was told to, then tokens `token-1`, `token-2`, ... of an hour.
#[derive(Clone, Default)]
struct Authority(Arc<Inner>);

struct Inner {
    asked: Mutex<Vec<TokenRequest>>,
    script: Mutex<VecDeque<Result<AccessToken>>>,
    /// How many answers may leave.
    open: Semaphore,
}

impl Default for Inner {
    fn default() -> Self {
        let open = Semaphore::new(Semaphore::MAX_PERMITS);
        Self { asked: Mutex::default(), script: Mutex::default(), open }
    }
}

impl Authority {
    fn closed() -> Self {
        Self(Arc::new(Inner { open: Semaphore::new(0), ..Inner::default() }))
    }

    fn then(self, answer: Result<AccessToken>) -> Self {
        self.0.script.lock().unwrap().push_back(answer);
        self
    }

    fn open(&self) {
        self.0.open.add_permits(1);
    }

    fn count(&self) -> usize {
        self.0.asked.lock().unwrap().len()
    }

    fn fetch(&self) -> impl Fn(TokenRequest) -> BoxFuture<'static, Result<AccessToken>> + use<> {
        let inner = Arc::clone(&self.0);
        move |request| {
            let inner = Arc::clone(&inner);
            Box::pin(async move {
                let number = {
                    let mut asked = inner.asked.lock().unwrap();
                    asked.push(request);
                    asked.len()
                };
                inner.open.acquire().await.unwrap().forget();
                let scripted = inner.script.lock().unwrap().pop_front();
                scripted.unwrap_or_else(|| Ok(token(&format!("token-{number}"))))
            })
        }
    }
}

fn token(text: &str) -> AccessToken {
    AccessToken::new(text.into(), HOUR)
}

fn refusal(kind: ErrorKind) -> Result<AccessToken> {
    Err(Error::new(kind, "refused").with_attempts(1).with_request_id("a"))
}

fn request_of(tenant: u128) -> TokenRequest {
    TokenRequest::new(TenantId::from_u128(tenant), Principal::Account, "s")
}

fn request() -> TokenRequest {
    request_of(1)
}

/// Lets the tasks in the background go on.
async fn settle() {
    for _ in 0..5 {
        yield_now().await;
    }
}

async fn text_of(cache: &TokenCache, authority: &Authority) -> String {
    let token = cache.token(&request(), authority.fetch()).await.unwrap();
    let value = token.header_value().unwrap();
    value.to_str().unwrap().trim_start_matches("Bearer ").to_owned()
}

async fn kind_of(cache: &TokenCache, authority: &Authority) -> ErrorKind {
    cache.token(&request(), authority.fetch()).await.unwrap_err().kind()
}

const HOUR: Duration = Duration::from_secs(3600);
const SECOND: Duration = Duration::from_secs(1);

#[tokio::test]
async fn thousand_first_callers_share_one_request() {
    let (cache, authority) = (Arc::new(TokenCache::new()), Authority::default());
    let callers = (0..1000).map(|_| {
        let (cache, fetch) = (Arc::clone(&cache), authority.fetch());
        tokio::spawn(async move { cache.token(&request(), fetch).await.unwrap() })
    });
    let tokens = join_all(callers).await;
    let first = tokens[0].as_ref().unwrap();
    assert!(tokens.iter().all(|token| token.as_ref().unwrap().is_same(first)));
    assert_eq!(authority.count(), 1);
}

#[tokio::test]
async fn token_of_one_tenant_does_not_wait_for_another() {
    let (cache, slow, fast) = (TokenCache::new(), Authority::closed(), Authority::default());
    let first = request();
    let mut waiting = Box::pin(cache.token(&first, slow.fetch()));
    assert!(waiting.as_mut().now_or_never().is_none());
    // All shards, so also the one of the slow tenant.
    for tenant in 2..100 {
        cache.token(&request_of(tenant), fast.fetch()).await.unwrap();
    }
    slow.open();
    waiting.await.unwrap();
}

#[tokio::test]
async fn caller_that_goes_away_does_not_stop_the_request() {
    let (cache, authority) = (TokenCache::new(), Authority::closed());
    let first = request();
    assert!(cache.token(&first, authority.fetch()).now_or_never().is_none());
    authority.open();
    settle().await;
    assert_eq!(text_of(&cache, &authority).await, "token-1");
    assert_eq!(authority.count(), 1);
}

#[tokio::test(start_paused = true)]
async fn token_is_renewed_in_the_background_while_callers_get_the_current_one() {
    let (cache, authority) = (TokenCache::new(), Authority::closed());
    authority.open();
    assert_eq!(text_of(&cache, &authority).await, "token-1");
    // Not before a tenth before 55 minutes, whatever the jitter.
    advance(SECOND * 2969).await;
    assert_eq!(text_of(&cache, &authority).await, "token-1");
    assert_eq!(authority.count(), 1);
    advance(SECOND * 331).await;
    for _ in 0..10 {
        // Nobody waits, and one request is made for all.
        let now = cache.token(&request(), authority.fetch()).now_or_never().unwrap().unwrap();
        assert!(now.is_same(&token("token-1")));
        settle().await;
    }
    assert_eq!(authority.count(), 2);
    authority.open();
    settle().await;
    assert_eq!(text_of(&cache, &authority).await, "token-2");
    assert_eq!(authority.count(), 2);
}

#[tokio::test(start_paused = true)]
async fn authority_says_when_to_renew() {
    let (cache, authority) = (TokenCache::new(), Authority::default());
    let long = AccessToken::new("long".into(), HOUR * 24).with_refresh_in(HOUR * 12);
    let authority = authority.then(Ok(long));
    assert_eq!(text_of(&cache, &authority).await, "long");
    advance(HOUR * 10).await;
    assert_eq!(text_of(&cache, &authority).await, "long");
    settle().await;
    assert_eq!(authority.count(), 1);
    advance(HOUR * 2).await;
    assert_eq!(text_of(&cache, &authority).await, "long");
    settle().await;
    assert_eq!(text_of(&cache, &authority).await, "token-2");
}

#[tokio::test(start_paused = true)]
async fn token_is_at_hand_until_it_is_due_or_forgotten() {
    let (cache, authority) = (TokenCache::new(), Authority::default());
    let TokenRequest { tenant, scope, .. } = request();
    let ready = |principal| cache.ready(&tenant, principal, &scope).is_some();
    assert!(!ready(Principal::Account));
    text_of(&cache, &authority).await;
    assert!(ready(Principal::Account) && !ready(Principal::Application));
    cache.forget(&tenant);
    assert!(!ready(Principal::Account));
    text_of(&cache, &authority).await;
    // Due for renewal: valid still, but somebody has to ask.
    advance(SECOND * 3301).await;
    assert!(!ready(Principal::Account));
}

#[tokio::test(start_paused = true)]
async fn current_token_is_served_until_its_end_when_renewing_fails() {
    for kind in [ErrorKind::Unavailable, ErrorKind::ReauthenticationRequired] {
        let cache = TokenCache::new();
        let authority = (0..8).fold(Authority::default().then(Ok(token("token"))), |a, _| a.then(refusal(kind)));
        text_of(&cache, &authority).await;
        advance(SECOND * 3300).await;
        let mut tries = Vec::new();
        for second in 0..270 {
            assert_eq!(text_of(&cache, &authority).await, "token");
            settle().await;
            if authority.count() > tries.len() + 1 {
                tries.push(second);
            }
            advance(SECOND).await;
        }
        // Backed off: at once, after half a minute at the earliest, after a minute, after two.
        assert!((3..=4).contains(&tries.len()), "{tries:?}");
        let gaps: Vec<i32> = tries.windows(2).map(|pair| pair[1] - pair[0]).collect();
        assert!(tries[0] == 0 && gaps[0] >= 30 && gaps[1] >= 60, "{tries:?}");
        assert_eq!(kind_of(&cache, &authority).await, kind);
    }
}

#[tokio::test(start_paused = true)]
async fn refusal_is_remembered_for_its_time() {
    for (kind, seconds) in [(ErrorKind::ConsentRequired, 30), (ErrorKind::InvalidClient, 60)] {
        let (cache, authority) = (TokenCache::new(), Authority::default().then(refusal(kind)));
        for _ in 0..2 {
            let error = cache.token(&request(), authority.fetch()).await.unwrap_err();
            assert_eq!((error.kind(), error.request_id()), (kind, Some("a")));
            advance(SECOND * (seconds - 1)).await;
        }
        assert_eq!(authority.count(), 1);
        advance(SECOND).await;
        assert_eq!(text_of(&cache, &authority).await, "token-2");
    }
}

#[tokio::test]
async fn refusal_is_forgotten_with_the_tenant_or_the_principal() {
    let authority = Authority::default();
    let authority = (0..2).fold(authority, |a, _| a.then(refusal(ErrorKind::ConsentRequired)));
    let cache = TokenCache::new();
    kind_of(&cache, &authority).await;
    cache.forget(&TenantId::from_u128(2));
    cache.forget_principal(Principal::Application);
    kind_of(&cache, &authority).await;
    assert_eq!(authority.count(), 1);
    cache.forget(&TenantId::from_u128(1));
    kind_of(&cache, &authority).await;
    cache.forget_principal(Principal::Account);
    assert_eq!(text_of(&cache, &authority).await, "token-3");
}

#[tokio::test]
async fn failure_that_may_pass_is_told_to_those_who_waited_only() {
    let (cache, authority) = (TokenCache::new(), Authority::default().then(refusal(ErrorKind::Unavailable)));
    let (first, fetch) = (request(), authority.fetch());
    for outcome in join_all((0..10).map(|_| cache.token(&first, &fetch))).await {
        assert_eq!(outcome.unwrap_err().kind(), ErrorKind::Unavailable);
    }
    assert_eq!(authority.count(), 1);
    assert_eq!(text_of(&cache, &authority).await, "token-2");
}

#[tokio::test(start_paused = true)]
async fn request_loop_is_backed_off() {
    let refused = || Err(Error::new(ErrorKind::Throttled, "loop").with_code("AADSTS50196").with_attempts(1));
    let (cache, authority) = (TokenCache::new(), (0..3).fold(Authority::default(), |a, _| a.then(refused())));
    for (seconds, asked) in [(59, 1), (1, 2), (119, 2), (1, 3), (239, 3)] {
        kind_of(&cache, &authority).await;
        advance(SECOND * seconds).await;
        kind_of(&cache, &authority).now_or_never();
        settle().await;
        assert_eq!(authority.count(), asked);
    }
    advance(SECOND).await;
    assert_eq!(text_of(&cache, &authority).await, "token-4");
}

#[tokio::test]
async fn refused_token_is_replaced_once_for_all_who_report_it() {
    let (cache, authority) = (TokenCache::new(), Authority::default());
    let first = cache.token(&request(), authority.fetch()).await.unwrap();
    let again = TokenRequest { rejected: Some(first), ..request() };
    let fetch = authority.fetch();
    for outcome in join_all((0..10).map(|_| cache.token(&again, &fetch))).await {
        assert!(outcome.unwrap().is_same(&token("token-2")));
    }
    assert!(cache.token(&again, &fetch).await.unwrap().is_same(&token("token-2")));
    assert_eq!(authority.count(), 2);
}

#[tokio::test(start_paused = true)]
async fn replacement_is_known_as_one_for_a_minute() {
    let (cache, authority) = (TokenCache::new(), Authority::default());
    let first = cache.token(&request(), authority.fetch()).await.unwrap();
    assert!(!first.is_new_replacement());
    let mut again = TokenRequest { rejected: Some(first), ..request() };
    let second = cache.token(&again, authority.fetch()).await.unwrap();
    assert!(second.is_new_replacement());
    again.claims = Some("{}".to_owned());
    // The service said what it wants: a new token may well please it.
    assert!(!cache.token(&again, authority.fetch()).await.unwrap().is_new_replacement());
    advance(SECOND * 60).await;
    assert!(!second.is_new_replacement());
}

#[tokio::test]
async fn token_with_claims_replaces_the_refused_one() {
    let (cache, authority) = (TokenCache::new(), Authority::default());
    let first = cache.token(&request(), authority.fetch()).await.unwrap();
    let mut again = TokenRequest { rejected: Some(first), claims: Some("{}".to_owned()), ..request() };
    assert!(cache.token(&again, authority.fetch()).await.unwrap().is_same(&token("token-2")));
    assert_eq!(text_of(&cache, &authority).await, "token-2");
    again.claims = Some(r#"{"other":1}"#.to_owned());
    assert!(cache.token(&again, authority.fetch()).await.unwrap().is_same(&token("token-3")));
}

#[tokio::test]
async fn refusal_of_claims_is_not_the_answer_to_others() {
    let refused = refusal(ErrorKind::MfaRequired);
    let (cache, authority) = (TokenCache::new(), Authority::closed().then(refused));
    let with_claims = TokenRequest { claims: Some("{}".to_owned()), ..request() };
    let plain = request();
    let (fetch, open) = (authority.fetch(), async { [authority.open(), authority.open()] });
    // The plain caller waits for the flight of the other one, then asks for itself.
    let (refused, token, _) = tokio::join!(cache.token(&with_claims, &fetch), cache.token(&plain, &fetch), open);
    assert_eq!(refused.unwrap_err().kind(), ErrorKind::MfaRequired);
    assert!(token.unwrap().is_same(&self::token("token-2")));
    assert_eq!(cache.token(&with_claims, &fetch).await.unwrap_err().kind(), ErrorKind::MfaRequired);
    assert_eq!(authority.count(), 2);
}

#[tokio::test]
async fn token_asked_for_before_forgetting_is_not_kept() {
    let (cache, authority) = (TokenCache::new(), Authority::closed());
    let first = request();
    let mut waiting = Box::pin(cache.token(&first, authority.fetch()));
    assert!(waiting.as_mut().now_or_never().is_none());
    settle().await;
    cache.forget(&first.tenant);
    authority.open();
    let early = waiting.await.unwrap();
    assert!(early.is_same(&token("token-1")) && early.is_outdated());
    authority.open();
    let late = cache.token(&first, authority.fetch()).await.unwrap();
    assert!(late.is_same(&token("token-2")) && !late.is_outdated());
    cache.forget(&first.tenant);
    assert!(late.is_outdated());
}

#[tokio::test]
async fn fetch_that_panics_is_made_anew_and_not_for_ever() {
    let (cache, panics) = (TokenCache::new(), Arc::new(AtomicUsize::new(0)));
    let panicking = |limit: usize| {
        let panics = Arc::clone(&panics);
        move |_| {
            let panics = Arc::clone(&panics);
            async move {
                assert!(panics.fetch_add(1, Ordering::Relaxed) >= limit, "on purpose");
                Ok(token("token"))
            }
        }
    };
    assert!(cache.token(&request(), panicking(2)).await.unwrap().is_same(&token("token")));
    cache.forget(&request().tenant);
    panics.store(0, Ordering::Relaxed);
    let error = cache.token(&request(), panicking(100)).await.unwrap_err();
    assert_eq!((error.kind(), panics.load(Ordering::Relaxed)), (ErrorKind::Unavailable, 3));
}

#[tokio::test(start_paused = true)]
async fn memory_is_bounded_and_what_expires_first_goes_first() {
    let (cache, authority) = (TokenCache::with_capacity(1600), Authority::default());
    for tenant in 1..=10_000 {
        cache.token(&request_of(tenant), authority.fetch()).await.unwrap();
        advance(Duration::from_millis(1)).await;
    }
    let kept: usize = cache.shards.iter().map(Shard::len).sum();
    assert!((1200..=1600).contains(&kept), "{kept}");
    // The last thousand is still there.
    for tenant in 9_001..=10_000 {
        cache.token(&request_of(tenant), authority.fetch()).await.unwrap();
    }
    assert_eq!(authority.count(), 10_000);
}

#[tokio::test(start_paused = true)]
async fn expired_tokens_do_not_stay() {
    let (cache, authority) = (TokenCache::new(), Authority::default());
    for tenant in 1..=500 {
        cache.token(&request_of(tenant), authority.fetch()).await.unwrap();
    }
    assert_eq!(format!("{cache:?}"), "TokenCache { tokens: 500 }");
    advance(HOUR * 2).await;
    // Every request to the authority cleans a part.
    for tenant in 1001..=1064 {
        cache.token(&request_of(tenant), authority.fetch()).await.unwrap();
    }
    assert_eq!(format!("{cache:?}"), "TokenCache { tokens: 64 }");
}
