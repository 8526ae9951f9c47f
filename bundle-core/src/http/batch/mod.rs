//! Many requests in few: `$batch` of Microsoft Graph and of Exchange Online.
//!
//! [`rules`] says what a service takes and writes single requests, [`pack`] fills batches, [`run`] sends one and sends
//! again what may be sent again, [`coalesce`] makes batches of requests that happen to be made at the same time.

mod answers;
mod coalesce;
mod item;
mod outcome;
mod pack;
mod rules;
mod run;

use std::collections::HashMap;
use std::ops::Range;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use futures_util::stream::{self, BoxStream, Stream, StreamExt as _};
use tokio::sync::Mutex;

use self::item::Item;
use self::pack::{Bounds, pack};
use self::rules::Part;
use self::run::{Done, Run};
use super::{Pipeline, Request, Response};
use crate::error::{Error, Result};

pub use coalesce::Coalescer;
pub use outcome::BatchOutcome;
pub use rules::BatchRules;

/// Requests to send in batches. Any number may be added; they are split as the service takes them.
///
/// All of them must be made in one tenant and as one principal. Requests are independent of each other, in no
/// particular order, unless they are added as a [chain](Self::chain). Each has its own outcome: it is classified,
/// repeated and counted as if it had been sent alone, by [`decide`](super::decide) and by the client's
/// [`RetryPolicy`](super::RetryPolicy). Only requests that have failed are sent again, after the longest `Retry-After`
/// among them; a throttled request makes other calls to the tenant wait, as a throttled call does.
///
/// The answer to a listing holds its first page alone. [`odata_page`](super::odata_page) reads it together with the
/// request for the next page, from which a [`Pager`](super::Pager) goes on.
#[derive(Debug)]
#[must_use = "nothing is sent before `send`"]
pub struct Batch {
    pipeline: Pipeline,
    rules: Arc<BatchRules>,
    requests: Vec<Request>,
    chains: Vec<Range<usize>>,
    concurrency: usize,
}

impl Batch {
    /// No requests yet.
    pub fn new(pipeline: Pipeline, rules: BatchRules) -> Self {
        Self { pipeline, rules: Arc::new(rules), requests: Vec::new(), chains: Vec::new(), concurrency: AT_A_TIME }
    }

    /// Adds a request.
    pub fn request(mut self, request: Request) -> Self {
        self.requests.push(request);
        self
    }

    /// Adds requests.
    pub fn requests(mut self, requests: impl IntoIterator<Item = Request>) -> Self {
        self.requests.extend(requests);
        self
    }

    /// Adds requests that are carried out one after the other (`dependsOn`), each only when the one before it has
    /// succeeded; the others then fail with status 424. A chain has a batch of its own and must fit into it.
    pub fn chain(mut self, requests: impl IntoIterator<Item = Request>) -> Self {
        let start = self.requests.len();
        self.requests.extend(requests);
        self.chains.push(start..self.requests.len());
        self
    }

    /// Sets how many batches may be under way at a time: 16 without it. The limits of the client hold as well.
    pub fn concurrency(mut self, batches: usize) -> Self {
        self.concurrency = batches.max(1);
        self
    }

    /// How many requests were added.
    #[must_use]
    pub fn len(&self) -> usize {
        self.requests.len()
    }

    /// Whether none was added.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.requests.is_empty()
    }

    /// Sends all requests and answers the outcome of each. Without requests nothing is sent.
    ///
    /// # Errors
    /// * [`ErrorKind::Config`](crate::ErrorKind::Config): a request cannot stand in a batch, or not with the others; the
    ///   message names its position. Nothing was sent.
    /// * any error of the pipeline when every batch failed as a whole: no token, no connection, no answer that could be
    ///   read. When only some did, it is the error of each request in them.
    ///
    /// # Panics
    /// Never: each request has exactly one outcome.
    pub async fn send(self) -> Result<BatchOutcome> {
        let mut outcomes: Vec<Option<Result<Response>>> = self.requests.iter().map(|_| None).collect();
        let mut answered = outcomes.is_empty();
        let mut done = self.stream()?;
        while let Some(Done { index, outcome, of_batch }) = done.0.next().await {
            answered |= !of_batch;
            outcomes[index] = Some(outcome);
        }
        let mut items = outcomes.into_iter().map(|outcome| outcome.expect("each request has exactly one outcome"));
        if !answered && let Some(Err(error)) = items.next() {
            return Err(error);
        }
        Ok(BatchOutcome::new(items.collect()))
    }

    /// Sends all requests and answers outcomes as they come, which for many requests is long before the last one.
    /// Dropping the stream cancels what is under way; writes among it may have been done.
    ///
    /// # Errors
    /// [`ErrorKind::Config`](crate::ErrorKind::Config): as [`Batch::send`]. The failure of a batch as a whole is the
    /// error of each request in it.
    pub fn stream(self) -> Result<BatchAnswers> {
        let concurrency = self.concurrency;
        let runs = self.runs()?.into_iter().map(|run| run.outcomes().boxed());
        Ok(BatchAnswers(stream::iter(runs).flatten_unordered(concurrency).boxed()))
    }

    /// The batches, ready to be sent.
    fn runs(self) -> Result<Vec<Run>> {
        let Self { pipeline, rules, requests, chains, .. } = self;
        let mut items = Vec::with_capacity(requests.len());
        let first = requests.first().cloned();
        for (index, request) in requests.into_iter().enumerate() {
            let error = |error: Error| Error::config(format!("request {index}: {}", error.message()));
            let part = rules.part(&request).map_err(error)?;
            if first.as_ref().is_some_and(|first| !are_of_one_call(first, &request)) {
                return Err(Error::config(format!(
                    "request {index}: it is made in another tenant or as another principal than request 0"
                )));
            }
            items.push(Item::new(index, request, part));
        }
        for chain in &chains {
            check_chain(&items[chain.clone()], &rules)?;
        }
        let groups = split(items, &chains, rules.limit);
        let turns = turns(&groups);
        let runs = groups
            .into_iter()
            .zip(turns)
            .map(|((items, is_chain), turns)| Run::new(pipeline.clone(), Arc::clone(&rules), items, is_chain, turns));
        Ok(runs.collect())
    }
}

