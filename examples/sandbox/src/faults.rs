//! Faults on order: the n-th request fails, stalls or loses its connection; a service throttles or refuses.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Mutex, MutexGuard, PoisonError};

use serde_json::{Value, json};
use tokio::sync::watch;

use crate::call::Call;
use crate::reply::Reply;
use crate::sandbox::Service;

/// What goes wrong with one request.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Fault {
    /// The connection is closed after the request took effect, without an answer.
    CutAfter,
    /// The connection is closed and the request has no effect.
    CutBefore,
    /// The request has no effect and is answered with this.
    Fail {
        /// The status.
        status: u16,
        /// The body; null is none.
        body: Value,
    },
    /// The request takes effect and is never answered.
    StallAfter,
    /// The request has no effect and is never answered.
    StallBefore,
}

/// The faults that are ordered; requests of all services are counted together, from 1.
pub struct Faults {
    state: Mutex<State>,
    stalls: watch::Sender<u64>,
}

#[derive(Default)]
struct State {
    counted: u64,
    at: BTreeMap<u64, Fault>,
    throttles: BTreeMap<Service, Throttle>,
    refusals: Vec<Refusal>,
}

struct Throttle {
    left: usize,
    retry_after: String,
}

struct Refusal {
    service: Service,
    path_part: String,
    status: u16,
    body: Value,
}

impl Faults {
    /// Orders a fault for the n-th request since the last reset, counted from 1 over all services.
    pub fn at(&self, n: u64, fault: Fault) {
        self.state().at.insert(n, fault);
    }

    /// Orders that the next requests to a service are answered 429.
    ///
    /// `retry_after` is the text of the `Retry-After` header; an empty text sends none.
    pub fn throttle(&self, service: Service, count: usize, retry_after: &str) {
        let throttle = Throttle { left: count, retry_after: retry_after.to_owned() };
        self.state().throttles.insert(service, throttle);
    }

    /// Orders that requests to a service whose path contains a text are refused, until the next reset.
    pub fn refuse(&self, service: Service, path_part: &str, status: u16, body: Value) {
        self.state().refusals.push(Refusal { service, path_part: path_part.to_owned(), status, body });
    }

    /// Takes back all orders and starts counting anew.
    pub fn reset(&self) {
        *self.state() = State::default();
        self.stalls.send_replace(0);
    }

    /// Returns how many requests were counted since the last reset.
    #[must_use]
    pub fn counted(&self) -> u64 {
        self.state().counted
    }

    /// Waits until a request has been stalled since the last reset.
    pub async fn stalled(&self) {
        let mut stalls = self.stalls.subscribe();
        // The sender lives in `self`, so the channel stays open while this waits.
        let _ = stalls.wait_for(|reached| *reached > 0).await;
    }

    pub(crate) fn stall_reached(&self) {
        self.stalls.send_modify(|reached| *reached += 1);
    }

    /// Counts a request and says what happens to it.
    pub(crate) fn judge(&self, service: Service, call: &Call) -> Verdict {
        let mut state = self.state();
        state.counted += 1;
        let counted = state.counted;
        if let Some(fault) = state.at.remove(&counted) {
            return Verdict::from(fault);
        }
        if let Some(throttle) = state.throttles.get_mut(&service).filter(|throttle| throttle.left > 0) {
            throttle.left -= 1;
            let mut reply = Reply::json(429, throttle_body(service, call, &throttle.retry_after));
            if !throttle.retry_after.is_empty() {
                reply = reply.with_header("Retry-After", throttle.retry_after.as_str());
            }
            return Verdict::Answer(reply);
        }
        state
            .refusals
            .iter()
            .find(|refusal| refusal.service == service && call.path.contains(&refusal.path_part))
            .map_or(Verdict::Serve, |refusal| Verdict::Answer(answer(refusal.status, &refusal.body)))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Default for Faults {
    fn default() -> Self {
        Self { state: Mutex::default(), stalls: watch::Sender::new(0) }
    }
}

impl fmt::Debug for Faults {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = self.state();
        f.debug_struct("Faults").field("counted", &state.counted).field("at", &state.at).finish_non_exhaustive()
    }
}

/// What happens to one request.
#[derive(Clone, Debug)]
pub(crate) enum Verdict {
    Answer(Reply),
    CutAfter,
    CutBefore,
    Serve,
    StallAfter,
    StallBefore,
}

impl Verdict {
    /// Returns whether the service gets to see the request.
    pub(crate) fn reaches_service(&self) -> bool {
        matches!(self, Self::Serve | Self::CutAfter | Self::StallAfter)
    }
}

impl From<Fault> for Verdict {
    fn from(fault: Fault) -> Self {
        match fault {
            Fault::CutAfter => Self::CutAfter,
            Fault::CutBefore => Self::CutBefore,
            Fault::Fail { status, body } => Self::Answer(answer(status, &body)),
            Fault::StallAfter => Self::StallAfter,
            Fault::StallBefore => Self::StallBefore,
        }
    }
}

fn answer(status: u16, body: &Value) -> Reply {
    if body.is_null() { Reply::empty(status) } else { Reply::json(status, body.clone()) }
}

fn throttle_body(service: Service, call: &Call, retry_after: &str) -> Value {
    let plain = |code: &str, message: &str| json!({"error": {"code": code, "message": message}});
    match service {
        Service::Login => crate::login::throttled(call),
        Service::PartnerCenter => json!({
            "statusCode": 429,
            "message": format!("Rate limit is exceeded. Try again in {} seconds.", if retry_after.is_empty() { "60" } else { retry_after }),
        }),
        Service::Graph => json!({"error": {
            "code": "TooManyRequests",
            "message": "Too many requests",
            "innerError": {
                "code": "429",
                "date": crate::clock::iso(call.now).trim_end_matches('Z'),
                "message": "Please retry after",
                "request-id": call.request_id,
                "status": "429",
            },
        }}),
        Service::KeyVault => json!({"error": {
            "code": "Throttled",
            "message": "Request was not processed because too many requests were received. Reason: VaultRequestTypeLimitReached",
            "innererror": {"code": "VaultRequestTypeLimitReached"},
        }}),
        Service::ResourceManager => plain(
            "SubscriptionRequestsThrottled",
            "Number of requests for subscription exceeded the limit. Please try again later.",
        ),
        Service::Office365Management => plain("AF429", "Too many requests."),
        Service::Exchange | Service::Compliance => plain("TooManyRequests", "Too many requests."),
        Service::Storage => plain("ServerBusy", "The server is busy."),
    }
}
