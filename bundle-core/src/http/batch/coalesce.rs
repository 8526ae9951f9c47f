//! Batches of reads that happen to be made at the same time.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use futures_util::StreamExt as _;
use http::{Method, header};
use tokio::sync::oneshot;

use super::{Batch, BatchRules, Done};
use crate::error::{Error, ErrorKind, Result};
use crate::http::{Authorization, Pipeline, Request, Response, Safety};
use crate::ids::TenantId;

/// Sends small reads that are made at the same time as one batch; every caller gets the answer or the error that its
/// request alone would have got. Cheap to clone; clones gather together.
///
/// A read goes out at once while no other is under way. Others are gathered until a batch is full, for two milliseconds
/// at most; one that is still the only one then is sent as it is. Several batches are under way at a time.
///
/// Only plain GETs are gathered: without a body, without headers but `ConsistencyLevel`, no binary contents, no
/// `delta`; made in one tenant, as one principal, in one version. Everything else is sent as it is. A caller that stops
/// waiting has no effect on the others. When a batch fails as a whole for a reason that would have met each request too
/// (no token, no connection, throttled, the service is down), all callers get that error; for any other reason each
/// request is sent as it is.
///
/// A batch takes one of the places a tenant has (`ClientOptions::concurrency_per_tenant`), whatever is in it. So up to 20
/// times as many callers are served at a time as there are places, and with 16 places 320 callers take a twentieth of
/// the time. No more callers than there are places gain nothing but fewer requests, and wait a millisecond or two more.
#[derive(Clone, Debug)]
pub struct Coalescer(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    pipeline: Pipeline,
    rules: BatchRules,
    queues: Mutex<Vec<Queue>>,
}

/// Requests that may stand in one batch.
#[derive(Debug)]
struct Queue {
    key: Key,
    /// How many of it are under way: batches and single requests.
    under_way: usize,
    /// Counts the batches, so that a timer knows whether what it waited for has left.
    batch: u64,
    gathered: Vec<Gathered>,
}

type Key = (usize, Authorization, Option<TenantId>);

#[derive(Debug)]
struct Gathered {
    request: Request,
    caller: oneshot::Sender<Turn>,
}

/// What a caller is told.
#[derive(Debug)]
enum Turn {
    /// The outcome.
    Outcome(Result<Response>),
    /// To send the request itself.
    Alone,
}

/// What a caller has to do.
enum Role {
    Send(UnderWay),
    Wait(oneshot::Receiver<Turn>),
}

impl Coalescer {
    /// Gathers what goes through `pipeline` to a service with these rules.
    #[must_use]
    pub fn new(pipeline: Pipeline, rules: BatchRules) -> Self {
        Self(Arc::new(Shared { pipeline, rules, queues: Mutex::default() }))
    }

    /// Sends a request, in a batch with others where that may be.
    ///
    /// # Errors
    /// As [`Pipeline::send`].
    pub async fn send(&self, request: Request) -> Result<Response> {
        let pipeline = &self.0.pipeline;
        let Some(key) = self.0.key(&request) else { return pipeline.send(request).await };
        match self.enter(key.clone(), &request) {
            Role::Send(_under_way) => pipeline.send(request).await,
            Role::Wait(told) => match told.await {
                Ok(Turn::Outcome(outcome)) => outcome,
                // Without a word when the runtime that gathered has ended.
                Ok(Turn::Alone) | Err(_) => {
                    let _under_way = self.0.under_way(key);
                    pipeline.send(request).await
                }
            },
        }
    }

    fn enter(&self, key: Key, request: &Request) -> Role {
        let mut queues = self.0.lock();
        let queue = queue(&mut queues, &key);
        if queue.under_way == 0 && queue.gathered.is_empty() {
            queue.under_way += 1;
            return Role::Send(UnderWay { shared: Arc::clone(&self.0), key });
        }
        let (caller, told) = oneshot::channel();
        queue.gathered.push(Gathered { request: request.clone(), caller });
        if queue.gathered.len() == self.0.rules.limit {
            let (gathered, under_way) = queue.take(&self.0);
            drop(queues);
            tokio::spawn(deliver(Arc::clone(&self.0), gathered, under_way));
        } else if queue.gathered.len() == 1 {
            let batch = queue.batch;
            drop(queues);
            tokio::spawn(wait(Arc::clone(&self.0), key, batch));
        }
        Role::Wait(told)
    }
}

