//! One batch sent until each of its items has an outcome.

use std::sync::Arc;
use std::time::Duration;

use futures_util::future::join_all;
use futures_util::stream::{self, Stream, StreamExt as _};
use http::{Method, StatusCode};
use serde::Serialize;
use tokio::sync::Mutex;
use tokio::time::Instant;
use uuid::Uuid;

use super::answers::Answers;
use super::item::{Fate, Item, Written};
use super::rules::BatchRules;
use crate::error::{Error, ErrorKind, Result};
use crate::http::{Pipeline, Request, Response, Safety, backoff};

/// The requests of one batch. Those that may be sent again are, in a batch of what is left of it.
#[derive(Debug)]
pub(super) struct Run {
    pipeline: Pipeline,
    rules: Arc<BatchRules>,
    /// What is to be sent together.
    items: Vec<Item>,
    /// Whether each item depends on the one before it.
    is_chain: bool,
    /// Held while the batch is under way, in this order: one for each mailbox that other batches work in too.
    turns: Vec<Arc<Mutex<()>>>,
    /// What is to be sent as requests of their own.
    alone: Vec<Item>,
    not_before: Option<Instant>,
    deadline: Option<Instant>,
}

/// The outcome of one item.
#[derive(Debug)]
pub(super) struct Done {
    pub(super) index: usize,
    pub(super) outcome: Result<Response>,
    /// Whether it is the failure of a batch as a whole.
    pub(super) of_batch: bool,
}

impl Run {
    pub(super) fn new(
        pipeline: Pipeline,
        rules: Arc<BatchRules>,
        items: Vec<Item>,
        is_chain: bool,
        turns: Vec<Arc<Mutex<()>>>,
    ) -> Self {
        Self { pipeline, rules, items, is_chain, turns, alone: Vec::new(), not_before: None, deadline: None }
    }

