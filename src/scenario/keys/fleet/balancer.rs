//! What stands in front of the fleet.

use crate::scenario::text::{Duration, Named, Share, choice, section};

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
