//! The records of customers in a file: one line for each change, the last one of a customer counts.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use bundle_core::consent::{ConsentRecord, ConsentRecords};
use bundle_core::{Error, Result, TenantId};
use serde::{Deserialize, Serialize};

use crate::exit::Failure;
use crate::files;

/// Records in a file when one was named, else for as long as the program runs.
///
/// A change is appended, so a thousand customers cost a thousand lines and not a thousand files; the lines of the past are
/// dropped when the file is opened. An interrupted program leaves half a line at most, which is not read.
#[derive(Debug)]
pub struct Journal {
    path: Option<PathBuf>,
    inner: Mutex<Inner>,
}

#[derive(Debug)]
struct Inner {
    records: BTreeMap<TenantId, ConsentRecord>,
    file: Option<File>,
}

#[derive(Serialize, Deserialize)]
struct Head {
    format: String,
    version: u32,
    cloud: String,
    partner: TenantId,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Line {
    tenant_id: TenantId,
    record: ConsentRecord,
}

impl Journal {
    /// Opens the records of a partner in a cloud. With `read_only` nothing is written to the file.
    ///
    /// # Errors
    /// [`Failure::Usage`]: the file cannot be read or written, or holds no records of this partner. It is left as it is.
    pub fn open(
        path: Option<&Path>,
        cloud: &str,
        partner: TenantId,
        read_only: bool,
    ) -> std::result::Result<Self, Failure> {
        let mut inner = Inner { records: BTreeMap::new(), file: None };
        let Some(path) = path else { return Ok(Self { path: None, inner: Mutex::new(inner) }) };
        let wrong = |what: String| Failure::usage(format!("state: {} {what}", path.display()));
        match std::fs::read_to_string(path) {
            Ok(text) => inner.records = read(&text, cloud, &partner).map_err(|what| wrong(what.to_owned()))?,
            Err(cause) if cause.kind() == std::io::ErrorKind::NotFound => {}
            Err(cause) => return Err(wrong(format!("cannot be read: {cause}"))),
        }
        if !read_only {
            let head = Head { format: FORMAT.to_owned(), version: VERSION, cloud: cloud.to_owned(), partner };
            // Found out now, not after the first customer.
            inner.file =
                Some(begin(path, &head, &inner.records).map_err(|cause| wrong(format!("cannot be written: {cause}")))?);
        }
        Ok(Self { path: Some(path.to_owned()), inner: Mutex::new(inner) })
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl ConsentRecords for Journal {
    async fn record(&self, customer: &TenantId) -> Result<Option<ConsentRecord>> {
        Ok(self.inner().records.get(customer).cloned())
    }

    async fn keep(&self, customer: &TenantId, record: &ConsentRecord) -> Result<()> {
        let mut inner = self.inner();
        if inner.records.get(customer) == Some(record) {
            return Ok(());
        }
        if let Some(file) = &mut inner.file {
            let line = line(*customer, record).and_then(|line| file.write_all(&line));
            line.map_err(|cause| {
                let path = self.path.as_deref().unwrap_or_else(|| Path::new("")).display();
                Error::config(format!("state: {path} cannot be written")).with_source(cause)
            })?;
        }
        inner.records.insert(*customer, record.clone());
        Ok(())
    }
}

/// Writes what counts into a new file and leaves it open for more.
fn begin(path: &Path, head: &Head, records: &BTreeMap<TenantId, ConsentRecord>) -> std::io::Result<File> {
    let mut text = serde_json::to_vec(head)?;
    text.push(b'\n');
    for (tenant, record) in records {
        text.extend(line(*tenant, record)?);
    }
    files::replace(path, &text)?;
    File::options().append(true).open(path)
}

fn line(tenant_id: TenantId, record: &ConsentRecord) -> std::io::Result<Vec<u8>> {
    let mut line = serde_json::to_vec(&Line { tenant_id, record: record.clone() })?;
    line.push(b'\n');
    Ok(line)
}

/// Reads the records of a partner; an error says what is wrong with the file.
fn read(
    text: &str,
    cloud: &str,
    partner: &TenantId,
) -> std::result::Result<BTreeMap<TenantId, ConsentRecord>, &'static str> {
    const FOREIGN: &str = "is no state of this program";
    let mut lines = text.split_inclusive('\n');
    let head: Head = lines.next().and_then(|line| serde_json::from_str(line).ok()).ok_or(FOREIGN)?;
    if head.format != FORMAT {
        return Err(FOREIGN);
    }
    if head.version != VERSION {
        return Err("is of a later version");
    }
    if head.partner != *partner || head.cloud != cloud {
        return Err("is of another partner or cloud");
    }
    let mut records = BTreeMap::new();
    // Half a line is what an interrupted program was writing.
    for line in lines.filter(|line| line.ends_with('\n')) {
        let Line { tenant_id, record } = serde_json::from_str(line).map_err(|_| "is damaged")?;
        records.insert(tenant_id, record);
    }
    Ok(records)
}

const FORMAT: &str = "bundle-consent";
const VERSION: u32 = 1;

#[cfg(test)]
mod tests {
    use bundle_core::ids::AppId;

    use super::*;

    const PARTNER: TenantId = TenantId::from_u128(1);

    fn open(path: &Path, partner: TenantId) -> std::result::Result<Journal, Failure> {
        Journal::open(Some(path), "custom", partner, false)
    }

    #[tokio::test]
    async fn the_last_line_counts_and_half_a_line_does_not() {
        let path = std::env::temp_dir().join(format!("bundle-consent-{}.jsonl", std::process::id()));
        let _ = std::fs::remove_file(&path);
        let (customer, mut record) = (TenantId::from_u128(3), ConsentRecord::new(AppId::from_u128(2)));
        let journal = open(&path, PARTNER).unwrap();
        journal.keep(&customer, &record).await.unwrap();
        record.resetting = true;
        journal.keep(&customer, &record).await.unwrap();
        let mut text = std::fs::read_to_string(&path).unwrap();
        assert_eq!(text.lines().count(), 3);
        text.push_str("{\"tenantId\":\"00000000");
        std::fs::write(&path, text).unwrap();
        let read = Journal::open(Some(&path), "custom", PARTNER, true).unwrap();
        assert_eq!(read.record(&customer).await.unwrap(), Some(record));
        open(&path, PARTNER).unwrap();
        assert_eq!(std::fs::read_to_string(&path).unwrap().lines().count(), 2);
        std::fs::remove_file(&path).unwrap();
    }

    #[test]
    fn a_foreign_file_is_left_as_it_is() {
        let path = std::env::temp_dir().join(format!("bundle-consent-foreign-{}.jsonl", std::process::id()));
        let head = |version: u32| {
            format!(
                "{{\"format\":\"bundle-consent\",\"version\":{version},\"cloud\":\"custom\",\"partner\":\"{PARTNER}\"}}\n"
            )
        };
        for (foreign, partner) in [
            (String::new(), PARTNER),
            ("{}".to_owned(), PARTNER),
            (head(2), PARTNER),
            (head(1), TenantId::from_u128(7)),
            (head(1) + "not ours\n", PARTNER),
        ] {
            std::fs::write(&path, &foreign).unwrap();
            assert!(
                matches!(open(&path, partner), Err(Failure::Usage(line)) if line.starts_with("state: ")),
                "{foreign}"
            );
            assert_eq!(std::fs::read_to_string(&path).unwrap(), foreign);
        }
        std::fs::remove_file(&path).unwrap();
    }
}
