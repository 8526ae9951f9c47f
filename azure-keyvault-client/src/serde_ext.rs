//! Reading values that services leave out in more than one way.

use serde::{Deserialize, Deserializer};

/// Reads `null` as the default; with `#[serde(default)]` an absent value too.
pub(crate) fn null_is_default<'de, D, T>(deserializer: D) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: Default + Deserialize<'de>,
{
    Ok(Option::deserialize(deserializer)?.unwrap_or_default())
}
