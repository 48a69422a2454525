//! Balancers, nodes, processes and supervisors.

use super::quantity::{BytesRange, Dist, NumberRange, TimeRange};
use crate::scenario::text::{Bytes, Duration, Named, Timestamp, choice, section};

section! {
    /// What stands in front of the fleet.
    pub struct Balancer {
        /// How many balancers there are; each checks every node itself and has its own view. The
        /// n-th request of a source goes to the balancer whose turn it is.
        pub instances: u32 = 1, within(1, 16);
        /// How a node is picked.
        pub policy: Policy = "round_robin";
        /// How often an attempt that a node refuses is handed on to another node, at once.
        pub redispatch: u32 = 0, within(0, 7);
        /// What happens while no node is up.
        pub none_up: NoneUp = "fail";
        /// What becomes of the share of a node that is down.
        pub lost_share: LostShare = "moved";
        /// How a balancer finds out whether a node is up.
        pub health: Health = "none";
    }
}

choice! {
    /// How a balancer picks a node among those that are up.
    pub enum Policy {
        /// One after the other.
        RoundRobin = "round_robin",
        /// Any, equally likely.
        Random = "random",
        /// The one with the fewest unanswered attempts; among equals they take turns. A node that
        /// refuses at once has none and attracts everything.
        LeastOutstanding = "least_outstanding",
    }
}

choice! {
    /// What happens while a balancer believes no node up.
    pub enum NoneUp {
        /// Attempts fail at once.
        Fail = "fail",
        /// Attempts are sent to all nodes, up or not.
        FailOpen = "fail_open",
    }
}

choice! {
    /// What becomes of the share of a node that is down.
    pub enum LostShare {
        /// The other nodes take it.
        Moved = "moved",
        /// It is dropped for good: of n nodes each has every n-th request of a source. No product
        /// does this; it shows what the moving does.
        Dropped = "dropped",
    }
}

choice! {
    /// How a balancer finds out whether a node is up.
    pub enum Health {
        /// Not at all: every node counts as up.
        None = "none",
        /// By checking it. The defaults are HAProxy's, but that an answer may take as long as the
        /// interval.
        Active(Checks) = "active",
    }
}

section! {
    /// Active health checks. A balancer's checks of its nodes are staggered over the interval.
    pub struct Checks {
        /// From the end of one check of a node to the next.
        pub interval: Duration = "2s", within("10ms", "1h");
        /// How long an answer may take.
        pub timeout: Duration = "2s", within("1ms", "1h");
        /// Passed checks in a row that bring a node up.
        pub rise: u32 = 2, within(1, 100);
        /// Failed checks in a row that take it down.
        pub fall: u32 = 3, within(1, 100);
        /// How checks are answered.
        pub path: CheckPath = "queued";
        /// Core time that answering takes.
        pub work: Duration = "1ms", within("0s", "1min");
    }
}

choice! {
    /// How health checks are answered.
    pub enum CheckPath {
        /// They wait for a slot as requests do.
        Queued = "queued",
        /// A path of their own answers at once while the process serves.
        Separate = "separate",
    }
}

section! {
    /// The machines, called node-1, node-2 and so on.
    pub struct Nodes {
        /// How many there are at the start.
        pub count: u32 = 1, within(1, 4096);
        /// Cores of each.
        pub cores: u32 = 1, within(1, 256);
        /// Speed of a core, relative to the one that demands are stated for.
        pub speed: f64 = 1, within(0.01, 16);
        /// Memory of each; a node that needs more slows down.
        pub memory: Bytes = "64 GiB";
        /// Swap of each; beyond memory and swap the kernel kills the largest process.
        pub swap: Bytes = "0 B";
        /// Speed while memory is exceeded, relative to the normal one.
        pub thrash_speed: f64 = 0.25, within(0.001, 1);
        /// Nodes that join later.
        pub add: Vec<Addition>;
    }
}

section! {
    /// Nodes that join during the run.
    pub struct Addition {
        /// When they begin to boot.
        pub at: Timestamp;
        /// How many.
        pub count: u32, within(1, 4096);
    }
}

section! {
    /// The process that serves on a node.
    pub struct Process {
        /// Requests served at once; each holds a slot from its first stage to its last.
        pub slots: u32, within(1, 1000000);
        /// Requests that may wait for a slot; more are refused.
        pub backlog: u32 = 1024, within(0, 1000000);
        /// From the start command to serving.
        pub boot: Dist = "5s";
        /// How long a fresh process is slower than later.
        pub cold: Duration = "0s";
        /// Factor on the work of its requests at first; it falls linearly to 1.
        pub cold_factor: f64 = 1, within(1, 100);
        /// What becomes of the requests in hand when it is told to stop.
        pub stop: Stop = "drop";
        /// What it does with a request whose client has given up.
        pub abandoned: Abandoned = "served";
        /// Its memory.
        pub memory: Memory = {};
        /// How old the processes are that run at the start.
        pub age_at_start: Duration = "0s";
    }
}

