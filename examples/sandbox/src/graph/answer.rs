//! Answers in Graph's form: objects, collections with pages, errors.

use serde_json::{Map, Value, json};

use super::cx::Cx;
use super::query::{Query, Want, next_link};
use super::schema::{Entity, Kind};
use crate::reply::{Body, Reply};

/// The answer of a handler; a refusal is an answer too.
pub(super) type Answer = Result<Reply, Reply>;

/// A refusal in Graph's envelope; request ids and time are filled in when the answer is sent.
pub(super) fn error(status: u16, code: &str, message: &str) -> Reply {
    Reply::json(status, json!({"error": {"code": code, "message": message}}))
}

/// 400 `Request_BadRequest`.
pub(super) fn bad_request(message: &str) -> Reply {
    error(400, "Request_BadRequest", message)
}

/// 404 for an object that is not in the directory.
pub(super) fn not_found(id: &str) -> Reply {
    error(
        404,
        "Request_ResourceNotFound",
        &format!("Resource '{id}' does not exist or one of its queried reference-property objects are not present."),
    )
}

/// 400 for an object whose unique property is taken.
pub(super) fn taken(message: &str, property: &str) -> Reply {
    Reply::json(
        400,
        json!({"error": {"code": "Request_BadRequest", "message": message, "details": [
            {"code": "ObjectConflict", "message": message, "target": property}]}}),
    )
}

/// One object, with its context.
pub(super) fn object(
    cx: &Cx<'_>,
    status: u16,
    query: &Query,
    entity: &Entity,
    fragment: &str,
    view: Map<String, Value>,
) -> Reply {
    let mut body = Map::new();
    body.insert(
        "@odata.context".to_owned(),
        cx.context(&format!("{fragment}{}/$entity", query.context_suffix())).into(),
    );
    body.extend(project(view, query, entity));
    Reply::json(status, Value::Object(body))
}

/// A page of a collection: filtered, sorted, cut, with next link and count.
pub(super) fn collection<T>(
    cx: &Cx<'_>,
    query: &Query,
    entity: &Entity,
    fragment: &str,
    items: impl Iterator<Item = T>,
    view: impl Fn(&T, &Want) -> Map<String, Value>,
) -> Reply {
    let chosen: Vec<T> = if query.decides() { decide(query, items, &view) } else { items.collect() };
    let showing = query.showing(entity);
    let end = query.skip.saturating_add(query.top);
    let value: Vec<Value> = chosen
        .iter()
        .skip(query.skip)
        .take(query.top)
        .map(|item| Value::Object(project(view(item, &showing), query, entity)))
        .collect();
    let mut body = Map::new();
    body.insert("@odata.context".to_owned(), cx.context(&format!("{fragment}{}", query.context_suffix())).into());
    if query.count && query.skip == 0 {
        body.insert("@odata.count".to_owned(), chosen.len().into());
    }
    if end < chosen.len() {
        body.insert("@odata.nextLink".to_owned(), next_link(cx.call, end).into());
    }
    body.insert("value".to_owned(), value.into());
    Reply::json(200, Value::Object(body))
}

/// The number of objects a query finds, as plain text (the `/$count` segment).
pub(super) fn plain_count<T>(
    cx: &Cx<'_>,
    query: &Query,
    items: impl Iterator<Item = T>,
    view: impl Fn(&T, &Want) -> Map<String, Value>,
) -> Answer {
    if !super::query::is_eventual(cx.call) {
        return Err(bad_request("$count is not currently supported."));
    }
    let count = if query.decides() { decide(query, items, &view).len() } else { items.count() };
    Ok(Reply::raw(200, count.to_string(), "text/plain"))
}

fn decide<T>(query: &Query, items: impl Iterator<Item = T>, view: &impl Fn(&T, &Want) -> Map<String, Value>) -> Vec<T> {
    let deciding = query.deciding();
    let mut chosen: Vec<(T, Vec<String>)> = items
        .filter_map(|item| {
            let seen = view(&item, &deciding);
            let keys = query.order.iter().map(|(name, _)| sort_key(seen.get(name))).collect();
            query.accepts(&seen).then_some((item, keys))
        })
        .collect();
    if !query.order.is_empty() {
        chosen.sort_by(|(_, left), (_, right)| {
            left.iter().zip(right).zip(&query.order).fold(
                std::cmp::Ordering::Equal,
                |order, ((left, right), (_, descending))| {
                    order.then_with(|| if *descending { right.cmp(left) } else { left.cmp(right) })
                },
            )
        });
    }
    chosen.into_iter().map(|(item, _)| item).collect()
}

fn sort_key(value: Option<&Value>) -> String {
    match value {
        Some(Value::String(text)) => text.to_lowercase(),
        Some(Value::Null) | None => String::new(),
        Some(other) => other.to_string(),
    }
}

/// Keeps what was selected (or is shown by default); what the object does not hold is null or an empty collection.
fn project(mut view: Map<String, Value>, query: &Query, entity: &Entity) -> Map<String, Value> {
    let mut shown = Map::new();
    let mut show = |name: &str, view: &mut Map<String, Value>| {
        let Some(property) = entity.property(name) else {
            return;
        };
        let value = view.remove(name).unwrap_or_else(|| match property.kind {
            Kind::Complexes(_) | Kind::Texts => Value::Array(Vec::new()),
            _ => Value::Null,
        });
        shown.insert(name.to_owned(), value);
    };
    match (&query.select, entity.defaults) {
        (Some(names), _) => {
            for name in names {
                show(name.split('/').next().unwrap_or(name), &mut view);
            }
        }
        (None, Some(names)) => {
            for name in names {
                show(name, &mut view);
            }
        }
        (None, None) => {
            for property in entity.properties {
                show(property.name, &mut view);
            }
        }
    }
    let kept = |name: &String| name.starts_with('@') || query.expand.iter().any(|expand| expand.name == *name);
    shown.extend(view.into_iter().filter(|(name, _)| kept(name)));
    shown
}

/// Adds what every answer of Graph carries: request ids, version, and the inner error of a refusal.
pub(super) fn finish(call: &crate::call::Call, mut reply: Reply) -> Reply {
    let request_id = call.request_id.to_string();
    let client_id = call.header("client-request-id").unwrap_or(&request_id).to_owned();
    if let Body::Json(body) = &mut reply.body {
        if let Some(error) = body.get_mut("error").and_then(Value::as_object_mut) {
            error.entry("innerError").or_insert_with(|| {
                json!({
                    "date": call.now.strftime("%Y-%m-%dT%H:%M:%S").to_string(),
                    "request-id": request_id,
                    "client-request-id": client_id,
                })
            });
        } else if reply.header("content-type").is_none() {
            reply = reply.with_header(
                "Content-Type",
                "application/json;odata.metadata=minimal;odata.streaming=true;IEEE754Compatible=false;charset=utf-8",
            );
        }
    }
    for (name, value) in [
        ("request-id", request_id.as_str()),
        ("client-request-id", client_id.as_str()),
        ("x-ms-ags-diagnostic", DIAGNOSTIC),
        ("OData-Version", "4.0"),
    ] {
        if reply.header(name).is_none() {
            reply = reply.with_header(name, value);
        }
    }
    reply
}

const DIAGNOSTIC: &str = r#"{"ServerInfo":{"DataCenter":"Sandbox","Slice":"E","Ring":"1","ScaleUnit":"000","RoleInstance":"SANDBOX00000001"}}"#;
