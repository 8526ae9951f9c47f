//! Listings that come in pages.

use std::collections::HashSet;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use futures_util::FutureExt as _;
use futures_util::stream::Stream;
use serde::de::DeserializeOwned;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use tracing::Instrument as _;

use super::items::{Items, Memory};
use super::page::{EarlyLink, early_odata_link, odata_items};
use super::{Page, PageLink, Pipeline, Request, Response, odata_page};
use crate::error::{Error, ErrorKind, Result};

/// Reads an answer as a page and says what to send for the next one.
type Decode<T> = fn(&Request, &Response) -> Result<Page<T>>;
/// Takes an answer apart: its items and the request for the next page.
type Split<T> = fn(&Request, Response, &Arc<Memory>) -> Result<(Items<T>, Option<Request>)>;
/// Finds the next page in the beginning of a body.
type Early = fn(&Request, &[u8]) -> EarlyLink;

/// A listing: a stream of items that fetches the next page when it is needed, or one page ahead.
///
/// Method, headers and body of the first request are kept on every page. A link that was followed before, leaves the
/// host or its version root ends the listing with [`ErrorKind::Decode`]; nothing is sent there. After an error the
/// stream ends.
///
/// While one page is consumed the next is fetched and read in the background, on the runtime the first item was asked
/// for on. The request for it goes out as soon as the link is known; Microsoft writes it at the beginning of a page, so
/// that is while the page is still arriving. No more than one page is fetched ahead, and two are in memory at most.
/// Dropping the pager cancels what is under way.
///
/// The items of a page are read one by one as they are handed out, so one that cannot be read ends the listing after
/// the items before it.
pub struct Pager<T> {
    pages: Pages<T>,
    items: Items<T>,
    /// Where the items at hand came from.
    here: Option<PageLink>,
}

impl<T: Send + 'static> Pager<T> {
    /// Starts a listing; nothing is sent before the first item is asked for.
    #[must_use]
    pub fn new(pipeline: Pipeline, first: Request, decode: Decode<T>) -> Self {
        Self { pages: Pages::new(pipeline, first, decode, None), items: Items::read(Vec::new()), here: None }
    }

    /// Starts a listing of `OData` pages, see [`odata_page`].
    #[must_use]
    pub fn odata(pipeline: Pipeline, first: Request) -> Self
    where
        T: DeserializeOwned,
    {
        let pages = Pages::new(pipeline, first, odata_page, Some((early_odata_link, split_odata)));
        Self { pages, items: Items::read(Vec::new()), here: None }
    }

    /// Says whether the next page is fetched ahead. It is by default; without it a page is asked for when its first
    /// item is, which saves a request where a listing is rarely read to its end.
    #[must_use]
    pub fn look_ahead(mut self, look_ahead: bool) -> Self {
        self.pages.look_ahead = look_ahead;
        self
    }

    /// Goes on from a place that [`Pager::position`], a [`ListedPage`] or an error of an earlier run of the same
    /// listing has told.
    ///
    /// # Errors
    /// [`ErrorKind::Config`]: the link leads away from this listing.
    pub fn resume(mut self, link: &PageLink) -> Result<Self> {
        self.pages.waiting = Waiting::Request(Box::new(link.request(&self.pages.first)?));
        Ok(self)
    }

    /// The place to go on from later: the page whose items are being handed out, or the next one when all of them have
    /// been. `None` at the end of the listing, and after an error.
    #[must_use]
    pub fn position(&self) -> Option<PageLink> {
        if self.items.is_empty() { self.pages.position() } else { self.here.clone() }
    }

    /// The listing page by page.
    #[must_use]
    pub fn pages(self) -> Pages<T> {
        self.pages
    }

    /// The next item; `None` at the end.
    ///
    /// # Errors
    /// Any error of the pipeline; [`ErrorKind::Decode`] for a page that cannot be read or a link that cannot be
    /// followed. [`Error::last_page`] names the last page that could be read.
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
}

impl<T: Send + 'static> Stream for Pager<T> {
    type Item = Result<T>;

    fn poll_next(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let this = self.get_mut();
        loop {
            match this.items.next() {
                Some(Ok(item)) => return Poll::Ready(Some(Ok(item))),
                Some(Err(error)) => return Poll::Ready(Some(Err(this.pages.fail(error)))),
                None => {}
            }
            if let Some(read) = this.here.take() {
                this.pages.last = Some(read);
            }
            match ready!(this.pages.poll_page(context)) {
                None => return Poll::Ready(None),
                Some(Err(error)) => return Poll::Ready(Some(Err(error))),
                Some(Ok(page)) => {
                    this.items = page.items;
                    this.here = Some(page.link);
                }
            }
        }
    }
}

