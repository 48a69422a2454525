//! W7: a fleet whose requests compute and wait, on cores that they share, for clients of random
//! patience.
//!
//! Load and fleet are those of W2: Poisson arrivals, 4000 a second, each sent to the node with the
//! fewest connections (the first of those that tie) of 16 nodes with 32 slots and a
//! first-in-first-out backlog of 1024. In its slot an attempt computes for 10 ms, waits for 75 ms
//! and computes for 15 ms, each lognormal with sigma 0.5. A node has 8 cores, and while more than
//! eight attempts compute they share them equally. The client gives an attempt up after a lognormal
//! time with mean 1 s and sigma 0.5 and at once makes another with the same demands, three in all.
//! An abandoned attempt stays at its node and is served all the same. A full backlog refuses an
//! attempt at once, which counts as one of the three.
//!
//! Sharing is done in virtual time: the work that each attempt on a node's cores has received. It
//! grows as all of them are served, so an attempt leaves when it has grown by its demand, whoever
//! comes and goes meanwhile.

use super::{Fates, Heap, Latencies, Levels, Random, SECOND, Ziggurat, fold};

const NODES: usize = 16;
const CORES: usize = 8;
const SLOTS: usize = 32;
const BACKLOG: usize = 1024;
const RATE: f64 = 4000.0;
const COMPUTE_S: [f64; 2] = [0.010, 0.015];
const WAIT_S: f64 = 0.075;
const PATIENCE_S: f64 = 1.0;
const SIGMA: f64 = 0.5;
const ATTEMPTS: u8 = 3;

/// No attempt: the end of a list.
const NONE: u32 = u32::MAX;
/// Bits of a time and a node in one number that hold the node.
const NODE_BITS: u32 = NODES.ilog2();

/// What came of a run.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Outcome {
    /// What became of all of them.
    pub(crate) fates: Fates,
    /// The mean time from arrival to answer of the completed requests, in seconds.
    pub(crate) mean_s: f64,
    /// Its median.
    pub(crate) p50_s: f64,
    /// Its 99 % quantile.
    pub(crate) p99_s: f64,
    /// A digest of every completed request's time in order.
    pub(crate) digest: u64,
}

/// A request: what each of its attempts asks for, in nanoseconds.
#[derive(Clone, Copy)]
struct Request {
    arrived: u64,
    patience: u64,
    wait: u64,
    compute: [f64; 2],
}

/// An attempt at a node.
#[derive(Clone, Copy)]
struct Attempt {
    request: Request,
    /// The next attempt in the node's backlog, or the next free place.
    next: u32,
    /// How many attempts have left this place, which tells them apart in [`Patience`].
    generation: u32,
    node: u8,
    /// Which of the attempts of its request this is, from 1.
    ordinal: u8,
    /// How often it has computed.
    computed: u8,
    abandoned: bool,
}

/// A node: its cores, and its backlog, linked through the attempts.
struct Node {
    /// Who computes, by the bits of the virtual time at which it is done; those of positive
    /// numbers have their order.
    computing: Heap,
    virtual_now: f64,
    last: u64,
    first_waiting: u32,
    last_waiting: u32,
    /// Attempts at the node, in a slot or waiting.
    connections: u32,
}

/// When the next attempt leaves the cores of each node, with the node in the lowest bits, and the
/// earliest of each four.
struct Lanes {
    due: [u64; NODES],
    earliest: [u64; NODES / 4],
}

impl Lanes {
    #[inline(always)]
    fn set(&mut self, node: usize, time: u64) {
        self.due[node] = time << NODE_BITS | node as u64;
        let four = &self.due[node & !3..][..4];
        self.earliest[node / 4] = four[0].min(four[1]).min(four[2].min(four[3]));
    }

    #[inline(always)]
    fn next(&self) -> u64 {
        let [a, b, c, d] = self.earliest;
        a.min(b).min(c.min(d))
    }
}

