//! Operations that go on after their request was answered: where to look, and how it went. Pure; the client sends.
//!
//! Source: "Track asynchronous Azure operations" (Microsoft Learn).

use std::time::{Duration, SystemTime};

use bundle_core::error::{ServiceAnswer, classify};
use bundle_core::http::retry_after;
use bundle_core::{Error, ErrorKind, Result, Service};
use http::{HeaderMap, Method};
use serde_json::Value;
use url::Url;

/// An operation under way; from
/// [`ResourceManagerClient::start_operation`](super::ResourceManagerClient::start_operation).
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use]
pub struct Operation {
    look_at: Url,
    kind: Kind,
    /// What to read when a status says that all is well.
    result: Option<Url>,
    check_after: Duration,
}

/// How far an operation has come.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum OperationProgress {
    /// It goes on; look again after [`Operation::check_after`].
    Running(Operation),
    /// It has succeeded. The value is the resource or the result, `null` when there is none.
    Done(Value),
}

/// What stands at the address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    /// The status of the operation (`Azure-AsyncOperation`).
    Status,
    /// The result, 202 until it is there (`Location`).
    Result,
    /// The resource itself, with its `provisioningState`.
    Resource,
}

/// What an answer means.
#[derive(Debug)]
pub(super) enum Step {
    Running(Operation),
    /// It has succeeded and the result is to be read here.
    Fetch(Url),
    Done(Value),
}

/// An answer, taken apart.
#[derive(Clone, Copy, Debug)]
pub(super) struct Answer<'a> {
    pub(super) status: u16,
    pub(super) headers: &'a HeaderMap,
    pub(super) body: &'a Value,
}

impl Operation {
    /// How long to wait before looking again: what the service asked for, at least a second, else 15 seconds.
    #[must_use]
    pub fn check_after(&self) -> Duration {
        self.check_after
    }

    pub(super) fn look_at(&self) -> &Url {
        &self.look_at
    }

    /// Reads the answer to the request that starts an operation.
    pub(super) fn begin(method: &Method, url: &Url, answer: Answer<'_>) -> Result<Step> {
        let changes_resource = *method == Method::PUT || *method == Method::PATCH;
        let location = answer.link("location", url)?;
        let check_after = answer.check_after();
        if let Some(look_at) = answer.link("azure-asyncoperation", url)? {
            let result = if changes_resource { Some(url.clone()) } else { location };
            return Ok(Step::Running(Self { look_at, kind: Kind::Status, result, check_after }));
        }
        match (answer.status, location) {
            (202, Some(look_at)) => Ok(Step::Running(Self { look_at, kind: Kind::Result, result: None, check_after })),
            (202, None) => {
                Err(Error::new(ErrorKind::Decode, "accepted without saying where the operation can be seen"))
            }
            // What an action or a deletion answers is its result.
            _ if !changes_resource => Ok(Step::Done(answer.body.clone())),
            _ => Self { look_at: url.clone(), kind: Kind::Resource, result: None, check_after }.advance(answer),
        }
    }

    /// Reads the answer at the address of the operation.
    pub(super) fn advance(&self, answer: Answer<'_>) -> Result<Step> {
        let state = match self.kind {
            Kind::Result if answer.status == 202 => None,
            Kind::Result => return Ok(Step::Done(answer.body.clone())),
            Kind::Status => answer.body["status"].as_str(),
            // A resource without a state is finished.
            Kind::Resource => Some(answer.body["properties"]["provisioningState"].as_str().unwrap_or("Succeeded")),
        };
        match state.unwrap_or_default().to_ascii_lowercase().as_str() {
            "succeeded" => Ok(match (&self.result, self.kind) {
                (Some(url), _) => Step::Fetch(url.clone()),
                (None, Kind::Status) => Step::Done(answer.body["properties"].clone()),
                (None, _) => Step::Done(answer.body.clone()),
            }),
            ended @ ("failed" | "canceled") => Err(failed(answer, ended)),
            // Every other word means that it goes on.
            _ => {
                let moved = if self.kind == Kind::Result { answer.link("location", &self.look_at)? } else { None };
                let look_at = moved.unwrap_or_else(|| self.look_at.clone());
                Ok(Step::Running(Self { look_at, check_after: answer.check_after(), ..self.clone() }))
            }
        }
    }
}

impl Answer<'_> {
    fn link(&self, name: &str, base: &Url) -> Result<Option<Url>> {
        let Some(value) = self.headers.get(name) else { return Ok(None) };
        let url = value.to_str().ok().and_then(|text| base.join(text).ok());
        url.map(Some).ok_or_else(|| Error::new(ErrorKind::Decode, format!("the header {name} is not a URL")))
    }

    fn check_after(&self) -> Duration {
        retry_after(self.headers, SystemTime::now()).unwrap_or(USUAL_WAIT).max(SHORTEST_WAIT)
    }
}

/// The error of an operation that has ended badly, classified like any other answer.
fn failed(answer: Answer<'_>, ended: &str) -> Error {
    let error = &answer.body["error"];
    if error.is_object() {
        let body = serde_json::json!({ "error": error }).to_string();
        // The answer itself was a success; as an error it would have been a refusal.
        return classify(&ServiceAnswer {
            service: Service::ResourceManager,
            status: 400,
            headers: answer.headers,
            body: body.as_bytes(),
        })
        .with_status(answer.status);
    }
    Error::new(ErrorKind::Other, format!("the operation {ended} without saying why"))
}