/// A page as it was listed.
#[derive(Debug)]
#[non_exhaustive]
pub struct ListedPage<T> {
    /// The items, maybe none.
    pub items: Vec<T>,
    /// The place of this page.
    pub link: PageLink,
    /// The place of the next page; `None` after the last.
    pub next: Option<PageLink>,
}

/// The pages of a listing, see [`Pager::pages`].
pub struct Pages<T> {
    pipeline: Pipeline,
    first: Request,
    decode: Decode<T>,
    odata: Option<(Early, Split<T>)>,
    look_ahead: bool,
    /// Hashes of what was asked for: a page asked for twice would be asked for for ever.
    seen: HashSet<u64>,
    waiting: Waiting,
    /// The page that is handed out next.
    current: Option<Flight<T>>,
    /// The page after it.
    ahead: Option<Flight<T>>,
    /// The last page that was read.
    last: Option<PageLink>,
    memory: Arc<Memory>,
}

/// What comes when nothing is under way.
enum Waiting {
    Request(Box<Request>),
    /// A link that cannot be followed; the pages before it are handed out first.
    Error(Error),
    Nothing,
}

/// A page under way.
struct Flight<T> {
    request: Request,
    /// The next page, as soon as the beginning of this one names it.
    early: Option<oneshot::Receiver<Request>>,
    page: Task<Result<(Items<T>, Option<Request>)>>,
}

impl<T: Send + 'static> Pages<T> {
    fn new(pipeline: Pipeline, first: Request, decode: Decode<T>, odata: Option<(Early, Split<T>)>) -> Self {
        let waiting = Waiting::Request(Box::new(first.clone()));
        Self {
            pipeline,
            first,
            decode,
            odata,
            look_ahead: true,
            seen: HashSet::new(),
            waiting,
            current: None,
            ahead: None,
            last: None,
            memory: Arc::default(),
        }
    }

    /// The next page; `None` at the end.
    ///
    /// # Errors
    /// As [`Pager::try_next`].
    pub async fn try_next(&mut self) -> Result<Option<ListedPage<T>>> {
        std::future::poll_fn(|context| Pin::new(&mut *self).poll_next(context)).await.transpose()
    }

    fn position(&self) -> Option<PageLink> {
        let flight = self.current.as_ref().or(self.ahead.as_ref()).map(|flight| &flight.request);
        let next = match &self.waiting {
            Waiting::Request(request) => Some(&**request),
            _ => None,
        };
        flight.or(next).map(|request| PageLink::new(request, &self.first))
    }

    fn fetch(&mut self, request: Request) -> Result<Flight<T>> {
        // Partner Center keeps the URL and changes a header, so both count.
        let mut hash = DefaultHasher::new();
        request.url.hash(&mut hash);
        for (name, value) in &request.headers {
            (name, value).hash(&mut hash);
        }
        if !self.seen.insert(hash.finish()) {
            let error = Error::new(ErrorKind::Decode, "the listing repeats a next link");
            return Err(error.with_operation(request.operation()));
        }
        let (told, early) = oneshot::channel();
        let (finder, split) = self.odata.unzip();
        let finder = finder.filter(|_| self.look_ahead);
        let (pipeline, decode, asked) = (self.pipeline.clone(), self.decode, request.clone());
        let memory = Arc::clone(&self.memory);
        let work = async move {
            let mut told = Some(told);
            let mut peek = |so_far: &[u8]| {
                let found = finder.map_or(EarlyLink::Absent, |find| find(&asked, so_far));
                match (found, told.take()) {
                    (EarlyLink::Unknown, sender) => told = sender,
                    // Nobody listens any more when the pager is gone.
                    (EarlyLink::Next(url), Some(sender)) => drop(sender.send(asked.with_url(url))),
                    _ => {}
                }
                told.is_some()
            };
            let response = pipeline.send_peeking(asked.clone(), memory.take(), &mut peek).await?;
            if let Some(split) = split {
                return split(&asked, response, &memory);
            }
            let page = decode(&asked, &response)?;
            memory.give_back(response.into_bytes());
            Ok((Items::read(page.items), page.next))
        };
        // On a task of its own the page is fetched and read while the consumer is busy with the one before.
        let page = Task(tokio::spawn(work.in_current_span()));
        Ok(Flight { request, early: Some(early), page })
    }

    /// Ends the listing with an error.
    fn fail(&mut self, error: Error) -> Error {
        self.current = None;
        self.ahead = None;
        self.waiting = Waiting::Nothing;
        match self.last.take() {
            Some(last) => error.with_last_page(last),
            None => error,
        }
    }

    /// The next page. Whoever has read its items says so in `last`.
    fn poll_page(&mut self, context: &mut Context<'_>) -> Poll<Option<Result<Arrived<T>>>> {
        let this = self;
        let mut flight = match this.current.take().or_else(|| this.ahead.take()) {
            Some(flight) => flight,
            None => match std::mem::replace(&mut this.waiting, Waiting::Nothing) {
                Waiting::Nothing => return Poll::Ready(None),
                Waiting::Error(error) => return Poll::Ready(Some(Err(this.fail(error)))),
                Waiting::Request(request) => match this.fetch(*request) {
                    Ok(flight) => flight,
                    Err(error) => return Poll::Ready(Some(Err(this.fail(error)))),
                },
            },
        };
        if this.look_ahead
            && this.ahead.is_none()
            && let Some(early) = &mut flight.early
            && let Poll::Ready(told) = early.poll_unpin(context)
        {
            flight.early = None;
            // A link that repeats is refused when the page that names it has been read.
            this.ahead = told.ok().and_then(|next| this.fetch(next).ok());
        }
        let Poll::Ready(outcome) = flight.page.0.poll_unpin(context) else {
            this.current = Some(flight);
            return Poll::Pending;
        };
        let (items, next) = match outcome {
            Ok(Ok(page)) => page,
            Ok(Err(error)) => return Poll::Ready(Some(Err(this.fail(error)))),
            Err(cause) if cause.is_panic() => std::panic::resume_unwind(cause.into_panic()),
            Err(_) => {
                let error = Error::new(ErrorKind::Other, "the runtime is shutting down");
                return Poll::Ready(Some(Err(this.fail(error))));
            }
        };
        let link = PageLink::new(&flight.request, &this.first);
        let next_link = next.as_ref().map(|next| PageLink::new(next, &this.first));
        match next {
            Some(next) if this.ahead.as_ref().is_some_and(|ahead| is_same(&ahead.request, &next)) => {}
            Some(next) if this.look_ahead => match this.fetch(next) {
                Ok(flight) => this.ahead = Some(flight),
                Err(error) => {
                    this.ahead = None;
                    this.waiting = Waiting::Error(error);
                }
            },
            Some(next) => this.waiting = Waiting::Request(Box::new(next)),
            None => this.ahead = None,
        }
        Poll::Ready(Some(Ok(Arrived { items, link, next: next_link })))
    }
}