/// Later than every event, also in a [`Lanes`].
const NEVER: u64 = u64::MAX >> NODE_BITS;

/// Who gives up when. Nearly all attempts have ended by then, so they are put in order only when
/// their bucket is opened, and only those are that are left.
struct Patience {
    buckets: Vec<Vec<Timeout>>,
    /// The first bucket that is not open.
    next: u64,
    /// Those of open buckets, by their places in `open`.
    due: Heap,
    open: Vec<Timeout>,
}

#[derive(Clone, Copy)]
struct Timeout {
    due: u64,
    id: u32,
    generation: u32,
}

impl Patience {
    /// A bucket is 2^24 ns long, 17 ms; all of them together are 17 s.
    const WIDTH_BITS: u32 = 24;
    const BUCKETS: u64 = 1024;

    #[inline(always)]
    fn push(&mut self, timeout: Timeout) {
        let bucket = timeout.due >> Patience::WIDTH_BITS;
        if bucket < self.next {
            return self.push_due(timeout);
        }
        // What lies further ahead stays in the last bucket and is put back when that is opened.
        let bucket = bucket.min(self.next + Patience::BUCKETS - 1);
        self.buckets[(bucket % Patience::BUCKETS) as usize].push(timeout);
    }

    #[cold]
    fn push_due(&mut self, timeout: Timeout) {
        self.due.push(timeout.due, self.open.len() as u32);
        self.open.push(timeout);
    }

    /// When somebody gives up or a bucket must be opened.
    #[inline(always)]
    fn next_time(&self) -> u64 {
        self.due.next_time().min(self.next << Patience::WIDTH_BITS)
    }

    #[inline(never)]
    fn open_next(&mut self, attempts: &[Attempt]) {
        let bucket = (self.next % Patience::BUCKETS) as usize;
        let mut timeouts = std::mem::take(&mut self.buckets[bucket]);
        self.next += 1;
        if self.due.next_time() == u64::MAX {
            self.open.clear();
        }
        for timeout in timeouts.drain(..) {
            if attempts[timeout.id as usize].generation == timeout.generation {
                self.push(timeout);
            }
        }
        // Its memory is used again.
        if self.buckets[bucket].is_empty() {
            self.buckets[bucket] = timeouts;
        }
    }
}

/// Where requests and what they ask for come from.
struct Source {
    random: Random,
    exponential: Ziggurat,
    normal: Ziggurat,
    /// The logarithms of the medians of compute, wait, compute and patience.
    log_medians_ns: [f64; 4],
    gap_ns: f64,
}

impl Source {
    fn new(rate: f64, seed: u64) -> Source {
        let means = [COMPUTE_S[0], WAIT_S, COMPUTE_S[1], PATIENCE_S];
        Source {
            random: Random::new(seed),
            exponential: Ziggurat::exponential(),
            normal: Ziggurat::normal(),
            log_medians_ns: means.map(|mean| libm::log(mean * SECOND) - 0.5 * SIGMA * SIGMA),
            gap_ns: SECOND / rate,
        }
    }

    #[inline(always)]
    fn gap(&mut self) -> u64 {
        (self.exponential.sample_exponential(&mut self.random) * self.gap_ns) as u64
    }

    #[inline(always)]
    fn request(&mut self, arrived: u64) -> Request {
        let [compute, wait, again, patience] = self.log_medians_ns.map(|log_median| {
            libm::exp(log_median + SIGMA * self.normal.sample_normal(&mut self.random))
        });
        let (wait, patience) = (wait as u64, patience as u64);
        Request { arrived, patience, wait, compute: [compute, again] }
    }
}

struct Fleet {
    attempts: Vec<Attempt>,
    free: u32,
    nodes: Vec<Node>,
    /// The work that an attempt gets a nanosecond if so many compute, and its inverse.
    speed: [f64; SLOTS + 1],
    slowdown: [f64; SLOTS + 1],
    levels: Levels,
    lanes: Lanes,
    waits: Heap,
    patience: Patience,
    latencies: Latencies,
    sojourns: u64,
    fates: Fates,
    digest: u64,
}

