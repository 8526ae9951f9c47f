//! The ids and times a text names: what support asks for.
//!
//! Names of accounts are personal data and are not kept; neither is a GUID that stands where a secret does.

use http::HeaderMap;
use serde::ser::{Serialize, SerializeMap, Serializer};

use crate::error::tables::Sketch;
use crate::redact::pasted_secrets;
use crate::service::Service;

/// What a text named, each once and in its order, at most sixteen of a sort.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct Identifiers {
    /// The service, given or recognised.
    pub service: Option<Service>,
    /// The HTTP status, given or found.
    pub status: Option<u16>,
    /// Codes, the most telling first.
    pub codes: Vec<String>,
    /// Tenant ids.
    pub tenants: Vec<String>,
    /// Application ids.
    pub applications: Vec<String>,
    /// Correlation ids.
    pub correlation_ids: Vec<String>,
    /// Request ids.
    pub request_ids: Vec<String>,
    /// Trace ids.
    pub trace_ids: Vec<String>,
    /// Ids of which the text does not say what they name.
    pub other_ids: Vec<String>,
    /// Times, as they stand in the text.
    pub timestamps: Vec<String>,
    /// Which secrets were pasted, in words; none of them is shown.
    pub secrets: Vec<&'static str>,
}

impl Identifiers {
    pub(super) fn find(text: &str, headers: &HeaderMap) -> Self {
        let mut found = Self { secrets: pasted_secrets(text), ..Self::default() };
        found.ids(text);
        found.times(text);
        for name in ["request-id", "x-ms-request-id", "ms-requestid"] {
            for value in headers.get_all(name) {
                if let Some(id) = value.to_str().ok().filter(|id| is_guid(id.as_bytes())) {
                    keep(&mut found.request_ids, id);
                }
            }
        }
        for name in ["client-request-id", "x-ms-client-request-id", "ms-correlationid", "x-ms-correlation-request-id"] {
            for value in headers.get_all(name) {
                if let Some(id) = value.to_str().ok().filter(|id| is_guid(id.as_bytes())) {
                    keep(&mut found.correlation_ids, id);
                }
            }
        }
        found
    }

    fn ids(&mut self, text: &str) {
        let bytes = text.as_bytes();
        let mut from = 0;
        while let Some(dash) = text[from..].find('-').map(|at| from + at) {
            from = dash + 1;
            let Some(start) = dash.checked_sub(8) else { continue };
            let Some(id) = bytes.get(start..start + 36).filter(|id| is_guid(id)) else { continue };
            let joined = |at: Option<&u8>| at.is_some_and(|byte| byte.is_ascii_alphanumeric() || b"_~".contains(byte));
            if joined(start.checked_sub(1).and_then(|at| bytes.get(at))) || joined(bytes.get(start + 36)) {
                continue;
            }
            let Ok(id) = std::str::from_utf8(id) else { continue };
            let label: String = bytes[start.saturating_sub(48)..start]
                .iter()
                .filter(|byte| byte.is_ascii_alphanumeric() || b"/:.".contains(byte))
                .map(|byte| char::from(byte.to_ascii_lowercase()))
                .collect();
            if let Some(list) = self.list(&label) {
                keep(list, id);
            }
            from = start + 36;
        }
    }

    /// Where an id belongs by the words before it; nowhere when they announce a secret.
    fn list(&mut self, label: &str) -> Option<&mut Vec<String>> {
        let sketch = Sketch::new(label);
        let last = LABELS
            .iter()
            .filter(|(word, _)| sketch.may_hold(word))
            .filter_map(|(word, sort)| Some((label.rfind(word)? + word.len(), word.len(), *sort)))
            .max_by_key(|(end, len, _)| (*end, *len));
        Some(match last.map(|(_, _, sort)| sort) {
            Some(Sort::Secret) => return None,
            Some(Sort::Tenant) => &mut self.tenants,
            Some(Sort::Application) => &mut self.applications,
            Some(Sort::Correlation) => &mut self.correlation_ids,
            Some(Sort::Request) => &mut self.request_ids,
            Some(Sort::Trace) => &mut self.trace_ids,
            Some(Sort::Other) | None => &mut self.other_ids,
        })
    }

