//! How a request reaches a service: the pure [`Request`], the [`Pipeline`] that sends it, the [`Pager`] that follows
//! next links. Clients of all services are thin layers over this module.

mod backoff;
mod gate;
mod meter;
mod options;
mod page;
mod pipeline;
mod query;
mod request;
mod response;
mod retry;
mod retry_after;
mod transport;

pub use meter::Meter;
pub use options::{ClientOptions, RetryPolicy};
pub use page::{Page, Pager, odata_page};
pub use pipeline::Pipeline;
pub use query::{append_query, join_path, odata_literal};
pub use request::{Authorization, Request, Safety};
pub use response::Response;
pub use retry::{Outcome, Verdict, decide};
pub use retry_after::retry_after;
