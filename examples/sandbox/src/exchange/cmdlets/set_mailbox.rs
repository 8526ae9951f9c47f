//! `Set-Mailbox`.

use serde_json::{Map, Value, json};

use super::{Output, Run, mailbox};
use crate::exchange::{error, hashtable};
use crate::reply::Reply;
use crate::world::World;

/// Properties that hold lists: a hashtable changes them, anything else replaces them.
const LISTS: &[&str] = &["EmailAddresses", "GrantSendOnBehalfTo"];

pub(super) const PARAMETERS: &[&str] = &[
    "AuditEnabled",
    "CustomAttribute1",
    "CustomAttribute2",
    "CustomAttribute3",
    "DeliverToMailboxAndForward",
    "DisplayName",
    "EmailAddresses",
    "Force",
    "ForwardingAddress",
    "ForwardingSmtpAddress",
    "GrantSendOnBehalfTo",
    "HiddenFromAddressListsEnabled",
    "Identity",
    "LitigationHoldEnabled",
    "MessageCopyForSentAsEnabled",
    "ProhibitSendQuota",
    "ProhibitSendReceiveQuota",
    "RetentionPolicy",
    "Type",
];

/// Parameters that say how to run, not what to set.
const NOT_PROPERTIES: &[&str] =
    &["Confirm", "Debug", "ErrorAction", "Force", "Identity", "Verbose", "WarningAction", "WhatIf"];

/// Changes a mailbox; answers no rows, and a warning when nothing was changed.
pub(super) fn set(world: &mut World, run: &Run<'_>) -> Result<Output, Box<Reply>> {
    let identity = run.text("Identity").unwrap_or_default();
    let guid = mailbox::find(run.tenant(world)?, identity)?.guid;
    let Some(found) = world.tenant_mut(&run.tenant).and_then(|tenant| tenant.mailboxes.get_mut(&guid)) else {
        return Err(error::not_found(identity));
    };
    let mut changed = found.clone();
    for (name, value) in run.parameters {
        let Some(property) = PARAMETERS.iter().find(|known| known.eq_ignore_ascii_case(name)) else {
            continue;
        };
        match *property {
            known if NOT_PROPERTIES.contains(&known) => {}
            "DisplayName" => {
                value.as_str().unwrap_or_default().clone_into(&mut changed.display_name);
            }
            "Type" => changed.recipient_type_details = kind(value)?,
            "EmailAddresses" => {
                let current = addresses(&changed.extra, &changed.primary_smtp_address);
                let list = hashtable::apply(&current, value);
                if let Some(primary) = list.iter().find_map(|address| address.strip_prefix("SMTP:")) {
                    primary.clone_into(&mut changed.primary_smtp_address);
                }
                changed.extra.insert("EmailAddresses".to_owned(), json!(list));
            }
            list if LISTS.contains(&list) => {
                let changed_list = hashtable::apply(&strings(changed.extra.get(list)), value);
                changed.extra.insert(list.to_owned(), json!(changed_list));
            }
            scalar => {
                changed.extra.insert(scalar.to_owned(), value.clone());
            }
        }
    }
    let same = changed.display_name == found.display_name
        && changed.recipient_type_details == found.recipient_type_details
        && changed.extra == found.extra;
    *found = changed;
    let warnings = if same {
        vec![format!("The command completed successfully but no settings of '{identity}' have been modified.")]
    } else {
        Vec::new()
    };
    Ok(Output { rows: Vec::new(), warnings })
}

fn kind(value: &Value) -> Result<String, Box<Reply>> {
    let word = value.as_str().unwrap_or_default();
    let kind = match word.to_ascii_lowercase().as_str() {
        "regular" => "UserMailbox",
        "shared" => "SharedMailbox",
        "room" => "RoomMailbox",
        "equipment" => "EquipmentMailbox",
        _ => {
            return Err(error::binding(&format!(
                "Cannot process argument transformation on parameter 'Type'. Cannot convert value \"{word}\" to type \"Microsoft.Exchange.Management.RecipientTasks.ConvertibleMailboxSubType\"."
            )));
        }
    };
    Ok(kind.to_owned())
}

fn addresses(extra: &Map<String, Value>, primary: &str) -> Vec<String> {
    match extra.get("EmailAddresses") {
        None => vec![format!("SMTP:{primary}")],
        set => strings(set),
    }
}

fn strings(value: Option<&Value>) -> Vec<String> {
    value.and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect()
}
