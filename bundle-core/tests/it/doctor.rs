//! The doctor takes anything, in bounded time, and shows no secret of it.

use std::time::{Duration, Instant};

use bundle_core::doctor::{Confidence, diagnose, diagnose_answer};
use bundle_core::{ErrorKind, Service};
use http::HeaderMap;
use proptest::prelude::*;

const PIECES: [&str; 24] = [
    "{\"error\":",
    "{\"code\":\"",
    "\"message\":\"",
    "}",
    "]",
    "[",
    "{",
    "\\\"",
    "\\u0000",
    "AADSTS",
    "65001",
    "invalid_grant",
    "error=",
    "&error_description=",
    "HTTP/1.1 403 ",
    "<Error><Code>",
    "<",
    "Retry-After: ",
    "code",
    "é",
    "\0",
    "%",
    "-",
    "11111111-1111-4111-8111-111111111111",
];

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn any_bytes_are_taken(bytes in proptest::collection::vec(any::<u8>(), 0..2000)) {
        let finding = diagnose_answer(None, None, &HeaderMap::new(), &bytes);
        prop_assert!(!finding.cause.is_empty() && !finding.remedy.is_empty());
        prop_assert!(serde_json::to_string(&finding).is_ok());
    }

    #[test]
    fn any_mixture_of_the_forms_is_taken(at in proptest::collection::vec(0..PIECES.len(), 0..60), status in proptest::option::of(300u16..600)) {
        let text: String = at.into_iter().map(|at| PIECES[at]).collect();
        for service in Service::ALL {
            let finding = diagnose_answer(Some(service), status, &HeaderMap::new(), text.as_bytes());
            prop_assert_eq!(finding.kind == ErrorKind::Other, finding.confidence == Confidence::Unknown);
        }
    }

    #[test]
    fn a_token_anywhere_is_never_shown(before in "[ -~]{0,40}", after in "[ -~]{0,40}", dress in 0usize..5) {
        let token = "eyJ0eXAiOiJKV1QifQ.eyJhdWQiOiJjYW5hcnkifQ.Y2FuYXJ5LWNhbmFyeS1jYW5hcnk";
        let dressed = match dress {
            0 => format!("Bearer {token}"),
            1 => format!("{{\"code\":\"{token}\"}}"),
            2 => format!("error={token}&error_description={token}"),
            3 => format!("<Error><Code>{token}</Code></Error>"),
            _ => token.to_owned(),
        };
        let finding = diagnose(&format!("{before} {dressed} {after}"));
        let shown = format!("{finding:?} {}", serde_json::to_string(&finding).unwrap());
        prop_assert!(!shown.contains("Y2FuYXJ5"), "{}", shown);
    }
}

#[test]
fn ten_megabytes_of_garbage_take_bounded_time() {
    for piece in [
        "{",
        "[",
        "{\"a\":",
        "<",
        "AADSTS",
        "-",
        "error=",
        "code ",
        "eyJ",
        "\0",
        "é",
        "{\\\"",
        "\"",
        "403 ",
        "https://a/?",
    ] {
        let text = piece.repeat((10 << 20) / piece.len());
        let start = Instant::now();
        let finding = diagnose(&text);
        assert!(serde_json::to_string(&finding).unwrap().len() < 64 << 10, "{piece}");
        assert!(start.elapsed() < Duration::from_secs(10), "{piece}: {:?}", start.elapsed());
    }
}
