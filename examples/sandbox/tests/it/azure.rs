//! Tests: azure.
