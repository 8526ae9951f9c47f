//! Serves the demonstration world until it is interrupted.

fn main() {}
