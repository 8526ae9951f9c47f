//! The run over the consents of customers: bounded, streamed, ended early, and what it keeps when.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use futures_util::stream::{self, StreamExt as _};
use jiff::{SignedDuration, Timestamp};
use serde_json::json;
use tokio::sync::{Notify, Semaphore};

use bundle_core::catalog::Selection;
use bundle_core::consent::{
    ConsentPorts, ConsentRecord, ConsentRecords, ConsentReport, ConsentRun, ConsentSettings, ConsentState,
    RefreshReason, WantedGrants,
};
use bundle_core::customer::{ConsentApi, ConsentGrant, Customer};
use bundle_core::directory::{
    GrantApi, Grants, NewAppRoleAssignment, ScopeChange, ServicePrincipal, ServicePrincipalApi,
};
use bundle_core::ids::{AppId, ObjectId};
use bundle_core::testing::FixedCredential;
use bundle_core::{Error, ErrorKind, Result, TenantId};

const APPLICATION: AppId = AppId::from_u128(2);
const PARTNER: TenantId = TenantId::from_u128(1);
const NOW: Timestamp = Timestamp::UNIX_EPOCH;

/// Customers' tenants, Partner Center and the records, all in memory.
#[derive(Debug, Default)]
struct Clouds {
    consented: Mutex<BTreeSet<TenantId>>,
    granted: Mutex<BTreeMap<TenantId, usize>>,
    records: Mutex<BTreeMap<TenantId, ConsentRecord>>,
    /// How consent fails, by customer.
    failures: BTreeMap<TenantId, ErrorKind>,
    /// A consent begins with a permit of it, where there is one.
    gate: Option<Semaphore>,
    /// How many consents have begun.
    begun: Begun,
    under_way: AtomicUsize,
    most_under_way: AtomicUsize,
    log: Mutex<Vec<String>>,
}

#[derive(Debug)]
struct Begun(Semaphore);

impl Default for Begun {
    fn default() -> Self {
        Self(Semaphore::new(0))
    }
}

impl Clouds {
    fn note(&self, line: impl Into<String>) {
        self.log.lock().unwrap().push(line.into());
    }

    fn log(&self) -> Vec<String> {
        std::mem::take(&mut *self.log.lock().unwrap())
    }

    fn ports(self: &Arc<Self>, credential: &Arc<FixedCredential>) -> ConsentPorts {
        ConsentPorts {
            consent: Arc::clone(self) as _,
            principals: Arc::clone(self) as _,
            grants: Arc::clone(self) as _,
            credential: Arc::clone(credential) as _,
            records: Arc::clone(self) as _,
        }
    }
}

#[async_trait]
impl ConsentApi for Clouds {
    async fn consent(&self, customer: &TenantId, _: &AppId, _: &[ConsentGrant]) -> Result<()> {
        let under_way = self.under_way.fetch_add(1, Ordering::SeqCst) + 1;
        self.most_under_way.fetch_max(under_way, Ordering::SeqCst);
        self.begun.0.add_permits(1);
        if let Some(gate) = &self.gate {
            gate.acquire().await.unwrap().forget();
        }
        self.under_way.fetch_sub(1, Ordering::SeqCst);
        if let Some(kind) = self.failures.get(customer) {
            return Err(Error::new(*kind, "refused").with_tenant(*customer));
        }
        self.note("consent");
        match self.consented.lock().unwrap().insert(*customer) {
            true => Ok(()),
            false => Err(Error::new(ErrorKind::Conflict, "Permission entry already exists")),
        }
    }

    async fn revoke(&self, customer: &TenantId, _: &AppId) -> Result<()> {
        let kept = self.records.lock().unwrap().get(customer).is_some_and(|record| record.resetting);
        self.note(format!("revoke, written down: {kept}"));
        self.granted.lock().unwrap().remove(customer);
        match self.consented.lock().unwrap().remove(customer) {
            true => Ok(()),
            false => Err(Error::new(ErrorKind::NotFound, "no consent")),
        }
    }
}

#[async_trait]
impl ServicePrincipalApi for Clouds {
    async fn service_principal(&self, tenant: &TenantId, application: &AppId) -> Result<Option<ServicePrincipal>> {
        if !self.consented.lock().unwrap().contains(tenant) {
            return Err(Error::new(ErrorKind::ConsentRequired, "AADSTS65001").with_tenant(*tenant));
        }
        Ok(serde_json::from_value(json!({"id": application.to_string(), "appId": application})).ok())
    }

