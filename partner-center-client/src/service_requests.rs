//! Support tickets with Microsoft.

use bundle_core::http::{Pager, Request};
use bundle_core::{Error, Result, TenantId, open_enum};
use http::Method;
use jiff::Timestamp;
use serde::{Deserialize, Deserializer};
use serde_json::{Value, json};

use crate::client::PartnerCenterClient;
use crate::wire;

bundle_core::opaque_id! {
    /// A service request.
    ServiceRequestId
}

/// Service requests, reached by [`PartnerCenterClient::service_requests`] and, for those about one customer, by
/// [`PartnerCenterTenant::service_requests`](crate::PartnerCenterTenant::service_requests).
///
/// # Permissions
/// Always the service account: the service refuses applications alone.
#[derive(Clone, Debug)]
pub struct ServiceRequests {
    client: PartnerCenterClient,
    customer: Option<TenantId>,
}

impl ServiceRequests {
    pub(crate) fn new(client: PartnerCenterClient, customer: Option<TenantId>) -> Self {
        Self { client, customer }
    }

    /// Lists the requests.
    ///
    /// # Errors
    /// The pager answers any error of the pipeline.
    ///
    /// Source: "Get all service requests for a customer" (Microsoft Learn, Partner Center).
    #[must_use]
    pub fn list(&self) -> Pager<ServiceRequest> {
        let operation = "partner-center.service-requests.list";
        self.client.pages(match &self.customer {
            None => self.client.operation(operation, Method::GET, &["servicerequests"]),
            Some(customer) => {
                let path = ["customers", &customer.to_string(), "servicerequests"];
                self.client.operation(operation, Method::GET, &path).about(*customer)
            }
        })
    }

    /// Reads one request.
    ///
    /// # Errors
    /// [`ErrorKind::NotFound`](bundle_core::ErrorKind::NotFound): no such request; any other error of the pipeline.
    ///
    /// Source: "Get service request by ID" (Microsoft Learn, Partner Center).
    pub async fn get(&self, id: &ServiceRequestId) -> Result<ServiceRequest> {
        self.client.read(self.one("partner-center.service-requests.get", Method::GET, id)).await
    }

    /// Adds a note.
    ///
    /// # Errors
    /// [`ErrorKind::Config`](bundle_core::ErrorKind::Config): it is empty; any other error of the pipeline.
    ///
    /// Source: "Update a service request" (Microsoft Learn, Partner Center).
    pub async fn add_note(&self, id: &ServiceRequestId, text: &str) -> Result<ServiceRequest> {
        if text.trim().is_empty() {
            return Err(Error::config("text: a note needs one"));
        }
        self.change("partner-center.service-requests.add-note", id, &json!({"newNote": {"text": text}})).await
    }

    /// Closes a request.
    ///
    /// # Errors
    /// [`ErrorKind::NotFound`](bundle_core::ErrorKind::NotFound): no such request; any other error of the pipeline.
    ///
    /// Source: "Update a service request" (Microsoft Learn, Partner Center).
    pub async fn close(&self, id: &ServiceRequestId) -> Result<ServiceRequest> {
        self.change("partner-center.service-requests.close", id, &json!({"status": "closed"})).await
    }

    async fn change(&self, operation: &'static str, id: &ServiceRequestId, body: &Value) -> Result<ServiceRequest> {
        self.client.read(self.one(operation, Method::PATCH, id).json(body)?).await
    }

    /// Requests are read and changed by their id alone, whomever they are about.
    fn one(&self, operation: &'static str, method: Method, id: &ServiceRequestId) -> Request {
        let request = self.client.operation(operation, method, &["servicerequests", id.as_str()]);
        match self.customer {
            Some(customer) => request.about(customer),
            None => request,
        }
    }
}

/// A service request.
///
/// Source: "Service request resources" (Microsoft Learn, Partner Center).
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct ServiceRequest {
    /// The id.
    pub id: ServiceRequestId,
    /// What it is about.
    #[serde(default)]
    pub title: Option<String>,
    /// In detail.
    #[serde(default)]
    pub description: Option<String>,
    /// How urgent it is.
    #[serde(default, deserialize_with = "severity")]
    pub severity: Option<Severity>,
    /// How far it is.
    #[serde(default, deserialize_with = "status")]
    pub status: Option<ServiceRequestStatus>,
    /// The topic.
    #[serde(default)]
    pub support_topic_name: Option<String>,
    /// Whom it is about.
    #[serde(default)]
    pub organization: Option<ServiceRequestOrganization>,
    /// The product.
    #[serde(default)]
    pub product_name: Option<String>,
    /// When it was opened.
    #[serde(default, deserialize_with = "wire::time")]
    pub created_date: Option<Timestamp>,
    /// When something was done.
    #[serde(default, deserialize_with = "wire::time")]
    pub last_modified_date: Option<Timestamp>,
    /// When it was closed; `None` while it is open.
    #[serde(default, deserialize_with = "wire::time")]
    pub last_closed_date: Option<Timestamp>,
    /// What was written.
    #[serde(default)]
    pub notes: Option<Vec<ServiceRequestNote>>,
}

/// Whom a request is about.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct ServiceRequestOrganization {
    /// The tenant, as text.
    #[serde(default)]
    pub id: Option<String>,
    /// The name.
    #[serde(default)]
    pub name: Option<String>,
}

/// A note.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct ServiceRequestNote {
    /// Who wrote it.
    #[serde(default)]
    pub created_by_name: Option<String>,
    /// When.
    #[serde(default, deserialize_with = "wire::time")]
    pub created_date: Option<Timestamp>,
    /// What.
    #[serde(default)]
    pub text: Option<String>,
}

open_enum! {
    /// How urgent a request is.
    pub enum Severity {
        /// Nobody can work.
        Critical = "critical",
        /// It hardly matters.
        Minimal = "minimal",
        /// Somebody cannot work.
        Moderate = "moderate",
        /// Nobody has said.
        Unrated = "unknown",
    }
}

open_enum! {
    /// How far a request is.
    pub enum ServiceRequestStatus {
        /// Microsoft waits for an answer.
        AttentionNeeded = "attention_needed",
        /// It is done.
        Closed = "closed",
        /// Nothing is said.
        None = "none",
        /// It is under way.
        Open = "open",
    }
}

/// Listings write the number of a value, single requests its name.
fn severity<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Severity>, D::Error> {
    named(deserializer, &["unknown", "critical", "moderate", "minimal"])
}

fn status<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<ServiceRequestStatus>, D::Error> {
    named(deserializer, &["none", "open", "closed", "attention_needed"])
}

fn named<'de, D, T>(deserializer: D, names: &[&str]) -> Result<Option<T>, D::Error>
where
    D: Deserializer<'de>,
    T: for<'a> From<&'a str>,
{
    let text = wire::text(deserializer)?;
    Ok(text.map(|text| {
        let name = text.parse::<usize>().ok().and_then(|number| names.get(number).copied());
        T::from(name.unwrap_or(&text))
    }))
}
