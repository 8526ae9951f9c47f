//! What a program that lists users costs to build: with our client, and with reqwest alone.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Instant;

use crate::driver::progress;
use crate::goal::Verdict;
use crate::sample::median;
use crate::table::{print_rows, print_verdicts};
use crate::{Failure, measure};

/// What the job is called.
pub(crate) const NAME: &str = "build";
/// What it does; only on request, for it takes minutes.
pub(crate) const TITLE: &str = "clean release build of a program that lists users (on request)";

/// Builds both programs `runs` times, in turn, each time from nothing.
pub(crate) fn run(runs: usize) -> Result<Vec<Verdict>, Failure> {
    let folder = Folder::new()?;
    let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).parent().ok_or("the workspace is the folder above")?;
    let client = workspace.join("graph-client");
    let core = workspace.join("bundle-core");
    let ours = format!(
        "bundle-core = {{ path = {core:?}, default-features = false, features = [\"rustls\"] }}\n\
         graph-client = {{ path = {client:?}, default-features = false, features = [\"rustls\"] }}\n\
         tokio = {{ version = \"1\", features = [\"rt-multi-thread\", \"macros\"] }}\n"
    );
    let packages = [
        Package::write(&folder.0, workspace, "plain", PLAIN_DEPENDENCIES, PLAIN_MAIN)?,
        Package::write(&folder.0, workspace, "ours", &ours, OURS_MAIN)?,
    ];
    let crates = packages.iter().map(Package::crates).collect::<Result<Vec<_>, _>>()?;
    let mut builds: [Vec<Build>; 2] = [Vec::new(), Vec::new()];
    for round in 1..=runs {
        for (package, builds) in packages.iter().zip(&mut builds) {
            progress(&format!("{NAME} {} {round}/{runs}", package.name));
            builds.push(package.build()?);
        }
    }
    progress("");
    println!("\n{NAME}: {TITLE}");
    let mut rows = vec![["median of", "wall", "CPU", "crates"].map(str::to_owned).to_vec()];
    for ((package, builds), crates) in packages.iter().zip(&builds).zip(&crates) {
        let seconds = |value: Option<f64>| value.map_or_else(|| "-".to_owned(), |value| format!("{value:.1} s"));
        rows.push(vec![
            package.name.to_owned(),
            seconds(median(builds.iter().map(|build| Some(build.wall)))),
            seconds(median(builds.iter().map(|build| build.cpu))),
            crates.to_string(),
        ]);
    }
    print_rows(&rows);
    let verdicts = vec![cpu_verdict(&builds), crates_verdict(crates[1])];
    print_verdicts(&verdicts);
    Ok(verdicts)
}

fn cpu_verdict([plain, ours]: &[Vec<Build>; 2]) -> Verdict {
    let now = median(ours.iter().map(|build| build.cpu))
        .zip(median(plain.iter().map(|build| build.cpu)))
        .map(|(ours, plain)| ours / plain);
    let ratios = ours.iter().zip(plain).filter_map(|(ours, plain)| Some(ours.cpu? / plain.cpu?));
    let (least, most) = ratios.fold((f64::MAX, f64::MIN), |(least, most), one| (least.min(one), most.max(one)));
    Verdict {
        what: "CPU ours / plain".to_owned(),
        now: now.map_or_else(|| "-".to_owned(), |now| format!("{now:.3}")),
        range: now.map_or(String::new(), |_| format!("{least:.3} to {most:.3}")),
        wanted: format!("≤ {MOST_CPU:.3}"),
        met: now.map(|now| now <= MOST_CPU),
    }
}

fn crates_verdict(crates: usize) -> Verdict {
    Verdict {
        what: "crates ours".to_owned(),
        now: crates.to_string(),
        range: String::new(),
        wanted: format!("≤ {MOST_CRATES}"),
        met: Some(crates <= MOST_CRATES),
    }
}

const MOST_CPU: f64 = 1.15;
const MOST_CRATES: usize = 135;

/// What a build took.
#[derive(Clone, Copy)]
struct Build {
    wall: f64,
    cpu: Option<f64>,
}

/// A program in a package of its own.
struct Package {
    name: &'static str,
    folder: PathBuf,
}

impl Package {
    /// Writes a package that builds with the very versions of the workspace.
    fn write(
        parent: &Path,
        workspace: &Path,
        name: &'static str,
        dependencies: &str,
        main: &str,
    ) -> Result<Self, Failure> {
        let folder = parent.join(name);
        fs::create_dir_all(folder.join("src"))?;
        let manifest = format!(
            "[package]\nname = \"{name}\"\nversion = \"0.1.0\"\nedition = \"2024\"\n\n[workspace]\n\n\
             [dependencies]\n{dependencies}"
        );
        fs::write(folder.join("Cargo.toml"), manifest)?;
        fs::write(folder.join("src/main.rs"), main)?;
        fs::copy(workspace.join("Cargo.lock"), folder.join("Cargo.lock"))?;
        Ok(Self { name, folder })
    }

