//! Exit codes.

use std::process::ExitCode;

/// How the command ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Exit {
    /// All well.
    Well,
    /// A claim failed or stayed undecided.
    Claims,
    /// The arguments, the scenario or a file were wrong.
    Usage,
    /// A limit ended it: what there is is partial.
    Limit,
    /// A fault of fleetfall itself.
    Bug,
    /// Ctrl-C.
    Interrupted,
}

impl Exit {
    /// The code.
    pub(super) fn code(self) -> u8 {
        match self {
            Exit::Well => 0,
            Exit::Claims => 1,
            Exit::Usage => 2,
            Exit::Limit => 3,
            Exit::Bug => 101,
            Exit::Interrupted => 130,
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> ExitCode {
        ExitCode::from(exit.code())
    }
}
