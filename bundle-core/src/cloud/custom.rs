//! Endpoint files: a whole cloud as one JSON object.

use std::sync::Arc;

use serde_json::{Map, Value};
use url::Url;

use super::national::approval_link;
use super::{Address, Cloud, Endpoint, Endpoints, is_secure};
use crate::error::{Error, Result};
use crate::redact::redact;
use crate::service::Service;

pub(super) fn parse(json: &str) -> Result<Cloud> {
    let value: Value =
        serde_json::from_str(json).map_err(|cause| Error::config("endpoint file: not JSON").with_source(cause))?;
    let Value::Object(file) = value else {
        return Err(Error::config("endpoint file: not a JSON object"));
    };
    let missing: Vec<&str> =
        Service::ALL.iter().map(|service| service.endpoint_key()).filter(|key| !file.contains_key(*key)).collect();
    if !missing.is_empty() {
        return Err(Error::config(format!("endpoint file: missing {}", missing.join(", "))));
    }
    let audiences = match file.get("audiences") {
        None | Some(Value::Null) => &Map::new(),
        Some(Value::Object(audiences)) => audiences,
        Some(other) => return Err(wrong("audiences", &other.to_string(), "is not an object")),
    };
    let public = Cloud::public();
    let hosts = Service::ALL
        .into_iter()
        .map(|service| endpoint(service, &file, audiences, &public))
        .collect::<Result<Vec<_>>>()?;
    Ok(Cloud(Arc::new(Endpoints {
        name: "custom".to_owned(),
        hosts,
        approval_link: approval_link("https://admin.microsoft.com"),
    })))
}

fn endpoint(
    service: Service,
    file: &Map<String, Value>,
    audiences: &Map<String, Value>,
    public: &Cloud,
) -> Result<Endpoint> {
    let key = service.endpoint_key();
    let text = text(key, &file[key])?;
    let address = if service.is_per_resource() {
        let placeholder = if service == Service::KeyVault { "{vault}" } else { "{account}" };
        let Some((before, after)) = text.split_once(placeholder) else {
            return Err(wrong(key, text, &format!("does not hold {placeholder}")));
        };
        // Normalised the way request URLs will be, so that prefixes compare byte for byte.
        let marker = "placeholder-name";
        let url = base_url(key, &format!("{before}{marker}{after}"))?;
        let Some((before, after)) = url.as_str().split_once(marker) else {
            return Err(wrong(key, text, "cannot hold a name there"));
        };
        // A name is all of a host's label or of a path's segment, otherwise one name could be read into another; it is
        // not a host's last label, otherwise names would be whole domains.
        let in_host = url.host_str().is_some_and(|host| host.contains(marker));
        let ends = if in_host { after.starts_with('.') } else { after.is_empty() || after.starts_with('/') };
        if !before.ends_with(['/', '.']) || !ends {
            return Err(wrong(
                key,
                text,
                &format!("must hold {placeholder} as a path segment or as a label before a domain"),
            ));
        }
        Address::PerResource { before: before.to_owned(), after: after.to_owned() }
    } else {
        Address::Base(base_url(key, text)?)
    };
    let audience = match audiences.get(key) {
        None | Some(Value::Null) => public.audience(service),
        Some(value) => self::text(&format!("audiences.{key}"), value)?.trim_end_matches('/'),
    };
    Ok(Endpoint::new(service, address, audience))
}

fn text<'a>(key: &str, value: &'a Value) -> Result<&'a str> {
    value
        .as_str()
        .filter(|text| !text.is_empty())
        .ok_or_else(|| Error::config(format!("endpoint file: {key}: {} is not a text", redact(&value.to_string()))))
}

/// A value that is refused; people write passwords into URLs.
fn wrong(key: &str, text: &str, why: &str) -> Error {
    Error::config(format!("endpoint file: {key}: {:?} {why}", redact(text)))
}

