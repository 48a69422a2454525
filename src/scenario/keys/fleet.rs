//! Balancers, nodes, processes and supervisors.

use super::quantity::{BytesRange, Dist, NumberRange, TimeRange};
use super::workers::Workers;
use crate::scenario::text::{Bytes, Duration, Named, Share, Timestamp, choice, section};

section! {
    /// What stands in front of the fleet.
    pub struct Balancer {
        /// The product whose defaults the other keys here have.
        pub product: Product = "none";
        /// How many balancers there are; each checks every node itself and has its own view. The
        /// n-th request of a source goes to the balancer whose turn it is.
        pub instances: u32 = 1, within(1, 16);
        /// How a node is picked.
        pub policy: Policy = "round_robin";
        /// How often an attempt that a node refuses is handed on to another node, at once.
        pub redispatch: u32 = 0, within(0, 7);
        /// How often it is then tried again on the same node, each time after `retry_pause`.
        pub retries: u32 = 0, within(0, 100);
        /// The pause before that.
        pub retry_pause: Duration = "1s";
        /// How long a node may take to accept a connection before that counts as a refusal.
        pub connect_timeout: Duration = "5s", within("1ms", "1h");
        /// How long a node may take to answer an attempt that it, or the socket of its host, has
        /// accepted; without it only the client's patience ends.
        pub response_timeout: Option<Duration>;
        /// Weights of nodes by name; all others have 1.
        pub weights: Named<f64>;
        /// How long a node that came up takes to get its full share: linear, from a tenth of it.
        pub slow_start: Duration = "0s";
        /// Whether `node_limit` grows along with that share from one attempt on, as HAProxy's
        /// `maxconn` does. HAProxy has that: `product = "haproxy"` sets it.
        pub slow_start_limits: bool = false;
        /// Below this share of usable nodes all of them get attempts, healthy or not.
        pub panic_below: Share = "0%";
        /// The most attempts that a node has from one balancer at a time.
        pub node_limit: Option<u32>, within(1, 1000000);
        /// Where attempts wait while every usable node is at its limit; without it they fail.
        pub queue: Option<Queue>;
        /// Taking nodes out because attempts on them fail, without any check.
        pub ejection: Ejection = "none";
        /// What happens while no node is up.
        pub none_up: NoneUp = "fail";
        /// What becomes of the share of a node that is down.
        pub lost_share: LostShare = "moved";
        /// How a balancer finds out whether a node is up.
        pub health: Health = "none";
    }
}

choice! {
    /// A product.
    pub enum Product {
        /// None: the defaults are those written here.
        None = "none",
        /// HAProxy 2.6 with `check`: a connection is tried three more times, a second apart, on the
        /// same server; connecting to it is the check, every 2 s; 5 s for `timeout connect`, which
        /// it leaves to the operator.
        Haproxy = "haproxy",
        /// nginx, open source: a failure sends the attempt to the other servers, and takes a server
        /// out for 10 s; time-outs of 60 s.
        Nginx = "nginx",
        /// Envoy: no retries, 15 s to answer, everybody gets requests once less than half is
        /// healthy.
        Envoy = "envoy",
        /// The Application Load Balancer of AWS: checks every 30 s, out after 2, back after 5; all
        /// targets if none is healthy.
        Alb = "alb",
        /// A Service of Kubernetes: any pod that is ready, at random; the readiness probe, every
        /// 10 s, is answered within 1 s, and three failures take a pod out. Without a ready pod
        /// connections are refused.
        Kubernetes = "kubernetes",
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
        /// Of two drawn at random, the one with fewer unanswered attempts.
        PowerOfTwo = "power_of_two",
        /// Of two drawn at random, the one with the lower product of latency and unanswered
        /// attempts. The latency is an exponentially weighted mean that jumps to peaks, as in
        /// Finagle, whose decay this is; a node that never answered gets one attempt, and others
        /// when it has.
        Latency(Latency) = "latency",
    }
}

section! {
    /// A mean latency.
    pub struct Latency {
        /// How long it takes to forget all but 1/e of a latency.
        pub decay: Duration = "10s", within("1ms", "1h");
    }
}

section! {
    /// A queue of one balancer, first come first served.
    pub struct Queue {
        /// How many attempts may wait; more fail.
        pub most: u32 = 1000000, within(1, 1000000);
        /// How long an attempt may wait.
        pub timeout: Duration = "5s";
    }
}

choice! {
    /// Taking nodes out because attempts on them fail: connections that are refused or not
    /// accepted in time, processes that die, answers that do not come within `response_timeout`.
    pub enum Ejection {
        /// Nodes stay.
        None = "none",
        /// As nginx does, whose values these are: after so many failures a node gets nothing for a
        /// while; then one attempt is let through, and decides. The only node stays.
        MaxFails(MaxFails) = "max_fails",
        /// As Envoy's outlier detection does, whose values these are.
        Consecutive(Consecutive) = "consecutive",
    }
}

section! {
    /// nginx's `max_fails` and `fail_timeout`.
    pub struct MaxFails {
        /// Failures that take a node out.
        pub fails: u32 = 1, within(1, 1000);
        /// For how long.
        pub timeout: Duration = "10s";
    }
}

