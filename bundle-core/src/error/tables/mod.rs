//! What codes and texts of the services mean. A new finding from the field is one row here and one fixture.
//!
//! Codes come first; texts are kept only where Microsoft gives nothing better to go by. Codes whose status says it all
//! have no row.

mod azure;
mod classes;
mod client;
mod entra;
mod exchange;
mod graph;
#[cfg(feature = "flows")]
mod known;
mod name;
mod partner_center;
mod product;
mod speech;
mod text;

use super::ErrorKind;
use crate::service::Service;

#[cfg(feature = "flows")]
pub(super) use known::is_known;
pub(super) use name::is_wrapper;
#[cfg(feature = "flows")]
pub(crate) use text::Sketch;
pub(super) use text::Text;

/// What a code or text means: the kind and, if it is one, the known issue.
pub(super) type Meaning = (ErrorKind, Option<&'static str>);

/// A code of a service, in Microsoft's spelling, and its meaning. Sorted without regard to case.
pub(super) type CodeRow = (&'static str, ErrorKind, Option<&'static str>);

/// Words that occur together in a text, in lower case, and their meaning.
pub(super) type TextRow = (&'static [&'static str], ErrorKind, Option<&'static str>);

/// The meaning of a code: an AADSTS number anywhere, else a code of the service.
pub(super) fn code(service: Option<Service>, code: &str) -> Option<Meaning> {
    if let Some(number) = code.strip_prefix("AADSTS") {
        let number: u32 = number.parse().ok()?;
        let rows = entra::AADSTS;
        return rows.binary_search_by_key(&number, |row| row.0).ok().map(|at| (rows[at].1, rows[at].2));
    }
    find(codes(service?), code)
}

/// The meaning of a code of any service.
pub(super) fn foreign(code: &str) -> Option<Meaning> {
    [graph::CODES, azure::CODES, exchange::CODES, client::CODES].into_iter().find_map(|rows| find(rows, code)).or_else(
        // Short numbers stand for other things elsewhere.
        || find(partner_center::CODES, code).filter(|_| code.len() > 4),
    )
}

/// The kind of a number by the class of its text.
pub(super) fn class(service: Option<Service>, code: &str) -> Option<ErrorKind> {
    let (rows, number) = match code.strip_prefix("AADSTS") {
        Some(number) => (classes::AADSTS, number),
        None if service == Some(Service::PartnerCenter) || code.len() == 6 => (classes::PARTNER_CENTER, code),
        None => return None,
    };
    let number: u32 = number.parse().ok()?;
    rows.iter()
        .find(|row| row.1.binary_search(&number).is_ok())
        .map(|row| row.0)
        .filter(|kind| *kind != ErrorKind::Other)
}

/// The kind most numbers of the same range have.
pub(super) fn range(code: &str) -> Option<ErrorKind> {
    let number = code.strip_prefix("AADSTS")?;
    entra::RANGES.iter().find(|row| number.starts_with(row.0)).map(|row| row.1)
}

/// The meaning of the protocol's own words (`invalid_grant`), which say less than any other code.
pub(super) fn oauth(code: &str) -> Option<Meaning> {
    find(entra::OAUTH, code)
}

/// The meaning of a text that says more than the code beside it.
pub(super) fn text(service: Option<Service>, text: &Text) -> Option<Meaning> {
    text.scan(entra::TEXTS).or_else(|| text.scan(texts(service?)))
}

/// The meaning of a text of any service.
pub(super) fn foreign_text(text: &Text) -> Option<Meaning> {
    let tables = [graph::TEXTS, exchange::TEXTS, azure::TEXTS, partner_center::TEXTS];
    tables.into_iter().find_map(|rows| text.scan(rows))
}

/// The meaning of a text when no code was known.
pub(super) fn common_text(text: &Text) -> Option<Meaning> {
    text.scan(COMMON_TEXTS)
}

/// The meaning of a text that the set-up of the bundle itself shows.
pub(super) fn product_text(text: &Text) -> Option<Meaning> {
    text.scan(product::TEXTS)
}

/// The meaning of a text of a client library.
pub(super) fn client_text(text: &Text) -> Option<Meaning> {
    text.scan(client::TEXTS)
}

/// The meaning of a plain sentence, when nothing else decided.
pub(super) fn speech(text: &Text) -> Option<Meaning> {
    text.scan(speech::TEXTS)
}

/// The kind of a code by the words of its name.
pub(super) fn by_name(code: &str) -> Option<ErrorKind> {
    name::kind(code)
}

/// The meaning of a status alone.
///
/// Source: "Microsoft Graph error responses and resource types", "Status and error codes" (Microsoft Learn).
pub(super) fn status(service: Option<Service>, status: u16) -> Meaning {
    match status {
        401 if service == Some(Service::Login) => (ErrorKind::InvalidClient, None),
        401 if is_exchange(service) => (ErrorKind::ReauthenticationRequired, Some("exchange-token-refused")),
        401 => (ErrorKind::ReauthenticationRequired, Some("token-not-accepted")),
        402 => (ErrorKind::LicenseMissing, None),
        403 if is_exchange(service) => (ErrorKind::PermissionDenied, Some("insufficient-access-rights")),
        403 | 451 => (ErrorKind::PermissionDenied, None),
        404 | 410 => (ErrorKind::NotFound, None),
        408 | 500 | 502..=504 | 506..=508 | 510..=599 => (ErrorKind::Unavailable, Some("service-unavailable")),
        409 | 423 => (ErrorKind::Conflict, None),
        412 | 428 => (ErrorKind::PreconditionFailed, None),
        429 | 509 => (ErrorKind::Throttled, Some("throttled")),
        400..=499 | 501 | 505 => (ErrorKind::InvalidRequest, None),
        // Redirects are not followed.
        300..=399 => (ErrorKind::Decode, None),
        _ => (ErrorKind::Other, None),
    }
}

fn codes(service: Service) -> &'static [CodeRow] {
    match service {
        Service::Login => &[],
        Service::Graph | Service::Office365Management => graph::CODES,
        Service::PartnerCenter => partner_center::CODES,
        Service::Exchange | Service::Compliance => exchange::CODES,
        Service::KeyVault | Service::ResourceManager | Service::Blob | Service::Table => azure::CODES,
    }
}

