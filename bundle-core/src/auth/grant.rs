//! A grant at the token endpoint of a tenant, and the tokens it brings.

use http::Method;
use secrecy::SecretString;
use url::{Url, form_urlencoded};

use super::exchange::exchange;
use super::token_answer::TokenAnswer;
use super::{AccessToken, ClientProof};
use crate::error::Result;
use crate::http::{Pipeline, Request, Response, Safety, join_path};
use crate::ids::{AppId, TenantId};
use crate::service::Service;

/// What every grant of an application needs.
pub(super) struct Grant<'a> {
    pub(super) pipeline: &'a Pipeline,
    pub(super) application: AppId,
    pub(super) proof: &'a ClientProof,
    pub(super) operation: &'static str,
    pub(super) tenant: TenantId,
    pub(super) safety: Safety,
}

impl Grant<'_> {
    /// Redeems the grant that `fields` are.
    pub(super) async fn redeem(&self, fields: &[(&str, &str)], claims: Option<&str>) -> Result<Tokens> {
        let application = self.application.to_string();
        let more = [("client_id", application.as_str())].into_iter().chain(claims.map(|claims| ("claims", claims)));
        let form = form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).extend_pairs(more).finish();
        let url = authority_url(self.pipeline, &self.tenant.to_string(), &["oauth2", "v2.0", "token"]);
        let request =
            Request::new(Service::Login, self.operation, Method::POST, url).safety(self.safety).about(self.tenant);
        tokens(&exchange(self.pipeline, self.application, self.proof, request, &form).await?)
    }
}

/// What a grant brings.
#[derive(Debug)]
pub(super) struct Tokens {
    pub(super) access: AccessToken,
    pub(super) refresh: Option<SecretString>,
}

/// Reads the answer to a grant.
pub(super) fn tokens(answer: &Response) -> Result<Tokens> {
    let read: TokenAnswer = answer.json()?;
    if !read.is_bearer() {
        return Err(answer.error("the token endpoint answered a token that is no bearer token"));
    }
    Ok(Tokens { access: read.access(), refresh: read.refresh_token })
}

/// An endpoint of the authority of a tenant, for example `oauth2/v2.0/token`.
pub(super) fn authority_url(pipeline: &Pipeline, authority: &str, path: &[&str]) -> Url {
    join_path(&join_path(pipeline.cloud().base(Service::Login), &[authority]), path)
}
