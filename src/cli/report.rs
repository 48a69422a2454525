//! `fleetfall report`.

use super::args::Report as Arguments;
use super::exit::Exit;
use super::{files, output};
use fleetfall::report::page::{self, Documents};
use std::io::ErrorKind;
use std::path::Path;

/// Makes the page of a directory again from its files, with what other directories add.
///
/// # Errors
/// The exit after what went wrong has been shown.
pub(super) fn report(arguments: &Arguments) -> Result<Exit, Exit> {
    let mut documents = Documents::new();
    for directory in std::iter::once(&arguments.directory).chain(&arguments.others) {
        add(directory, &mut documents)?;
    }
    let page = page::page(&documents).map_err(|error| {
        output::complain(&format!("failed to make `{}`: {error}", page::NAME));
        Exit::Usage
    })?;
    files::write_into(&arguments.directory, page::NAME, &page)?;
    let path = arguments.directory.join(page::NAME);
    output::print(&format!("{}\n", output::shown(&path)))
}

/// Adds the files of a directory that a page may be made from.
fn add(directory: &Path, documents: &mut Documents) -> Result<(), Exit> {
    let mut any = false;
    for name in Documents::NAMES {
        let path = directory.join(name);
        match files::read(&path, files::OWN_MAX) {
            Ok(text) => {
                any = true;
                documents.add(name, text);
            }
            Err(error) if error.kind() == ErrorKind::NotFound => {}
            Err(error) => {
                output::complain(&format!("failed to read `{}`: {error}", path.display()));
                return Err(Exit::Usage);
            }
        }
    }
    if any {
        return Ok(());
    }
    let shown = directory.display();
    output::complain(&format!("`{shown}` holds no results: a run writes them to output/NAME"));
    Err(Exit::Usage)
}
