//! Certificates in place of a secret: what is signed, and which files are read.

use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

use async_trait::async_trait;
use aws_lc_rs::signature::{RSA_PSS_2048_8192_SHA256, UnparsedPublicKey};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use jiff::Timestamp;
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Value, json};
use url::Url;

use bundle_core::auth::{
    AssertionRequest, AssertionSigner, ClientAssertion, ClientCertificate, Credential, PartnerCredential, Principal,
    SigningCertificate, TokenRequest,
};
use bundle_core::testing::TestServer;
use bundle_core::{ErrorKind, Result};

use crate::support::{APP, PARTNER, SCOPE, form, login_fixture, received, shown, token_answer, token_mock, token_path};

/// The SHA-256 of the DER of `leaf.pem`, as OpenSSL computes it.
const THUMBPRINT: &str = "5dhKXT0YR_D4-actN9a4XG7Dik0HQOJqy1o7sxcaPgo";
const PASSWORD: &str = "canary";

fn file(name: &str) -> Vec<u8> {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/certificates");
    std::fs::read(path.join(name)).unwrap()
}

fn text(names: &[&str]) -> String {
    names.iter().map(|name| String::from_utf8(file(name)).unwrap()).collect()
}

fn pem(certificates: &[&str], key: &[&str]) -> Result<ClientCertificate> {
    ClientCertificate::from_pem(&text(certificates), &text(key).into())
}

fn pfx(name: &str, password: &str) -> Result<ClientCertificate> {
    ClientCertificate::from_pfx(&file(name), &password.into())
}

fn request() -> AssertionRequest {
    let endpoint = Url::parse(&format!("https://login.microsoftonline.com/{PARTNER}/oauth2/v2.0/token")).unwrap();
    AssertionRequest::new(endpoint, APP, SystemTime::now())
}

/// Header and claims of an assertion whose signature fits `leaf_public.der`.
fn verified(assertion: &str) -> (Value, Value) {
    let (signed, signature) = assertion.rsplit_once('.').unwrap();
    let public = file("leaf_public.der");
    UnparsedPublicKey::new(&RSA_PSS_2048_8192_SHA256, public)
        .verify(signed.as_bytes(), &URL_SAFE_NO_PAD.decode(signature).unwrap())
        .unwrap();
    let read = |part: &str| serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).unwrap()).unwrap();
    let (header, claims) = signed.split_once('.').unwrap();
    (read(header), read(claims))
}

#[tokio::test]
async fn assertion_has_exactly_the_header_and_claims_entra_wants() {
    let certificate = pem(&["leaf.pem"], &["leaf.key"]).unwrap();
    let request = request();
    let now = Timestamp::try_from(request.now).unwrap().as_second();
    let assertion = certificate.assertion(&request).await.unwrap();
    let (header, mut claims) = verified(assertion.expose_secret());
    assert_eq!(header, json!({"alg": "PS256", "typ": "JWT", "x5t#S256": THUMBPRINT}));
    let id = claims.as_object_mut().unwrap().remove("jti").unwrap();
    assert_eq!(
        claims,
        json!({
            "aud": request.audience, "iss": APP.to_string(), "sub": APP.to_string(),
            "nbf": now, "iat": now, "exp": now + 600,
        })
    );
    let again = certificate.assertion(&request).await.unwrap();
    let (_, claims) = verified(again.expose_secret());
    assert_ne!(claims["jti"], id, "each assertion has an id of its own");
    assert_eq!(certificate.certificate().await.unwrap().not_after().to_string(), "2126-10-30T00:35:05Z");
}

#[tokio::test]
async fn chain_is_sent_from_the_certificate_upwards_when_asked() {
    // The issuer stands first in the file, and two certificates have the key: the one that lasts longer is meant.
    let certificate = pem(&["ca.pem", "expired.pem", "leaf.pem"], &["leaf.key"]).unwrap();
    let (header, _) = verified(certificate.assertion(&request()).await.unwrap().expose_secret());
    assert_eq!(header.get("x5c"), None);
    let certificate = certificate.send_chain();
    let (header, _) = verified(certificate.assertion(&request()).await.unwrap().expose_secret());
    let der = |name: &str| {
        let text = text(&[name]);
        text.lines().filter(|line| !line.starts_with("-----")).collect::<String>()
    };
    assert_eq!(header["x5c"], json!([der("leaf.pem"), der("ca.pem")]));
    assert_eq!(header["x5t#S256"], THUMBPRINT);
}

