//! Releases, deploys, people and protections.

use super::quantity::Dist;
use crate::scenario::text::{At, Bytes, Duration, Name, Named, Share, Timestamp, choice, section};

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
    /// A change of the release.
    pub struct Deploy {
        /// When.
        pub at: At<Timestamp>;
        /// Which release.
        pub release: At<Name>;
        /// How.
        pub method: Method = "hot";
        /// A comparison of the environments before testing begins.
        pub comparison: Option<Comparison>;
    }
}

section! {
    /// Something that breaks from outside.
    pub struct Fault {
        /// When.
        pub at: At<Timestamp>;
        /// Whether it happens again.
        pub again: Again = "never";
        /// What.
        pub kind: FaultKind;
    }
}

choice! {
    /// Whether a fault happens again.
    pub enum Again {
        /// No.
        Never = "never",
        /// Every so often.
        Every(At<Duration>) = "every",
        /// At random times, with this mean from one to the next.
        Random(At<Duration>) = "random",
    }
}

choice! {
    /// What breaks.
    pub enum FaultKind {
        /// Processes are killed at once, as by `kill -9`: what they have in hand is lost, and their
        /// supervisors find out as they do.
        CrashProcess(CrashProcess) = "crash_process",
        /// Machines are gone at once, with their processes and supervisors. Nothing answers what is
        /// sent to them, health checks too, until they are back.
        CrashNode(CrashNode) = "crash_node",
        /// Processes stand still, as after `kill -STOP`: their sockets accept connections until the
        /// backlog is full, and nothing is answered. It ends with the process, if not before.
        Hang(Hang) = "hang",
        /// Cores are slower.
        Slow(Slow) = "slow",
        /// Processes need more memory with every second; a fresh one begins anew.
        Leak(Leak) = "leak",
        /// The way from the balancers to nodes drops connections, or delays them.
        Link(Link) = "link",
        /// Health checks of nodes have a result that is not theirs.
        Lie(Lie) = "lie",
    }
}

choice! {
    /// How a fault ends that does not end at once.
    pub enum Lasting {
        /// Never.
        Never = "never",
        /// After so long, drawn for every node.
        After(Dist) = "after",
        /// When people fix the node.
        Repair = "repair",
    }
}

section! {
    /// Processes that stand still.
    pub struct Hang {
        /// On which nodes.
        pub nodes: Hit = "all";
        /// How it ends.
        pub lasting: Lasting;
    }
}

section! {
    /// Cores that are slower.
    pub struct Slow {
        /// On which nodes.
        pub nodes: Hit = "all";
        /// How it ends.
        pub lasting: Lasting;
        /// Speed, relative to the normal one.
        pub speed: f64, within(0.001, 16);
    }
}

section! {
    /// Processes that need more and more memory.
    pub struct Leak {
        /// On which nodes.
        pub nodes: Hit = "all";
        /// How it ends.
        pub lasting: Lasting;
        /// How much more in every second.
        pub per_second: Bytes;
    }
}

section! {
    /// A way that drops or delays.
    pub struct Link {
        /// To which nodes.
        pub nodes: Hit = "all";
        /// How it ends.
        pub lasting: Lasting;
        /// Share of the connections that nothing answers.
        pub drops: Share = "0%";
        /// By how much an attempt reaches its node later.
        pub delay: Duration = "0s";
    }
}

section! {
    /// Health checks that lie.
    pub struct Lie {
        /// Of which nodes.
        pub nodes: Hit = "all";
        /// How it ends.
        pub lasting: Lasting;
        /// Whether they pass.
        pub passes: bool;
    }
}

section! {
    /// Processes that are killed at once.
    pub struct CrashProcess {
        /// On which nodes.
        pub nodes: Hit = "all";
    }
}

section! {
    /// Machines that are gone at once.
    pub struct CrashNode {
        /// Which nodes.
        pub nodes: Hit;
        /// When they are there again.
        pub back: Back = "never";
    }
}

choice! {
    /// When a machine that has crashed is there again.
    pub enum Back {
        /// Never: it is lost for good.
        Never = "never",
        /// So long after the crash it has booted, and its process is given the start command.
        After(At<Duration>) = "after",
        /// When people fix the node.
        Repair = "repair",
    }
}

choice! {
    /// Nodes that a fault hits, all at the same time.
    pub enum Hit {
        /// Every node.
        All = "all",
        /// So many, drawn at random from those that exist then.
        Count(At<u32>) = "count",
        /// This share of those that exist then, drawn at random, at least one.
        Share(Share) = "share",
    }
}

