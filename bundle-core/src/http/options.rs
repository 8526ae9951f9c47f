//! What a client can be told about sending.

use std::sync::Arc;
use std::time::Duration;

use super::{CallGuard, HttpTransport, Observer, Preflight, Proxy, Quota, RetryBudget, Transport};
use crate::cloud::Cloud;
use crate::error::Result;
use crate::service::Service;

/// Settings every client takes: cloud, identity, timeouts, retries.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct ClientOptions {
    /// Where the services are. Public by default.
    pub cloud: Cloud,
    /// The program's name in `User-Agent`, for example `contoso-sync/2.1`. SharePoint wants it in the form
    /// `NONISV|Contoso|Sync/2.1`.
    pub application: String,
    /// Retries.
    pub retry: RetryPolicy,
    /// How long connecting may take. 10 s by default.
    pub connect_timeout: Duration,
    /// How long the connection may be silent while an answer is awaited or read. As long as the attempt by default.
    pub read_timeout: Option<Duration>,
    /// How long one attempt may take, body included. 100 s by default: Exchange cmdlets are slow.
    pub attempt_timeout: Duration,
    /// The cap on the body of a success, in bytes. 64 MiB by default.
    pub max_body: usize,
    /// How many requests of one tenant may be under way at one service (at one vault or account, where each has a
    /// host of its own). 16 by default: with answers in 50 to 100 ms that is 160 to 320 requests a second, what Graph
    /// grants the smallest tenants. Exchange never gets more than 3.
    pub concurrency_per_tenant: usize,
    /// What the services grant to one tenant, where it is known; see [`ClientOptions::quota`].
    pub quotas: Vec<(Service, Quota)>,
    /// How many retries are sent in all.
    pub retry_budget: RetryBudget,
    /// Whether Graph is told name and version of this library (`SdkVersion`). It is by default.
    pub sdk_version: bool,
    /// The proxy. The one the environment names by default.
    pub proxy: Proxy,
    /// What sends the requests; each client builds its own [`HttpTransport`] without it. The timeouts and the proxy
    /// above are the built-in transport's, another one has its own.
    pub transport: Option<Arc<dyn Transport>>,
    /// Who is told what is sent.
    pub observers: Vec<Arc<dyn Observer>>,
    /// What is done about calls that cannot work. Nothing by default.
    pub preflight: Preflight,
}

impl Default for ClientOptions {
    fn default() -> Self {
        Self {
            cloud: Cloud::public(),
            application: String::new(),
            retry: RetryPolicy::default(),
            connect_timeout: Duration::from_secs(10),
            read_timeout: None,
            attempt_timeout: Duration::from_secs(100),
            max_body: 64 << 20,
            concurrency_per_tenant: 16,
            quotas: Vec::new(),
            retry_budget: RetryBudget::default(),
            sdk_version: true,
            proxy: Proxy::default(),
            transport: None,
            observers: Vec::new(),
            preflight: Preflight::Off,
        }
    }
}

impl ClientOptions {
    /// The defaults for a cloud.
    #[must_use]
    pub fn new(cloud: Cloud) -> Self {
        Self { cloud, ..Self::default() }
    }

    /// Sets the program's name in `User-Agent`.
    #[must_use]
    pub fn application(mut self, application: impl Into<String>) -> Self {
        self.application = application.into();
        self
    }

    /// Declares what a service grants to one tenant, in one area of Graph, or to one vault: it is kept to from the
    /// first request on and never exceeded, but less is sent where the service takes less. Without it the quota is
    /// learned from the service's refusals, which costs about two of them.
    #[must_use]
    pub fn quota(mut self, service: Service, quota: Quota) -> Self {
        self.quotas.retain(|(declared, _)| *declared != service);
        self.quotas.push((service, quota));
        self
    }

    /// Sets how many retries are sent in all.
    #[must_use]
    pub fn retry_budget(mut self, budget: RetryBudget) -> Self {
        self.retry_budget = budget;
        self
    }

    /// Adds someone who is told what is sent.
    #[must_use]
    pub fn observer(mut self, observer: Arc<dyn Observer>) -> Self {
        self.observers.push(observer);
        self
    }

    /// Has calls that cannot work told as warnings; they are sent all the same.
    #[must_use]
    pub fn warn_before_sending(mut self, guard: Arc<dyn CallGuard>) -> Self {
        self.preflight = Preflight::Warn(guard);
        self
    }

    /// Has calls that cannot work refused before anything of them is sent. A token that may be older than the grant it
    /// lacks is replaced first.
    #[must_use]
    pub fn refuse_before_sending(mut self, guard: Arc<dyn CallGuard>) -> Self {
        self.preflight = Preflight::Refuse(guard);
        self
    }

    /// Sets the proxy.
    #[must_use]
    pub fn proxy(mut self, proxy: Proxy) -> Self {
        self.proxy = proxy;
        self
    }

    /// Sets what sends the requests.
    #[must_use]
    pub fn transport(mut self, transport: Arc<dyn Transport>) -> Self {
        self.transport = Some(transport);
        self
    }

    /// Builds the built-in transport now, so that all clients made from these options and their clones share its
    /// connections. Nothing changes when a transport is set.
    ///
    /// # Errors
    /// As [`HttpTransport::new`].
    pub fn shared_transport(mut self) -> Result<Self> {
        if self.transport.is_none() {
            self.transport = Some(Arc::new(HttpTransport::new(&self)?));
        }
        Ok(self)
    }

    /// Sets the retries.
    #[must_use]
    pub fn retry(mut self, retry: RetryPolicy) -> Self {
        self.retry = retry;
        self
    }

    /// Sets how long one attempt may take.
    #[must_use]
    pub fn attempt_timeout(mut self, timeout: Duration) -> Self {
        self.attempt_timeout = timeout;
        self
    }
}

/// How often and how long a call is repeated. Which outcomes may be repeated at all is
/// [`decide`](super::decide)'s to say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct RetryPolicy {
    /// Attempts in all, the first included. 5 by default.
    pub max_attempts: u32,
    /// The first wait of our own; doubled each time, with jitter on top. 1 s by default.
    pub base_wait: Duration,
    /// The longest wait of our own. 30 s by default; a longer wait asked by the service is kept.
    pub max_wait: Duration,
    /// The time a call may take in all. A wait that would pass it is not begun. 5 minutes by default.
    pub deadline: Duration,
}

impl Default for RetryPolicy {
    fn default() -> Self {
        Self {
            max_attempts: 5,
            base_wait: Duration::from_secs(1),
            max_wait: Duration::from_secs(30),
            deadline: Duration::from_secs(300),
        }
    }
}

impl RetryPolicy {
    /// One attempt only.
    #[must_use]
    pub fn none() -> Self {
        Self { max_attempts: 1, ..Self::default() }
    }

    /// Sets the attempts in all.
    #[must_use]
    pub fn max_attempts(mut self, attempts: u32) -> Self {
        self.max_attempts = attempts.max(1);
        self
    }

    /// Sets the first wait of our own; zero in tests.
    #[must_use]
    pub fn base_wait(mut self, wait: Duration) -> Self {
        self.base_wait = wait;
        self
    }

    /// Sets the time a call may take in all.
    #[must_use]
    pub fn deadline(mut self, deadline: Duration) -> Self {
        self.deadline = deadline;
        self
    }
}
