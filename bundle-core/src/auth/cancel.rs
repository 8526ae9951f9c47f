//! Cancelling a sign-in from elsewhere.

use tokio::sync::watch;

/// Cancels sign-ins that wait for a person, from another task: a button, a signal, a program that ends. Cheap to clone;
/// a clone cancels the same sign-ins.
///
/// A sign-in that is cancelled ends with [`ErrorKind::ReauthenticationRequired`](crate::ErrorKind). Dropping its future
/// or stream does the same without an error.
#[derive(Clone, Debug)]
pub struct CancelSignIn(watch::Sender<bool>);

impl CancelSignIn {
    /// Has cancelled nothing yet; goes to [`SignInOptions::cancel`](super::SignInOptions::cancel).
    #[must_use]
    pub fn new() -> Self {
        Self(watch::Sender::new(false))
    }

    /// Cancels the sign-ins it was given to, those that begin later included.
    pub fn cancel(&self) {
        self.0.send_replace(true);
    }

    /// Whether it has been used.
    #[must_use]
    pub fn is_cancelled(&self) -> bool {
        *self.0.borrow()
    }

    pub(super) async fn cancelled(&self) {
        // We hold a sender ourselves, so waiting ends by being cancelled alone.
        let _ = self.0.subscribe().wait_for(|cancelled| *cancelled).await;
    }
}

impl Default for CancelSignIn {
    fn default() -> Self {
        Self::new()
    }
}
