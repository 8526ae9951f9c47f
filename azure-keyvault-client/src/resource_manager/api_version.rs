//! The versions that are asked for, one per resource provider.
//!
//! Source: the stable versions of Microsoft's published interface descriptions, read 2026-11.

/// Subscriptions and tenants.
pub const SUBSCRIPTIONS: &str = "2022-12-01";

/// Resource groups.
pub const RESOURCE_GROUPS: &str = "2024-03-01";

/// Key vaults (`Microsoft.KeyVault`). Versions before this one retire on 2027-02-27.
pub const VAULTS: &str = "2026-02-01";
