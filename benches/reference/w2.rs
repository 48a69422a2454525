//! W2: a fleet behind a load balancer, with queues, timeouts and retries.
//!
//! Poisson arrivals, 4000 a second, each sent to the node with the fewest connections (the first
//! of those that tie) of 16 nodes with 32 workers and a first-in-first-out backlog of 1024.
//! Service takes lognormal time with mean 100 ms and sigma 0.5. The client gives up on an attempt
//! after 2 s and at once makes another, three in all. An abandoned attempt stays at its node and
//! is served all the same; it counts as a connection until then. A full backlog refuses an
//! attempt at once, which counts as one of the three.

use super::{Fates, Heap, Latencies, Levels, Random, SECOND, Ziggurat, fold};

const NODES: usize = 16;
const WORKERS: usize = 32;
const BACKLOG: usize = 1024;
const RATE: f64 = 4000.0;
const MEAN_S: f64 = 0.1;
const SIGMA: f64 = 0.5;
const TIMEOUT: u64 = 2_000_000_000;
const ATTEMPTS: u8 = 3;

/// No request: the end of a list.
const NONE: u32 = u32::MAX;

/// What came of a run.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Outcome {
    /// What became of all of them.
    pub(crate) fates: Fates,
    /// The median time from arrival to answer of the completed requests, in seconds.
    pub(crate) p50_s: f64,
    /// Its 99 % quantile.
    pub(crate) p99_s: f64,
    /// A digest of every completed request's time in order.
    pub(crate) digest: u64,
}

/// An attempt at a node.
#[derive(Clone, Copy)]
struct Attempt {
    /// When the request arrived, whichever attempt this is.
    arrived: u64,
    /// The next attempt in the node's backlog, or the next free place.
    next: u32,
    /// How many attempts have left this place, which tells them apart in [`Timeouts`].
    generation: u32,
    node: u8,
    /// Which of the attempts of its request this is, from 1.
    ordinal: u8,
    abandoned: bool,
}

/// The backlog of a node, linked through the attempts.
#[derive(Clone, Copy)]
struct Node {
    first: u32,
    last: u32,
    /// Attempts at the node, in service or waiting.
    connections: u32,
}

/// Who gives up when: as the timeout is constant, in the order of sending.
struct Timeouts {
    ring: Vec<Timeout>,
    head: usize,
    tail: usize,
}

#[derive(Clone, Copy)]
struct Timeout {
    due: u64,
    id: u32,
    generation: u32,
}

impl Timeouts {
    #[inline(always)]
    fn front(&self) -> Timeout {
        self.ring[self.head & (self.ring.len() - 1)]
    }

    /// When the first one is due, of an attempt that may have ended since.
    #[inline(always)]
    fn next_time(&self) -> u64 {
        if self.head == self.tail { u64::MAX } else { self.front().due }
    }

    #[inline(always)]
    fn push(&mut self, timeout: Timeout) {
        if self.tail - self.head == self.ring.len() {
            // Unrolled to twice the size, where every place modulo the old size is right again.
            self.ring.extend_from_within(..);
        }
        let mask = self.ring.len() - 1;
        self.ring[self.tail & mask] = timeout;
        self.tail += 1;
    }
}

struct Fleet {
    arrivals: Random,
    services: Random,
    exponential: Ziggurat,
    normal: Ziggurat,
    log_median_ns: f64,
    attempts: Vec<Attempt>,
    free: u32,
    nodes: [Node; NODES],
    levels: Levels,
    completions: Heap,
    timeouts: Timeouts,
    latencies: Latencies,
    fates: Fates,
    digest: u64,
}

impl Fleet {
    #[inline(always)]
    fn service(&mut self) -> u64 {
        let z = self.normal.sample_normal(&mut self.services);
        libm::exp(self.log_median_ns + SIGMA * z) as u64
    }

    /// Sends an attempt, and if that is refused the rest of the request's.
    #[inline(always)]
    fn send(&mut self, now: u64, arrived: u64, ordinal: u8) {
        if self.levels.are_full() {
            // Every node is full, and stays so however often the client asks at this instant.
            self.fates.refused += u64::from(ATTEMPTS - ordinal + 1);
            self.fates.failed += 1;
            return;
        }
        let index = self.levels.connect();
        let attempt = Attempt {
            arrived,
            next: NONE,
            generation: 0,
            node: index as u8,
            ordinal,
            abandoned: false,
        };
        let id = self.free;
        let generation = if id == NONE {
            self.attempts.push(attempt);
            0
        } else {
            let place = &mut self.attempts[id as usize];
            self.free = place.next;
            let generation = place.generation;
            *place = Attempt { generation, ..attempt };
            generation
        };
        let id = if id == NONE { self.attempts.len() as u32 - 1 } else { id };
        self.timeouts.push(Timeout { due: now + TIMEOUT, id, generation });

        let node = &mut self.nodes[index];
        node.connections += 1;
        if node.connections as usize <= WORKERS {
            let done = now + self.service();
            self.completions.push(done, id);
        } else {
            if node.first == NONE {
                node.first = id;
            } else {
                self.attempts[node.last as usize].next = id;
            }
            node.last = id;
        }
    }

