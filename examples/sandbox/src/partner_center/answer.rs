//! The two error shapes and the collection shape of Partner Center.

use serde_json::{Value, json};

use crate::reply::Reply;

const BYTE_ORDER_MARK: &[u8] = &[0xEF, 0xBB, 0xBF];

/// Refuses in the form of the service itself; the code goes out as it is given, number or text.
pub(super) fn refuse(status: u16, code: impl Into<Value>, description: &str) -> Box<Reply> {
    Box::new(Reply::json(
        status,
        json!({"code": code.into(), "description": description, "data": [], "source": "PartnerFD"}),
    ))
}

/// Refuses in the form of the gateway in front of the service.
pub(super) fn gateway(status: u16, message: &str) -> Box<Reply> {
    Box::new(Reply::json(status, json!({"statusCode": status, "message": message})))
}

pub(super) fn no_route() -> Box<Reply> {
    gateway(404, "Resource not found")
}

pub(super) fn no_method() -> Box<Reply> {
    gateway(405, "The requested resource does not support this http method.")
}

/// Answers with a body that starts with a byte-order mark, as many of the service's answers do.
pub(super) fn marked(status: u16, body: &Value) -> Reply {
    let mut bytes = BYTE_ORDER_MARK.to_vec();
    bytes.extend(body.to_string().into_bytes());
    Reply::raw(status, bytes, "application/json; charset=utf-8")
}

/// Answers with one page of a collection.
pub(super) fn collection(items: &[Value], own_uri: &str, next: Option<(String, String)>) -> Reply {
    let link = |uri: &str, headers: Value| json!({"uri": uri, "method": "GET", "headers": headers});
    let mut links = json!({"self": link(own_uri, json!([]))});
    if let Some((uri, token)) = next {
        links["next"] = link(&uri, json!([{"key": "MS-ContinuationToken", "value": token}]));
    }
    marked(
        200,
        &json!({
            "totalCount": items.len(),
            "items": items,
            "links": links,
            "attributes": {"objectType": "Collection"},
        }),
    )
}
