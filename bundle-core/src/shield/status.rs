//! The colours of a shield.

use serde::ser::SerializeMap as _;
use serde::{Serialize, Serializer};

use crate::error::{Error, ErrorKind};
use crate::integration::Integration;

/// Whether an integration works for a customer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub enum ShieldStatus {
    /// It works.
    Green,
    /// It is not set up (yet): the relationship, consent or permissions are missing.
    Blue,
    /// It is set up and refused; somebody has to change something.
    Red,
    /// The customer does not have the service.
    NotLicensed,
    /// It could not be found out.
    Inconclusive,
}

impl ShieldStatus {
    /// The word used in reports.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Green => "green",
            Self::Blue => "blue",
            Self::Red => "red",
            Self::NotLicensed => "notLicensed",
            Self::Inconclusive => "inconclusive",
        }
    }

    /// Whether nothing has to be done about it.
    #[must_use]
    pub const fn is_fine(self) -> bool {
        matches!(self, Self::Green | Self::NotLicensed)
    }
}

/// The colour an error of a probe gives a shield. Errors that pass by themselves say nothing about the customer.
#[must_use]
pub fn status_of(error: &Error) -> ShieldStatus {
    match error.kind() {
        _ if error.lacks_consent() => ShieldStatus::Blue,
        ErrorKind::LicenseMissing => ShieldStatus::NotLicensed,
        ErrorKind::NotPropagated | ErrorKind::RelationshipInactive => ShieldStatus::Blue,
        ErrorKind::Throttled
        | ErrorKind::Unavailable
        | ErrorKind::Timeout
        | ErrorKind::Connection
        | ErrorKind::OutcomeUnknown
        | ErrorKind::Decode
        | ErrorKind::Other => ShieldStatus::Inconclusive,
        _ => ShieldStatus::Red,
    }
}

/// The shield of each integration that was asked. Written as JSON with every integration; one that was not selected is
/// `null`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Shields([Option<ShieldStatus>; Integration::ALL.len()]);

impl Shields {
    /// The same status for each of the integrations.
    #[must_use]
    pub fn all(integrations: impl IntoIterator<Item = Integration>, status: ShieldStatus) -> Self {
        integrations.into_iter().fold(Self::default(), |shields, integration| shields.with(integration, status))
    }

    /// The same with one shield set.
    #[must_use]
    pub fn with(mut self, integration: Integration, status: ShieldStatus) -> Self {
        self.0[integration as usize] = Some(status);
        self
    }

    /// The shield of an integration; `None` when it was not asked.
    #[must_use]
    pub fn get(&self, integration: Integration) -> Option<ShieldStatus> {
        self.0[integration as usize]
    }

    /// The shields that were asked, in order.
    pub fn iter(&self) -> impl Iterator<Item = (Integration, ShieldStatus)> + '_ {
        Integration::ALL.into_iter().filter_map(|integration| self.get(integration).map(|status| (integration, status)))
    }
}

impl Serialize for Shields {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(Integration::ALL.len()))?;
        for integration in Integration::ALL {
            map.serialize_entry(integration.key(), &self.get(integration))?;
        }
        map.end()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shields_are_written_by_name() {
        let shields = Shields::all([Integration::Graph], ShieldStatus::Green)
            .with(Integration::Exchange, ShieldStatus::NotLicensed);
        assert_eq!(
            serde_json::to_string(&shields).unwrap(),
            r#"{"graph":"green","exchange":"notLicensed","csp":null,"azure":null}"#
        );
        assert_eq!(shields.iter().count(), 2);
    }
}
