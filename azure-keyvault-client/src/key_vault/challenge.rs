//! What a vault says about itself, and whether to believe it: a pure rule.

use bundle_core::auth::Challenge;
use bundle_core::error::Diagnosis;
use bundle_core::{Cloud, Error, ErrorKind, Result, Service, TenantId};
use http::HeaderMap;
use http::header::WWW_AUTHENTICATE;
use url::{Host, Url};

use super::VaultUrl;

/// A verified challenge: whose tokens the vault takes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct VaultChallenge {
    /// The tenant that issues the tokens.
    pub(super) tenant: TenantId,
    /// The scope to ask for.
    pub(super) scope: String,
}

impl VaultChallenge {
    /// Reads and verifies the challenge of a 401.
    ///
    /// The vault must belong to the resource it names, and the authority must be the cloud's own: otherwise a foreign
    /// host could ask for a token of a service that is not its own. Nothing of an answer that fails is kept.
    pub(super) fn verify(headers: &HeaderMap, vault: &VaultUrl, cloud: &Cloud) -> Result<Self> {
        let challenge = headers
            .get_all(WWW_AUTHENTICATE)
            .iter()
            .filter_map(|value| Challenge::parse(value.to_str().ok()?))
            .find(|challenge| authority(challenge).is_some())
            .ok_or_else(|| refuse(vault, "did not say where its tokens come from"))?;
        let tenant = tenant(authority(&challenge).unwrap_or_default(), cloud)
            .ok_or_else(|| refuse(vault, "names an authority that is not the cloud's, or no tenant"))?;
        let resource = resource(&challenge, vault, cloud)
            .ok_or_else(|| refuse(vault, "names a resource it does not belong to"))?;
        Ok(Self { tenant, scope: format!("{resource}{DEFAULT}") })
    }
}

/// The error for a vault that is not believed.
pub(super) fn refuse(vault: &VaultUrl, what: &str) -> Error {
    let error = Error::new(ErrorKind::Decode, format!("the vault {:?} {what}; no token was requested", vault.host()));
    match Diagnosis::find("azure-foreign-challenge") {
        Some(diagnosis) => error.with_diagnosis(diagnosis),
        None => error,
    }
}

fn authority(challenge: &Challenge) -> Option<&str> {
    challenge.parameter("authorization").or_else(|| challenge.parameter("authorization_uri"))
}

/// The tenant of an authorization URL: the first segment of its path, when the authority is the cloud's.
fn tenant(authority: &str, cloud: &Cloud) -> Option<TenantId> {
    let url = Url::parse(authority).ok()?;
    let path = if cloud.allows(Service::Login, &url) {
        // A custom authority may itself have a path.
        url.path().strip_prefix(cloud.base(Service::Login).path().trim_end_matches('/'))?
    } else if is_stand_in(cloud, Service::Login, &url) {
        url.path()
    } else {
        return None;
    };
    path.strip_prefix('/')?.split('/').next()?.parse().ok()
}

/// The resource of a challenge, when the vault belongs to it.
fn resource(challenge: &Challenge, vault: &VaultUrl, cloud: &Cloud) -> Option<String> {
    let text = match challenge.parameter("scope") {
        Some(scope) => scope.strip_suffix(DEFAULT)?,
        None => challenge.parameter("resource")?,
    };
    let url = Url::parse(text).ok()?;
    let plain = matches!(url.path(), "" | "/") && url.query().is_none() && url.fragment().is_none();
    let bare = url.username().is_empty() && url.password().is_none() && url.port().is_none();
    let Some(Host::Domain(domain)) = url.host() else { return None };
    if url.scheme() != "https" || !plain || !bare {
        return None;
    }
    // Hosts of URLs are in lower case already.
    let is_below = vault.host().strip_suffix(domain).is_some_and(|x| x.len() > 1 && x.ends_with('.'));
    (is_below || is_stand_in(cloud, Service::KeyVault, &url)).then(|| format!("https://{domain}"))
}

/// Whether `url` is the audience of a service in a cloud that stands on loopback: there hosts cannot tell who belongs
/// to whom, and nothing leaves the machine.
fn is_stand_in(cloud: &Cloud, service: Service, url: &Url) -> bool {
    cloud.is_loopback()
        && url.username().is_empty()
        && url.password().is_none()
        && Url::parse(cloud.audience(service)).is_ok_and(|audience| audience.origin() == url.origin())
}

