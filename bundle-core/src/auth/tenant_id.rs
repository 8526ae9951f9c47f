//! From a domain to the id of its tenant.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use http::Method;
use serde::Deserialize;
use tokio::time::Instant;
use url::{Host, Url};

use super::grant::authority_url;
use crate::error::{Error, ErrorKind, Result};
use crate::http::{ClientOptions, Pipeline, Request};
use crate::ids::TenantId;
use crate::service::Service;

/// Finds tenants by domain, each domain once. Cheap to clone; clones share what was found.
///
/// Any domain a tenant has verified names it, `contoso.onmicrosoft.com` too. Nothing but the login authority's public
/// discovery document is read, so no sign-in is needed.
///
/// Source: "OpenID Connect on the Microsoft identity platform" (Microsoft Learn).
#[derive(Clone, Debug)]
pub struct TenantDirectory(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    pipeline: Pipeline,
    domains: Mutex<HashMap<String, Arc<Entry>>>,
}

/// Locked while the domain is asked for, so that others wait instead of asking too.
type Entry = tokio::sync::Mutex<Option<Found>>;

#[derive(Debug)]
enum Found {
    Tenant(TenantId),
    Nothing { at: Instant, request_ids: Vec<String> },
}

impl TenantDirectory {
    /// An empty directory; its requests follow `options`.
    ///
    /// # Errors
    /// [`ErrorKind::Config`]: [`Pipeline::new`] refuses the options.
    pub fn new(options: &ClientOptions) -> Result<Self> {
        Ok(Self(Arc::new(Inner { pipeline: Pipeline::new(None, options)?, domains: Mutex::default() })))
    }

    /// Answers the id of the tenant that has verified `domain`. A tenant id is answered as it is, without a request.
    ///
    /// A found tenant is kept for good; that a domain has none is kept for a minute.
    ///
    /// # Errors
    /// * [`ErrorKind::Config`]: neither a domain nor a tenant id; nothing was sent.
    /// * [`ErrorKind::NotFound`]: no tenant of this cloud has the domain.
    /// * [`ErrorKind::Decode`]: the document names no tenant, or two.
    /// * any transport error, see [`Error`].
    pub async fn resolve(&self, domain: &str) -> Result<TenantId> {
        if let Ok(id) = domain.parse() {
            return Ok(id);
        }
        let domain = normal(domain)?;
        let entry = Arc::clone(self.domains().entry(domain.clone()).or_default());
        let mut entry = entry.lock().await;
        match &*entry {
            Some(Found::Tenant(id)) => return Ok(*id),
            Some(Found::Nothing { at, request_ids }) if at.elapsed() < NOTHING_LASTS => {
                return Err(request_ids.iter().cloned().fold(unknown(&domain), Error::with_request_id));
            }
            _ => {}
        }
        match ask(&self.0.pipeline, &domain).await {
            Ok(id) => {
                *entry = Some(Found::Tenant(id));
                Ok(id)
            }
            Err(error) => {
                if error.kind() == ErrorKind::NotFound {
                    let request_ids = error.request_ids().to_vec();
                    *entry = Some(Found::Nothing { at: Instant::now(), request_ids });
                }
                Err(error)
            }
        }
    }

    fn domains(&self) -> std::sync::MutexGuard<'_, HashMap<String, Arc<Entry>>> {
        self.0.domains.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

async fn ask(pipeline: &Pipeline, domain: &str) -> Result<TenantId> {
    #[derive(Deserialize)]
    struct Discovery {
        issuer: Url,
        token_endpoint: Url,
    }
    let url = authority_url(pipeline, domain, &["v2.0", ".well-known", "openid-configuration"]);
    let answer = pipeline.send(Request::new(Service::Login, OPERATION, Method::GET, url)).await;
    let found: Discovery = answer.map_err(|error| refined(error, domain))?.json()?;
    match (tenant_in(&found.issuer), tenant_in(&found.token_endpoint)) {
        (Some(issuer), Some(endpoint)) if issuer == endpoint => Ok(issuer),
        _ => {
            let why = format!("issuer and token endpoint of {domain:?} do not name one tenant");
            Err(Error::new(ErrorKind::Decode, why).with_operation(OPERATION))
        }
    }
}

/// The authority's word for a domain that nobody has verified is that the request is wrong.
fn refined(error: Error, domain: &str) -> Error {
    if !error.code().is_some_and(|code| UNKNOWN.contains(&code)) {
        // A gateway's 404 says nothing about the domain.
        let is_foreign = error.kind() == ErrorKind::NotFound;
        return if is_foreign { error.with_kind(ErrorKind::Decode) } else { error };
    }
    let mut refined = error.request_ids().iter().cloned().fold(unknown(domain), Error::with_request_id);
    if let Some(status) = error.status() {
        refined = refined.with_status(status);
    }
    if let Some(code) = error.code() {
        refined = refined.with_code(code);
    }
    if let Some(diagnosis) = error.diagnosis() {
        refined = refined.with_diagnosis(diagnosis);
    }
    refined.with_attempts(error.attempts()).with_source(error)
}

fn unknown(domain: &str) -> Error {
    Error::new(ErrorKind::NotFound, format!("no tenant of this cloud has the domain {domain:?}"))
        .with_operation(OPERATION)
}

/// The tenant in the first part of a path below the authority.
fn tenant_in(url: &Url) -> Option<TenantId> {
    url.path_segments()?.find_map(|part| part.parse().ok())
}

/// The domain in lower case, names with other letters as Punycode.
fn normal(text: &str) -> Result<String> {
    let wrong = || Error::config(format!("domain: {text:?} is neither a domain like contoso.com nor a tenant id"));
    let Ok(Host::Domain(domain)) = Host::parse(text) else { return Err(wrong()) };
    let is_label = |label: &str| {
        (1..=63).contains(&label.len())
            && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    let valid = domain.len() <= 253 && domain.contains('.') && domain.split('.').all(is_label);
    if valid { Ok(domain) } else { Err(wrong()) }
}

const OPERATION: &str = "login.discovery";
/// How long it is remembered that a domain has no tenant: it may be verified at any time.
const NOTHING_LASTS: Duration = Duration::from_secs(60);
/// Codes that say there is no such tenant.
const UNKNOWN: [&str; 3] = ["AADSTS90002", "AADSTS900021", "AADSTS900023"];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn domain_is_checked_before_it_is_asked_for() {
        for (text, expected) in [
            ("Contoso.COM", "contoso.com"),
            ("contoso.onmicrosoft.com", "contoso.onmicrosoft.com"),
            ("müller.example", "xn--mller-kva.example"),
        ] {
            assert_eq!(normal(text).unwrap(), expected);
        }
        let long = format!("{}.com", "a".repeat(64));
        for bad in [
            "",
            "common",
            "organizations",
            "localhost",
            "contoso.com.",
            ".com",
            "contoso..com",
            "-a.com",
            "a-.com",
            "contoso.com/x",
            "contoso.com?x",
            "a b.com",
            " contoso.com",
            "user@contoso.com",
            "https://contoso.com",
            "127.0.0.1",
            "[::1]",
            "..",
            "a%2fb.com",
            long.as_str(),
            "00000000-0000-0000-0000-000000000000",
        ] {
            let error = normal(bad).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Config);
            assert!(error.to_string().contains(&format!("{bad:?}")), "{error}");
        }
    }
}
