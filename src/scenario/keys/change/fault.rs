//! What breaks, and what is taken away on purpose.

use crate::scenario::keys::quantity::Dist;
use crate::scenario::text::{At, Bytes, Duration, Share, Timestamp, choice, section};

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