choice! {
    /// What a process that is told to stop does with the requests in hand.
    pub enum Stop {
        /// It drops them and exits at once.
        Drop = "drop",
        /// It accepts no more, serves them, and is killed if that takes longer than this.
        Finish(Duration) = "finish",
    }
}

choice! {
    /// What a process does with a request whose client has given up.
    pub enum Abandoned {
        /// It does not notice, and does the work all the same.
        Served = "served",
        /// It notices when the request gets a slot, and does no work for it.
        Skipped = "skipped",
        /// It notices at once, and stops.
        Stopped = "stopped",
    }
}

section! {
    /// Memory of a process.
    pub struct Memory {
        /// After a start; drawn for every start.
        pub base: BytesRange = "0 B";
        /// What the process on some nodes needs on top, by the node's name.
        pub extra: Named<Bytes>;
        /// The part of it in the first process, if that one forks others which do the work: a rule
        /// that does not include the children sees this alone.
        pub master: Option<Bytes>;
        /// What the processes that run at the start have retained by then; drawn for each.
        pub retained_at_start: BytesRange = "0 B";
        /// Retained after each request served, until a restart.
        pub retained_per_request: Bytes = "0 B";
        /// Used by a request in service.
        pub in_service: Bytes = "0 B";
        /// Used by a request that waits for a slot.
        pub queued: Bytes = "0 B";
    }
}

choice! {
    /// What starts and restarts the process of a node.
    pub enum Supervisor {
        /// Nothing: a process that ends stays away.
        None = "none",
        /// bluepill: polls, restarts by rules, never gives up.
        Bluepill(Bluepill) = "bluepill",
        /// systemd: restarts on exit until its start limit is hit. It samples no metric; what
        /// stands in for a rule is `memory_max` or `runtime_max`.
        Systemd(Systemd) = "systemd",
    }
}

section! {
    /// bluepill. The defaults are those of version 0.1.3.
    pub struct Bluepill {
        /// From the end of one tick to the next: a sleep of one second and the tick's own work.
        pub tick: Duration = "1010ms", within("10ms", "1h");
        /// How long a start command may hold up the daemon, and how long it looks away after a
        /// start.
        pub start_grace: Duration = "3s";
        /// How long it looks away after a stop; after a restart both graces add up.
        pub stop_grace: Duration = "3s";
        /// Whether bluepill detaches the process itself; if not, a start command that does not
        /// return holds the daemon up for at most the start grace.
        pub daemonize: bool = false;
        /// The checks that restart the process.
        pub rule: Named<Rule>;
    }
}

section! {
    /// A restart rule: a metric, its limit, and how many of the last samples must be over it.
    pub struct Rule {
        /// The metric and its limit.
        pub above: Above;
        /// Time between two samples.
        pub every: Duration, within("10ms", "30d");
        /// How many of the last samples must be over the limit.
        pub over: u32 = 1, within(1, 64);
        /// How many samples are kept.
        pub samples: u32 = 1, within(1, 64);
        /// Whether the processes that the first one forked count too.
        pub include_children: bool = false;
    }
}

choice! {
    /// A metric and the limit that it must not exceed.
    pub enum Above {
        /// Resident memory.
        Memory(BytesRange) = "memory",
        /// CPU time over elapsed time since the last sample; 1 is one core.
        CpuWindow(NumberRange) = "cpu_window",
        /// CPU time over elapsed time since the process started, as `ps` prints it; 1 is one core.
        CpuLife(NumberRange) = "cpu_life",
        /// Requests that hold a slot.
        InFlight(NumberRange) = "in_flight",
        /// Requests that wait for a slot.
        Backlog(NumberRange) = "backlog",
        /// Requests served since the process started.
        RequestsServed(NumberRange) = "requests_served",
        /// Time since the process started.
        Age(TimeRange) = "age",
    }
}

section! {
    /// systemd. The defaults are systemd's own, but for `restart`, whose own default is `no`.
    pub struct Systemd {
        /// Which exits lead to a restart (`Restart=`).
        pub restart: Restart = "on_failure";
        /// From the exit to the start (`RestartSec=`).
        pub restart_sec: Duration = "100ms";
        /// Interval of the start limit (`StartLimitIntervalSec=`).
        pub start_limit_interval: Duration = "10s";
        /// Starts allowed in that interval; one more and the unit has failed for good
        /// (`StartLimitBurst=`).
        pub start_limit_burst: u32 = 5, within(1, 1000000);
        /// From the stop signal to the kill (`TimeoutStopSec=`).
        pub timeout_stop: Duration = "90s";
        /// The kernel kills the process when it needs more (`MemoryMax=`).
        pub memory_max: Option<Bytes>;
        /// The process is ended at that age (`RuntimeMaxSec=`).
        pub runtime_max: Option<Duration>;
    }
}

choice! {
    /// Which exits lead to a restart.
    pub enum Restart {
        /// None.
        No = "no",
        /// Failures: a non-zero exit, a signal, an out-of-memory kill.
        OnFailure = "on_failure",
        /// All.
        Always = "always",
    }
}