choice! {
    /// How a release is brought to the nodes.
    pub enum Method {
        /// The files change on every node and no process is touched: a configuration that is
        /// invalid stays unnoticed until something restarts a process.
        Hot = "hot",
        /// The files change and every process is restarted at the same time: no capacity is left
        /// until they are back, and nothing stops it.
        AtOnce = "at_once",
        /// Node by node, or batch by batch, files and a restart, each when the one before is
        /// healthy; stops at the first failure, or after some.
        Rolling(Rolling) = "rolling",
        /// Some nodes first, which are compared with the rest for a while; then the rest, or back.
        Canary(Canary) = "canary",
        /// The files change and processes read them without going down.
        Reload(Reloading) = "reload",
        /// As a Deployment of Kubernetes does it: new pods beside the old ones, within limits.
        Kubernetes(Pods) = "kubernetes",
    }
}

impl Method {
    /// Whether balancers must stop sending to nodes before their restart.
    pub fn drains(&self) -> bool {
        let rolling = match self {
            Method::Rolling(rolling) => rolling,
            Method::Canary(Canary { then: Then::Rolling(rolling), .. }) => rolling,
            Method::Hot
            | Method::AtOnce
            | Method::Canary(_)
            | Method::Reload(_)
            | Method::Kubernetes(_) => return false,
        };
        rolling.drain > Duration::from_nanos(0)
    }
}

section! {
    /// A rolling deploy.
    pub struct Rolling {
        /// How many nodes are restarted together; the next batch follows when all of them are
        /// healthy or have failed.
        pub at_a_time: u32 = 1, within(1, 4096);
        /// Failures after which it stops: a start that fails, a node that is not healthy in time, a
        /// check that finds something.
        pub stop_after: u32 = 1, within(1, 4096);
        /// How long a node must have been healthy, without a break, to count as that.
        pub min_ready: Duration = "0s";
        /// How long a node may take, before its restart, to finish what it has while balancers
        /// send it nothing new.
        pub drain: Duration = "0s";
        /// From a healthy node to the next restart.
        pub pause: Duration = "30s";
        /// How long a node may take to become healthy.
        pub patience: Duration = "5min";
    }
}

section! {
    /// A canary deploy. Over the bake time the canaries are compared with all other nodes; what
    /// fails on them while they start stops the deploy too.
    pub struct Canary {
        /// Which nodes get the release first.
        pub nodes: Canaries = { share = "10%" };
        /// How they get it. By files alone no process is touched: what a restart would show stays
        /// unseen, unless something restarts a canary during the bake time.
        pub by: CanaryBy = "restart";
        /// How long a canary may take to become healthy after its restart.
        pub patience: Duration = "5min";
        /// From when all of them are healthy to the verdict.
        pub bake: Duration = "10min", within("1s", "30d");
        /// What is compared. If it is worse than this the canaries go back to what they had, by a
        /// restart where a process has the release or none serves, and people are called.
        pub compare: Compare = {};
        /// How the others get the release if it is not.
        pub then: Then = "hot";
    }
}

choice! {
    /// Which nodes are canaries.
    pub enum Canaries {
        /// This share of those that are there, at least one and not all, drawn at random.
        Share(Share) = "share",
        /// So many of them, drawn at random.
        Count(At<u32>) = "count",
        /// These: `node-1` and so on.
        Named(Vec<At<Name>>) = "named",
    }
}

choice! {
    /// How canaries get a release.
    pub enum CanaryBy {
        /// Their files change and they are restarted, all at the same time.
        Restart = "restart",
        /// Their files change.
        Files = "files",
    }
}

section! {
    /// What is compared between canaries and the rest over the bake time, and how much worse the
    /// canaries may be. Requests are compared where both have had enough of them; a verdict without
    /// enough of them rests on nodes and restarts alone.
    pub struct Compare {
        /// Attempts on either side below which their failures and latencies are not compared.
        pub requests: u64 = 100;
        /// How much larger the share of the attempts may be that fail: refused, reset, shed, not
        /// answered, or given up by their clients.
        pub failed: Share = "1%";
        /// Factor by which the mean time from an attempt's acceptance to its answer may be larger.
        pub latency: f64 = 1.5, within(1, 1000000);
        /// How many more restarts there may be a node.
        pub restarts: f64 = 1, within(0, 1000000);
        /// How many canaries may have been lost.
        pub lost: u32 = 0;
    }
}

choice! {
    /// How the nodes that are no canaries get a release.
    pub enum Then {
        /// Their files change.
        Hot = "hot",
        /// Their files change and they are restarted at the same time.
        AtOnce = "at_once",
        /// Batch by batch.
        Rolling(Rolling) = "rolling",
    }
}

