//! Storage accounts with their blob containers and tables.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde_json::{Map, Value};
use uuid::Uuid;

/// A storage account.
#[derive(Clone, Debug)]
pub struct StorageAccount {
    /// The name, unique in the world.
    pub name: String,
    /// The tenant it trusts.
    pub tenant: Uuid,
    /// The subscription it is in.
    pub subscription: Uuid,
    /// Blob containers by name.
    pub containers: BTreeMap<String, BlobContainer>,
    /// Tables by name; entities by partition key and row key.
    pub tables: BTreeMap<String, BTreeMap<(String, String), TableEntity>>,
}

/// A blob container.
#[derive(Clone, Debug)]
pub struct BlobContainer {
    /// Blobs by name.
    pub blobs: BTreeMap<String, Blob>,
    /// When it last changed.
    pub modified_at: Timestamp,
}

/// A block blob.
#[derive(Clone, Debug)]
pub struct Blob {
    /// The bytes.
    pub content: Vec<u8>,
    /// The content type.
    pub content_type: String,
    /// When it was written.
    pub modified_at: Timestamp,
    /// Goes up with every write; the etag is made from it.
    pub version: u64,
}

/// An entity of a table.
#[derive(Clone, Debug)]
pub struct TableEntity {
    /// The properties, keys included.
    pub properties: Map<String, Value>,
    /// When it was written.
    pub modified_at: Timestamp,
    /// Goes up with every write; the etag is made from it.
    pub version: u64,
}
