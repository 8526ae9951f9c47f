//! The glue to the HTTP server: one request in, one answer, stall or cut connection out.

use std::net::TcpListener;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;
use tokio::task::JoinHandle;
use uuid::Uuid;
use wiremock::matchers::any;
use wiremock::{Match, Mock, MockServer, Request, ResponseTemplate};

use crate::call::Call;
use crate::clock::http_date;
use crate::faults::Verdict;
use crate::log::is_write;
use crate::reply::{Body, Reply};
use crate::sandbox::{Service, Shared};
use crate::world::World;
use crate::{arm, exchange, graph, key_vault, login, office365, partner_center, storage};

/// Serves one service for as long as the value lives.
#[derive(Debug)]
pub(crate) struct Host(JoinHandle<()>);

impl Drop for Host {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// Starts to serve one service.
///
/// A mock remembers every request it matched, with the whole buffer the request was read from, so a server that has
/// answered [`WORN_AFTER`] requests is replaced by a fresh one on the same socket. The old one tells its connections to
/// close with their next answer, and goes a moment later.
pub(crate) async fn serve(
    service: Service,
    listener: TcpListener,
    base: &str,
    shared: Arc<Shared>,
) -> std::io::Result<Host> {
    let front = Arc::new(Front {
        service,
        address: base.trim_start_matches("http://").to_owned(),
        shared,
        requests: AtomicU64::new(0),
    });
    let (mut server, mut mount) = mounted(listener.try_clone()?, &front).await;
    Ok(Host(tokio::spawn(async move {
        loop {
            mount.worn.notified().await;
            // Without a second handle on the socket the old server goes on, and only memory grows.
            let Ok(socket) = listener.try_clone() else { return std::future::pending().await };
            let (fresh, fresh_mount) = mounted(socket, &front).await;
            mount.draining.store(true, Ordering::Relaxed);
            let old = std::mem::replace(&mut server, fresh);
            mount = fresh_mount;
            tokio::time::sleep(DRAINING).await;
            drop(old);
        }
    })))
}

/// A server for a service, with the mocks that hand its requests over.
async fn mounted(listener: TcpListener, front: &Arc<Front>) -> (MockServer, Arc<Mount>) {
    let mount = Arc::new(Mount {
        front: Arc::clone(front),
        answer: Mutex::new(None),
        served: AtomicU64::new(0),
        worn: Notify::new(),
        draining: AtomicBool::new(false),
    });
    let server = start(listener).await;
    // A mock answers either with a response or with an error that closes the connection. Which one it
    // is shows only after the request was worked on, so the matcher of the first mock does the work and
    // matches when the connection is to be cut; otherwise the second mock hands out the answer.
    Mock::given(CutMatcher(Arc::clone(&mount)))
        .respond_with_err(|_: &Request| std::io::Error::from(std::io::ErrorKind::ConnectionReset))
        .with_priority(1)
        .mount(&server)
        .await;
    let answering = Arc::clone(&mount);
    Mock::given(any()).respond_with(move |_: &Request| answering.take_answer()).with_priority(2).mount(&server).await;
    (server, mount)
}

/// Starts a server without request recording, which would grow without bound.
pub(crate) async fn start(listener: TcpListener) -> MockServer {
    MockServer::builder().listener(listener).disable_request_recording().start().await
}

/// Writes a reply in the server's terms.
pub(crate) fn template(reply: Reply, date: &str) -> ResponseTemplate {
    let mut response = ResponseTemplate::new(reply.status).insert_header("Date", date);
    let mut content_type = None;
    for (name, value) in reply.headers {
        if name.eq_ignore_ascii_case("content-type") {
            content_type = Some(value);
        } else {
            response = response.append_header(name.as_str(), value.as_str());
        }
    }
    match reply.body {
        Body::Empty => response,
        Body::Json(body) => {
            let content_type = content_type.as_deref().unwrap_or("application/json; charset=utf-8");
            response.set_body_raw(body.to_string(), content_type)
        }
        Body::Raw(bytes, kind) => response.set_body_raw(bytes, content_type.as_deref().unwrap_or(&kind)),
    }
}

/// One service as the server sees it.
struct Front {
    service: Service,
    address: String,
    shared: Arc<Shared>,
    requests: AtomicU64,
}

/// A service as one of its servers sees it.
struct Mount {
    front: Arc<Front>,
    /// The answer on its way from the matcher to the responder; a server works on one request at a time.
    answer: Mutex<Option<ResponseTemplate>>,
    served: AtomicU64,
    /// Told once, when the server has served enough.
    worn: Notify,
    draining: AtomicBool,
}

impl Front {
    /// Works on a request; `None` cuts the connection.
    fn work(&self, request: &Request) -> Option<ResponseTemplate> {
        let shared = &self.shared;
        let call = Call::new(self.service, request, &self.address, shared.clock.now(), self.request_id());
        let date = http_date(call.now);
        let verdict = shared.faults.judge(self.service, &call);
        let handled = verdict.reaches_service();
        let reply = match &verdict {
            Verdict::Answer(reply) => Some(reply.clone()),
            _ if handled => Some(handle(&mut shared.world(), &call)),
            _ => None,
        };
        let delivered = matches!(verdict, Verdict::Serve | Verdict::Answer(_));
        let status = reply.as_ref().filter(|_| delivered).map_or(0, |reply| reply.status);
        shared.log.record(&call, status, handled && is_write(&call));
        match verdict {
            Verdict::CutBefore | Verdict::CutAfter => None,
            Verdict::StallBefore | Verdict::StallAfter => {
                shared.faults.stall_reached();
                Some(ResponseTemplate::new(200).set_delay(STALL))
            }
            Verdict::Serve | Verdict::Answer(_) => reply.map(|reply| template(reply, &date)),
        }
    }

