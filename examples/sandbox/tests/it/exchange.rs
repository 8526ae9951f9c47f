//! Tests: exchange.
