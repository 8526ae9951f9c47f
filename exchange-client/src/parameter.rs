//! Values of cmdlet parameters that are more than a text, a number, a flag or a list.
//!
//! A bare list *replaces* a multi-valued property. To keep what is there, send [`add`] or [`remove`]; [`replace`] and
//! [`clear`] say the other two by name.

use serde_json::{Map, Value};

/// A hashtable (`@{ Key = value }` in PowerShell); hashtables in it are marked too.
///
/// # Example
/// ```
/// let value = exchange_client::parameter::hashtable([("BlockLegacyAuth", "true")]);
/// assert_eq!(value, serde_json::json!({"@odata.type": "#Exchange.GenericHashTable", "BlockLegacyAuth": "true"}));
/// ```
pub fn hashtable<K: Into<String>, V: Into<Value>>(members: impl IntoIterator<Item = (K, V)>) -> Value {
    tagged(Value::Object(members.into_iter().map(|(key, value)| (key.into(), value.into())).collect()))
}

/// Adds values to a multi-valued property and keeps the others.
pub fn add<V: Into<Value>>(values: impl IntoIterator<Item = V>) -> ListChange {
    ListChange::default().and_add(values)
}

/// Removes values from a multi-valued property and keeps the others.
pub fn remove<V: Into<Value>>(values: impl IntoIterator<Item = V>) -> ListChange {
    ListChange::default().and_remove(values)
}

/// Replaces all values of a multi-valued property; with none, [`clear`].
pub fn replace<V: Into<Value>>(values: impl IntoIterator<Item = V>) -> Value {
    let values: Vec<Value> = values.into_iter().map(Into::into).collect();
    if values.is_empty() { clear() } else { Value::Array(values) }
}

/// Removes all values of a multi-valued property. For a property with one value send [`Value::Null`].
#[must_use]
pub fn clear() -> Value {
    tagged(Value::Object(Map::new()))
}

/// A change to a multi-valued property, begun by [`add`] or [`remove`].
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ListChange {
    add: Option<Vec<Value>>,
    remove: Option<Vec<Value>>,
}

impl ListChange {
    /// Adds values too.
    #[must_use]
    pub fn and_add<V: Into<Value>>(mut self, values: impl IntoIterator<Item = V>) -> Self {
        self.add.get_or_insert_default().extend(values.into_iter().map(Into::into));
        self
    }

    /// Removes values too.
    #[must_use]
    pub fn and_remove<V: Into<Value>>(mut self, values: impl IntoIterator<Item = V>) -> Self {
        self.remove.get_or_insert_default().extend(values.into_iter().map(Into::into));
        self
    }
}

impl From<ListChange> for Value {
    fn from(change: ListChange) -> Self {
        // An empty list stays: a hashtable without any key would clear the property.
        hashtable(
            [("Add", change.add), ("Remove", change.remove)]
                .into_iter()
                .filter_map(|(key, values)| values.map(|values| (key, values))),
        )
    }
}

/// Marks every object as a hashtable; one without the mark is refused by the service.
pub(crate) fn tagged(value: Value) -> Value {
    match value {
        Value::Array(items) => items.into_iter().map(tagged).collect(),
        Value::Object(members) => {
            let mut marked = Map::with_capacity(members.len() + 1);
            // OData reads the type before the members.
            marked.insert(TYPE.to_owned(), HASHTABLE.into());
            marked.extend(members.into_iter().map(|(key, value)| (key, tagged(value))));
            Value::Object(marked)
        }
        scalar => scalar,
    }
}

const TYPE: &str = "@odata.type";
const HASHTABLE: &str = "#Exchange.GenericHashTable";

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn changes_are_marked_and_replacement_is_a_bare_list() {
        let both: Value = add(["smtp:a@contoso.com"]).and_remove(["smtp:b@contoso.com"]).into();
        assert_eq!(
            both,
            json!({"@odata.type": HASHTABLE, "Add": ["smtp:a@contoso.com"], "Remove": ["smtp:b@contoso.com"]})
        );
        assert_eq!(replace(["a", "b"]), json!(["a", "b"]));
        assert_eq!(clear(), json!({"@odata.type": HASHTABLE}));
        assert_eq!(replace(Vec::<String>::new()), clear());
    }

    #[test]
    fn adding_nothing_does_not_clear() {
        assert_eq!(Value::from(add(Vec::<String>::new())), json!({"@odata.type": HASHTABLE, "Add": []}));
    }

    #[test]
    fn every_level_is_marked_once() {
        let value = tagged(json!([{"a": {"b": 1}}, {"@odata.type": "#Exchange.Other", "c": null}]));
        assert_eq!(
            value,
            json!([
                {"@odata.type": HASHTABLE, "a": {"@odata.type": HASHTABLE, "b": 1}},
                {"@odata.type": "#Exchange.Other", "c": null}
            ])
        );
    }
}