    /// How many crates are compiled into the program, itself included.
    fn crates(&self) -> Result<usize, Failure> {
        let output = self.cargo(&["tree", "--edges", "normal", "--prefix", "none"]).output()?;
        if !output.status.success() {
            return Err(String::from_utf8_lossy(&output.stderr).into_owned().into());
        }
        let text = String::from_utf8(output.stdout)?;
        // A crate met again is marked with a star.
        let mut crates: Vec<_> = text.lines().map(|line| line.trim_end_matches(" (*)")).collect();
        crates.sort_unstable();
        crates.dedup();
        Ok(crates.iter().filter(|line| !line.is_empty()).count())
    }

    fn build(&self) -> Result<Build, Failure> {
        let target = self.folder.join("target");
        if target.exists() {
            fs::remove_dir_all(&target)?;
        }
        let (watch, cpu) = (Instant::now(), measure::children_cpu());
        let output = self.cargo(&["build", "--release", "--target-dir"]).arg(&target).output()?;
        if !output.status.success() {
            return Err(String::from_utf8_lossy(&output.stderr).into_owned().into());
        }
        let cpu = measure::children_cpu().zip(cpu).map(|(now, then)| now.saturating_sub(then).as_secs_f64());
        Ok(Build { wall: watch.elapsed().as_secs_f64(), cpu })
    }

    fn cargo(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
        command.args(arguments).current_dir(&self.folder).stdin(Stdio::null());
        command
    }
}

/// A temporary folder.
struct Folder(PathBuf);

impl Folder {
    fn new() -> Result<Self, Failure> {
        let folder = std::env::temp_dir().join(format!("clients-build-{}", std::process::id()));
        fs::create_dir(&folder)?;
        Ok(Self(folder))
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // What cannot be removed is left to the machine.
        let _ = fs::remove_dir_all(&self.0);
    }
}

const PLAIN_DEPENDENCIES: &str = r#"reqwest = { version = "0.13", default-features = false, features = ["rustls", "http2", "json"] }
serde = { version = "1", features = ["derive"] }
serde_json = "1"
tokio = { version = "1", features = ["rt-multi-thread", "macros"] }
"#;

const PLAIN_MAIN: &str = r#"#[derive(serde::Deserialize)]
struct Page {
    #[serde(rename = "@odata.nextLink")]
    next: Option<String>,
    value: Vec<User>,
}

#[derive(serde::Deserialize)]
#[serde(rename_all = "camelCase")]
struct User {
    display_name: Option<String>,
}

#[derive(serde::Deserialize)]
struct Token {
    access_token: String,
}

#[tokio::main]
async fn main() -> Result<(), reqwest::Error> {
    let client = reqwest::Client::new();
    let tenant = std::env::var("TENANT").unwrap_or_default();
    let body = format!(
        "grant_type=client_credentials&client_id={}&client_secret={}&scope=https%3A%2F%2Fgraph.microsoft.com%2F.default",
        std::env::var("APPLICATION").unwrap_or_default(),
        std::env::var("SECRET").unwrap_or_default()
    );
    let token: Token = client
        .post(format!("https://login.microsoftonline.com/{tenant}/oauth2/v2.0/token"))
        .header("content-type", "application/x-www-form-urlencoded")
        .body(body)
        .send()
        .await?
        .error_for_status()?
        .json()
        .await?;
    let mut next = Some("https://graph.microsoft.com/v1.0/users?$select=displayName&$top=999".to_owned());
    while let Some(url) = next {
        let page: Page =
            client.get(url).bearer_auth(&token.access_token).send().await?.error_for_status()?.json().await?;
        for user in page.value {
            println!("{}", user.display_name.unwrap_or_default());
        }
        next = page.next;
    }
    Ok(())
}
"#;

const OURS_MAIN: &str = r#"use std::sync::Arc;

use bundle_core::auth::PartnerCredential;
use bundle_core::http::ClientOptions;
use graph_client::{GraphClient, Query};

#[tokio::main]
async fn main() -> bundle_core::Result<()> {
    let tenant = std::env::var("TENANT").unwrap_or_default().parse()?;
    let application = std::env::var("APPLICATION").unwrap_or_default().parse()?;
    let credential = PartnerCredential::builder(tenant, application)
        .client_secret(std::env::var("SECRET").unwrap_or_default().into())
        .build(&ClientOptions::default())?;
    let graph = GraphClient::new(Arc::new(credential))?.for_tenant(&tenant).as_application();
    let mut users = graph.users().list(&Query::new().select(["displayName"]));
    while let Some(user) = users.try_next().await? {
        println!("{}", user.display_name.unwrap_or_default());
    }
    Ok(())
}
"#;
