//! The front door of a service: passes connections on to the server of the day.
//!
//! A mock remembers every request it matched, with the buffer the request was read from. So a server that has answered
//! enough is replaced by a fresh one, and goes when its last connection has ended. Clients notice nothing: the front
//! door keeps its address.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::Handle;
use tokio::sync::watch;
use tokio::task::JoinHandle;

/// Keeps a front door open for as long as it lives.
#[derive(Debug)]
pub(crate) struct FrontDoor(JoinHandle<()>);

impl Drop for FrontDoor {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// The server of the day: where it listens, and whether it is to be left.
pub(crate) trait Backend: Send + Sync + 'static {
    /// Where it listens.
    fn address(&self) -> SocketAddr;

    /// Turns true when idle connections are to be closed.
    fn retired(&self) -> watch::Receiver<bool>;
}

/// The server new connections go to; replaced when it is worn.
pub(crate) type Current<B> = Arc<Mutex<Arc<B>>>;

/// Accepts connections and passes them on to the current server.
pub(crate) fn open<B: Backend>(runtime: &Handle, listener: TcpListener, current: Current<B>) -> FrontDoor {
    FrontDoor(runtime.spawn(async move {
        loop {
            let Ok((client, _)) = listener.accept().await else { continue };
            let backend = Arc::clone(&current.lock().unwrap_or_else(PoisonError::into_inner));
            tokio::spawn(async move {
                // An error on either side ends the connection, which is what the other side shall see.
                let _ = pass(client, backend.as_ref()).await;
                drop(backend);
            });
        }
    }))
}

async fn pass(mut client: TcpStream, backend: &impl Backend) -> std::io::Result<()> {
    let mut server = TcpStream::connect(backend.address()).await?;
    client.set_nodelay(true)?;
    server.set_nodelay(true)?;
    let mut retired = backend.retired();
    let (mut from_client, mut from_server) = (vec![0; BUFFER], vec![0; BUFFER]);
    // Whether the client waits for an answer, or has only just come and is about to ask.
    let mut asking = true;
    loop {
        let leaving = *retired.borrow();
        tokio::select! {
            count = client.read(&mut from_client) => match count? {
                0 => return Ok(()),
                count => {
                    asking = true;
                    server.write_all(&from_client[..count]).await?;
                }
            },
            count = server.read(&mut from_server) => match count? {
                0 => return client.shutdown().await,
                count => {
                    asking = false;
                    client.write_all(&from_server[..count]).await?;
                }
            },
            _ = retired.changed(), if !leaving => {}
            () = tokio::time::sleep(IDLE), if leaving && !asking => return client.shutdown().await,
        }
    }
}

const BUFFER: usize = 16 << 10;

/// How long a connection without a question counts as idle.
const IDLE: Duration = Duration::from_millis(50);
