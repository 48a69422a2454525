//! Balancers, nodes, processes and supervisors.

mod balancer;
mod supervisor;

pub use balancer::*;
pub use supervisor::*;

use super::quantity::{BytesRange, Dist};
use super::workers::Workers;
use crate::scenario::text::{At, Bytes, Duration, Named, Timestamp, choice, section};

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
        pub at: At<Timestamp>;
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
