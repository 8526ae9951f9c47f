//! The table service.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::error::StorageError;
use crate::call::Call;
use crate::clock::iso_ticks;
use crate::reply::Reply;
use crate::world::{StorageAccount, TableEntity};

type Table = BTreeMap<(String, String), TableEntity>;

pub(crate) fn handle(
    account: &mut StorageAccount,
    call: &Call,
    method: &str,
    path: &[&str],
) -> Result<Reply, StorageError> {
    let [segment] = path else {
        return Err(BAD_INPUT);
    };
    let (name, key) = match segment.strip_suffix(')').and_then(|rest| rest.split_once('(')) {
        Some((name, key)) => (name, Some(key)),
        None => (*segment, None),
    };
    if name == "Tables" {
        return of_tables(account, call, method, key);
    }
    let table = account.tables.get_mut(name).ok_or(StorageError::new(
        404,
        "TableNotFound",
        "The table specified does not exist.",
    ))?;
    match (method, key.filter(|key| !key.is_empty())) {
        ("GET", None) => query(table, call),
        ("POST", None) => insert(table, call),
        ("GET", Some(key)) => table.get(&keys(key)?).map(entity).ok_or(NO_ENTITY),
        ("PUT", Some(key)) => write(table, call, keys(key)?, false),
        ("MERGE" | "PATCH", Some(key)) => write(table, call, keys(key)?, true),
        ("DELETE", Some(key)) => {
            let key = keys(key)?;
            let tag = call.header("if-match").ok_or(StorageError::new(
                400,
                "MissingRequiredHeader",
                "An HTTP header that's mandatory for this request is not specified.",
            ))?;
            check(table.get(&key).ok_or(NO_ENTITY)?, tag)?;
            table.remove(&key);
            Ok(Reply::empty(204))
        }
        _ => Err(BAD_INPUT),
    }
}

fn of_tables(
    account: &mut StorageAccount,
    call: &Call,
    method: &str,
    key: Option<&str>,
) -> Result<Reply, StorageError> {
    match (method, key) {
        ("GET", None) => {
            let tables: Vec<Value> = account.tables.keys().map(|name| json!({"TableName": name})).collect();
            Ok(Reply::json(200, json!({"value": tables})))
        }
        ("POST", None) => {
            let body = call.json().ok_or(BAD_INPUT)?;
            let name = body["TableName"].as_str().ok_or(BAD_INPUT)?;
            let valid = (3..=63).contains(&name.len())
                && name.starts_with(|first: char| first.is_ascii_alphabetic())
                && name.bytes().all(|byte| byte.is_ascii_alphanumeric());
            if !valid {
                return Err(StorageError::new(
                    400,
                    "InvalidResourceName",
                    "The specified resource name contains invalid characters.",
                ));
            }
            if account.tables.keys().any(|held| held.eq_ignore_ascii_case(name)) {
                return Err(StorageError::new(409, "TableAlreadyExists", "The table specified already exists."));
            }
            account.tables.insert(name.to_owned(), Table::new());
            Ok(created(call, json!({"TableName": name})))
        }
        ("DELETE", Some(key)) => account
            .tables
            .remove(key.trim_matches('\''))
            .map(|_| Reply::empty(204))
            .ok_or(StorageError::new(404, "ResourceNotFound", "The specified resource does not exist.")),
        _ => Err(BAD_INPUT),
    }
}

fn query(table: &Table, call: &Call) -> Result<Reply, StorageError> {
    let filter = call.query("$filter").map(conditions).transpose()?.unwrap_or_default();
    let from = (
        call.query("NextPartitionKey").unwrap_or_default().to_owned(),
        call.query("NextRowKey").unwrap_or_default().to_owned(),
    );
    let size = call.query("$top").and_then(|top| top.parse().ok()).unwrap_or(1000_usize).clamp(1, 1000);
    let mut matching = table.range(from..).filter(|(_, found)| {
        filter.iter().all(|(name, value)| found.properties.get(name).and_then(Value::as_str) == Some(value))
    });
    let value: Vec<Value> = matching.by_ref().take(size).map(|(_, found)| shown(found)).collect();
    let reply = Reply::json(200, json!({"value": value}));
    Ok(match matching.next() {
        Some(((partition, row), _)) => reply
            .with_header("x-ms-continuation-NextPartitionKey", partition.as_str())
            .with_header("x-ms-continuation-NextRowKey", row.as_str()),
        None => reply,
    })
}

