//! Faults that a test orders.

/// Something that goes wrong.
#[derive(Debug)]
pub struct Faults;

/// What goes wrong.
#[derive(Debug)]
#[non_exhaustive]
pub enum Fault {}