    async fn resource(&self, tenant: &TenantId, application: &AppId) -> Result<Option<ServicePrincipal>> {
        self.service_principal(tenant, application).await
    }

    async fn create_service_principal(&self, _: &TenantId, _: &AppId) -> Result<ServicePrincipal> {
        unreachable!("they are all there")
    }
}

#[async_trait]
impl GrantApi for Clouds {
    async fn grants(&self, _: &TenantId, _: &ObjectId) -> Result<Grants> {
        Ok(Grants::default())
    }

    async fn assign_app_role(&self, tenant: &TenantId, _: &NewAppRoleAssignment) -> Result<()> {
        *self.granted.lock().unwrap().entry(*tenant).or_default() += 1;
        Ok(())
    }

    async fn grant_scope(&self, tenant: &TenantId, _: &ScopeChange) -> Result<()> {
        *self.granted.lock().unwrap().entry(*tenant).or_default() += 1;
        Ok(())
    }
}

#[async_trait]
impl ConsentRecords for Clouds {
    async fn record(&self, customer: &TenantId) -> Result<Option<ConsentRecord>> {
        Ok(self.records.lock().unwrap().get(customer).cloned())
    }

    async fn keep(&self, customer: &TenantId, record: &ConsentRecord) -> Result<()> {
        self.records.lock().unwrap().insert(*customer, record.clone());
        Ok(())
    }
}

fn settings() -> ConsentSettings {
    let wanted = WantedGrants::of(&Selection::core().for_customer()).unwrap();
    ConsentSettings::new(PARTNER, APPLICATION, wanted)
}

fn run(clouds: &Arc<Clouds>, settings: ConsentSettings) -> ConsentRun {
    ConsentRun::try_new(clouds.ports(&Arc::new(FixedCredential::new())), settings).unwrap()
}

fn customer(number: u128) -> Customer {
    Customer::new(TenantId::from_u128(number), format!("Customer {number}"))
}

fn later(seconds: i64) -> Timestamp {
    NOW + SignedDuration::from_secs(seconds)
}

fn states(reports: &[Result<ConsentReport>]) -> Vec<ConsentState> {
    reports.iter().map(|report| report.as_ref().unwrap().state).collect()
}

#[tokio::test]
async fn refused_and_inconclusive_customers_stop_no_other_and_stay_apart() {
    let kinds = [
        (10, ErrorKind::PermissionDenied),
        (11, ErrorKind::Throttled),
        (12, ErrorKind::Connection),
        (13, ErrorKind::ConditionalAccess),
    ];
    let failures = kinds.map(|(number, kind)| (TenantId::from_u128(number), kind)).into();
    let clouds = Arc::new(Clouds { failures, ..Clouds::default() });
    let run = run(&clouds, settings().concurrency(1));
    let reports: Vec<_> = run.run(stream::iter((10..15).map(customer)), || NOW).collect().await;
    use ConsentState::{Inconclusive, Refused, Waiting};
    assert_eq!(states(&reports), [Refused, Inconclusive, Inconclusive, Refused, Waiting]);
    let records = clouds.records.lock().unwrap().clone();
    let of = |number| &records[&TenantId::from_u128(number)];
    assert!(of(10).last.is_some() && of(10).inconclusive.is_none());
    assert!(of(11).last.is_none() && of(11).inconclusive.is_some());

    // What was inconclusive goes on as if nothing had been.
    let well = Arc::new(Clouds { records: Mutex::new(records), ..Clouds::default() });
    let again = self::run(&well, settings()).advance(&customer(11), NOW).await.unwrap();
    assert_eq!((again.state, again.reason), (Waiting, Some(RefreshReason::Unfinished)));
    assert!(well.records.lock().unwrap()[&TenantId::from_u128(11)].inconclusive.is_none());
}

#[tokio::test]
async fn no_more_customers_are_under_way_than_told_and_those_under_way_are_finished() {
    let clouds = Arc::new(Clouds { gate: Some(Semaphore::new(0)), ..Clouds::default() });
    let run = run(&clouds, settings().concurrency(3));
    let stop = Arc::new(Notify::new());
    let stopped = Arc::clone(&stop);
    let customers = stream::iter((10..30).map(customer)).take_until(async move { stopped.notified().await });
    let reports = tokio::spawn(run.run(Box::pin(customers), || NOW).collect::<Vec<_>>());
    clouds.begun.0.acquire_many(3).await.unwrap().forget();
    stop.notify_one();
    clouds.gate.as_ref().unwrap().add_permits(100);
    let reports = reports.await.unwrap();
    assert_eq!(clouds.most_under_way.load(Ordering::SeqCst), 3);
    assert_eq!(states(&reports), [ConsentState::Waiting; 3]);
    assert_eq!(clouds.records.lock().unwrap().len(), 3);
}

