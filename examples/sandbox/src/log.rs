//! What was asked of the sandbox.

/// The log.
#[derive(Debug)]
pub struct Log;

/// One request.
#[derive(Debug)]
pub struct LogEntry;
