//! What a program hears of its calls: observers and traces.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use http::Method;
use http::header::{HeaderName, HeaderValue};
use tracing::Level;

use bundle_core::ErrorKind;
use bundle_core::http::{Answered, Attempt, Meter, Observer, RetryPolicy, Safety, WaitReason};

use crate::support::fake::{Fake, passes, reply, things};
use crate::support::trace::Trace;
use crate::support::{CUSTOMER, pipeline};

/// Writes down what it hears.
#[derive(Debug, Default)]
struct Diary(Mutex<Vec<String>>);

impl Diary {
    fn note(&self, line: String) {
        self.0.lock().unwrap().push(line);
    }

    fn lines(&self) -> Vec<String> {
        std::mem::take(&mut self.0.lock().unwrap())
    }
}

impl Observer for Diary {
    fn sending(&self, attempt: &Attempt<'_>) {
        let Attempt { service, operation, tenant, number, is_write, bytes, .. } = attempt;
        let own = *tenant == Some(&CUSTOMER);
        self.note(format!("sending {number} {service} {operation} customer={own} write={is_write} {bytes} bytes"));
    }

    fn answered(&self, attempt: &Attempt<'_>, answer: &Answered) {
        let Answered { status, kind, bytes, elapsed, .. } = answer;
        self.note(format!("answered {} {status:?} {kind:?} {bytes} bytes in {elapsed:?}", attempt.number));
    }

    fn waited(&self, attempt: &Attempt<'_>, reason: WaitReason, wait: Duration) {
        self.note(format!("waited {} {reason:?} {wait:?}", attempt.number));
    }
}

#[tokio::test(start_paused = true)]
async fn observer_hears_of_every_attempt_in_order_and_of_nothing_secret() {
    let fake = Fake::new(|number, _| async move {
        passes(Duration::from_millis(250)).await;
        Ok(match number {
            1 => reply(429, &[("retry-after", "5")], "slow down"),
            _ => reply(201, &[], "canary"),
        })
    });
    let diary = Arc::new(Diary::default());
    let meter = Arc::new(Meter::default());
    let mut options = fake.options().observer(Arc::clone(&diary) as _).observer(Arc::clone(&meter) as _);
    options.retry = RetryPolicy::default().base_wait(Duration::ZERO);
    let (pipeline, _) = pipeline(&options);
    let request = things(Method::POST)
        .query("$filter", "canary")
        .header(HeaderName::from_static("cookie"), HeaderValue::from_static("canary"))
        .body("canary");
    pipeline.send(request.clone()).await.unwrap();
    assert_eq!((meter.requests(), meter.writes(), meter.throttled()), (2, 2, 1));
    let lines = diary.lines();
    assert_eq!(
        lines[..4],
        [
            "sending 1 graph graph.test customer=true write=true 6 bytes",
            "answered 1 Some(429) Some(Throttled) 9 bytes in 250ms",
            "waited 2 Admission 5s",
            "sending 2 graph graph.test customer=true write=true 6 bytes",
        ]
    );
    assert_eq!(lines[4..], ["answered 2 Some(201) None 6 bytes in 250ms"]);
    assert!(!lines.concat().contains("canary") && !lines.concat().contains("things"), "{lines:?}");
    // What only reads is no write, whatever its method.
    pipeline.send(request.safety(Safety::Read)).await.unwrap();
    assert!(diary.lines()[0].contains("write=false"));
}

#[tokio::test(start_paused = true)]
async fn observer_hears_of_waits_for_a_place_and_no_end_of_what_was_cancelled() {
    let fake = Fake::new(|_, _| async move {
        passes(Duration::from_secs(2)).await;
        Ok(reply(204, &[], ""))
    });
    let diary = Arc::new(Diary::default());
    let mut options = fake.options().observer(Arc::clone(&diary) as _);
    options.concurrency_per_tenant = 1;
    let (pipeline, _) = pipeline(&options);
    let (first, second) = tokio::join!(pipeline.send(things(Method::GET)), pipeline.send(things(Method::GET)));
    first.and(second).unwrap();
    assert!(diary.lines().contains(&"waited 1 Admission 2s".to_owned()));

    tokio::time::timeout(Duration::from_secs(1), pipeline.send(things(Method::GET))).await.unwrap_err();
    assert_eq!(diary.lines(), ["sending 1 graph graph.test customer=true write=false 0 bytes"]);
}

#[tokio::test(start_paused = true)]
async fn call_is_a_span_with_the_same_fields_every_time() {
    let (trace, _guard) = Trace::start();
    let fake = Fake::new(|number, _| async move {
        Ok(match number {
            1 => reply(503, &[], ""),
            2 => reply(200, &[], "{}"),
            _ => reply(403, &[], ""),
        })
    });
    let (pipeline, _) = pipeline(&fake.options());
    pipeline.send(things(Method::GET)).await.unwrap();
    let error = pipeline.send(things(Method::GET)).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::PermissionDenied);

    let entries = trace.own();
    let spans: Vec<_> = entries.iter().filter(|entry| entry.is_span).collect();
    assert_eq!(spans.len(), 2);
    let tenant = CUSTOMER.to_string();
    let fields = |span: usize, name| spans[span].fields.get(name).map(String::as_str);
    for (span, attempts, status, kind) in [(0, "2", "200", None), (1, "1", "403", Some("PermissionDenied"))] {
        assert_eq!((spans[span].name, spans[span].level), ("call", Level::DEBUG));
        assert_eq!(fields(span, "operation"), Some("graph.test"));
        assert_eq!((fields(span, "service"), fields(span, "tenant")), (Some("graph"), Some(tenant.as_str())));
        assert_eq!((fields(span, "attempts"), fields(span, "status")), (Some(attempts), Some(status)));
        assert_eq!(fields(span, "kind"), kind);
    }
    let events: Vec<_> = entries.iter().filter(|entry| !entry.is_span).collect();
    let at = |level| events.iter().filter(|event| event.level == level).count();
    assert_eq!((at(Level::TRACE), at(Level::DEBUG), events.len()), (3, 1, 4), "three attempts, one of them repeated");
}
