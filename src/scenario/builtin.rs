//! The scenarios that come with the program, so that it can be tried where no file is at hand.

use super::Study;

/// A scenario that comes with the program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Builtin {
    /// Its name, by which commands take it in place of a file.
    pub name: &'static str,
    /// The text of its file.
    pub text: &'static str,
}

/// All of them, what is to be seen first in front.
pub const BUILTIN: &[Builtin] = &[
    Builtin { name: "pinpoint-2021", text: include_str!("../../scenarios/pinpoint-2021.toml") },
    Builtin { name: "cloudflare-2019", text: include_str!("../../scenarios/cloudflare-2019.toml") },
    Builtin { name: "retry-storm", text: include_str!("../../scenarios/retry-storm.toml") },
    Builtin {
        name: "restarts-in-step",
        text: include_str!("../../scenarios/restarts-in-step.toml"),
    },
    Builtin {
        name: "real-fleet-steady",
        text: include_str!("../../scenarios/real-fleet-steady.toml"),
    },
    Builtin {
        name: "real-fleet-killed",
        text: include_str!("../../scenarios/real-fleet-killed.toml"),
    },
];

impl Builtin {
    /// The one of this name.
    pub fn named(name: &str) -> Option<&'static Builtin> {
        BUILTIN.iter().find(|builtin| builtin.name == name)
    }

    /// The names of all.
    pub fn names() -> Vec<&'static str> {
        BUILTIN.iter().map(|builtin| builtin.name).collect()
    }

    /// What its text says.
    ///
    /// # Panics
    /// Never: that each has no problem is tested.
    pub fn study(&self) -> Study {
        const NONE: &[&str] = &[];
        Study::load(self.name, self.text, NONE, NONE)
            .unwrap_or_else(|problems| panic!("a built-in scenario is wrong: {problems}"))
    }
}
