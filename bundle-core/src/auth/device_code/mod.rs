//! Sign-in by device code: for terminals without a browser.

mod pace;
mod wire;

use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use futures_util::stream::{Stream, try_unfold};
use secrecy::SecretString;
use tokio::time::Instant;

use super::{SignIn, SignInOptions};
use crate::error::{Error, Result};
use crate::http::Pipeline;
use pace::Pace;
use wire::Answer;

/// What a person needs to finish the sign-in.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct DeviceCodePrompt {
    /// The page to open.
    pub verification_uri: String,
    /// The code to type there. It is for the person alone: `Debug` does not show it.
    pub user_code: String,
    /// Microsoft's own sentence with both.
    pub message: String,
    /// How long the code is good.
    pub expires_in: Duration,
}

impl std::fmt::Debug for DeviceCodePrompt {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("DeviceCodePrompt")
            .field("verification_uri", &self.verification_uri)
            .field("expires_in", &self.expires_in)
            .finish_non_exhaustive()
    }
}

/// What happens during a sign-in by device code.
#[derive(Debug)]
#[non_exhaustive]
pub enum DeviceCodeEvent {
    /// The person may begin. The first event.
    Prompt(DeviceCodePrompt),
    /// The person is not done yet, and the login authority is asked again.
    Waiting {
        /// In this time.
        next_poll_in: Duration,
    },
    /// The login authority wants to be asked less often.
    SlowedDown {
        /// How often from now on.
        interval: Duration,
    },
    /// The login authority did not answer the question: it was out of reach, throttled or broken. The sign-in goes on
    /// until the code expires.
    Unanswered(Error),
    /// The person has signed in. The last event.
    Done(SignIn),
}

/// A sign-in by device code as a stream of events: [`DeviceCodeEvent::Prompt`] first, then what the polling does, then
/// [`DeviceCodeEvent::Done`] or an error, which ends it.
///
/// Nothing is sent until the first event is asked for, and nothing happens between events that nobody asks for: the
/// stream does its own polling while it is waited for. Dropping it cancels the sign-in; so do
/// [`SignInOptions::cancel`] and [`SignInOptions::patience`].
///
/// The token endpoint is asked in the interval it wishes, five seconds less often after each `slow_down`, and never
/// before a `Retry-After` has passed. While it does not answer, it is asked ever less often.
///
/// # Errors
/// * [`ErrorKind::ReauthenticationRequired`](crate::ErrorKind::ReauthenticationRequired): the person declined, the code has expired, or the sign-in was cancelled.
/// * [`ErrorKind::ConditionalAccess`](crate::ErrorKind::ConditionalAccess): a policy blocks device codes; use [`sign_in_with_browser`].
/// * [`ErrorKind::InvalidClient`](crate::ErrorKind::InvalidClient): the application allows no public client flows, or its proof was refused.
/// * [`ErrorKind::Timeout`](crate::ErrorKind::Timeout): [`SignInOptions::patience`] is over.
/// * any error of the token endpoint, see [`Error`].
///
/// ```no_run
/// # async fn run(options: bundle_core::auth::SignInOptions) -> bundle_core::Result<()> {
/// use bundle_core::auth::{DeviceCodeEvent, DeviceCodeSignIn};
///
/// let mut sign_in = DeviceCodeSignIn::new(&options)?;
/// while let Some(event) = sign_in.try_next().await? {
///     match event {
///         DeviceCodeEvent::Prompt(prompt) => println!("{}", prompt.message),
///         DeviceCodeEvent::Unanswered(error) => eprintln!("{error}; trying again"),
///         DeviceCodeEvent::Done(done) => println!("{:?}", done.claims().user_principal_name),
///         _ => {}
///     }
/// }
/// # Ok(())
/// # }
/// ```
///
/// Source: "OAuth 2.0 device authorization grant" (Microsoft Learn), RFC 8628.
///
/// [`sign_in_with_browser`]: super::sign_in_with_browser
#[must_use = "nothing happens until events are asked for"]
pub struct DeviceCodeSignIn(Pin<Box<dyn Stream<Item = Result<DeviceCodeEvent>> + Send>>);

impl DeviceCodeSignIn {
    /// Prepares a sign-in.
    ///
    /// # Errors
    /// [`ErrorKind::Config`](crate::ErrorKind::Config): the options cannot be used.
    pub fn new(options: &SignInOptions) -> Result<Self> {
        let flow = Flow::new(options)?;
        Ok(Self(Box::pin(try_unfold(flow, Flow::next))))
    }

    /// The next event; `None` after the last one.
    ///
    /// # Errors
    /// As listed at [`DeviceCodeSignIn`]; there is nothing after an error.
    pub async fn try_next(&mut self) -> Result<Option<DeviceCodeEvent>> {
        std::future::poll_fn(|context| self.0.as_mut().poll_next(context)).await.transpose()
    }
}

