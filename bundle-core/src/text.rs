//! Values that stand as text in JSON, read where they stand: an id or a time is parsed without a copy of its text.

use std::fmt::{self, Display};
use std::marker::PhantomData;

use serde::Deserializer;
use serde::de::{Error, Visitor};

/// Reads a text and makes a value of it.
///
/// # Errors
/// No text stands there, or `parse` refuses it.
pub fn read<'de, D, T, E>(deserializer: D, parse: impl FnOnce(&str) -> Result<T, E>) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    E: Display,
{
    deserializer.deserialize_str(Text { parse, value: PhantomData })
}

struct Text<P, T> {
    parse: P,
    value: PhantomData<T>,
}

impl<T, E: Display, P: FnOnce(&str) -> Result<T, E>> Visitor<'_> for Text<P, T> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a string")
    }

    fn visit_str<R: Error>(self, text: &str) -> Result<T, R> {
        (self.parse)(text).map_err(R::custom)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Deserializer, Value, json};

    use super::*;

    fn number(text: &str) -> Result<u8, std::num::ParseIntError> {
        text.parse()
    }

    #[test]
    fn text_is_read_from_any_source_and_a_refusal_says_why() {
        assert_eq!(read(&mut Deserializer::from_str("\"1\\u0032\""), number).unwrap(), 12);
        assert_eq!(read(json!("12"), number).unwrap(), 12);
        assert_eq!(read(&json!("12"), number).unwrap(), 12);
        assert!(read(json!("x"), number).unwrap_err().to_string().contains("invalid digit"));
        for wrong in [json!(12), Value::Null, json!(["12"])] {
            assert!(read(wrong, number).unwrap_err().to_string().contains("expected a string"));
        }
    }
}
