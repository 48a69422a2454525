//! What starts and restarts processes.

use crate::scenario::keys::quantity::{BytesRange, NumberRange, TimeRange};
use crate::scenario::text::{Bytes, Duration, Named, Share, choice, section};

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
        /// monit: looks once a cycle, restarts by rules, waits for every start.
        Monit(Monit) = "monit",
        /// supervisord: restarts on exit, and gives a process up that does not live long enough.
        Supervisord(Supervisord) = "supervisord",
        /// runit, and s6: a start a second at most, for ever.
        Runit = "runit",
        /// Docker: restarts on exit after a delay that doubles.
        Docker(Docker) = "docker",
        /// Kubernetes: restarts on exit with a back-off, and on failed liveness probes.
        Kubernetes(Kubernetes) = "kubernetes",
    }
}

section! {
    /// monit. The defaults are those of version 5.33 where it has any.
    pub struct Monit {
        /// From the end of one cycle to the next (`set daemon`).
        pub cycle: Duration = "30s", within("100ms", "1h");
        /// How long a start may take; one that fails takes all of it.
        pub start_timeout: Duration = "30s";
        /// It leaves the process alone after too many restarts.
        pub gives_up: Option<GivesUp>;
        /// The tests that restart the process, looked at once a cycle.
        pub rule: Named<MonitRule>;
    }
}

section! {
    /// `if N restarts within M cycles then unmonitor`.
    pub struct GivesUp {
        /// Restarts.
        pub restarts: u32, within(1, 1000);
        /// Cycles.
        pub cycles: u32, within(1, 1000);
    }
}

section! {
    /// A test of monit: a metric, its limit, and how many of the last cycles must be over it.
    pub struct MonitRule {
        /// The metric and its limit.
        pub above: Above;
        /// How many of the last cycles must be over the limit.
        pub over: u32 = 1, within(1, 64);
        /// How many cycles are looked back.
        pub samples: u32 = 1, within(1, 64);
    }
}

section! {
    /// supervisord. The defaults are its own.
    pub struct Supervisord {
        /// After which exits the process is started again.
        pub autorestart: Autorestart = "unexpected";
        /// A process that lives for less has failed to start.
        pub startsecs: Duration = "1s";
        /// How often a start that failed is tried again.
        pub startretries: u32 = 3, within(0, 1000000);
        /// From one look to the next.
        pub poll: Duration = "1s", within("1ms", "1min");
        /// How often another event, such as the end of the process's output, wakes it at the time
        /// of an exit, so that its next look comes 10 ms later. It was seen in one to two of five
        /// kills.
        pub woken: Share = "0%";
        /// From the stop signal to the kill.
        pub stopwaitsecs: Duration = "10s";
    }
}

choice! {
    /// After which exits supervisord starts a process again.
    pub enum Autorestart {
        /// None.
        Never = "never",
        /// Failures.
        Unexpected = "unexpected",
        /// All.
        Always = "always",
    }
}

section! {
    /// Docker.
    pub struct Docker {
        /// The restart policy. Docker's own default is `no`.
        pub restart: DockerRestart = "always";
        /// From the stop signal to the kill.
        pub stop_timeout: Duration = "10s";
        /// The kernel kills the process when it needs more.
        pub memory_max: Option<Bytes>;
    }
}

choice! {
    /// Docker's restart policies.
    pub enum DockerRestart {
        /// Never.
        No = "no",
        /// After failures.
        OnFailure = "on_failure",
        /// After so many failures in a row at most.
        AtMost(u32) = "at_most",
        /// Always; `unless-stopped` too.
        Always = "always",
    }
}

section! {
    /// Kubernetes. The defaults are those of the kubelet.
    pub struct Kubernetes {
        /// First back-off after a crash; the first restart comes at once.
        pub backoff: Duration = "10s";
        /// Longest back-off.
        pub backoff_max: Duration = "300s";
        /// A process that ran for longer begins with the first back-off again.
        pub backoff_reset: Duration = "600s";
        /// From the stop signal to the kill (`terminationGracePeriodSeconds`).
        pub grace: Duration = "30s";
        /// The kernel kills the process when it needs more (`resources.limits.memory`).
        pub memory_max: Option<Bytes>;
        /// The liveness probe.
        pub liveness: Option<Liveness>;
    }
}

