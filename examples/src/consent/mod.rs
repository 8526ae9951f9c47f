//! The `consent` program, apart from `main`: arguments, the run over the customers, and what it shows.

mod args;
mod journal;
mod refresh;
mod status;

pub use args::{Args, Command, RefreshArgs, ResetArgs, RunArgs};
pub use journal::Journal;

use futures_util::future;

use crate::connect::Connection;
use crate::exit::Failure;
use crate::gdap::Output;

/// Carries a command out.
///
/// # Errors
/// [`Failure::Usage`]: the arguments cannot work; nothing was written. [`Failure::Failed`]: the partner's own sign-in or
/// application does not work; what has to survive is in the state file.
pub async fn run(args: &Args, connection: &Connection) -> Result<Output, Failure> {
    run_until(args, connection, future::pending()).await
}

/// As [`run`]; after `stop` no further customer is begun, and those under way are finished.
///
/// # Errors
/// As [`run`].
pub async fn run_until(
    args: &Args,
    connection: &Connection,
    stop: impl Future<Output = ()> + Send,
) -> Result<Output, Failure> {
    args.check()?;
    match &args.command {
        Command::Status => status::run(args, connection).await,
        Command::Refresh(command) => {
            let settle = |settings: bundle_core::consent::ConsentSettings| settings.forced(command.force);
            refresh::run(args, &command.how, connection, settle, stop).await
        }
        Command::Reset(command) => {
            let settle = |settings: bundle_core::consent::ConsentSettings| settings.reset(true);
            refresh::run(args, &command.how, connection, settle, stop).await
        }
    }
}
