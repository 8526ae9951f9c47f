//! partner-center-client
