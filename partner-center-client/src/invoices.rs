//! What Microsoft charges the partner.

use bundle_core::http::{Pager, Request};
use bundle_core::{Error, Result, TenantId, open_enum};
use http::{HeaderValue, Method, header};
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::{Map, Value};

use crate::client::PartnerCenterClient;
use crate::wire;

bundle_core::opaque_id! {
    /// An invoice, for example `G000024135`.
    InvoiceId
}

/// The partner's invoices, reached by [`PartnerCenterClient::invoices`].
///
/// # Permissions
/// The account is Billing Administrator, Global Administrator or in `AdminAgents` of the partner's tenant.
#[derive(Clone, Debug)]
pub struct Invoices {
    client: PartnerCenterClient,
}

impl Invoices {
    pub(crate) fn new(client: PartnerCenterClient) -> Self {
        Self { client }
    }

    /// Lists the invoices.
    ///
    /// # Errors
    /// The pager answers any error of the pipeline.
    ///
    /// Source: "Get a collection of invoices" (Microsoft Learn, Partner Center).
    #[must_use]
    pub fn list(&self) -> Pager<Invoice> {
        let request = self.client.operation("partner-center.invoices.list", Method::GET, &["invoices"]);
        self.client.pages(request.query("size", INVOICES).query("offset", "0"))
    }

    /// Reads one invoice, with a link to its PDF that works for half an hour.
    ///
    /// # Errors
    /// [`ErrorKind::NotFound`](bundle_core::ErrorKind::NotFound): no such invoice; any other error of the pipeline.
    ///
    /// Source: "Get invoice by ID" (Microsoft Learn, Partner Center).
    pub async fn get(&self, id: &InvoiceId) -> Result<Invoice> {
        let client = self.client.as_account();
        client.read(client.operation("partner-center.invoices.get", Method::GET, &["invoices", id.as_str()])).await
    }

    /// Downloads an invoice as PDF.
    ///
    /// # Errors
    /// [`ErrorKind::NotFound`](bundle_core::ErrorKind::NotFound): no such invoice; any other error of the pipeline.
    ///
    /// Source: "Get an invoice statement" (Microsoft Learn, Partner Center).
    pub async fn statement(&self, id: &InvoiceId) -> Result<Vec<u8>> {
        let client = self.client.as_account();
        let path = ["invoices", id.as_str(), "documents", "statement"];
        let request = client
            .operation("partner-center.invoices.statement", Method::GET, &path)
            .header(header::ACCEPT, HeaderValue::from_static("application/pdf"));
        client.send(request).await.map(|response| response.into_bytes().to_vec())
    }

    /// Reads what is owed, currency by currency.
    ///
    /// # Errors
    /// Any error of the pipeline.
    ///
    /// Source: "Get the invoice summaries" (Microsoft Learn, Partner Center).
    pub async fn summaries(&self) -> Result<Vec<InvoiceSummary>> {
        let path = ["invoices", "summaries"];
        let request = self.client.operation("partner-center.invoices.summaries", Method::GET, &path);
        self.client.read::<Summaries>(request).await.map(|all| all.items)
    }

    /// Lists the lines of an invoice, page after page as they are read: an invoice can have a million.
    ///
    /// # Errors
    /// The pager answers any error of the pipeline.
    ///
    /// Source: "Get invoice line items" (Microsoft Learn, Partner Center).
    #[must_use]
    pub fn lines(&self, id: &InvoiceId, provider: &BillingProvider, kind: &LineKind) -> Pager<InvoiceLine> {
        let path = ["invoices", id.as_str(), "lineitems"];
        let request = self.client.operation("partner-center.invoices.lines", Method::GET, &path);
        self.client.pages(lines_of(request, provider, kind))
    }

    /// Lists what is not on an invoice yet.
    ///
    /// # Errors
    /// [`ErrorKind::Config`](bundle_core::ErrorKind::Config): `currency` is not three letters. The pager answers any
    /// error of the pipeline.
    ///
    /// Source: "Get unbilled invoice line items" (Microsoft Learn, Partner Center).
    pub fn unbilled_lines(&self, kind: &LineKind, currency: &str, period: BillingPeriod) -> Result<Pager<InvoiceLine>> {
        if currency.len() != 3 || !currency.bytes().all(|byte| byte.is_ascii_alphabetic()) {
            return Err(Error::config(format!("currency: {currency:?} is not three letters like USD")));
        }
        let path = ["invoices", "unbilled", "lineitems"];
        let request = self.client.operation("partner-center.invoices.unbilled-lines", Method::GET, &path);
        let request = lines_of(request, &BillingProvider::OneTime, kind)
            .query("currencycode", &currency.to_ascii_lowercase())
            .query("period", period.as_str());
        Ok(self.client.pages(request))
    }
}

fn lines_of(request: Request, provider: &BillingProvider, kind: &LineKind) -> Request {
    request
        .query("provider", &provider.as_str().replace('_', ""))
        .query("invoicelineitemtype", &kind.as_str().replace('_', ""))
        .query("size", LINES)
}

/// Which of the two open periods.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum BillingPeriod {
    /// This one.
    Current,
    /// The one before, until its invoice is there.
    Previous,
}

impl BillingPeriod {
    fn as_str(self) -> &'static str {
        match self {
            Self::Current => "current",
            Self::Previous => "previous",
        }
    }
}

