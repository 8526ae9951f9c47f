//! Pasted text.
#![no_main]

use bundle_core::doctor::{Confidence, diagnose_answer};
use bundle_core::{ErrorKind, Service};
use http::HeaderMap;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let [service, status, body @ ..] = data else { return };
    let service = Service::ALL.get(usize::from(*service)).copied();
    let status = (*status > 0).then(|| 300 + u16::from(*status));
    let finding = diagnose_answer(service, status, &HeaderMap::new(), body);
    assert_eq!(finding.kind == ErrorKind::Other, finding.confidence == Confidence::Unknown);
    assert!(!finding.cause.is_empty() && !finding.remedy.is_empty());
    assert!(serde_json::to_string(&finding).expect("it is plain data").len() < 64 << 10);
});
