//! The workloads as models of nexosim: one for each part of the fleet, connected by ports, with
//! what happens later scheduled by the model it happens to.

use crate::answer::{Answer, Counted};
use crate::reference::{Random, SECOND, Ziggurat};
use nexosim::model::{Context, Model, schedulable};
use nexosim::ports::{EventSinkReader, Output, SinkState, event_slot};
use nexosim::simulation::{EventKey, Mailbox, SimInit};
use nexosim::time::MonotonicTime;
use serde::{Deserialize, Serialize};
use std::collections::VecDeque;
use std::time::Duration;

const SEED: u64 = 1;

/// Random numbers of a model. Models can be saved, these are not.
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

    /// An exponential time; what is scheduled must lie in the future.
    fn exponential(&mut self, mean_s: f64) -> Duration {
        let sample = self.exponential.sample_exponential(&mut self.random);
        Duration::from_nanos(((sample * mean_s * SECOND) as u64).max(1))
    }

    /// A lognormal time.
    fn lognormal(&mut self, mean_s: f64, sigma: f64) -> Duration {
        let sample = self.normal.sample_normal(&mut self.random);
        let log = libm::log(mean_s * SECOND) - 0.5 * sigma * sigma + sigma * sample;
        Duration::from_nanos((libm::exp(log) as u64).max(1))
    }
}

impl Default for Samples {
    fn default() -> Samples {
        Samples::new(SEED)
    }
}

/// Nanoseconds since the start.
fn nanoseconds(time: MonotonicTime) -> u64 {
    time.duration_since(MonotonicTime::EPOCH).as_nanos() as u64
}

/// Where the requests of W1 come from.
#[derive(Serialize, Deserialize)]
struct Visitors {
    /// A request, with the time of its arrival [ns] -- output port.
    request: Output<u64>,
    /// Requests to come -- internal state.
    to_come: u64,
    #[serde(skip)]
    samples: Samples,
}

#[Model]
impl Visitors {
    #[nexosim(init)]
    async fn init(&mut self, cx: &Context<Self>) {
        self.schedule_next(cx);
    }

    #[nexosim(schedulable)]
    async fn arrive(&mut self, _: (), cx: &Context<Self>) {
        self.to_come -= 1;
        self.request.send(nanoseconds(cx.time())).await;
        self.schedule_next(cx);
    }

    fn schedule_next(&mut self, cx: &Context<Self>) {
        if self.to_come > 0 {
            let gap = self.samples.exponential(1.0 / 0.8);
            cx.schedule_event(gap, schedulable!(Self::arrive), ()).expect("it is in the future");
        }
    }
}

/// The server of W1 with its queue.
#[derive(Serialize, Deserialize)]
struct Server {
    /// What came of it, after the last request -- output port.
    answer: Output<Answered>,
    /// When whoever is present has arrived [ns] -- internal state.
    present: VecDeque<u64>,
    /// Requests to be served -- internal state.
    left: u64,
    #[serde(skip)]
    samples: Samples,
    #[serde(skip)]
    counted: Counted,
}

#[Model]
impl Server {
    /// A request -- input port.
    async fn request(&mut self, arrived: u64, cx: &Context<Self>) {
        self.present.push_back(arrived);
        if self.present.len() == 1 {
            self.serve(cx);
        }
    }

    #[nexosim(schedulable)]
    async fn depart(&mut self, _: (), cx: &Context<Self>) {
        let arrived = self.present.pop_front().expect("who departs has arrived");
        self.counted.record(nanoseconds(cx.time()) - arrived);
        self.left -= 1;
        if !self.present.is_empty() {
            self.serve(cx);
        }
        if self.left == 0 {
            self.answer.send(Answered(self.counted.answer())).await;
        }
    }

    fn serve(&mut self, cx: &Context<Self>) {
        let service = self.samples.exponential(1.0);
        cx.schedule_event(service, schedulable!(Self::depart), ()).expect("it is in the future");
    }
}

/// An answer as a message.
#[derive(Clone, Copy)]
struct Answered(Answer);

