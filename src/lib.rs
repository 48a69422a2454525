//! fleetfall simulates a fleet of web nodes request by request and shows how it fails when its
//! processes restart.
//!
//! This page is a tour of the library, of about ten minutes. The command `fleetfall` is built on
//! the same functions; `fleetfall reference` prints every key of a scenario and every result.
//!
//! # Load a scenario
//!
//! A scenario is a TOML text. [`Study::load`](scenario::Study::load) reads it, applies the
//! patches and assignments it is given (here none), and either returns a
//! [`Study`](scenario::Study) or every problem at its place, with the line and what is allowed
//! there.
//!
//! ```
//! use fleetfall::scenario::Study;
//!
//! let text = r#"
//! schema = 1
//! name = "shop"
//! title = "A shop whose processes grow until they are restarted"
//! clock = { start = 2024-05-06T12:00:00Z, end = 2024-05-06T13:00:00Z }
//! load.constant.visitors = { rate = "60/s" }
//! class.page.stages = [{ cpu = "40ms" }, { wait = { exponential = { mean = "100ms" } } }]
//! balancer = { policy = "least_outstanding", redispatch = 1 }
//! nodes = { count = 2, cores = 2 }
//! [process]
//! slots = 16
//! boot = "20s"
//! memory = { base = "300 MiB", retained_per_request = "4 KiB", in_service = "5 MiB" }
//! [supervisor.bluepill.rule.memory]
//! above = { memory = "640 MiB" }
//! every = "30s"
//! "#;
//! # let readme = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/README.md"));
//! # assert!(readme.contains(text), "the README shows another scenario");
//! const NONE: &[&str] = &[];
//! let study = Study::load("shop.toml", text, NONE, NONE)?;
//! assert_eq!(study.scenario.nodes.count, 2);
//!
//! let problems = Study::load("shop.toml", text, NONE, &["nodes.cuont=3"]).unwrap_err();
//! assert!(problems.to_string().contains("did you mean `count`?"));
//! # Ok::<(), fleetfall::scenario::Problems>(())
//! ```
//!
//! Two nodes share 60 requests/s. Each request works 40 ms on a core and leaves 4 KiB behind,
//! until bluepill restarts the process for its memory.
//!
//! # Run a replication
//!
//! A [`Replication`](experiment::Replication) is a [`Simulation`](sim::Simulation) together with
//! the standard observer, the [`Recorder`](observe::Recorder). A [`Seed`](kernel::chance::Seed)
//! and a scenario determine everything that happens in it. Its [`Results`](observe::Results) hold
//! a value for every [`Measure`](scenario::measure::Measure), which is not a number where there
//! is none, and a time for every [`Milestone`](scenario::measure::Milestone) that was reached.
//!
//! ```
//! # use fleetfall::scenario::Study;
//! # let text = r#"
//! # schema = 1
//! # name = "shop"
//! # title = "A shop whose processes grow until they are restarted"
//! # clock = { start = 2024-05-06T12:00:00Z, end = 2024-05-06T13:00:00Z }
//! # load.constant.visitors = { rate = "60/s" }
//! # class.page.stages = [{ cpu = "40ms" }, { wait = { exponential = { mean = "100ms" } } }]
//! # balancer = { policy = "least_outstanding", redispatch = 1 }
//! # nodes = { count = 2, cores = 2 }
//! # [process]
//! # slots = 16
//! # boot = "20s"
//! # memory = { base = "300 MiB", retained_per_request = "4 KiB", in_service = "5 MiB" }
//! # [supervisor.bluepill.rule.memory]
//! # above = { memory = "640 MiB" }
//! # every = "30s"
//! # "#;
//! # const NONE: &[&str] = &[];
//! # let study = Study::load("shop.toml", text, NONE, NONE)?;
//! use fleetfall::experiment::Replication;
//! use fleetfall::kernel::chance::Seed;
//! use fleetfall::scenario::measure::{Measure, Milestone};
//!
//! let results = Replication::new(&study.scenario, Seed(1), false).finish();
//! assert_eq!(results.measure(Measure::Restarts), 2.0);
//! assert_eq!(results.measure(Measure::Downtime), 0.0);
//! let first = results.milestone(Milestone::FirstRestart).unwrap();
//! assert!(2_400.0 < first.as_secs_f64() && first.as_secs_f64() < 2_800.0);
//! // Service was interrupted for a moment, too short for an outage.
//! assert!(results.milestone(Milestone::FleetDown).is_some());
//! # Ok::<(), fleetfall::scenario::Problems>(())
//! ```
//!
//! # Watch with an observer of your own
//!
//! A simulation tells everything that happens to an [`Observer`](sim::Observer), as an
//! [`Observation`](sim::Observation) with its time. An observer can change nothing. A pair of
//! observers is an observer too.
//!
//! ```
//! # use fleetfall::scenario::Study;
//! # let text = r#"
//! # schema = 1
//! # name = "shop"
//! # title = "A shop whose processes grow until they are restarted"
//! # clock = { start = 2024-05-06T12:00:00Z, end = 2024-05-06T13:00:00Z }
//! # load.constant.visitors = { rate = "60/s" }
//! # class.page.stages = [{ cpu = "40ms" }, { wait = { exponential = { mean = "100ms" } } }]
//! # balancer = { policy = "least_outstanding", redispatch = 1 }
//! # nodes = { count = 2, cores = 2 }
//! # [process]
//! # slots = 16
//! # boot = "20s"
//! # memory = { base = "300 MiB", retained_per_request = "4 KiB", in_service = "5 MiB" }
//! # [supervisor.bluepill.rule.memory]
//! # above = { memory = "640 MiB" }
//! # every = "30s"
//! # "#;
//! # const NONE: &[&str] = &[];
//! # let study = Study::load("shop.toml", text, NONE, NONE)?;
//! use fleetfall::kernel::chance::Seed;
//! use fleetfall::kernel::time::Instant;
//! use fleetfall::sim::{Observation, Observer, Simulation};
//! use std::sync::Arc;
//!
//! /// When each node came back.
//! #[derive(Default)]
//! struct Returns(Vec<(Instant, u32)>);
//!
//! impl Observer for Returns {
//!     fn observe(&mut self, now: Instant, seen: &Observation) {
//!         if let Observation::ProcessServing { node } = seen {
//!             self.0.push((now, *node));
//!         }
//!     }
//! }
//!
//! let mut returns = Returns::default();
//! Simulation::new(Arc::clone(&study.scenario), Seed(1)).run(&mut returns);
//! // Nodes are numbered from 0 here and called from `node-1` on in texts.
//! let nodes: Vec<u32> = returns.0.iter().map(|(_, node)| *node).collect();
//! assert_eq!(nodes, [0, 1]);
//! # Ok::<(), fleetfall::scenario::Problems>(())
//! ```
//!
//! # Take a snapshot and go on
//!
//! A clone is a snapshot: it continues exactly as the original does. A fork is a snapshot that
//! continues under another scenario: what was decided or scheduled stays, what comes is new.
//!
//! ```
//! # use fleetfall::scenario::Study;
//! # let text = r#"
//! # schema = 1
//! # name = "shop"
//! # title = "A shop whose processes grow until they are restarted"
//! # clock = { start = 2024-05-06T12:00:00Z, end = 2024-05-06T13:00:00Z }
//! # load.constant.visitors = { rate = "60/s" }
//! # class.page.stages = [{ cpu = "40ms" }, { wait = { exponential = { mean = "100ms" } } }]
//! # balancer = { policy = "least_outstanding", redispatch = 1 }
//! # nodes = { count = 2, cores = 2 }
//! # [process]
//! # slots = 16
//! # boot = "20s"
//! # memory = { base = "300 MiB", retained_per_request = "4 KiB", in_service = "5 MiB" }
//! # [supervisor.bluepill.rule.memory]
//! # above = { memory = "640 MiB" }
//! # every = "30s"
//! # "#;
//! # const NONE: &[&str] = &[];
//! # let study = Study::load("shop.toml", text, NONE, NONE)?;
//! use fleetfall::experiment::Replication;
//! use fleetfall::kernel::chance::Seed;
//! use fleetfall::kernel::time::{Duration, Instant};
//! use fleetfall::scenario::measure::Measure;
//!
//! let mut replication = Replication::new(&study.scenario, Seed(1), false);
//! replication.run_until(Instant::START + Duration::from_secs(40 * 60));
//! let snapshot = replication.clone();
//!
//! // From here on, what if the limit were higher?
//! let higher = "supervisor.bluepill.rule.memory.above.memory=\"900 MiB\"";
//! let fork = replication.fork(&study.with_values(&[higher])?.scenario).unwrap();
//!
//! let original = replication.finish();
//! assert_eq!(original.digest, snapshot.finish().digest);
//! assert_eq!(original.measure(Measure::Restarts), 2.0);
//! assert_eq!(fork.finish().measure(Measure::Restarts), 0.0);
//! # Ok::<(), fleetfall::scenario::Problems>(())
//! ```
//!
//! # Replicate and sum up
//!
//! One replication is an anecdote. [`replicate`](experiment::replicate) makes many in parallel,
//! one seed each, and [`Summary`](experiment::Summary) holds their means with 95 % intervals. Two
//! variants with the same seeds meet the same customers, so their difference is due to what was
//! changed. [`judge`](experiment::judge()) decides a scenario's claims over the same results, and
//! [`report`] turns them into text.
//!
//! ```
//! # use fleetfall::scenario::Study;
//! # let text = r#"
//! # schema = 1
//! # name = "shop"
//! # title = "A shop whose processes grow until they are restarted"
//! # clock = { start = 2024-05-06T12:00:00Z, end = 2024-05-06T13:00:00Z }
//! # load.constant.visitors = { rate = "60/s" }
//! # class.page.stages = [{ cpu = "40ms" }, { wait = { exponential = { mean = "100ms" } } }]
//! # balancer = { policy = "least_outstanding", redispatch = 1 }
//! # nodes = { count = 2, cores = 2 }
//! # [process]
//! # slots = 16
//! # boot = "20s"
//! # memory = { base = "300 MiB", retained_per_request = "4 KiB", in_service = "5 MiB" }
//! # [supervisor.bluepill.rule.memory]
//! # above = { memory = "640 MiB" }
//! # every = "30s"
//! # "#;
//! # const NONE: &[&str] = &[];
//! # let study = Study::load("shop.toml", text, NONE, NONE)?;
//! use fleetfall::experiment::{Outcome, Plan, Pool, Summary, replicate};
//! use fleetfall::kernel::chance::Seed;
//! use fleetfall::scenario::measure::Measure;
//! use std::sync::atomic::AtomicBool;
//!
//! let plan = Plan { seed: Seed(1), replications: 4, detailed: false };
//! let summarise = |scenario| {
//!     let stop = AtomicBool::new(false);
//!     match replicate(scenario, plan, Pool::new(2, &|_done| (), &stop)).unwrap() {
//!         Outcome::Done(results) | Outcome::Stopped(results) => Summary::of(&results),
//!     }
//! };
//! let two = summarise(&study.scenario);
//! let three = summarise(&study.with_values(&["nodes.count=3"])?.scenario);
//!
//! assert_eq!(two.measure(Measure::Requests).mean, three.measure(Measure::Requests).mean);
//! let failed = two.measure(Measure::RequestsFailed);
//! println!("{:.0} ± {:.0} requests fail", failed.mean, failed.half_width.unwrap());
//! assert_eq!(three.measure(Measure::RequestsFailed).mean, 0.0);
//! # Ok::<(), fleetfall::scenario::Problems>(())
//! ```
//!
//! # Simultaneous events
//!
//! Events at the same time are dispatched in the order in which they were scheduled; the order is
//! total, tested, and part of the contract. [`kernel::calendar`] states it in full.
//!
//! # Glossary
//!
//! One word has one meaning, here, in scenarios and in results.
//!
//! Traffic:
//! - **source**: where requests come from; a Poisson process with a rate of its own over time.
//! - **request**: what a user wants. **attempt**: one try at it; a request has one or more.
//! - **class**: what requests of a kind do, as a list of **stages**, each of which computes or
//!   waits.
//! - **demand**: the work or the waiting that a stage brings with it; drawn when the request
//!   arrives.
//! - **patience**: how long a client waits for an attempt. **back-off**: how long it waits before
//!   the next, of which the **jitter** is random.
//! - **settled**: a request that has come to its end, completed or failed.
//! - **offered load**: requests issued over time. **throughput**: attempts that nodes finish over
//!   time. **goodput**: requests served within their patience over time.
//! - **refused**: not taken, for want of room or of a process. **shed**: not taken on purpose.
//!   **reset**: lost with its process. **redispatch**: handing a refused attempt on to another
//!   node.
//!
//! Queueing:
//! - **slot**: the right to be served by a process, held from the first stage to the last.
//!   **backlog**: requests that wait for one.
//! - **wait**: from a node's acceptance to a slot. **sojourn**: from first issue to settlement.
//! - **utilisation**: busy core time over the core time of serving processes.
//!
//! Fleet:
//! - **fleet**, **node** (a machine), **process** (serves on a node), **slot** (in a process).
//! - **check**: a balancer's question whether a node serves. **rise**, **fall**: how many answers
//!   in a row change the **mark** (up or down) that it gives the node.
//! - **supervisor**: what starts a node's process and restarts it, by **rules** or after its
//!   exit.
//! - **restart**: a process is stopped to be started again, or had ended and is started again. It
//!   **fails** if the first start does.
//! - **release**: a version of the software with its configuration. **deploy**: how it comes to
//!   the nodes, **hot** (files only) or **rolling** (files and a restart, node by node).
//! - **lost**: a node that does not serve and will not by itself. **fleet down**: no node serves.
//! - **outage**: a maximal stretch in which too few requests succeed, see `outage` in the
//!   reference. **downtime**: the sum of outages.
//!
//! Trouble and help:
//! - **fault**: a cause, such as an invalid configuration. **failure**: an effect that is
//!   observed.
//! - **protection**: what the fleet does by itself against a fault. **mitigation**: a named patch
//!   of a scenario that is meant to help. **counterfactual**: one that tests the model.
//! - **people**: they are alerted, notice, diagnose, and fix node by node; then nodes **rejoin**.
//!
//! Experiment:
//! - **replication**: one simulation of a scenario with one **seed**.
//! - **draw**: one named piece of chance. **stream**: the draws of one source.
//! - **common random numbers**: two variants with one seed agree in every draw that both make.
//! - **window**: the stretch of time (10 s by default) by which results are counted.
//! - **horizon**: where a simulation ends. **warm-up**: what is simulated first and not measured.
//! - **half-width**: half of a 95 % interval. **measure**: a number of one replication.
//!   **milestone**: a moment of one.
//! - **claim**: what a scenario says must come out. **verdict**: pass, fail or undecided.
//! - **digest**: a hash over everything that happened; equal digests mean equal runs.

pub mod experiment;
pub mod fleet;
pub mod kernel;
pub mod observe;
pub mod report;
pub mod scenario;
pub mod sim;
pub mod stats;

#[doc = include_str!("../ARCHITECTURE.md")]
pub mod _architecture {}
