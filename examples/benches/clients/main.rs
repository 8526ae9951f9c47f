//! What the clients cost beside a plain program: `cargo bench -p examples`.
//!
//! Every run is a process of its own. One more process is the server, a small Graph on loopback whose answers are
//! written beforehand. The programs of a job run in turn, so that whatever else the machine does falls on all of them;
//! the table shows medians, the ratios of neighbouring runs, and the goals.

mod admin;
mod build;
mod driver;
mod goal;
mod job;
mod jobs;
mod measure;
mod model;
mod ours;
mod plain;
mod sample;
mod server;
mod stage;
mod table;

use std::process::ExitCode;

use clap::Parser;

/// What went wrong, in words.
type Failure = Box<dyn std::error::Error + Send + Sync>;

/// Compares the clients with plain programs that do the same work.
#[derive(Debug, Parser)]
struct Args {
    /// The jobs to run, by the beginning of their names; all but `build` without any.
    jobs: Vec<String>,
    /// How often each program is run, after one run that is not counted.
    #[arg(long, default_value_t = 5)]
    runs: usize,
    /// Smaller sizes: to see that everything works, not to judge by.
    #[arg(long)]
    quick: bool,
    /// Names the jobs and ends.
    #[arg(long)]
    list: bool,
    /// What `cargo bench` passes to every benchmark.
    #[arg(long, hide = true)]
    bench: bool,
    /// Be the server.
    #[arg(long, hide = true)]
    serve: bool,
    /// Be one program of a job.
    #[arg(long, hide = true, num_args = 3, value_names = ["JOB", "PROGRAM", "SERVER"])]
    program: Option<Vec<String>>,
}

fn main() -> ExitCode {
    let args = Args::parse();
    let size = stage::Size { quick: args.quick };
    let outcome = match &args.program {
        Some(program) => stage::run(&program[0], &program[1], &program[2], size),
        None if args.serve => server::serve(),
        None if args.list => {
            for job in jobs::all(size) {
                println!("{:14} {}", job.name, job.title);
            }
            println!("{:14} {}", build::NAME, build::TITLE);
            Ok(())
        }
        None => driver::run(&args.jobs, args.runs.max(1), size),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("{failure}");
            ExitCode::FAILURE
        }
    }
}
