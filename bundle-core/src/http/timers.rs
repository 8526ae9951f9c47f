//! Timers that are set again instead of made anew.

use std::pin::Pin;
use std::sync::{Mutex, PoisonError};
use std::task::Poll;

use tokio::runtime::{Handle, Id};
use tokio::time::{Instant, Sleep};

/// Bounds the time of work. Almost every attempt ends long before its time: a timer that stays with the runtime and is
/// moved on costs next to nothing, while one that comes and goes wakes the runtime's driver each time.
#[derive(Debug, Default)]
pub(super) struct Timers(Mutex<Option<Idle>>);

/// Timers at rest, of one runtime: those of another cannot be used here.
#[derive(Debug)]
struct Idle {
    runtime: Id,
    timers: Vec<Pin<Box<Sleep>>>,
}

impl Timers {
    /// What `work` brings, `None` when it takes longer.
    pub(super) async fn within<F: Future>(&self, until: Instant, mut work: Pin<&mut F>) -> Option<F::Output> {
        let runtime = Handle::current().id();
        let mut timer = match self.take(runtime) {
            Some(mut timer) => {
                timer.as_mut().reset(until);
                timer
            }
            None => Box::pin(tokio::time::sleep_until(until)),
        };
        let outcome = std::future::poll_fn(|context| match work.as_mut().poll(context) {
            Poll::Ready(outcome) => Poll::Ready(Some(outcome)),
            Poll::Pending => timer.as_mut().poll(context).map(|()| None),
        })
        .await;
        self.give_back(runtime, timer);
        outcome
    }

    fn take(&self, runtime: Id) -> Option<Pin<Box<Sleep>>> {
        let mut idle = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        idle.as_mut().filter(|idle| idle.runtime == runtime)?.timers.pop()
    }

    fn give_back(&self, runtime: Id, timer: Pin<Box<Sleep>>) {
        let mut idle = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match &mut *idle {
            Some(idle) if idle.runtime == runtime => {
                if idle.timers.len() < KEPT {
                    idle.timers.push(timer);
                }
            }
            _ => *idle = Some(Idle { runtime, timers: vec![timer] }),
        }
    }
}

/// How many timers are kept.
const KEPT: usize = 64;

#[cfg(test)]
mod tests {
    use std::pin::pin;
    use std::time::Duration;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn work_is_bounded_by_a_timer_used_before() {
        let timers = Timers::default();
        let seconds = |n| Instant::now() + Duration::from_secs(n);
        assert_eq!(timers.within(seconds(100), pin!(async { 1 })).await, Some(1));
        // Earlier than the time it was set to before, after a time it has reached, and later.
        for n in [3, 200, 1] {
            let start = Instant::now();
            assert_eq!(timers.within(seconds(n), pin!(std::future::pending::<()>())).await, None);
            assert!(start.elapsed() >= Duration::from_secs(n) && start.elapsed() < Duration::from_secs(n + 1));
        }
        let slow = async {
            tokio::time::sleep(Duration::from_secs(50)).await;
            2
        };
        assert_eq!(timers.within(seconds(60), pin!(slow)).await, Some(2));
    }

    #[test]
    fn each_runtime_has_its_own() {
        let timers = Timers::default();
        for _ in 0..2 {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
            runtime.block_on(async {
                let until = Instant::now() + Duration::from_secs(60);
                assert_eq!(timers.within(until, pin!(async { 1 })).await, Some(1));
                assert_eq!(timers.within(until, pin!(async { 2 })).await, Some(2));
            });
        }
    }
}
