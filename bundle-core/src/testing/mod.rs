//! For tests of code that embeds the bundle: a server that says what it did not expect, a credential that never asks
//! anybody, and contract suites for implementers of the ports.

pub mod conformance;
mod credential;
mod server;

pub use credential::FixedCredential;
pub use server::TestServer;
