#![doc = include_str!("../README.md")]

mod anchor;
mod batch;
mod client;
mod cmdlet;
mod mailboxes;
mod organization;
mod output;
pub mod parameter;
mod probe;

pub use anchor::Anchor;
pub use client::{ExchangeClient, ExchangeTenant};
pub use cmdlet::Cmdlet;
pub use mailboxes::{Mailbox, RecipientTypeDetails};
pub use organization::OrganizationConfig;
pub use output::{CmdletItem, CmdletOutput};
pub use probe::ExchangeProbe;
