//! Reading what a service answered to a batch.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http::header::{CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};
use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;

use super::rules::is_json;
use crate::error::Result;
use crate::http::Response;

/// What was answered to one item.
#[derive(Debug)]
pub(super) enum Answer {
    /// An answer as the item alone would have got.
    Given { status: u16, headers: HeaderMap, body: Bytes },
    /// None.
    Missing,
    /// More than one.
    Several,
}

/// The answers to the items with the ids `1..=count`, as far as they have come.
#[derive(Debug)]
pub(super) struct Answers {
    items: Vec<Answer>,
    /// Where the rest is, when the service has split its answer.
    pub(super) rest: Option<String>,
}

impl Answers {
    pub(super) fn new(count: usize) -> Self {
        Self { items: (0..count).map(|_| Answer::Missing).collect(), rest: None }
    }

    /// Reads one answer of the service. What it says about unknown items, or not in the agreed form, is as if it were
    /// not there: the items it should be about are then missing.
    ///
    /// # Errors
    /// `Decode`: this is no answer to a batch.
    pub(super) fn read(&mut self, response: &Response) -> Result<()> {
        #[derive(Deserialize)]
        struct Body<'a> {
            #[serde(borrow)]
            responses: Vec<&'a RawValue>,
            #[serde(rename = "@odata.nextLink")]
            next: Option<String>,
        }
        let body: Body<'_> = serde_json::from_slice(response.body()).map_err(|cause| response.decode_error(&cause))?;
        for item in body.responses {
            let Some((position, answer)) = read_item(item, response) else { continue };
            let Some(place) = position.checked_sub(1).and_then(|position| self.items.get_mut(position)) else {
                continue;
            };
            *place = if matches!(place, Answer::Missing) { answer } else { Answer::Several };
        }
        self.rest = body.next.filter(|link| !link.is_empty());
        Ok(())
    }

    pub(super) fn is_complete(&self) -> bool {
        !self.items.iter().any(|answer| matches!(answer, Answer::Missing))
    }

    pub(super) fn into_items(self) -> Vec<Answer> {
        self.items
    }
}

/// The position an answer is about, and the answer.
fn read_item(item: &RawValue, response: &Response) -> Option<(usize, Answer)> {
    #[derive(Deserialize)]
    struct Item<'a> {
        id: Value,
        status: Value,
        #[serde(default)]
        headers: Option<BTreeMap<String, Value>>,
        #[serde(borrow, default)]
        body: Option<&'a RawValue>,
    }
    let item: Item<'_> = serde_json::from_str(item.get()).ok()?;
    let number = |value: &Value| value.as_str().map_or_else(|| value.as_u64(), |text| text.parse().ok());
    let position = usize::try_from(number(&item.id)?).ok()?;
    let status = u16::try_from(number(&item.status)?).ok().filter(|status| (100..=999).contains(status))?;
    let headers = read_headers(item.headers.unwrap_or_default(), response.headers());
    let body = item.body.map_or_else(Bytes::new, |body| read_body(body, &headers, response));
    Some((position, Answer::Given { status, headers, body }))
}

/// The headers of an item. What only the batch as a whole has (ids, date) holds for the item too.
fn read_headers(written: BTreeMap<String, Value>, outer: &HeaderMap) -> HeaderMap {
    let mut headers = HeaderMap::with_capacity(written.len() + OF_THE_WHOLE.len());
    for (name, value) in written {
        let values = match value {
            Value::Array(values) => values,
            value => vec![value],
        };
        let Ok(name) = HeaderName::from_bytes(name.as_bytes()) else { continue };
        for value in values {
            let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            if let Ok(value) = HeaderValue::try_from(text) {
                headers.append(name.clone(), value);
            }
        }
    }
    for name in OF_THE_WHOLE {
        if let Some(value) = outer.get(name).filter(|_| !headers.contains_key(name)) {
            headers.insert(HeaderName::from_static(name), value.clone());
        }
    }
    headers
}

/// The body an item alone would have got. What is not JSON comes as base64 text.
fn read_body(written: &RawValue, headers: &HeaderMap, response: &Response) -> Bytes {
    let whole = || response.body.slice_ref(written.get().as_bytes());
    let Some(kind) = headers.get(CONTENT_TYPE).filter(|kind| !is_json(kind)) else {
        return if written.get() == "null" { Bytes::new() } else { whole() };
    };
    let Ok(text) = serde_json::from_str::<String>(written.get()) else { return whole() };
    let is_text = kind.as_bytes().get(..5).is_some_and(|kind| kind.eq_ignore_ascii_case(b"text/"));
    match STANDARD.decode(&text) {
        // A count is written as it is, and digits are valid base64.
        Ok(bytes) if !is_text || std::str::from_utf8(&bytes).is_ok() => bytes.into(),
        _ => text.into(),
    }
}

