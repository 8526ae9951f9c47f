//! Answers that failed.
#![no_main]

use bundle_core::Service;
use bundle_core::error::{ServiceAnswer, classify};
use http::{HeaderMap, HeaderValue};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let [service, status, data @ ..] = data else { return };
    let service = Service::ALL[usize::from(*service) % Service::ALL.len()];
    let (header, body) = match data.iter().position(|byte| *byte == b'\n') {
        Some(end) => (&data[..end], &data[end + 1..]),
        None => (&[][..], data),
    };
    let mut headers = HeaderMap::new();
    if let Ok(value) = HeaderValue::from_bytes(header) {
        for name in ["www-authenticate", "request-id", "x-ms-error-code"] {
            headers.insert(name, value.clone());
        }
    }
    let error = classify(&ServiceAnswer { service, status: 300 + u16::from(*status), headers: &headers, body });
    let text = error.to_string();
    assert!(!text.contains(char::is_control) && text.chars().count() < 2000, "{text:?}");
    assert!(error.body().is_none_or(|body| body.len() <= 16 << 10));
    let _ = format!("{error:?}");
});
