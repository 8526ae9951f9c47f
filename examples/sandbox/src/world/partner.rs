//! What Partner Center keeps about a customer.

use jiff::Timestamp;
use uuid::Uuid;

/// The consent a partner gave to its application on behalf of a customer.
#[derive(Clone, Debug)]
pub struct PartnerConsent {
    /// The application (client) id.
    pub application_id: Uuid,
    /// The application's name, if it was sent.
    pub display_name: Option<String>,
    /// The resource application ids with the scopes, as they were sent.
    pub grants: Vec<(Uuid, String)>,
    /// When it was made.
    pub created_at: Timestamp,
}
