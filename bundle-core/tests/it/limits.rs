//! The table of documented limits against its JSON source; `UPDATE_CATALOG=1` rewrites the table.

use std::fmt::Write as _;
use std::path::Path;

use serde::Deserialize;

use bundle_core::Service;
use bundle_core::http::{DocumentedLimit, LimitUnit};

#[derive(Deserialize)]
struct File {
    limits: Vec<Row>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Row {
    service: String,
    area: String,
    operation: String,
    scope: String,
    requests: u32,
    per_seconds: u32,
    burst: u32,
    unit: String,
    confidence: String,
    page: String,
}

#[test]
fn limits_equal_their_source() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let source = std::fs::read_to_string(root.join("tests/fixtures/catalog/throttling-limits.json")).unwrap();
    let file: File = serde_json::from_str(&source).unwrap();
    let mut text = String::from(
        "//! The documented limits, by service and area. Written by the golden test.\n\n\
         use super::{DocumentedLimit, LimitUnit};\n\
         use crate::service::Service;\n\n\
         #[rustfmt::skip]\n\
         pub(super) static LIMITS: &[DocumentedLimit] = &[\n",
    );
    for Row { service, area, operation, scope, requests, per_seconds, burst, unit, confidence, page } in file.limits {
        let service = match service.as_str() {
            "graph" => Service::Graph,
            "key-vault" => Service::KeyVault,
            "azure-resource-manager" => Service::ResourceManager,
            other => panic!("no service {other:?}"),
        };
        let unit = match unit.as_str() {
            "requests" => LimitUnit::Requests,
            "resource units" => LimitUnit::ResourceUnits,
            other => panic!("no unit {other:?}"),
        };
        let is_current = confidence == "high";
        writeln!(
            text,
            "    DocumentedLimit {{ service: Service::{service:?}, area: {area:?}, operation: {operation:?}, \
             scope: {scope:?}, requests: {requests}, seconds: {per_seconds}, burst: {burst}, \
             unit: LimitUnit::{unit:?}, is_current: {is_current}, page: {page:?} }},"
        )
        .unwrap();
    }
    text.push_str("];\n");
    let table = root.join("src/http/limits/table.rs");
    if std::env::var_os("UPDATE_CATALOG").is_some() {
        std::fs::write(&table, &text).unwrap();
    }
    let actual = std::fs::read_to_string(&table).unwrap();
    assert!(actual == text, "table.rs differs from its source; set UPDATE_CATALOG=1 to rewrite it");
}

#[test]
fn every_limit_allows_something_and_names_its_page() {
    for service in Service::ALL {
        for limit in DocumentedLimit::of(service) {
            assert!(limit.rate() > 0.0 && limit.burst > 0 && limit.rate().is_finite(), "{limit:?}");
            assert!(!limit.page.is_empty() && !limit.scope.is_empty(), "{limit:?}");
        }
    }
}

#[test]
fn services_that_publish_no_numbers_have_no_rows() {
    for service in [Service::PartnerCenter, Service::Exchange, Service::Compliance] {
        assert_eq!(DocumentedLimit::of(service).count(), 0, "{service}");
    }
    assert!(DocumentedLimit::of(Service::Graph).count() > 30);
    assert!(DocumentedLimit::of(Service::KeyVault).count() > 3);
}