/// W1: one server, one queue.
pub(crate) fn w1(requests: u64) -> Answer {
    let mut visitors =
        Visitors { request: Output::default(), to_come: requests, samples: Samples::new(SEED) };
    let mut server = Server {
        answer: Output::default(),
        present: VecDeque::new(),
        left: requests,
        samples: Samples::new(!SEED),
        counted: Counted::default(),
    };
    let visitors_mbox = Mailbox::new();
    let server_mbox = Mailbox::new();
    visitors.request.connect(Server::request, &server_mbox);
    let (sink, mut answer) = event_slot(SinkState::Enabled);
    server.answer.connect_sink(sink);
    let mut simulation = SimInit::with_num_threads(1)
        .add_model(visitors, visitors_mbox, "visitors")
        .add_model(server, server_mbox, "server")
        .init(MonotonicTime::EPOCH)
        .expect("it begins");
    simulation.run().expect("it ends");
    answer.try_read().map(|Answered(answer)| answer).expect("there is an answer")
}

const NODES: usize = 16;
const WORKERS: u32 = 32;
const BACKLOG: usize = 1024;
const ATTEMPTS: u8 = 3;
const PATIENCE: Duration = Duration::from_secs(2);

/// An attempt that some node has.
#[derive(Serialize, Deserialize)]
struct Pending {
    /// When its request arrived [ns].
    arrived: u64,
    /// Which of the attempts of its request it is, from 1.
    ordinal: u8,
    /// The timeout; none after it.
    timeout: Option<EventKey>,
}

/// The clients of W2: they make requests, give attempts up and try again.
#[derive(Serialize, Deserialize)]
struct Clients {
    /// The number of an attempt -- output port.
    attempt: Output<u32>,
    /// What came of it, after the last request -- output port.
    answer: Output<Answered>,
    /// Requests to come, and those that are not settled -- internal state.
    to_come: u64,
    open: u64,
    /// Attempts by their numbers, and the numbers that are free -- internal state.
    pending: Vec<Option<Pending>>,
    free: Vec<u32>,
    #[serde(skip)]
    samples: Samples,
    #[serde(skip)]
    counted: Counted,
}

#[Model]
impl Clients {
    #[nexosim(init)]
    async fn init(&mut self, cx: &Context<Self>) {
        self.schedule_next(cx);
    }

    #[nexosim(schedulable)]
    async fn arrive(&mut self, _: (), cx: &Context<Self>) {
        self.to_come -= 1;
        self.send(nanoseconds(cx.time()), 1, cx).await;
        self.schedule_next(cx);
    }

    fn schedule_next(&mut self, cx: &Context<Self>) {
        if self.to_come > 0 {
            let gap = self.samples.exponential(1.0 / 4000.0);
            cx.schedule_event(gap, schedulable!(Self::arrive), ()).expect("it is in the future");
        }
    }

    async fn send(&mut self, arrived: u64, ordinal: u8, cx: &Context<Self>) {
        let number = self.free.pop().unwrap_or_else(|| {
            self.pending.push(None);
            self.pending.len() as u32 - 1
        });
        let timeout = cx
            .schedule_keyed_event(PATIENCE, schedulable!(Self::give_up), number)
            .expect("it is in the future");
        let pending = Pending { arrived, ordinal, timeout: Some(timeout) };
        self.pending[number as usize] = Some(pending);
        self.attempt.send(number).await;
    }

    #[nexosim(schedulable)]
    async fn give_up(&mut self, number: u32, cx: &Context<Self>) {
        let pending = self.pending[number as usize].as_mut().expect("it has no answer");
        pending.timeout = None;
        let (arrived, ordinal) = (pending.arrived, pending.ordinal);
        self.try_again(arrived, ordinal, cx).await;
    }

    async fn try_again(&mut self, arrived: u64, ordinal: u8, cx: &Context<Self>) {
        if ordinal < ATTEMPTS {
            self.send(arrived, ordinal + 1, cx).await;
        } else {
            self.settle().await;
        }
    }

    /// What became of an attempt -- input port.
    async fn response(&mut self, response: Response, cx: &Context<Self>) {
        let pending = self.pending[response.number as usize].take().expect("it was sent");
        self.free.push(response.number);
        // Without a timeout nobody has waited for it any more.
        let Some(timeout) = pending.timeout else { return };
        timeout.cancel();
        if response.served {
            self.counted.record(nanoseconds(cx.time()) - pending.arrived);
            self.settle().await;
        } else {
            self.try_again(pending.arrived, pending.ordinal, cx).await;
        }
    }

