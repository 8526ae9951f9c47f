//! For tests of code that embeds the bundle: a server that says what it did not expect, and a credential that never
//! asks anybody.

mod credential;
mod server;

pub use credential::FixedCredential;
pub use server::TestServer;
