//! Exchange mailboxes.

use serde_json::{Map, Value};
use uuid::Uuid;

/// A mailbox.
#[derive(Clone, Debug)]
pub struct Mailbox {
    /// The mailbox GUID (`ExchangeGuid`).
    pub guid: Uuid,
    /// The object id of the user it belongs to (`ExternalDirectoryObjectId`).
    pub user: Option<Uuid>,
    /// The sign-in name.
    pub user_principal_name: String,
    /// The name shown.
    pub display_name: String,
    /// The alias.
    pub alias: String,
    /// The primary address.
    pub primary_smtp_address: String,
    /// `UserMailbox`, `SharedMailbox`, ...
    pub recipient_type_details: String,
    /// Further properties, as cmdlets show them.
    pub extra: Map<String, Value>,
}

impl Mailbox {
    /// Creates a user mailbox.
    #[must_use]
    pub fn new(guid: Uuid, user: Option<Uuid>, address: &str, display_name: &str) -> Self {
        Self {
            guid,
            user,
            user_principal_name: address.to_owned(),
            display_name: display_name.to_owned(),
            alias: address.split('@').next().unwrap_or_default().to_owned(),
            primary_smtp_address: address.to_owned(),
            recipient_type_details: "UserMailbox".to_owned(),
            extra: Map::new(),
        }
    }
}
