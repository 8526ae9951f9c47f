//! Answers no well-behaved server gives, written byte by byte.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use futures_util::future::join_all;
use http::Method;
use http::header::{HeaderName, HeaderValue};
use tokio::io::AsyncWriteExt as _;
use tokio::sync::{Barrier, Notify};

use bundle_core::http::RetryPolicy;
use bundle_core::{Error, ErrorKind, TenantId};

use crate::support::pipeline;
use crate::support::raw::Raw;

/// The error of a read, which is repeated to the last attempt, and of a write, which is not.
async fn errors(server: &Raw) -> (Error, Error) {
    let options = server.options();
    let read = server.error(Method::GET, &options).await;
    assert_eq!((read.attempts(), server.connections()), (5, 5));
    let write = server.error(Method::POST, &options).await;
    assert_eq!((write.attempts(), server.connections()), (1, 6));
    (read, write)
}

#[tokio::test]
async fn reset_before_the_answer_is_a_broken_connection() {
    let server = Raw::start(|stream, _| async move {
        // Closing with a linger of zero sends a reset.
        stream.set_zero_linger().unwrap();
    })
    .await;
    let (read, write) = errors(&server).await;
    assert_eq!((read.kind(), read.status()), (ErrorKind::Connection, None));
    assert!(read.is_retryable());
    assert_eq!(write.kind(), ErrorKind::OutcomeUnknown);
    assert!(!write.is_retryable());
}

#[tokio::test]
async fn close_before_the_answer_is_a_broken_connection() {
    for bytes in [&b""[..], b"HTTP/1.1 200 OK\r\nContent-Le", b"SSH-2.0-OpenSSH_9.6\r\n"] {
        let (read, write) = errors(&Raw::saying(bytes.to_vec()).await).await;
        assert_eq!((read.kind(), write.kind()), (ErrorKind::Connection, ErrorKind::OutcomeUnknown), "{bytes:?}");
    }
}

#[tokio::test]
async fn success_cut_short_is_never_taken_for_whole() {
    for head in ["Content-Length: 100", "Transfer-Encoding: chunked"] {
        let body = if head.starts_with('C') { "{\"value\":[]}" } else { "c\r\n{\"value\":[]}\r\n" };
        let bytes = format!("HTTP/1.1 200 OK\r\n{head}\r\n\r\n{body}");
        let (read, write) = errors(&Raw::saying(bytes.into_bytes()).await).await;
        assert_eq!((read.kind(), write.kind()), (ErrorKind::Connection, ErrorKind::OutcomeUnknown), "{head}");
    }
}

#[tokio::test]
async fn error_cut_short_keeps_its_status() {
    let bytes = b"HTTP/1.1 403 Forbidden\r\nContent-Length: 1000\r\n\r\n{\"error\":{\"code\":\"Authorization_Req";
    let server = Raw::saying(bytes.to_vec()).await;
    let error = server.error(Method::GET, &server.options()).await;
    assert_eq!((error.kind(), error.status(), error.attempts()), (ErrorKind::PermissionDenied, Some(403), 1));
}

