//! How releases are brought to the nodes.

use crate::scenario::text::{At, Duration, Name, Share, Timestamp, choice, section};

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
