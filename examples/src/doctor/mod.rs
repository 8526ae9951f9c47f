//! The parts of `doctor`: what it can be told, how it reads payloads, how it shows a finding.

mod args;
mod exit;
mod lines;
mod report;

pub use args::Args;
pub use exit::code;
pub use lines::{answer, run};
pub use report::{colours, write};
