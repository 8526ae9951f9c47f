//! What holds for any input: headers, challenges, links, bodies, tokens.

use std::time::{Duration, SystemTime};

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE, URL_SAFE_NO_PAD};
use bytes::Bytes;
use futures_util::stream;
use http::Method;
use http::header::{HeaderMap, HeaderName, HeaderValue};
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use serde_json::{Value, json};
use url::Url;

use bundle_core::auth::{AccessToken, Challenge, claims_challenge};
use bundle_core::error::{ServiceAnswer, classify};
use bundle_core::http::{Body, PageLink, Pager, append_query, join_path, odata_literal, retry_after};
use bundle_core::{Error, Service};

use crate::support::fake::{Fake, reply, things};
use crate::support::pipeline;

fn config(cases: u32) -> ProptestConfig {
    ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(cases) }
}

/// Does asynchronous work with a clock of its own.
fn run<T>(work: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build().unwrap().block_on(work)
}

/// A value that can stand in a header.
fn header_value() -> impl Strategy<Value = HeaderValue> {
    let bytes = vec(any::<u8>(), 0..40).prop_filter_map("no header", |bytes| HeaderValue::from_bytes(&bytes).ok());
    let text =
        prop_oneof!["[0-9.eE+-]{0,25}", "[A-Z][a-z]{2}, [0-9]{1,2} [A-Z][a-z]{2} [0-9]{4} [0-9:]{8} GMT", "\\PC{0,20}"];
    prop_oneof![bytes, text.prop_filter_map("no header", |text| HeaderValue::from_str(&text).ok())]
}

const LONGEST: Duration = Duration::from_secs(30 * 86_400);

