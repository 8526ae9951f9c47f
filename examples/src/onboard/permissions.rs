//! Which permissions to ask for.

use bundle_core::Integration;
use bundle_core::catalog::Selection;

use super::Args;
use crate::exit::Failure;

/// The selection the arguments ask for.
///
/// # Errors
/// [`Failure::Usage`]: a name is unknown or a core permission would be dropped; the line says which. A file cannot be
/// read.
pub(super) fn selection(args: &Args) -> Result<Selection, Failure> {
    let stock = Selection::stock(&Integration::ALL);
    let selection = match &args.permissions {
        None => stock,
        Some(path) => {
            let text = std::fs::read_to_string(path).map_err(|cause| {
                Failure::usage(format!("--permissions: {} cannot be read: {cause}", path.display()))
            })?;
            let names = text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
            Selection::only(names)?
        }
    };
    if args.without_permission.is_empty() {
        return Ok(selection);
    }
    Ok(selection.without(&args.without_permission)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn core_and_unknown_permissions_are_named() {
        for (name, word) in
            [("AppRoleAssignment.ReadWrite.All", "AppRoleAssignment.ReadWrite.All"), ("Usr.Read", "Usr.Read")]
        {
            let args = Args { without_permission: vec![name.to_owned()], ..Args::none() };
            let Err(Failure::Usage(line)) = selection(&args) else { panic!("{name} was taken") };
            assert!(line.contains(word), "{line}");
        }
        let args = Args { without_permission: vec!["Mail.Send".to_owned()], ..Args::none() };
        assert!(selection(&args).is_ok());
    }
}