fn base_url(key: &str, text: &str) -> Result<Url> {
    let mut url = Url::parse(text).map_err(|cause| wrong(key, text, "is not a URL").with_source(cause))?;
    if !url.username().is_empty() || url.password().is_some() {
        // The value is not repeated: it holds a password.
        return Err(Error::config(format!("endpoint file: {key}: a URL with user name or password is refused")));
    }
    if url.query().is_some() || url.fragment().is_some() {
        return Err(wrong(key, text, "must not have a query or fragment"));
    }
    if !is_secure(&url) {
        return Err(wrong(key, text, "must be https, or http on loopback"));
    }
    let path = url.path().trim_end_matches('/').to_owned();
    url.set_path(&path);
    Ok(url)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file() -> Value {
        serde_json::json!({
            "loginAuthority": "http://127.0.0.1:5001", "graph": "http://127.0.0.1:5002/",
            "exchangeHost": "http://127.0.0.1:5003", "partnerCenter": "http://127.0.0.1:5004",
            "arm": "http://127.0.0.1:5005", "office365Management": "http://127.0.0.1:5006",
            "compliance": "http://127.0.0.1:5007", "keyVaultUrl": "http://127.0.0.1:5008/{vault}",
            "blobUrl": "http://127.0.0.1:5009/{account}", "tableUrl": "http://127.0.0.1:5010/{account}",
            "audiences": {"graph": "https://graph.example/"}, "demo": {"ignored": true}
        })
    }

    #[test]
    fn sandbox_file_is_read() {
        let cloud = parse(&file().to_string()).unwrap();
        assert_eq!(cloud.name(), "custom");
        assert!(cloud.is_loopback());
        assert_eq!(cloud.audience(Service::Graph), "https://graph.example");
        assert_eq!(cloud.audience(Service::Exchange), "https://outlook.office365.com");
        let vault = cloud.resource_url(Service::KeyVault, "contoso-kv").unwrap();
        assert_eq!(vault.as_str(), "http://127.0.0.1:5008/contoso-kv");
        let secret = Url::parse("http://127.0.0.1:5008/contoso-kv/secrets/a?api-version=7.6").unwrap();
        assert!(cloud.allows(Service::KeyVault, &secret));
        assert!(!cloud.allows(Service::Graph, &secret));
        assert!(!cloud.allows(Service::KeyVault, &Url::parse("http://127.0.0.1:5009/contoso-kv/secrets").unwrap()));
    }

    #[test]
    fn wrong_files_name_the_key_and_the_value() {
        type Edit = fn(&mut Value);
        let cases: [(Edit, &[&str]); 13] = [
            (|f| drop(f.as_object_mut().unwrap().remove("graph")), &["missing", "graph"]),
            (|f| f["graph"] = "graph.microsoft.com".into(), &["graph", "graph.microsoft.com"]),
            (|f| f["arm"] = "http://management.azure.com".into(), &["arm", "http://management.azure.com", "loopback"]),
            (|f| f["arm"] = 5.into(), &["arm", "5"]),
            (|f| f["keyVaultUrl"] = "https://kv.example/".into(), &["keyVaultUrl", "{vault}"]),
            (|f| f["keyVaultUrl"] = "https://{vault}x.example/".into(), &["keyVaultUrl", "{vault}", "label"]),
            (|f| f["tableUrl"] = "https://table.{account}".into(), &["tableUrl", "{account}", "domain"]),
            (|f| f["blobUrl"] = "https://x{account}.example/".into(), &["blobUrl", "{account}", "label"]),
            (|f| f["graph"] = "https://graph.example/?a=b".into(), &["graph", "query"]),
            (|f| f["audiences"] = 1.into(), &["audiences"]),
            (|f| f["graph"] = "https://u:hunter2@graph.example/".into(), &["graph", "password"]),
            (|f| f["graph"] = "https://u:hunter2@graph.example:99999/".into(), &["graph", "graph.example:99999"]),
            (|f| f["keyVaultUrl"] = "https://u:hunter2@kv.example/".into(), &["keyVaultUrl", "{vault}"]),
        ];
        for (edit, words) in cases {
            let mut json = file();
            edit(&mut json);
            let error = parse(&json.to_string()).unwrap_err();
            for word in words {
                assert!(error.to_string().contains(word), "{error} should name {word}");
            }
            assert!(!format!("{error} {error:?}").contains("hunter2"));
        }
        for text in ["", "[]", "{", "\u{0}"] {
            assert!(parse(text).is_err());
        }
    }
}