impl Fleet {
    fn new() -> Fleet {
        let node = |_| Node {
            computing: Heap::new(),
            virtual_now: 0.0,
            last: 0,
            first_waiting: NONE,
            last_waiting: NONE,
            connections: 0,
        };
        let each =
            |n: usize| (CORES as f64 / n.max(CORES) as f64, n.max(CORES) as f64 / CORES as f64);
        Fleet {
            attempts: Vec::new(),
            free: NONE,
            nodes: (0..NODES).map(node).collect(),
            speed: std::array::from_fn(|n| each(n).0),
            slowdown: std::array::from_fn(|n| each(n).1),
            levels: Levels::new(NODES, SLOTS + BACKLOG),
            lanes: Lanes { due: [u64::MAX; NODES], earliest: [u64::MAX; NODES / 4] },
            waits: Heap::new(),
            patience: Patience {
                buckets: vec![Vec::new(); Patience::BUCKETS as usize],
                next: 0,
                due: Heap::new(),
                open: Vec::new(),
            },
            latencies: Latencies::new(),
            sojourns: 0,
            fates: Fates::default(),
            digest: 0,
        }
    }

    /// Sends an attempt, and if that is refused the rest of the request's.
    #[inline(always)]
    fn send(&mut self, now: u64, request: Request, ordinal: u8) {
        if self.levels.are_full() {
            // Every node is full, and stays so however often the client asks at this instant.
            self.fates.refused += u64::from(ATTEMPTS - ordinal + 1);
            self.fates.failed += 1;
            return;
        }
        let index = self.levels.connect();
        let attempt = Attempt {
            request,
            next: NONE,
            generation: 0,
            node: index as u8,
            ordinal,
            computed: 0,
            abandoned: false,
        };
        let mut id = self.free;
        if id == NONE {
            id = self.attempts.len() as u32;
            self.attempts.push(attempt);
        } else {
            let place = &mut self.attempts[id as usize];
            self.free = place.next;
            *place = Attempt { generation: place.generation, ..attempt };
        }
        let generation = self.attempts[id as usize].generation;
        self.patience.push(Timeout { due: now + request.patience, id, generation });

        let node = &mut self.nodes[index];
        node.connections += 1;
        if node.connections as usize <= SLOTS {
            self.compute(now, index, id);
        } else {
            if node.first_waiting == NONE {
                node.first_waiting = id;
            } else {
                self.attempts[node.last_waiting as usize].next = id;
            }
            node.last_waiting = id;
        }
    }

    /// Lets an attempt compute what it needs next.
    #[inline(always)]
    fn compute(&mut self, now: u64, index: usize, id: u32) {
        self.advance(now, index);
        let attempt = &self.attempts[id as usize];
        let work = attempt.request.compute[usize::from(attempt.computed)];
        let node = &mut self.nodes[index];
        node.computing.push((node.virtual_now + work).to_bits(), id);
        self.rearm(index);
    }

    /// Gives everybody on a node's cores the work that was done since the last time.
    #[inline(always)]
    fn advance(&mut self, now: u64, index: usize) {
        let node = &mut self.nodes[index];
        node.virtual_now += (now - node.last) as f64 * self.speed[node.computing.len()];
        node.last = now;
    }

    #[inline(always)]
    fn rearm(&mut self, index: usize) {
        let node = &self.nodes[index];
        let computing = node.computing.len();
        let missing = f64::from_bits(node.computing.next_time()) - node.virtual_now;
        // The bits of nobody are not a number, which counts as 0 here.
        let wait = (missing * self.slowdown[computing]) as u64 + 1;
        let due = if computing == 0 { NEVER } else { node.last + wait };
        self.lanes.set(index, due);
    }

