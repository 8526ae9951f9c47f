//! Posts events to an address on loopback, as Partner Center posts them to the partner.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::timeout;
use url::Url;

use crate::partner_center::events;
use crate::sandbox::Shared;

/// How long the address may take to answer.
const PATIENCE: Duration = Duration::from_secs(10);

/// Posts every event that is due, once, and tells how many were taken.
pub(crate) async fn due_events(shared: Arc<Shared>, base: String) -> usize {
    let _alone = shared.posting.lock().await;
    let due = events::due(&shared.world(), &base);
    let mut taken = 0;
    for event in due {
        let answer = timeout(PATIENCE, post(&event.url, &event.body.to_string())).await;
        let status = answer.ok().and_then(Result::ok);
        taken += usize::from(status.is_some_and(|status| (200..300).contains(&status)));
        events::answered(&mut shared.world(), event, status);
    }
    taken
}

/// How many events are due.
pub(crate) fn due(shared: &Shared, base: &str) -> usize {
    events::due(&shared.world(), base).len()
}

/// Posts to a plain address on this machine; no other is reached from here.
async fn post(url: &str, body: &str) -> io::Result<u16> {
    let invalid = |what: &str| io::Error::new(io::ErrorKind::InvalidInput, what);
    let url = Url::parse(url).map_err(|_| invalid("no URL"))?;
    let loopback = url.scheme() == "http" && url.host_str() == Some("127.0.0.1");
    let port = url.port_or_known_default().filter(|_| loopback).ok_or_else(|| invalid("not on loopback"))?;
    let mut stream = TcpStream::connect(("127.0.0.1", port)).await?;
    let head = format!(
        "POST {}{} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nContent-Type: application/json\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
        url.path(),
        url.query().map(|query| format!("?{query}")).unwrap_or_default(),
        body.len(),
    );
    stream.write_all(head.as_bytes()).await?;
    stream.write_all(body.as_bytes()).await?;
    let mut answer = Vec::new();
    stream.take(LARGEST).read_to_end(&mut answer).await?;
    status(&answer).ok_or_else(|| invalid("no HTTP"))
}

/// More of an answer is not read.
const LARGEST: u64 = 64 * 1024;

/// The status of `HTTP/1.1 200 OK`.
fn status(answer: &[u8]) -> Option<u16> {
    let line = answer.split(|byte| *byte == b'\r').next()?;
    std::str::from_utf8(line).ok()?.strip_prefix("HTTP/1.")?.split(' ').nth(1)?.parse().ok()
}