proptest! {
    #![proptest_config(config(2000))]

    #[test]
    fn wait_of_any_header_is_bounded(
        seconds in option::of(header_value()),
        milliseconds in option::of(header_value()),
        date in option::of(header_value()),
        now in 0_u64..1 << 40,
    ) {
        let mut headers = HeaderMap::new();
        for (name, value) in [("retry-after", seconds), ("retry-after-ms", milliseconds), ("date", date)] {
            headers.extend(value.map(|value| (HeaderName::from_static(name), value)));
        }
        let wait = retry_after(&headers, SystemTime::UNIX_EPOCH + Duration::from_secs(now));
        prop_assert!(wait.is_none_or(|wait| wait <= LONGEST));
    }

    #[test]
    fn wait_is_never_shorter_than_what_is_asked_for(whole in 0_u64..2_592_000, thousandths in "[0-9]{0,9}") {
        let text = format!("{whole}.{thousandths}0");
        let mut headers = HeaderMap::new();
        headers.insert("retry-after", text.parse().unwrap());
        let wait = retry_after(&headers, SystemTime::UNIX_EPOCH).unwrap();
        let asked = Duration::from_secs_f64(text.parse().unwrap());
        // A float of seconds is good to a microsecond here.
        prop_assert!(wait + Duration::from_micros(1) >= asked, "{wait:?} for {text}");
        prop_assert!(wait <= asked + Duration::from_millis(2), "{wait:?} for {text}");
    }

    #[test]
    fn challenge_is_read_as_it_was_written(
        parameters in vec(("[a-z][a-z_]{0,10}", "[ -~]{0,30}"), 0..6),
        before in option::of("[A-Z][a-z]{2,8}"),
        after in option::of("[A-Z][a-z]{2,8}"),
        scheme in prop_oneof![Just("Bearer"), Just("bearer"), Just("BEARER")],
    ) {
        let written: Vec<String> = parameters
            .iter()
            .map(|(name, value)| format!("{name}=\"{}\"", value.replace('\\', "\\\\").replace('"', "\\\"")))
            .collect();
        let other = |scheme: &Option<String>| scheme.as_ref().map(|scheme| format!("{scheme} realm=\"a, Bearer b=\\\"c\\\"\""));
        let own = format!("{scheme} {}", written.join(", "));
        let all = [other(&before), Some(own), other(&after)];
        let header = all.into_iter().flatten().collect::<Vec<_>>().join(", ");
        let challenge = Challenge::parse(&header).unwrap();
        for (name, _) in &parameters {
            // The first one counts where a name comes twice.
            let first = parameters.iter().find(|(own, _)| own == name).map(|(_, value)| value.as_str());
            prop_assert_eq!(challenge.parameter(name), first, "{}", header);
        }
        let is_own = parameters.iter().any(|(name, _)| name == "realm");
        prop_assert!(is_own || challenge.parameter("realm").is_none(), "{}", header);
    }

    #[test]
    fn any_text_may_be_a_challenge(value in header_value(), text in "[Bbearer ,=\"\\\\a-z0-9]{0,60}") {
        let _ = value.to_str().map(Challenge::parse);
        let _ = claims_challenge(&value);
        prop_assert!(Challenge::parse(&text).is_none_or(|found| found.parameter("").is_none() || text.contains('=')));
        let _ = claims_challenge(&HeaderValue::from_str(&text).unwrap());
    }

    #[test]
    fn claims_come_out_of_every_alphabet_as_they_went_in(name in "\\PC{0,20}", value in "\\PC{0,40}") {
        let claims = json!({"access_token": {name: {"essential": true, "value": value}}}).to_string();
        for encoded in [&STANDARD, &STANDARD_NO_PAD, &URL_SAFE, &URL_SAFE_NO_PAD].map(|alphabet| alphabet.encode(&claims)) {
            let header = format!("Bearer realm=\"\", error=\"insufficient_claims\", claims=\"{encoded}\"");
            let found = claims_challenge(&header.parse().unwrap());
            prop_assert_eq!(found.as_deref(), Some(claims.as_str()));
        }
    }

    #[test]
    fn any_body_is_classified_on_one_bounded_line(
        service in proptest::sample::select(Service::ALL.to_vec()),
        status in 300_u16..=999,
        body in body(),
        headers in vec((proptest::sample::select(vec!["request-id", "www-authenticate", "x-ms-error-code"]), header_value()), 0..3),
    ) {
        let headers: HeaderMap = headers.into_iter().map(|(name, value)| (HeaderName::from_static(name), value)).collect();
        let error = classify(&ServiceAnswer { service, status, headers: &headers, body: &body });
        prop_assert_eq!(error.status(), Some(status));
        let text = error.to_string();
        prop_assert!(!text.chars().any(char::is_control), "{text:?}");
        prop_assert!(text.chars().count() < 2000 && error.body().is_none_or(|body| body.len() <= 16 << 10));
    }

    #[test]
    fn any_text_may_be_a_token(text in "\\PC{0,60}", parts in vec("[A-Za-z0-9_=-]{0,30}", 0..4), claims in claims()) {
        for text in [text, parts.join("."), format!("a.{}.b", URL_SAFE_NO_PAD.encode(claims.to_string()))] {
            let _ = AccessToken::new(text.into(), Duration::from_secs(1)).claims();
        }
    }

    #[test]
    fn claims_of_a_token_are_read(
        scopes in vec("[A-Za-z.]{1,12}", 0..4),
        roles in option::of(vec("[^\\s\\pC]{1,12}", 0..3)),
        name in option::of("\\PC{1,12}"),
        pad in any::<bool>(),
    ) {
        let mut claims = json!({"scp": scopes.join(" "), "upn": name});
        claims.as_object_mut().unwrap().extend(roles.iter().map(|roles| ("roles".to_owned(), json!(roles))));
        let alphabet = if pad { &URL_SAFE } else { &URL_SAFE_NO_PAD };
        let token = format!("e30.{}.sig", alphabet.encode(claims.to_string()));
        let read = AccessToken::new(token.into(), Duration::from_secs(1)).claims().unwrap();
        prop_assert_eq!(read.scopes, scopes);
        prop_assert_eq!(read.roles, roles.unwrap_or_default());
        prop_assert_eq!(read.user_principal_name, name);
    }

    #[test]
    fn path_segments_and_options_stay_what_they_are(segments in vec(segment(), 1..4), value in "\\PC{0,20}") {
        let base: Url = "https://graph.microsoft.com/v1.0".parse().unwrap();
        let names: Vec<&str> = segments.iter().map(String::as_str).collect();
        let mut url = join_path(&base, &names);
        append_query(&mut url, "$filter", &odata_literal(&value));
        prop_assert_eq!(url.origin(), base.origin());
        let path: Vec<&str> = url.path_segments().unwrap().collect();
        prop_assert_eq!(path[0], "v1.0", "{}", url);
        prop_assert_eq!(path.len(), 1 + names.len(), "{}", url);
        let (_, back) = url.query_pairs().next().unwrap();
        prop_assert_eq!(back.into_owned(), odata_literal(&value));
        prop_assert_eq!(url.query_pairs().count(), 1);
    }
}

