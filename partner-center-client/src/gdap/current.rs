//! Changes of what is there now: read, change that version, and once more when it was not the latest.

use bundle_core::ids::Etag;
use bundle_core::{Error, ErrorKind, Result};

/// Reads, then acts on what was read; both once more when the version had changed meanwhile.
pub(super) async fn on_current<T, R, A, RF, AF, O>(read: R, act: A) -> Result<O>
where
    T: Send,
    R: Fn() -> RF + Send + Sync,
    RF: Future<Output = Result<T>> + Send,
    A: Fn(T) -> AF + Send + Sync,
    AF: Future<Output = Result<O>> + Send,
    O: Send,
{
    match act(read().await?).await {
        Err(error) if error.kind() == ErrorKind::PreconditionFailed => act(read().await?).await,
        outcome => outcome,
    }
}

/// The version that was read.
pub(super) fn version(etag: Option<&Etag>) -> Result<&Etag> {
    etag.ok_or_else(|| {
        Error::new(ErrorKind::Decode, "the service answered no entity tag, without which it takes no change")
    })
}