    /// Sends the batch; outcomes come as soon as they are known.
    pub(super) fn outcomes(self) -> impl Stream<Item = Done> + Send + 'static {
        stream::unfold(Some(self), |run| async move {
            let (done, left) = run?.round().await;
            Some((stream::iter(done), left))
        })
        .flatten()
    }

    /// Sends what is left once and answers what is then done, and what is not.
    async fn round(mut self) -> (Vec<Done>, Option<Self>) {
        if !self.alone.is_empty() {
            let sent = std::mem::take(&mut self.alone).into_iter().map(|item| item.send_alone(&self.pipeline));
            let sent = join_all(sent.collect::<Vec<_>>()).await;
            let done = sent.into_iter().map(|(index, outcome)| Done { index, outcome, of_batch: false });
            let done = done.collect();
            return (done, (!self.items.is_empty()).then_some(self));
        }
        if let Some(until) = self.not_before.take() {
            tokio::time::sleep_until(until).await;
        }
        let mut done = self.refuse().await;
        if self.items.is_empty() {
            return (done, None);
        }
        let policy = *self.pipeline.retry_policy();
        self.deadline = self.deadline.or_else(|| Instant::now().checked_add(policy.deadline));
        let (fates, of_batch) = self.send().await;
        let fates = if self.is_chain { in_order(fates) } else { fates };

        let mut again = Vec::new();
        for (item, fate) in std::mem::take(&mut self.items).into_iter().zip(fates) {
            match fate {
                Fate::Done(outcome) => done.push(Done { index: item.index, outcome, of_batch }),
                Fate::Alone(_) => self.alone.push(item),
                Fate::Again(error) => again.push((item, error)),
            }
        }
        match self.wait(&again) {
            Some(wait) => {
                self.not_before = Some(Instant::now() + wait);
                self.items = again.into_iter().map(|(item, _)| item).collect();
            }
            None => {
                done.extend(last_words(again).map(|(index, error)| Done { index, outcome: Err(error), of_batch }));
            }
        }
        let left = !(self.items.is_empty() && self.alone.is_empty());
        (done, left.then_some(self))
    }

    /// Takes out what the preflight refuses. A chain is sent as it is: what follows in it would be left hanging.
    async fn refuse(&mut self) -> Vec<Done> {
        let mut done = Vec::new();
        if self.is_chain {
            return done;
        }
        for item in std::mem::take(&mut self.items) {
            let asks = item.attempts == 0;
            let refusal = if asks { self.pipeline.refuses(&item.request).await } else { None };
            match refusal {
                Some(error) => done.push(Done { index: item.index, outcome: Err(error), of_batch: false }),
                None => self.items.push(item),
            }
        }
        done
    }

    /// Sends the batch and says what its answer means for each item, and whether it failed as a whole.
    async fn send(&mut self) -> (Vec<Fate>, bool) {
        match self.exchange().await {
            Ok((answers, outer)) => {
                let each = self.items.iter_mut().zip(answers.into_items());
                (each.map(|(item, answer)| item.answered(answer, &outer)).collect(), false)
            }
            Err(error) => (self.items.iter_mut().map(|item| item.batch_failed(&error)).collect(), true),
        }
    }

    async fn exchange(&self) -> Result<(Answers, Response)> {
        let mut turns = Vec::with_capacity(self.turns.len());
        for turn in &self.turns {
            turns.push(turn.lock().await);
        }
        let request = self.request()?;
        let outer = self.pipeline.send(request.clone()).await?;
        let mut answers = Answers::new(self.items.len());
        answers.read(&outer)?;
        // The service may answer in parts.
        for _ in 0..PARTS {
            let Some(link) = answers.rest.take().filter(|_| !answers.is_complete()) else { break };
            let Some(rest) = self.rest(&request, &link) else { break };
            // What was answered already must not be lost with the rest.
            let Ok(part) = self.pipeline.send(rest).await else { break };
            if answers.read(&part).is_err() {
                break;
            }
        }
        Ok((answers, outer))
    }

    /// The batch as a request; what may be done to all its items may be done to it.
    fn request(&self) -> Result<Request> {
        #[derive(Serialize)]
        struct Body<'a> {
            requests: Vec<Written<'a>>,
        }
        let first = &self.items[0];
        let url = self.rules.endpoint(first.part.root);
        let mut request = Request::new(first.request.service, self.rules.operation, Method::POST, url);
        request.authorization = first.request.authorization.clone();
        request.subject = first.request.subject;
        request.stands_for =
            Some(Box::new((first.request.url.clone(), u32::try_from(self.items.len()).unwrap_or(u32::MAX))));
        request.deadline = self.deadline.map(|deadline| deadline.saturating_duration_since(Instant::now()));
        request.safety = self
            .items
            .iter()
            .map(|item| item.request.safety)
            .max_by_key(|safety| match safety {
                Safety::Read => 0,
                Safety::Idempotent => 1,
                Safety::Unsafe => 2,
            })
            .unwrap_or(Safety::Unsafe);
        let requests = self
            .items
            .iter()
            .enumerate()
            .map(|(before, item)| item.written(before + 1, (self.is_chain && before > 0).then_some(before)));
        let mut request = request.json(&Body { requests: requests.collect() })?;
        request.headers.extend(self.rules.headers.clone());
        Ok(request)
    }

    /// The request for the rest of an answer, when it is where the batch was sent.
    fn rest(&self, request: &Request, link: &str) -> Option<Request> {
        let root = &self.rules.roots[self.items[0].part.root];
        let url = request.url().join(link).ok()?;
        let below = url.path().strip_prefix(root.path().trim_end_matches('/'))?;
        let same = url.origin() == root.origin() && url.username().is_empty() && below.starts_with('/');
        let mut rest = request.with_url(url);
        rest.method = Method::GET;
        rest.safety = Safety::Read;
        rest.body = None;
        rest.stands_for = None;
        same.then_some(rest)
    }

    /// How long to wait before `again` is sent; `None` when it is not. Items that were throttled make the others of the
    /// tenant wait too.
    fn wait(&self, again: &[(Item, Error)]) -> Option<Duration> {
        let policy = self.pipeline.retry_policy();
        let attempts = again.iter().map(|(item, _)| item.attempts).max()?;
        let server = again.iter().filter_map(|(_, error)| error.retry_after()).max();
        let wait = backoff::wait(policy, attempts, server, Uuid::new_v4().as_u64_pair().0);
        let throttled = again.iter().filter(|(_, error)| matches!(error.status(), Some(429 | 509 | 503)));
        throttled.for_each(|(item, _)| self.pipeline.throttled(&item.request, wait));
        let in_time = self.deadline.is_none_or(|deadline| Instant::now() + wait <= deadline);
        (attempts < policy.max_attempts && in_time).then_some(wait)
    }
}

/// In a chain nothing is done after an item that is not: those after one that is sent again are sent again, those after
/// one that has failed have failed.
fn in_order(fates: Vec<Fate>) -> Vec<Fate> {
    enum Before {
        Done,
        Failed,
        SentAgain,
    }
    let mut before = Before::Done;
    let each = fates.into_iter().map(|fate| {
        let fate = match (fate, &before) {
            (Fate::Done(Err(error)), Before::SentAgain) => Fate::Again(error),
            (Fate::Again(error) | Fate::Alone(error), Before::Failed) => Fate::Done(Err(error)),
            (Fate::Alone(error), Before::SentAgain) => Fate::Again(error),
            // Sent alone it would be done beside those after it.
            (Fate::Alone(error), Before::Done) => Fate::Done(Err(error)),
            (fate, _) => fate,
        };
        match &fate {
            Fate::Done(Err(_)) if matches!(before, Before::Done) => before = Before::Failed,
            Fate::Again(_) if matches!(before, Before::Done) => before = Before::SentAgain,
            _ => {}
        }
        fate
    });
    each.collect()
}

/// The errors of items that are not sent again after all. One that only waited for another may be tried when that one
/// may.
fn last_words(again: Vec<(Item, Error)>) -> impl Iterator<Item = (usize, Error)> {
    let cause = again.first().map_or(ErrorKind::Other, |(_, error)| error.kind());
    again.into_iter().map(move |(item, error)| {
        let waited = error.status() == Some(StatusCode::FAILED_DEPENDENCY.as_u16());
        (item.index, if waited && cause.is_retryable() { error.with_kind(cause) } else { error })
    })
}

/// In how many more parts an answer may come.
const PARTS: usize = 20;
