//! The mailboxes of a tenant.

use bundle_core::http::Pager;
use bundle_core::{Result, open_enum};
use serde::Deserialize;

use crate::client::ExchangeTenant;
use crate::cmdlet::Cmdlet;

impl ExchangeTenant {
    /// Lists all mailboxes (`Get-Mailbox` without a limit), with the few properties of [`Mailbox`].
    ///
    /// Without the role Exchange Administrator the service may answer fewer mailboxes than there are, and no error.
    ///
    /// # Errors
    /// As [`ExchangeTenant::stream`].
    ///
    /// Source: "Get-Mailbox" (Microsoft Learn, Exchange PowerShell).
    pub fn mailboxes(&self) -> Result<Pager<Mailbox>> {
        let cmdlet = Cmdlet::new("Get-Mailbox").parameter("ResultSize", "Unlimited").select([
            "ExchangeGuid",
            "ExternalDirectoryObjectId",
            "UserPrincipalName",
            "PrimarySmtpAddress",
            "DisplayName",
            "RecipientTypeDetails",
        ]);
        self.named_rows("exchange.mailboxes.list", &cmdlet)
    }
}

/// A mailbox.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase")]
#[non_exhaustive]
pub struct Mailbox {
    /// The id of the mailbox.
    #[serde(default)]
    pub exchange_guid: Option<String>,
    /// The object id of the user; empty for mailboxes without one.
    #[serde(default)]
    pub external_directory_object_id: Option<String>,
    /// The sign-in name of the user.
    #[serde(default)]
    pub user_principal_name: Option<String>,
    /// The address it sends from.
    #[serde(default)]
    pub primary_smtp_address: Option<String>,
    /// The name shown.
    #[serde(default)]
    pub display_name: Option<String>,
    /// What kind of mailbox it is.
    #[serde(default)]
    pub recipient_type_details: Option<RecipientTypeDetails>,
}

open_enum! {
    /// A kind of mailbox.
    pub enum RecipientTypeDetails {
        /// Of a device.
        EquipmentMailbox = "EquipmentMailbox",
        /// Of a room.
        RoomMailbox = "RoomMailbox",
        /// Of several people.
        SharedMailbox = "SharedMailbox",
        /// Of one person.
        UserMailbox = "UserMailbox",
    }
}
