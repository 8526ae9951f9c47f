//! The national clouds equal their source.

use bundle_core::{Cloud, Service};
use serde_json::Value;

#[test]
fn national_clouds_equal_their_source() {
    let source: Value = serde_json::from_str(include_str!("../fixtures/clouds/clouds.json")).unwrap();
    for row in source["clouds"].as_array().unwrap() {
        let name = row["key"].as_str().unwrap();
        let cloud = Cloud::named(name).unwrap();
        let text = |key: &str| row[key].as_str().unwrap().to_owned();
        for (service, key) in [
            (Service::Login, "loginAuthority"),
            (Service::Graph, "graph"),
            (Service::PartnerCenter, "partnerCenter"),
            (Service::ResourceManager, "arm"),
            (Service::Office365Management, "office365Management"),
        ] {
            assert_eq!(cloud.base(service).as_str().trim_end_matches('/'), text(key), "{name} {key}");
        }
        // The source names the host of the older PowerShell module for DoD; the admin API is where its scope says.
        let exchange =
            if name == "usgov-dod" { "https://outlook-dod.office365.us".to_owned() } else { text("exchangeHost") };
        assert_eq!(cloud.base(Service::Exchange).as_str().trim_end_matches('/'), exchange, "{name}");
        assert_eq!(cloud.default_scope(Service::Exchange), text("exchangeScope"), "{name}");
        let vault = cloud.resource_url(Service::KeyVault, "contoso").unwrap();
        assert_eq!(vault.as_str(), format!("https://contoso.{}/", text("keyVaultDnsSuffix")), "{name}");
        let blob = cloud.resource_url(Service::Blob, "contoso").unwrap();
        assert_eq!(blob.as_str(), format!("https://contoso.blob.{}/", text("storageSuffix")), "{name}");
    }
}