impl Shared {
    /// What the request may be gathered with; `None` when it may not be.
    fn key(&self, request: &Request) -> Option<Key> {
        let plain = request.method == Method::GET
            && request.safety == Safety::Read
            && request.body.is_none()
            && request.max_body.is_none()
            && request.deadline.is_none()
            && request.headers.keys().all(|name| *name == header::ACCEPT || name == "consistencylevel")
            && request.headers.get(header::ACCEPT).is_none_or(super::rules::is_json)
            && request.url.path_segments().is_some_and(|mut path| !path.any(is_special));
        let part = plain.then(|| self.rules.part(request).ok())??;
        Some((part.root, request.authorization.clone(), request.subject))
    }

    /// Counts what a caller is about to send after all.
    fn under_way(self: &Arc<Self>, key: Key) -> UnderWay {
        queue(&mut self.lock(), &key).under_way += 1;
        UnderWay { shared: Arc::clone(self), key }
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Queue>> {
        self.queues.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The queue of a key, made when there is none.
fn queue<'a>(queues: &'a mut Vec<Queue>, key: &Key) -> &'a mut Queue {
    let at = queues.iter().position(|queue| queue.key == *key).unwrap_or_else(|| {
        queues.push(Queue { key: key.clone(), under_way: 0, batch: 0, gathered: Vec::new() });
        queues.len() - 1
    });
    &mut queues[at]
}

impl Queue {
    /// Takes what was gathered, to be sent now.
    fn take(&mut self, shared: &Arc<Shared>) -> (Vec<Gathered>, UnderWay) {
        self.under_way += 1;
        self.batch += 1;
        (std::mem::take(&mut self.gathered), UnderWay { shared: Arc::clone(shared), key: self.key.clone() })
    }
}

/// Counts something that is under way for as long as it lives.
#[derive(Debug)]
struct UnderWay {
    shared: Arc<Shared>,
    key: Key,
}

impl Drop for UnderWay {
    fn drop(&mut self) {
        let mut queues = self.shared.lock();
        if let Some(at) = queues.iter().position(|queue| queue.key == self.key) {
            queues[at].under_way -= 1;
            if queues[at].under_way == 0 && queues[at].gathered.is_empty() {
                queues.swap_remove(at);
            }
        }
    }
}

/// Sends a batch that did not fill up in time.
async fn wait(shared: Arc<Shared>, key: Key, batch: u64) {
    tokio::time::sleep(WINDOW).await;
    let taken = shared
        .lock()
        .iter_mut()
        .find(|queue| queue.key == key && queue.batch == batch)
        .map(|queue| queue.take(&shared));
    if let Some((gathered, under_way)) = taken {
        deliver(shared, gathered, under_way).await;
    }
}

/// Sends what was gathered and tells every caller what became of its request.
async fn deliver(shared: Arc<Shared>, mut gathered: Vec<Gathered>, _under_way: UnderWay) {
    // Callers that have gone ask for nothing.
    gathered.retain(|one| !one.caller.is_closed());
    if let [_, _, ..] = gathered[..] {
        let (requests, callers): (Vec<_>, Vec<_>) =
            gathered.into_iter().map(|Gathered { request, caller }| (request, Some(caller))).unzip();
        let mut callers = callers;
        let batch = Batch::new(shared.pipeline.clone(), shared.rules.clone()).requests(requests);
        // Requests that cannot stand in one batch are sent by their callers: dropping a sender says so.
        let Ok(mut done) = batch.stream() else { return };
        while let Some(Done { index, outcome, of_batch }) = done.0.next().await {
            let turn = match outcome {
                Err(error) if of_batch && !is_of_each(&error) => Turn::Alone,
                outcome => Turn::Outcome(outcome),
            };
            if let Some(caller) = callers[index].take() {
                // A caller that has gone wants no answer.
                let _ = caller.send(turn);
            }
        }
    } else if let Some(one) = gathered.pop() {
        let _ = one.caller.send(Turn::Alone);
    }
}

/// Whether the failure of a batch would have been that of each request in it.
fn is_of_each(error: &Error) -> bool {
    !matches!(
        error.kind(),
        ErrorKind::Config
            | ErrorKind::Conflict
            | ErrorKind::Decode
            | ErrorKind::InvalidRequest
            | ErrorKind::NotFound
            | ErrorKind::Other
            | ErrorKind::PermissionDenied
            | ErrorKind::PreconditionFailed
    )
}

/// Whether a path segment says that the answer may be large, binary or at another host.
fn is_special(segment: &str) -> bool {
    let segment = segment.to_ascii_lowercase();
    let name = segment.split('(').next().unwrap_or_default().rsplit('.').next().unwrap_or_default();
    matches!(name, "$value" | "$count" | "$batch" | "content" | "photo" | "photos" | "thumbnails" | "delta" | "reports")
}

/// How long a read is held back for others to join. Timers tick in milliseconds, so it may be one more.
const WINDOW: Duration = Duration::from_millis(1);
