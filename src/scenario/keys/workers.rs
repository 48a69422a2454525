//! The workers of a process, and when they are replaced.

use super::quantity::{BytesRange, Dist, NumberRange};
use crate::scenario::text::{Bytes, Duration, choice, section};

section! {
    /// Workers that the process, their master, forks, and when one of them is replaced by a fresh
    /// one. They share out the slots among them equally. The master listens: while workers are
    /// away, requests wait in its backlog. A health check that waits with the requests takes a slot
    /// of a worker as those do. A worker boots for at least 10 ms.
    pub struct Workers {
        /// The product whose defaults the other keys here have.
        pub product: WorkersProduct = "none";
        /// How many there are; `process.slots` must be a multiple of it.
        pub count: u32, within(1, 1024);
        /// From its fork until a worker serves. The first workers serve with their process, after
        /// `process.boot`.
        pub boot: Dist = "1s";
        /// Whether the master has loaded the application, so that every worker is what the master
        /// was started with. If not, each loads what is on the disk when it is forked: so a hot
        /// deploy reaches the workers one by one as they are replaced.
        pub preload: bool = false;
        /// What happens where a worker cannot load what is on the disk.
        pub failed_boot: FailedBoot = "again";
        /// Which of the free workers takes the next request.
        pub accept: Accept = "longest_idle";
        /// Memory of a worker after its fork, on top of the process's own, which is the master's;
        /// drawn for every worker. What requests leave behind is their worker's and goes with it.
        pub memory: BytesRange = "0 B";
        /// Requests that the workers which run at the start have served by then; drawn for each.
        pub served_at_start: NumberRange = 0;
        /// A worker leaves after so many requests.
        pub max_requests: Option<MaxRequests>;
        /// A worker leaves when it keeps more memory than this after a request.
        pub memory_limit: Option<MemoryLimit>;
        /// A worker that has served for less than this leaves for neither.
        pub min_life: Duration = "0s";
        /// The largest worker has to leave when all together need too much, as with
        /// puma_worker_killer.
        pub killer: Option<Killer>;
        /// All workers have to leave, one after the other, every so often, as with
        /// puma_worker_killer's rolling restart.
        pub rolling: Option<RollingWorkers>;
        /// A worker that has held a request for longer is killed.
        pub timeout: Option<WorkerTimeout>;
        /// How long a worker that leaves has to finish what it holds; then it is killed.
        pub finish: Duration = "30s";
    }
}

choice! {
    /// A server with workers.
    pub enum WorkersProduct {
        /// None: the defaults are those written here.
        None = "none",
        /// unicorn: a worker that takes 60 s for a request is killed at about once; the application
        /// is loaded by the workers.
        Unicorn = "unicorn",
        /// unicorn with unicorn-worker-killer: a worker also leaves after 3072 to 4096 requests, or
        /// with more than 1 to 2 GiB, looked at every 16 requests.
        UnicornWorkerKiller = "unicorn_worker_killer",
        /// puma in cluster mode: the application is preloaded. Its `worker_timeout` finds workers
        /// that stand still, not long requests, so there is no `timeout` here.
        Puma = "puma",
        /// puma with puma_worker_killer: every 10 s the largest worker has to leave if master and
        /// workers exceed 99 % of 512 MB.
        PumaWorkerKiller = "puma_worker_killer",
        /// gunicorn: a worker that takes 30 s for a request is killed within a second; the
        /// application is loaded by the workers, and where one cannot, the master ends. That
        /// time-out is the sync worker's; with several slots a worker set it to `584d`.
        Gunicorn = "gunicorn",
        /// uWSGI: the application is preloaded, a worker has 60 s to finish (its mercy), and leaves
        /// for nothing in its first 10 s.
        Uwsgi = "uwsgi",
        /// Apache with children that the parent forks (`MaxConnectionsPerChild` is
        /// `max_requests`, off).
        Apache = "apache",
    }
}

choice! {
    /// What happens where a worker cannot load what is on the disk.
    pub enum FailedBoot {
        /// It is started again and again, each time after the release's `fails_after`. With all
        /// workers in that loop the process listens and never answers, until what is on the disk
        /// is valid.
        Again = "again",
        /// The process ends with an error.
        EndsProcess = "ends_process",
    }
}

choice! {
    /// Which of the free workers takes the next request.
    pub enum Accept {
        /// The one that has been idle for longest, as where workers block in `accept`: they take
        /// turns.
        LongestIdle = "longest_idle",
        /// The one that became idle last, as where they wait with `epoll`: a few serve nearly all.
        LastIdle = "last_idle",
    }
}

section! {
    /// After how many requests a worker leaves.
    pub struct MaxRequests {
        /// So many,
        pub count: u32, within(1, 1000000000);
        /// and up to so many more, drawn for every worker (gunicorn's `max_requests_jitter`),
        pub jitter: u32 = 0;
        /// and so many more for each worker before it (uWSGI's `max-requests-delta`).
        pub stagger: u32 = 0;
    }
}

section! {
    /// How much memory a worker may keep.
    pub struct MemoryLimit {
        /// The limit; drawn for every worker.
        pub above: BytesRange;
        /// After how many requests it looks.
        pub check_every: u32 = 1, within(1, 1000000);
    }
}

section! {
    /// Who tells the largest worker to leave.
    pub struct Killer {
        /// Master and workers together need more than this.
        pub above: Bytes;
        /// From one look to the next; at each one worker at most has to leave.
        pub every: Duration = "10s", within("10ms", "30d");
    }
}

section! {
    /// Replacing all workers in turn. The defaults are puma_worker_killer's.
    pub struct RollingWorkers {
        /// From one round to the next,
        pub every: Duration = "6h", within("1s", "3660d");
        /// and up to so much more, drawn for every round.
        pub extra: Duration = "300s";
        /// From one worker to the next.
        pub pause: Duration = "60s", within("10ms", "1d");
    }
}

section! {
    /// How long a worker may take for a request.
    pub struct WorkerTimeout {
        /// So long.
        pub after: Duration;
        /// From one look of the master to the next.
        pub look: Duration = "1s", within("10ms", "1h");
    }
}
