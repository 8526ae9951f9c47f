//! The four national clouds.
//!
//! Hosts and audiences come from the vendor's pages on national clouds ("National cloud deployments", "Connect to
//! Exchange Online PowerShell", "Partner Center REST URLs", "Azure Key Vault DNS suffixes"), read 2026-11. Not found on
//! a primary page, so a wrong guess is one constant away: the compliance host and the Exchange audience of DoD, the
//! Office 365 Management hosts outside the public cloud, the admin centre hosts outside the public cloud.

use std::sync::Arc;

use url::Url;

use super::{Address, Cloud, Endpoint, Endpoints};
use crate::service::Service;

pub(super) struct National {
    name: &'static str,
    login: &'static str,
    graph: &'static str,
    exchange: &'static str,
    exchange_audience: &'static str,
    compliance: &'static str,
    partner_center: &'static str,
    arm: &'static str,
    office365_management: &'static str,
    key_vault_suffix: &'static str,
    storage_suffix: &'static str,
    admin_center: &'static str,
}

pub(super) const PUBLIC: National = National {
    name: "public",
    login: "https://login.microsoftonline.com",
    graph: "https://graph.microsoft.com",
    exchange: "https://outlook.office365.com",
    exchange_audience: "https://outlook.office365.com",
    compliance: "https://ps.compliance.protection.outlook.com",
    partner_center: "https://api.partnercenter.microsoft.com",
    arm: "https://management.azure.com",
    office365_management: "https://manage.office.com",
    key_vault_suffix: "vault.azure.net",
    storage_suffix: "core.windows.net",
    admin_center: "https://admin.microsoft.com",
};

pub(super) const US_GOVERNMENT: National = National {
    name: "usgov",
    login: "https://login.microsoftonline.us",
    graph: "https://graph.microsoft.us",
    exchange: "https://outlook.office365.us",
    exchange_audience: "https://outlook.office365.us",
    compliance: "https://ps.compliance.protection.office365.us",
    partner_center: "https://api.partnercenter.microsoft.com",
    arm: "https://management.usgovcloudapi.net",
    office365_management: "https://manage.office365.us",
    key_vault_suffix: "vault.usgovcloudapi.net",
    storage_suffix: "core.usgovcloudapi.net",
    admin_center: "https://portal.office365.us",
};

pub(super) const US_GOVERNMENT_DOD: National = National {
    name: "usgov-dod",
    login: "https://login.microsoftonline.us",
    graph: "https://dod-graph.microsoft.us",
    exchange: "https://outlook-dod.office365.us",
    exchange_audience: "https://outlook-dod.office365.us",
    compliance: "https://compliance.dod.microsoft.com",
    partner_center: "https://api.partnercenter.microsoft.com",
    arm: "https://management.usgovcloudapi.net",
    office365_management: "https://manage.protection.apps.mil",
    key_vault_suffix: "vault.usgovcloudapi.net",
    storage_suffix: "core.usgovcloudapi.net",
    admin_center: "https://portal.apps.mil",
};

pub(super) const CHINA: National = National {
    name: "china",
    login: "https://login.chinacloudapi.cn",
    graph: "https://microsoftgraph.chinacloudapi.cn",
    exchange: "https://partner.outlook.cn",
    exchange_audience: "https://partner.outlook.cn",
    compliance: "https://ps.compliance.protection.partner.outlook.cn",
    partner_center: "https://partner.partnercenterapi.microsoftonline.cn",
    arm: "https://management.chinacloudapi.cn",
    office365_management: "https://manage.office365.cn",
    key_vault_suffix: "vault.azure.cn",
    storage_suffix: "core.chinacloudapi.cn",
    admin_center: "https://portal.partner.microsoftonline.cn",
};

impl National {
    pub(super) fn cloud(&self) -> Cloud {
        let base = |service, address: &str, audience: &str| {
            let address = Url::parse(address).expect("the hosts of national clouds are valid URLs");
            Endpoint::new(service, Address::Base(address), audience)
        };
        let per_resource = |service, suffix: &str, audience: &str| {
            let address = Address::PerResource { before: "https://".to_owned(), after: format!(".{suffix}/") };
            Endpoint::new(service, address, audience)
        };
        let storage = "https://storage.azure.com";
        Cloud(Arc::new(Endpoints {
            name: self.name.to_owned(),
            hosts: vec![
                base(Service::Login, self.login, self.login),
                base(Service::Graph, self.graph, self.graph),
                base(Service::Exchange, self.exchange, self.exchange_audience),
                base(Service::Compliance, self.compliance, self.compliance),
                base(Service::PartnerCenter, self.partner_center, self.partner_center),
                base(Service::ResourceManager, self.arm, self.arm),
                base(Service::Office365Management, self.office365_management, self.office365_management),
                per_resource(Service::KeyVault, self.key_vault_suffix, &format!("https://{}", self.key_vault_suffix)),
                per_resource(Service::Blob, &format!("blob.{}", self.storage_suffix), storage),
                per_resource(Service::Table, &format!("table.{}", self.storage_suffix), storage),
            ],
            approval_link: approval_link(self.admin_center),
        }))
    }
}

/// The approval page of an admin centre. Source: "Obtain granular admin permissions" (Partner Center docs).
pub(super) fn approval_link(admin_center: &str) -> String {
    format!("{admin_center}/AdminPortal/Home#/partners/invitation/granularAdminRelationships/{{id}}")
}
