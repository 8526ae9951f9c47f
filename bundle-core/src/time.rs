//! Times and durations as Microsoft's services write them.

use jiff::{Span, Timestamp};
use serde::{Deserialize, Deserializer};

use crate::error::{Error, Result};

/// An ISO 8601 duration of whole days, kept as days: `P730D`, `PT0S`, `P2Y` (read as 730 days).
///
/// GDAP uses no finer unit. Written back as `P{n}D`, and as `PT0S` when zero, which is the value the service answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Days(u32);

impl Days {
    /// No time at all: how "off" is written.
    pub const ZERO: Self = Self(0);

    /// A number of days.
    #[must_use]
    pub const fn new(days: u32) -> Self {
        Self(days)
    }

    /// The number of days.
    #[must_use]
    pub const fn get(self) -> u32 {
        self.0
    }
}

impl std::str::FromStr for Days {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let wrong = || Error::config(format!("duration: {text:?} is not an ISO 8601 duration of whole days"));
        let span: Span = text.parse().map_err(|_| wrong())?;
        // Years and months as the service counts them: two years are 730 days, a month is 30.
        let days = i64::from(span.get_years()) * 365
            + i64::from(span.get_months()) * 30
            + i64::from(span.get_weeks()) * 7
            + i64::from(span.get_days());
        let finer = span.get_hours() != 0 || span.get_minutes() != 0 || span.get_seconds() != 0;
        u32::try_from(days).ok().filter(|_| !finer).map(Self).ok_or_else(wrong)
    }
}

impl std::fmt::Display for Days {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if self.0 == 0 { f.write_str("PT0S") } else { write!(f, "P{}D", self.0) }
    }
}

impl serde::Serialize for Days {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Days {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        crate::text::read(deserializer, str::parse)
    }
}

/// Reads a time that may be absent, null or an empty text; all three are `None`.
pub(crate) fn optional<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Timestamp>, D::Error> {
    match Option::<std::borrow::Cow<'de, str>>::deserialize(deserializer)? {
        Some(text) if !text.is_empty() => text.parse().map(Some).map_err(serde::de::Error::custom),
        _ => Ok(None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_round_trip() {
        for (text, days, back) in
            [("P730D", 730, "P730D"), ("PT0S", 0, "PT0S"), ("P0D", 0, "PT0S"), ("P2Y", 730, "P730D")]
        {
            let duration: Days = text.parse().unwrap();
            assert_eq!(duration.get(), days);
            assert_eq!(duration.to_string(), back);
        }
        for bad in ["", "730", "P1DT1H", "-P1D", "P1"] {
            assert!(bad.parse::<Days>().unwrap_err().to_string().contains(&format!("{bad:?}")), "{bad}");
        }
    }
}