/// Headers an item inherits.
const OF_THE_WHOLE: [&str; 4] = ["client-request-id", "date", "request-id", "x-ms-ags-diagnostic"];

#[cfg(test)]
mod tests {
    use http::StatusCode;

    use super::*;

    fn response(body: &str) -> Response {
        let mut headers = HeaderMap::new();
        headers.insert("request-id", HeaderValue::from_static("outer"));
        Response {
            status: StatusCode::OK,
            headers,
            body: Bytes::copy_from_slice(body.as_bytes()),
            operation: "graph.batch",
            tenant: None,
            attempts: 1,
        }
    }

    fn read(count: usize, items: &str) -> Vec<Answer> {
        let mut answers = Answers::new(count);
        answers.read(&response(&format!(r#"{{"responses":[{items}]}}"#))).unwrap();
        answers.into_items()
    }

    fn body(headers: &str, body: &str) -> String {
        let items = read(1, &format!(r#"{{"id":"1","status":200,"headers":{headers},"body":{body}}}"#));
        let Answer::Given { body, .. } = &items[0] else { panic!("{items:?}") };
        format!("{body:?}")
    }

    #[test]
    fn answers_are_matched_by_id_in_any_order() {
        let items = read(3, r#"{"id":"3","status":204},{"id":1,"status":"404","headers":null,"body":null}"#);
        assert!(matches!(&items[0], Answer::Given { status: 404, body, .. } if body.is_empty()));
        assert!(matches!(items[1], Answer::Missing));
        assert!(matches!(items[2], Answer::Given { status: 204, .. }));
    }

    #[test]
    fn doubles_are_told_and_strangers_are_nobody() {
        let items = read(
            2,
            r#"{"id":"1","status":200},{"id":"1","status":404},{"id":"0","status":200},{"id":"3","status":200},{"id":"x","status":200},7,{"id":"2","status":"fine"}"#,
        );
        assert!(matches!(items[0], Answer::Several));
        assert!(matches!(items[1], Answer::Missing));
    }

    #[test]
    fn bodies_come_back_as_they_were() {
        let json = r#"{"Content-Type":"application/json;odata.metadata=minimal"}"#;
        assert_eq!(body(json, r#"{"b": 1.50, "a":"x"}"#), format!("b{:?}", r#"{"b": 1.50, "a":"x"}"#));
        assert_eq!(body(json, r#""text""#), r#"b"\"text\"""#);
        assert_eq!(body(r#"{"content-type":"image/jpeg"}"#, r#""/9j/""#), r#"b"\xff\xd8\xff""#);
        assert_eq!(body(r#"{"Content-Type":"text/plain"}"#, r#""NDI=""#), r#"b"42""#);
        assert_eq!(body(r#"{"Content-Type":"text/plain"}"#, r#""1234""#), r#"b"1234""#);
        assert_eq!(body(r#"{"Content-Type":"text/plain"}"#, "42"), r#"b"42""#);
        assert_eq!(body("{}", "null"), r#"b"""#);
    }

    #[test]
    fn headers_are_read_in_every_form_and_inherited() {
        let items = read(
            1,
            r#"{"id":"1","status":429,"headers":{"RETRY-after":0.249,"Prefer":["a","b"],"bad name":"x","X":"a\nb"}}"#,
        );
        let Answer::Given { headers, .. } = &items[0] else { panic!("{items:?}") };
        assert_eq!(headers["retry-after"], "0.249");
        assert_eq!(headers.get_all("prefer").iter().count(), 2);
        assert_eq!(headers["request-id"], "outer");
        assert!(!headers.contains_key("x"));
    }

    #[test]
    fn anything_else_is_no_answer_to_a_batch() {
        for body in ["", "<html>busy</html>", "{}", r#"{"value":[]}"#, r#"{"responses":null}"#, "[]"] {
            let error = Answers::new(1).read(&response(body)).unwrap_err();
            assert_eq!(error.kind(), crate::ErrorKind::Decode, "{body}");
        }
        assert!(Answers::new(1).read(&response(r#"{"responses":[]}"#)).is_ok());
    }
}
