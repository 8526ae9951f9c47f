//! Request bodies: checked against the type before a handler uses them.

use serde_json::{Map, Value};
use uuid::Uuid;

use super::answer::{bad_request, error};
use super::cx::Cx;
use super::schema::{Entity, Kind, Property, Settable};
use crate::reply::Reply;

/// The most references one request may bind.
const MOST_BINDS: usize = 20;

/// A checked body.
#[derive(Debug)]
pub(super) struct Draft {
    pub(super) fields: Map<String, Value>,
    binds: Vec<(String, Vec<Uuid>)>,
    resource: String,
}

impl Draft {
    /// Reads a body that creates an object.
    pub(super) fn create(cx: &Cx<'_>, entity: &Entity) -> Result<Self, Reply> {
        Self::read(cx, entity, true)
    }

    /// Reads a body that changes an object.
    pub(super) fn change(cx: &Cx<'_>, entity: &Entity) -> Result<Self, Reply> {
        Self::read(cx, entity, false)
    }

    fn read(cx: &Cx<'_>, entity: &Entity, creating: bool) -> Result<Self, Reply> {
        let Value::Object(body) = cx.json()? else {
            return Err(bad_request("The request body must be a JSON object."));
        };
        let mut draft = Self { fields: Map::new(), binds: Vec::new(), resource: capitalised(entity.name) };
        for (name, value) in body {
            if let Some(navigation) = name.strip_suffix("@odata.bind") {
                if !entity.has_navigation(navigation) {
                    return Err(invalid_property(navigation));
                }
                draft.binds.push((navigation.to_owned(), references(&value)?));
                continue;
            }
            if name.contains('@') {
                continue;
            }
            let property = entity.property(&name).ok_or_else(|| invalid_property(&name))?;
            let may_be_set = match property.settable {
                Settable::Always => true,
                Settable::AtCreation => creating,
                Settable::Never => false,
            };
            if !may_be_set {
                return Err(bad_request(&format!("Property '{name}' is read-only and cannot be set.")));
            }
            check(property, &value)?;
            draft.fields.insert(name, value);
        }
        Ok(draft)
    }

    /// A text that has to be there.
    pub(super) fn required(&self, name: &str) -> Result<&str, Reply> {
        match self.fields.get(name) {
            Some(Value::String(text)) if !text.is_empty() => Ok(text),
            _ => Err(self.missing(name)),
        }
    }

    /// A flag that has to be there.
    pub(super) fn required_flag(&self, name: &str) -> Result<bool, Reply> {
        self.fields.get(name).and_then(Value::as_bool).ok_or_else(|| self.missing(name))
    }

    pub(super) fn missing(&self, name: &str) -> Reply {
        let message = format!("A value is required for property '{name}' of resource '{}'.", self.resource);
        Reply::json(
            400,
            serde_json::json!({"error": {"code": "Request_BadRequest", "message": message, "details": [
                {"code": "MissingRequiredProperty", "message": message, "target": name}]}}),
        )
    }

    pub(super) fn text(&self, name: &str) -> Option<&str> {
        self.fields.get(name).and_then(Value::as_str)
    }

    pub(super) fn flag(&self, name: &str) -> Option<bool> {
        self.fields.get(name).and_then(Value::as_bool)
    }

    /// Takes a field out, if it was sent.
    pub(super) fn take(&mut self, name: &str) -> Option<Value> {
        self.fields.remove(name)
    }

    /// The objects bound to a navigation property.
    pub(super) fn bound(&self, navigation: &str) -> &[Uuid] {
        self.binds.iter().find(|(name, _)| name == navigation).map_or(&[], |(_, ids)| ids.as_slice())
    }
}

/// The texts of a JSON array.
pub(super) fn texts(value: &Value) -> Vec<String> {
    value.as_array().into_iter().flatten().filter_map(|item| item.as_str().map(str::to_owned)).collect()
}

/// The object id at the end of an `@odata.id` reference.
pub(super) fn reference(url: &str) -> Result<Uuid, Reply> {
    let last = url.trim_end_matches('/').rsplit('/').next().unwrap_or_default();
    let key = last.rsplit_once('(').map_or(last, |(_, key)| key.trim_matches([')', '\'']));
    let absolute = url.starts_with("https://") || url.starts_with("http://");
    match Uuid::parse_str(key) {
        Ok(id) if absolute => Ok(id),
        _ => Err(bad_request("Invalid URL format specified in payload.")),
    }
}

/// Checks an object against the properties of a complex type.
pub(super) fn check_object(properties: &[Property], object: &Map<String, Value>) -> Result<(), Reply> {
    for (name, value) in object {
        if name.contains('@') {
            continue;
        }
        let property =
            properties.iter().find(|property| property.name == name).ok_or_else(|| invalid_property(name))?;
        check(property, value)?;
    }
    Ok(())
}

fn check(property: &Property, value: &Value) -> Result<(), Reply> {
    let mismatch = || {
        error(
            400,
            "Request_BadRequest",
            &format!("Property {} in payload has a value that does not match schema.", property.name),
        )
    };
    let fits = match (property.kind, value) {
        (_, Value::Null) => true,
        (Kind::Complex(properties), Value::Object(object)) => {
            return check_object(properties, object);
        }
        (Kind::Complexes(properties), Value::Array(items)) => {
            for item in items {
                check_object(properties, item.as_object().ok_or_else(mismatch)?)?;
            }
            true
        }
        (Kind::Texts, Value::Array(items)) => items.iter().all(Value::is_string),
        (Kind::Any, _)
        | (Kind::Flag, Value::Bool(_))
        | (Kind::Number, Value::Number(_))
        | (Kind::Text, Value::String(_)) => true,
        _ => false,
    };
    if fits { Ok(()) } else { Err(mismatch()) }
}

fn references(value: &Value) -> Result<Vec<Uuid>, Reply> {
    let urls = match value {
        Value::Array(urls) => urls.as_slice(),
        single => std::slice::from_ref(single),
    };
    if urls.len() > MOST_BINDS {
        return Err(bad_request(&format!(
            "The number of references in the payload exceeds the limit of {MOST_BINDS}."
        )));
    }
    urls.iter().map(|url| reference(url.as_str().unwrap_or_default())).collect()
}

fn invalid_property(name: &str) -> Reply {
    bad_request(&format!("Invalid property '{name}'."))
}

fn capitalised(name: &str) -> String {
    name.chars().take(1).flat_map(char::to_uppercase).chain(name.chars().skip(1)).collect()
}
