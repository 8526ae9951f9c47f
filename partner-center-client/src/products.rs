//! The catalogue: products, their SKUs and how those can be bought.

use bundle_core::http::{Pager, Request};
use bundle_core::{Error, Result, TenantId, open_enum};
use http::Method;
use serde::Deserialize;

use crate::address::check_country;
use crate::client::PartnerCenterClient;
use crate::quantity::QuantityRange;

/// The catalogue of a country, reached by [`PartnerCenterClient::products`], or of a customer, reached by
/// [`PartnerCenterTenant::products`](crate::PartnerCenterTenant::products).
///
/// # Permissions
/// The account is in `AdminAgents` or `SalesAgents`; the application alone is accepted too.
#[derive(Clone, Debug)]
pub struct Products {
    client: PartnerCenterClient,
    market: Market,
}

#[derive(Clone, Debug)]
enum Market {
    Country(String),
    Customer(TenantId),
}

impl Products {
    pub(crate) fn of_country(client: PartnerCenterClient, country: &str) -> Result<Self> {
        check_country(country)?;
        Ok(Self { client, market: Market::Country(country.to_ascii_uppercase()) })
    }

    pub(crate) fn of_customer(client: PartnerCenterClient, customer: TenantId) -> Self {
        Self { client, market: Market::Customer(customer) }
    }

    /// Lists the products of a part of the catalogue.
    ///
    /// # Errors
    /// The pager answers any error of the pipeline.
    ///
    /// Source: "Get a list of products", "Get a list of products by customer" (Microsoft Learn, Partner Center).
    #[must_use]
    pub fn list(&self, query: &ProductQuery) -> Pager<Product> {
        let request = self.request("partner-center.products.list", &[]).query("targetView", query.view.as_str());
        self.client.pages(match &query.segment {
            Some(segment) => request.query("targetSegment", segment.as_str()),
            None => request,
        })
    }

    /// Reads one product.
    ///
    /// # Errors
    /// [`ErrorKind::NotFound`](bundle_core::ErrorKind::NotFound): it is not sold here; any other error of the pipeline.
    ///
    /// Source: "Get a product by ID" (Microsoft Learn, Partner Center).
    pub async fn get(&self, product: &str) -> Result<Product> {
        self.client.read(self.request("partner-center.products.get", &[id("product", product)?])).await
    }

    /// Lists the SKUs of a product.
    ///
    /// # Errors
    /// [`ErrorKind::Config`](bundle_core::ErrorKind::Config): an empty id. The pager answers any error of the pipeline.
    ///
    /// Source: "Get a list of SKUs for a product" (Microsoft Learn, Partner Center).
    pub fn skus(&self, product: &str) -> Result<Pager<Sku>> {
        let path = [id("product", product)?, "skus"];
        Ok(self.client.pages(self.request("partner-center.products.skus", &path)))
    }

    /// Reads one SKU, with how many units of it may be bought.
    ///
    /// # Errors
    /// [`ErrorKind::NotFound`](bundle_core::ErrorKind::NotFound): there is none; any other error of the pipeline.
    ///
    /// Source: "Get a SKU by ID" (Microsoft Learn, Partner Center).
    pub async fn sku(&self, product: &str, sku: &str) -> Result<Sku> {
        let path = [id("product", product)?, "skus", id("sku", sku)?];
        self.client.read(self.request("partner-center.products.sku", &path)).await
    }

    /// Lists how a SKU can be bought. The ids change: list them again for each purchase.
    ///
    /// # Errors
    /// [`ErrorKind::Config`](bundle_core::ErrorKind::Config): an empty id. The pager answers any error of the pipeline.
    ///
    /// Source: "Get a list of availabilities for a SKU" (Microsoft Learn, Partner Center).
    pub fn availabilities(&self, product: &str, sku: &str) -> Result<Pager<Availability>> {
        let path = [id("product", product)?, "skus", id("sku", sku)?, "availabilities"];
        Ok(self.client.pages(self.request("partner-center.products.availabilities", &path)))
    }

    fn request(&self, operation: &'static str, rest: &[&str]) -> Request {
        match &self.market {
            Market::Country(country) => {
                let path = [&["products"], rest].concat();
                self.client.operation(operation, Method::GET, &path).query("country", country)
            }
            Market::Customer(customer) => {
                let id = customer.to_string();
                let path = [&["customers", &id, "products"], rest].concat();
                self.client.operation(operation, Method::GET, &path).about(*customer)
            }
        }
    }
}

fn id<'a>(field: &str, id: &'a str) -> Result<&'a str> {
    if id.trim().is_empty() {
        return Err(Error::config(format!("{field}: {id:?} is not an id")));
    }
    Ok(id)
}

