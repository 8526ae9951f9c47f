//! The recycle bin: deleted users and applications.

use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::access;
use super::answer::{Answer, not_found};
use super::cx::Cx;
use crate::reply::Reply;
use crate::world::World;

pub(super) fn list(world: &World, cx: &Cx<'_>, kind: &str) -> Answer {
    access::DIRECTORY_OBJECTS.check(cx)?;
    let wanted = format!("#microsoft.graph.{kind}");
    let items: Vec<&Value> =
        cx.tenant(world)?.deleted_items.values().filter(|item| item["@odata.type"] == *wanted).collect();
    Ok(Reply::json(200, json!({"@odata.context": cx.context(&format!("{kind}s")), "value": items})))
}

pub(super) fn get(world: &World, cx: &Cx<'_>) -> Answer {
    access::DIRECTORY_OBJECTS.check(cx)?;
    let item = cx.tenant(world)?.deleted_items.get(&cx.object_id(2)?).ok_or_else(|| not_found(cx.id(2)))?;
    let mut body = Map::new();
    body.insert("@odata.context".to_owned(), cx.context("directoryObjects/$entity").into());
    body.extend(item.as_object().cloned().unwrap_or_default());
    Ok(Reply::json(200, Value::Object(body)))
}

/// Removes an item for good.
pub(super) fn purge(world: &mut World, cx: &Cx<'_>) -> Answer {
    let id: Uuid = cx.object_id(2)?;
    let item = cx.tenant(world)?.deleted_items.get(&id).ok_or_else(|| not_found(cx.id(2)))?;
    if item["@odata.type"] == "#microsoft.graph.user" {
        access::USERS_DELETE.check(cx)?;
    } else {
        access::APPLICATIONS_CHANGE.check(cx)?;
    }
    cx.tenant_mut(world)?.deleted_items.remove(&id);
    Ok(Reply::empty(204))
}
