//! Tests: graph_directory.
