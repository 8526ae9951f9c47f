//! What became of the requests of a batch.

use std::ops::Index;

use serde::de::DeserializeOwned;

use crate::error::{Error, Result};
use crate::http::Response;

/// What became of each request of a batch, in the order they were added.
#[derive(Debug)]
#[must_use = "requests of a batch fail one by one"]
pub struct BatchOutcome {
    items: Vec<Result<Response>>,
}

impl BatchOutcome {
    pub(super) fn new(items: Vec<Result<Response>>) -> Self {
        Self { items }
    }

    /// All outcomes.
    pub fn items(&self) -> &[Result<Response>] {
        &self.items
    }

    /// All outcomes.
    #[must_use]
    pub fn into_items(self) -> Vec<Result<Response>> {
        self.items
    }

    /// How many requests there were.
    #[must_use]
    pub fn len(&self) -> usize {
        self.items.len()
    }

    /// Whether there were none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.items.is_empty()
    }

    /// Whether every request has succeeded.
    #[must_use]
    pub fn is_ok(&self) -> bool {
        self.items.iter().all(Result::is_ok)
    }

    /// The requests that have succeeded: position and answer.
    pub fn ok(&self) -> impl Iterator<Item = (usize, &Response)> {
        self.items.iter().enumerate().filter_map(|(position, item)| Some((position, item.as_ref().ok()?)))
    }

    /// The requests that have failed: position and error, which is classified as that of a request of its own.
    pub fn failed(&self) -> impl Iterator<Item = (usize, &Error)> {
        self.items.iter().enumerate().filter_map(|(position, item)| Some((position, item.as_ref().err()?)))
    }

    /// All answers.
    ///
    /// # Errors
    /// The first error, when a request has failed. Others may have been carried out all the same.
    pub fn into_result(self) -> Result<Vec<Response>> {
        self.items.into_iter().collect()
    }

    /// Reads every answer as JSON; answers of requests that have failed stay errors.
    #[must_use]
    pub fn into_json<T: DeserializeOwned>(self) -> Vec<Result<T>> {
        self.items.into_iter().map(|item| item?.json()).collect()
    }
}

impl Index<usize> for BatchOutcome {
    type Output = Result<Response>;

    fn index(&self, position: usize) -> &Self::Output {
        &self.items[position]
    }
}

impl IntoIterator for BatchOutcome {
    type Item = Result<Response>;
    type IntoIter = std::vec::IntoIter<Result<Response>>;

    fn into_iter(self) -> Self::IntoIter {
        self.items.into_iter()
    }
}