fn texts(service: Service) -> &'static [TextRow] {
    match service {
        Service::Login => &[],
        Service::Graph | Service::Office365Management => graph::TEXTS,
        Service::PartnerCenter => partner_center::TEXTS,
        Service::Exchange | Service::Compliance => exchange::TEXTS,
        Service::KeyVault | Service::ResourceManager | Service::Blob | Service::Table => azure::TEXTS,
    }
}

fn is_exchange(service: Option<Service>) -> bool {
    matches!(service, Some(Service::Exchange | Service::Compliance))
}

fn find(rows: &'static [CodeRow], code: &str) -> Option<Meaning> {
    let at = rows.binary_search_by(|row| lower(row.0).cmp(lower(code))).ok()?;
    Some((rows[at].1, rows[at].2))
}

fn lower(code: &str) -> impl Iterator<Item = u8> {
    code.bytes().map(|byte| byte.to_ascii_lowercase())
}

/// Texts of several services: the same thing was done before, a right is missing, a creation is not visible yet.
static COMMON_TEXTS: &[TextRow] = &[
    (&["already exist"], ErrorKind::Conflict, Some("already-there")),
    (&["conflicting object"], ErrorKind::Conflict, Some("already-there")),
    (&["insufficient privileges to complete the operation"], ErrorKind::PermissionDenied, Some("missing-graph-scopes")),
    (&["relationship is not active"], ErrorKind::RelationshipInactive, Some("gdap-relationship-not-active")),
    (&["locked for editing"], ErrorKind::Conflict, None),
    (&["mfa required"], ErrorKind::MfaRequired, Some("forbidden-403-mfa-required-401")),
    (&["multi-factor authentication is required"], ErrorKind::MfaRequired, Some("mfa-required")),
    (&["multifactor authentication is required"], ErrorKind::MfaRequired, Some("mfa-required")),
    (&["blocked by conditional access"], ErrorKind::ConditionalAccess, Some("conditional-access-blocked")),
    (&["licen", "does not have a valid"], ErrorKind::LicenseMissing, None),
    (&["ensure", "has a valid", "license"], ErrorKind::LicenseMissing, None),
    (&["valid license"], ErrorKind::LicenseMissing, None),
    (&["not licensed"], ErrorKind::LicenseMissing, None),
    (&["not have a", " license"], ErrorKind::LicenseMissing, None),
    (&["needs a", " license"], ErrorKind::LicenseMissing, None),
    (&["license is required"], ErrorKind::LicenseMissing, None),
    (&["requires", "premium license"], ErrorKind::LicenseMissing, None),
    (&["token has expired"], ErrorKind::ReauthenticationRequired, Some("token-expired")),
    (&["token is expired"], ErrorKind::ReauthenticationRequired, Some("token-expired")),
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Diagnosis;

    const CODES: [&[CodeRow]; 6] =
        [entra::OAUTH, graph::CODES, partner_center::CODES, exchange::CODES, azure::CODES, client::CODES];
    const TEXTS: [&[TextRow]; 9] = [
        entra::TEXTS,
        graph::TEXTS,
        partner_center::TEXTS,
        exchange::TEXTS,
        azure::TEXTS,
        client::TEXTS,
        product::TEXTS,
        COMMON_TEXTS,
        speech::TEXTS,
    ];

    #[test]
    fn codes_are_sorted_and_unique() {
        for rows in CODES {
            for pair in rows.windows(2) {
                assert!(lower(pair[0].0).lt(lower(pair[1].0)), "{} before {}", pair[0].0, pair[1].0);
            }
        }
        for pair in entra::AADSTS.windows(2) {
            assert!(pair[0].0 < pair[1].0, "{} before {}", pair[0].0, pair[1].0);
        }
    }

    #[test]
    fn every_row_names_a_known_issue_of_its_kind() {
        let codes = CODES.iter().flat_map(|rows| rows.iter()).map(|row| (row.0.to_owned(), row.1, row.2));
        let numbers = entra::AADSTS.iter().map(|row| (row.0.to_string(), row.1, row.2));
        let texts = TEXTS.iter().flat_map(|rows| rows.iter()).map(|row| (row.0.join(" + "), row.1, row.2));
        for (what, kind, issue) in codes.chain(numbers).chain(texts) {
            let Some(issue) = issue else { continue };
            let row = Diagnosis::find(issue).unwrap_or_else(|| panic!("{what}: no issue {issue}"));
            assert_eq!(row.kind, kind, "{what}: {issue}");
        }
    }

    #[test]
    fn every_status_names_a_known_issue_of_its_kind() {
        for service in Service::ALL {
            for number in 0..=999 {
                let (kind, issue) = status(Some(service), number);
                if let Some(issue) = issue {
                    assert_eq!(Diagnosis::find(issue).unwrap().kind, kind, "{number}");
                }
            }
        }
    }

    #[test]
    fn texts_are_lower_case_and_none_hides_behind_an_earlier_one() {
        for rows in TEXTS {
            for (at, row) in rows.iter().enumerate() {
                let sample = row.0.join(" ... ");
                assert_eq!(sample, sample.to_lowercase());
                let first = rows.iter().position(|row| row.0.iter().all(|words| sample.contains(words)));
                assert_eq!(first, Some(at), "{sample}");
            }
        }
    }

    #[test]
    fn code_is_found_in_any_case() {
        assert_eq!(code(Some(Service::Graph), "authorization_REQUESTDENIED").unwrap().0, ErrorKind::PermissionDenied);
        assert_eq!(code(Some(Service::Graph), "AADSTS65001").unwrap().0, ErrorKind::ConsentRequired);
        assert_eq!(code(Some(Service::Graph), "AADSTSx"), None);
        assert_eq!(code(Some(Service::Graph), ""), None);
    }
}
