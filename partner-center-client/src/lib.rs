#![doc = include_str!("../README.md")]

mod application_consents;
mod client;
mod customers;
pub mod gdap;
mod page;
mod ports;
mod probe;
mod tenant;

pub use application_consents::ApplicationConsents;
pub use client::PartnerCenterClient;
pub use customers::{
    CompanyProfile, CustomerField, CustomerFilter, CustomerQuery, CustomerRecord, Customers, FilterOperator,
    RelationshipToPartner,
};
pub use gdap::GdapClient;
pub use probe::CspProbe;
pub use tenant::PartnerCenterTenant;
