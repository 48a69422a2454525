//! The workloads on simcore: one component for each part of the fleet, which emit events to one
//! another and to themselves.

use crate::answer::{Answer, Counted};
use crate::reference::{Random, SECOND, Ziggurat};
use serde::Serialize;
use simcore::{Event, EventHandler, Id, Simulation, SimulationContext, cast};
use std::cell::RefCell;
use std::collections::VecDeque;
use std::rc::Rc;

const SEED: u64 = 1;

/// Random numbers of a component, as in the loops written by hand.
struct Samples {
    random: Random,
    exponential: Ziggurat,
    normal: Ziggurat,
}

impl Samples {
    fn new(seed: u64) -> Samples {
        Samples {
            random: Random::new(seed),
            exponential: Ziggurat::exponential(),
            normal: Ziggurat::normal(),
        }
    }

    fn exponential(&mut self, mean: f64) -> f64 {
        self.exponential.sample_exponential(&mut self.random) * mean
    }

    fn lognormal(&mut self, mean: f64, sigma: f64) -> f64 {
        let sample = self.normal.sample_normal(&mut self.random);
        libm::exp(libm::log(mean) - 0.5 * sigma * sigma + sigma * sample)
    }
}

fn nanoseconds(seconds: f64) -> u64 {
    (seconds * SECOND) as u64
}

/// The next request comes.
#[derive(Clone, Serialize)]
struct Arrival {}

/// The request in service is done.
#[derive(Clone, Serialize)]
struct Departure {}

/// A request on its way to the server of W1.
#[derive(Clone, Serialize)]
struct Request {
    arrived: f64,
}

/// Where the requests of W1 come from.
struct Visitors {
    server: Id,
    to_come: u64,
    samples: Samples,
    ctx: SimulationContext,
}

impl Visitors {
    fn schedule_next(&mut self) {
        if self.to_come > 0 {
            self.to_come -= 1;
            let gap = self.samples.exponential(1.0 / 0.8);
            self.ctx.emit_self(Arrival {}, gap);
        }
    }
}

impl EventHandler for Visitors {
    fn on(&mut self, event: Event) {
        cast!(match event.data {
            Arrival {} => {
                self.ctx.emit_now(Request { arrived: event.time }, self.server);
                self.schedule_next();
            }
        })
    }
}

/// The server of W1 with its queue.
struct Server {
    /// When whoever is present has arrived.
    present: VecDeque<f64>,
    samples: Samples,
    counted: Counted,
    ctx: SimulationContext,
}

impl Server {
    fn serve(&mut self) {
        let service = self.samples.exponential(1.0);
        self.ctx.emit_self(Departure {}, service);
    }
}

impl EventHandler for Server {
    fn on(&mut self, event: Event) {
        cast!(match event.data {
            Request { arrived } => {
                self.present.push_back(arrived);
                if self.present.len() == 1 {
                    self.serve();
                }
            }
            Departure {} => {
                let arrived = self.present.pop_front().expect("who departs has arrived");
                self.counted.record(nanoseconds(event.time - arrived));
                if !self.present.is_empty() {
                    self.serve();
                }
            }
        })
    }
}

/// W1: one server, one queue.
pub(crate) fn w1(requests: u64) -> Answer {
    let mut simulation = Simulation::new(SEED);
    let server = Rc::new(RefCell::new(Server {
        present: VecDeque::new(),
        samples: Samples::new(!SEED),
        counted: Counted::default(),
        ctx: simulation.create_context("server"),
    }));
    let server_id = simulation.add_handler("server", server.clone());
    let visitors = Rc::new(RefCell::new(Visitors {
        server: server_id,
        to_come: requests,
        samples: Samples::new(SEED),
        ctx: simulation.create_context("visitors"),
    }));
    simulation.add_handler("visitors", visitors.clone());
    visitors.borrow_mut().schedule_next();
    simulation.step_until_no_events();
    server.borrow().counted.answer()
}

const NODES: usize = 16;
const WORKERS: u32 = 32;
const BACKLOG: usize = 1024;
const ATTEMPTS: u8 = 3;
const PATIENCE: f64 = 2.0;

/// An attempt on its way; they are numbered as they are made.
#[derive(Clone, Serialize)]
struct Attempt {
    number: u64,
}

/// A worker has served an attempt.
#[derive(Clone, Serialize)]
struct Finished {
    number: u64,
}

/// What became of an attempt at a node.
#[derive(Clone, Serialize)]
struct NodeResponse {
    number: u64,
    node: usize,
    served: bool,
}

/// The same on its way from the balancer to the clients.
#[derive(Clone, Serialize)]
struct Response {
    number: u64,
    served: bool,
}

/// The patience with the oldest attempt is over, whether it has an answer or not.
#[derive(Clone, Serialize)]
struct Timeout {}

/// An attempt that clients remember.
struct Pending {
    arrived: f64,
    ordinal: u8,
    awaited: bool,
}

/// The clients of W2: they make requests, give attempts up and try again.
struct Clients {
    balancer: Id,
    to_come: u64,
    /// Attempts since the oldest whose timeout is to come, and its number.
    pending: VecDeque<Pending>,
    oldest: u64,
    samples: Samples,
    counted: Counted,
    ctx: SimulationContext,
}