/// What may stand for an id, with the characters that paths are made of.
fn segment() -> impl Strategy<Value = String> {
    prop_oneof!["\\PC{0,12}", "[.%2eE/\\\\?#\\t\\n\\r\\x00]{0,6}"]
}

/// Bodies of failed answers: anything at all, and what looks like the real ones.
fn body() -> impl Strategy<Value = Vec<u8>> {
    let text = "\\PC{0,40}";
    prop_oneof![
        vec(any::<u8>(), 0..200),
        (text, text, text).prop_map(|(code, message, inner)| {
            json!({"error": {"code": code, "message": message, "innerError": {"code": inner}, "details": [{"message": inner}]}})
                .to_string()
                .into_bytes()
        }),
        (text, text).prop_map(|(error, text)| json!({"error": error, "error_description": text}).to_string().into_bytes()),
        (any::<i64>(), text).prop_map(|(code, text)| json!({"code": code, "description": text}).to_string().into_bytes()),
        (text, text).prop_map(|(code, text)| format!("<?xml?><Error><Code>{code}</Code><Message>{text}</Message>").into_bytes()),
        (text, "[0-9]{0,8}").prop_map(|(text, number)| format!("error=x&error_description=AADSTS{number}:{text}").into_bytes()),
        text.prop_map(|text| format!("<html><title>{text}</title></html>").into_bytes()),
    ]
}

fn claims() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![Just(Value::Null), any::<bool>().prop_map(Value::from), "\\PC{0,8}".prop_map(Value::from)];
    let value = leaf.prop_recursive(3, 12, 3, |inner| vec(inner, 0..3).prop_map(Value::from));
    let name = prop_oneof![Just("tid"), Just("scp"), Just("roles"), Just("wids"), Just("amr"), Just("upn")];
    proptest::collection::hash_map(name.prop_map(str::to_owned), value, 0..4)
        .prop_map(|members| Value::Object(members.into_iter().collect()))
}

/// Links as a service could write them, good and bad.
fn link() -> impl Strategy<Value = String> {
    let scheme =
        proptest::sample::select(vec!["https://", "http://", "HTTPS://", "//", "/\\", "\\\\", "ftp://", "https:", ""]);
    let user = proptest::sample::select(vec!["", "", "", "user@", "user:pw@", "@", "graph.microsoft.com@"]);
    let host = proptest::sample::select(vec![
        "graph.microsoft.com",
        "graph.microsoft.com",
        "GRAPH.microsoft.com",
        "graph.microsoft.com.",
        "graph.microsoft.com.evil.example",
        "evil.example",
        "graph%2emicrosoft.com",
        "graph.microsoft.com%00.evil.example",
        "127.0.0.1",
        "[::1]",
        "",
    ]);
    let port = proptest::sample::select(vec!["", "", ":443", ":8443", ":80", ":99999", ":"]);
    let path = proptest::sample::select(vec![
        "/v1.0/things",
        "/V1.0/things",
        "/beta/things",
        "/v1.0/../beta",
        "/v1.0/%2e%2e/beta",
        "/v1.0\\..\\beta",
        "/%761.0/x",
        "/",
        "",
        "/v1.0",
        "/./v1.0/a",
        "//v1.0/a",
        "things",
        "?a=b",
    ]);
    let query = proptest::sample::select(vec!["", "?$skiptoken=a%2Fb", "?x=https://evil.example/", "#x", "?\u{e9} b"]);
    let built = (scheme, user, host, port, path, query)
        .prop_map(|(scheme, user, host, port, path, query)| format!("{scheme}{user}{host}{port}{path}{query}"));
    prop_oneof![4 => built, 1 => "\\PC{0,30}"]
}

/// Whether a request may go where it went: where the listing began, without a name in front of the host.
fn is_home(url: &Url) -> bool {
    let root = url.path_segments().and_then(|mut path| path.next().map(str::to_ascii_lowercase));
    url.scheme() == "https"
        && url.host_str() == Some("graph.microsoft.com")
        && url.port_or_known_default() == Some(443)
        && (url.username(), url.password()) == ("", None)
        && root.as_deref() == Some("v1.0")
}