fn insert(table: &mut Table, call: &Call) -> Result<Reply, StorageError> {
    let Some(Value::Object(properties)) = call.json() else {
        return Err(BAD_INPUT);
    };
    let text = |name: &str| {
        properties.get(name).and_then(Value::as_str).map(str::to_owned).ok_or(StorageError::new(
            400,
            "PropertiesNeedValue",
            "The values are not specified for all properties in the entity.",
        ))
    };
    let key = (text("PartitionKey")?, text("RowKey")?);
    if table.contains_key(&key) {
        return Err(StorageError::new(409, "EntityAlreadyExists", "The specified entity already exists."));
    }
    let added = TableEntity { properties, modified_at: call.now, version: 1 };
    let reply = created(call, shown(&added)).with_header("ETag", etag(&added));
    table.insert(key, added);
    Ok(reply)
}

/// Replaces or merges an entity; without `If-Match` it may be new.
fn write(table: &mut Table, call: &Call, key: (String, String), merge: bool) -> Result<Reply, StorageError> {
    let Some(Value::Object(mut sent)) = call.json() else {
        return Err(BAD_INPUT);
    };
    let held = table.get(&key);
    if let Some(tag) = call.header("if-match") {
        check(held.ok_or(NO_ENTITY)?, tag)?;
    }
    sent.insert("PartitionKey".to_owned(), json!(key.0));
    sent.insert("RowKey".to_owned(), json!(key.1));
    let mut properties = match held {
        Some(held) if merge => held.properties.clone(),
        _ => Map::new(),
    };
    properties.extend(sent);
    let written = TableEntity { properties, modified_at: call.now, version: held.map_or(1, |held| held.version + 1) };
    let reply = Reply::empty(204).with_header("ETag", etag(&written));
    table.insert(key, written);
    Ok(reply)
}

fn check(held: &TableEntity, tag: &str) -> Result<(), StorageError> {
    if tag == "*" || tag == etag(held) {
        Ok(())
    } else {
        Err(StorageError::new(
            412,
            "UpdateConditionNotSatisfied",
            "The update condition specified in the request was not satisfied.",
        ))
    }
}

/// Reads `PartitionKey='p',RowKey='r'`.
fn keys(text: &str) -> Result<(String, String), StorageError> {
    let rest = text.strip_prefix("PartitionKey='").ok_or(BAD_INPUT)?;
    let (partition, row) = rest.split_once("',RowKey='").ok_or(BAD_INPUT)?;
    let row = row.strip_suffix('\'').ok_or(BAD_INPUT)?;
    Ok((partition.replace("''", "'"), row.replace("''", "'")))
}

/// Reads equalities of text properties joined by `and`, the part of the filter language served here.
fn conditions(filter: &str) -> Result<Vec<(String, String)>, StorageError> {
    filter
        .split(" and ")
        .map(|condition| {
            let (name, value) = condition.trim().split_once(" eq ").ok_or(BAD_INPUT)?;
            let value = value.strip_prefix('\'').and_then(|value| value.strip_suffix('\'')).ok_or(BAD_INPUT)?;
            Ok((name.trim_start_matches('(').to_owned(), value.replace("''", "'")))
        })
        .collect()
}

fn created(call: &Call, body: Value) -> Reply {
    if call.header("prefer") == Some("return-no-content") {
        Reply::empty(204).with_header("Preference-Applied", "return-no-content")
    } else {
        Reply::json(201, body)
    }
}

fn entity(found: &TableEntity) -> Reply {
    Reply::json(200, shown(found)).with_header("ETag", etag(found))
}

fn shown(found: &TableEntity) -> Value {
    let mut properties = found.properties.clone();
    properties.insert("Timestamp".to_owned(), json!(iso_ticks(found.modified_at)));
    properties.insert("odata.etag".to_owned(), json!(etag(found)));
    Value::Object(properties)
}

fn etag(found: &TableEntity) -> String {
    let time = iso_ticks(found.modified_at).replace(':', "%3A");
    format!("W/\"datetime'{time}';v={}\"", found.version)
}

const NO_ENTITY: StorageError = StorageError::new(404, "ResourceNotFound", "The specified resource does not exist.");

const BAD_INPUT: StorageError = StorageError::new(400, "InvalidInput", "One of the request inputs is not valid.");
