//! What an access token says about itself.

use std::time::{Duration, SystemTime};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Map, Value};

use crate::ids::{AppId, ObjectId, RoleTemplateId, TenantId, UserId};

/// The claims of an access token that explain what it can do. Read without checking the signature: for reports and
/// diagnosis only, never for a decision about trust.
///
/// A claim that is absent, or of a type nobody expects, is as if it were not there; the others are still read.
///
/// Source: "Access token claims reference" (Microsoft Learn).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct TokenClaims {
    /// What the token is for (`aud`): a URL or the id of the resource's application.
    pub audience: Option<String>,
    /// The tenant that issued the token (`tid`).
    pub tenant: Option<TenantId>,
    /// Whether an application or a user acts (`idtyp`); absent unless the resource asks for it.
    pub identity: Option<IdentityType>,
    /// Who acts (`oid`): a user, or the service principal of an application.
    pub object: Option<ObjectId>,
    /// The user's object id (`oid`); `None` where the token says that an application acts.
    pub user: Option<UserId>,
    /// The user's sign-in name (`upn`, `unique_name` or `preferred_username`).
    pub user_principal_name: Option<String>,
    /// The application (`appid` or `azp`).
    pub application: Option<AppId>,
    /// Delegated permissions (`scp`).
    pub scopes: Vec<String>,
    /// Application permissions (`roles`).
    pub roles: Vec<String>,
    /// Directory roles; in a customer's tenant the GDAP roles (`wids`).
    pub directory_roles: Vec<RoleTemplateId>,
    /// How the user signed in (`amr`).
    pub methods: Vec<String>,
    /// Authentication contexts the sign-in satisfied (`acrs`).
    pub authentication_contexts: Vec<String>,
    /// What the client said it can do (`xms_cc`); `cp1` means that it answers claims challenges.
    pub capabilities: Vec<String>,
    /// When the token was issued (`iat`).
    pub issued_at: Option<SystemTime>,
    /// When it ends (`exp`).
    pub expires_at: Option<SystemTime>,
}

open_enum! {
    /// Who a token speaks for.
    pub enum IdentityType {
        /// The application itself.
        Application = "app",
        /// A user, through an application.
        User = "user",
    }
}

impl TokenClaims {
    /// Whether the sign-in satisfied multifactor authentication.
    #[must_use]
    pub fn has_mfa(&self) -> bool {
        self.methods.iter().any(|method| method == "mfa")
    }

    /// How long ago the token was issued; zero when that is still to come by this clock.
    ///
    /// Permissions granted after that moment are not in the token.
    #[must_use]
    pub fn age(&self, now: SystemTime) -> Option<Duration> {
        Some(now.duration_since(self.issued_at?).unwrap_or_default())
    }

    /// Whether the token was issued for a client that answers claims challenges; such a token may live up to 28 hours
    /// and be ended by an event before.
    #[must_use]
    pub fn answers_challenges(&self) -> bool {
        self.capabilities.iter().any(|capability| capability.eq_ignore_ascii_case("cp1"))
    }

    /// Reads a token; `None` when it is opaque.
    pub(super) fn read(token: &str) -> Option<Self> {
        let mut parts = token.split('.');
        let (_header, payload) = (parts.next()?, parts.next()?);
        let bytes = URL_SAFE_NO_PAD.decode(payload.trim_end_matches('=')).ok()?;
        let claims = Claims(serde_json::from_slice(&bytes).ok()?);
        let identity = claims.text("idtyp").map(|text| IdentityType::from(text.as_str()));
        let user = claims.parsed("oid").filter(|_| identity != Some(IdentityType::Application));
        Some(Self {
            audience: claims.text("aud"),
            tenant: claims.parsed("tid"),
            identity,
            object: claims.parsed("oid"),
            user,
            user_principal_name: ["upn", "unique_name", "preferred_username"].iter().find_map(|name| claims.text(name)),
            application: claims.parsed("appid").or_else(|| claims.parsed("azp")),
            scopes: claims.words("scp"),
            roles: claims.words("roles"),
            directory_roles: claims.words("wids").iter().filter_map(|id| id.parse().ok()).collect(),
            methods: claims.words("amr"),
            authentication_contexts: claims.words("acrs"),
            capabilities: claims.words("xms_cc"),
            issued_at: claims.time("iat"),
            expires_at: claims.time("exp"),
        })
    }
}

struct Claims(Map<String, Value>);

impl Claims {
    fn text(&self, name: &str) -> Option<String> {
        self.0.get(name)?.as_str().filter(|text| !text.is_empty()).map(str::to_owned)
    }

    fn parsed<T: std::str::FromStr>(&self, name: &str) -> Option<T> {
        self.0.get(name)?.as_str()?.parse().ok()
    }

    /// A list of words, or one text with spaces between them: both are in use.
    fn words(&self, name: &str) -> Vec<String> {
        let split = |text: &str| text.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
        match self.0.get(name) {
            Some(Value::String(text)) => split(text),
            Some(Value::Array(items)) => items.iter().filter_map(Value::as_str).flat_map(split).collect(),
            _ => Vec::new(),
        }
    }

    /// Seconds since 1970, as a number or as text.
    fn time(&self, name: &str) -> Option<SystemTime> {
        let seconds = match self.0.get(name)? {
            Value::Number(number) => number.as_u64().or_else(|| whole(number.as_f64()?))?,
            Value::String(text) => text.parse().ok()?,
            _ => return None,
        };
        (seconds <= LATEST).then(|| SystemTime::UNIX_EPOCH.checked_add(Duration::from_secs(seconds)))?
    }
}

