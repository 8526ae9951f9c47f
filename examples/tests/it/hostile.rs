//! A host that must not be trusted: it answers everything the same and keeps what it was sent.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

/// A server on loopback that answers every request with one answer. Its thread ends with the test program.
pub(crate) struct Host {
    base: String,
    received: Arc<Mutex<Vec<String>>>,
}

impl Host {
    /// Starts a host that answers with a status line's rest and headers, such as `302 Found\r\nLocation: /`.
    pub(crate) fn answering(head: &str) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        let received = Arc::<Mutex<Vec<String>>>::default();
        let (kept, head) = (Arc::clone(&received), head.to_owned());
        std::thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let _ = answer(stream, &head, &kept);
            }
        });
        Self { base, received }
    }

    pub(crate) fn base(&self) -> &str {
        &self.base
    }

    /// Every request so far: head and body.
    pub(crate) fn received(&self) -> Vec<String> {
        self.received.lock().unwrap().clone()
    }
}

fn answer(stream: TcpStream, head: &str, kept: &Mutex<Vec<String>>) -> std::io::Result<()> {
    let mut reader = BufReader::new(stream);
    let mut request = String::new();
    let mut length = 0;
    loop {
        let start = request.len();
        if reader.read_line(&mut request)? == 0 {
            break;
        }
        let line = request[start..].trim().to_ascii_lowercase();
        if let Some(value) = line.strip_prefix("content-length:") {
            length = value.trim().parse().unwrap_or(0);
        }
        if line.is_empty() {
            break;
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body)?;
    request.push_str(&String::from_utf8_lossy(&body));
    // Before the answer: whoever has read it may look at once.
    kept.lock().unwrap().push(request);
    write!(reader.get_mut(), "HTTP/1.1 {head}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
}
