//! One request of a batch on its way: what its answers mean for it.

use std::time::SystemTime;

use http::StatusCode;
use serde::Serialize;
use serde_json::value::RawValue;

use super::answers::Answer;
use super::rules::Part;
use crate::error::{Error, ErrorKind, ServiceAnswer, classify};
use crate::http::collect::ERROR_BODY;
use crate::http::{Outcome, Pipeline, Request, Response, Safety, Verdict, decide, retry_after};

/// A request of a batch, with what it has been through.
#[derive(Debug)]
pub(super) struct Item {
    /// Its position among the requests of the caller.
    pub(super) index: usize,
    pub(super) request: Request,
    pub(super) part: Part,
    pub(super) attempts: u32,
    request_ids: Vec<String>,
}

/// What becomes of an item.
#[derive(Debug)]
pub(super) enum Fate {
    /// This is the outcome.
    Done(crate::Result<Response>),
    /// It may be sent again; the error stands when there is no time left for that.
    Again(Error),
    /// Its token was refused, which a request of its own knows how to mend.
    Alone(Error),
}

/// An item as it is written.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Written<'a> {
    id: String,
    method: &'a str,
    url: &'a str,
    #[serde(skip_serializing_if = "std::collections::BTreeMap::is_empty")]
    headers: &'a std::collections::BTreeMap<String, String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    body: Option<&'a RawValue>,
    #[serde(skip_serializing_if = "Option::is_none")]
    depends_on: Option<[String; 1]>,
}

impl Item {
    pub(super) fn new(index: usize, request: Request, part: Part) -> Self {
        Self { index, request, part, attempts: 0, request_ids: Vec::new() }
    }

    /// The item as number `id` of a batch, to be carried out after another one.
    pub(super) fn written(&self, id: usize, after: Option<usize>) -> Written<'_> {
        Written {
            id: id.to_string(),
            method: self.request.method.as_str(),
            url: &self.part.url,
            headers: &self.part.headers,
            body: self.part.body.as_deref(),
            depends_on: after.map(|id| [id.to_string()]),
        }
    }

    /// What an answer to the batch means for the item.
    pub(super) fn answered(&mut self, answer: Answer, outer: &Response) -> Fate {
        self.attempts += outer.attempts();
        match answer {
            Answer::Given { status, headers, body } => {
                let accepted = self.request.accepted.contains(&status);
                let Ok(code) = StatusCode::from_u16(status) else { return self.unusable("no valid status", outer) };
                if !code.is_success() && !accepted {
                    return self.refused(&ServiceAnswer {
                        service: self.request.service,
                        status,
                        headers: &headers,
                        body: &body[..body.len().min(ERROR_BODY)],
                    });
                }
                let response = Response {
                    status: code,
                    headers,
                    body,
                    operation: self.request.operation,
                    tenant: self.request.tenant().copied(),
                    attempts: self.attempts,
                };
                let fits = self.request.max_body.is_none_or(|cap| response.body.len() <= cap);
                let large = || response.error(format!("the answer is larger than {} bytes", response.body.len()));
                Fate::Done(if fits { Ok(response) } else { Err(large()) })
            }
            Answer::Missing => {
                let error = self.finish(outer.error("the batch was answered without this item"));
                match decide(Outcome::Lost, self.request.safety) {
                    Verdict::Retry => Fate::Again(error),
                    _ => Fate::Done(Err(error.with_kind(ErrorKind::OutcomeUnknown))),
                }
            }
            Answer::Several => self.unusable("several answers", outer),
        }
    }

    /// What the failure of the whole batch means for the item.
    pub(super) fn batch_failed(&mut self, error: &Error) -> Fate {
        self.attempts += error.attempts();
        let copy = self.finish(error.copy());
        let is_unsafe = self.request.safety == Safety::Unsafe;
        match error.kind() {
            // Only others in the batch must not be repeated.
            ErrorKind::OutcomeUnknown if !is_unsafe => {
                let kind = if error.status().is_some() { ErrorKind::Unavailable } else { ErrorKind::Connection };
                Fate::Again(copy.with_kind(kind))
            }
            // A success that cannot be read.
            ErrorKind::Decode if is_unsafe && error.status().is_some_and(|status| status < 300) => {
                Fate::Done(Err(copy.with_kind(ErrorKind::OutcomeUnknown)))
            }
            _ => Fate::Done(Err(copy)),
        }
    }

    /// Sends the item as a request of its own.
    pub(super) async fn send_alone(mut self, pipeline: &Pipeline) -> (usize, crate::Result<Response>) {
        let outcome = pipeline.send(self.request.clone()).await;
        let outcome = match outcome {
            Ok(mut response) => {
                response.attempts += self.attempts;
                Ok(response)
            }
            Err(error) => {
                self.attempts += error.attempts();
                Err(self.finish(error))
            }
        };
        (self.index, outcome)
    }

    fn refused(&mut self, answer: &ServiceAnswer<'_>) -> Fate {
        let wait = retry_after(answer.headers, SystemTime::now());
        let error = classify(answer);
        let outcome = Outcome::Answered { status: answer.status, retry_after: wait.is_some(), kind: error.kind() };
        let error = self.finish(match wait {
            Some(wait) => error.with_retry_after(wait),
            None => error,
        });
        if answer.status == 401 {
            return Fate::Alone(error);
        }
        match decide(outcome, self.request.safety) {
            Verdict::Retry => Fate::Again(error),
            Verdict::Return => Fate::Done(Err(error)),
            Verdict::OutcomeUnknown => Fate::Done(Err(error.with_kind(ErrorKind::OutcomeUnknown))),
        }
    }

    /// An answer that says too little about the item.
    fn unusable(&mut self, found: &str, outer: &Response) -> Fate {
        let error = self.finish(outer.error(format!("the batch was answered with {found} for this item")));
        let is_unsafe = self.request.safety == Safety::Unsafe;
        Fate::Done(Err(if is_unsafe { error.with_kind(ErrorKind::OutcomeUnknown) } else { error }))
    }

    /// Completes an error with what is known of the item; the ids of all its attempts are kept.
    fn finish(&mut self, error: Error) -> Error {
        self.request_ids.extend(error.request_ids().iter().cloned());
        let error = self.request_ids.iter().cloned().fold(error, Error::with_request_id);
        let error = error.told_to(self.request.operation).with_attempts(self.attempts);
        match self.request.tenant() {
            Some(tenant) => error.with_tenant(*tenant),
            None => error,
        }
    }
}
