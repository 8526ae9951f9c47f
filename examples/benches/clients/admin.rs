//! Telling the server what the next run needs, and hearing what it saw.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;

use crate::Failure;
use crate::server::{COUNTS, Counts, SETTINGS, Settings};

/// Sets the server up for a run and its counters back.
pub(crate) fn set(server: &str, settings: &Settings) -> Result<(), Failure> {
    ask(server, "PUT", SETTINGS, &serde_json::to_string(settings)?).map(drop)
}

/// What the server has seen since it was set up.
pub(crate) fn counts(server: &str) -> Result<Counts, Failure> {
    Ok(serde_json::from_str(&ask(server, "GET", COUNTS, "")?)?)
}

fn ask(server: &str, method: &str, path: &str, body: &str) -> Result<String, Failure> {
    let address = server.trim_start_matches("http://");
    let mut stream = TcpStream::connect(address)?;
    write!(
        stream,
        "{method} {path} HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    )?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    match answer.split_once("\r\n\r\n") {
        Some((head, body)) if head.starts_with("HTTP/1.1 200") => Ok(body.to_owned()),
        _ => Err(format!("the server does not answer {method} {path}").into()),
    }
}
