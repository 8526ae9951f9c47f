//! The running sandbox: its services, its world and the handle that holds them.

use std::fmt;
use std::net::TcpListener;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde_json::{Value, json};
use tokio::runtime::Runtime;
use wiremock::MockServer;

use crate::clock::VirtualClock;
use crate::faults::Faults;
use crate::log::Log;
use crate::world::World;
use crate::{control, demo, post, server, snapshot};

/// One of the services the sandbox serves, each on its own port.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Service {
    /// The Entra ID login authority.
    Login,
    /// Microsoft Graph.
    Graph,
    /// Partner Center.
    PartnerCenter,
    /// Exchange Online.
    Exchange,
    /// Security & Compliance.
    Compliance,
    /// Azure Resource Manager.
    ResourceManager,
    /// Key Vault.
    KeyVault,
    /// Blob and table storage.
    Storage,
    /// The Office 365 Management Activity API.
    Office365Management,
}

impl Service {
    /// Every service, in the order in which they are started.
    pub(crate) const ALL: [Self; 9] = [
        Self::Login,
        Self::Graph,
        Self::PartnerCenter,
        Self::Exchange,
        Self::Compliance,
        Self::ResourceManager,
        Self::KeyVault,
        Self::Storage,
        Self::Office365Management,
    ];

    /// Returns the name used in the log.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Login => "login",
            Self::Graph => "graph",
            Self::PartnerCenter => "partnerCenter",
            Self::Exchange => "exchange",
            Self::Compliance => "compliance",
            Self::ResourceManager => "arm",
            Self::KeyVault => "keyVault",
            Self::Storage => "storage",
            Self::Office365Management => "office365Management",
        }
    }
}

impl fmt::Display for Service {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// How a sandbox runs.
#[derive(Clone, Copy, Debug, Default)]
pub struct SandboxOptions {
    /// How many virtual seconds pass in a real one; 0 (the default) leaves the clock to the test.
    pub speed: f64,
}

impl SandboxOptions {
    /// Creates the default options: the clock only moves when it is advanced.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets how many virtual seconds pass in a real one.
    #[must_use]
    pub const fn speed(mut self, speed: f64) -> Self {
        self.speed = speed;
        self
    }
}

/// A running sandbox; it stops when the last clone is dropped.
#[derive(Clone)]
pub struct Sandbox {
    inner: Arc<Inner>,
}

struct Inner {
    shared: Arc<Shared>,
    bases: Vec<(Service, String)>,
    control: String,
    _hosts: Vec<server::Host>,
    _control: MockServer,
    /// Taken when the sandbox ends.
    runtime: Option<Runtime>,
}

impl Drop for Inner {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            // Waiting for it would block the runtime the sandbox may be dropped on.
            runtime.shutdown_background();
        }
    }
}

/// What every service of a sandbox shares.
pub(crate) struct Shared {
    world: Mutex<World>,
    pub(crate) clock: VirtualClock,
    pub(crate) faults: Faults,
    pub(crate) log: Log,
    /// Held while events are posted, so that none is posted twice.
    pub(crate) posting: tokio::sync::Mutex<()>,
}

impl Sandbox {
    /// A text inside every secret the sandbox makes or knows, so that a test can search for leaks.
    pub const CANARY: &'static str = CANARY;

    /// Starts a sandbox on free loopback ports.
    ///
    /// # Errors
    /// When no loopback port can be bound.
    pub async fn start(world: World, options: SandboxOptions) -> std::io::Result<Self> {
        let clock = world.clock.clone();
        clock.set_speed(options.speed);
        let shared = Arc::new(Shared {
            world: Mutex::new(world),
            clock,
            faults: Faults::default(),
            log: Log::default(),
            posting: tokio::sync::Mutex::default(),
        });
        let mut bases = Vec::new();
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .thread_name("bundle-sandbox")
            .enable_all()
            .build()?;
        let mut hosts = Vec::new();
        for service in Service::ALL {
            let (listener, base) = bind()?;
            hosts.push(server::serve(runtime.handle(), service, listener, &base, Arc::clone(&shared)).await?);
            bases.push((service, base));
        }
        let (listener, control) = bind()?;
        let of_partner_center = bases.iter().find(|(service, _)| *service == Service::PartnerCenter);
        let partner_center = of_partner_center.map(|(_, base)| base.clone()).unwrap_or_default();
        let control_server = control::serve(listener, partner_center, Arc::clone(&shared)).await;
        Ok(Self {
            inner: Arc::new(Inner {
                shared,
                bases,
                control,
                _hosts: hosts,
                _control: control_server,
                runtime: Some(runtime),
            }),
        })
    }

    /// Starts the demonstration world with that many customers and a clock that only moves when advanced.
    ///
    /// # Errors
    /// When no loopback port can be bound.
    pub async fn demo(customers: usize) -> std::io::Result<Self> {
        Self::start(demo::world(customers), SandboxOptions::new()).await
    }

