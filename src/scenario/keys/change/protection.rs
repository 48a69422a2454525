//! What protects a fleet from its own restarts.

use super::Amount;
use crate::scenario::text::{Duration, Named, Share, choice, section};

section! {
    /// What protects the fleet from its own restarts.
    pub struct Protections {
        /// Checks of the configuration.
        pub check: ConfigChecks = {};
        /// A limit on how many nodes are away because of restarts. A token is held until the node
        /// is healthy again; without one a rule's restart does not happen.
        pub restart_budget: Option<Budget>;
        /// A limit on how many nodes may be missing for a maintenance to take another one away.
        /// It limits nothing else: no rollout, no restart, no kill; but what these take away
        /// counts.
        pub disruption_budget: Option<DisruptionBudget>;
        /// A process answers with an error at once while it holds so many requests, in service and
        /// waiting.
        pub shed_above: Option<u32>;
    }
}

choice! {
    /// A disruption budget, as of Kubernetes; shares are rounded up. A node is available while it
    /// serves and a balancer believes it up.
    pub enum DisruptionBudget {
        /// So many must stay available.
        MinAvailable(Amount) = "min_available",
        /// So many may be missing.
        MaxUnavailable(Amount) = "max_unavailable",
    }
}

section! {
    /// Checks of the configuration, by the place where they are made.
    pub struct ConfigChecks {
        /// On the machine that builds the release, at the deploy. What it finds stops the deploy.
        pub build: Option<BuildCheck>;
        /// On the node, before a restart stops the process. What it finds prevents the restart: the
        /// process serves on, over its limit if a rule wanted the restart, the files stay as they
        /// are, and people are called.
        pub before_stop: Option<StopCheck>;
        /// On the node, when the old process is gone and before the start command is given
        /// (`ExecStartPre=` of systemd, `pre_start_command` of bluepill, the first line of a start
        /// script). What it finds makes the start fail, which saves nobody: the service is gone by
        /// then. bluepill writes it to its log and starts all the same.
        pub after_stop: Option<StartCheck>;
        /// On the node, before a process is told to reload. What it finds prevents that: the
        /// process serves on with what it has, and the files stay as they are.
        pub before_reload: Option<ReloadCheck>;
    }
}

section! {
    /// The probability that a check finds what is wrong, by what a start would do
    /// (`when_invalid`). A check of the syntax finds what makes a start exit, and nothing of what
    /// goes wrong with a process that lives.
    pub struct Finds {
        /// `exits`.
        pub exits: Share = "100%";
        /// `stays_in_foreground`.
        pub stays_in_foreground: Share = "0%";
        /// `daemonizes`.
        pub daemonizes: Share = "0%";
        /// `no_pid_file`.
        pub no_pid_file: Share = "0%";
        /// `hangs`.
        pub hangs: Share = "0%";
        /// `slow`.
        pub slow: Share = "0%";
    }
}

section! {
    /// A check on the build machine. It judges by what that machine provides: a release that works
    /// there passes, whatever the hosts lack, and one that does not work there is stopped even if
    /// it would work on every host.
    pub struct BuildCheck {
        /// What the build machine provides, `supervisor` included; nothing of what the hosts do.
        pub provides: Named<String>;
        /// What it finds.
        pub finds: Finds = {};
    }
}

section! {
    /// A check before a process is stopped.
    pub struct StopCheck {
        /// What it finds.
        pub finds: Finds = {};
        /// Whether it is made before the restarts of rules.
        pub rules: bool = true;
        /// Whether it is made before the restarts of deploys.
        pub deploys: bool = true;
    }
}

section! {
    /// A check between the stop and the start.
    pub struct StartCheck {
        /// What it finds.
        pub finds: Finds = {};
        /// How long it takes, at every start.
        pub takes: Duration = "1s";
    }
}

section! {
    /// A check before a reload.
    pub struct ReloadCheck {
        /// What it finds.
        pub finds: Finds = {};
    }
}

section! {
    /// A restart budget.
    pub struct Budget {
        /// How many nodes may be away at a time.
        pub nodes: u32, within(1, 4096);
    }
}
