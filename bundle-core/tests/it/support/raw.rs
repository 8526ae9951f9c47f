//! A server that answers byte by byte, as no HTTP library would.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use http::Method;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

use bundle_core::Error;
use bundle_core::http::{ClientOptions, Request};

use super::{graph_at, options_at, pipeline};

/// A server on loopback that does with a connection as it likes.
pub(crate) struct Raw {
    base: String,
    connections: Arc<AtomicUsize>,
    heads: Arc<Mutex<Vec<String>>>,
}

impl Raw {
    /// Hands over each connection with the head of its first request.
    pub(crate) async fn start<F, Fut>(answer: F) -> Self
    where
        F: Fn(TcpStream, String) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = ()> + Send + 'static,
    {
        let heads = Arc::new(Mutex::new(Vec::new()));
        let (kept, answer) = (Arc::clone(&heads), Arc::new(answer));
        let server = Self::accepting(move |mut stream| {
            let (kept, answer) = (Arc::clone(&kept), Arc::clone(&answer));
            async move {
                let Some(head) = read_head(&mut stream).await else { return };
                kept.lock().unwrap().push(head.clone());
                answer(stream, head).await;
            }
        })
        .await;
        Self { heads, ..server }
    }

    /// Hands over each connection before anything is read.
    pub(crate) async fn accepting<F, Fut>(serve: F) -> Self
    where
        F: Fn(TcpStream) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = ()> + Send + 'static,
    {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        let connections = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&connections);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                counted.fetch_add(1, Ordering::SeqCst);
                tokio::spawn(serve(stream));
            }
        });
        Self { base, connections, heads: Arc::default() }
    }

    /// Sends these bytes and closes.
    pub(crate) async fn saying(bytes: impl Into<Arc<[u8]>>) -> Self {
        let bytes = bytes.into();
        Self::start(move |mut stream, _| {
            let bytes = Arc::clone(&bytes);
            async move { say(&mut stream, &bytes).await }
        })
        .await
    }

    pub(crate) fn base(&self) -> &str {
        &self.base
    }

    /// How many connections were made.
    pub(crate) fn connections(&self) -> usize {
        self.connections.load(Ordering::SeqCst)
    }

    /// The heads of the requests that arrived, in order.
    pub(crate) fn heads(&self) -> Vec<String> {
        self.heads.lock().unwrap().clone()
    }

    pub(crate) fn request(&self, verb: Method) -> Request {
        graph_at(format!("{}/v1.0/things", self.base).parse().unwrap(), verb)
    }

    pub(crate) async fn error(&self, verb: Method, options: &ClientOptions) -> Error {
        pipeline(options).0.send(self.request(verb)).await.unwrap_err()
    }

    /// Options for a cloud whose Graph is this server.
    pub(crate) fn options(&self) -> ClientOptions {
        options_at(&self.base)
    }
}

/// Sends bytes and closes; the client may hang up once it has read enough.
pub(crate) async fn say(stream: &mut TcpStream, bytes: &[u8]) {
    let _ = stream.write_all(bytes).await;
    let _ = stream.shutdown().await;
    // Bytes left unread would turn the close into a reset.
    while stream.read(&mut [0; 1024]).await.is_ok_and(|count| count > 0) {}
}

/// An answer with its length, after which the connection closes.
pub(crate) fn answer(status: &str, headers: &str, body: &[u8]) -> Vec<u8> {
    let head = format!("HTTP/1.1 {status}\r\nConnection: close\r\nContent-Length: {}\r\n{headers}\r\n", body.len());
    [head.as_bytes(), body].concat()
}

async fn read_head(stream: &mut TcpStream) -> Option<String> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await.ok()?);
    }
    String::from_utf8(head).ok()
}