#[tokio::test]
async fn consent_is_waited_for_then_granted_on_top_and_tokens_are_dropped() {
    let (clouds, credential) = (Arc::new(Clouds::default()), Arc::new(FixedCredential::new()));
    let run = ConsentRun::try_new(clouds.ports(&credential), settings()).unwrap();
    let (customer, tenant) = (customer(10), TenantId::from_u128(10));
    let first = run.advance(&customer, NOW).await.unwrap();
    assert_eq!((first.state, first.reason), (ConsentState::Waiting, Some(RefreshReason::NeverDone)));
    assert_eq!(first.waiting.unwrap().check_after, later(30));
    let before = credential.forgotten().len();
    let second = run.advance(&customer, later(30)).await.unwrap();
    assert_eq!(second.state, ConsentState::Done, "{second:?}");
    assert!(clouds.granted.lock().unwrap()[&tenant] > 0);
    assert_eq!(credential.forgotten().split_off(before), [tenant]);
    let third = run.advance(&customer, later(60)).await.unwrap();
    assert_eq!((third.state, third.fresh_until), (ConsentState::Fresh, Some(later(30 + 7 * 86_400))));
    assert_eq!(clouds.log(), ["consent"]);
}

#[tokio::test]
async fn reset_is_written_down_before_it_removes_and_is_not_begun_twice() {
    let clouds = Arc::new(Clouds::default());
    let (refresh, reset) = (run(&clouds, settings()), run(&clouds, settings().reset(true)));
    let customer = customer(10);
    for at in [NOW, later(30)] {
        refresh.advance(&customer, at).await.unwrap();
    }
    clouds.log();
    let first = reset.advance(&customer, later(100)).await.unwrap();
    assert_eq!((first.state, first.reason), (ConsentState::Waiting, Some(RefreshReason::Asked)));
    assert_eq!(reset.advance(&customer, later(130)).await.unwrap().state, ConsentState::Done);
    assert_eq!(clouds.log(), ["revoke, written down: true", "consent"]);
}

#[tokio::test]
async fn consent_that_does_not_act_is_waited_for_a_quarter_of_an_hour() {
    let clouds = Arc::new(Clouds::default());
    let run = run(&clouds, settings());
    let customer = customer(10);
    run.advance(&customer, NOW).await.unwrap();
    clouds.consented.lock().unwrap().clear();
    assert_eq!(run.advance(&customer, later(30)).await.unwrap().state, ConsentState::Waiting);
    let late = run.advance(&customer, later(901)).await.unwrap();
    assert_eq!(late.state, ConsentState::Refused);
    assert_eq!(late.findings[0].kind, ErrorKind::ConsentRequired);
}

#[tokio::test]
async fn bad_input_is_refused_before_anything_is_asked() {
    let clouds = Arc::new(Clouds::default());
    let error = run(&clouds, settings()).advance(&customer(1), NOW).await.unwrap_err();
    assert!(error.to_string().contains("partner's own tenant"), "{error}");
    let ports = || clouds.ports(&Arc::new(FixedCredential::new()));
    let nothing = WantedGrants::of(&Selection::owned_app()).unwrap();
    for (settings, words) in [
        (settings().concurrency(0), "concurrency: 0"),
        (ConsentSettings::new(PARTNER, APPLICATION, nothing), "permissions: none"),
    ] {
        let error = ConsentRun::try_new(ports(), settings).unwrap_err();
        assert!(error.kind() == ErrorKind::Config && error.to_string().contains(words), "{error}");
    }
    assert_eq!(clouds.log(), [""; 0]);
}

#[tokio::test]
async fn what_every_customer_would_meet_is_an_error_of_the_run() {
    let failures = BTreeMap::from([(TenantId::from_u128(10), ErrorKind::ReauthenticationRequired)]);
    let clouds = Arc::new(Clouds { failures, ..Clouds::default() });
    let error = run(&clouds, settings()).advance(&customer(10), NOW).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ReauthenticationRequired);
    assert!(clouds.records.lock().unwrap().is_empty());
}
