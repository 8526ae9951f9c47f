//! The `permissions` program, apart from `main`: questions about permissions, answered offline.

mod args;
mod changes;
mod export;
mod least;
mod lookup;
mod names;

use serde_json::Value;

pub use args::{Args, Command, Format, SelectionArgs};

use crate::exit::Failure;

/// What a question is answered with.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Answer {
    /// For people.
    pub text: String,
    /// The same for programs.
    pub json: Value,
    /// The exit code: 0, or 1 when something needs a person.
    pub code: u8,
}

impl Answer {
    fn new(text: String, json: Value, all_right: bool) -> Self {
        Self { text, json, code: u8::from(!all_right) }
    }
}

/// Answers a question.
///
/// # Errors
/// [`Failure::Usage`]: a name is wrong (the nearest right ones are told), a file cannot be read or is not what it
/// should be, or a limit of Microsoft's would be passed.
pub fn answer(args: &Args) -> Result<Answer, Failure> {
    match &args.command {
        Command::Search { words } => Ok(lookup::search(words)),
        Command::Show { names } => lookup::show(names),
        Command::Impact { selection } => changes::impact_of(&selection.read()?),
        Command::LeastPrivilege { operations, application } => least::least(operations, *application),
        Command::Diff { app_role_assignments, permission_grants, application, selection } => {
            changes::diff_with(app_role_assignments, permission_grants, application.as_deref(), &selection.read()?)
        }
        Command::Export { format, selection } => export::export(*format, &selection.read()?),
    }
}