/// The outcomes of a batch as they come, see [`Batch::stream`].
pub struct BatchAnswers(BoxStream<'static, Done>);

impl BatchAnswers {
    /// The next outcome with the position of its request; `None` when all have come.
    pub async fn next(&mut self) -> Option<(usize, Result<Response>)> {
        self.0.next().await.map(|done| (done.index, done.outcome))
    }
}

impl Stream for BatchAnswers {
    type Item = (usize, Result<Response>);

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.0.poll_next_unpin(context).map(|done| done.map(|done| (done.index, done.outcome)))
    }
}

impl std::fmt::Debug for BatchAnswers {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("BatchAnswers").finish_non_exhaustive()
    }
}

/// Whether one token and one limit hold for both.
fn are_of_one_call(one: &Request, other: &Request) -> bool {
    one.service == other.service && one.authorization == other.authorization && one.subject == other.subject
}

fn check_chain(chain: &[Item], rules: &BatchRules) -> Result<()> {
    let Some(first) = chain.first() else { return Ok(()) };
    if chain.len() > rules.limit {
        return Err(Error::config(format!(
            "request {}: the chain has {} requests, but a batch takes {} and a chain cannot be split",
            first.index,
            chain.len(),
            rules.limit
        )));
    }
    match chain.iter().find(|item| item.part.root != first.part.root) {
        Some(item) => Err(Error::config(format!("request {}: its chain is in another version", item.index))),
        None => Ok(()),
    }
}

/// The requests of each batch, and whether they are a chain.
fn split(items: Vec<Item>, chains: &[Range<usize>], limit: usize) -> Vec<(Vec<Item>, bool)> {
    let mut groups = Vec::new();
    let mut free = Vec::new();
    let mut of_chain: Vec<Vec<Item>> = chains.iter().map(|_| Vec::new()).collect();
    for item in items {
        match chains.iter().position(|chain| chain.contains(&item.index)) {
            Some(chain) => of_chain[chain].push(item),
            None => free.push(Some(item)),
        }
    }
    let parts: Vec<&Part> = free.iter().flatten().map(|item| &item.part).collect();
    let bounds = Bounds { items: limit, bytes: MOST_BYTES, per_mailbox: PER_MAILBOX };
    for positions in pack(&parts, bounds) {
        groups.push((positions.into_iter().filter_map(|position| free[position].take()).collect(), false));
    }
    groups.extend(of_chain.into_iter().filter(|chain| !chain.is_empty()).map(|chain| (chain, true)));
    groups
}

/// The mailboxes each batch has to wait for, in one order for all of them: those several batches work in.
fn turns(groups: &[(Vec<Item>, bool)]) -> Vec<Vec<Arc<Mutex<()>>>> {
    let mailboxes = groups.iter().map(|(items, _)| {
        let mut mailboxes: Vec<&str> = items.iter().filter_map(|item| item.part.mailbox.as_deref()).collect();
        mailboxes.sort_unstable();
        mailboxes.dedup();
        mailboxes
    });
    let mailboxes: Vec<Vec<&str>> = mailboxes.collect();
    let mut shared: HashMap<&str, (usize, Arc<Mutex<()>>)> = HashMap::new();
    for mailbox in mailboxes.iter().flatten() {
        shared.entry(mailbox).or_default().0 += 1;
    }
    let turns = mailboxes.iter().map(|mailboxes| {
        let shared = mailboxes.iter().map(|mailbox| &shared[mailbox]).filter(|(batches, _)| *batches > 1);
        shared.map(|(_, turn)| Arc::clone(turn)).collect()
    });
    turns.collect()
}

/// How many batches are under way at a time unless the caller says otherwise.
const AT_A_TIME: usize = 16;

/// Requests for one mailbox in one batch: Outlook works on four at a time.
///
/// Source: "Microsoft Graph service-specific throttling limits" (Microsoft Learn).
const PER_MAILBOX: usize = 4;

/// Graph takes about 4 MB; the rest is for what is not counted.
const MOST_BYTES: usize = 3 << 20;
