//! `$filter` expressions: parsed once per request, tested against the JSON of each object.

mod parse;

use serde_json::{Map, Value};

/// One node of a filter expression.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Filter {
    And(Box<Self>, Box<Self>),
    Any(Path, Comparison, Value),
    Compare(Path, Comparison, Value),
    In(Path, Vec<Value>),
    Not(Box<Self>),
    Or(Box<Self>, Box<Self>),
    Text(TextTest, Path, String),
}

/// A property, or a property of a complex property.
pub(super) type Path = Vec<String>;

/// The comparison operators.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Comparison {
    Eq,
    Ge,
    Gt,
    Le,
    Lt,
    Ne,
}

/// The text functions.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum TextTest {
    Contains,
    EndsWith,
    StartsWith,
}

impl Filter {
    /// Parses an expression; the error says what is wrong.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        parse::expression(text)
    }

    /// Calls `visit` with each property path the expression reads.
    pub(super) fn paths<'a>(&'a self, visit: &mut dyn FnMut(&'a Path)) {
        match self {
            Self::And(left, right) | Self::Or(left, right) => {
                left.paths(visit);
                right.paths(visit);
            }
            Self::Any(path, ..) | Self::Compare(path, ..) | Self::In(path, _) | Self::Text(_, path, _) => visit(path),
            Self::Not(inner) => inner.paths(visit),
        }
    }

    /// The operator that only advanced directory queries know, if the expression holds one.
    pub(super) fn advanced(&self) -> Option<&'static str> {
        match self {
            Self::And(left, right) | Self::Or(left, right) => left.advanced().or_else(|| right.advanced()),
            Self::Compare(_, Comparison::Ne, _) => Some("NotEqualsMatch"),
            Self::Not(_) => Some("Not"),
            Self::Text(TextTest::EndsWith, ..) => Some("EndsWith"),
            _ => None,
        }
    }

    /// The text function `contains`, which directory objects do not offer.
    pub(super) fn uses_contains(&self) -> bool {
        match self {
            Self::And(left, right) | Self::Or(left, right) => left.uses_contains() || right.uses_contains(),
            Self::Not(inner) => inner.uses_contains(),
            Self::Text(TextTest::Contains, ..) => true,
            _ => false,
        }
    }

    /// Whether an object satisfies the expression.
    pub(super) fn matches(&self, object: &Map<String, Value>) -> bool {
        match self {
            Self::And(left, right) => left.matches(object) && right.matches(object),
            Self::Any(path, comparison, wanted) => value_at(object, path)
                .and_then(Value::as_array)
                .is_some_and(|items| items.iter().any(|item| comparison.holds(item, wanted))),
            Self::Compare(path, comparison, wanted) => {
                comparison.holds(value_at(object, path).unwrap_or(&Value::Null), wanted)
            }
            Self::In(path, values) => {
                let actual = value_at(object, path).unwrap_or(&Value::Null);
                values.iter().any(|wanted| Comparison::Eq.holds(actual, wanted))
            }
            Self::Not(inner) => !inner.matches(object),
            Self::Or(left, right) => left.matches(object) || right.matches(object),
            Self::Text(test, path, wanted) => {
                value_at(object, path).and_then(Value::as_str).is_some_and(|actual| test.holds(actual, wanted))
            }
        }
    }
}

impl Comparison {
    fn parse(word: &str) -> Option<Self> {
        Some(match word {
            "eq" => Self::Eq,
            "ge" => Self::Ge,
            "gt" => Self::Gt,
            "le" => Self::Le,
            "lt" => Self::Lt,
            "ne" => Self::Ne,
            _ => return None,
        })
    }

    fn holds(self, actual: &Value, wanted: &Value) -> bool {
        let order = match (actual, wanted) {
            (Value::String(actual), Value::String(wanted)) => Some(actual.to_lowercase().cmp(&wanted.to_lowercase())),
            (Value::Number(actual), Value::Number(wanted)) => {
                actual.as_f64().zip(wanted.as_f64()).and_then(|(actual, wanted)| actual.partial_cmp(&wanted))
            }
            (Value::Bool(actual), Value::Bool(wanted)) => Some(actual.cmp(wanted)),
            (Value::Null, Value::Null) => Some(std::cmp::Ordering::Equal),
            _ => None,
        };
        match self {
            Self::Eq => order.is_some_and(std::cmp::Ordering::is_eq),
            Self::Ge => order.is_some_and(std::cmp::Ordering::is_ge),
            Self::Gt => order.is_some_and(std::cmp::Ordering::is_gt),
            Self::Le => order.is_some_and(std::cmp::Ordering::is_le),
            Self::Lt => order.is_some_and(std::cmp::Ordering::is_lt),
            Self::Ne => !order.is_some_and(std::cmp::Ordering::is_eq),
        }
    }
}

impl TextTest {
    fn parse(word: &str) -> Option<Self> {
        match word.to_ascii_lowercase().as_str() {
            "contains" => Some(Self::Contains),
            "endswith" => Some(Self::EndsWith),
            "startswith" => Some(Self::StartsWith),
            _ => None,
        }
    }

    fn holds(self, actual: &str, wanted: &str) -> bool {
        let (actual, wanted) = (actual.to_lowercase(), wanted.to_lowercase());
        match self {
            Self::Contains => actual.contains(&wanted),
            Self::EndsWith => actual.ends_with(&wanted),
            Self::StartsWith => actual.starts_with(&wanted),
        }
    }
}

fn value_at<'a>(object: &'a Map<String, Value>, path: &[String]) -> Option<&'a Value> {
    let (first, rest) = path.split_first()?;
    rest.iter().try_fold(object.get(first)?, |value, name| value.get(name))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn matches(filter: &str, object: Value) -> bool {
        let Value::Object(object) = object else {
            return false;
        };
        Filter::parse(filter).unwrap().matches(&object)
    }

    #[test]
    fn parse_doubled_quote_stands_for_one() {
        assert!(matches("displayName eq 'O''Neil'", json!({"displayName": "o'neil"})));
    }

    #[test]
    fn parse_precedence_binds_and_before_or() {
        let filter = "a eq 1 or a eq 2 and b eq true";
        assert!(matches(filter, json!({"a": 1, "b": false})));
        assert!(!matches(filter, json!({"a": 2, "b": false})));
        assert!(!matches("(a eq 1 or a eq 2) and b eq true", json!({"a": 1, "b": false})));
    }

    #[test]
    fn parse_functions_paths_lists_and_lambdas() {
        let object = json!({"displayName": "GDAP Users", "customer": {"tenantId": "A"}, "tags": ["x", "y"], "at": "2026-05-01T00:00:00Z"});
        assert!(matches("startsWith(displayName,'gdap')", object.clone()));
        assert!(matches("endsWith(displayName, 'users') and not(displayName eq 'x')", object.clone()));
        assert!(matches("customer/tenantId eq 'a'", object.clone()));
        assert!(matches("customer/tenantId in ('b', 'a')", object.clone()));
        assert!(matches("tags/any(t:t eq 'y')", object.clone()));
        assert!(matches("at ge 2026-01-01T00:00:00Z and missing eq null", object.clone()));
        assert!(!matches("tags/any(t:t eq 'z')", object));
    }

    #[test]
    fn parse_refuses_what_is_no_expression() {
        for text in [
            "",
            "displayName",
            "displayName eq",
            "displayName eq Users",
            "displayName is 'x'",
            "a eq 'x",
            "a eq 1 b",
            "(a eq 1",
        ] {
            assert!(Filter::parse(text).is_err(), "{text}");
        }
    }
}
