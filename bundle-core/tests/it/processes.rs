//! One token file and several processes: the test runs itself as its own children.

use std::io::{BufRead as _, BufReader, Lines, Read as _};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use secrecy::ExposeSecret;

use bundle_core::auth::TokenStore;

use crate::file_store::{Directory, account, store, stored};

/// How often each child replaces the token.
const ROTATIONS: usize = 40;
/// Where a child finds the file; it makes a process a child.
const FILE: &str = "BUNDLE_TEST_TOKEN_FILE";
/// How often a child replaces the token before it ends.
const TIMES: &str = "BUNDLE_TEST_ROTATIONS";

/// A process that runs one test of this program as a child.
struct Rotator {
    process: Child,
    start: Option<ChildStdin>,
    lines: Lines<BufReader<ChildStdout>>,
}

impl Rotator {
    /// Starts the child and waits until it stands ready.
    fn new(test: &str, directory: &Directory, times: usize) -> Self {
        let mut process = Command::new(std::env::current_exe().unwrap())
            .args([test, "--exact", "--nocapture", "--test-threads=1"])
            .env(FILE, directory.file())
            .env(TIMES, times.to_string())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let start = process.stdin.take();
        let lines = BufReader::new(process.stdout.take().unwrap()).lines();
        let mut rotator = Self { process, start, lines };
        rotator.wait_for("ready");
        rotator
    }

    fn wait_for(&mut self, word: &str) -> String {
        let found = self.lines.by_ref().map(|line| line.unwrap()).find(|line| line.contains(word));
        found.unwrap_or_else(|| panic!("the child ended without a word of {word:?}"))
    }

    fn go(&mut self) {
        self.start = None;
    }

    /// What the child was told it replaced, when it has ended.
    fn won(mut self) -> Vec<usize> {
        let won =
            self.lines.map(|line| line.unwrap()).filter_map(|line| Some(line.split_once("won ")?.1.parse().unwrap()));
        let won = won.collect();
        assert!(self.process.wait().unwrap().success());
        won
    }
}

/// What a child does: counts the token up as often as it is told to, against everybody else.
async fn count_up() {
    let store = store(std::env::var_os(FILE).unwrap().as_ref());
    let times: usize = std::env::var(TIMES).unwrap().parse().unwrap();
    println!("ready");
    // All begin when the parent closes their input.
    std::io::stdin().read_to_end(&mut Vec::new()).unwrap();
    for _ in 0..times {
        loop {
            let current = store.load(&account()).await.unwrap().expect("a token is never lost");
            let count: usize = current.expose_secret().parse().unwrap();
            if store.replace(&account(), Some(&current), &(count + 1).to_string().into()).await.unwrap() {
                println!("won {count}");
                break;
            }
        }
    }
}

fn is_child() -> bool {
    std::env::var_os(FILE).is_some()
}

#[tokio::test]
async fn two_processes_that_rotate_one_token_lose_none() {
    if is_child() {
        return count_up().await;
    }
    let directory = Directory::new();
    assert!(store(&directory.file()).replace(&account(), None, &"0".into()).await.unwrap());
    let test = "processes::two_processes_that_rotate_one_token_lose_none";
    let mut rotators = [0, 1].map(|_| Rotator::new(test, &directory, ROTATIONS));
    rotators.iter_mut().for_each(Rotator::go);
    let mut won = rotators.map(Rotator::won).concat();
    won.sort_unstable();
    assert_eq!(won, Vec::from_iter(0..2 * ROTATIONS), "every count was replaced by exactly one of them");
    assert_eq!(stored(&store(&directory.file())).await, Some((2 * ROTATIONS).to_string()));
}

#[tokio::test]
async fn process_that_is_killed_leaves_a_whole_file_and_no_lock() {
    if is_child() {
        return count_up().await;
    }
    let directory = Directory::new();
    assert!(store(&directory.file()).replace(&account(), None, &"0".into()).await.unwrap());
    let test = "processes::process_that_is_killed_leaves_a_whole_file_and_no_lock";
    let mut endless = Rotator::new(test, &directory, usize::MAX);
    endless.go();
    endless.wait_for("won 10");
    endless.process.kill().unwrap();
    endless.process.wait().unwrap();
    let store = store(&directory.file());
    let left = store.load(&account()).await.unwrap().unwrap();
    assert!(left.expose_secret().parse::<usize>().unwrap() > 10);
    assert!(store.replace(&account(), Some(&left), &"next".into()).await.unwrap());
}