    async fn settle(&mut self) {
        self.open -= 1;
        if self.open == 0 {
            self.answer.send(Answered(self.counted.answer())).await;
        }
    }
}

/// What became of an attempt.
#[derive(Clone, Copy)]
struct Response {
    number: u32,
    node: usize,
    served: bool,
}

/// The balancer of W2.
#[derive(Serialize, Deserialize)]
struct Balancer {
    /// The number of an attempt, to each node -- output ports.
    nodes: Vec<Output<u32>>,
    /// What became of an attempt -- output port.
    response: Output<Response>,
    /// Attempts that each node has -- internal state.
    connections: Vec<u32>,
}

#[Model]
impl Balancer {
    /// The number of an attempt -- input port.
    async fn attempt(&mut self, number: u32) {
        let least = self.connections.iter().enumerate().min_by_key(|(_, count)| **count);
        let (node, _) = least.expect("there are nodes");
        self.connections[node] += 1;
        self.nodes[node].send(number).await;
    }

    /// What became of an attempt at a node -- input port.
    async fn node_response(&mut self, response: Response) {
        self.connections[response.node] -= 1;
        self.response.send(response).await;
    }
}

/// A node of W2.
#[derive(Serialize, Deserialize)]
struct Node {
    /// What became of an attempt -- output port.
    response: Output<Response>,
    /// Which node it is -- constant.
    index: usize,
    /// Workers that serve -- internal state.
    busy: u32,
    /// Attempts that wait for one -- internal state.
    backlog: VecDeque<u32>,
    #[serde(skip)]
    samples: Samples,
}

#[Model]
impl Node {
    /// The number of an attempt -- input port.
    async fn attempt(&mut self, number: u32, cx: &Context<Self>) {
        if self.busy < WORKERS {
            self.busy += 1;
            self.serve(number, cx);
        } else if self.backlog.len() < BACKLOG {
            self.backlog.push_back(number);
        } else {
            self.response.send(Response { number, node: self.index, served: false }).await;
        }
    }

    fn serve(&mut self, number: u32, cx: &Context<Self>) {
        let service = self.samples.lognormal(0.1, 0.5);
        cx.schedule_event(service, schedulable!(Self::finish), number)
            .expect("it is in the future");
    }

    #[nexosim(schedulable)]
    async fn finish(&mut self, number: u32, cx: &Context<Self>) {
        match self.backlog.pop_front() {
            Some(next) => self.serve(next, cx),
            None => self.busy -= 1,
        }
        self.response.send(Response { number, node: self.index, served: true }).await;
    }
}

/// W2: a fleet behind a balancer.
pub(crate) fn w2(requests: u64) -> Answer {
    let mut clients = Clients {
        attempt: Output::default(),
        answer: Output::default(),
        to_come: requests,
        open: requests,
        pending: Vec::new(),
        free: Vec::new(),
        samples: Samples::new(SEED),
        counted: Counted::default(),
    };
    let mut balancer =
        Balancer { nodes: Vec::new(), response: Output::default(), connections: vec![0; NODES] };
    let (clients_mbox, balancer_mbox) = (Mailbox::new(), Mailbox::new());
    clients.attempt.connect(Balancer::attempt, &balancer_mbox);
    balancer.response.connect(Clients::response, &clients_mbox);
    let (sink, mut answer) = event_slot(SinkState::Enabled);
    clients.answer.connect_sink(sink);
    let mut bench = SimInit::with_num_threads(1);
    for index in 0..NODES {
        let mut node = Node {
            response: Output::default(),
            index,
            busy: 0,
            backlog: VecDeque::new(),
            samples: Samples::new(!SEED - index as u64),
        };
        let node_mbox = Mailbox::new();
        let mut to_node = Output::default();
        to_node.connect(Node::attempt, &node_mbox);
        balancer.nodes.push(to_node);
        node.response.connect(Balancer::node_response, &balancer_mbox);
        bench = bench.add_model(node, node_mbox, "node");
    }
    let mut simulation = bench
        .add_model(clients, clients_mbox, "clients")
        .add_model(balancer, balancer_mbox, "balancer")
        .init(MonotonicTime::EPOCH)
        .expect("it begins");
    simulation.run().expect("it ends");
    answer.try_read().map(|Answered(answer)| answer).expect("there is an answer")
}
