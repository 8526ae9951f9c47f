//! A request as a pure value.

use std::time::Duration;

use bytes::Bytes;
use http::header::{HeaderMap, HeaderName, HeaderValue};
use http::{Method, header};
use serde::Serialize;
use url::Url;

use crate::auth::Principal;
use crate::error::{Error, Result};
use crate::ids::TenantId;
use crate::service::Service;

/// What to send, to which service, as whom, and whether it may be repeated. Nothing is sent until a
/// [`Pipeline`](super::Pipeline) sends it.
#[derive(Clone)]
#[must_use]
pub struct Request {
    pub(crate) service: Service,
    pub(crate) operation: &'static str,
    pub(crate) method: Method,
    pub(crate) url: Url,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Option<Bytes>,
    pub(crate) authorization: Authorization,
    pub(crate) subject: Option<TenantId>,
    pub(crate) safety: Safety,
    pub(crate) accepted: Vec<u16>,
    pub(crate) max_body: Option<usize>,
    pub(crate) deadline: Option<Duration>,
    /// For a batch: one of its items, and how many they are. They are throttled, not the batch.
    pub(crate) stands_for: Option<Box<(Url, u32)>>,
}

/// Whose token the request carries.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Authorization {
    /// None at all.
    Anonymous,
    /// A bearer token.
    Bearer {
        /// The tenant that issues the token.
        tenant: TenantId,
        /// Account or application.
        principal: Principal,
        /// The scope asked for, for example `https://graph.microsoft.com/.default`.
        scope: String,
    },
}

/// What happens when the request is carried out twice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Safety {
    /// It only reads.
    Read,
    /// A second time changes nothing more.
    Idempotent,
    /// A second time may do it twice.
    Unsafe,
}

impl Request {
    /// Starts a request. `operation` names it in errors and traces, for example `graph.groups.create`.
    ///
    /// GET, HEAD and OPTIONS are reads, PUT and DELETE idempotent, everything else unsafe to repeat until
    /// [`Request::safety`] says otherwise.
    pub fn new(service: Service, operation: &'static str, method: Method, url: Url) -> Self {
        let safety = match method {
            Method::GET | Method::HEAD | Method::OPTIONS => Safety::Read,
            Method::PUT | Method::DELETE => Safety::Idempotent,
            _ => Safety::Unsafe,
        };
        Self {
            service,
            operation,
            method,
            url,
            headers: HeaderMap::new(),
            body: None,
            authorization: Authorization::Anonymous,
            subject: None,
            safety,
            accepted: Vec::new(),
            max_body: None,
            deadline: None,
            stands_for: None,
        }
    }

    /// Asks for a bearer token of `tenant` for `principal`.
    pub fn bearer(mut self, tenant: TenantId, principal: Principal, scope: impl Into<String>) -> Self {
        self.authorization = Authorization::Bearer { tenant, principal, scope: scope.into() };
        self
    }

    /// Names the tenant the call is about, where that is not the tenant whose token it carries. It is throttled
    /// apart from other tenants and named in errors.
    pub fn about(mut self, tenant: TenantId) -> Self {
        self.subject = Some(tenant);
        self
    }

    /// Appends a query option, see [`append_query`](super::append_query).
    pub fn query(mut self, name: &str, value: &str) -> Self {
        super::append_query(&mut self.url, name, value);
        self
    }

    /// Sets a header; it is sent on every page of a listing too.
    pub fn header(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.headers.insert(name, value);
        self
    }

    /// Sets a JSON body.
    ///
    /// # Errors
    /// [`ErrorKind::Config`](crate::ErrorKind::Config): `body` cannot be written as JSON.
    pub fn json<T: Serialize + ?Sized>(mut self, body: &T) -> Result<Self> {
        let bytes = serde_json::to_vec(body)
            .map_err(|_| Error::config("the request body cannot be written as JSON").with_operation(self.operation))?;
        self.headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
        self.body = Some(bytes.into());
        Ok(self)
    }

    /// Sets the body as it is; the caller sets `Content-Type`.
    pub fn body(mut self, body: impl Into<Bytes>) -> Self {
        self.body = Some(body.into());
        self
    }

    /// Says what happens when the request is carried out twice, where the method alone does not tell.
    pub fn safety(mut self, safety: Safety) -> Self {
        self.safety = safety;
        self
    }

    /// Takes a status outside 2xx as an answer instead of an error.
    pub fn accept(mut self, status: u16) -> Self {
        self.accepted.push(status);
        self
    }

    /// Caps the body of a success, in bytes; the client's own cap holds without it.
    pub fn max_body(mut self, bytes: usize) -> Self {
        self.max_body = Some(bytes);
        self
    }

    /// Bounds the time the call may take in all, waits and attempts included; the client's own deadline holds without
    /// it.
    pub fn deadline(mut self, deadline: Duration) -> Self {
        self.deadline = Some(deadline);
        self
    }

    /// The same request to another URL: how next links are followed with method, headers and body kept.
    pub fn with_url(&self, url: Url) -> Self {
        Self { url, ..self.clone() }
    }

    /// Where the request goes.
    #[must_use]
    pub fn url(&self) -> &Url {
        &self.url
    }

    /// The operation's name.
    #[must_use]
    pub fn operation(&self) -> &'static str {
        self.operation
    }

    /// The tenant the call is about: the one named by [`Request::about`], else the one whose token it carries.
    #[must_use]
    pub fn tenant(&self) -> Option<&TenantId> {
        self.subject.as_ref().or(match &self.authorization {
            Authorization::Bearer { tenant, .. } => Some(tenant),
            Authorization::Anonymous => None,
        })
    }
}

impl std::fmt::Debug for Request {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // Bodies, headers and queries can hold secrets (refresh tokens, signatures), so none of them is shown.
        let mut shown = self.url.clone();
        shown.set_query(None);
        shown.set_fragment(None);
        let _ = shown.set_password(None);
        f.debug_struct("Request")
            .field("operation", &self.operation)
            .field("method", &self.method.as_str())
            .field("url", &shown.as_str())
            .field("bytes", &self.body.as_ref().map_or(0, Bytes::len))
            .field("authorization", &self.authorization)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::TenantId;

    #[test]
    fn debug_shows_neither_body_nor_headers_nor_query() {
        let url = Url::parse("https://user:canary@login.microsoftonline.com/x?sig=canary#canary").unwrap();
        let request = Request::new(Service::Login, "login.refresh_token", Method::POST, url)
            .bearer(TenantId::from_u128(1), Principal::Account, "s")
            .header(header::COOKIE, HeaderValue::from_static("canary"))
            .body("refresh_token=canary");
        let text = format!("{request:?}");
        assert!(text.contains("login.refresh_token") && text.contains("bytes: 20"), "{text}");
        assert!(!text.contains("canary"), "{text}");
    }
}
