//! Where a program runs: its server, its size, its stopwatch.

use std::time::Duration;

use crate::measure::{Stopwatch, peak_memory};
use crate::sample::Report;
use crate::{Failure, jobs};

/// Full sizes, or small ones to see that everything works.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Size {
    pub(crate) quick: bool,
}

impl Size {
    pub(crate) fn of(self, full: usize, quick: usize) -> usize {
        if self.quick { quick } else { full }
    }
}

/// What a program gets.
#[derive(Debug)]
pub(crate) struct Stage {
    /// The server, without a slash at the end.
    pub(crate) server: String,
    watch: Stopwatch,
    end: Option<(Duration, Option<Duration>)>,
}

impl Stage {
    /// Begins to measure: set-up is done.
    pub(crate) fn start(&mut self) {
        self.watch = Stopwatch::start();
    }

    /// Ends measuring before the program ends.
    pub(crate) fn stop(&mut self) {
        self.end = Some((self.watch.wall(), self.watch.cpu()));
    }
}

/// Runs one program in this process and prints its report.
pub(crate) fn run(job: &str, program: &str, server: &str, size: Size) -> Result<(), Failure> {
    let jobs = jobs::all(size);
    let job = jobs.iter().find(|known| known.name == job).ok_or_else(|| format!("no job {job}"))?;
    let program =
        job.programs.iter().find(|known| known.name == program).ok_or_else(|| format!("no program {program}"))?;
    // What `#[tokio::main]` makes.
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let report = runtime.block_on(async {
        let stage = Stage { server: server.to_owned(), watch: Stopwatch::start(), end: None };
        let (stage, tally) = tokio::time::timeout(LONGEST, (program.work)(stage))
            .await
            .map_err(|_| format!("not done within {} s", LONGEST.as_secs()))??;
        let (wall, cpu) = stage.end.unwrap_or_else(|| (stage.watch.wall(), stage.watch.cpu()));
        Ok::<_, Failure>(Report { wall, cpu, peak: peak_memory(), items: tally.items, sum: tally.sum })
    })?;
    println!("{}", serde_json::to_string(&report)?);
    Ok(())
}

/// Nothing here takes longer when it works.
const LONGEST: Duration = Duration::from_secs(180);
