//! The server of the comparison: a small Graph, login authority and vault on loopback.
//!
//! It shares two cores with the programs, so it does as little as it can: one thread, answers written beforehand.

mod answer;
mod batch;
mod body;
mod counts;
mod quota;
mod settings;
mod texts;

use std::convert::Infallible;
use std::io::{Read as _, Write as _};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use bytes::Bytes;
use hyper::body::{Body as _, Incoming};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use tokio::net::TcpListener;

pub(crate) use counts::Counts;
pub(crate) use settings::{QuotaSettings, Settings};

use crate::Failure;
use answer::Answer;
use counts::Counters;
use quota::Quota;
use texts::Texts;

/// Where the settings of a run are put.
pub(crate) const SETTINGS: &str = "/admin/settings";
/// Where its counts are read.
pub(crate) const COUNTS: &str = "/admin/counts";
/// The tenant whose token endpoint is slow, and the owner of the vaults.
pub(crate) const SLOW_TENANT: u128 = 0xffff;

/// Serves until standard input is closed; prints the base URL first.
pub(crate) fn serve() -> Result<(), Failure> {
    std::thread::spawn(|| {
        let _ = std::io::stdin().read_to_end(&mut Vec::new());
        std::process::exit(0);
    });
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        let base = format!("http://{}", listener.local_addr()?);
        let server = Arc::new(Server { texts: Texts::new(&base), run: RwLock::default() });
        writeln!(std::io::stdout(), "{base}")?;
        loop {
            let (stream, _) = listener.accept().await?;
            stream.set_nodelay(true)?;
            let server = Arc::clone(&server);
            tokio::spawn(async move {
                let service = service_fn(|request| {
                    let server = Arc::clone(&server);
                    async move { Ok::<_, Infallible>(server.answer(request).await) }
                });
                // A program that ends cuts its connections.
                let _ = http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
            });
        }
    })
}

struct Server {
    texts: Texts,
    run: RwLock<Arc<Run>>,
}

/// The run under way.
#[derive(Default)]
struct Run {
    settings: Settings,
    quota: Option<Quota>,
    counters: Counters,
}

impl Server {
    async fn answer(&self, request: Request<Incoming>) -> Response<Answer> {
        let run = Arc::clone(&self.run.read().unwrap_or_else(PoisonError::into_inner));
        let path = request.uri().path();
        if let Some(path) = path.strip_prefix("/v1.0/") {
            run.counters.request();
            pause(run.settings.latency).await;
            if request.headers().get("authorization").is_none() {
                return answer::unauthorized(None);
            }
            return match path {
                "$batch" => batch::answer(&self.texts, &run, &whole(request).await),
                _ if !run.admits(1) => answer::throttled(&run.counters),
                "users" => answer::json(self.texts.page(&run.settings, request.uri().query().unwrap_or_default())),
                _ => answer::json(Answer::whole(self.texts.person.clone())),
            };
        }
        if path.starts_with("/vault/") {
            run.counters.request();
            pause(run.settings.latency).await;
            if request.headers().get("authorization").is_none() {
                run.counters.challenge();
                return answer::unauthorized(Some(&self.texts.challenge));
            }
            return answer::json(Answer::whole(self.texts.secret.clone()));
        }
        if let Some(path) = path.strip_prefix("/login/") {
            run.counters.token();
            let slow = path.starts_with(&self.texts.slow_tenant);
            pause(if slow { run.settings.slow_token_latency } else { run.settings.token_latency }).await;
            return answer::json(Answer::whole(self.texts.token.clone()));
        }
        match path {
            SETTINGS => self.set_up(&whole(request).await),
            COUNTS => match serde_json::to_vec(&run.counters.read()) {
                Ok(counts) => answer::json(Answer::whole(counts.into())),
                Err(_) => answer::not_found(),
            },
            _ => answer::not_found(),
        }
    }

    fn set_up(&self, settings: &[u8]) -> Response<Answer> {
        let Ok(settings) = serde_json::from_slice::<Settings>(settings) else { return answer::not_found() };
        let quota = settings.quota.map(Quota::new);
        let run = Arc::new(Run { settings, quota, counters: Counters::start() });
        *self.run.write().unwrap_or_else(PoisonError::into_inner) = run;
        answer::json(Answer::whole(Bytes::from_static(b"{}")))
    }
}

impl Run {
    /// Takes one request from the quota, where there is one.
    fn admits(&self, requests: u32) -> bool {
        self.quota.as_ref().is_none_or(|quota| quota.take(requests))
    }
}

async fn pause(latency: Duration) {
    if !latency.is_zero() {
        tokio::time::sleep(latency).await;
    }
}

async fn whole(request: Request<Incoming>) -> Vec<u8> {
    let mut body = std::pin::pin!(request.into_body());
    let mut whole = Vec::new();
    while let Some(Ok(frame)) = std::future::poll_fn(|context| body.as_mut().poll_frame(context)).await {
        whole.extend(frame.data_ref().into_iter().flatten());
    }
    whole
}
