//! Which permissions to ask for.

use std::path::Path;

use bundle_core::Integration;
use bundle_core::catalog::Selection;

use crate::exit::Failure;

/// The stock selection or the one in a file, without the permissions named.
///
/// # Errors
/// [`Failure::Usage`]: a name is unknown or a core permission would be dropped; the line says which. A file cannot be
/// read.
pub(crate) fn selection(file: Option<&Path>, without: &[String]) -> Result<Selection, Failure> {
    let stock = Selection::stock(&Integration::ALL);
    let selection = match file {
        None => stock,
        Some(path) => {
            let text = std::fs::read_to_string(path).map_err(|cause| {
                Failure::usage(format!("--permissions: {} cannot be read: {cause}", path.display()))
            })?;
            let names = text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
            Selection::only(names)?
        }
    };
    if without.is_empty() {
        return Ok(selection);
    }
    Ok(selection.without(without)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn core_and_unknown_permissions_are_named() {
        for (name, word) in
            [("AppRoleAssignment.ReadWrite.All", "AppRoleAssignment.ReadWrite.All"), ("Usr.Read", "Usr.Read")]
        {
            let Err(Failure::Usage(line)) = selection(None, &[name.to_owned()]) else { panic!("{name} was taken") };
            assert!(line.contains(word), "{line}");
        }
        assert!(selection(None, &["Mail.Send".to_owned()]).is_ok());
    }
}