const USUAL_WAIT: Duration = Duration::from_secs(15);
const SHORTEST_WAIT: Duration = Duration::from_secs(1);

#[cfg(test)]
mod tests {
    use http::header::HeaderName;
    use serde_json::json;

    use super::*;

    const RESOURCE: &str = "https://management.azure.com/subscriptions/s/resourceGroups/g?api-version=1";
    const STATUS: &str = "https://management.azure.com/subscriptions/s/operations/1?api-version=1";

    fn headers(pairs: &[(&'static str, &str)]) -> HeaderMap {
        pairs.iter().map(|(name, value)| (HeaderName::from_static(name), value.parse().unwrap())).collect()
    }

    fn begin(method: &Method, status: u16, pairs: &[(&'static str, &str)], body: &Value) -> Result<Step> {
        Operation::begin(method, &RESOURCE.parse().unwrap(), Answer { status, headers: &headers(pairs), body })
    }

    fn running(step: Result<Step>) -> Operation {
        match step.unwrap() {
            Step::Running(operation) => operation,
            other => panic!("not running: {other:?}"),
        }
    }

    fn advance(operation: &Operation, status: u16, body: &Value) -> Result<Step> {
        operation.advance(Answer { status, headers: &HeaderMap::new(), body })
    }

    #[test]
    fn status_address_comes_first_and_leads_to_the_resource() {
        let links = [("azure-asyncoperation", STATUS), ("location", "/elsewhere"), ("retry-after", "0")];
        let operation = running(begin(&Method::PUT, 201, &links, &json!({"properties": {}})));
        assert_eq!(operation.look_at().as_str(), STATUS);
        assert_eq!(operation.check_after(), Duration::from_secs(1));
        for state in ["InProgress", "Accepted", "mauve"] {
            let operation = running(advance(&operation, 200, &json!({"status": state})));
            assert_eq!(operation.check_after(), Duration::from_secs(15));
        }
        let done = advance(&operation, 200, &json!({"status": "succeeded"})).unwrap();
        assert!(matches!(done, Step::Fetch(url) if url.as_str() == RESOURCE));
    }

    #[test]
    fn action_answers_its_location_or_its_properties() {
        let operation = running(begin(&Method::POST, 202, &[("azure-asyncoperation", STATUS)], &Value::Null));
        let done = advance(&operation, 200, &json!({"status": "Succeeded", "properties": {"a": 1}})).unwrap();
        assert!(matches!(done, Step::Done(value) if value == json!({"a": 1})));
        let links = [("azure-asyncoperation", STATUS), ("location", STATUS)];
        let operation = running(begin(&Method::DELETE, 202, &links, &Value::Null));
        assert!(matches!(advance(&operation, 200, &json!({"status": "Succeeded"})).unwrap(), Step::Fetch(_)));
    }

    #[test]
    fn location_is_looked_at_until_it_is_no_longer_202() {
        let operation = running(begin(&Method::DELETE, 202, &[("location", STATUS)], &Value::Null));
        let moved = headers(&[("location", "/moved")]);
        let operation = running(operation.advance(Answer { status: 202, headers: &moved, body: &Value::Null }));
        assert_eq!(operation.look_at().as_str(), "https://management.azure.com/moved");
        assert!(matches!(advance(&operation, 204, &Value::Null).unwrap(), Step::Done(Value::Null)));
    }

    #[test]
    fn resource_is_looked_at_until_its_state_is_final() {
        let young = json!({"properties": {"provisioningState": "RegisteringDns"}});
        let operation = running(begin(&Method::PUT, 200, &[], &young));
        assert_eq!(operation.look_at().as_str(), RESOURCE);
        let ready = json!({"properties": {"provisioningState": "Succeeded"}});
        assert!(matches!(advance(&operation, 200, &ready).unwrap(), Step::Done(value) if value == ready));
        for (status, body) in [(200, json!({"name": "a"})), (201, json!({"properties": {}})), (204, Value::Null)] {
            assert!(matches!(begin(&Method::PUT, status, &[], &body).unwrap(), Step::Done(value) if value == body));
        }
        assert!(matches!(begin(&Method::POST, 200, &[], &young).unwrap(), Step::Done(value) if value == young));
    }

    #[test]
    fn bad_ends_are_errors() {
        let operation = running(begin(&Method::PUT, 201, &[("azure-asyncoperation", STATUS)], &Value::Null));
        let error = json!({"code": "Conflict", "message": "taken"});
        let ended = advance(&operation, 200, &json!({"status": "Failed", "error": error})).unwrap_err();
        assert_ne!(ended.kind(), ErrorKind::Decode);
        let ended = advance(&operation, 200, &json!({"status": "Canceled"})).unwrap_err();
        assert!(ended.to_string().contains("canceled"), "{ended}");
        assert_eq!(begin(&Method::DELETE, 202, &[], &Value::Null).unwrap_err().kind(), ErrorKind::Decode);
        assert!(begin(&Method::PUT, 201, &[("azure-asyncoperation", "http://[")], &Value::Null).is_err());
    }
}