section! {
    /// Envoy's ejection after consecutive errors.
    pub struct Consecutive {
        /// Failures in a row that take a node out.
        pub errors: u32 = 5, within(1, 1000);
        /// For how long the first time; twice, three times as long and so on if it happens again.
        pub base: Duration = "30s";
        /// For how long at most.
        pub longest: Duration = "300s";
        /// The greatest share of nodes that are out at a time; one always may.
        pub most: Share = "10%";
        /// How often it is looked which nodes may come back.
        pub interval: Duration = "10s", within("1ms", "1h");
        /// Taking out as often nodes that succeed more rarely than the others. Envoy does so unless
        /// it is told not to.
        pub success_rate: Option<SuccessRate>;
    }
}

section! {
    /// Envoy's ejection by success rate: at the end of every `interval` a node goes whose share of
    /// successes in it is too far below the mean of the nodes with enough attempts.
    pub struct SuccessRate {
        /// How many nodes must have had enough attempts.
        pub nodes: u32 = 5, within(2, 4096);
        /// How many attempts in an interval are enough.
        pub volume: u32 = 100, within(1, 1000000000);
        /// How many standard deviations below the mean is too far.
        pub deviations: f64 = 1.9, within(0, 1000);
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
        /// The same after a check whose result is not the node's mark, while it is on its way up or
        /// down, and after errors that `observe` counts (HAProxy's `fastinter`). Without it
        /// `interval`.
        pub fast_interval: Option<Duration>, within("10ms", "1h");
        /// The same while the node is down (HAProxy's `downinter`). Without it `interval`.
        pub down_interval: Option<Duration>, within("10ms", "1h");
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
        /// Whether errors of ordinary attempts count beside checks.
        pub observe: Observe = "none";
        /// What becomes of the attempts that a balancer has on a node which it marks down.
        pub on_marked_down: OnMarkedDown = "keep";
    }
}

choice! {
    /// Errors of ordinary attempts that count beside checks, as with HAProxy's `observe`.
    pub enum Observe {
        /// None.
        None = "none",
        /// Connections that are refused or not accepted in time.
        Layer4(Errors) = "layer4",
        /// Answers that are errors, are lost with their process, or do not come within
        /// `balancer.response_timeout`.
        Layer7(Errors) = "layer7",
    }
}

section! {
    /// When they count, and for what. The defaults are HAProxy's.
    pub struct Errors {
        /// How many in a row; an answer begins the row anew (`error-limit`).
        pub limit: u32 = 10, within(1, 1000000);
        /// What they lead to; all of it makes the next check come after `fast_interval` at most
        /// (`on-error`).
        pub on_error: OnError = "fail_check";
    }
}

choice! {
    /// What errors of ordinary attempts lead to.
    pub enum OnError {
        /// The next check comes soon, and nothing else.
        FastInterval = "fastinter",
        /// They are a check that failed.
        FailCheck = "fail_check",
        /// One more failed check takes the node down.
        SuddenDeath = "sudden_death",
        /// The node is down.
        MarkDown = "mark_down",
    }
}

choice! {
    /// What becomes of the attempts on a node that is marked down.
    pub enum OnMarkedDown {
        /// They go on.
        Keep = "keep",
        /// They fail at once, as lost with their process (HAProxy's `on-marked-down
        /// shutdown-sessions`). The node goes on with them unless it notices.
        ShutdownSessions = "shutdown_sessions",
    }
}

choice! {
    /// How health checks are answered.
    pub enum CheckPath {
        /// They wait for a slot as requests do.
        Queued = "queued",
        /// A path of their own answers at once while the process serves, and not while it stands
        /// still.
        Separate = "separate",
        /// They only connect: whatever accepts connections passes, even if nobody answers.
        Connect = "connect",
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
        /// Requests that may wait for a slot.
        pub backlog: u32 = 1024, within(0, 1000000);
        /// What happens to more than that.
        pub when_full: WhenFull = "refused";
        /// Whose the listening socket is.
        pub socket: Socket = "own";
        /// From the start command to serving.
        pub boot: Dist = "5s";
        /// How long a fresh process is slower than later.
        pub cold: Duration = "0s";
        /// Factor on the work of its requests at first; it falls linearly to 1.
        pub cold_factor: f64 = 1, within(1, 100);
        /// What becomes of the requests in hand when it is told to stop.
        pub stop: Stop = "drop";
        /// How long a fresh process tries to get the port while another one on its node has it.
        pub bind_retries: Duration = "2500ms";
        /// Whether a process that was told to stop keeps the port until it is gone, as a server
        /// does whose busy workers hold their sockets.
        pub holds_port: bool = false;
        /// What it does with a request whose client has given up.
        pub abandoned: Abandoned = "served";
        /// Its memory.
        pub memory: Memory = {};
        /// How old the processes are that run at the start.
        pub age_at_start: Duration = "0s";
        /// The workers that it forks; without this section it serves all requests itself.
        pub workers: Option<Workers>;
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
    /// What happens to an attempt for which a process has no place.
    pub enum WhenFull {
        /// It is refused at once, as by a server that answers with an error.
        Refused = "refused",
        /// Nothing answers, as where the kernel drops what its accept queue has no room for: it is
        /// tried again 1, 3, 7 and 15 s later, until `balancer.connect_timeout`.
        Dropped = "dropped",
    }
}

choice! {
    /// Whose the listening socket of a node is.
    pub enum Socket {
        /// The process's: while none serves, connections are refused, and what waits in it is lost
        /// with the process.
        Own = "own",
        /// The host's, as with systemd's socket activation: while no process serves, connections
        /// wait for the next one, and what waits for a slot outlives its process. No process finds
        /// the port taken; of several the youngest takes what comes.
        Inherited = "inherited",
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
