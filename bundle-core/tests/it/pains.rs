//! Ten promises, numbered t1 to t10, each one sentence a caller can rely on. The fifth, that a rejected challenge of a
//! vault is never remembered, is kept where vaults are read, the ninth, that a throttled item of a batch is repeated
//! alone, where batches are sent.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, SystemTime};

use futures_util::future::{join_all, try_join_all};
use http::Method;
use http::header::{AUTHORIZATION, HeaderName, HeaderValue};
use serde_json::json;
use tokio::time::Instant;

use bundle_core::auth::{Credential, PartnerCredential};
use bundle_core::http::{Pager, RetryPolicy};
use bundle_core::{ErrorKind, TenantId};

use crate::support::fake::{Fake, passes, reply, things};
use crate::support::{APP, PARTNER, account, pipeline, shown};

#[tokio::test(start_paused = true)]
async fn t1_concurrency_of_one_serialises_six_calls_made_through_clones() {
    let under_way = Arc::new(AtomicUsize::new(0));
    let fake = Fake::new(move |_, _| {
        let under_way = Arc::clone(&under_way);
        async move {
            assert_eq!(under_way.fetch_add(1, Ordering::SeqCst), 0, "two calls at once");
            passes(Duration::from_millis(300)).await;
            under_way.fetch_sub(1, Ordering::SeqCst);
            Ok(reply(204, &[], ""))
        }
    });
    let mut options = fake.options();
    options.concurrency_per_tenant = 1;
    let (pipeline, _) = pipeline(&options);
    let start = Instant::now();
    let calls = (0..6).map(|_| {
        tokio::spawn({
            let pipeline = pipeline.clone();
            async move { pipeline.send(things(Method::GET)).await }
        })
    });
    for outcome in join_all(calls).await {
        outcome.unwrap().unwrap();
    }
    assert!(start.elapsed() >= Duration::from_millis(1800), "{:?}", start.elapsed());
}

#[tokio::test(start_paused = true)]
async fn t2_endless_429_ends_after_the_attempts_or_at_the_deadline() {
    let forms: [&[(&str, &str)]; 4] =
        [&[], &[("retry-after", "0")], &[("retry-after", "2")], &[("retry-after", "soon")]];
    for headers in forms {
        for verb in [Method::GET, Method::POST] {
            let fake = Fake::new(move |_, _| async move { Ok(reply(429, headers, "")) });
            let start = Instant::now();
            let error = pipeline(&fake.options()).0.send(things(verb.clone())).await.unwrap_err();
            assert_eq!((error.kind(), error.attempts(), fake.asked().len()), (ErrorKind::Throttled, 5, 5));
            // A wait of zero is none to take: our own holds, and it grows.
            assert!(start.elapsed() >= Duration::from_secs(7), "{headers:?} {:?}", start.elapsed());

            let fake = Fake::new(move |_, _| async move { Ok(reply(429, headers, "")) });
            let patience = Duration::from_secs(20);
            let retry = RetryPolicy::default().max_attempts(u32::MAX).deadline(patience);
            let start = Instant::now();
            let error = pipeline(&fake.options().retry(retry)).0.send(things(verb)).await.unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Throttled);
            assert!(start.elapsed() <= patience && fake.asked().len() < 20, "{headers:?}");
        }
    }
}

