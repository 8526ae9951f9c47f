//! The headers that identify a call to a service.

use http::header::{ACCEPT, ACCEPT_ENCODING, HeaderMap, HeaderName, HeaderValue};
use uuid::Uuid;

use super::fresh;
use crate::service::Service;

/// What stays the same for all requests of a pipeline.
#[derive(Clone, Debug)]
pub(super) struct Identity {
    /// The program's name, for services that want it apart from `User-Agent`.
    pub(super) application: Option<HeaderValue>,
    /// `SdkVersion`, for Graph.
    pub(super) sdk_version: Option<HeaderValue>,
}

impl Identity {
    pub(super) fn new(application: &str, sdk_version: bool) -> Self {
        let value = |text: &str| HeaderValue::from_str(text).ok().filter(|value| !value.is_empty());
        let sdk = format!(
            "graph-rust-bundle/{} (hostOS={}; hostArch={}; runtimeEnvironment=rust)",
            env!("CARGO_PKG_VERSION"),
            std::env::consts::OS,
            std::env::consts::ARCH
        );
        Self { application: value(application), sdk_version: value(&sdk).filter(|_| sdk_version) }
    }

    /// The headers of one attempt. What the caller set wins.
    ///
    /// `call` is one id for all attempts: Partner Center takes it for idempotency, Azure for correlation. Graph, Exchange
    /// and the login authority get a fresh id for each attempt.
    pub(super) fn headers(&self, service: Service, call: Uuid, own: &HeaderMap) -> HeaderMap {
        let mut headers = HeaderMap::with_capacity(own.len() + 10);
        headers.insert(ACCEPT, HeaderValue::from_static("application/json"));
        let yes = HeaderValue::from_static("true");
        match service {
            Service::Login | Service::Graph | Service::Office365Management => {
                headers.insert(CLIENT_REQUEST_ID, guid(fresh::guid()));
                headers.insert(RETURN_CLIENT_REQUEST_ID, yes);
                if service == Service::Login {
                    headers.insert(X_CLIENT_SKU, HeaderValue::from_static("bundle.rust"));
                    headers.insert(X_CLIENT_VER, HeaderValue::from_static(env!("CARGO_PKG_VERSION")));
                } else if service == Service::Graph
                    && let Some(sdk) = &self.sdk_version
                {
                    headers.insert(SDK_VERSION, sdk.clone());
                }
            }
            Service::Exchange | Service::Compliance => {
                headers.insert(CLIENT_REQUEST_ID, guid(fresh::guid()));
            }
            Service::PartnerCenter => {
                headers.insert(MS_CONTRACT_VERSION, HeaderValue::from_static("v1"));
                headers.insert(MS_REQUESTID, guid(call));
                headers.insert(MS_CORRELATIONID, guid(call));
                headers.insert(X_LOCALE, HeaderValue::from_static("en-US"));
                if let Some(application) = &self.application {
                    headers.insert(MS_PARTNERCENTER_APPLICATION, application.clone());
                }
            }
            _ => {
                headers.insert(X_MS_CLIENT_REQUEST_ID, guid(call));
                headers.insert(X_MS_RETURN_CLIENT_REQUEST_ID, yes);
            }
        }
        headers.insert(ACCEPT_ENCODING, accepted_encoding(service));
        for (name, value) in own {
            headers.insert(name.clone(), value.clone());
        }
        headers
    }
}

/// The id of ours by which the service can find an attempt that was never answered.
pub(super) fn request_id(headers: &HeaderMap) -> Option<&HeaderValue> {
    let names = [CLIENT_REQUEST_ID, MS_REQUESTID, X_MS_CLIENT_REQUEST_ID];
    names.iter().find_map(|name| headers.get(name))
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
        Identity::new("contoso-sync/2.1", true).headers(service, Uuid::from_u128(7), own)
    }

    #[test]
    fn graph_alone_hears_of_the_sdk() {
        for service in Service::ALL {
            assert_eq!(headers(service, &HeaderMap::new()).contains_key(SDK_VERSION), service == Service::Graph);
        }
        let off = Identity::new("", false).headers(Service::Graph, Uuid::from_u128(7), &HeaderMap::new());
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
    fn id_is_fresh_for_graph_and_kept_for_partner_center() {
        let identity = Identity::new("contoso-sync/2.1", true);
        let id = |service| {
            let headers = identity.headers(service, Uuid::from_u128(7), &HeaderMap::new());
            request_id(&headers).unwrap().to_owned()
        };
        assert_ne!(id(Service::Graph), id(Service::Graph));
        assert_eq!(id(Service::PartnerCenter), Uuid::from_u128(7).to_string());
        assert_eq!(id(Service::KeyVault), Uuid::from_u128(7).to_string());
        let partner = headers(Service::PartnerCenter, &HeaderMap::new());
        assert_eq!(partner[MS_PARTNERCENTER_APPLICATION], "contoso-sync/2.1");
    }
}
