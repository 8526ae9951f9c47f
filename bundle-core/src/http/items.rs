//! The items of a page. Where it can be, they stay in the body until they are handed out: a page of a thousand models
//! takes several times the memory of its text, and making them one by one lets each use the memory of the one before.

use std::sync::{Arc, Mutex, PoisonError};

use bytes::{Bytes, BytesMut};
use serde::de::DeserializeOwned;

use super::Response;
use crate::error::Result;

/// What is left of a page.
pub(super) enum Items<T> {
    /// Models.
    Read(std::vec::IntoIter<T>),
    /// Text.
    Unread(Unread<T>),
}

/// The text of items.
pub(super) struct Unread<T> {
    /// `None` when all are read.
    response: Option<Response>,
    /// Where the next item begins.
    at: usize,
    read: Read<T>,
    memory: Arc<Memory>,
}

/// Reads the item at the beginning of a text and says how long it was; `None` where the array ends.
type Read<T> = fn(&[u8]) -> Option<serde_json::Result<(T, usize)>>;

impl<T> Items<T> {
    pub(super) fn read(items: Vec<T>) -> Self {
        Self::Read(items.into_iter())
    }

    /// The items of an array of which the first, or its end, stands at `at`.
    pub(super) fn unread(response: Response, at: usize, memory: Arc<Memory>) -> Self
    where
        T: DeserializeOwned,
    {
        let mut items = Unread { response: Some(response), at, read: read_item, memory };
        items.end_if_done();
        Self::Unread(items)
    }

    pub(super) fn is_empty(&self) -> bool {
        match self {
            Self::Read(items) => items.len() == 0,
            Self::Unread(items) => items.response.is_none(),
        }
    }

    /// The next item; after an error nothing follows.
    pub(super) fn next(&mut self) -> Option<Result<T>> {
        match self {
            Self::Read(items) => items.next().map(Ok),
            Self::Unread(items) => items.next(),
        }
    }
}

impl<T> Unread<T> {
    fn next(&mut self) -> Option<Result<T>> {
        let response = self.response.as_ref()?;
        let body = response.body();
        match (self.read)(&body[self.at..]) {
            Some(Ok((item, length))) => {
                self.at += length;
                self.end_if_done();
                Some(Ok(item))
            }
            Some(Err(cause)) => {
                let error = response.decode_error(&cause);
                self.end();
                Some(Err(error))
            }
            None => {
                self.end();
                None
            }
        }
    }

    fn end_if_done(&mut self) {
        if let Some(response) = &self.response
            && rest(&response.body()[self.at..]).first() == Some(&b']')
        {
            self.end();
        }
    }

    fn end(&mut self) {
        if let Some(response) = self.response.take() {
            self.memory.give_back(response.into_bytes());
        }
    }
}

fn read_item<T: DeserializeOwned>(text: &[u8]) -> Option<serde_json::Result<(T, usize)>> {
    let item = match rest(text) {
        [b']', ..] => return None,
        [b',', after @ ..] => after,
        first => first,
    };
    let mut items = serde_json::Deserializer::from_slice(item).into_iter();
    match items.next() {
        Some(Ok(read)) => {
            let length = text.len() - item.len() + items.byte_offset();
            match rest(&text[length..]) {
                [b',' | b']', ..] => Some(Ok((read, length))),
                _ => Some(Err(serde::de::Error::custom("expected `,` or `]`"))),
            }
        }
        Some(Err(cause)) => Some(Err(cause)),
        None => Some(Err(serde::de::Error::custom("expected an item"))),
    }
}

/// The text without leading white space.
fn rest(text: &[u8]) -> &[u8] {
    match text.first() {
        Some(b' ' | b'\n' | b'\r' | b'\t') => text.trim_ascii_start(),
        _ => text,
    }
}

/// Memory for bodies that is used again from page to page: pages are large, and memory that comes and goes between the
/// many small pieces of their items would leave holes.
#[derive(Default)]
pub(super) struct Memory(Mutex<Vec<BytesMut>>);

impl Memory {
    pub(super) fn take(&self) -> BytesMut {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).pop().unwrap_or_default()
    }

    pub(super) fn give_back(&self, body: Bytes) {
        // Somebody else may have kept the body.
        if let Ok(body) = body.try_into_mut() {
            self.0.lock().unwrap_or_else(PoisonError::into_inner).push(body);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(text: &str) -> Vec<Result<u32, String>> {
        let (mut at, mut items) = (0, Vec::new());
        while let Some(item) = read_item::<u32>(&text.as_bytes()[at..]) {
            match item {
                Ok((item, length)) => {
                    items.push(Ok(item));
                    at += length;
                }
                Err(cause) => {
                    items.push(Err(cause.to_string()));
                    break;
                }
            }
        }
        items
    }

    #[test]
    fn items_are_read_up_to_the_end_of_the_array() {
        assert_eq!(all("]}"), []);
        assert_eq!(all(" \n]}"), []);
        assert_eq!(all("1]}"), [Ok(1)]);
        assert_eq!(all(" 1 ,\n 22,333 ] , \"a\":[4]}"), [Ok(1), Ok(22), Ok(333)]);
    }

    #[test]
    fn what_is_no_array_is_an_error() {
        for text in ["1", "1,", "1,]", "1 2]", "1}", ",1]", "", "x]", "1,\"a\"]"] {
            let items = all(text);
            // A leading comma is read over: nothing stands before the first item of a service's array.
            assert!(text == ",1]" || items.last().is_some_and(std::result::Result::is_err), "{text} {items:?}");
        }
    }
}
