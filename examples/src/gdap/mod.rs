//! The `gdap` program, apart from `main`: arguments, what each command does, and what it shows.

mod args;
mod assign;
mod compliance;
mod customers;
mod html;
mod invite;
mod offboard;
mod offboard_args;
mod output;
mod renewals;
mod state;
mod status;
mod terminate;

pub(crate) use args::customers;
pub use args::{
    Args, AssignArgs, Command, ComplianceArgs, GroupArgs, GroupForm, InviteArgs, RenewalArgs, StatusArgs, Switch,
    TerminateArgs,
};
pub(crate) use customers::of_partner_center;
pub use offboard_args::OffboardArgs;
pub use output::Output;
pub use state::State;

use crate::connect::Connection;
use crate::exit::Failure;

/// Carries a command out.
///
/// # Errors
/// [`Failure::Usage`]: the arguments cannot work; nothing was written. [`Failure::Failed`]: it could not be done; what
/// has to survive is in the state file.
pub async fn run(args: &Args, connection: &Connection) -> Result<Output, Failure> {
    args.check()?;
    match &args.command {
        Command::Invite(command) => invite::run(args, command, connection).await,
        Command::Status(command) => status::run(command, connection).await,
        Command::Assign(command) => assign::run(args, command, connection).await,
        Command::Compliance(command) => compliance::run(command, connection).await,
        Command::Renewals(command) => renewals::run(args, command, connection).await,
        Command::Terminate(command) => terminate::run(command, connection).await,
        Command::Offboard(command) => offboard::run(args, command, connection).await,
    }
}