#[tokio::test]
async fn t3_token_is_never_sent_to_a_foreign_host_that_a_next_link_names() {
    for link in [
        "https://evil.example/v1.0/things",
        "https://graph.microsoft.com.evil.example/v1.0/things",
        "https://graph.microsoft.com@evil.example/v1.0/things",
        "https://graph.microsoft.com:8443/v1.0/things",
        "http://graph.microsoft.com/v1.0/things",
        "//evil.example/v1.0/things",
        "https://graph.microsoft.com/beta/things",
    ] {
        let bodies = [
            format!(r#"{{"@odata.nextLink":"{link}","value":[1]}}"#),
            format!(r#"{{"value":[1],"@odata.nextLink":"{link}"}}"#),
        ];
        for body in bodies {
            let fake = Fake::new(move |_, _| std::future::ready(Ok(reply(200, &[], body.clone()))));
            let (pipeline, _) = pipeline(&fake.options());
            let error = Pager::<u32>::odata(pipeline, things(Method::GET)).collect_all().await.unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Decode, "{link}");
            assert_eq!(fake.asked().len(), 1, "{link}");
        }
    }
}

#[tokio::test]
async fn t4_headers_of_the_caller_are_on_every_page() {
    let fake = Fake::new(|number, _| async move {
        let body = match number {
            4 => json!({"value": [4]}),
            _ => json!({"@odata.nextLink": format!("https://graph.microsoft.com/v1.0/things?$skiptoken={number}"),
                        "value": [number]}),
        };
        Ok(reply(200, &[], body.to_string()))
    });
    let first = things(Method::GET)
        .header(HeaderName::from_static("consistencylevel"), HeaderValue::from_static("eventual"))
        .header(HeaderName::from_static("prefer"), HeaderValue::from_static("outlook.body-content-type=\"text\""));
    let (pipeline, _) = pipeline(&fake.options());
    assert_eq!(Pager::<u32>::odata(pipeline, first).collect_all().await.unwrap(), [1, 2, 3, 4]);
    assert_eq!(fake.asked().len(), 4);
    for asked in fake.asked() {
        assert_eq!(asked.headers()["consistencylevel"], "eventual", "{}", asked.uri());
        assert_eq!(asked.headers()["prefer"], "outlook.body-content-type=\"text\"", "{}", asked.uri());
        assert!(asked.headers().contains_key(AUTHORIZATION));
    }
}

#[tokio::test(start_paused = true)]
async fn t6_failed_status_is_an_error_with_code_and_request_id() {
    for (status, code, kind, attempts) in [
        (400, "Request_BadRequest", ErrorKind::InvalidRequest, 1),
        (403, "Authorization_RequestDenied", ErrorKind::PermissionDenied, 1),
        (404, "Request_ResourceNotFound", ErrorKind::NotFound, 1),
        (429, "TooManyRequests", ErrorKind::Throttled, 5),
        (503, "serviceNotAvailable", ErrorKind::Unavailable, 5),
    ] {
        let fake = Fake::new(move |number, _| async move {
            let id = format!("0000000{number}-1111-4111-8111-111111111111");
            let body = json!({"error": {"code": code, "message": "It failed."}});
            Ok(reply(status, &[("request-id", &id)], body.to_string()))
        });
        let error = pipeline(&fake.options()).0.send(things(Method::GET)).await.unwrap_err();
        assert_eq!((error.kind(), error.status(), error.code()), (kind, Some(status), Some(code)));
        assert_eq!((error.attempts(), error.request_ids().len()), (attempts, attempts as usize));
        let id = format!("0000000{attempts}-1111-4111-8111-111111111111");
        assert_eq!(error.request_id(), Some(id.as_str()));
        let text = error.to_string();
        assert!(text.contains(code) && text.contains(&id) && text.contains("It failed."), "{text}");
    }
}

#[tokio::test(start_paused = true)]
async fn t7_hundred_tasks_of_five_tenants_make_five_token_calls_and_a_slow_tenant_delays_no_other() {
    const SLOW: TenantId = TenantId::from_u128(5);
    const SLOWNESS: Duration = Duration::from_secs(60);
    let fake = Fake::new(|_, request| async move {
        if request.uri().path().contains(&SLOW.to_string()) {
            passes(SLOWNESS).await;
        }
        let body = json!({"token_type": "Bearer", "expires_in": 3599, "access_token": "a"});
        Ok(reply(200, &[], body.to_string()))
    });
    let credential = PartnerCredential::builder(PARTNER, APP).build(&fake.options()).unwrap();
    credential.keep_refresh_token(&"refresh".into()).await.unwrap();
    let start = Instant::now();
    let callers = (0..100).map(|caller| {
        let (credential, tenant) = (credential.clone(), TenantId::from_u128(1 + caller % 5));
        tokio::spawn(async move {
            credential.token(&account(tenant)).await.unwrap();
            (tenant, start.elapsed())
        })
    });
    for (tenant, took) in try_join_all(callers).await.unwrap() {
        let expected = if tenant == SLOW { SLOWNESS } else { Duration::ZERO };
        assert!(took >= expected && took < expected + Duration::from_secs(1), "{tenant} {took:?}");
    }
    assert_eq!(fake.asked().len(), 5);
}

#[tokio::test(start_paused = true)]
async fn t8_retry_after_is_understood_in_every_form_and_waited_for() {
    let in_a_minute = httpdate::fmt_http_date(SystemTime::now() + Duration::from_secs(60));
    let date = ("date", "Sun, 06 Nov 1994 08:49:30 GMT");
    let seconds = Duration::from_secs;
    let waits: [(&[(&str, &str)], Duration); 10] = [
        (&[("retry-after", "0.249")], Duration::from_millis(249)),
        (&[("retry-after", "120")], seconds(120)),
        (&[("retry-after", "Sun, 06 Nov 1994 08:51:00 GMT"), date], seconds(90)),
        (&[("retry-after", "Sunday, 06-Nov-94 08:51:00 GMT"), date], seconds(90)),
        (&[("retry-after", "Sun Nov  6 08:51:00 1994"), date], seconds(90)),
        (&[("retry-after", &in_a_minute)], seconds(50)),
        (&[("retry-after-ms", "1500")], Duration::from_millis(1500)),
        (&[("x-ms-retry-after-ms", "1500")], Duration::from_millis(1500)),
        (&[], Duration::from_millis(500)),
        (&[("retry-after", "-5")], Duration::from_millis(500)),
    ];
    for (headers, wait) in waits {
        for status in [429, 503] {
            let headers: Vec<(String, String)> =
                headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
            let fake = Fake::new(move |number, _| {
                let headers = headers.clone();
                async move {
                    let headers: Vec<_> = headers.iter().map(|(name, value)| (&**name, &**value)).collect();
                    Ok(if number == 1 { reply(status, &headers, "") } else { reply(200, &[], "") })
                }
            });
            let start = Instant::now();
            let response = pipeline(&fake.options()).0.send(things(Method::GET)).await.unwrap();
            assert_eq!(response.attempts(), 2);
            let took = start.elapsed();
            assert!(took >= wait && took < wait + seconds(15), "{:?}: {took:?}", fake.asked().len());
        }
    }
    // Three hours are longer than the call may take: it is told at once, and so is the next call.
    for (header, value) in
        [("retry-after", "10800"), ("retry-after", "Sun, 06 Nov 1994 11:49:30 GMT"), ("retry-after-ms", "10800000")]
    {
        let fake = Fake::new(move |_, _| async move { Ok(reply(429, &[(header, value), date], "")) });
        let (pipeline, _) = pipeline(&fake.options());
        let start = Instant::now();
        let error = pipeline.send(things(Method::GET)).await.unwrap_err();
        assert_eq!((error.kind(), error.retry_after()), (ErrorKind::Throttled, Some(seconds(10_800))));
        let error = pipeline.send(things(Method::GET)).await.unwrap_err();
        assert_eq!((error.kind(), error.attempts()), (ErrorKind::Throttled, 0));
        assert!(error.retry_after().unwrap() >= seconds(10_800));
        assert_eq!((start.elapsed(), fake.asked().len()), (Duration::ZERO, 1));
    }
}

#[tokio::test]
async fn t10_answer_with_tokens_that_cannot_be_read_is_not_shown() {
    const TOKEN: &str = "canary0Canary1";
    for body in [
        format!(r#"{{"access_token":"{TOKEN}","token_type":"Bearer","expires_in":"#),
        format!(r#"{{"access_token":"{TOKEN}","token_type":7,"expires_in":3599}}"#),
        format!(r#"{{"access_token":"{TOKEN}","token_type":"pop","expires_in":3599}}"#),
        format!(r#"{{"access_token":{{"value":"{TOKEN}"}}}}"#),
        format!("<html>{TOKEN}</html>"),
    ] {
        let fake = Fake::new(move |_, _| std::future::ready(Ok(reply(200, &[], body.clone()))));
        let builder = PartnerCredential::builder(PARTNER, APP).client_secret(TOKEN.into());
        let credential = builder.build(&fake.options()).unwrap();
        credential.keep_refresh_token(&TOKEN.into()).await.unwrap();
        let error = credential.token(&account(PARTNER)).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Decode);
        let text = format!("{} {credential:?}", shown(&error));
        assert!(!text.contains("anary"), "{text}");
    }
}
