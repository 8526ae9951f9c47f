//! Endpoint files: the first line is the name of a vault, the rest the file.
#![no_main]

use bundle_core::{Cloud, Service};
use libfuzzer_sys::fuzz_target;
use url::Url;

fuzz_target!(|data: &[u8]| {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let (name, file) = text.split_once('\n').unwrap_or(("contoso-kv", text));
    let cloud = match Cloud::from_endpoint_file(file) {
        Ok(cloud) => cloud,
        Err(error) => {
            let _ = format!("{error} {error:?}");
            return;
        }
    };
    for service in Service::ALL {
        let url = if service.is_per_resource() {
            let Ok(url) = cloud.resource_url(service, name) else { continue };
            url
        } else {
            cloud.base(service).clone()
        };
        let is_secure = |url: &Url| url.scheme() == "https" || (url.scheme() == "http" && cloud_is_local(url));
        assert!(is_secure(&url), "{service}: {url}");
        assert!(cloud.allows(service, &url), "{service}: {url}");
        assert!(
            !cloud.allows(service, &Url::parse("https://evil.fuzz.example/").expect("it is a URL"))
                || file.contains("evil.fuzz.example")
        );
    }
});

fn cloud_is_local(url: &Url) -> bool {
    match url.host() {
        Some(url::Host::Ipv4(ip)) => ip.is_loopback(),
        Some(url::Host::Ipv6(ip)) => ip.is_loopback(),
        Some(url::Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        None => false,
    }
}
