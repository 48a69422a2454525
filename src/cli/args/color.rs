//! When there is colour.

use clap::ValueEnum;

/// Where texts are in colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(in crate::cli) enum Colors {
    /// On a terminal, unless it is a dumb one or NO_COLOR is set
    Auto,
    /// Everywhere
    Always,
    /// Nowhere
    Never,
}

impl Colors {
    /// What a value of the option means; `None` if it is none.
    pub(in crate::cli) fn named(value: &str) -> Option<Colors> {
        Colors::from_str(value, false).ok()
    }
}