impl<T: Send + 'static> Stream for Pages<T> {
    type Item = Result<ListedPage<T>>;

    fn poll_next(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let this = self.get_mut();
        let Arrived { mut items, link, next } = match ready!(this.poll_page(context)) {
            None => return Poll::Ready(None),
            Some(Err(error)) => return Poll::Ready(Some(Err(error))),
            Some(Ok(page)) => page,
        };
        match std::iter::from_fn(|| items.next()).collect::<Result<Vec<T>>>() {
            Ok(items) => {
                this.last = Some(link.clone());
                Poll::Ready(Some(Ok(ListedPage { items, link, next })))
            }
            Err(error) => Poll::Ready(Some(Err(this.fail(error)))),
        }
    }
}

/// A page that has arrived.
struct Arrived<T> {
    items: Items<T>,
    link: PageLink,
    next: Option<PageLink>,
}

/// Leaves the items of a page in its body where that names the next page before them.
fn split_odata<T: DeserializeOwned>(
    asked: &Request,
    response: Response,
    memory: &Arc<Memory>,
) -> Result<(Items<T>, Option<Request>)> {
    if let Some((at, next)) = odata_items(asked, &response)? {
        return Ok((Items::unread(response, at, Arc::clone(memory)), Some(next)));
    }
    let page = odata_page(asked, &response)?;
    memory.give_back(response.into_bytes());
    Ok((Items::read(page.items), page.next))
}

fn is_same(a: &Request, b: &Request) -> bool {
    a.url == b.url && a.headers == b.headers
}

// Nothing in them is pinned: the work is a task.
impl<T> Unpin for Pager<T> {}
impl<T> Unpin for Pages<T> {}

impl<T> std::fmt::Debug for Pager<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Pager").field("pages", &self.pages).finish_non_exhaustive()
    }
}

impl<T> std::fmt::Debug for Pages<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Pages").field("operation", &self.first.operation).finish_non_exhaustive()
    }
}

/// A task that is cancelled when nobody wants its outcome any more.
struct Task<T>(JoinHandle<T>);

impl<T> Drop for Task<T> {
    fn drop(&mut self) {
        self.0.abort();
    }
}
