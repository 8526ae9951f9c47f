//! The headers that identify a call to a service.

use bytes::Bytes;
use http::header::{ACCEPT, ACCEPT_ENCODING, AUTHORIZATION, HeaderMap, HeaderName, HeaderValue, USER_AGENT};
use uuid::Uuid;

use crate::service::Service;

/// The headers that stay the same for all requests of a pipeline, by service, with empty places for those that each
/// attempt adds: a copy with all its places is filled in, not grown.
#[derive(Clone, Debug)]
pub(super) struct Identity(Vec<(Service, HeaderMap)>);

impl Identity {
    /// `application` is the program's name, for services that want it apart from `User-Agent`.
    pub(super) fn new(application: &str, sdk_version: bool) -> Self {
        Self(Service::ALL.into_iter().map(|service| (service, constant(service, application, sdk_version))).collect())
    }

    /// The headers of one attempt. What the caller set wins.
    ///
    /// `call` is one id for all attempts, `attempt` one for each: see [`request_id`]. [`authorize`] has to follow.
    pub(super) fn headers(&self, service: Service, call: Uuid, attempt: Uuid, own: &HeaderMap) -> HeaderMap {
        let constant = self.0.iter().find(|(of, _)| *of == service);
        let mut headers = constant.map(|(_, headers)| headers.clone()).unwrap_or_default();
        let (name, id) = request_id(service, call, attempt);
        headers.insert(name, guid(id));
        if service == Service::PartnerCenter {
            headers.insert(MS_CORRELATIONID, guid(call));
        }
        for (name, value) in own {
            headers.insert(name.clone(), value.clone());
        }
        headers
    }
}

/// Writes `Authorization` into headers of [`Identity::headers`], or takes its empty place away.
pub(super) fn authorize(headers: &mut HeaderMap, token: Option<HeaderValue>) {
    match token {
        Some(token) => {
            headers.insert(AUTHORIZATION, token);
        }
        None if headers.get(AUTHORIZATION).is_some_and(HeaderValue::is_empty) => {
            headers.remove(AUTHORIZATION);
        }
        None => {}
    }
}

/// The id of ours by which a service can find an attempt, and its header.
///
/// Partner Center takes it for idempotency and Azure for correlation, so it is the call's. Graph, Exchange and the login
/// authority get one for each attempt.
fn request_id(service: Service, call: Uuid, attempt: Uuid) -> (HeaderName, Uuid) {
    match service {
        Service::PartnerCenter => (MS_REQUESTID, call),
        Service::Login | Service::Graph | Service::Office365Management | Service::Exchange | Service::Compliance => {
            (CLIENT_REQUEST_ID, attempt)
        }
        _ => (X_MS_CLIENT_REQUEST_ID, call),
    }
}

/// The id of ours by which the service can find an attempt that was never answered: the caller's own, where there is
/// one.
pub(super) fn sent_request_id(service: Service, call: Uuid, attempt: Uuid, own: &HeaderMap) -> String {
    let (name, id) = request_id(service, call, attempt);
    let own = own.get(name).and_then(|id| id.to_str().ok());
    own.map_or_else(|| id.to_string(), str::to_owned)
}

fn constant(service: Service, application: &str, sdk_version: bool) -> HeaderMap {
    let value = |text: &str| HeaderValue::from_str(text).ok().filter(|value| !value.is_empty());
    let mut headers = HeaderMap::with_capacity(CAPACITY);
    headers.insert(ACCEPT, HeaderValue::from_static("application/json"));
    let yes = HeaderValue::from_static("true");
    match service {
        Service::Login | Service::Graph | Service::Office365Management => {
            headers.insert(RETURN_CLIENT_REQUEST_ID, yes);
            if service == Service::Login {
                headers.insert(X_CLIENT_SKU, HeaderValue::from_static("bundle.rust"));
                headers.insert(X_CLIENT_VER, HeaderValue::from_static(env!("CARGO_PKG_VERSION")));
            } else if service == Service::Graph && sdk_version {
                let sdk = format!(
                    "graph-rust-bundle/{} (hostOS={}; hostArch={}; runtimeEnvironment=rust)",
                    env!("CARGO_PKG_VERSION"),
                    std::env::consts::OS,
                    std::env::consts::ARCH
                );
                headers.extend(value(&sdk).map(|sdk| (SDK_VERSION, sdk)));
            }
        }
        Service::Exchange | Service::Compliance => {}
        Service::PartnerCenter => {
            headers.insert(MS_CONTRACT_VERSION, HeaderValue::from_static("v1"));
            headers.insert(X_LOCALE, HeaderValue::from_static("en-US"));
            headers.extend(value(application).map(|name| (MS_PARTNERCENTER_APPLICATION, name)));
        }
        _ => {
            headers.insert(X_MS_RETURN_CLIENT_REQUEST_ID, yes);
        }
    }
    headers.insert(ACCEPT_ENCODING, accepted_encoding(service));
    headers.extend(value(&user_agent(application)).map(|name| (USER_AGENT, name)));
    headers.insert(request_id(service, Uuid::nil(), Uuid::nil()).0, HeaderValue::from_static(""));
    headers.insert(AUTHORIZATION, HeaderValue::from_static(""));
    headers
}

/// Exchange marks errors as gzip that are not, so it is asked for none.
fn accepted_encoding(service: Service) -> HeaderValue {
    match service {
        Service::Exchange | Service::Compliance => HeaderValue::from_static("identity"),
        _ => HeaderValue::from_static("gzip"),
    }
}

