//! The organization and its domains.

use serde_json::{Value, json};

use super::{Output, Run};
use crate::clock::iso;
use crate::exchange::error;
use crate::reply::Reply;
use crate::world::{Domain, World};

/// Returns the one organization configuration.
pub(super) fn config(world: &mut World, run: &Run<'_>) -> Result<Output, Box<Reply>> {
    let tenant = run.tenant(world)?;
    let created = iso(tenant.created_at);
    Ok(vec![json!({
        "Name": tenant.initial_domain,
        "DisplayName": tenant.display_name,
        "Identity": tenant.initial_domain,
        "Id": tenant.initial_domain,
        "Guid@odata.type": "#Guid",
        "Guid": tenant.id,
        "ExternalDirectoryOrganizationId@odata.type": "#Guid",
        "ExternalDirectoryOrganizationId": tenant.id,
        "IsDehydrated": false,
        "IsMixedMode": false,
        "OrganizationId": format!("NAMPR00A001.PROD.OUTLOOK.COM/Microsoft Exchange Hosted Organizations/{0} - NAMPR00A001.PROD.OUTLOOK.COM/ConfigurationUnits/{0}/Configuration", tenant.initial_domain),
        "AdminDisplayName": "",
        "AuditDisabled": false,
        "OAuth2ClientProfileEnabled": true,
        "MailTipsAllTipsEnabled": true,
        "MailTipsExternalRecipientsTipsEnabled": false,
        "MailTipsLargeAudienceThreshold": 25,
        "MailTipsMailboxSourcedTipsEnabled": true,
        "CustomerLockboxEnabled": false,
        "DefaultMailboxRegion": "NAM",
        "AllowedMailboxRegions@odata.type": "#Collection(String)",
        "AllowedMailboxRegions": [],
        "WhenCreated@odata.type": "#DateTimeOffset",
        "WhenCreated": created,
        "WhenCreatedUTC": created,
        "ObjectState": "Unchanged",
        "IsValid": true,
    })]
    .into())
}

/// Lists the verified domains, or the one asked for.
pub(super) fn accepted_domains(world: &mut World, run: &Run<'_>) -> Result<Output, Box<Reply>> {
    let tenant = run.tenant(world)?;
    let wanted = run.text("Identity");
    let rows: Vec<Value> = tenant
        .domains
        .iter()
        .filter(|domain| domain.is_verified)
        .filter(|domain| wanted.is_none_or(|wanted| domain.name.eq_ignore_ascii_case(wanted)))
        .map(row)
        .collect();
    match wanted {
        Some(identity) if rows.is_empty() => Err(error::not_found(identity)),
        _ => Ok(rows.into()),
    }
}

fn row(domain: &Domain) -> Value {
    json!({
        "Name": domain.name,
        "Identity": domain.name,
        "Id": domain.name,
        "DomainName": domain.name,
        "DomainType": "Authoritative",
        "Default": domain.is_default,
        "InitialDomain": domain.is_initial,
        "AuthenticationType": "Managed",
        "AddressBookEnabled": true,
        "MatchSubDomains": false,
        "IsValid": true,
    })
}