/// Which products to list.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ProductQuery {
    /// The part of the catalogue.
    pub view: TargetView,
    /// Only for this kind of customer.
    pub segment: Option<TargetSegment>,
}

impl ProductQuery {
    /// A part of the catalogue, for every kind of customer.
    #[must_use]
    pub fn new(view: TargetView) -> Self {
        Self { view, segment: None }
    }

    /// Narrows it to a kind of customer.
    #[must_use]
    pub fn segment(mut self, segment: TargetSegment) -> Self {
        self.segment = Some(segment);
        self
    }
}

open_enum! {
    /// A part of the catalogue.
    ///
    /// Source: "Get a list of products" (Microsoft Learn, Partner Center).
    pub enum TargetView {
        /// Azure plans.
        Azure = "Azure",
        /// Reservations.
        AzureReservations = "AzureReservations",
        /// Reservations of virtual machines.
        AzureReservationsVm = "AzureReservationsVM",
        /// Software of others, as a service.
        MarketplaceSaas = "MarketplaceSaaS",
        /// Azure as it was sold before.
        MicrosoftAzure = "MicrosoftAzure",
        /// Microsoft 365, Dynamics 365 and the like.
        OnlineServices = "OnlineServices",
        /// Perpetual and subscribed software.
        Software = "Software",
    }
}

open_enum! {
    /// A kind of customer.
    pub enum TargetSegment {
        /// Companies.
        Commercial = "commercial",
        /// Schools.
        Education = "education",
        /// Authorities.
        Government = "government",
        /// Charities.
        Nonprofit = "nonprofit",
    }
}

/// Something that is sold. It is bought as one of its SKUs.
///
/// Source: "Products resources" (Microsoft Learn, Partner Center).
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Product {
    /// The id.
    pub id: String,
    /// The name.
    #[serde(default)]
    pub title: Option<String>,
    /// What it is.
    #[serde(default)]
    pub description: Option<String>,
    /// Its kind.
    #[serde(default)]
    pub product_type: Option<ItemType>,
    /// Whether it is Microsoft's own.
    #[serde(default)]
    pub is_microsoft_product: Option<bool>,
    /// Who makes it.
    #[serde(default)]
    pub publisher_name: Option<String>,
}

/// A kind of product.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct ItemType {
    /// The id, for example `OnlineServicesNCE`.
    pub id: String,
    /// The name.
    #[serde(default)]
    pub display_name: Option<String>,
}

/// A form of a product that can be bought.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Sku {
    /// The id within the product.
    pub id: String,
    /// The product.
    #[serde(default)]
    pub product_id: Option<String>,
    /// The name.
    #[serde(default)]
    pub title: Option<String>,
    /// The least that may be bought.
    #[serde(default)]
    pub minimum_quantity: Option<u32>,
    /// The most that may be bought.
    #[serde(default)]
    pub maximum_quantity: Option<u32>,
    /// Whether it is a trial.
    #[serde(default)]
    pub is_trial: Option<bool>,
    /// When it can be paid.
    #[serde(default)]
    pub supported_billing_cycles: Vec<String>,
    /// What has to be done before it can be bought.
    #[serde(default)]
    pub purchase_prerequisites: Vec<String>,
    /// What a purchase has to say.
    #[serde(default)]
    pub provisioning_variables: Vec<String>,
}

impl Sku {
    /// How many units may be bought at once. What the service leaves out does not bound it.
    #[must_use]
    pub fn quantities(&self) -> QuantityRange {
        let maximum = self.maximum_quantity.filter(|maximum| *maximum > 0).unwrap_or(u32::MAX);
        QuantityRange { minimum: self.minimum_quantity.unwrap_or(1).max(1), maximum }
    }
}

/// How a SKU can be bought for a while.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Availability {
    /// The id within the SKU.
    pub id: String,
    /// The product.
    #[serde(default)]
    pub product_id: Option<String>,
    /// The SKU.
    #[serde(default)]
    pub sku_id: Option<String>,
    /// What goes into a cart.
    #[serde(default)]
    pub catalog_item_id: Option<String>,
    /// The country.
    #[serde(default)]
    pub country: Option<String>,
    /// The kind of customer.
    #[serde(default)]
    pub segment: Option<String>,
    /// Whether it can be bought now.
    #[serde(default)]
    pub is_purchasable: Option<bool>,
    /// Whether it can be renewed to.
    #[serde(default)]
    pub is_renewable: Option<bool>,
    /// How long it can run.
    #[serde(default)]
    pub terms: Vec<Term>,
}

/// How long something can run.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Term {
    /// As ISO 8601, for example `P1Y`.
    #[serde(default)]
    pub duration: Option<String>,
    /// In words.
    #[serde(default)]
    pub description: Option<String>,
}