    /// Ends the earliest service and starts that of the next in its node's backlog.
    #[inline(always)]
    fn complete(&mut self, now: u64) {
        let id = self.completions.next_id();
        let place = &mut self.attempts[id as usize];
        let index = place.node as usize;
        if !place.abandoned {
            let latency = now - place.arrived;
            self.latencies.record(latency);
            self.digest = fold(self.digest, latency);
            self.fates.completed += 1;
        }
        place.generation = place.generation.wrapping_add(1);
        place.next = self.free;
        self.free = id;

        let node = &mut self.nodes[index];
        self.levels.disconnect(index, node.connections);
        node.connections -= 1;

        let waiting = node.first;
        if waiting == NONE {
            self.completions.pop();
        } else {
            node.first = self.attempts[waiting as usize].next;
            let done = now + self.service();
            self.completions.replace(done, waiting);
        }
    }

    /// The first timeout is due: the client gives up, unless it has its answer.
    #[inline(never)]
    fn expire(&mut self) {
        let Timeout { due, id, generation } = self.timeouts.front();
        self.timeouts.head += 1;
        let place = &mut self.attempts[id as usize];
        if place.generation != generation {
            return;
        }
        place.abandoned = true;
        let (arrived, ordinal) = (place.arrived, place.ordinal);
        self.fates.timed_out += 1;
        if ordinal == ATTEMPTS {
            self.fates.failed += 1;
        } else {
            self.send(due, arrived, ordinal + 1);
        }
    }

    /// Drops the first timeout if its attempt has ended.
    #[inline(always)]
    fn trim(&mut self) {
        let front = self.timeouts.front();
        let ended = self.attempts[front.id as usize].generation != front.generation;
        self.timeouts.head += usize::from(ended & (self.timeouts.head != self.timeouts.tail));
    }
}

/// Runs `requests` arrivals at the rate of the workload until the last attempt has ended.
pub(crate) fn run(requests: u64, seed: u64) -> Outcome {
    run_at(RATE, requests, seed)
}

/// The same at another rate of arrivals per second.
pub(crate) fn run_at(rate: f64, requests: u64, seed: u64) -> Outcome {
    let mut fleet = Fleet {
        arrivals: Random::new(seed),
        services: Random::new(!seed),
        exponential: Ziggurat::exponential(),
        normal: Ziggurat::normal(),
        log_median_ns: libm::log(MEAN_S * SECOND) - 0.5 * SIGMA * SIGMA,
        attempts: Vec::new(),
        free: NONE,
        nodes: [Node { first: NONE, last: NONE, connections: 0 }; NODES],
        levels: Levels::new(NODES, WORKERS + BACKLOG),
        completions: Heap::new(),
        timeouts: Timeouts {
            ring: vec![Timeout { due: 0, id: 0, generation: 0 }; 1 << 10],
            head: 0,
            tail: 0,
        },
        latencies: Latencies::new(),
        fates: Fates::default(),
        digest: 0,
    };
    let gap_ns = SECOND / rate;
    let mut to_come = requests;
    let mut next_arrival = 0;
    let mut schedule = |fleet: &mut Fleet, now: u64| {
        if to_come == 0 {
            return u64::MAX;
        }
        to_come -= 1;
        now + (fleet.exponential.sample_exponential(&mut fleet.arrivals) * gap_ns) as u64
    };
    next_arrival = schedule(&mut fleet, next_arrival);
    loop {
        let next_completion = fleet.completions.next_time();
        let next = next_arrival.min(next_completion);
        if fleet.timeouts.next_time() < next {
            fleet.expire();
        } else if next_completion <= next_arrival {
            if next == u64::MAX {
                break;
            }
            fleet.complete(next);
        } else {
            fleet.send(next, next, 1);
            // One timeout is added a request, so dropping up to two keeps the ring short; a loop
            // would end after a different number every time, which the processor cannot foresee.
            fleet.trim();
            fleet.trim();
            next_arrival = schedule(&mut fleet, next);
        }
    }
    Outcome {
        fates: fleet.fates,
        p50_s: fleet.latencies.quantile_s(0.5),
        p99_s: fleet.latencies.quantile_s(0.99),
        digest: fleet.digest,
    }
}