    /// The first attempt on a node's cores has computed what it needed.
    #[inline(always)]
    fn leave_cores(&mut self, now: u64, index: usize) {
        self.advance(now, index);
        let node = &mut self.nodes[index];
        let id = node.computing.next_id();
        node.computing.pop();
        let attempt = &mut self.attempts[id as usize];
        attempt.computed += 1;
        if attempt.computed == 1 {
            self.waits.push(now + attempt.request.wait, id);
            self.rearm(index);
        } else {
            self.complete(now, index, id);
        }
    }

    /// Ends an attempt and starts the next in its node's backlog.
    #[inline(always)]
    fn complete(&mut self, now: u64, index: usize, id: u32) {
        let place = &mut self.attempts[id as usize];
        if !place.abandoned {
            let latency = now - place.request.arrived;
            self.latencies.record(latency);
            self.sojourns += latency;
            self.digest = fold(self.digest, latency);
            self.fates.completed += 1;
        }
        place.generation = place.generation.wrapping_add(1);
        place.next = self.free;
        self.free = id;

        let node = &mut self.nodes[index];
        self.levels.disconnect(index, node.connections);
        node.connections -= 1;
        let waiting = node.first_waiting;
        if waiting == NONE {
            self.rearm(index);
        } else {
            node.first_waiting = self.attempts[waiting as usize].next;
            self.compute(now, index, waiting);
        }
    }

    /// The first wait is over.
    #[inline(always)]
    fn end_wait(&mut self, now: u64) {
        let id = self.waits.next_id();
        self.waits.pop();
        let index = usize::from(self.attempts[id as usize].node);
        self.compute(now, index, id);
    }

    /// The first client gives up, unless it has its answer, or the next bucket is opened.
    #[inline(never)]
    fn expire(&mut self, now: u64) {
        if now < self.patience.due.next_time() {
            self.patience.open_next(&self.attempts);
            return;
        }
        let Timeout { due, id, generation } =
            self.patience.open[self.patience.due.next_id() as usize];
        self.patience.due.pop();
        let place = &mut self.attempts[id as usize];
        if place.generation != generation {
            return;
        }
        place.abandoned = true;
        let (request, ordinal) = (place.request, place.ordinal);
        self.fates.timed_out += 1;
        if ordinal == ATTEMPTS {
            self.fates.failed += 1;
        } else {
            self.send(due, request, ordinal + 1);
        }
    }
}

/// Runs `requests` arrivals at the rate of the workload until the last attempt has ended.
pub(crate) fn run(requests: u64, seed: u64) -> Outcome {
    run_at(RATE, requests, seed)
}

/// The same at another rate of arrivals per second.
pub(crate) fn run_at(rate: f64, requests: u64, seed: u64) -> Outcome {
    let mut source = Source::new(rate, seed);
    let mut fleet = Fleet::new();
    let mut to_come = requests;
    let mut next_arrival = if requests == 0 { u64::MAX } else { source.gap() };
    loop {
        let lane = fleet.lanes.next();
        let next_completion = lane >> NODE_BITS;
        let next_wait = fleet.waits.next_time();
        let next = next_arrival.min(next_completion).min(next_wait);
        if next >= NEVER {
            break;
        }
        if fleet.patience.next_time() < next {
            fleet.expire(fleet.patience.next_time());
        } else if next == next_completion {
            fleet.leave_cores(next, lane as usize % NODES);
        } else if next == next_wait {
            fleet.end_wait(next);
        } else {
            fleet.send(next, source.request(next), 1);
            to_come -= 1;
            next_arrival = if to_come == 0 { u64::MAX } else { next + source.gap() };
        }
    }
    Outcome {
        fates: fleet.fates,
        mean_s: fleet.sojourns as f64 / SECOND / fleet.fates.completed as f64,
        p50_s: fleet.latencies.quantile_s(0.5),
        p99_s: fleet.latencies.quantile_s(0.99),
        digest: fleet.digest,
    }
}