    /// Returns the address of a service, such as `http://127.0.0.1:4000`.
    ///
    /// # Panics
    /// Never: every service has an address.
    #[must_use]
    pub fn base(&self, service: Service) -> &str {
        self.inner
            .bases
            .iter()
            .find(|(named, _)| *named == service)
            .map(|(_, base)| base.as_str())
            .expect("every service is started")
    }

    /// Returns the endpoint set that programs take: base addresses, audiences and, in the demonstration world, how to sign in.
    #[must_use]
    pub fn endpoints(&self) -> Value {
        let mut endpoints = json!({
            "loginAuthority": self.base(Service::Login),
            "graph": self.base(Service::Graph),
            "exchangeHost": self.base(Service::Exchange),
            "partnerCenter": self.base(Service::PartnerCenter),
            "arm": self.base(Service::ResourceManager),
            "office365Management": self.base(Service::Office365Management),
            "compliance": self.base(Service::Compliance),
            "keyVaultUrl": format!("{}/{{vault}}", self.base(Service::KeyVault)),
            "blobUrl": format!("{}/{{account}}", self.base(Service::Storage)),
            "tableUrl": format!("{}/{{account}}", self.base(Service::Storage)),
            "audiences": {
                "loginAuthority": "https://login.microsoftonline.com",
                "graph": "https://graph.microsoft.com",
                "exchangeHost": "https://outlook.office365.com",
                "partnerCenter": "https://api.partnercenter.microsoft.com",
                "arm": "https://management.azure.com",
                "office365Management": "https://manage.office.com",
                "compliance": "https://ps.compliance.protection.outlook.com",
                "keyVaultUrl": "https://vault.azure.net",
                "blobUrl": "https://storage.azure.com",
                "tableUrl": "https://storage.azure.com",
            },
        });
        if let Some(demo) = &self.world().demo {
            endpoints["demo"] = json!({
                "partnerTenantId": demo.partner_tenant,
                "applicationId": demo.application,
                "clientSecret": demo.client_secret.expose(),
                "refreshToken": demo.refresh_token.expose(),
                "adminClientId": demo::GRAPH_COMMAND_LINE_TOOLS,
                "adminRefreshToken": demo.admin_refresh_token.expose(),
                "clock": format!("{}/clock", self.inner.control),
            });
        }
        endpoints
    }

    /// Returns the address of the control service (`/clock`, `/log`).
    #[must_use]
    pub fn control(&self) -> &str {
        &self.inner.control
    }

    /// Returns the clock.
    #[must_use]
    pub fn clock(&self) -> &VirtualClock {
        &self.inner.shared.clock
    }

    /// Returns the faults that are ordered.
    #[must_use]
    pub fn faults(&self) -> &Faults {
        &self.inner.shared.faults
    }

    /// Returns the log of requests.
    #[must_use]
    pub fn log(&self) -> &Log {
        &self.inner.shared.log
    }

    /// Posts the events that are due to the registered address, each once, and tells how many it took: an approval, an
    /// activation, a changed subscription, a test event. What it did not take is due again. Only addresses like
    /// `http://127.0.0.1:4000/events` are reached, and nothing is signed.
    ///
    /// # Panics
    /// Never: the sandbox's runtime runs for as long as the sandbox does.
    pub async fn post_events(&self) -> usize {
        let base = self.base(Service::PartnerCenter).to_owned();
        let runtime = self.inner.runtime.as_ref().expect("taken only when the sandbox ends");
        runtime.spawn(post::due_events(Arc::clone(&self.inner.shared), base)).await.unwrap_or_default()
    }

    /// Locks the world to inspect or arrange it.
    ///
    /// Services wait for the lock, so let the guard go before the next request.
    pub fn world(&self) -> MutexGuard<'_, World> {
        self.inner.shared.world()
    }

    /// Returns a canonical picture of the world: sorted, object ids replaced by names, no times and no secrets.
    ///
    /// Two runs that led to the same state have equal snapshots.
    #[must_use]
    pub fn snapshot(&self) -> Value {
        snapshot::of(&self.world())
    }
}

impl fmt::Debug for Sandbox {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sandbox")
            .field("bases", &self.inner.bases)
            .field("control", &self.inner.control)
            .finish_non_exhaustive()
    }
}

impl Shared {
    /// Locks the world. A handler that panicked leaves it usable: the next test assertion tells more than a poisoned lock.
    pub(crate) fn world(&self) -> MutexGuard<'_, World> {
        self.world.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn bind() -> std::io::Result<(TcpListener, String)> {
    let listener = TcpListener::bind(("127.0.0.1", 0))?;
    let base = format!("http://{}", listener.local_addr()?);
    Ok((listener, base))
}

/// See [`Sandbox::CANARY`].
pub(crate) const CANARY: &str = "c4n4ry";