section! {
    /// A liveness probe: a request that takes its turn with the others; the process is restarted
    /// when it fails too often in a row.
    pub struct Liveness {
        /// `periodSeconds`.
        pub period: Duration = "10s", within("1s", "1h");
        /// `timeoutSeconds`.
        pub timeout: Duration = "1s", within("1ms", "1h");
        /// `failureThreshold`.
        pub failures: u32 = 3, within(1, 1000);
        /// `initialDelaySeconds`.
        pub delay: Duration = "0s";
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
        /// Leaving a process alone that is started too often (`:flapping`). bluepill's own values
        /// can never come about with graces of three seconds.
        pub flapping: Option<Flapping>;
        /// The checks that restart the process.
        pub rule: Named<Rule>;
    }
}

section! {
    /// bluepill's trigger for a process that flaps. A start by hand does not count.
    pub struct Flapping {
        /// So many starts and restarts; the last of them does not happen.
        pub times: u32 = 5, within(1, 1000);
        /// Within this time.
        pub within: Duration = "1s";
        /// When, with the tick that follows, the process is started instead, alive or not; never if
        /// zero.
        pub retry_in: Duration = "5s";
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
        /// Whether the start command must return and leave the process behind (`Type=`).
        pub r#type: UnitType = "simple";
        /// How long a start may take, where there is something to wait for (`TimeoutStartSec=`).
        pub timeout_start: Duration = "90s";
        /// From the exit to the start (`RestartSec=`).
        pub restart_sec: Duration = "100ms";
        /// In how many restarts that delay grows to `restart_max_delay`, by the same factor each
        /// time (`RestartSteps=`, version 254 and later). The restarts are counted from the last
        /// start by hand; how long the process ran in between does not matter.
        pub restart_steps: Option<u32>, within(1, 1000000);
        /// What it grows to (`RestartMaxDelaySec=`).
        pub restart_max_delay: Option<Duration>;
        /// Interval of the start limit (`StartLimitIntervalSec=`).
        pub start_limit_interval: Duration = "10s";
        /// Starts allowed in that interval; one more and the unit has failed for good
        /// (`StartLimitBurst=`).
        pub start_limit_burst: u32 = 5, within(1, 1000000);
        /// From the stop signal to the kill (`TimeoutStopSec=`).
        pub timeout_stop: Duration = "90s";
        /// The kernel kills the process when it needs more (`MemoryMax=`).
        pub memory_max: Option<Bytes>;
        /// The process slows down when it needs more (`MemoryHigh=`): how much is assumed to be
        /// `nodes.thrash_speed`, for the whole node.
        pub memory_high: Option<Bytes>;
        /// The process is ended at that age (`RuntimeMaxSec=`).
        pub runtime_max: Option<Duration>;
        /// Up to so much is added to that age, drawn for every process
        /// (`RuntimeRandomizedExtraSec=`).
        pub runtime_extra: Duration = "0s";
        /// A process that gives no sign of life for so long is aborted (`WatchdogSec=`). It is
        /// assumed to give one at the start and every half of that time, as it is advised to do,
        /// until it stands still, or until all its workers fail.
        pub watchdog: Option<Duration>, within("1ms", "30d");
    }
}

choice! {
    /// What systemd waits for at a start.
    pub enum UnitType {
        /// Nothing: the process stays in the foreground.
        Simple = "simple",
        /// The command's return.
        Forking = "forking",
        /// The process's word that it is ready. One that does not give it within `timeout_start` is
        /// killed: a boot that takes too long, `when_invalid = "hangs"`, and, although it serves,
        /// `"stays_in_foreground"`, which here stands for a server that does not know of that word.
        /// One that `"daemonizes"` ends before it, which is a failure.
        Notify = "notify",
    }
}

choice! {
    /// Which exits lead to a restart.
    pub enum Restart {
        /// None.
        No = "no",
        /// Clean exits.
        OnSuccess = "on_success",
        /// Failures: a non-zero exit, a signal, a time-out, an out-of-memory kill.
        OnFailure = "on_failure",
        /// Failures but for a non-zero exit.
        OnAbnormal = "on_abnormal",
        /// Signals that did not ask it to end.
        OnAbort = "on_abort",
        /// The watchdog's abort.
        OnWatchdog = "on_watchdog",
        /// All.
        Always = "always",
    }
}
