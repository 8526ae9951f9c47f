//! Payloads, one a line.

use std::io::{BufRead, Write};

use bundle_core::Service;
use bundle_core::doctor::{Finding, diagnose, diagnose_answer};
use http::{HeaderMap, HeaderName, HeaderValue};
use serde_json::Value;

/// Answers each line of the input with one object, in order and at once.
///
/// Of a longer line than 16 MiB only the beginning is read.
///
/// # Errors
/// The input cannot be read or the output not be written.
pub fn run(mut input: impl BufRead, output: &mut impl Write) -> std::io::Result<()> {
    let mut line = Vec::new();
    while read_line(&mut input, &mut line)? {
        serde_json::to_writer(&mut *output, &answer(&line))?;
        output.write_all(b"\n")?;
        output.flush()?;
    }
    Ok(())
}

/// Explains one payload; a line that is none is taken for a pasted text.
#[must_use]
pub fn answer(line: &[u8]) -> Finding {
    let text = String::from_utf8_lossy(line);
    let payload = match serde_json::from_str::<Value>(&text) {
        Ok(Value::Object(payload)) if payload.contains_key("body") => payload,
        _ => return diagnose(&text),
    };
    let body = match payload.get("body") {
        Some(Value::String(text)) => text.clone(),
        Some(Value::Null) | None => String::new(),
        Some(body) => body.to_string(),
    };
    let status = payload.get("httpStatus").and_then(|status| match status {
        Value::String(text) => text.trim().parse().ok(),
        status => status.as_u64().and_then(|status| u16::try_from(status).ok()),
    });
    let service = payload.get("service").and_then(Value::as_str).and_then(service);
    diagnose_answer(
        service,
        status.filter(|status| (100..1000).contains(status)),
        &headers(payload.get("headers")),
        body.as_bytes(),
    )
}

/// A service by its name, in any case and spelling: `partner-center`, `partnerCenter`, `Partner Center`.
fn service(name: &str) -> Option<Service> {
    let plain = |name: &str| -> String {
        name.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_lowercase()).collect()
    };
    let name = plain(name);
    let other = match name.as_str() {
        "entra" | "aad" | "azuread" | "token" | "tokenendpoint" | "authorizecallback" | "loginauthority" => {
            Some(Service::Login)
        }
        "msgraph" | "microsoftgraph" | "gdap" => Some(Service::Graph),
        "csp" => Some(Service::PartnerCenter),
        "exchangeonline" | "exo" | "exchangeadminapi" | "exchangehost" => Some(Service::Exchange),
        "securityandcompliance" => Some(Service::Compliance),
        "vault" | "keyvaulturl" => Some(Service::KeyVault),
        "arm" | "azure" | "azureresourcemanager" => Some(Service::ResourceManager),
        "storage" | "azurestorage" | "blobstorage" => Some(Service::Blob),
        "tablestorage" => Some(Service::Table),
        _ => None,
    };
    other.or_else(|| Service::ALL.into_iter().find(|service| plain(&service.to_string()) == name))
}

/// Headers as an object; values may be texts, numbers or lists. What is no header is left out.
fn headers(value: Option<&Value>) -> HeaderMap {
    let mut headers = HeaderMap::new();
    let Some(Value::Object(members)) = value else { return headers };
    for (name, value) in members {
        let values = match value {
            Value::Array(values) => values.as_slice(),
            value => std::slice::from_ref(value),
        };
        for value in values {
            let text = match value {
                Value::String(text) => text.clone(),
                value => value.to_string(),
            };
            if let (Ok(name), Ok(value)) = (HeaderName::try_from(name), HeaderValue::from_str(&text)) {
                headers.append(name, value);
            }
        }
    }
    headers
}

/// Reads a line without its end; answers whether there was one.
fn read_line(input: &mut impl BufRead, line: &mut Vec<u8>) -> std::io::Result<bool> {
    line.clear();
    let mut any = false;
    loop {
        let piece = input.fill_buf()?;
        if piece.is_empty() {
            return Ok(any);
        }
        any = true;
        let end = piece.iter().position(|byte| *byte == b'\n');
        let len = end.unwrap_or(piece.len());
        line.extend_from_slice(&piece[..len.min(MAX_LINE - line.len())]);
        input.consume(end.map_or(len, |end| end + 1));
        if end.is_some() {
            return Ok(true);
        }
    }
}

const MAX_LINE: usize = 16 << 20;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_is_answered_in_order() {
        let input = concat!(
            r#"{"service":"graph","httpStatus":403,"body":{"error":{"code":"Authorization_RequestDenied","message":"x"}}}"#,
            "\nno json AADSTS50076\n\n{\"body\":null,\"httpStatus\":\"429\",\"headers\":{\"Retry-After\":7}}\n\u{0}{[\n",
            r#"{"service":"Partner Center","body":"{\"code\":\"900309\"}"}"#
        );
        let mut output = Vec::new();
        run(input.as_bytes(), &mut output).unwrap();
        let lines: Vec<Value> =
            std::str::from_utf8(&output).unwrap().lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        let kinds: Vec<_> = lines.iter().map(|line| line["kind"].as_str().unwrap()).collect();
        assert_eq!(kinds, ["PermissionDenied", "MfaRequired", "Other", "Throttled", "Other", "ConditionalAccess"]);
        assert_eq!(lines[3]["retry"]["waitSeconds"], 7);
    }

    #[test]
    fn services_are_known_in_any_spelling() {
        for (name, known) in [
            ("partnerCenter", Service::PartnerCenter),
            ("Key Vault", Service::KeyVault),
            ("ARM", Service::ResourceManager),
            ("login", Service::Login),
        ] {
            assert_eq!(service(name), Some(known), "{name}");
        }
        assert_eq!(service("nobody"), None);
    }

    #[test]
    fn long_line_is_cut_and_the_next_one_answered() {
        let input = format!("{}\nAADSTS50076: x\n", "x".repeat(MAX_LINE + 10));
        let mut output = Vec::new();
        run(input.as_bytes(), &mut output).unwrap();
        assert_eq!(output.iter().filter(|byte| **byte == b'\n').count(), 2);
    }
}
