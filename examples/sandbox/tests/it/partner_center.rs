//! Tests: partner_center.
