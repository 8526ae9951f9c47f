//! Files that are replaced as a whole.

use std::io::Write as _;
use std::path::{Path, PathBuf};

/// Writes a new file beside the old one and renames it into place: an interrupted program leaves the old content or the
/// new one. Only the owner may read it (Unix).
///
/// # Errors
/// As the operations of the file system.
pub fn replace(path: &Path, content: &[u8]) -> std::io::Result<()> {
    let mut beside = path.as_os_str().to_owned();
    beside.push(".new");
    let beside = PathBuf::from(beside);
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(&beside)?;
    file.write_all(content)?;
    file.sync_data()?;
    std::fs::rename(beside, path)
}