    /// Request ids count up per service; they come from no shared source, so that object ids stay comparable.
    fn request_id(&self) -> Uuid {
        let number = self.requests.fetch_add(1, Ordering::Relaxed);
        Uuid::from_u128(0x5a5a_0000_0000_4000_8000_0000_0000_0000 | ((self.service as u128) << 48) | u128::from(number))
    }
}

impl Mount {
    fn take_answer(&self) -> ResponseTemplate {
        if self.served.fetch_add(1, Ordering::Relaxed) + 1 == WORN_AFTER {
            self.worn.notify_one();
        }
        let answer = self
            .answer
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take()
            .unwrap_or_else(|| ResponseTemplate::new(500));
        if self.draining.load(Ordering::Relaxed) { answer.insert_header("Connection", "close") } else { answer }
    }
}

struct CutMatcher(Arc<Mount>);

impl Match for CutMatcher {
    fn matches(&self, request: &Request) -> bool {
        let answer = self.0.front.work(request);
        let cut = answer.is_none();
        *self.0.answer.lock().unwrap_or_else(PoisonError::into_inner) = answer;
        cut
    }
}

fn handle(world: &mut World, call: &Call) -> Reply {
    match call.service {
        Service::Login => login::handle(world, call),
        Service::Graph => graph::handle(world, call),
        Service::PartnerCenter => partner_center::handle(world, call),
        Service::Exchange => exchange::handle(world, call),
        Service::Compliance => exchange::handle_compliance(world, call),
        Service::ResourceManager => arm::handle(world, call),
        Service::KeyVault => key_vault::handle(world, call),
        Service::Storage => storage::handle(world, call),
        Service::Office365Management => office365::handle(world, call),
    }
}

/// After how many requests a server is replaced; it keeps about nine kilobytes of each.
const WORN_AFTER: u64 = 1_000;

/// How long a replaced server goes on, so that its connections can end with an answer.
const DRAINING: Duration = Duration::from_secs(5);

/// Longer than any client waits.
const STALL: Duration = Duration::from_secs(24 * 3600);
