//! Values the service writes in more than one form.

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer};

/// Reads a time: with an offset, or without one, which means UTC. The year 1 means that there is none.
pub(crate) fn time<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Timestamp>, D::Error> {
    let Some(text) = Option::<String>::deserialize(deserializer)?.filter(|text| !text.is_empty()) else {
        return Ok(None);
    };
    if text.starts_with("0001-01-01") {
        return Ok(None);
    }
    parse_time(&text).map(Some).ok_or_else(|| D::Error::custom("a time is expected"))
}

/// Reads a number that may be written as text; empty text is none.
pub(crate) fn number<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<f64>, D::Error> {
    match Option::<Scalar>::deserialize(deserializer)? {
        None => Ok(None),
        Some(Scalar::Number(number)) => Ok(Some(number)),
        Some(Scalar::Text(text)) if text.trim().is_empty() => Ok(None),
        Some(Scalar::Text(text)) => text.trim().parse().map(Some).map_err(|_| D::Error::custom("a number is expected")),
    }
}

/// Reads text that may be written as a number; empty text is none.
pub(crate) fn text<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    let text = match Option::<Scalar>::deserialize(deserializer)? {
        None => return Ok(None),
        Some(Scalar::Number(number)) => number.to_string(),
        Some(Scalar::Text(text)) => text,
    };
    Ok(Some(text).filter(|text| !text.is_empty()))
}

fn parse_time(text: &str) -> Option<Timestamp> {
    if let Ok(time) = text.parse() {
        return Some(time);
    }
    let time: DateTime = text.parse().ok()?;
    time.to_zoned(TimeZone::UTC).ok().map(|zoned| zoned.timestamp())
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Scalar {
    Number(f64),
    Text(String),
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    #[test]
    fn times_come_with_and_without_an_offset() {
        for (written, seconds) in [
            (json!("1970-01-01T00:00:07Z"), Some(7)),
            (json!("1970-01-01T00:00:07"), Some(7)),
            (json!("1970-01-01T00:00:07.3520276+00:00"), Some(7)),
            (json!("1970-01-01T01:00:07+01:00"), Some(7)),
            (json!("1970-01-02"), Some(86_400)),
            (json!("0001-01-01T00:00:00"), None),
            (json!(""), None),
            (Value::Null, None),
        ] {
            let read = time(&written).unwrap();
            assert_eq!(read.map(Timestamp::as_second), seconds, "{written}");
        }
        assert!(time(&json!("soon")).is_err());
    }

    #[test]
    fn numbers_and_text_come_as_either() {
        for (written, read) in [(json!(1.5), Some(1.5)), (json!("14.4"), Some(14.4)), (json!(""), None)] {
            assert_eq!(number(&written).unwrap(), read, "{written}");
        }
        assert!(number(&json!("many")).is_err());
        for (written, read) in [(json!(4_390_934), Some("4390934")), (json!("x"), Some("x")), (json!(""), None)] {
            assert_eq!(text(&written).unwrap().as_deref(), read, "{written}");
        }
    }
}
