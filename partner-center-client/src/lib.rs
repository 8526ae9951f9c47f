#![doc = include_str!("../README.md")]

mod address;
mod agreements;
mod application_consents;
mod audit_records;
mod carts;
mod client;
mod customer_licenses;
mod customer_users;
mod customers;
pub mod gdap;
mod invoices;
mod new_customer;
mod orders;
mod page;
mod partner_relationships;
mod partner_security;
mod ports;
mod probe;
mod products;
mod profiles;
mod quantity;
mod service_requests;
mod subscriptions;
mod tenant;
mod usage;
mod validation;
pub mod webhooks;
mod wire;

pub use address::Address;
pub use agreements::{Agreement, AgreementContact, AgreementMetadata, AgreementType, Agreements, CustomerAgreements};
pub use application_consents::{ApplicationConsents, Consented};
pub use audit_records::{AuditDetail, AuditFilter, AuditQuery, AuditRecord, AuditRecords, AuditStatus};
pub use carts::{Cart, CartError, CartId, CartLine, Carts, CheckoutResult, NewCartLine, OrderError, Pricing};
pub use client::PartnerCenterClient;
pub use customer_licenses::{
    CustomerServicePlan, CustomerSku, LicenseGroup, LicenseUpdate, ProductSku, SubscribedSkus, UserLicense,
    UserLicenses,
};
pub use customer_users::{CustomerUser, CustomerUserPatch, CustomerUsers, DirectoryRole, NewCustomerUser, UserState};
pub use customers::{
    CompanyProfile, CustomerField, CustomerFilter, CustomerQuery, CustomerRecord, Customers, FilterOperator,
    RelationshipToPartner,
};
pub use gdap::GdapClient;
pub use invoices::{
    BillingPeriod, BillingProvider, Invoice, InvoiceDetail, InvoiceId, InvoiceLine, InvoiceSummary, Invoices, LineKind,
};
pub use new_customer::{CreatedCustomer, CustomerCheck, NewCustomer, UserCredentials};
pub use orders::{Order, OrderId, OrderLine, OrderStatus, Orders};
pub use partner_relationships::{PartnerRelationship, PartnerRelationshipType, PartnerRelationships};
pub use partner_security::{MfaAdoption, PartnerSecurity};
pub use probe::CspProbe;
pub use products::{Availability, ItemType, Product, ProductQuery, Products, Sku, TargetSegment, TargetView, Term};
pub use profiles::{
    LegalBusinessProfile, MpnProfile, OrganizationProfile, PartnerBillingProfile, Profiles, SupportProfile,
};
pub use quantity::QuantityRange;
pub use service_requests::{
    ServiceRequest, ServiceRequestId, ServiceRequestNote, ServiceRequestOrganization, ServiceRequestStatus,
    ServiceRequests, Severity,
};
pub use subscriptions::{
    BillingCycle, CspSubscriptionId, RefundOption, RefundableQuantity, RefundableUntil, RenewalInstructions,
    Subscription, SubscriptionChange, SubscriptionStatus, SubscriptionUpdate, Subscriptions, TermDuration, UnitType,
};
pub use tenant::PartnerCenterTenant;
pub use usage::{CustomerUsage, Meter, Usage, UsageRecord, Utilization, UtilizationQuery};
pub use validation::{AddressStatus, AddressValidation};
pub use webhooks::Webhooks;
