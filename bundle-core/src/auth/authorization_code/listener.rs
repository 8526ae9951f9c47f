//! The listener on loopback.

use std::io::ErrorKind;
use std::net::{Ipv4Addr, Ipv6Addr};
use std::time::Duration;

use futures_util::stream::{FuturesUnordered, StreamExt as _};
use oauth2::{AuthorizationCode, CsrfToken};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

use super::{answer, page};
use crate::error::{Error, Result};

/// Listens on the loopback addresses of this machine: `localhost` is either of them to a browser.
pub(super) struct Listener {
    v4: TcpListener,
    v6: Option<TcpListener>,
    port: u16,
}

impl Listener {
    /// Opens `port`, or any port that is free.
    pub(super) async fn bind(port: Option<u16>) -> Result<Self> {
        for _ in 0..PORTS_TRIED {
            match bind_both(port.unwrap_or(0)).await {
                Ok(listener) => return Ok(listener),
                // A port that is free on one address alone: where we do not listen somebody else would get the answer.
                Err(cause) if port.is_none() && cause.kind() == ErrorKind::AddrInUse => {}
                Err(cause) => {
                    let what = match port {
                        Some(port) => format!("redirect_port: {port} cannot be opened on loopback"),
                        None => "sign-in: no port on loopback can be opened".to_owned(),
                    };
                    return Err(Error::config(what).with_source(cause));
                }
            }
        }
        Err(Error::config("sign-in: no port is free on both loopback addresses"))
    }

    pub(super) fn port(&self) -> u16 {
        self.port
    }

    /// Waits for the browser. The first answer with the right state is it; whatever else arrives gets a short page.
    pub(super) async fn answer(&self, state: &CsrfToken) -> Result<AuthorizationCode> {
        // Browsers open connections ahead and leave them silent, so all are served at once.
        let mut connections = FuturesUnordered::new();
        loop {
            tokio::select! {
                stream = self.accept(), if connections.len() < MAX_CONNECTIONS => connections.push(serve(stream, state)),
                Some(served) = connections.next() => if let Some(outcome) = served {
                    return outcome;
                },
            }
        }
    }

    async fn accept(&self) -> TcpStream {
        loop {
            let v6 = async {
                match &self.v6 {
                    Some(v6) => v6.accept().await,
                    None => std::future::pending().await,
                }
            };
            let accepted = tokio::select! {
                accepted = self.v4.accept() => accepted,
                accepted = v6 => accepted,
            };
            match accepted {
                Ok((stream, _)) => return stream,
                // Out of file handles, or the other side has gone already.
                Err(cause) => {
                    tracing::debug!(%cause, "a connection of the browser was lost");
                    tokio::time::sleep(AFTER_FAILURE).await;
                }
            }
        }
    }
}

async fn bind_both(port: u16) -> std::io::Result<Listener> {
    let v4 = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await?;
    let port = v4.local_addr()?.port();
    let v6 = match TcpListener::bind((Ipv6Addr::LOCALHOST, port)).await {
        Ok(v6) => Some(v6),
        Err(cause) if cause.kind() == ErrorKind::AddrInUse => return Err(cause),
        // A machine without IPv6.
        Err(_) => None,
    };
    Ok(Listener { v4, v6, port })
}

/// Serves one connection; `None` when it brought no answer, or said nothing in time.
async fn serve(mut stream: TcpStream, state: &CsrfToken) -> Option<Result<AuthorizationCode>> {
    let line = first_line(&mut stream).await?;
    let outcome = answer::read(&line, state);
    let page = match &outcome {
        Some(Ok(_)) => page::signed_in(),
        Some(Err(error)) => page::refused(error),
        None => page::nothing_here(),
    };
    // The page is a courtesy; the sign-in does not depend on the browser reading it.
    let shown = async {
        stream.write_all(&page).await?;
        stream.shutdown().await
    };
    let _ = tokio::time::timeout(PATIENCE, shown).await;
    outcome
}

/// The first line of a request, whole: empty when it is too long, no text or not all there. `None` when nobody said
/// anything.
///
/// The rest of the head is read too and thrown away: a browser that is answered before it has said everything may not
/// show the page.
async fn first_line(stream: &mut TcpStream) -> Option<String> {
    let mut head = Vec::new();
    let mut chunk = [0; 2048];
    let read = async {
        while !ends_head(&head) && head.len() < MAX_HEAD {
            match stream.read(&mut chunk).await {
                Ok(count @ 1..) => head.extend_from_slice(&chunk[..count]),
                _ => break,
            }
        }
    };
    // What has been said until then is judged all the same.
    let _ = tokio::time::timeout(PATIENCE, read).await;
    let end = head.iter().position(|byte| *byte == b'\n').unwrap_or_default();
    // Only this line has to be text: the cookies of other programs on `localhost` are anything.
    let line = std::str::from_utf8(&head[..end]).unwrap_or_default().trim_end();
    (!head.is_empty()).then(|| line.to_owned())
}

fn ends_head(head: &[u8]) -> bool {
    head.windows(4).any(|window| window == b"\r\n\r\n") || head.windows(2).any(|window| window == b"\n\n")
}

/// How much of a request is read before it is judged.
const MAX_HEAD: usize = 64 << 10;
/// How long a connection may take to say what it wants, and to take the page.
const PATIENCE: Duration = Duration::from_secs(10);
/// How many connections are served at once; the others wait.
const MAX_CONNECTIONS: usize = 128;
/// How many ports are tried for one that is free on both addresses.
const PORTS_TRIED: usize = 8;
/// How long to wait after a connection could not be taken.
const AFTER_FAILURE: Duration = Duration::from_millis(100);