impl Clients {
    fn schedule_next(&mut self) {
        if self.to_come > 0 {
            self.to_come -= 1;
            let gap = self.samples.exponential(1.0 / 4000.0);
            self.ctx.emit_self(Arrival {}, gap);
        }
    }

    fn send(&mut self, arrived: f64, ordinal: u8) {
        let number = self.oldest + self.pending.len() as u64;
        self.pending.push_back(Pending { arrived, ordinal, awaited: true });
        self.ctx.emit_now(Attempt { number }, self.balancer);
        // All have the same patience, so these come in order, for which there is a faster way.
        self.ctx.emit_ordered_self(Timeout {}, PATIENCE);
    }

    fn try_again(&mut self, arrived: f64, ordinal: u8) {
        if ordinal < ATTEMPTS {
            self.send(arrived, ordinal + 1);
        }
    }

    fn on_response(&mut self, now: f64, number: u64, served: bool) {
        // Nobody waits for those any more whose timeout has come.
        let Some(at) = number.checked_sub(self.oldest) else { return };
        let pending = &mut self.pending[at as usize];
        pending.awaited = false;
        let (arrived, ordinal) = (pending.arrived, pending.ordinal);
        if served {
            self.counted.record(nanoseconds(now - arrived));
        } else {
            self.try_again(arrived, ordinal);
        }
    }

    fn on_timeout(&mut self) {
        let pending = self.pending.pop_front().expect("it was sent");
        self.oldest += 1;
        if pending.awaited {
            self.try_again(pending.arrived, pending.ordinal);
        }
    }
}

impl EventHandler for Clients {
    fn on(&mut self, event: Event) {
        cast!(match event.data {
            Arrival {} => {
                self.send(event.time, 1);
                self.schedule_next();
            }
            Response { number, served } => {
                self.on_response(event.time, number, served);
            }
            Timeout {} => {
                self.on_timeout();
            }
        })
    }
}

/// The balancer of W2.
struct Balancer {
    clients: Id,
    nodes: Vec<Id>,
    /// Attempts that each node has.
    connections: Vec<u32>,
    ctx: SimulationContext,
}

impl EventHandler for Balancer {
    fn on(&mut self, event: Event) {
        cast!(match event.data {
            Attempt { number } => {
                let least = self.connections.iter().enumerate().min_by_key(|(_, count)| **count);
                let (node, _) = least.expect("there are nodes");
                self.connections[node] += 1;
                self.ctx.emit_now(Attempt { number }, self.nodes[node]);
            }
            NodeResponse { number, node, served } => {
                self.connections[node] -= 1;
                self.ctx.emit_now(Response { number, served }, self.clients);
            }
        })
    }
}

/// A node of W2.
struct Node {
    balancer: Id,
    index: usize,
    /// Workers that serve.
    busy: u32,
    /// Attempts that wait for one.
    backlog: VecDeque<u64>,
    samples: Samples,
    ctx: SimulationContext,
}

impl Node {
    fn serve(&mut self, number: u64) {
        let service = self.samples.lognormal(0.1, 0.5);
        self.ctx.emit_self(Finished { number }, service);
    }

    fn respond(&self, number: u64, served: bool) {
        self.ctx.emit_now(NodeResponse { number, node: self.index, served }, self.balancer);
    }
}

impl EventHandler for Node {
    fn on(&mut self, event: Event) {
        cast!(match event.data {
            Attempt { number } => {
                if self.busy < WORKERS {
                    self.busy += 1;
                    self.serve(number);
                } else if self.backlog.len() < BACKLOG {
                    self.backlog.push_back(number);
                } else {
                    self.respond(number, false);
                }
            }
            Finished { number } => {
                match self.backlog.pop_front() {
                    Some(next) => self.serve(next),
                    None => self.busy -= 1,
                }
                self.respond(number, true);
            }
        })
    }
}

/// W2: a fleet behind a balancer.
pub(crate) fn w2(requests: u64) -> Answer {
    let mut simulation = Simulation::new(SEED);
    let clients_ctx = simulation.create_context("clients");
    let balancer_ctx = simulation.create_context("balancer");
    let (clients_id, balancer_id) = (clients_ctx.id(), balancer_ctx.id());
    let node = |index: usize| {
        let name = format!("node-{index}");
        let node = Node {
            balancer: balancer_id,
            index,
            busy: 0,
            backlog: VecDeque::new(),
            samples: Samples::new(!SEED - index as u64),
            ctx: simulation.create_context(&name),
        };
        simulation.add_handler(name, Rc::new(RefCell::new(node)))
    };
    let nodes: Vec<Id> = (0..NODES).map(node).collect();
    let balancer =
        Balancer { clients: clients_id, nodes, connections: vec![0; NODES], ctx: balancer_ctx };
    simulation.add_handler("balancer", Rc::new(RefCell::new(balancer)));
    let clients = Rc::new(RefCell::new(Clients {
        balancer: balancer_id,
        to_come: requests,
        pending: VecDeque::new(),
        oldest: 0,
        samples: Samples::new(SEED),
        counted: Counted::default(),
        ctx: clients_ctx,
    }));
    simulation.add_handler("clients", clients.clone());
    clients.borrow_mut().schedule_next();
    simulation.step_until_no_events();
    clients.borrow().counted.answer()
}
