//! `Get-Mailbox`.

use serde_json::{Map, Value, json};

use super::{Output, Run};
use crate::exchange::error;
use crate::exchange::filter::Filter;
use crate::reply::Reply;
use crate::world::{Mailbox, Tenant, World};

/// How many mailboxes are listed unless the caller asks for more.
const DEFAULT_RESULT_SIZE: usize = 1000;
const MORE: &str = "There are more results available than are currently displayed. To view them, increase the value for the ResultSize parameter.";

/// Lists mailboxes, or returns the one asked for.
pub(super) fn get(world: &mut World, run: &Run<'_>) -> Result<Output, Box<Reply>> {
    let tenant = run.tenant(world)?;
    if let Some(identity) = run.text("Identity") {
        return Ok(vec![row(tenant, find(tenant, identity)?)].into());
    }
    let size = result_size(run)?;
    let filter = run.text("Filter").map(Filter::parse).transpose()?.unwrap_or_default();
    let kinds = kinds(run);
    let name = run.text("Anr").map(str::to_lowercase);
    let mut found = tenant
        .mailboxes
        .values()
        .filter(|mailbox| {
            kinds.is_empty() || kinds.iter().any(|kind| mailbox.recipient_type_details.eq_ignore_ascii_case(kind))
        })
        .filter(|mailbox| {
            name.as_ref().is_none_or(|name| {
                mailbox.alias.to_lowercase().starts_with(name) || mailbox.display_name.to_lowercase().starts_with(name)
            })
        })
        .map(|mailbox| row(tenant, mailbox))
        .filter(|row| filter.accepts(row));
    let rows: Vec<Value> = found.by_ref().take(size).collect();
    let warnings = if found.next().is_some() { vec![MORE.to_owned()] } else { Vec::new() };
    Ok(Output { rows, warnings })
}

/// Finds a mailbox by anything that names it.
pub(super) fn find<'a>(tenant: &'a Tenant, identity: &str) -> Result<&'a Mailbox, Box<Reply>> {
    let same = |text: &str| text.eq_ignore_ascii_case(identity);
    let mut found = tenant.mailboxes.values().filter(|mailbox| {
        same(&mailbox.user_principal_name)
            || same(&mailbox.primary_smtp_address)
            || same(&mailbox.alias)
            || same(&mailbox.display_name)
            || same(&mailbox.guid.to_string())
            || mailbox.user.is_some_and(|user| same(&user.to_string()))
    });
    match (found.next(), found.next()) {
        (Some(mailbox), None) => Ok(mailbox),
        (Some(_), Some(_)) => Err(error::cmdlet(
            400,
            "BadRequest",
            "Microsoft.Exchange.Configuration.Tasks.ManagementObjectAmbiguousException",
            &format!("The operation couldn't be performed because '{identity}' matches multiple entries."),
        )),
        _ => Err(error::not_found(identity)),
    }
}

/// Writes a mailbox as cmdlets show it; what was set on it comes last and wins.
fn row(tenant: &Tenant, mailbox: &Mailbox) -> Value {
    let mut row = json!({
        "Identity": mailbox.alias,
        "Id": mailbox.alias,
        "Name": mailbox.alias,
        "Alias": mailbox.alias,
        "DisplayName": mailbox.display_name,
        "UserPrincipalName": mailbox.user_principal_name,
        "PrimarySmtpAddress": mailbox.primary_smtp_address,
        "WindowsEmailAddress": mailbox.primary_smtp_address,
        "EmailAddresses@odata.type": "#Collection(String)",
        "EmailAddresses": [format!("SMTP:{}", mailbox.primary_smtp_address)],
        "RecipientType": "UserMailbox",
        "RecipientTypeDetails": mailbox.recipient_type_details,
        "ExchangeGuid@odata.type": "#Guid",
        "ExchangeGuid": mailbox.guid,
        "Guid@odata.type": "#Guid",
        "Guid": mailbox.guid,
        "ExternalDirectoryObjectId": mailbox.user.map(|user| user.to_string()).unwrap_or_default(),
        "OrganizationalUnit": format!("namprd00.prod.outlook.com/Microsoft Exchange Hosted Organizations/{}", tenant.initial_domain),
        "GrantSendOnBehalfTo@odata.type": "#Collection(String)",
        "GrantSendOnBehalfTo": [],
        "HiddenFromAddressListsEnabled@data.type": "System.Boolean",
        "HiddenFromAddressListsEnabled": false,
        "DeliverToMailboxAndForward": false,
        "ForwardingSmtpAddress": null,
        "LitigationHoldEnabled": false,
        "AuditEnabled": true,
        "ArchiveStatus": "None",
        "ProhibitSendQuota": "49.5 GB (53,150,220,288 bytes)",
        "ProhibitSendReceiveQuota": "50 GB (53,687,091,200 bytes)",
        "WhenCreated@odata.type": "#DateTimeOffset",
        "WhenCreated": crate::clock::iso(tenant.created_at),
        "IsMailboxEnabled": true,
        "ObjectState": "Unchanged",
        "IsValid": true,
    });
    if let Some(properties) = row.as_object_mut() {
        overlay(properties, &mailbox.extra);
    }
    row
}

fn overlay(properties: &mut Map<String, Value>, extra: &Map<String, Value>) {
    for (name, value) in extra {
        properties.insert(name.clone(), value.clone());
    }
}

/// Reads `ResultSize`: a number or `Unlimited`.
fn result_size(run: &Run<'_>) -> Result<usize, Box<Reply>> {
    let Some(sent) = run.parameter("ResultSize") else {
        return Ok(DEFAULT_RESULT_SIZE);
    };
    let number = match sent {
        Value::String(text) if text.eq_ignore_ascii_case("unlimited") => return Ok(usize::MAX),
        Value::String(text) => text.parse().ok(),
        other => other.as_u64().and_then(|number| usize::try_from(number).ok()),
    };
    number.ok_or_else(|| {
        error::cmdlet(
            400,
            "BadRequest",
            "System.Management.Automation.ParameterBindingArgumentTransformationException",
            &format!("Cannot process argument transformation on parameter 'ResultSize'. Cannot convert value \"{sent}\" to type \"Microsoft.Exchange.Data.Unlimited`1[System.UInt32]\"."),
        )
    })
}

fn kinds(run: &Run<'_>) -> Vec<String> {
    match run.parameter("RecipientTypeDetails") {
        Some(Value::String(text)) => text.split(',').map(|kind| kind.trim().to_owned()).collect(),
        Some(Value::Array(items)) => items.iter().filter_map(Value::as_str).map(str::to_owned).collect(),
        _ => Vec::new(),
    }
}