open_enum! {
    /// Where a charge comes from.
    pub enum BillingProvider {
        /// Azure as it was sold before.
        Azure = "azure",
        /// Other software.
        Marketplace = "marketplace",
        /// Licences as they were sold before.
        Office = "office",
        /// New commerce, and everything bought once.
        OneTime = "one_time",
    }
}

open_enum! {
    /// What a line says.
    pub enum LineKind {
        /// What is charged.
        Billing = "billing_line_items",
        /// What was used.
        Usage = "usage_line_items",
    }
}

/// An invoice.
///
/// Source: "Invoice resources" (Microsoft Learn, Partner Center).
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Invoice {
    /// The id.
    pub id: InvoiceId,
    /// Its day.
    #[serde(default, deserialize_with = "wire::time")]
    pub invoice_date: Option<Timestamp>,
    /// The first day it is about.
    #[serde(default, deserialize_with = "wire::time")]
    pub billing_period_start_date: Option<Timestamp>,
    /// The last day it is about.
    #[serde(default, deserialize_with = "wire::time")]
    pub billing_period_end_date: Option<Timestamp>,
    /// All charges.
    #[serde(default, deserialize_with = "wire::number")]
    pub total_charges: Option<f64>,
    /// What is paid of it, below zero.
    #[serde(default, deserialize_with = "wire::number")]
    pub paid_amount: Option<f64>,
    /// The currency.
    #[serde(default)]
    pub currency_code: Option<String>,
    /// Where its PDF is for half an hour; only from [`Invoices::get`]. Whoever has the link can read it.
    #[serde(default)]
    pub pdf_download_link: Option<String>,
    /// For example `invoice` or `credit_note`.
    #[serde(default)]
    pub document_type: Option<String>,
    /// For example `Recurring` or `OneTime`.
    #[serde(default)]
    pub invoice_type: Option<String>,
    /// The lines it has, for [`Invoices::lines`].
    #[serde(default)]
    pub invoice_details: Option<Vec<InvoiceDetail>>,
}

/// Lines of one kind of an invoice.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct InvoiceDetail {
    /// What they say.
    pub invoice_line_item_type: LineKind,
    /// Where the charges come from.
    pub billing_provider: BillingProvider,
}

/// What is owed in a currency.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct InvoiceSummary {
    /// What is owed.
    #[serde(default, deserialize_with = "wire::number")]
    pub balance_amount: Option<f64>,
    /// The currency.
    #[serde(default)]
    pub currency_code: Option<String>,
    /// When the balance was drawn.
    #[serde(default, deserialize_with = "wire::time")]
    pub accounting_date: Option<Timestamp>,
    /// The last payment.
    #[serde(default, deserialize_with = "wire::number")]
    pub last_payment_amount: Option<f64>,
    /// When it was made.
    #[serde(default, deserialize_with = "wire::time")]
    pub last_payment_date: Option<Timestamp>,
}

#[derive(Deserialize)]
struct Summaries {
    #[serde(default)]
    items: Vec<InvoiceSummary>,
}

/// A line of an invoice. Lines of licences, usage and one-time purchases differ; what they have in common is read, the
/// rest is kept in `extra`.
///
/// Amounts are written by the service as numbers or as text, and read as floating-point numbers: add them up elsewhere,
/// from `extra`, where every cent counts.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct InvoiceLine {
    /// The customer; not a tenant id in every kind of line.
    #[serde(default)]
    pub customer_id: Option<String>,
    /// Its name.
    #[serde(default)]
    pub customer_name: Option<String>,
    /// The order.
    #[serde(default)]
    pub order_id: Option<String>,
    /// The subscription.
    #[serde(default)]
    pub subscription_id: Option<String>,
    /// The product, in new commerce.
    #[serde(default)]
    pub product_id: Option<String>,
    /// Its SKU.
    #[serde(default)]
    pub sku_id: Option<String>,
    /// What is charged for, for example `new` or `cancel`.
    #[serde(default)]
    pub charge_type: Option<String>,
    /// The first day charged.
    #[serde(default, deserialize_with = "wire::time")]
    pub charge_start_date: Option<Timestamp>,
    /// The last day charged.
    #[serde(default, deserialize_with = "wire::time")]
    pub charge_end_date: Option<Timestamp>,
    /// For one unit.
    #[serde(default, deserialize_with = "wire::number")]
    pub unit_price: Option<f64>,
    /// How many units.
    #[serde(default, deserialize_with = "wire::number")]
    pub quantity: Option<f64>,
    /// Before tax.
    #[serde(default, deserialize_with = "wire::number")]
    pub subtotal: Option<f64>,
    /// With tax.
    #[serde(default, deserialize_with = "wire::number")]
    pub total_for_customer: Option<f64>,
    /// The currency.
    #[serde(default)]
    pub currency: Option<String>,
    /// What it says.
    #[serde(default)]
    pub invoice_line_item_type: Option<LineKind>,
    /// Where the charge comes from.
    #[serde(default)]
    pub billing_provider: Option<BillingProvider>,
    /// Everything else.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

impl InvoiceLine {
    /// The customer's tenant, where the line names it.
    #[must_use]
    pub fn tenant(&self) -> Option<TenantId> {
        self.customer_id.as_deref()?.parse().ok()
    }
}

/// The pages asked for.
const INVOICES: &str = "200";
/// The largest page of lines the service answers.
const LINES: &str = "2000";