fn guid(id: Uuid) -> HeaderValue {
    let mut text = [0; uuid::fmt::Hyphenated::LENGTH];
    id.as_hyphenated().encode_lower(&mut text);
    HeaderValue::from_maybe_shared(Bytes::from_owner(text)).expect("a GUID is a valid header value")
}

/// `User-Agent`: the application's name and that of the bundle.
pub(super) fn user_agent(application: &str) -> String {
    format!("{application} bundle/{}", env!("CARGO_PKG_VERSION")).trim_start().to_owned()
}

/// Room for all headers of most requests, those that come with the sending among them.
const CAPACITY: usize = 10;

const CLIENT_REQUEST_ID: HeaderName = HeaderName::from_static("client-request-id");
const MS_CONTRACT_VERSION: HeaderName = HeaderName::from_static("ms-contract-version");
const MS_CORRELATIONID: HeaderName = HeaderName::from_static("ms-correlationid");
const MS_PARTNERCENTER_APPLICATION: HeaderName = HeaderName::from_static("ms-partnercenter-application");
const MS_REQUESTID: HeaderName = HeaderName::from_static("ms-requestid");
const RETURN_CLIENT_REQUEST_ID: HeaderName = HeaderName::from_static("return-client-request-id");
const SDK_VERSION: HeaderName = HeaderName::from_static("sdkversion");
const X_CLIENT_SKU: HeaderName = HeaderName::from_static("x-client-sku");
const X_CLIENT_VER: HeaderName = HeaderName::from_static("x-client-ver");
const X_LOCALE: HeaderName = HeaderName::from_static("x-locale");
const X_MS_CLIENT_REQUEST_ID: HeaderName = HeaderName::from_static("x-ms-client-request-id");
const X_MS_RETURN_CLIENT_REQUEST_ID: HeaderName = HeaderName::from_static("x-ms-return-client-request-id");

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(service: Service, own: &HeaderMap) -> HeaderMap {
        Identity::new("contoso-sync/2.1", true).headers(service, CALL, Uuid::from_u128(8), own)
    }

    #[test]
    fn graph_alone_hears_of_the_sdk() {
        for service in Service::ALL {
            assert_eq!(headers(service, &HeaderMap::new()).contains_key(SDK_VERSION), service == Service::Graph);
        }
        let off = Identity::new("", false).headers(Service::Graph, CALL, CALL, &HeaderMap::new());
        assert!(!off.contains_key(SDK_VERSION));
    }

    #[test]
    fn caller_wins_and_nothing_is_sent_twice() {
        let mut own = HeaderMap::new();
        own.insert(CLIENT_REQUEST_ID, HeaderValue::from_static("mine"));
        own.insert(ACCEPT, HeaderValue::from_static("text/csv"));
        let headers = headers(Service::Graph, &own);
        assert_eq!(headers.get_all(CLIENT_REQUEST_ID).iter().count(), 1);
        assert_eq!((&headers[CLIENT_REQUEST_ID], &headers[ACCEPT]), (&own[CLIENT_REQUEST_ID], &own[ACCEPT]));
    }

    #[test]
    fn no_place_for_authorization_stays_empty() {
        let token = HeaderValue::from_static("Bearer hunter2");
        let mut own = HeaderMap::new();
        for service in Service::ALL {
            let mut anonymous = headers(service, &HeaderMap::new());
            authorize(&mut anonymous, None);
            assert!(!anonymous.contains_key(AUTHORIZATION), "{service}");
            let mut signed_in = headers(service, &HeaderMap::new());
            authorize(&mut signed_in, Some(token.clone()));
            assert_eq!(signed_in[AUTHORIZATION], token);
            assert!(signed_in.iter().all(|(_, value)| !value.is_empty()), "{signed_in:?}");
        }
        own.insert(AUTHORIZATION, HeaderValue::from_static("SharedKey x"));
        let mut shared_key = headers(Service::Blob, &own);
        authorize(&mut shared_key, None);
        assert_eq!(shared_key[AUTHORIZATION], own[AUTHORIZATION]);
    }

    #[test]
    fn id_is_the_attempts_for_graph_and_the_calls_for_partner_center() {
        let attempt = Uuid::from_u128(8);
        for (service, name, id) in [
            (Service::Graph, CLIENT_REQUEST_ID, attempt),
            (Service::Login, CLIENT_REQUEST_ID, attempt),
            (Service::Exchange, CLIENT_REQUEST_ID, attempt),
            (Service::PartnerCenter, MS_REQUESTID, CALL),
            (Service::KeyVault, X_MS_CLIENT_REQUEST_ID, CALL),
        ] {
            let mut own = HeaderMap::new();
            assert_eq!(headers(service, &own)[&name], id.to_string());
            assert_eq!(sent_request_id(service, CALL, attempt, &own), id.to_string());
            own.insert(name, HeaderValue::from_static("mine"));
            assert_eq!(sent_request_id(service, CALL, attempt, &own), "mine");
        }
        let partner = headers(Service::PartnerCenter, &HeaderMap::new());
        assert_eq!(partner[MS_PARTNERCENTER_APPLICATION], "contoso-sync/2.1");
        assert_eq!(partner[MS_CORRELATIONID], CALL.to_string());
    }

    const CALL: Uuid = Uuid::from_u128(7);
}
