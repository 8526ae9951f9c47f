//! The files of a token store: one that is replaced as a whole, one that is locked.

use std::ffi::OsString;
use std::fs::{File, OpenOptions};
use std::io::{ErrorKind, Read as _, Result, Write as _};
use std::path::{Path, PathBuf};

/// Waits until nobody else changes the file at `path`, in this process or another. Dropping the answer lets the next
/// one go on.
///
/// What is locked is a file beside it that is never removed: the file itself is another one after each change.
pub(super) fn lock(path: &Path) -> Result<File> {
    let path = beside(path, ".lock");
    let file = owner_only().create(true).truncate(false).open(&path)?;
    narrow(&file, &path)?;
    file.lock()?;
    Ok(file)
}

/// The content of the file; `None` when it is not there.
pub(super) fn read(path: &Path) -> Result<Option<Vec<u8>>> {
    let mut file = match File::open(path) {
        Ok(file) => file,
        Err(cause) if cause.kind() == ErrorKind::NotFound => return Ok(None),
        Err(cause) => return Err(cause),
    };
    narrow(&file, path)?;
    let mut bytes = Vec::new();
    file.read_to_end(&mut bytes)?;
    Ok(Some(bytes))
}

/// Puts a new file in the place of the old one, so that a reader sees one of them whole, now and after a crash. The
/// caller holds the lock.
pub(super) fn replace(path: &Path, bytes: &[u8]) -> Result<()> {
    let new = beside(path, ".new");
    let written = write_new(&new, bytes).and_then(|()| std::fs::rename(&new, path));
    if written.is_err() {
        // Best effort: the error that is returned says what went wrong.
        let _ = std::fs::remove_file(&new);
    }
    written.and_then(|()| sync_directory(path))
}

/// Writes a file that was not there before to the disk.
fn write_new(path: &Path, bytes: &[u8]) -> Result<()> {
    // What an interrupted write left behind must not lend its owner and mode to the new file.
    match std::fs::remove_file(path) {
        Err(cause) if cause.kind() != ErrorKind::NotFound => return Err(cause),
        _ => {}
    }
    let mut file = owner_only().create_new(true).open(path)?;
    file.write_all(bytes)?;
    file.sync_all()
}

/// Brings a renaming to the disk.
#[cfg(unix)]
fn sync_directory(path: &Path) -> Result<()> {
    let directory = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or_else(|| Path::new("."));
    File::open(directory)?.sync_all()
}

/// Windows has no such step: NTFS keeps a journal of renamings.
#[cfg(not(unix))]
fn sync_directory(_: &Path) -> Result<()> {
    Ok(())
}

/// Takes the rights of everybody but the owner from a file.
#[cfg(unix)]
fn narrow(file: &File, path: &Path) -> Result<()> {
    use std::os::unix::fs::PermissionsExt as _;

    let mode = file.metadata()?.permissions().mode();
    if mode & 0o077 == 0 {
        return Ok(());
    }
    let mode = format_args!("{:o}", mode & 0o777);
    tracing::warn!(path = %path.display(), %mode, "a file of the token store was open to others");
    file.set_permissions(std::fs::Permissions::from_mode(0o600))
}

/// On Windows the rights come from the directory.
#[cfg(not(unix))]
fn narrow(_: &File, _: &Path) -> Result<()> {
    Ok(())
}

/// For writing, with rights for the owner only where the file is created.
fn owner_only() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.write(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
}

fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = OsString::from(path);
    name.push(suffix);
    name.into()
}
