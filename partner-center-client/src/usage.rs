//! What customers used of Azure, and what it costs.

use bundle_core::http::{Page, Pager, Request, Response, retry_after};
use bundle_core::{Error, ErrorKind, Result, TenantId};
use http::Method;
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::Value;

use crate::client::PartnerCenterClient;
use crate::subscriptions::CspSubscriptionId;
use crate::{page, wire};

/// Usage of all customers, reached by [`PartnerCenterClient::usage`]; of one, reached by
/// [`PartnerCenterTenant::usage`](crate::PartnerCenterTenant::usage).
///
/// # Permissions
/// The account is in `AdminAgents`; records of all customers are never given to an application alone.
#[derive(Clone, Debug)]
pub struct Usage {
    client: PartnerCenterClient,
}

impl Usage {
    pub(crate) fn new(client: PartnerCenterClient) -> Self {
        Self { client }
    }

    /// Lists what each customer has used in the current period.
    ///
    /// # Errors
    /// The pager answers any error of the pipeline.
    ///
    /// Source: "Get usage records for all customers" (Microsoft Learn, Partner Center).
    #[must_use]
    pub fn customers(&self) -> Pager<UsageRecord> {
        let path = ["customers", "usagerecords"];
        self.client.pages(self.client.operation("partner-center.usage.customers", Method::GET, &path))
    }
}

/// Usage of one customer.
///
/// # Permissions
/// The account is in `AdminAgents`; the application alone is accepted too.
#[derive(Clone, Debug)]
pub struct CustomerUsage {
    client: PartnerCenterClient,
    customer: TenantId,
}

impl CustomerUsage {
    pub(crate) fn new(client: PartnerCenterClient, customer: TenantId) -> Self {
        Self { client, customer }
    }

    /// Lists what each subscription has used in the current period.
    ///
    /// # Errors
    /// The pager answers any error of the pipeline.
    ///
    /// Source: "Get usage records for all subscriptions of a customer" (Microsoft Learn, Partner Center).
    #[must_use]
    pub fn subscriptions(&self) -> Pager<UsageRecord> {
        let path = ["customers", &self.customer.to_string(), "subscriptions", "usagerecords"];
        let request = self.client.operation("partner-center.usage.subscriptions", Method::GET, &path);
        self.client.pages(request.about(self.customer))
    }

    /// Lists what a subscription of the older kind used, record by record; Azure plans have none.
    ///
    /// # Errors
    /// [`ErrorKind::Config`]: the end is not after the start. The pager answers [`ErrorKind::NotPropagated`] when the
    /// records are not ready yet, with the wait the service asks for, and any other error of the pipeline.
    ///
    /// Source: "Get a customer's utilization records for Azure" (Microsoft Learn, Partner Center).
    pub fn utilization(
        &self,
        subscription: &CspSubscriptionId,
        query: &UtilizationQuery,
    ) -> Result<Pager<Utilization>> {
        if query.end <= query.start {
            return Err(Error::config(format!("end: {} is not after the start, {}", query.end, query.start)));
        }
        let customer = self.customer.to_string();
        let path = ["customers", &customer, "subscriptions", subscription.as_str(), "utilizations", "azure"];
        let request = self
            .client
            .operation("partner-center.usage.utilization", Method::GET, &path)
            .about(self.customer)
            .query("start_time", &query.start.to_string())
            .query("end_time", &query.end.to_string())
            .query("granularity", if query.hourly { "hourly" } else { "daily" })
            .query("show_details", if query.details { "true" } else { "false" })
            .query("size", PAGE_SIZE);
        Ok(Pager::new(self.client.pipeline().clone(), request, ready))
    }
}

/// Records that are not ready are answered with 204 and a wait.
fn ready(request: &Request, response: &Response) -> Result<Page<Utilization>> {
    if response.status() != 204 {
        return page::collection(request, response);
    }
    let error = response.error("the records are not ready yet").with_kind(ErrorKind::NotPropagated);
    Err(match retry_after(response.headers(), std::time::SystemTime::now()) {
        Some(wait) => error.with_retry_after(wait),
        None => error,
    })
}

/// Which records to list.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct UtilizationQuery {
    /// When the usage was reported, at the earliest.
    pub start: Timestamp,
    /// Before this it was reported.
    pub end: Timestamp,
    /// Whether there is a record for each hour instead of each day.
    pub hourly: bool,
    /// Whether there is a record for each resource. By default there is.
    pub details: bool,
}

impl UtilizationQuery {
    /// Daily records with details.
    #[must_use]
    pub fn new(start: Timestamp, end: Timestamp) -> Self {
        Self { start, end, hourly: false, details: true }
    }

    /// Says whether there is a record for each hour.
    #[must_use]
    pub fn hourly(mut self, hourly: bool) -> Self {
        self.hourly = hourly;
        self
    }

    /// Says whether there is a record for each resource.
    #[must_use]
    pub fn details(mut self, details: bool) -> Self {
        self.details = details;
        self
    }
}

/// What a customer or subscription used in the current period.
///
/// Source: "Customer usage resources" (Microsoft Learn, Partner Center).
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct UsageRecord {
    /// The customer or subscription.
    #[serde(default)]
    pub id: Option<String>,
    /// Its name.
    #[serde(default)]
    pub name: Option<String>,
    /// What it costs so far.
    #[serde(default, deserialize_with = "wire::number")]
    pub total_cost: Option<f64>,
    /// The same in US dollars.
    #[serde(default, deserialize_with = "wire::number")]
    pub usd_total_cost: Option<f64>,
    /// The currency.
    #[serde(default)]
    pub currency_code: Option<String>,
    /// How much of the budget is used up, in percent.
    #[serde(default, deserialize_with = "wire::number")]
    pub percent_used: Option<f64>,
    /// Whether the customer has an Azure plan.
    #[serde(default)]
    pub is_upgraded: Option<bool>,
    /// When it was counted.
    #[serde(default, deserialize_with = "wire::time")]
    pub last_modified_date: Option<Timestamp>,
}

/// What was used of one meter.
///
/// Source: "Azure utilization record resources" (Microsoft Learn, Partner Center).
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Utilization {
    /// From.
    #[serde(default, deserialize_with = "wire::time")]
    pub usage_start_time: Option<Timestamp>,
    /// To.
    #[serde(default, deserialize_with = "wire::time")]
    pub usage_end_time: Option<Timestamp>,
    /// What.
    #[serde(default)]
    pub resource: Option<Meter>,
    /// How much.
    #[serde(default, deserialize_with = "wire::number")]
    pub quantity: Option<f64>,
    /// Of what, for example `1 GB/Hr`.
    #[serde(default)]
    pub unit: Option<String>,
    /// The resource that used it.
    #[serde(default)]
    pub instance_data: Option<Value>,
}

/// What is counted.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Meter {
    /// The id.
    #[serde(default)]
    pub id: Option<String>,
    /// The name.
    #[serde(default)]
    pub name: Option<String>,
    /// For example `Storage`.
    #[serde(default)]
    pub category: Option<String>,
    /// For example `Block Blob`.
    #[serde(default)]
    pub subcategory: Option<String>,
    /// Where.
    #[serde(default)]
    pub region: Option<String>,
}

/// The largest page the service answers.
const PAGE_SIZE: &str = "1000";
