//! The log of requests: what was asked, and what of it was meant to change something.

use std::collections::VecDeque;
use std::fmt;
use std::sync::{Mutex, MutexGuard, PoisonError};

use serde_json::Value;

use crate::call::Call;
use crate::sandbox::Service;

/// One request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogEntry {
    /// The number of the request, from 1 since the last reset.
    pub n: u64,
    /// The service asked.
    pub service: Service,
    /// The HTTP method.
    pub method: String,
    /// The path, without query.
    pub path: String,
    /// The status of the answer; 0 when none was delivered.
    pub status: u16,
    /// Whether the request was meant to change something and reached the service.
    pub write: bool,
}

/// The requests of all services, the control service left out.
///
/// The counts are exact; the entries are the last few thousand.
#[derive(Default)]
pub struct Log {
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    requests: u64,
    writes: u64,
    entries: VecDeque<LogEntry>,
}

impl Log {
    /// Returns how many requests were made since the last reset.
    #[must_use]
    pub fn requests(&self) -> u64 {
        self.state().requests
    }

    /// Returns how many requests since the last reset were meant to change something.
    ///
    /// A write is a POST, PATCH, PUT or DELETE that reached its service and is not a token call, a
    /// reading cmdlet, a validation or a query that happens to be a POST.
    #[must_use]
    pub fn writes(&self) -> u64 {
        self.state().writes
    }

    /// Returns the last entries, oldest first.
    #[must_use]
    pub fn entries(&self) -> Vec<LogEntry> {
        self.state().entries.iter().cloned().collect()
    }

    /// Returns the last entries that are writes, oldest first.
    #[must_use]
    pub fn write_entries(&self) -> Vec<LogEntry> {
        self.state().entries.iter().filter(|entry| entry.write).cloned().collect()
    }

    /// Forgets everything.
    pub fn reset(&self) {
        *self.state() = State::default();
    }

    pub(crate) fn record(&self, call: &Call, status: u16, write: bool) {
        let mut state = self.state();
        state.requests += 1;
        state.writes += u64::from(write);
        if state.entries.len() == KEPT {
            state.entries.pop_front();
        }
        let n = state.requests;
        state.entries.push_back(LogEntry {
            n,
            service: call.service,
            method: call.method.as_str().to_owned(),
            path: call.path.clone(),
            status,
            write,
        });
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Log {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = self.state();
        f.debug_struct("Log").field("requests", &state.requests).field("writes", &state.writes).finish_non_exhaustive()
    }
}

/// Returns whether a request is meant to change something.
pub(crate) fn is_write(call: &Call) -> bool {
    if !matches!(call.method.as_str(), "POST" | "PATCH" | "PUT" | "DELETE" | "MERGE") {
        return false;
    }
    let post = call.method.as_str() == "POST";
    let last = call.segments.last().map(String::as_str).unwrap_or_default();
    match call.service {
        Service::Login => false,
        Service::Exchange | Service::Compliance => !post || !reads_only(&call.body),
        Service::PartnerCenter => !call.path.contains("/validat"),
        Service::Graph if post && last == "$batch" => batch_writes(&call.json().unwrap_or_default()),
        Service::Graph => !(post && GRAPH_QUERIES.contains(&last.rsplit('.').next().unwrap_or(last))),
        Service::KeyVault => !(post && KEY_OPERATIONS.contains(&last)),
        Service::ResourceManager => !(post && last.starts_with("list")),
        Service::Storage | Service::Office365Management => true,
    }
}

/// Returns whether every cmdlet named in the body is a reading one.
fn reads_only(body: &[u8]) -> bool {
    let body = String::from_utf8_lossy(body);
    let mut names = body.split("\"CmdletName\"").skip(1).filter_map(|rest| rest.split('"').nth(1)).peekable();
    names.peek().is_some() && names.all(|name| name.len() > 4 && name.as_bytes()[..4].eq_ignore_ascii_case(b"Get-"))
}

fn batch_writes(batch: &Value) -> bool {
    batch["requests"].as_array().is_none_or(|parts| {
        parts.iter().any(|part| !part["method"].as_str().unwrap_or_default().eq_ignore_ascii_case("GET"))
    })
}

/// Graph actions that are POSTs and read.
const GRAPH_QUERIES: [&str; 9] = [
    "checkMemberGroups",
    "checkMemberObjects",
    "getAvailableExtensionProperties",
    "getByIds",
    "getMemberGroups",
    "getMemberObjects",
    "getUserOwnedObjects",
    "query",
    "runHuntingQuery",
];

/// Key operations that change no key.
const KEY_OPERATIONS: [&str; 6] = ["decrypt", "encrypt", "sign", "unwrapkey", "verify", "wrapkey"];

/// Entries kept.
const KEPT: usize = 4096;

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn cmdlets_read_when_all_of_them_get() {
        let body = |names: &[&str]| {
            let inputs: Vec<_> = names.iter().map(|name| json!({"CmdletInput": {"CmdletName": name}})).collect();
            json!(inputs).to_string().into_bytes()
        };
        assert!(reads_only(&body(&["Get-Mailbox", "get-user"])));
        assert!(!reads_only(&body(&["Get-Mailbox", "Set-Mailbox"])));
        assert!(!reads_only(b"{}"));
    }

    #[test]
    fn batch_writes_when_one_part_does() {
        assert!(!batch_writes(&json!({"requests": [{"method": "GET"}]})));
        assert!(batch_writes(&json!({"requests": [{"method": "GET"}, {"method": "PATCH"}]})));
    }
}