#[tokio::test]
async fn each_form_of_file_is_read() {
    let both: SecretString = text(&["leaf.key", "leaf.pem"]).into();
    let read = [
        pem(&["leaf.pem"], &["leaf_pkcs1.key"]),
        ClientCertificate::from_pem(both.expose_secret(), &both),
        pfx("aes.pfx", PASSWORD),
        pfx("rc2.pfx", PASSWORD),
        pfx("3des.pfx", PASSWORD),
        pfx("no_password.pfx", ""),
    ];
    for (at, certificate) in read.into_iter().enumerate() {
        let certificate = certificate.unwrap_or_else(|error| panic!("{at}: {error}")).send_chain();
        let (header, _) = verified(certificate.assertion(&request()).await.unwrap().expose_secret());
        assert_eq!(header["x5t#S256"], THUMBPRINT, "{at}");
        // The PFX files in AES and RC2 hold the issuer too.
        assert_eq!(header["x5c"].as_array().unwrap().len(), if matches!(at, 2 | 3) { 2 } else { 1 }, "{at}");
        assert!(!format!("{certificate:?}").contains("PRIVATE"));
    }
}

#[test]
fn unusable_file_is_named_without_secrets() {
    let cut: SecretString = text(&["leaf.key"])[..400].into();
    let no_base64: SecretString = "-----BEGIN PRIVATE KEY-----\ncan*ary\n-----END PRIVATE KEY-----".into();
    let leaf = text(&["leaf.pem"]);
    let truncated = |name: &str, bytes| ClientCertificate::from_pfx(&file(name)[..bytes], &PASSWORD.into());
    let cases = [
        (pem(&["leaf.key"], &["leaf.key"]), "holds no certificate"),
        (pem(&["leaf.pem"], &["leaf.pem"]), "holds no private key"),
        (pem(&["leaf.pem"], &["leaf_encrypted.key"]), "is encrypted"),
        (pem(&["leaf.pem"], &["leaf.key", "leaf_pkcs1.key"]), "more than one private key"),
        (pem(&["ca.pem"], &["leaf.key"]), "belongs to none of the certificates"),
        (pem(&["ec.pem"], &["ec.key"]), "not an RSA key"),
        (pem(&["ec.pem"], &["ec_sec1.key"]), "not an RSA key"),
        (pem(&["short.pem"], &["short.key"]), "no RSA key of 2048"),
        (ClientCertificate::from_pem(&leaf, &cut), "the private key is broken PEM"),
        (ClientCertificate::from_pem(&leaf, &no_base64), "the private key is broken PEM"),
        (ClientCertificate::from_pem("", &"".into()), "holds no certificate"),
        (pfx("aes.pfx", "wrong-canary"), "the password does not open"),
        (pfx("rc2.pfx", "wrong-canary"), "the password does not open"),
        (pfx("aes.pfx", ""), "the password does not open"),
        (pfx("ec.pfx", PASSWORD), "not an RSA key"),
        (pfx("no_key.pfx", PASSWORD), "no private key"),
        (pfx("leaf.pem", PASSWORD), "not a PFX file"),
        (truncated("aes.pfx", 0), "not a PFX file"),
        (truncated("aes.pfx", 2000), "not a PFX file"),
    ];
    for (at, (outcome, what)) in cases.into_iter().enumerate() {
        let error = outcome.expect_err(what);
        let said = shown(&error);
        assert_eq!(error.kind(), ErrorKind::Config, "{at}: {said}");
        assert!(error.to_string().starts_with("client certificate: ") && said.contains(what), "{at}: {said}");
        assert!(!said.contains("canary") && !said.contains("can*ary") && !said.contains("MII"), "{at}: {said}");
    }
}

#[test]
fn damaged_pfx_is_an_error_wherever_it_is_damaged() {
    for name in ["aes.pfx", "rc2.pfx"] {
        let whole = file(name);
        for at in (0..whole.len()).step_by(7) {
            let mut damaged = whole.clone();
            damaged[at] ^= 0x55;
            if let Err(error) = ClientCertificate::from_pfx(&damaged, &PASSWORD.into()) {
                assert_eq!(error.kind(), ErrorKind::Config);
            }
        }
    }
}

