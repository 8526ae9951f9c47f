//! `$batch`: up to 20 reads in one request.

use bytes::Bytes;
use hyper::Response;
use serde::Deserialize;

use super::Run;
use super::answer::{Answer, THROTTLED, json, not_found};
use super::texts::Texts;

#[derive(Deserialize)]
struct Batch<'a> {
    #[serde(borrow)]
    requests: Vec<Item<'a>>,
}

#[derive(Deserialize)]
struct Item<'a> {
    id: &'a str,
}

/// Answers every item as its own request would be; throttled items say how long to wait.
pub(super) fn answer(texts: &Texts, run: &Run, body: &[u8]) -> Response<Answer> {
    let Ok(batch) = serde_json::from_slice::<Batch<'_>>(body) else { return not_found() };
    if batch.requests.len() > MOST {
        return not_found();
    }
    let mut whole = Vec::with_capacity(batch.requests.len() * (texts.person.len() + 100) + 32);
    whole.extend_from_slice(br#"{"responses":["#);
    for (number, item) in batch.requests.iter().enumerate() {
        if number > 0 {
            whole.push(b',');
        }
        whole.extend_from_slice(br#"{"id":""#);
        whole.extend_from_slice(item.id.as_bytes());
        if run.admits(1) {
            whole.extend_from_slice(br#"","status":200,"headers":{"Content-Type":"application/json"},"body":"#);
            whole.extend_from_slice(&texts.person);
        } else {
            run.counters.throttled();
            whole.extend_from_slice(br#"","status":429,"headers":{"Retry-After":"1"},"body":"#);
            whole.extend_from_slice(THROTTLED);
        }
        whole.push(b'}');
    }
    whole.extend_from_slice(b"]}");
    json(Answer::whole(Bytes::from(whole)))
}

/// The most items of a batch.
const MOST: usize = 20;
