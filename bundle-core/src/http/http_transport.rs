//! The transport over reqwest, with everything off that would act on its own.

use async_trait::async_trait;
use secrecy::{ExposeSecret as _, SecretString};
use url::Url;

use super::identify::user_agent;
use super::{Body, ClientOptions, OutgoingRequest, SendFailure, Transport};
use crate::error::{Error, ErrorKind, Result};

/// Sends over HTTP/1.1 and HTTP/2 with pooled connections. Cheap to clone; clones share the connections.
#[derive(Clone, Debug)]
pub struct HttpTransport {
    client: reqwest::Client,
}

/// Which proxy requests go through.
#[derive(Clone, Default)]
#[non_exhaustive]
pub enum Proxy {
    /// The one the environment names (`HTTPS_PROXY`, `HTTP_PROXY`, `ALL_PROXY`, `NO_PROXY`); none when it names none.
    #[default]
    Environment,
    /// None, whatever the environment says.
    Direct,
    /// This one, for every host.
    Through {
        /// Where it is, for example `http://proxy.contoso.com:8080`; user name and password in it are refused.
        url: Url,
        /// User name and password, where it asks for them.
        login: Option<(String, SecretString)>,
    },
}

impl std::fmt::Debug for Proxy {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Environment => f.write_str("Environment"),
            Self::Direct => f.write_str("Direct"),
            // People write passwords into the URL.
            Self::Through { url, .. } => {
                f.debug_struct("Through").field("host", &url.host_str()).finish_non_exhaustive()
            }
        }
    }
}

impl HttpTransport {
    /// Builds a transport with the timeouts, proxy and application name of `options`.
    ///
    /// # Errors
    /// [`ErrorKind::Config`]: the application name cannot stand in a header, the proxy is no HTTP proxy or has user name
    /// and password in its URL, or TLS cannot be set up.
    pub fn new(options: &ClientOptions) -> Result<Self> {
        let mut builder = reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .retry(reqwest::retry::never())
            .referer(false)
            .tcp_nodelay(true)
            .connect_timeout(options.connect_timeout)
            .user_agent(user_agent(&options.application));
        if let Some(timeout) = options.read_timeout {
            builder = builder.read_timeout(timeout);
        }
        match &options.proxy {
            Proxy::Environment => {}
            Proxy::Direct => builder = builder.no_proxy(),
            Proxy::Through { url, login } => {
                if !url.username().is_empty() || url.password().is_some() {
                    return Err(Error::config("proxy: user name and password belong into `login`, not into the URL"));
                }
                let mut proxy = reqwest::Proxy::all(url.clone()).map_err(|_| {
                    // The cause quotes the URL.
                    Error::config(format!("proxy: {:?} is no proxy", url.host_str().unwrap_or("no host")))
                })?;
                if let Some((user, password)) = login {
                    proxy = proxy.basic_auth(user, password.expose_secret());
                }
                builder = builder.proxy(proxy);
            }
        }
        #[cfg(any(feature = "rustls", feature = "native-tls"))]
        if !options.cloud.has_tls() {
            // Reading the machine's root certificates takes longer than many a run on loopback.
            builder = builder.tls_certs_only([]);
        }
        let client = builder.build().map_err(|cause| {
            Error::config(format!(
                "application: {:?} cannot stand in User-Agent, or TLS cannot start",
                options.application
            ))
            .with_source(cause.without_url())
        })?;
        Ok(Self { client })
    }
}

#[async_trait]
impl Transport for HttpTransport {
    async fn send(&self, request: OutgoingRequest) -> Result<http::Response<Body>, SendFailure> {
        let OutgoingRequest { method, url, headers, body } = request;
        let mut request = reqwest::Request::new(method, url);
        *request.headers_mut() = headers;
        if !body.is_empty() {
            *request.body_mut() = Some(body.into());
        }
        let mut answer = match self.client.execute(request).await {
            Ok(answer) => answer,
            Err(cause) => return Err(failure(cause)),
        };
        let mut head = http::Response::new(());
        *head.status_mut() = answer.status();
        *head.version_mut() = answer.version();
        *head.headers_mut() = std::mem::take(answer.headers_mut());
        Ok(head.map(|()| Body::from_reqwest(answer)))
    }
}

/// A body that ends before it is whole.
pub(super) fn lost(cause: reqwest::Error) -> SendFailure {
    let cause = cause.without_url();
    let kind = if cause.is_timeout() { ErrorKind::Timeout } else { ErrorKind::Connection };
    let text = format!("the connection broke before the answer was read: {}", innermost(&cause));
    SendFailure::lost(Error::new(kind, text).with_source(cause))
}

fn failure(cause: reqwest::Error) -> SendFailure {
    if !(cause.is_connect() || cause.is_builder()) {
        return lost(cause);
    }
    let host = cause.url().and_then(Url::host_str).unwrap_or("the host").to_owned();
    let cause = cause.without_url();
    let kind = if cause.is_timeout() { ErrorKind::Timeout } else { ErrorKind::Connection };
    let text = format!("cannot connect to {host}: {}", innermost(&cause));
    SendFailure::not_sent(Error::new(kind, text).with_source(cause))
}

/// The cause a person needs ("connection refused", "dns error").
fn innermost(cause: &reqwest::Error) -> String {
    let mut innermost: &dyn std::error::Error = cause;
    while let Some(next) = innermost.source() {
        innermost = next;
    }
    innermost.to_string()
}
