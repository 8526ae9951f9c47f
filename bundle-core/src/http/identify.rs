//! The headers that identify a call to a service.

use http::header::{ACCEPT, ACCEPT_ENCODING, HeaderMap, HeaderName, HeaderValue};
use uuid::Uuid;

use crate::service::Service;

/// The headers that stay the same for all requests of a pipeline, by service.
#[derive(Clone, Debug)]
pub(super) struct Identity(Vec<(Service, HeaderMap)>);

impl Identity {
    /// `application` is the program's name, for services that want it apart from `User-Agent`.
    pub(super) fn new(application: &str, sdk_version: bool) -> Self {
        Self(Service::ALL.into_iter().map(|service| (service, constant(service, application, sdk_version))).collect())
    }

    /// The headers of one attempt. What the caller set wins.
    ///
    /// `call` is one id for all attempts, `attempt` one for each: see [`request_id`].
    pub(super) fn headers(&self, service: Service, call: Uuid, attempt: Uuid, own: &HeaderMap) -> HeaderMap {
        let constant = self.0.iter().find(|(of, _)| *of == service);
        let mut headers = constant.map(|(_, headers)| headers.clone()).unwrap_or_default();
        headers.reserve(own.len() + ADDED);
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
    let mut headers = HeaderMap::with_capacity(CONSTANT + ADDED);
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
    HeaderValue::from_str(id.as_hyphenated().encode_lower(&mut text)).expect("a GUID is a valid header value")
}

/// The most headers that stay the same.
const CONSTANT: usize = 5;
/// What an attempt adds: two ids and `Authorization`; `User-Agent` and the length come with the sending.
const ADDED: usize = 5;

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
