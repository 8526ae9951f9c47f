//! The answers, written once.

use std::fmt::Write as _;
use std::ops::Range;

use bytes::Bytes;
use hyper::header::HeaderValue;

use super::answer::Answer;
use super::{SLOW_TENANT, Settings};
use crate::ours;

/// All bodies the server sends.
pub(super) struct Texts {
    base: String,
    users: Bytes,
    /// Where each of them is.
    places: Vec<Range<usize>>,
    pub(super) person: Bytes,
    pub(super) secret: Bytes,
    pub(super) token: Bytes,
    pub(super) challenge: HeaderValue,
    pub(super) slow_tenant: String,
}

impl Texts {
    pub(super) fn new(base: &str) -> Self {
        let (mut users, mut places) = (String::new(), Vec::new());
        for number in 0..USERS {
            let start = users.len();
            user(&mut users, number);
            places.push(start..users.len());
            users.push(',');
        }
        let tenant = ours::tenant(SLOW_TENANT).to_string();
        let challenge = format!(r#"Bearer authorization="{base}/login/{tenant}", resource="https://vault.azure.net""#);
        Self {
            users: users.into(),
            places,
            person: person(base).into(),
            secret: secret(base).into(),
            token: token().into(),
            challenge: HeaderValue::try_from(challenge).expect("a URL on loopback can stand in a header"),
            slow_tenant: tenant,
            base: base.to_owned(),
        }
    }

    /// The page that a query asks for. The link to the next one comes before the users, as Microsoft writes it.
    pub(super) fn page(&self, settings: &Settings, query: &str) -> Answer {
        let number: usize = query
            .split('&')
            .find_map(|option| option.strip_prefix("$skiptoken="))
            .and_then(|token| token.parse().ok())
            .unwrap_or_default();
        let first = number * settings.page;
        let count = settings.page.min(settings.users.saturating_sub(first));
        let mut head = format!("{{\"@odata.context\":\"{}/v1.0/$metadata#users\",", self.base);
        if first + count < settings.users {
            let own = query.split("&$skiptoken=").next().unwrap_or_default();
            // Writing to a text cannot fail.
            let _ = write!(head, "\"@odata.nextLink\":\"{}/v1.0/users?{own}&$skiptoken={}\",", self.base, number + 1);
        }
        head.push_str("\"value\":[");
        let start = if count == 0 { 0 } else { first % (USERS - count + 1) };
        let users = match self.places.get(start..start + count) {
            Some([one]) => self.users.slice(one.clone()),
            Some([from, .., to]) => self.users.slice(from.start..to.end),
            _ => Bytes::new(),
        };
        Answer::page(head.into(), users, Bytes::from_static(b"]}"), settings.body)
    }
}

/// How many different users there are; pages begin at different ones of them.
const USERS: usize = 4_000;

/// Writes a user of about 1.2 KB.
fn user(to: &mut String, number: usize) {
    const NAMES: [&str; 7] = ["Adele", "Bálint", "Christie", "Diego", "Émilie", "Grady", "Isaiah"];
    const SURNAMES: [&str; 5] = ["Vance", "Whittaker-Andersen", "Cline", "Siciliani", "Øvergård"];
    const DEPARTMENTS: [&str; 4] = ["Sales & Marketing", "Operations", "Research and Development", "Legal"];
    let (name, surname) = (NAMES[number % NAMES.len()], SURNAMES[number % SURNAMES.len()]);
    let alias = format!("user.number-{number:05}");
    let department = DEPARTMENTS[number % DEPARTMENTS.len()];
    // Writing to a text cannot fail.
    let _ = write!(
        to,
        r#"{{"id":"{:08x}-5d1c-4f1e-9a43-{number:012x}","userPrincipalName":"{alias}@contoso.onmicrosoft.com","displayName":"{name} {surname} ({number:05})","givenName":"{name}","surname":"{surname}","mail":"{alias}@contoso.example","jobTitle":"Senior {department} Specialist \"West\"","department":"{department}","officeLocation":"Building {}, floor {}, room {number:05}","accountEnabled":{},"businessPhones":["+1 425 555 {:04}","+1 206 555 {:04}"],"proxyAddresses":["SMTP:{alias}@contoso.example""#,
        number.wrapping_mul(2_654_435_761) & 0xffff_ffff,
        number % 40,
        number % 9,
        !number.is_multiple_of(11),
        number % 10_000,
        (number + 17) % 10_000,
    );
    for other in 0..11 {
        let _ = write!(to, r#","smtp:{alias}.alias{other}@branch-{other:02}.contoso.example""#);
    }
    to.push_str("]}");
}

fn person(base: &str) -> String {
    format!(
        r#"{{"@odata.context":"{base}/v1.0/$metadata#users(id,userPrincipalName,displayName,accountEnabled)/$entity","id":"00000001-5d1c-4f1e-9a43-000000000001","userPrincipalName":"user.number-00001@contoso.onmicrosoft.com","displayName":"Adele Vance","accountEnabled":true}}"#
    )
}

fn secret(base: &str) -> String {
    format!(
        r#"{{"value":"Correct horse, battery staple: 4387e9f3d6e14c45","contentType":"text/plain","id":"{base}/vault/contoso-kv/secrets/secret-1/4387e9f3d6e14c459867679a90fd0f79","attributes":{{"enabled":true,"created":1767225600,"updated":1767225600,"recoveryLevel":"Recoverable+Purgeable","recoverableDays":90}},"tags":{{"owner":"contoso"}}}}"#
    )
}

fn token() -> String {
    format!(
        r#"{{"token_type":"Bearer","expires_in":3599,"ext_expires_in":3599,"access_token":"{}"}}"#,
        crate::plain::token()
    )
}
