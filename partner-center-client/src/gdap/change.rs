//! How the service takes a change: at once, or as an operation to look at later.

use std::time::{Duration, SystemTime};

use bundle_core::Result;
use bundle_core::http::{Response, retry_after};
use http::header::LOCATION;
use serde::de::DeserializeOwned;

use super::OperationId;

/// The outcome of a change.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Change<T> {
    /// It is made; this is the object now. An unchanged object comes back the same way.
    Done(T),
    /// It is under way.
    Accepted(Accepted),
}

/// A change under way.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Accepted {
    /// The operation that carries it out, for [`Operations::get`](super::Operations::get).
    pub operation: Option<OperationId>,
    /// How long the service asks to wait before looking.
    pub retry_after: Option<Duration>,
}

impl<T: DeserializeOwned> Change<T> {
    pub(super) fn read(response: &Response) -> Result<Self> {
        if response.status() != 202 {
            return response.json().map(Self::Done);
        }
        let location = response.header(&LOCATION).map(|text| text.split(['?', '#']).next().unwrap_or(text));
        let last = location.and_then(|path| path.trim_end_matches('/').rsplit('/').next());
        Ok(Self::Accepted(Accepted {
            operation: last.filter(|id| !id.is_empty()).map(OperationId::new),
            retry_after: retry_after(response.headers(), SystemTime::now()),
        }))
    }
}
