//! The part of the `-Filter` language the sandbox understands: one comparison, or several joined by `-and`.

use serde_json::Value;

use super::error;
use crate::reply::Reply;

/// One comparison.
#[derive(Debug)]
struct Comparison {
    property: String,
    operator: Operator,
    value: String,
}

#[derive(Clone, Copy, Debug)]
enum Operator {
    Equal,
    Like,
    NotEqual,
}

/// A parsed filter; every comparison must hold.
#[derive(Debug, Default)]
pub(super) struct Filter {
    comparisons: Vec<Comparison>,
}

impl Filter {
    /// Parses `Property -eq 'value'`.
    pub(super) fn parse(text: &str) -> Result<Self, Box<Reply>> {
        let comparisons = text
            .split(" -and ")
            .map(|part| parse(part.trim().trim_matches(['(', ')', '{', '}']).trim()))
            .collect::<Option<Vec<_>>>();
        comparisons.map(|comparisons| Self { comparisons }).ok_or_else(|| {
            error::cmdlet(
                400,
                "BadRequest",
                "System.Management.Automation.ParameterBindingArgumentTransformationException",
                &format!(
                    "Cannot process argument transformation on parameter 'Filter'. Invalid filter syntax: \"{text}\"."
                ),
            )
        })
    }

    pub(super) fn accepts(&self, row: &Value) -> bool {
        self.comparisons.iter().all(|comparison| comparison.holds(row))
    }
}

impl Comparison {
    fn holds(&self, row: &Value) -> bool {
        let found = row
            .as_object()
            .into_iter()
            .flatten()
            .find(|(name, _)| name.eq_ignore_ascii_case(&self.property))
            .map(|(_, value)| match value {
                Value::String(text) => text.to_lowercase(),
                other => other.to_string().to_lowercase(),
            })
            .unwrap_or_default();
        match self.operator {
            Operator::Equal => found == self.value,
            Operator::NotEqual => found != self.value,
            Operator::Like => like(&found, &self.value),
        }
    }
}

fn parse(text: &str) -> Option<Comparison> {
    let (property, rest) = text.split_once(' ')?;
    let (operator, value) = rest.trim().split_once(' ')?;
    let value = value.trim().trim_matches(['\'', '"']).trim_start_matches('$');
    Some(Comparison {
        property: property.to_owned(),
        operator: match operator.to_ascii_lowercase().as_str() {
            "-eq" => Operator::Equal,
            "-like" => Operator::Like,
            "-ne" => Operator::NotEqual,
            _ => return None,
        },
        value: value.to_lowercase(),
    })
}

fn like(text: &str, pattern: &str) -> bool {
    match (pattern.strip_prefix('*'), pattern.strip_suffix('*')) {
        (Some(_), Some(_)) => text.contains(pattern.trim_matches('*')),
        (Some(end), None) => text.ends_with(end),
        (None, Some(start)) => text.starts_with(start),
        (None, None) => text == pattern,
    }
}
