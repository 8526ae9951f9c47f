//! Who did what in Partner Center.

use bundle_core::http::Pager;
use bundle_core::{Error, Result, TenantId, open_enum};
use http::Method;
use jiff::Timestamp;
use jiff::civil::Date;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::client::PartnerCenterClient;
use crate::wire;

/// Audit records, reached by [`PartnerCenterClient::audit_records`].
///
/// # Permissions
/// The account is in `AdminAgents`, or has the role of a global administrator in the partner's tenant.
#[derive(Clone, Debug)]
pub struct AuditRecords {
    client: PartnerCenterClient,
}

impl AuditRecords {
    pub(crate) fn new(client: PartnerCenterClient) -> Self {
        Self { client }
    }

    /// Lists records, page after page as they are read.
    ///
    /// # Errors
    /// [`ErrorKind::Config`](bundle_core::ErrorKind::Config): the end is before the start, or the filter is empty. The
    /// pager answers `InvalidRequest` for a start more than 90 days ago, and any other error of the pipeline.
    ///
    /// Source: "Get a record of Partner Center activity" (Microsoft Learn).
    pub fn list(&self, query: &AuditQuery) -> Result<Pager<AuditRecord>> {
        let mut request = self.client.operation("partner-center.audit-records.list", Method::GET, &["auditrecords"]);
        if let (Some(start), Some(end)) = (query.start, query.end)
            && end < start
        {
            return Err(Error::config(format!("end: {end} is before the start, {start}")));
        }
        for (name, date) in [("startDate", query.start), ("endDate", query.end)] {
            if let Some(date) = date {
                request = request.query(name, &date.to_string());
            }
        }
        if let Some(filter) = &query.filter {
            request = request.query("filter", &filter.text()?);
        }
        Ok(self.client.pages(request))
    }
}

/// Which records to list.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct AuditQuery {
    /// The first day; 30 days ago when not set, 90 days ago at the earliest.
    pub start: Option<Date>,
    /// The last day; today when not set.
    pub end: Option<Date>,
    /// Only these.
    pub filter: Option<AuditFilter>,
}

impl AuditQuery {
    /// What happened within the last 30 days.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets the first day.
    #[must_use]
    pub fn start(mut self, day: Date) -> Self {
        self.start = Some(day);
        self
    }

    /// Sets the last day.
    #[must_use]
    pub fn end(mut self, day: Date) -> Self {
        self.end = Some(day);
        self
    }

    /// Narrows the listing.
    #[must_use]
    pub fn filter(mut self, filter: AuditFilter) -> Self {
        self.filter = Some(filter);
        self
    }
}

/// A condition on audit records; there can be one.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum AuditFilter {
    /// The name of the customer's company holds this.
    CompanyName(String),
    /// They are about this customer.
    Customer(TenantId),
    /// They are about this kind of resource.
    ResourceType(String),
}

impl AuditFilter {
    fn text(&self) -> Result<String> {
        let (field, operator, value) = match self {
            Self::CompanyName(name) => ("CompanyName", "substring", name.clone()),
            Self::Customer(customer) => ("CustomerId", "equals", customer.to_string()),
            Self::ResourceType(kind) => ("ResourceType", "equals", kind.clone()),
        };
        if value.trim().is_empty() {
            return Err(Error::config(format!("filter: nothing to compare {field} with")));
        }
        Ok(json!({"Field": field, "Value": value, "Operator": operator}).to_string())
    }
}

/// An operation somebody performed.
///
/// Source: "Auditing resources" (Microsoft Learn, Partner Center).
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct AuditRecord {
    /// The id; not always answered.
    #[serde(default)]
    pub id: Option<String>,
    /// What was done, for example `update_subscription`.
    pub operation_type: String,
    /// How it ended.
    #[serde(default)]
    pub operation_status: Option<AuditStatus>,
    /// When.
    #[serde(default, deserialize_with = "wire::time")]
    pub operation_date: Option<Timestamp>,
    /// The customer it concerns.
    #[serde(default)]
    pub customer_id: Option<String>,
    /// Its name.
    #[serde(default)]
    pub customer_name: Option<String>,
    /// The user who did it.
    #[serde(default)]
    pub user_principal_name: Option<String>,
    /// The application it was done with.
    #[serde(default)]
    pub application_id: Option<String>,
    /// The kind of what was changed, for example `subscription`.
    #[serde(default)]
    pub resource_type: Option<String>,
    /// What it was before: JSON as text.
    #[serde(default)]
    pub resource_old_value: Option<String>,
    /// What it is now: JSON as text.
    #[serde(default)]
    pub resource_new_value: Option<String>,
    /// The `MS-CorrelationId` of the request.
    #[serde(default)]
    pub original_correlation_id: Option<String>,
    /// What else is said.
    #[serde(default)]
    pub customized_data: Option<Vec<AuditDetail>>,
}

impl AuditRecord {
    /// What the resource is now; `None` when nothing is said or it is no JSON.
    #[must_use]
    pub fn new_value(&self) -> Option<Value> {
        serde_json::from_str(self.resource_new_value.as_deref()?).ok()
    }

    /// What the resource was before; `None` when nothing is said or it is no JSON.
    #[must_use]
    pub fn old_value(&self) -> Option<Value> {
        serde_json::from_str(self.resource_old_value.as_deref()?).ok()
    }
}

/// A detail of an audit record.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[non_exhaustive]
pub struct AuditDetail {
    /// What it is.
    pub key: String,
    /// Its value.
    #[serde(default)]
    pub value: Option<String>,
}

open_enum! {
    /// How an operation ended.
    pub enum AuditStatus {
        /// It failed.
        Failed = "failed",
        /// It is under way.
        Progress = "progress",
        /// It is done.
        Succeeded = "succeeded",
    }
}
