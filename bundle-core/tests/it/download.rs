//! Bodies that are read as they arrive.

use std::time::Duration;

use bytes::Bytes;
use futures_util::stream::{self, StreamExt as _};
use http::Method;
use tokio::time::Instant;

use bundle_core::http::{Body, SendFailure};
use bundle_core::{Error, ErrorKind};

use crate::support::fake::{Fake, reply, things};
use crate::support::raw::{Raw, answer};
use crate::support::{CUSTOMER, pipeline};

/// A success whose body comes in these pieces.
fn pieces(pieces: Vec<Result<&'static str, &'static str>>) -> Body {
    Body::from_stream(
        stream::iter(pieces).map(|piece| {
            piece.map(Bytes::from).map_err(|text| SendFailure::lost(Error::new(ErrorKind::Connection, text)))
        }),
    )
}

#[tokio::test]
async fn download_is_larger_than_any_cap_and_comes_plain() {
    let server = Raw::saying(answer("200 OK", "Content-Type: text/csv\r\n", &vec![b'x'; 3 << 20])).await;
    let mut options = server.options();
    options.max_body = 1000;
    let mut download = pipeline(&options).0.open(server.request(Method::GET)).await.unwrap();
    assert_eq!((download.status().as_u16(), &download.headers()["content-type"]), (200, &"text/csv".parse().unwrap()));
    let mut size = 0;
    while let Some(chunk) = download.chunk().await.unwrap() {
        size += chunk.len();
    }
    assert_eq!((size, download.chunk().await.unwrap()), (3 << 20, None));
    assert!(server.heads()[0].contains("accept-encoding: identity\r\n"), "{}", server.heads()[0]);
}

#[tokio::test(start_paused = true)]
async fn download_keeps_its_place_until_it_is_dropped() {
    let fake = Fake::new(|_, _| std::future::ready(Ok(reply(200, &[], "body"))));
    let mut options = fake.options();
    options.concurrency_per_tenant = 1;
    let (pipeline, _) = pipeline(&options);
    let mut download = pipeline.open(things(Method::GET)).await.unwrap();
    assert_eq!(download.chunk().await.unwrap().unwrap(), "body");

    let patience = Duration::from_secs(3);
    let start = Instant::now();
    let error = pipeline.send(things(Method::GET).deadline(patience)).await.unwrap_err();
    assert_eq!((error.kind(), error.attempts(), start.elapsed()), (ErrorKind::Timeout, 0, patience));
    drop(download);
    pipeline.send(things(Method::GET).deadline(patience)).await.unwrap();
    assert_eq!(fake.asked().len(), 2);
}

#[tokio::test(start_paused = true)]
async fn download_that_falls_silent_or_breaks_says_so_and_is_not_repeated() {
    let fake = Fake::new(|number, _| async move {
        Ok(http::Response::new(match number {
            1 => Body::from_stream(stream::iter([Ok(Bytes::from("first"))]).chain(stream::pending())),
            _ => pieces(vec![Ok("first"), Err("the connection broke")]),
        }))
    });
    let options = fake.options().attempt_timeout(Duration::from_secs(7));
    let (pipeline, _) = pipeline(&options);
    for (kind, took) in [(ErrorKind::Timeout, 7), (ErrorKind::Connection, 0)] {
        let mut download = pipeline.open(things(Method::GET)).await.unwrap();
        assert_eq!(download.chunk().await.unwrap().unwrap(), "first");
        let start = Instant::now();
        let error = download.chunk().await.unwrap_err();
        assert_eq!((error.kind(), start.elapsed()), (kind, Duration::from_secs(took)));
        assert_eq!(
            (error.operation(), error.tenant(), error.status()),
            (Some("graph.test"), Some(&CUSTOMER), Some(200))
        );
    }
    assert_eq!(fake.asked().len(), 2);
}

#[tokio::test(start_paused = true)]
async fn download_is_opened_with_the_retries_of_any_call() {
    let fake = Fake::new(|number, _| async move {
        Ok(match number {
            1 => reply(503, &[], ""),
            2 => reply(429, &[("retry-after", "3")], ""),
            3 => http::Response::new(pieces(vec![Ok("a"), Ok("b")])),
            _ => reply(404, &[], r#"{"error":{"code":"itemNotFound","message":"The resource could not be found."}}"#),
        })
    });
    let (pipeline, _) = pipeline(&fake.options());
    let mut download = pipeline.open(things(Method::GET)).await.unwrap();
    assert_eq!(download.chunk().await.unwrap().unwrap(), "a");
    assert_eq!(download.chunk().await.unwrap().unwrap(), "b");
    assert_eq!(download.chunk().await.unwrap(), None);
    assert_eq!(fake.asked().len(), 3);
    let debug = format!("{download:?}");
    assert!(debug.contains("graph.test") && !debug.contains("things"), "{debug}");
    let error = pipeline.open(things(Method::GET)).await.unwrap_err();
    assert_eq!((error.kind(), error.code(), error.attempts()), (ErrorKind::NotFound, Some("itemNotFound"), 1));
}
