//! How a request reaches a service: the pure [`Request`], the [`Pipeline`] that sends it, the [`Pager`] that follows
//! next links. Clients of all services are thin layers over this module.
//!
//! How a call ends when the other side misbehaves; a read is repeated before that where the table of [`decide`] allows:
//!
//! | what happens | a read | a write that is unsafe to repeat |
//! | --- | --- | --- |
//! | no connection, no TLS | `Connection` | `Connection`: nothing was sent |
//! | reset or closed before the answer is whole; no HTTP; gzip cut short | `Connection` | `OutcomeUnknown` |
//! | silence beyond the attempt's time | `Timeout` | `OutcomeUnknown` |
//! | 429, however often; 503 with `Retry-After` | `Throttled`, `Unavailable` | the same: refused before work |
//! | a wait asked for that would pass the deadline | `Throttled`, at once, with the wait | the same |
//! | 500, 502, 504, a gateway's page | `Unavailable` | `OutcomeUnknown` |
//! | an error whose body is broken, endless, NULs or marked as what it is not | by its status | by its status |
//! | a success larger than the cap, a gzip bomb, gzip that is corrupt | `Decode` | `Decode` |
//! | a page of HTML, or nothing, where JSON was expected | `Decode` | `Decode` |
//! | a redirect, a next link that leads away or in a circle | `Decode`, nothing is sent there | the same |
//! | 401 after a fresh token | `ReauthenticationRequired` | the same |
//! | a page token that has expired | `InvalidRequest`, with [`Error::last_page`](crate::Error::last_page) | |
//!
//! A call is a `tracing` span at debug level named `call`, with the fields `operation`, `service`, `tenant`, and, once
//! it has ended, `attempts`, `status` and `kind`. Attempts are events at trace level, retries events at debug level.

mod backoff;
#[cfg(feature = "batch")]
mod batch;
mod body;
mod budget;
mod collect;
mod download;
mod fresh;
mod gate;
mod guard;
mod gzip;
mod http_transport;
mod identify;
mod items;
mod limiter;
mod limits;
mod observe;
mod options;
mod page;
mod pager;
mod pipeline;
mod query;
mod quota;
mod request;
mod response;
mod retry;
mod retry_after;
mod sender;
mod throttle_headers;
mod throttle_key;
mod timers;
mod transport;

#[cfg(feature = "batch")]
pub use batch::{Batch, BatchAnswers, BatchOutcome, BatchRules, Coalescer};
pub use body::Body;
pub use budget::RetryBudget;
pub use download::Download;
pub use guard::{CallGuard, GuardedCall, Preflight};
pub use http_transport::{HttpTransport, Proxy};
pub use limits::{DocumentedLimit, LimitUnit};
pub use observe::{Answered, Attempt, Meter, Observer, WaitReason};
pub use options::{ClientOptions, RetryPolicy};
pub use page::{Page, PageLink, odata_page};
pub use pager::{ListedPage, Pager, Pages};
pub use pipeline::Pipeline;
pub use query::{append_query, join_path, odata_literal};
pub use quota::Quota;
pub use request::{Authorization, Request, Safety};
pub use response::Response;
pub use retry::{Outcome, Verdict, decide};
pub use retry_after::retry_after;
#[cfg(feature = "workload-identity")]
pub(crate) use sender::Sender;
pub use throttle_headers::limit_share;
pub use transport::{OutgoingRequest, SendFailure, Transport};