impl Stream for DeviceCodeSignIn {
    type Item = Result<DeviceCodeEvent>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.0.as_mut().poll_next(context)
    }
}

impl std::fmt::Debug for DeviceCodeSignIn {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("DeviceCodeSignIn").finish_non_exhaustive()
    }
}

/// Signs an account in by device code. `show` is called once, with what to tell the person. The short form of
/// [`DeviceCodeSignIn`].
///
/// Dropping the future cancels the sign-in.
///
/// # Errors
/// As listed at [`DeviceCodeSignIn`].
pub async fn sign_in_with_device_code(
    options: &SignInOptions,
    show: impl FnOnce(&DeviceCodePrompt) + Send,
) -> Result<SignIn> {
    let mut sign_in = DeviceCodeSignIn::new(options)?;
    let mut show = Some(show);
    loop {
        match sign_in.try_next().await? {
            Some(DeviceCodeEvent::Prompt(prompt)) => {
                if let Some(show) = show.take() {
                    show(&prompt);
                }
            }
            Some(DeviceCodeEvent::Done(done)) => return Ok(done),
            Some(_) => {}
            None => unreachable!("the events of a sign-in end with `Done` or an error"),
        }
    }
}

/// A sign-in between two events.
struct Flow {
    options: SignInOptions,
    pipeline: Pipeline,
    step: Step,
}

enum Step {
    Begin,
    /// To say how long it is until the next question.
    Announce {
        session: Session,
        wait: Duration,
    },
    /// To ask, at this time.
    Ask {
        session: Session,
        at: Instant,
    },
    End,
}

struct Session {
    device_code: SecretString,
    expires: Instant,
    /// When the caller's patience ends.
    end: Option<Instant>,
    pace: Pace,
}

impl Session {
    fn announce(self, wait: Duration) -> Result<(DeviceCodeEvent, Step)> {
        let at = Instant::now() + wait;
        // Nobody waits for a code to expire that is not asked for again.
        if at > self.expires {
            return Err(wire::expired());
        }
        Ok((DeviceCodeEvent::Waiting { next_poll_in: wait }, Step::Ask { session: self, at }))
    }
}

impl Flow {
    fn new(options: &SignInOptions) -> Result<Self> {
        Ok(Self { options: options.clone(), pipeline: options.pipeline()?, step: Step::Begin })
    }

    async fn next(mut self) -> Result<Option<(DeviceCodeEvent, Self)>> {
        let tenant = self.options.tenant;
        let named = |error: Error| error.with_operation("login.device_code.poll").with_tenant(tenant);
        let (event, step) = match self.step {
            Step::Begin => self.begin().await?,
            Step::Announce { session, wait } => session.announce(wait).map_err(named)?,
            Step::Ask { session, at } => {
                let end = session.end;
                let asked = ask(&self.options, &self.pipeline, session, at);
                self.options.unless_cancelled(end, asked).await.map_err(named)?
            }
            Step::End => return Ok(None),
        };
        self.step = step;
        Ok(Some((event, self)))
    }

    async fn begin(&self) -> Result<(DeviceCodeEvent, Step)> {
        let end = self.options.end();
        let started = wire::start(&self.options, &self.pipeline);
        let started = self
            .options
            .unless_cancelled(end, started)
            .await
            .map_err(|error| error.with_operation("login.device_code.start").with_tenant(self.options.tenant))?;
        let pace = Pace::new(started.interval);
        let wait = pace.interval();
        let expires = Instant::now() + started.prompt.expires_in;
        let session = Session { device_code: started.device_code, expires, end, pace };
        Ok((DeviceCodeEvent::Prompt(started.prompt), Step::Announce { session, wait }))
    }
}

async fn ask(
    options: &SignInOptions,
    pipeline: &Pipeline,
    mut session: Session,
    at: Instant,
) -> Result<(DeviceCodeEvent, Step)> {
    tokio::time::sleep_until(at).await;
    // The caller may have been away since the last event.
    if Instant::now() > session.expires {
        return Err(wire::expired());
    }
    let answer = wire::poll(options, pipeline, &session.device_code);
    let Ok(answer) = tokio::time::timeout_at(session.expires, answer).await else {
        return Err(wire::expired());
    };
    Ok(match answer? {
        Answer::Done(tokens) => (DeviceCodeEvent::Done(SignIn::new(tokens)?), Step::End),
        Answer::Pending(asked) => {
            let wait = session.pace.answered(asked);
            session.announce(wait)?
        }
        Answer::SlowDown(asked) => {
            let wait = session.pace.slowed_down(asked);
            let interval = session.pace.interval();
            (DeviceCodeEvent::SlowedDown { interval }, Step::Announce { session, wait })
        }
        Answer::None(error) => {
            let wait = session.pace.unanswered(error.retry_after());
            (DeviceCodeEvent::Unanswered(error), Step::Announce { session, wait })
        }
    })
}
