//! The token endpoint, through the `oauth2` crate and our own pipeline.
//!
//! `oauth2` writes the grants; sending, retries and the classification of errors are the pipeline's. Its error type
//! never leaves this file: a body that cannot be read may hold tokens.

use std::future::Future;
use std::pin::Pin;

use http::header::CONTENT_TYPE;
use http::{HeaderValue, Method};
use oauth2::basic::{BasicErrorResponse, BasicRevocationErrorResponse, BasicTokenIntrospectionResponse};
use oauth2::{
    AsyncHttpClient, AuthType, Client, ClientId, EndpointNotSet, EndpointSet, HttpRequest, HttpResponse,
    RequestTokenError, StandardRevocableToken, TokenResponse as _, TokenUrl,
};
use secrecy::SecretString;
use url::Url;

use super::exchange::exchange;
use super::token_answer::TokenAnswer;
use super::{AccessToken, ClientProof};
use crate::error::{Error, ErrorKind, Result};
use crate::http::{Pipeline, Request, Safety, join_path};
use crate::ids::{AppId, TenantId};
use crate::service::Service;

/// A client of one authority's token endpoint.
pub(super) type EntraClient = Client<
    BasicErrorResponse,
    TokenAnswer,
    BasicTokenIntrospectionResponse,
    StandardRevocableToken,
    BasicRevocationErrorResponse,
    EndpointNotSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointSet,
>;

/// An endpoint of the authority of a tenant, for example `oauth2/v2.0/token`.
pub(super) fn authority_url(pipeline: &Pipeline, authority: &str, path: &[&str]) -> Url {
    join_path(&join_path(pipeline.cloud().base(Service::Login), &[authority]), path)
}

/// A client for an application at the authority of a tenant. It writes the grant alone; [`OauthHttp`] adds the proof.
pub(super) fn entra_client(pipeline: &Pipeline, authority: &str, application: AppId) -> EntraClient {
    let token_url = TokenUrl::from_url(authority_url(pipeline, authority, &["oauth2", "v2.0", "token"]));
    Client::new(ClientId::new(application.to_string())).set_auth_type(AuthType::RequestBody).set_token_uri(token_url)
}

/// Lets `oauth2` send through the pipeline, with the proof of the application.
pub(super) struct OauthHttp<'a> {
    pub(super) pipeline: &'a Pipeline,
    pub(super) application: AppId,
    pub(super) proof: &'a ClientProof,
    pub(super) operation: &'static str,
    pub(super) tenant: Option<TenantId>,
    pub(super) safety: Safety,
}

impl<'c> AsyncHttpClient<'c> for OauthHttp<'_> {
    type Error = Error;
    type Future = Pin<Box<dyn Future<Output = Result<HttpResponse>> + Send + 'c>>;

    fn call(&'c self, request: HttpRequest) -> Self::Future {
        Box::pin(async move {
            let url = Url::parse(&request.uri().to_string())
                .map_err(|cause| Error::config("the token endpoint is no URL").with_source(cause))?;
            let form = String::from_utf8(request.into_body())
                .map_err(|_| Error::config("the form of a grant is not text").with_operation(self.operation))?;
            let mut ours = Request::new(Service::Login, self.operation, Method::POST, url).safety(self.safety);
            if let Some(tenant) = self.tenant {
                ours = ours.about(tenant);
            }
            let response = exchange(self.pipeline, self.application, self.proof, ours, &form).await?;
            // Proxies rewrite the content type, and oauth2 insists on JSON; the parser decides anyway.
            let mut answer = HttpResponse::new(response.body().to_vec());
            *answer.status_mut() = response.status();
            answer.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
            Ok(answer)
        })
    }
}

/// What a grant brings.
#[derive(Debug)]
pub(super) struct Tokens {
    pub(super) access: AccessToken,
    pub(super) refresh: Option<SecretString>,
}

/// Reads the outcome of a grant.
pub(super) fn tokens(outcome: Result<TokenAnswer, RequestTokenError<Error, BasicErrorResponse>>) -> Result<Tokens> {
    let answer = outcome.map_err(plain_error)?;
    Ok(Tokens { access: answer.access(), refresh: answer.refresh_token().map(|token| token.secret().as_str().into()) })
}

/// Keeps our own error and drops everything that could hold a body.
pub(super) fn plain_error<T: oauth2::ErrorResponse>(error: RequestTokenError<Error, T>) -> Error {
    match error {
        RequestTokenError::Request(error) => error,
        _ => Error::new(ErrorKind::Decode, "the token endpoint's answer cannot be read"),
    }
}
