//! The `onboard` program, apart from `main`: arguments, the run over all customers, and the report.

mod args;
mod permissions;
mod report;
mod run;

pub use args::{Args, SignInBy, guid};
pub(crate) use permissions::selection;
pub use report::{Report, Summary, write_setup, write_steps};
pub use run::{Outcome, run};