#[tokio::test]
async fn body_that_never_ends_is_given_up_after_the_attempts_time() {
    let server = Raw::start(|mut stream, _| async move {
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{").await;
        std::future::pending::<()>().await;
    })
    .await;
    let options = server.options().attempt_timeout(Duration::from_millis(50));
    let retry = RetryPolicy::default().base_wait(Duration::ZERO).max_attempts(2);
    let error = server.error(Method::GET, &options.clone().retry(retry)).await;
    assert_eq!((error.kind(), error.attempts()), (ErrorKind::Timeout, 2));
    assert!(error.to_string().contains("0.05 s"), "{error}");
    let error = server.error(Method::POST, &options).await;
    assert_eq!((error.kind(), error.attempts()), (ErrorKind::OutcomeUnknown, 1));
}

#[tokio::test]
async fn huge_error_body_is_read_and_kept_in_part() {
    let mut bytes = b"HTTP/1.1 403 Forbidden\r\nTransfer-Encoding: chunked\r\n\r\n".to_vec();
    for _ in 0..1024 {
        bytes.extend_from_slice(b"400\r\n");
        bytes.extend_from_slice(&[b'x'; 1024]);
        bytes.extend_from_slice(b"\r\n");
    }
    // The end of the body never comes: only a reader that stops by itself answers.
    let server = Raw::start(move |mut stream, _| {
        let bytes = bytes.clone();
        async move {
            let _ = stream.write_all(&bytes).await;
            std::future::pending::<()>().await;
        }
    })
    .await;
    let error = server.error(Method::GET, &server.options()).await;
    assert_eq!((error.kind(), error.status()), (ErrorKind::PermissionDenied, Some(403)));
    assert!(error.body().unwrap().len() <= 16 << 10);
    assert!(error.to_string().len() < 1_000, "{error}");
}

#[tokio::test]
async fn gateway_page_is_unavailable() {
    let page = "<html><head><title>502 Bad Gateway</title></head><body>nginx</body></html>";
    let head = "HTTP/1.1 502 Bad Gateway\r\nContent-Type: text/html\r\nConnection: close";
    let bytes = format!("{head}\r\nContent-Length: {}\r\n\r\n{page}", page.len());
    let (read, write) = errors(&Raw::saying(bytes.into_bytes()).await).await;
    assert_eq!((read.kind(), read.status()), (ErrorKind::Unavailable, Some(502)));
    assert_eq!((write.kind(), write.status()), (ErrorKind::OutcomeUnknown, Some(502)));
    assert!(!read.to_string().contains('<'), "{read}");
}

#[tokio::test]
async fn calls_of_one_tenant_keep_to_the_limit_through_all_clones() {
    for limit in [1, 2] {
        let under_way = Arc::new(AtomicUsize::new(0));
        let most = Arc::new(AtomicUsize::new(0));
        // Every answer waits for as many calls as may be under way, so fewer would never end.
        let together = Arc::new(Barrier::new(limit));
        let counted = (Arc::clone(&under_way), Arc::clone(&most));
        let server = Raw::start(move |mut stream, _| {
            let (under_way, most) = (Arc::clone(&counted.0), Arc::clone(&counted.1));
            let together = Arc::clone(&together);
            async move {
                most.fetch_max(under_way.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
                together.wait().await;
                for _ in 0..50 {
                    tokio::task::yield_now().await;
                }
                under_way.fetch_sub(1, Ordering::SeqCst);
                let _ = stream.write_all(b"HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n").await;
            }
        })
        .await;
        let mut options = server.options();
        options.concurrency_per_tenant = limit;
        let (pipeline, _) = pipeline(&options);
        let calls = (0..6).map(|_| {
            let (pipeline, request) = (pipeline.clone(), server.request(Method::GET));
            async move { pipeline.send(request).await }
        });
        for outcome in join_all(calls).await {
            outcome.unwrap();
        }
        assert_eq!(most.load(Ordering::SeqCst), limit);
    }
}

#[tokio::test]
async fn tenant_that_hangs_does_not_hold_up_another() {
    let hanging = Arc::new(Notify::new());
    let told = Arc::clone(&hanging);
    let server = Raw::start(move |mut stream, head| {
        let told = Arc::clone(&told);
        async move {
            if head.contains("prefer: hang") {
                told.notify_one();
                std::future::pending::<()>().await;
            }
            let _ = stream.write_all(b"HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n").await;
        }
    })
    .await;
    let mut options = server.options();
    options.concurrency_per_tenant = 1;
    let (pipeline, _) = pipeline(&options);
    let request =
        server.request(Method::GET).header(HeaderName::from_static("prefer"), HeaderValue::from_static("hang"));
    let mut call = Box::pin(pipeline.send(request));
    tokio::select! {
        _ = &mut call => panic!("the call has no answer"),
        () = hanging.notified() => {}
    }
    pipeline.send(server.request(Method::GET).about(TenantId::from_u128(9))).await.unwrap();
    // A call that is dropped gives its place back.
    drop(call);
    pipeline.send(server.request(Method::GET)).await.unwrap();
}