#[tokio::test]
async fn certificate_outside_its_time_is_refused_before_anything_is_sent() {
    let server = TestServer::start().await;
    let expired = pem(&["expired.pem"], &["leaf.key"]).unwrap();
    let builder = PartnerCredential::builder(PARTNER, APP).client_certificate(expired);
    let credential = builder.build(&server.options()).unwrap();
    let error = credential.token(&TokenRequest::new(PARTNER, Principal::Application, SCOPE)).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Config);
    assert!(error.to_string().contains("client certificate: expired at 2025-01-01T00:00:00Z"), "{error}");
    assert!(received(&server).await.is_empty());

    let certificate = pem(&["leaf.pem"], &["leaf.key"]).unwrap();
    let mut early = request();
    early.now = "2026-11-23T00:31:00Z".parse::<Timestamp>().unwrap().into();
    assert!(certificate.assertion(&early).await.is_ok(), "within five minutes clocks may differ");
    early.now -= Duration::from_secs(120);
    let error = certificate.assertion(&early).await.unwrap_err();
    assert!(error.to_string().contains("not valid before 2026-11-23T00:35:05Z"), "{error}");
}

#[tokio::test]
async fn token_request_carries_the_assertion_for_its_own_endpoint() {
    let server = TestServer::start().await;
    token_mock(&PARTNER).respond_with(token_answer("access", None)).expect(1).mount(server.mock()).await;
    let certificate = pem(&["leaf.pem"], &["leaf.key"]).unwrap();
    let builder = PartnerCredential::builder(PARTNER, APP).client_certificate(certificate);
    let credential = builder.build(&server.options()).unwrap();
    credential.token(&TokenRequest::new(PARTNER, Principal::Application, SCOPE)).await.unwrap();
    let form = form(&received(&server).await[0]);
    let (_, claims) = verified(&form["client_assertion"]);
    assert_eq!(claims["aud"], format!("{}{}", server.uri(), token_path(&PARTNER)));
    assert_eq!(form["client_assertion_type"], "urn:ietf:params:oauth:client-assertion-type:jwt-bearer");
    assert!(!form.contains_key("client_secret"));
}

/// A signer elsewhere, whose certificate is exchanged when it is read anew.
#[derive(Debug, Default)]
struct Elsewhere {
    signed_with: Mutex<Vec<Option<String>>>,
}

#[async_trait]
impl AssertionSigner for Elsewhere {
    async fn certificate(&self, anew: bool) -> Result<SigningCertificate> {
        let (name, key) = if anew { ("leaf.pem", "version-2") } else { ("ca.pem", "version-1") };
        let text = text(&[name]);
        let der = text.lines().filter(|line| !line.starts_with("-----")).collect::<String>();
        Ok(SigningCertificate::new(STANDARD.decode(der).unwrap(), [])?.with_key(key))
    }

    async fn sign(&self, certificate: &SigningCertificate, message: &[u8]) -> Result<Vec<u8>> {
        assert!(message.starts_with(b"eyJ"));
        self.signed_with.lock().unwrap().push(certificate.key().map(str::to_owned));
        Ok(vec![1, 2, 3])
    }
}

#[tokio::test]
async fn refused_certificate_is_read_anew_and_signs_with_its_own_key() {
    let server = TestServer::start().await;
    let unknown = login_fixture("certificate_unknown_700027");
    token_mock(&PARTNER).respond_with(unknown).up_to_n_times(1).expect(1).mount(server.mock()).await;
    token_mock(&PARTNER).respond_with(token_answer("access", None)).expect(1).mount(server.mock()).await;
    let signer = Arc::new(Elsewhere::default());
    let shared: Arc<dyn AssertionSigner> = Arc::clone(&signer) as _;
    let builder = PartnerCredential::builder(PARTNER, APP).client_certificate(ClientCertificate::new(shared));
    let credential = builder.build(&server.options()).unwrap();
    credential.token(&TokenRequest::new(PARTNER, Principal::Application, SCOPE)).await.unwrap();
    let signed_with = signer.signed_with.lock().unwrap().clone();
    assert_eq!(signed_with, [Some("version-1".to_owned()), Some("version-2".to_owned())]);
    let assertion = form(&received(&server).await[1])["client_assertion"].clone();
    assert!(assertion.ends_with(".AQID"), "the signature is what the signer answered");
    let header = URL_SAFE_NO_PAD.decode(assertion.split('.').next().unwrap()).unwrap();
    assert_eq!(serde_json::from_slice::<Value>(&header).unwrap()["x5t#S256"], THUMBPRINT);
}

#[test]
fn bytes_that_are_no_certificate_are_refused() {
    for bytes in [Vec::new(), b"canary".to_vec(), vec![0x30; 300]] {
        let error = SigningCertificate::new(bytes, []).unwrap_err();
        assert_eq!(error.to_string(), "client certificate: not an X.509 certificate");
    }
}