/// The whole seconds of a number with a fraction; `None` far outside any date.
fn whole(seconds: f64) -> Option<u64> {
    Duration::try_from_secs_f64(seconds).ok().map(|time| time.as_secs())
}

/// The end of the year 9999.
const LATEST: u64 = 253_402_300_799;

#[cfg(test)]
mod tests {
    use super::*;

    fn read(claims: &str) -> Option<TokenClaims> {
        TokenClaims::read(&format!("e30.{}.sig", URL_SAFE_NO_PAD.encode(claims)))
    }

    fn at(seconds: u64) -> SystemTime {
        SystemTime::UNIX_EPOCH + Duration::from_secs(seconds)
    }

    #[test]
    fn claims_of_a_user_are_read() {
        let claims = read(
            r#"{"aud":"https://graph.microsoft.com","tid":"11111111-1111-4111-8111-111111111111","idtyp":"user",
                "oid":"33333333-3333-4333-8333-333333333333","upn":"a@contoso.com","scp":"User.Read Group.Read.All",
                "appid":"aaaaaaaa-aaaa-4aaa-8aaa-aaaaaaaaaaaa","amr":["pwd","mfa"],"acrs":["c1","p1"],"xms_cc":["CP1"],
                "wids":["29232cdf-9323-42fd-ade2-1d097af3e4de","x"],"iat":1800000000,"exp":1800005400}"#,
        )
        .unwrap();
        assert!(claims.has_mfa() && claims.answers_challenges());
        assert_eq!(claims.audience.as_deref(), Some("https://graph.microsoft.com"));
        assert_eq!(claims.identity, Some(IdentityType::User));
        assert_eq!(claims.user.unwrap().to_string(), claims.object.unwrap().to_string());
        assert_eq!(claims.scopes, ["User.Read", "Group.Read.All"]);
        assert_eq!(claims.authentication_contexts, ["c1", "p1"]);
        assert_eq!(claims.directory_roles.len(), 1);
        let issued = claims.issued_at.unwrap();
        assert_eq!(claims.expires_at.unwrap().duration_since(issued).unwrap().as_secs(), 5400);
        assert_eq!(claims.age(at(1_800_000_060)), Some(Duration::from_secs(60)));
        assert_eq!(claims.age(at(1_799_999_999)), Some(Duration::ZERO));
    }

    #[test]
    fn application_is_no_user() {
        let claims = read(
            r#"{"idtyp":"app","oid":"33333333-3333-4333-8333-333333333333","roles":["User.Read.All"],
                "azp":"aaaaaaaa-aaaa-4aaa-8aaa-aaaaaaaaaaaa"}"#,
        )
        .unwrap();
        assert_eq!(claims.identity, Some(IdentityType::Application));
        assert!(claims.user.is_none() && claims.object.is_some() && claims.application.is_some());
        assert_eq!(claims.roles, ["User.Read.All"]);
        assert!(!claims.has_mfa() && claims.age(SystemTime::UNIX_EPOCH).is_none());
    }

    #[test]
    fn odd_types_spoil_only_their_own_claim() {
        let claims = read(
            r#"{"wids":"29232cdf-9323-42fd-ade2-1d097af3e4de","roles":"A B","scp":["X.Read","Y.Read Z.Read"],"amr":"mfa",
                "iat":"1800000000","exp":1800005400.5,"tid":17,"upn":null,"unique_name":"b@contoso.com","oid":{},
                "xms_cc":true,"acrs":[1,"c1",null],"aud":["a"],"idtyp":"device"}"#,
        )
        .unwrap();
        assert_eq!(claims.directory_roles.len(), 1);
        assert_eq!((claims.roles.len(), claims.scopes.len()), (2, 3));
        assert!(claims.has_mfa() && !claims.answers_challenges());
        assert_eq!(claims.authentication_contexts, ["c1"]);
        assert_eq!(claims.issued_at, Some(at(1_800_000_000)));
        assert_eq!(claims.expires_at, Some(at(1_800_005_400)));
        assert_eq!(claims.user_principal_name.as_deref(), Some("b@contoso.com"));
        assert_eq!(claims.identity, Some(IdentityType::Unknown("device".to_owned())));
        assert!(claims.tenant.is_none() && claims.object.is_none() && claims.audience.is_none());
        for absurd in ["1e300", "-5.5", "\"soon\"", "9223372036854775807", "253402300800", "-5", "[]"] {
            assert_eq!(read(&format!(r#"{{"exp":{absurd}}}"#)).unwrap().expires_at, None, "{absurd}");
        }
    }

    #[test]
    fn opaque_token_is_none() {
        for garbage in ["", "opaque", "a.b.c", "..", "e30.e.sig", "e30.W10.sig", "e30.IngI.sig"] {
            assert_eq!(TokenClaims::read(garbage), None, "{garbage}");
        }
    }

    #[test]
    fn debug_shows_no_token() {
        let token = format!("e30.{}.canary-signature", URL_SAFE_NO_PAD.encode(r#"{"upn":"a@contoso.com"}"#));
        let payload = token.split('.').nth(1).unwrap();
        let text = format!("{:?}", TokenClaims::read(&token).unwrap());
        assert!(!text.contains("canary") && !text.contains(payload), "{text}");
    }
}
