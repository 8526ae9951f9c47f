//! One exchange at the token endpoint: the form of a grant, completed with the application's proof.
//!
//! Every grant goes through [`exchange`], so that an assertion refused for its time or its key is made again once,
//! whatever it was sent with.

use http::HeaderValue;
use http::header::CONTENT_TYPE;
use secrecy::ExposeSecret;
use url::form_urlencoded;

use super::ClientProof;
use crate::error::{Error, Result, ServiceAnswer, classify};
use crate::http::{Pipeline, Request, Response};
use crate::ids::AppId;
use crate::service::Service;

/// Sends `form` with the proof of `application`. The address of the request is the token endpoint of the tenant.
pub(super) async fn exchange(
    pipeline: &Pipeline,
    application: AppId,
    proof: &ClientProof,
    request: Request,
    form: &str,
) -> Result<Response> {
    let request = request.header(CONTENT_TYPE, HeaderValue::from_static("application/x-www-form-urlencoded"));
    let first = send(pipeline, application, proof, &request, form, false).await;
    let may_differ = |error: &Error| proof.may_differ(error.code(), error.answered_at());
    let again = match &first {
        Ok(answer) if answer.status().is_success() => false,
        // A status the caller takes as an answer: the device code flow says "not yet" with 400.
        Ok(answer) => may_differ(&refusal(answer)),
        Err(error) => may_differ(error),
    };
    if !again {
        return first;
    }
    tracing::debug!(operation = request.operation(), "the assertion was refused; trying a fresh one");
    let second = send(pipeline, application, proof, &request, form, true).await;
    match (first, second) {
        (Err(first), Err(second)) => Err(joined(&first, second)),
        (_, second) => second,
    }
}

/// An answer that was taken instead of an error, as the error it is.
pub(super) fn refusal(answer: &Response) -> Error {
    classify(&ServiceAnswer {
        service: Service::Login,
        status: answer.status().as_u16(),
        headers: answer.headers(),
        body: answer.body(),
    })
}

async fn send(
    pipeline: &Pipeline,
    application: AppId,
    proof: &ClientProof,
    request: &Request,
    form: &str,
    refused: bool,
) -> Result<Response> {
    let own = |error: Error| error.with_operation(request.operation());
    let fields = proof.fields(request.url(), application, refused).await.map_err(own)?;
    let proof = fields.iter().map(|(name, value)| (name, value.expose_secret()));
    let body = form_urlencoded::Serializer::new(form.to_owned()).extend_pairs(proof).finish();
    pipeline.send(request.clone().body(body)).await
}

/// The second refusal, with the attempts and request ids of both.
fn joined(first: &Error, second: Error) -> Error {
    let attempts = first.attempts() + second.attempts();
    let ids: Vec<String> = first.request_ids().iter().chain(second.request_ids()).cloned().collect();
    ids.into_iter().fold(second, Error::with_request_id).with_attempts(attempts)
}
