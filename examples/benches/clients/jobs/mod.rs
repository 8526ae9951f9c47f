//! The jobs: one file per kind of work.

mod first_calls;
mod gathered;
mod gets;
mod listing;
mod quota;
mod tenants;
mod token;
mod vault;

use crate::job::Job;
use crate::stage::Size;

/// All jobs that need the server.
pub(crate) fn all(size: Size) -> Vec<Job> {
    vec![
        listing::at_once(size),
        listing::with_latency(size),
        listing::slow_pages(size),
        tenants::job(size),
        gets::at_once(size),
        gets::with_latency(size),
        gathered::job(size),
        quota::one_second(size),
        quota::small_burst(size),
        quota::one_second_charged(size),
        quota::small_burst_charged(size),
        first_calls::job(size),
        vault::job(size),
        token::job(size),
    ]
}