proptest! {
    #![proptest_config(config(400))]

    #[test]
    fn link_is_followed_only_where_the_listing_began(link in link(), early in any::<bool>()) {
        let quoted = Value::from(link.as_str()).to_string();
        let page = match early {
            true => format!(r#"{{"@odata.nextLink":{quoted},"value":[1]}}"#),
            false => format!(r#"{{"value":[1],"@odata.nextLink":{quoted}}}"#),
        };
        let fake = Fake::new(move |number, _| {
            let page = if number == 1 { page.clone() } else { "{}".to_owned() };
            std::future::ready(Ok(reply(200, &[], page)))
        });
        let outcome = run(Pager::<u32>::odata(pipeline(&fake.options()).0, things(Method::GET)).collect_all());
        let asked: Vec<Url> = fake.asked().iter().map(|asked| asked.uri().to_string().parse().unwrap()).collect();
        for url in &asked {
            prop_assert!(is_home(url), "{} for {}", url, link);
        }
        match asked.as_slice() {
            // Nothing more was asked for: an empty link is none, every other one is refused.
            [_] => prop_assert_eq!(outcome.is_err(), !link.is_empty(), "{}", link),
            _ => prop_assert!(asked.len() == 2 && outcome.is_ok(), "{}: {:?}", link, outcome),
        }
    }

    #[test]
    fn place_that_was_stored_leads_nowhere_else(link in link(), header in "\\PC{0,12}", value in "\\PC{0,12}") {
        let Ok(place) = serde_json::from_value::<PageLink>(json!({"url": link, "headers": [[header, value]]})) else {
            return Ok(());
        };
        let fake = Fake::new(|_, _| std::future::ready(Ok(reply(200, &[], "{}"))));
        let pager = Pager::<u32>::odata(pipeline(&fake.options()).0, things(Method::GET));
        let outcome = match pager.resume(&place) {
            Ok(pager) => run(pager.collect_all()).map(drop),
            Err(error) => Err(error),
        };
        for asked in fake.asked() {
            prop_assert!(is_home(&asked.uri().to_string().parse().unwrap()), "{}", asked.uri());
        }
        let sent = fake.asked().len();
        prop_assert_eq!(sent, usize::from(outcome.is_ok()), "{:?}", outcome.map_err(|error: Error| error.to_string()));
    }

    #[test]
    fn page_is_read_the_same_in_any_pieces(
        count in option::of(any::<u32>()),
        context in "\\PC{0,20}",
        token in "[a-zA-Z0-9%&é \"\\\\-]{0,20}",
        items in vec(any::<u32>(), 0..20),
        pieces in vec(1_usize..40, 1..20),
        mark in any::<bool>(),
    ) {
        let link = format!("https://graph.microsoft.com/v1.0/things?$skiptoken={token}");
        let (context, quoted) = (Value::from(context), Value::from(link.as_str()));
        let count = count.map(|count| format!("\"@odata.count\": {count}, ")).unwrap_or_default();
        let mark = if mark { "\u{feff}" } else { "" };
        let body = format!(
            "{mark}{{\"@odata.context\":{context}, {count}\"@odata.nextLink\":{quoted},\"value\":{}}}",
            json!(items)
        );
        let mut chunks: Vec<Bytes> = Vec::new();
        let mut rest = Bytes::from(body);
        for piece in pieces {
            chunks.push(rest.split_to(piece.min(rest.len())));
        }
        chunks.push(rest);
        let fake = Fake::new(move |number, _| {
            let chunks = chunks.clone();
            let first = || Body::from_stream(stream::iter(chunks.into_iter().map(Ok)));
            std::future::ready(Ok(if number == 1 { http::Response::new(first()) } else { reply(200, &[], "{}") }))
        });
        let listed = run(Pager::<u32>::odata(pipeline(&fake.options()).0, things(Method::GET)).collect_all()).unwrap();
        prop_assert_eq!(listed, items);
        let asked: Vec<String> = fake.asked().iter().map(|asked| asked.uri().to_string()).collect();
        prop_assert_eq!(asked.len(), 2);
        let expected: Url = link.parse().unwrap();
        prop_assert_eq!(asked[1].as_str(), expected.as_str());
    }
}