section! {
    /// A deploy by reload: each process reads its new configuration, keeps its age and its memory,
    /// and goes on with the requests that it has. What only concerns a start (the foreground, the
    /// file with the number) does no harm then; the next restart finds it on the disk.
    pub struct Reloading {
        /// What a process does with a configuration with which a start would exit or hang.
        pub when_invalid: ReloadInvalid = "keeps";
        /// How many nodes are told together; all without it.
        pub at_a_time: Option<u32>, within(1, 4096);
        /// Failures after which it stops: a check that finds something, a process that is not
        /// there, and one that a reload has ended or made hang. One that keeps its configuration
        /// says nothing.
        pub stop_after: u32 = 1, within(1, 4096);
        /// From one node, or batch, to the next.
        pub pause: Duration = "30s";
        /// How long a node may take to be healthy after it.
        pub patience: Duration = "5min";
    }
}

section! {
    /// A rollout of Kubernetes. Pods are nodes: a new pod takes the place of an old one that was
    /// deleted, once that is gone, or joins as a node of its own as far as the surge goes; as many
    /// old ones leave in the end. Old pods that are not ready are deleted first. A release that
    /// does not become ready stalls the rollout, which goes on trying; nothing rolls back. People
    /// who fix its nodes end it, and what is too many of them leaves.
    ///
    /// It needs `supervisor.kubernetes`, which begins with each new pod anew, and `balancer.health`
    /// for the readiness probe: a pod is ready while a balancer believes it up, a new one begins as
    /// one that is not, and one that is deleted gets nothing more from that moment on. The rollout
    /// looks at its pods once a second.
    pub struct Pods {
        /// How many pods there may be beside those wanted (`maxSurge`); a share is rounded up.
        pub max_surge: Amount = "25%";
        /// How many of those wanted may be missing (`maxUnavailable`); a share is rounded down.
        pub max_unavailable: Amount = "25%";
        /// How long a new pod must have been ready to count as available (`minReadySeconds`).
        pub min_ready: Duration = "0s";
        /// After so long without progress that is reported, and people are called if
        /// `people.alert.rollout_stopped` (`progressDeadlineSeconds`).
        pub progress_deadline: Duration = "10min", within("1s", "30d");
    }
}

choice! {
    /// A number of nodes, or a share of them.
    pub enum Amount shorthand Share {
        /// This share.
        Share(Share) = "share",
        /// So many.
        Count(u32) = "count",
    }
}

section! {
    /// A planned event that empties machines, one after the other: what runs on one is told to
    /// stop, and gets no more requests from that moment on; when the machine, or another in its
    /// place, is there, it starts anew and the next one's turn comes.
    pub struct Maintenance {
        /// When it begins.
        pub at: At<Timestamp>;
        /// Which nodes.
        pub nodes: Hit = "all";
        /// How long each is away.
        pub away: Dist = "1min";
        /// How soon it tries again where `protections.disruption_budget` does not allow it.
        pub retry: Duration = "5s", within("1s", "1d");
    }
}

choice! {
    /// What a process does that is told to read an invalid configuration.
    pub enum ReloadInvalid {
        /// It keeps the one that it has and serves on: nginx, HAProxy with a master, unicorn with
        /// an error in its own configuration.
        Keeps = "keeps",
        /// It exits, and drops what it has in hand: gunicorn, Apache told by a bare signal.
        Exits = "exits",
        /// Its workers finish what they have, and new ones crash as soon as they start: it listens
        /// and never answers. unicorn without `preload_app`, with an application that fails.
        Hangs = "hangs",
    }
}

section! {
    /// Comparing the configuration of the release's environment with that of production.
    pub struct Comparison {
        /// Probability that a difference which matters is found.
        pub finds: Share;
        /// The release that is deployed if it is found.
        pub corrected: At<Name>;
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

section! {
    /// What protects the fleet from its own restarts.
    pub struct Protections {
        /// A check of the configuration on the node before a rule's restart stops the process; if
        /// it finds a fault the process serves on, over its limit, and people are called.
        pub config_check: Option<ConfigCheck>;
        /// Checks of the configuration at other places, and for other kinds of faults.
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

section! {
    /// A check of the configuration before a restart. It sees what makes a start exit, and nothing
    /// of what goes wrong with a process that lives (`when_invalid`).
    pub struct ConfigCheck {
        /// Probability that an invalid configuration is found.
        pub finds: Share = "100%";
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
        /// process serves on, and the files stay as they are. It says more than `config_check`, of
        /// which there is none beside it.
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