    fn times(&mut self, text: &str) {
        let bytes = text.as_bytes();
        for (at, _) in text.match_indices('-').take(MAX_DASHES) {
            let Some(start) = at.checked_sub(4) else { continue };
            let Some(time) = bytes.get(start..start + 19) else { continue };
            let shape = time.iter().zip(b"0000-00-00T00:00:00").all(|(byte, like)| match like {
                b'0' => byte.is_ascii_digit(),
                b'T' => matches!(byte, b'T' | b' '),
                like => byte == like,
            });
            if !shape {
                continue;
            }
            let tail =
                bytes[start + 19..].iter().take(10).take_while(|byte| byte.is_ascii_digit() || b".Z".contains(byte));
            if let Some(time) = text.get(start..start + 19 + tail.count()) {
                keep(&mut self.timestamps, time.trim_end_matches('.'));
            }
        }
    }
}

impl Serialize for Identifiers {
    /// Only what was found.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        if let Some(service) = self.service {
            map.serialize_entry("service", &service.to_string())?;
        }
        if let Some(status) = self.status {
            map.serialize_entry("httpStatus", &status)?;
        }
        let lists = [
            ("codes", &self.codes),
            ("tenantIds", &self.tenants),
            ("applicationIds", &self.applications),
            ("correlationIds", &self.correlation_ids),
            ("requestIds", &self.request_ids),
            ("traceIds", &self.trace_ids),
            ("otherIds", &self.other_ids),
            ("timestamps", &self.timestamps),
        ];
        for (name, list) in lists {
            if !list.is_empty() {
                map.serialize_entry(name, list)?;
            }
        }
        if !self.secrets.is_empty() {
            map.serialize_entry("secrets", &self.secrets)?;
        }
        map.end()
    }
}

#[derive(Clone, Copy)]
enum Sort {
    Application,
    Correlation,
    Other,
    Request,
    Secret,
    Tenant,
    Trace,
}

/// Words before an id, in lower case and without blanks; the last one counts.
const LABELS: [(&str, Sort); 30] = [
    ("appid", Sort::Application),
    ("application", Sort::Application),
    ("applicationwithidentifier", Sort::Application),
    ("applicationwithid", Sort::Application),
    ("client", Sort::Application),
    ("clientid", Sort::Application),
    ("clientrequestid", Sort::Correlation),
    ("code", Sort::Secret),
    ("correlation", Sort::Correlation),
    ("directory", Sort::Tenant),
    ("group", Sort::Other),
    ("activityid", Sort::Correlation),
    ("login.microsoftonline.com/", Sort::Tenant),
    ("objectid", Sort::Other),
    ("oid", Sort::Other),
    ("operationid", Sort::Request),
    ("password", Sort::Secret),
    ("request", Sort::Request),
    ("requestid", Sort::Request),
    ("resource", Sort::Other),
    ("secret", Sort::Secret),
    ("serviceprincipal", Sort::Other),
    ("sts.windows.net/", Sort::Tenant),
    ("subscription", Sort::Other),
    ("tenant", Sort::Tenant),
    ("tid", Sort::Tenant),
    ("token:", Sort::Secret),
    ("trace", Sort::Trace),
    ("users/", Sort::Other),
    ("access", Sort::Other),
];

fn keep(list: &mut Vec<String>, id: &str) {
    if list.len() < MAX_IDS && !list.iter().any(|known| known.eq_ignore_ascii_case(id)) {
        list.push(id.to_owned());
    }
}

fn is_guid(bytes: &[u8]) -> bool {
    bytes.len() == 36
        && bytes.iter().enumerate().all(|(at, byte)| match at {
            8 | 13 | 18 | 23 => *byte == b'-',
            _ => byte.is_ascii_hexdigit(),
        })
}

const MAX_DASHES: usize = 4_000;
const MAX_IDS: usize = 16;
