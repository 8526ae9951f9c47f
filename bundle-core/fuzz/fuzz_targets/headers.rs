//! Headers that say how long to wait and which token to bring.
#![no_main]

use std::time::{Duration, SystemTime};

use bundle_core::auth::{Challenge, claims_challenge};
use bundle_core::http::retry_after;
use http::{HeaderMap, HeaderValue};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let mut headers = HeaderMap::new();
    let names = ["retry-after", "retry-after-ms", "date", "x-ms-retry-after-ms"];
    for (name, value) in names.into_iter().zip(data.split(|byte| *byte == b'\n')) {
        if let Ok(value) = HeaderValue::from_bytes(value) {
            headers.insert(name, value);
        }
    }
    if let Some(wait) = retry_after(&headers, SystemTime::UNIX_EPOCH) {
        assert!(wait <= Duration::from_secs(30 * 86_400));
    }
    if let Ok(text) = std::str::from_utf8(data)
        && let Some(challenge) = Challenge::parse(text)
    {
        let _ = challenge.parameter("claims");
    }
    if let Ok(value) = HeaderValue::from_bytes(data)
        && let Some(claims) = claims_challenge(&value)
    {
        assert!(claims.len() <= 16 << 10);
        assert!(serde_json::from_str::<serde_json::Map<String, serde_json::Value>>(&claims).is_ok());
    }
});
