//! The glue to the HTTP server: one request in, one answer, stall or cut connection out.

use std::net::{SocketAddr, TcpListener};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::runtime::Handle;
use tokio::sync::{Notify, watch};
use tokio::task::JoinHandle;
use uuid::Uuid;
use wiremock::matchers::any;
use wiremock::{Match, Mock, MockServer, Request, ResponseTemplate};

use crate::call::Call;
use crate::clock::http_date;
use crate::faults::Verdict;
use crate::log::is_write;
use crate::relay::{self, Backend, Current, FrontDoor};
use crate::reply::{Body, Reply};
use crate::sandbox::{Service, Shared};
use crate::world::World;
use crate::{arm, exchange, graph, key_vault, login, office365, partner_center, storage};

/// Serves one service for as long as the value lives.
#[derive(Debug)]
pub(crate) struct Host {
    _door: FrontDoor,
    replacing: JoinHandle<()>,
}

impl Drop for Host {
    fn drop(&mut self) {
        self.replacing.abort();
    }
}

/// Starts to serve one service on a runtime of the sandbox's own: a test that blocks its thread must not block its cloud.
pub(crate) async fn serve(
    runtime: &Handle,
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
    listener.set_nonblocking(true)?;
    let listener = {
        let _entered = runtime.enter();
        tokio::net::TcpListener::from_std(listener)?
    };
    let current: Current<Day> = Arc::new(Mutex::new(Arc::new(Day::begin(&front).await?)));
    let door = relay::open(runtime, listener, Arc::clone(&current));
    let replacing = runtime.spawn(async move {
        loop {
            let today = Arc::clone(&current.lock().unwrap_or_else(PoisonError::into_inner));
            today.mount.worn.notified().await;
            // Without a port for a fresh server the old one goes on, and only memory grows.
            let Ok(tomorrow) = Day::begin(&front).await else { continue };
            *current.lock().unwrap_or_else(PoisonError::into_inner) = Arc::new(tomorrow);
            today.mount.retired.send_replace(true);
        }
    });
    Ok(Host { _door: door, replacing })
}

/// One of the servers a service has one after the other.
struct Day {
    server: MockServer,
    mount: Arc<Mount>,
}

impl Day {
    /// Starts a server with the mocks that hand its requests over.
    async fn begin(front: &Arc<Front>) -> std::io::Result<Self> {
        let mount = Arc::new(Mount {
            front: Arc::clone(front),
            answer: Mutex::new(None),
            served: AtomicU64::new(0),
            worn: Notify::new(),
            retired: watch::Sender::new(false),
        });
        let server = start(TcpListener::bind(("127.0.0.1", 0))?).await;
        // A mock answers either with a response or with an error that closes the connection. Which one it is shows
        // only after the request was worked on, so the matcher of the first mock does the work and matches when the
        // connection is to be cut; otherwise the second mock hands out the answer.
        Mock::given(CutMatcher(Arc::clone(&mount)))
            .respond_with_err(|_: &Request| std::io::Error::from(std::io::ErrorKind::ConnectionReset))
            .with_priority(1)
            .mount(&server)
            .await;
        let answering = Arc::clone(&mount);
        Mock::given(any())
            .respond_with(move |_: &Request| answering.take_answer())
            .with_priority(2)
            .mount(&server)
            .await;
        Ok(Self { server, mount })
    }
}

impl Backend for Day {
    fn address(&self) -> SocketAddr {
        *self.server.address()
    }

    fn retired(&self) -> watch::Receiver<bool> {
        self.mount.retired.subscribe()
    }
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
    /// Whether a fresh server has taken over.
    retired: watch::Sender<bool>,
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
        if *self.retired.borrow() { answer.insert_header("Connection", "close") } else { answer }
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
const WORN_AFTER: u64 = 500;

/// Longer than any client waits.
const STALL: Duration = Duration::from_secs(24 * 3600);
