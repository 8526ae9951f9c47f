//! Parameter values: hashtables carry a tag, lists are replaced or changed by `Add` and `Remove`.

use serde_json::{Map, Value, json};

use super::error;
use crate::reply::Reply;

const TAG: &str = "#Exchange.GenericHashTable";

/// Refuses an object, at any depth, that is not tagged as a hashtable: it would reach the cmdlet untyped.
pub(super) fn check(parameter: &str, value: &Value) -> Result<(), Box<Reply>> {
    match value {
        Value::Array(items) => items.iter().try_for_each(|item| check(parameter, item)),
        Value::Object(members) if members.get("@odata.type") != Some(&json!(TAG)) => Err(error::cmdlet(
            400,
            "BadRequest",
            "System.Management.Automation.ParameterBindingArgumentTransformationException",
            &format!(
                "Cannot process argument transformation on parameter '{parameter}'. Cannot convert value \"Newtonsoft.Json.Linq.JObject\" to type \"System.Collections.Hashtable\"."
            ),
        )),
        Value::Object(members) => {
            members.iter().filter(|(name, _)| !name.contains('@')).try_for_each(|(_, member)| check(parameter, member))
        }
        _ => Ok(()),
    }
}

/// Applies a value to a list: a hashtable adds and removes, anything else replaces, an empty hashtable clears.
pub(super) fn apply(current: &[String], value: &Value) -> Vec<String> {
    let Value::Object(members) = value else {
        return texts(value);
    };
    let add = member(members, "add");
    let remove = member(members, "remove");
    if add.is_none() && remove.is_none() {
        return Vec::new();
    }
    let gone = remove.map(texts).unwrap_or_default();
    let same = |left: &str, right: &str| left.eq_ignore_ascii_case(right);
    let mut list: Vec<String> =
        current.iter().filter(|item| !gone.iter().any(|gone| same(gone, item))).cloned().collect();
    for new in add.map(texts).unwrap_or_default() {
        if !list.iter().any(|item| same(item, &new)) {
            list.push(new);
        }
    }
    list
}

fn texts(value: &Value) -> Vec<String> {
    match value {
        Value::String(text) => vec![text.clone()],
        Value::Array(items) => items.iter().flat_map(texts).collect(),
        Value::Null | Value::Object(_) => Vec::new(),
        other => vec![other.to_string()],
    }
}

fn member<'a>(members: &'a Map<String, Value>, lowered: &str) -> Option<&'a Value> {
    members.iter().find(|(name, _)| name.eq_ignore_ascii_case(lowered)).map(|(_, value)| value)
}