const DEFAULT: &str = "/.default";

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    const TENANT: &str = "22222222-2222-4222-8222-222222222222";

    fn verify(cloud: &Cloud, vault: &str, headers: &[&str]) -> Result<VaultChallenge> {
        let headers = headers.iter().map(|text| (WWW_AUTHENTICATE, HeaderValue::from_str(text).unwrap())).collect();
        VaultChallenge::verify(&headers, &vault.parse().unwrap(), cloud)
    }

    fn sandbox() -> Cloud {
        Cloud::from_endpoint_file(
            &serde_json::json!({
                "loginAuthority": "http://127.0.0.1:1/login", "graph": "http://127.0.0.1:1/graph",
                "exchangeHost": "http://127.0.0.1:1/exchange", "partnerCenter": "http://127.0.0.1:1/partner-center",
                "arm": "http://127.0.0.1:1/arm", "office365Management": "http://127.0.0.1:1/management",
                "compliance": "http://127.0.0.1:1/compliance", "keyVaultUrl": "http://127.0.0.1:1/vault/{vault}",
                "blobUrl": "http://127.0.0.1:1/blob/{account}", "tableUrl": "http://127.0.0.1:1/table/{account}"
            })
            .to_string(),
        )
        .unwrap()
    }

    #[test]
    fn every_national_cloud_is_believed_about_itself() {
        for (cloud, login, resource) in [
            (Cloud::public(), "login.microsoftonline.com", "vault.azure.net"),
            (Cloud::us_government(), "login.microsoftonline.us", "vault.usgovcloudapi.net"),
            (Cloud::china(), "login.chinacloudapi.cn", "vault.azure.cn"),
        ] {
            let vault = format!("https://Contoso-KV.{resource}");
            for header in [
                format!(r#"Bearer authorization="https://{login}/{TENANT}", resource="https://{resource}""#),
                format!(r#"Bearer authorization_uri="https://{login}/{TENANT}", resource="https://{resource}/""#),
                format!(r#"Bearer authorization="https://{login}/{TENANT}/", scope="https://{resource}/.default""#),
                format!(
                    r#"Bearer authorization="https://{login}/{TENANT}/oauth2", resource="https://{}""#,
                    resource.to_uppercase()
                ),
            ] {
                let challenge = verify(&cloud, &vault, &[&header]).unwrap();
                assert_eq!(challenge.tenant.to_string(), TENANT, "{header}");
                assert_eq!(challenge.scope, format!("https://{resource}/.default"), "{header}");
            }
        }
    }

    #[test]
    fn challenge_is_found_among_others() {
        let good = format!(
            r#"Bearer authorization="https://login.microsoftonline.com/{TENANT}", resource="https://vault.azure.net""#
        );
        let headers = ["Negotiate", "Bearer realm=\"\"", &good];
        assert!(verify(&Cloud::public(), "https://a-kv.vault.azure.net", &headers).is_ok());
    }

    #[test]
    fn foreign_resources_are_refused() {
        let authority = format!("https://login.microsoftonline.com/{TENANT}");
        for resource in [
            "resource=\"https://graph.microsoft.com\"",
            "resource=\"https://kv.vault.azure.net\"",
            "resource=\"https://ault.azure.net\"",
            "resource=\"http://vault.azure.net\"",
            "resource=\"https://vault.azure.net:8443\"",
            "resource=\"https://user@vault.azure.net\"",
            "resource=\"https://vault.azure.net@evil.example\"",
            "resource=\"https://vault.azure.net.evil.example\"",
            "resource=\"https://vault.azure.net/path\"",
            "resource=\"https://vault.azure.net/?a=b\"",
            "resource=\"vault.azure.net\"",
            "resource=\"\"",
            "scope=\"https://vault.azure.net/user_impersonation\"",
            "scope=\"https://graph.microsoft.com/.default\", resource=\"https://vault.azure.net\"",
            "realm=\"\"",
        ] {
            let header = format!("Bearer authorization=\"{authority}\", {resource}");
            let error = verify(&Cloud::public(), "https://kv.vault.azure.net", &[&header]).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Decode, "{header}");
            assert!(error.to_string().contains("kv.vault.azure.net"), "{error}");
        }
    }

    #[test]
    fn foreign_authorities_and_missing_tenants_are_refused() {
        for authority in [
            format!("https://login.evil.example/{TENANT}"),
            format!("https://login.microsoftonline.com.evil.example/{TENANT}"),
            format!("https://login.microsoftonline.us/{TENANT}"),
            format!("http://login.microsoftonline.com/{TENANT}"),
            format!("https://login.microsoftonline.com:8443/{TENANT}"),
            format!("https://user@login.microsoftonline.com/{TENANT}"),
            "https://login.microsoftonline.com/".to_owned(),
            "https://login.microsoftonline.com/common".to_owned(),
            "https://login.microsoftonline.com/contoso.com".to_owned(),
            TENANT.to_owned(),
        ] {
            let header = format!("Bearer authorization=\"{authority}\", resource=\"https://vault.azure.net\"");
            let error = verify(&Cloud::public(), "https://kv.vault.azure.net", &[&header]).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Decode, "{header}");
        }
        for headers in [&[][..], &["Bearer"], &["Negotiate"], &["Basic realm=\"x\""]] {
            assert!(verify(&Cloud::public(), "https://kv.vault.azure.net", headers).is_err());
        }
    }

    #[test]
    fn loopback_cloud_is_known_by_its_audiences() {
        let (cloud, vault) = (sandbox(), "http://127.0.0.1:1/vault/contoso-kv");
        for authority in ["https://login.microsoftonline.com", "http://127.0.0.1:1/login"] {
            let header = format!("Bearer authorization=\"{authority}/{TENANT}\", resource=\"https://vault.azure.net\"");
            assert_eq!(verify(&cloud, vault, &[&header]).unwrap().scope, "https://vault.azure.net/.default");
        }
        for (authority, resource) in [
            ("https://login.microsoftonline.com", "https://graph.microsoft.com"),
            ("https://login.microsoftonline.com", "http://127.0.0.1:1"),
            ("https://login.evil.example", "https://vault.azure.net"),
            ("http://127.0.0.1:1", "https://vault.azure.net"),
            ("http://127.0.0.1:2/login", "https://vault.azure.net"),
        ] {
            let header = format!("Bearer authorization=\"{authority}/{TENANT}\", resource=\"{resource}\"");
            assert!(verify(&cloud, vault, &[&header]).is_err(), "{header}");
        }
        // Another machine is never known by its audience.
        let header = format!(
            r#"Bearer authorization="https://login.microsoftonline.com/{TENANT}", resource="https://vault.azure.net""#
        );
        assert!(verify(&Cloud::public(), vault, &[&header]).is_err());
    }
}
