//! Releases, deploys, people and protections.

mod deploy;
mod fault;
mod protection;

pub use deploy::*;
pub use fault::*;
pub use protection::*;

use super::quantity::Dist;
use crate::scenario::text::{At, Duration, Name, Named, Share, choice, section};

section! {
    /// What the hosts provide to a configuration. The name of the supervisor is provided as
    /// `supervisor` without being written here.
    pub struct Environment {
        /// Names and values, as a release needs them.
        pub provides: Named<String>;
        /// Hosts that differ from the others, by the name of the node.
        pub node: Named<NodeEnvironment>;
    }
}

section! {
    /// What one host provides otherwise than the others. It is what a configuration finds there;
    /// the process is looked after by the fleet's supervisor all the same.
    pub struct NodeEnvironment {
        /// Names and values, each in place of the one that all hosts provide, or beside them; here
        /// `supervisor` may be named too.
        pub provides: Named<String>;
    }
}

section! {
    /// A version of the software with its configuration. The configuration is valid where every
    /// value that it needs is provided; whether it is shows when a process (re)starts, not before.
    pub struct Release {
        /// What the configuration needs.
        pub needs: Named<String>;
        /// What a start does where the configuration is invalid.
        pub when_invalid: WhenInvalid = "exits";
        /// From the start command to that exit.
        pub fails_after: Dist = "1s";
    }
}

choice! {
    /// What a start does where the configuration is invalid.
    pub enum WhenInvalid {
        /// The process exits with an error: a setting it does not know, a directory that is not
        /// there.
        Exits = "exits",
        /// It stays in the foreground. A supervisor that expects its command to return waits, kills
        /// it, or loses sight of it while it serves.
        StaysInForeground = "stays_in_foreground",
        /// It detaches itself. A supervisor that expects it to stay takes that for its end.
        Daemonizes = "daemonizes",
        /// It serves, but the file with its number is missing: a supervisor that goes by that file
        /// takes it for dead.
        NoPidFile = "no_pid_file",
        /// It listens and never answers, as a server whose workers crash at once.
        Hangs = "hangs",
        /// It serves, but its requests need so many times the work.
        Slow(f64) = "slow",
    }
}

section! {
    /// Who notices and repairs.
    pub struct People {
        /// How often the monitoring looks.
        pub monitor: Duration = "10s", within("1s", "1d");
        /// What calls people.
        pub alert: Alert = {};
        /// From the alert until somebody attends to it.
        pub notice: Dist = "1min";
        /// From there until the cause is found and confirmed.
        pub diagnose: Dist = "30min";
        /// To fix one node.
        pub fix: Dist = "2min";
        /// How many nodes are fixed at a time.
        pub at_a_time: u32 = 1, within(1, 4096);
        /// When fixed nodes come back.
        pub rejoin: Rejoin = "each";
        /// The release that the fix puts on a node whose configuration is invalid; without one
        /// nothing can be fixed.
        pub fixed_release: Option<At<Name>>;
    }
}

section! {
    /// What calls people.
    pub struct Alert {
        /// Too few requests succeed.
        pub success: Option<SuccessAlert>;
        /// Too many nodes are lost.
        pub nodes_lost: Option<LostAlert>;
        /// A rollout stops.
        pub rollout_stopped: bool = true;
        /// A restart is refused because the configuration is invalid.
        pub restart_refused: bool = true;
    }
}

section! {
    /// Too few requests succeed.
    pub struct SuccessAlert {
        /// The share of the settled requests below which it is too few.
        pub below: Share;
        /// For how long.
        pub lasting: Duration;
    }
}

section! {
    /// Too many nodes are lost.
    pub struct LostAlert {
        /// How many.
        pub count: u32, within(1, 4096);
        /// For how long.
        pub lasting: Duration;
    }
}

choice! {
    /// When fixed nodes come back.
    pub enum Rejoin {
        /// Each as soon as it is fixed.
        Each = "each",
        /// All together when the last one is fixed.
        Together = "together",
    }
}
