//! Objects of mixed types, as members and memberships answer them.

use serde::Deserialize;
use serde_json::{Map, Value};

use bundle_core::ids::ObjectId;

/// A user, group, role, device or service principal in a listing of mixed types.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct DirectoryObject {
    /// The type, for example `#microsoft.graph.user`; absent in listings of one type.
    #[serde(rename = "@odata.type", default)]
    pub odata_type: Option<String>,
    /// The object id.
    pub id: ObjectId,
    /// The name shown, where it was asked for.
    #[serde(default)]
    pub display_name: Option<String>,
    /// Everything else the service answered.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

impl DirectoryObject {
    /// Whether it is a user; so is an object of a listing that names no types.
    #[must_use]
    pub fn is_user(&self) -> bool {
        self.odata_type.as_deref().is_none_or(|name| name == "#microsoft.graph.user")
    }
}
