//! Runs the programs of the jobs in turn, each in a process of its own, and has the table printed.

use std::env;
use std::io::{BufRead as _, BufReader, IsTerminal as _};
use std::process::{Child, ChildStdin, Command, Stdio};

use crate::job::{Job, Program};
use crate::sample::{Report, Sample};
use crate::stage::Size;
use crate::{Failure, admin, build, jobs, table};

/// Runs the jobs whose names begin as asked, all but the build without any.
pub(crate) fn run(wanted: &[String], runs: usize, size: Size) -> Result<(), Failure> {
    let jobs = jobs::all(size);
    let names = || jobs.iter().map(|job| job.name).chain([build::NAME]);
    if let Some(unknown) = wanted.iter().find(|wanted| !names().any(|name| name.starts_with(wanted.as_str()))) {
        return Err(format!("{unknown:?} is none of {}", names().collect::<Vec<_>>().join(", ")).into());
    }
    let is_wanted = |name: &str| wanted.iter().any(|wanted| name.starts_with(wanted.as_str()));
    let mut totals = table::Totals::default();
    let server = Server::start()?;
    for job in jobs.iter().filter(|job| wanted.is_empty() || is_wanted(job.name)) {
        let outcomes = compare(job, runs, size, &server);
        totals.add(&table::print(job, &outcomes));
    }
    drop(server);
    if is_wanted(build::NAME) {
        totals.add(&build::run(runs)?);
    }
    totals.print();
    Ok(())
}

/// The runs of one program, or why there are none.
pub(crate) type Outcome = Result<Vec<Sample>, String>;

/// Runs every program of a job once to warm up and then `runs` times, in turn.
fn compare(job: &Job, runs: usize, size: Size, server: &Server) -> Vec<Outcome> {
    let mut outcomes: Vec<Outcome> = job.programs.iter().map(|_| Ok(Vec::new())).collect();
    for round in 0..=runs {
        for (program, outcome) in job.programs.iter().zip(&mut outcomes) {
            progress(&format!("{} {} {round}/{runs}", job.name, program.name));
            let Ok(samples) = outcome else { continue };
            match run_once(job, program, size, server) {
                Ok(_) if round == 0 => {}
                Ok(sample) => samples.push(sample),
                Err(failure) => *outcome = Err(failure.to_string()),
            }
        }
    }
    progress("");
    differing_sums(job, &mut outcomes);
    outcomes
}

fn run_once(job: &Job, program: &Program, size: Size, server: &Server) -> Result<Sample, Failure> {
    admin::set(&server.url, &program.settings)?;
    let mut command = Command::new(env::current_exe()?);
    command.args(["--program", job.name, program.name, &server.url]);
    if size.quick {
        command.arg("--quick");
    }
    let output = command.stdin(Stdio::null()).output()?;
    if !output.status.success() {
        return Err(String::from_utf8_lossy(&output.stderr).trim().to_owned().into());
    }
    let report: Report = serde_json::from_slice(&output.stdout)?;
    if report.items != program.items {
        return Err(format!("{} items instead of {}", report.items, program.items).into());
    }
    Ok(Sample { report, counts: admin::counts(&server.url)? })
}

/// Says on a terminal what is under way.
pub(crate) fn progress(what: &str) {
    if std::io::stderr().is_terminal() {
        eprint!("\r\x1b[K{what}");
    }
}

/// Programs that read the same items must have read the same in them.
fn differing_sums(job: &Job, outcomes: &mut [Outcome]) {
    let sums: Vec<_> = outcomes.iter().map(|outcome| Some(outcome.as_ref().ok()?.first()?.report.sum)).collect();
    for ((program, outcome), sum) in job.programs.iter().zip(outcomes).zip(&sums) {
        let first = job.programs.iter().position(|other| other.items == program.items).and_then(|first| sums[first]);
        if first.is_some() && sum.is_some() && *sum != first {
            *outcome = Err("read something else than the first program".to_owned());
        }
    }
}

/// The server's process; it ends with this one, whose end of its standard input closes.
struct Server {
    child: Child,
    stdin: Option<ChildStdin>,
    url: String,
}

impl Server {
    fn start() -> Result<Self, Failure> {
        let mut child =
            Command::new(env::current_exe()?).arg("--serve").stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
        let mut url = String::new();
        BufReader::new(child.stdout.take().ok_or("the server has no output")?).read_line(&mut url)?;
        Ok(Self { stdin: child.stdin.take(), child, url: url.trim().to_owned() })
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.stdin.take());
        // Nothing is left to do when it has ended already.
        let _ = self.child.wait();
    }
}
