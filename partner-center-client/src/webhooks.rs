//! Webhooks: Partner Center tells a program of the partner what has changed.
//!
//! What arrives at the program's address can come from anybody. Either the signature is checked ([`SignedEvent`]), or
//! nothing of the event is believed but that there may be something to see: the audit record it names is read from
//! Partner Center itself, with [`Webhooks::audit_record`].

mod event;
mod registration;
mod signature;

pub use event::{WebhookEvent, WebhookEventName};
pub use registration::{Delivery, NewRegistration, Registration, TestEvent, TestEventId};
pub use signature::{SignedEvent, SigningAlgorithm};

use bundle_core::http::Request;
use bundle_core::{Error, ErrorKind, Result, Service};
use http::Method;
use serde::Deserialize;
use url::Url;

use crate::audit_records::AuditRecord;
use crate::client::PartnerCenterClient;

/// The registration for events, reached by [`PartnerCenterClient::webhooks`]. A partner has one.
///
/// # Permissions
/// The account is in an agent group of the partner's tenant; the application alone is accepted too.
#[derive(Clone, Debug)]
pub struct Webhooks {
    client: PartnerCenterClient,
}

impl Webhooks {
    pub(crate) fn new(client: PartnerCenterClient) -> Self {
        Self { client }
    }

    /// Lists the events there are.
    ///
    /// # Errors
    /// Any error of the pipeline.
    ///
    /// Source: "Partner Center webhooks" (Microsoft Learn), as everything here.
    pub async fn events(&self) -> Result<Vec<WebhookEventName>> {
        self.client.read(self.request("partner-center.webhooks.events", Method::GET, &["events"])).await
    }

    /// Reads the registration; `None` when there is none.
    ///
    /// # Errors
    /// Any error of the pipeline but an answer 404.
    pub async fn find(&self) -> Result<Option<Registration>> {
        let answer = self.client.read(self.request("partner-center.webhooks.get", Method::GET, &[])).await;
        match answer {
            Ok(registration) => Ok(Some(registration)),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Registers a partner that has no registration yet.
    ///
    /// # Errors
    /// [`ErrorKind::Config`]: the address is not one Partner Center can reach, or no event is named;
    /// [`ErrorKind::Conflict`]: there is a registration, see [`Webhooks::update`]; any other error of the pipeline.
    pub async fn create(&self, new: &NewRegistration) -> Result<Registration> {
        self.write("partner-center.webhooks.create", Method::POST, new).await
    }

    /// Replaces the registration.
    ///
    /// # Errors
    /// As [`Webhooks::create`]; [`ErrorKind::NotFound`]: there is none.
    pub async fn update(&self, new: &NewRegistration) -> Result<Registration> {
        self.write("partner-center.webhooks.update", Method::PUT, new).await
    }

    /// Makes the registration what it should be: looks first, then creates it, replaces it or leaves it.
    ///
    /// # Errors
    /// As [`Webhooks::create`] and [`Webhooks::update`].
    pub async fn ensure(&self, new: &NewRegistration) -> Result<Registration> {
        new.check(self.client.cloud())?;
        match self.find().await? {
            None => self.create(new).await,
            Some(registration) if new.is_met_by(&registration) => Ok(registration),
            Some(_) => self.update(new).await,
        }
    }

    /// Has a test event sent to the registered address, which has to be registered for
    /// [`TestCreated`](WebhookEventName::TestCreated). Twice a minute at most.
    ///
    /// # Errors
    /// Any error of the pipeline.
    pub async fn send_test_event(&self) -> Result<TestEventId> {
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct Sent {
            correlation_id: TestEventId,
        }
        let request = self.request("partner-center.webhooks.send-test-event", Method::POST, &["validationEvents"]);
        self.client.read::<Sent>(request).await.map(|sent| sent.correlation_id)
    }

    /// Reads what became of a test event. It is forgotten after seven days.
    ///
    /// # Errors
    /// [`ErrorKind::NotFound`]: no such event; any other error of the pipeline.
    pub async fn test_event(&self, id: &TestEventId) -> Result<TestEvent> {
        let path = ["validationEvents", id.as_str()];
        self.client.read(self.request("partner-center.webhooks.test-event", Method::GET, &path)).await
    }

    /// Reads the audit record an event names, from Partner Center itself; `None` when the event names none.
    ///
    /// # Errors
    /// [`ErrorKind::Config`]: the link of the event leads to another host; no token is sent there, nor anything else.
    /// [`ErrorKind::NotFound`]: the record is not there yet or any more; any other error of the pipeline.
    pub async fn audit_record(&self, event: &WebhookEvent) -> Result<Option<AuditRecord>> {
        let Some(link) = event.audit_uri.as_deref() else { return Ok(None) };
        let url = Url::parse(link).ok().filter(|url| self.client.cloud().allows(Service::PartnerCenter, url));
        let Some(url) = url else {
            return Err(Error::config(format!("audit_uri: {link:?} does not lead to Partner Center")));
        };
        let request = self.client.operation("partner-center.webhooks.audit-record", Method::GET, &[]).with_url(url);
        match self.client.read(request).await? {
            Audited::One(record) => Ok(Some(*record)),
            Audited::Several { items } => Ok(items.into_iter().next()),
        }
    }

    async fn write(&self, operation: &'static str, method: Method, new: &NewRegistration) -> Result<Registration> {
        new.check(self.client.cloud())?;
        self.client.read(self.request(operation, method, &[]).json(&new.body())?).await
    }

    fn request(&self, operation: &'static str, method: Method, rest: &[&str]) -> Request {
        self.client.below(&["webhooks", "v1", "registration"], operation, method, rest)
    }
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Audited {
    Several { items: Vec<AuditRecord> },
    One(Box<AuditRecord>),
}
