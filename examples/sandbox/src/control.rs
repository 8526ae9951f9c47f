//! The control service: the clock, the events and the request counts, for programs in any language.

use std::net::TcpListener;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use serde_json::{Value, json};
use wiremock::matchers::any;
use wiremock::{Mock, MockServer, Request};

use crate::clock::http_date;
use crate::reply::Reply;
use crate::sandbox::Shared;
use crate::{post, server};

/// Starts the control service; its requests are neither logged nor counted.
pub(crate) async fn serve(listener: TcpListener, partner_center: String, shared: Arc<Shared>) -> MockServer {
    let server = server::start(listener).await;
    Mock::given(any())
        .respond_with(move |request: &Request| {
            let reply = handle(&shared, &partner_center, request);
            server::template(reply, &http_date(shared.clock.now()))
        })
        .mount(&server)
        .await;
    server
}

fn handle(shared: &Arc<Shared>, partner_center: &str, request: &Request) -> Reply {
    match (request.method.as_str(), request.url.path()) {
        ("GET", "/clock") => now(shared),
        ("POST", "/clock") => move_clock(shared, &request.body),
        ("GET", "/log") => counts(shared),
        ("POST", "/log/reset") => {
            shared.log.reset();
            counts(shared)
        }
        ("POST", "/events") => {
            let due = post::due(shared, partner_center);
            // They arrive after this answer: who asked may be the one who takes them.
            tokio::spawn(post::due_events(Arc::clone(shared), partner_center.to_owned()));
            Reply::json(202, json!({"due": due}))
        }
        (_, "/clock" | "/events" | "/log" | "/log/reset") => problem(405, "method not allowed"),
        _ => problem(404, "known paths: /clock, /events, /log, /log/reset"),
    }
}

fn move_clock(shared: &Shared, body: &[u8]) -> Reply {
    let Ok(order) = serde_json::from_slice::<Value>(body) else {
        return problem(400, "the body is not JSON");
    };
    if let Some(seconds) = order["advanceSeconds"].as_f64() {
        let Ok(by) = Duration::try_from_secs_f64(seconds) else {
            return problem(400, "advanceSeconds is negative or too large");
        };
        shared.clock.advance(by);
    } else if let Some(to) = order["advanceTo"].as_str() {
        let Ok(to) = to.parse::<Timestamp>() else {
            return problem(400, "advanceTo is not a timestamp");
        };
        shared.clock.advance_to(to);
    } else {
        return problem(400, "expected advanceSeconds or advanceTo");
    }
    now(shared)
}

fn now(shared: &Shared) -> Reply {
    Reply::json(200, json!({"now": shared.clock.now().to_string()}))
}

fn counts(shared: &Shared) -> Reply {
    Reply::json(200, json!({"requests": shared.log.requests(), "writes": shared.log.writes()}))
}

fn problem(status: u16, message: &str) -> Reply {
    Reply::json(status, json!({"error": message}))
}
