//! Answers with the headers Microsoft sends.

use bytes::Bytes;
use hyper::header::{CACHE_CONTROL, CONTENT_TYPE, HeaderName, HeaderValue, RETRY_AFTER, WWW_AUTHENTICATE};
use hyper::{Response, StatusCode};

use super::body::Pieces;
use super::counts::Counters;

/// A body.
pub(super) enum Answer {
    Whole(Option<Bytes>),
    Page(Pieces),
}

pub(super) fn json(body: Answer) -> Response<Answer> {
    let mut response = Response::new(body);
    let headers = response.headers_mut();
    headers.reserve(8);
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(JSON));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    headers.insert(
        HeaderName::from_static("request-id"),
        HeaderValue::from_static("8b1c7a52-2f5e-4b53-9a0e-6d1f6a3c9e11"),
    );
    headers.insert(HeaderName::from_static("odata-version"), HeaderValue::from_static("4.0"));
    headers.insert(HeaderName::from_static("x-ms-ags-diagnostic"), HeaderValue::from_static(DIAGNOSTIC));
    response
}

pub(super) fn throttled(counters: &Counters) -> Response<Answer> {
    counters.throttled();
    let mut response = json(Answer::whole(Bytes::from_static(THROTTLED)));
    *response.status_mut() = StatusCode::TOO_MANY_REQUESTS;
    response.headers_mut().insert(RETRY_AFTER, HeaderValue::from_static("1"));
    response
}

/// A refusal for want of a token, with a vault's challenge.
pub(super) fn unauthorized(challenge: Option<&HeaderValue>) -> Response<Answer> {
    let mut response = json(Answer::whole(Bytes::from_static(UNAUTHORIZED)));
    *response.status_mut() = StatusCode::UNAUTHORIZED;
    if let Some(challenge) = challenge {
        response.headers_mut().insert(WWW_AUTHENTICATE, challenge.clone());
    }
    response
}

pub(super) fn not_found() -> Response<Answer> {
    let mut response = json(Answer::whole(Bytes::from_static(b"{}")));
    *response.status_mut() = StatusCode::NOT_FOUND;
    response
}

const JSON: &str = "application/json;odata.metadata=minimal;odata.streaming=true;IEEE754Compatible=false;charset=utf-8";
const DIAGNOSTIC: &str =
    r#"{"ServerInfo":{"DataCenter":"West Europe","Slice":"E","Ring":"5","ScaleUnit":"001","RoleInstance":"AM1"}}"#;
pub(super) const THROTTLED: &[u8] = br#"{"error":{"code":"TooManyRequests","message":"Too many requests."}}"#;
const UNAUTHORIZED: &[u8] = br#"{"error":{"code":"InvalidAuthenticationToken","message":"Access token is empty."}}"#;
