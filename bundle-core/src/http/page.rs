//! Listings that come in pages.

use std::collections::VecDeque;
use std::pin::Pin;
use std::task::{Context, Poll};

use futures_util::future::BoxFuture;
use futures_util::stream::Stream;
use http::HeaderMap;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use url::Url;

use super::{Pipeline, Request, Response};
use crate::error::{Error, ErrorKind, Result};

/// One page of a listing.
#[derive(Debug)]
pub struct Page<T> {
    /// The items, maybe none.
    pub items: Vec<T>,
    /// The request for the next page; `None` after the last.
    pub next: Option<Request>,
}

/// Reads an answer as a page and says what to send for the next one.
type Decode<T> = fn(&Request, &Response) -> Result<Page<T>>;

/// A listing: a stream of items that fetches the next page when it is needed.
///
/// Method, headers and body of the first request are kept on every page. A link that repeats, leaves the host or its
/// version root ends the listing with [`ErrorKind::Decode`]; nothing is sent there. After an error the stream ends.
pub struct Pager<T> {
    pipeline: Pipeline,
    decode: Decode<T>,
    items: VecDeque<T>,
    seen: VecDeque<(Url, HeaderMap)>,
    state: State<T>,
}

enum State<T> {
    Ready(Box<Request>),
    Fetching(BoxFuture<'static, Result<Page<T>>>),
    Done,
}

impl<T: Send + 'static> Pager<T> {
    /// Starts a listing; nothing is sent before the first item is asked for.
    #[must_use]
    pub fn new(pipeline: Pipeline, first: Request, decode: Decode<T>) -> Self {
        Self { pipeline, decode, items: VecDeque::new(), seen: VecDeque::new(), state: State::Ready(Box::new(first)) }
    }

    /// The next item; `None` at the end.
    ///
    /// # Errors
    /// Any error of the pipeline; [`ErrorKind::Decode`] for a page that cannot be read or a link that cannot be
    /// followed.
    pub async fn try_next(&mut self) -> Result<Option<T>> {
        std::future::poll_fn(|context| Pin::new(&mut *self).poll_next(context)).await.transpose()
    }

    /// All items that are left.
    ///
    /// # Errors
    /// As [`Pager::try_next`]; the items read before are lost.
    pub async fn collect_all(mut self) -> Result<Vec<T>> {
        let mut all = Vec::new();
        while let Some(item) = self.try_next().await? {
            all.push(item);
        }
        Ok(all)
    }

    fn fetch(&mut self, request: Request) -> Result<()> {
        // A page asked for twice would be asked for for ever. Services repeat the last link or alternate between two.
        // Partner Center keeps the URL and changes a header, so both count.
        if self.seen.iter().any(|(url, headers)| *url == request.url && *headers == request.headers) {
            return Err(
                Error::new(ErrorKind::Decode, "the listing repeats a next link").with_operation(request.operation())
            );
        }
        self.seen.push_back((request.url.clone(), request.headers.clone()));
        if self.seen.len() > LINKS_REMEMBERED {
            self.seen.pop_front();
        }
        let pipeline = self.pipeline.clone();
        let decode = self.decode;
        self.state = State::Fetching(Box::pin(async move {
            let response = pipeline.send(request.clone()).await?;
            decode(&request, &response)
        }));
        Ok(())
    }
}

impl<T: Send + 'static> Stream for Pager<T> {
    type Item = Result<T>;

    fn poll_next(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let this = self.get_mut();
        loop {
            if let Some(item) = this.items.pop_front() {
                return Poll::Ready(Some(Ok(item)));
            }
            match std::mem::replace(&mut this.state, State::Done) {
                State::Done => return Poll::Ready(None),
                State::Ready(request) => {
                    if let Err(error) = this.fetch(*request) {
                        return Poll::Ready(Some(Err(error)));
                    }
                }
                State::Fetching(mut fetching) => match fetching.as_mut().poll(context) {
                    Poll::Pending => {
                        this.state = State::Fetching(fetching);
                        return Poll::Pending;
                    }
                    Poll::Ready(Err(error)) => return Poll::Ready(Some(Err(error))),
                    Poll::Ready(Ok(page)) => {
                        this.items = page.items.into();
                        if let Some(next) = page.next {
                            this.state = State::Ready(Box::new(next));
                        }
                    }
                },
            }
        }
    }
}

// Nothing in it is pinned: the future is boxed.
impl<T> Unpin for Pager<T> {}

impl<T> std::fmt::Debug for Pager<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Pager").field("buffered", &self.items.len()).finish_non_exhaustive()
    }
}

/// Reads an `OData` page: `{"@odata.nextLink": …, "value": […]}`.
///
/// The link is used verbatim; it must stay on the request's scheme, host, port and first path segment (`v1.0`,
/// `beta`). An absent `value` is an empty page.
///
/// # Errors
/// [`ErrorKind::Decode`]: no such JSON, or a link elsewhere.
pub fn odata_page<T: DeserializeOwned>(request: &Request, response: &Response) -> Result<Page<T>> {
    #[derive(Deserialize)]
    #[serde(bound = "T: DeserializeOwned")]
    struct Body<T> {
        #[serde(rename = "@odata.nextLink", alias = "nextLink")]
        next: Option<String>,
        #[serde(default = "Vec::new")]
        value: Vec<T>,
    }
    let body: Body<T> = response.json()?;
    let next = match body.next.filter(|link| !link.is_empty()) {
        None => None,
        Some(link) => Some(request.with_url(same_root(request.url(), &link, response)?)),
    };
    Ok(Page { items: body.value, next })
}

/// The link as a URL, when it stays where the request was.
fn same_root(from: &Url, link: &str, response: &Response) -> Result<Url> {
    let url = from.join(link).map_err(|_| response.error("the next link is not a URL"))?;
    let root = |url: &Url| url.path_segments().and_then(|mut path| path.next().map(str::to_ascii_lowercase));
    let plain = url.username().is_empty() && url.password().is_none();
    let same = url.origin() == from.origin() && root(&url) == root(from) && plain;
    if !same {
        let host = url.host_str().unwrap_or("no host");
        return Err(response.error(format!("the next link leads to {host:?}, which is not where the listing began")));
    }
    Ok(url)
}

/// How many links back a loop is noticed.
const LINKS_REMEMBERED: usize = 8;
