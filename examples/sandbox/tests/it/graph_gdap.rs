//! Tests: graph_gdap.
