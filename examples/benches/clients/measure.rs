//! What a process has used: wall time, processor time, memory. Where there is no `/proc`, the last two are absent.

use std::fs;
use std::time::{Duration, Instant};

/// Runs from the moment a program begins its work, set-up done.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Stopwatch {
    at: Instant,
    cpu: Option<Duration>,
}

impl Stopwatch {
    pub(crate) fn start() -> Self {
        Self { at: Instant::now(), cpu: cpu() }
    }

    pub(crate) fn wall(&self) -> Duration {
        self.at.elapsed()
    }

    pub(crate) fn cpu(&self) -> Option<Duration> {
        Some(cpu()?.saturating_sub(self.cpu?))
    }
}

/// The processor time of this process so far, user and system.
pub(crate) fn cpu() -> Option<Duration> {
    // The process counts in ticks of 10 ms but forgets no thread; the threads count in nanoseconds while they live.
    let ticks = process_ticks(UTIME)? + process_ticks(STIME)?;
    let threads: u64 = fs::read_dir("/proc/self/task")
        .ok()?
        .filter_map(|task| fs::read_to_string(task.ok()?.path().join("schedstat")).ok())
        .filter_map(|stat| stat.split(' ').next()?.parse::<u64>().ok())
        .sum();
    Some(TICK.saturating_mul(ticks).max(Duration::from_nanos(threads)))
}

/// The processor time of the processes this one has started and waited for.
pub(crate) fn children_cpu() -> Option<Duration> {
    Some(TICK.saturating_mul(process_ticks(CUTIME)? + process_ticks(CSTIME)?))
}

/// The most memory that was resident at once, in bytes.
pub(crate) fn peak_memory() -> Option<u64> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.trim().strip_suffix("kB")?.trim().parse::<u64>().ok().map(|kib| kib * 1024)
}

fn process_ticks(field: usize) -> Option<u32> {
    let stat = fs::read_to_string("/proc/self/stat").ok()?;
    // The name, in brackets, may hold blanks itself.
    stat.rsplit_once(") ")?.1.split(' ').nth(field)?.parse().ok()
}

/// Fields of `/proc/self/stat`, counted from behind the name.
const UTIME: usize = 11;
const STIME: usize = 12;
const CUTIME: usize = 13;
const CSTIME: usize = 14;

/// What the kernel counts in there: a hundredth of a second on every usual machine.
const TICK: Duration = Duration::from_millis(10);
