//! Many cmdlets in few requests.

use std::collections::HashSet;

use bundle_core::http::{Batch, BatchRules, Page, Pager, Request, Response, join_path};
use bundle_core::{Error, Result, Service};
use http::{HeaderName, HeaderValue};
use serde::de::DeserializeOwned;

use crate::anchor;
use crate::client::{ANCHOR, ExchangeTenant, VERSION};
use crate::cmdlet::Cmdlet;
use crate::output::{self, CmdletItem, CmdletOutput};

impl ExchangeTenant {
    /// Carries out any number of cmdlets, ten to a request, and answers the output or the error of each in the order of
    /// the cmdlets. All pages are fetched, those of several cmdlets together.
    ///
    /// Each cmdlet is repeated by itself, as [`ExchangeTenant::invoke`] would: one that must not be repeated ends as
    /// [`ErrorKind::OutcomeUnknown`](bundle_core::ErrorKind::OutcomeUnknown) when its answer is lost or left out. A
    /// cmdlet that fails does not stop the others. They are carried out in no particular order; cmdlets that build on
    /// each other belong in calls of their own.
    ///
    /// # Errors
    /// * [`ErrorKind::Config`](bundle_core::ErrorKind::Config): the name or anchor of a cmdlet cannot be sent; the
    ///   message names its position, and nothing was sent.
    /// * any error of [`ExchangeTenant::invoke`] when no cmdlet was answered at all.
    ///
    /// ```no_run
    /// # async fn run(exchange: exchange_client::ExchangeTenant) -> bundle_core::Result<()> {
    /// use exchange_client::Cmdlet;
    /// use serde_json::Value;
    ///
    /// let names = ["alex@contoso.com", "megan@contoso.com"];
    /// let cmdlets: Vec<_> =
    ///     names.iter().map(|name| Cmdlet::new("Get-MailboxStatistics").parameter("Identity", *name)).collect();
    /// for (name, output) in names.iter().zip(exchange.batch::<Value>(&cmdlets).await?) {
    ///     match output {
    ///         Ok(output) => println!("{name}: {:?}", output.rows),
    ///         Err(error) => eprintln!("{name}: {error}"),
    ///     }
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub async fn batch<T>(&self, cmdlets: &[Cmdlet]) -> Result<Vec<Result<CmdletOutput<T>>>>
    where
        T: DeserializeOwned + Send + 'static,
    {
        let mut listings = Vec::with_capacity(cmdlets.len());
        for (position, cmdlet) in cmdlets.iter().enumerate() {
            let request = self
                .cmdlet("exchange.batch", cmdlet)
                .map_err(|error| Error::config(format!("cmdlet {position}: {}", error.message())))?;
            listings.push(Listing::new(request.header(PREFER, HeaderValue::from_static(GOES_ON))));
        }
        let first = self.requests(&listings).send().await?;
        for (listing, answer) in listings.iter_mut().zip(first) {
            listing.read(answer);
        }
        loop {
            let open: Vec<usize> =
                listings.iter().enumerate().filter(|(_, listing)| listing.next.is_some()).map(|(at, _)| at).collect();
            if open.is_empty() {
                break;
            }
            let mut answers = self.requests(&listings).stream()?;
            while let Some((at, answer)) = answers.next().await {
                listings[open[at]].read(answer);
            }
        }
        let mut outputs = Vec::with_capacity(listings.len());
        for listing in listings {
            outputs.push(listing.finish(self).await);
        }
        Ok(outputs)
    }

    /// The next pages of all listings that have one.
    fn requests<T>(&self, listings: &[Listing<T>]) -> Batch {
        let root = join_path(self.cloud().base(Service::Exchange), &["adminapi", VERSION, &self.tenant().to_string()]);
        let rules = BatchRules::new("exchange.batch", [root], CMDLETS)
            .absolute_urls()
            .header(ANCHOR, anchor::organization(self.tenant()))
            .header(PREFER, HeaderValue::from_static(GOES_ON));
        Batch::new(self.pipeline().clone(), rules).requests(listings.iter().filter_map(|listing| listing.next.clone()))
    }
}

/// The output of one cmdlet, page by page.
struct Listing<T> {
    output: Result<CmdletOutput<T>>,
    next: Option<Request>,
    /// The next page, when it is not where batches are taken.
    elsewhere: Option<Request>,
    seen: HashSet<String>,
}

impl<T: DeserializeOwned + Send + 'static> Listing<T> {
    fn new(first: Request) -> Self {
        Self { output: Ok(CmdletOutput::default()), next: Some(first), elsewhere: None, seen: HashSet::new() }
    }

    fn read(&mut self, answer: Result<Response>) {
        let Some(request) = self.next.take() else { return };
        match answer.and_then(|answer| self.page(&request, &answer)) {
            Ok(page) => {
                if let Ok(output) = &mut self.output {
                    page.items.into_iter().for_each(|item| output.push(item));
                }
                let (here, elsewhere) =
                    page.next.into_iter().partition::<Vec<_>, _>(|next| next.url().path() == request.url().path());
                self.next = here.into_iter().next();
                self.elsewhere = elsewhere.into_iter().next();
            }
            Err(error) => self.output = Err(error),
        }
    }

    fn page(&mut self, request: &Request, answer: &Response) -> Result<Page<CmdletItem<T>>> {
        let page = output::items(request, answer)?;
        self.seen.insert(request.url().to_string());
        match &page.next {
            Some(next) if self.seen.contains(next.url().as_str()) => {
                Err(answer.error("the next link was followed before"))
            }
            _ => Ok(page),
        }
    }

    async fn finish(mut self, exchange: &ExchangeTenant) -> Result<CmdletOutput<T>> {
        let mut output = self.output?;
        if let Some(next) = self.elsewhere.take() {
            let mut rest = Pager::new(exchange.pipeline().clone(), next, output::items);
            while let Some(item) = rest.try_next().await? {
                output.push(item);
            }
        }
        Ok(output)
    }
}

/// Cmdlets in one batch. Microsoft documents no number; ten is what others send.
const CMDLETS: usize = 10;

const PREFER: HeaderName = HeaderName::from_static("prefer");
/// Without the second part a batch ends with the first cmdlet that fails.
const GOES_ON: &str = "odata.maxpagesize=1000;odata.continue-on-error";
