//! What the journeys share: connections to a sandbox, folders for files, programs to run.

use std::ffi::OsStr;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use bundle_core::auth::PartnerCredential;
use bundle_core::gdap::GDAP_ROLES;
use bundle_core::http::{ClientOptions, Meter, RetryPolicy};
use bundle_core::setup::{Bootstrap, BootstrapPorts, BootstrapSettings};
use bundle_sandbox::demo::{self as demo_world, customer_tenant};
use bundle_sandbox::world::{AccessAssignment, Group, Relationship, role_named};
use bundle_sandbox::{Fault, Sandbox, World};
use examples::clock::Clock;
use examples::connect::Connection;
use examples::endpoints::{Demo, Endpoints};
use examples::keeper::FolderKeeper;
use examples::onboard::Args;
use futures_util::stream::{self, StreamExt as _};
use graph_client::{GraphClient, GraphPorts, TenantGraph};
use jiff::SignedDuration;
use partner_center_client::PartnerCenterClient;
use uuid::Uuid;

/// A folder of its own for each test; it goes with the value.
pub(crate) struct Folder(PathBuf);

impl Folder {
    pub(crate) fn new() -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let name = format!("journey-{}-{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
        let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
        std::fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    pub(crate) fn path(&self) -> &Path {
        &self.0
    }

    /// The path of a file that need not be there.
    pub(crate) fn file(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }

    /// Writes a file and returns its path.
    pub(crate) fn write(&self, name: &str, text: impl AsRef<[u8]>) -> PathBuf {
        let path = self.file(name);
        std::fs::write(&path, text).unwrap();
        path
    }

    /// The endpoint file of a sandbox.
    pub(crate) fn endpoints(&self, sandbox: &Sandbox) -> PathBuf {
        self.write("endpoints.json", sandbox.endpoints().to_string())
    }

    /// A permission file with the core permissions and those the probes need: a run of a hundred requests or so.
    pub(crate) fn few_permissions(&self) -> PathBuf {
        self.write("permissions.txt", FEW_PERMISSIONS.join("\n"))
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// A connection to a sandbox as `onboard` makes it, but with retries that do not wait.
pub(crate) async fn connect(sandbox: &Sandbox) -> Connection {
    let (demo, options) = demo(sandbox);
    let meter = Arc::new(Meter::default());
    let options = options.observer(Arc::clone(&meter) as _);
    let credential = PartnerCredential::builder(demo.partner_tenant_id, demo.application_id)
        .client_secret(demo.client_secret)
        .build(&options)
        .unwrap();
    credential.keep_refresh_token(&demo.refresh_token).await.unwrap();
    Connection::new(credential, &options, meter, Clock::sandbox(demo.clock.unwrap())).unwrap()
}

/// Graph in the partner's tenant, as its administrator.
pub(crate) async fn graph(sandbox: &Sandbox) -> TenantGraph {
    let (demo, options) = demo(sandbox);
    let partner = demo.partner_tenant_id;
    let credential = PartnerCredential::builder(partner, demo.admin_client_id.unwrap()).build(&options).unwrap();
    credential.keep_refresh_token(&demo.admin_refresh_token.unwrap()).await.unwrap();
    GraphClient::with_options(Arc::new(credential), &options).unwrap().for_tenant(&partner)
}

/// Partner Center, as the service account.
pub(crate) async fn partner_center(sandbox: &Sandbox) -> PartnerCenterClient {
    let (demo, options) = demo(sandbox);
    let partner = demo.partner_tenant_id;
    let credential = PartnerCredential::builder(partner, demo.application_id)
        .client_secret(demo.client_secret)
        .build(&options)
        .unwrap();
    credential.keep_refresh_token(&demo.refresh_token).await.unwrap();
    PartnerCenterClient::with_options(Arc::new(credential), partner, &options).unwrap()
}

/// The set-up from nothing as `setup` makes it, but with retries that do not wait.
pub(crate) async fn bootstrap(sandbox: &Sandbox, secrets: &Path) -> Bootstrap {
    let (demo, options) = demo(sandbox);
    let partner = demo.partner_tenant_id;
    let credential = PartnerCredential::builder(partner, demo.admin_client_id.unwrap()).build(&options).unwrap();
    credential.keep_refresh_token(&demo.admin_refresh_token.unwrap()).await.unwrap();
    let graph = GraphClient::with_options(Arc::new(credential), &options).unwrap();
    let graph = Arc::new(GraphPorts::new(graph, partner));
    let ports = BootstrapPorts {
        tenants: Arc::clone(&graph) as _,
        accounts: Arc::clone(&graph) as _,
        roles: Arc::clone(&graph) as _,
        groups: Arc::clone(&graph) as _,
        applications: Arc::clone(&graph) as _,
        secrets: Arc::clone(&graph) as _,
        principals: Arc::clone(&graph) as _,
        grants: graph,
        keeper: Arc::new(FolderKeeper::new(secrets)),
    };
    Bootstrap::new(ports, BootstrapSettings::new(partner))
}

fn demo(sandbox: &Sandbox) -> (Demo, ClientOptions) {
    let endpoints = Endpoints::parse(&sandbox.endpoints().to_string()).unwrap();
    let options = ClientOptions::new(endpoints.cloud.clone()).retry(RetryPolicy::default().base_wait(Duration::ZERO));
    (endpoints.demo().unwrap().unwrap(), options)
}

/// Adds a relationship in force since a month, each role given to its group when `mapped`.
pub(crate) fn add_relationship(world: &mut World, customer: &Uuid, name: &str, roles: &[&str], mapped: bool) {
    let month_ago = world.now() - SignedDuration::from_hours(30 * 24);
    let account = world.demo.as_ref().unwrap().service_account;
    let templates: Vec<Uuid> = roles.iter().map(|role| role_named(role).unwrap().template_id).collect();
    let id = format!("{}-{}", world.new_id(), world.partner);
    let mut relationship = Relationship::new(id.clone(), name, Some(*customer), templates.clone(), month_ago);
    relationship.activate_since(month_ago);
    for (role, template) in roles.iter().zip(templates).filter(|_| mapped) {
        let name = format!("GDAP-{role}");
        let known = world.partner_tenant().group_named(&name).map(|group| group.id);
        let group = known.unwrap_or_else(|| {
            let mut group = Group::security(world.new_id(), &name, month_ago);
            let id = group.id;
            group.members.insert(account);
            world.partner_tenant_mut().groups.insert(id, group);
            id
        });
        let assignment = AccessAssignment::new(world.new_id(), group, vec![template], month_ago);
        relationship.assignments.insert(assignment.id, assignment);
    }
    world.relationships.insert(id, relationship);
}

/// The roles of the bundle.
pub(crate) fn role_names() -> impl Iterator<Item = &'static str> {
    GDAP_ROLES.iter().map(|role| role.name)
}

/// A program of this package, with nothing of ours in its environment.
pub(crate) struct Program(Command);

impl Program {
    pub(crate) fn onboard() -> Self {
        Self::new(env!("CARGO_BIN_EXE_onboard"))
    }

    pub(crate) fn doctor() -> Self {
        Self::new(env!("CARGO_BIN_EXE_doctor"))
    }

    pub(crate) fn gdap() -> Self {
        Self::new(env!("CARGO_BIN_EXE_gdap"))
    }

    pub(crate) fn consent() -> Self {
        Self::new(env!("CARGO_BIN_EXE_consent"))
    }

    /// `gdap` under `time`, which writes the most memory it had, in kilobytes, as the last line of standard error.
    pub(crate) fn measured_gdap() -> Self {
        Self::new("/usr/bin/time").args(["-f", "%M", env!("CARGO_BIN_EXE_gdap")])
    }

    pub(crate) fn migrate() -> Self {
        Self::new(env!("CARGO_BIN_EXE_migrate"))
    }

    pub(crate) fn setup() -> Self {
        Self::new(env!("CARGO_BIN_EXE_setup"))
    }

    pub(crate) fn permissions() -> Self {
        Self::new(env!("CARGO_BIN_EXE_permissions"))
    }

    fn new(path: &str) -> Self {
        let mut command = Command::new(path);
        for (name, _) in std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("BUNDLE_")) {
            command.env_remove(name);
        }
        Self(command)
    }

    pub(crate) fn args<A: AsRef<OsStr>>(mut self, args: impl IntoIterator<Item = A>) -> Self {
        self.0.args(args);
        self
    }

    pub(crate) fn env(mut self, name: &str, value: &str) -> Self {
        self.0.env(name, value);
        self
    }

    /// Sends its standard error somewhere else.
    pub(crate) fn stderr(mut self, to: impl Into<Stdio>) -> Self {
        self.0.stderr(to);
        self
    }

    /// Runs it to its end.
    pub(crate) fn run(mut self) -> Ended {
        Ended::of(self.0.output().unwrap())
    }

    /// Runs it to its end with this on its standard input.
    pub(crate) fn run_with(self, input: impl AsRef<[u8]>) -> Ended {
        let mut running = self.start();
        // All of it is read before the first word is written, or a part is left in the pipe: neither is an error here.
        let _ = running.stdin.take().unwrap().write_all(input.as_ref());
        Ended::of(running.wait_with_output().unwrap())
    }

    /// Starts it with pipes at both ends.
    pub(crate) fn start(mut self) -> Child {
        self.0.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
    }
}

/// How a program ended.
#[derive(Debug)]
pub(crate) struct Ended {
    pub(crate) code: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Ended {
    fn of(output: Output) -> Self {
        Self {
            code: output.status.code().expect("the program ends by itself"),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
        }
    }

    /// The one line that says what is wrong.
    pub(crate) fn complaint(&self) -> &str {
        let mut lines = self.stderr.lines().filter(|line| line.starts_with("error: "));
        let line = lines.next().unwrap_or_else(|| panic!("no error line: {self:?}"));
        assert_eq!(lines.next(), None, "{self:?}");
        line
    }
}

/// The arguments of a program that works without a word.
pub(crate) fn quiet() -> Args {
    let mut args = Args::none();
    args.quiet = true;
    args
}

/// Arguments that keep the state in a file and ask for few permissions.
pub(crate) fn resumable(folder: &Folder) -> Args {
    let mut args = quiet();
    args.state = Some(folder.file("state.json"));
    args.permissions = Some(folder.few_permissions());
    args
}

pub(crate) const FEW_PERMISSIONS: [&str; 9] = [
    "Application.ReadWrite.All",
    "AppRoleAssignment.ReadWrite.All",
    "DelegatedPermissionGrant.ReadWrite.All",
    "Directory.ReadWrite.All",
    "Policy.ReadWrite.ConditionalAccess",
    "Exchange.Manage",
    "azure-key-vault/user_impersonation",
    "azure-service-management/user_impersonation",
    "partner-center/user_impersonation",
];

/// Orders one fault after the other, from the n-th request on.
pub(crate) fn disturb(sandbox: &Sandbox, n: u64, faults: Vec<Fault>) {
    for (n, fault) in (n..).zip(faults) {
        sandbox.faults().at(n, fault);
    }
}

/// Runs a world of its own for each request, some at a time.
pub(crate) async fn for_each_request<F>(
    requests: impl IntoIterator<Item = u64, IntoIter: Send>,
    world: impl Fn(u64) -> F + Send + Sync,
) where
    F: Future<Output = ()> + Send + 'static,
{
    const AT_A_TIME: usize = 4;
    let mut ended = stream::iter(requests).map(|n| tokio::spawn(world(n))).buffer_unordered(AT_A_TIME);
    while let Some(ended) = ended.next().await {
        if let Err(cause) = ended {
            std::panic::resume_unwind(cause.into_panic());
        }
    }
}

/// A partner whose customers have some relationships each, with all 12 roles of each given to a group the service account
/// is in.
pub(crate) fn related(customers: usize, relationships: usize) -> World {
    let mut world = demo_world::world(customers);
    world.relationships.clear();
    let month_ago = world.now() - SignedDuration::from_hours(30 * 24);
    let account = world.demo.as_ref().map(|demo| demo.service_account);
    let roles: Vec<_> = GDAP_ROLES.iter().map(|role| *role.template_id.as_uuid()).collect();
    let mut groups = Vec::new();
    for role in &GDAP_ROLES {
        let mut group = Group::security(world.new_id(), &format!("GDAP-{}", role.name), month_ago);
        group.members.extend(account);
        groups.push((group.id, *role.template_id.as_uuid()));
        world.partner_tenant_mut().groups.insert(group.id, group);
    }
    for number in 1..=customers {
        for nth in 1..=relationships {
            let id = format!("{}-{}", world.new_id(), world.partner);
            let name = format!("Customer {number} - GDAP - {nth}");
            let customer = Some(customer_tenant(number));
            let mut relationship = Relationship::new(id.clone(), &name, customer, roles.clone(), month_ago);
            relationship.activate_since(month_ago);
            "P180D".clone_into(&mut relationship.auto_extend_duration);
            for (group, role) in &groups {
                let assignment = AccessAssignment::new(world.new_id(), *group, vec![*role], month_ago);
                relationship.assignments.insert(assignment.id, assignment);
            }
            world.relationships.insert(id, relationship);
        }
    }
    world
}

pub(crate) const CONTOSO: &str = "11111111-1111-4111-8111-111111111111";
pub(crate) const FABRIKAM: &str = "22222222-2222-4222-8222-222222222222";
