//! fleetfall simulates a fleet of web nodes request by request and shows how it fails when its
//! processes restart.
//!
//! This page is a tour of the library, of about ten minutes. The command `fleetfall` is built on
//! the same functions. Longer texts are in the [`guide`]: how to make a scenario
//! of [your incident](guide::your_incident), [how it works](guide::how_it_works) and what it leaves
//! out, all [keys and results](guide::keys), and the [words](guide::glossary).
//!
//! # Load a scenario
//!
//! A scenario is a TOML text. This one is used on the whole page: two nodes share 60 requests/s.
//! Each request works 40 ms on a core and leaves 4 KiB behind, until bluepill restarts the process
//! for its memory.
//!
//! ```toml
#![doc = include_str!("guide/shop.toml")]
//! ```
//!
//! [`Study::load`](scenario::Study::load) reads such a text, applies the patches and assignments
//! it is given (here none), and either returns a [`Study`](scenario::Study) or every problem at
//! its place, with the line and what is allowed there.
//!
//! ```
//! use fleetfall::scenario::Study;
//!
//! # let text = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/guide/shop.toml"));
//! const NONE: &[&str] = &[];
//! let study = Study::load("shop.toml", text, NONE, NONE)?;
//! assert_eq!(study.scenario.nodes.count, 2);
//!
//! let problems = Study::load("shop.toml", text, NONE, &["nodes.cuont=3"]).unwrap_err();
//! assert!(problems.to_string().contains("did you mean `count`?"));
//! # Ok::<(), fleetfall::scenario::Problems>(())
//! ```
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
//! # let text = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/guide/shop.toml"));
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
//! # Replicate and sum up
//!
//! One replication is an anecdote. [`replicate`](experiment::replicate) makes many in parallel,
//! one seed each, and [`Summary`](experiment::Summary) holds their means with 95 % intervals.
//! [`judge`](experiment::judge()) decides a scenario's claims over the same results.
//!
//! ```
//! # use fleetfall::scenario::Study;
//! # let text = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/guide/shop.toml"));
//! # const NONE: &[&str] = &[];
//! # let study = Study::load("shop.toml", text, NONE, NONE)?;
//! use fleetfall::experiment::{Outcome, Plan, Pool, Summary, replicate};
//! use fleetfall::kernel::chance::Seed;
//! use fleetfall::scenario::measure::Measure;
//! use std::sync::atomic::AtomicBool;
//!
//! let plan = Plan { seed: Seed(1), replications: 4, detailed: false };
//! let stop = AtomicBool::new(false);
//! let pool = Pool::new(2, &|_done| (), &stop);
//! let Ok(Outcome::Done(results)) = replicate(&study.scenario, plan, pool) else {
//!     panic!("nobody stopped it");
//! };
//! let failed = Summary::of(&results).measure(Measure::RequestsFailed);
//! println!("{:.0} ± {:.0} requests fail", failed.mean, failed.half_width.unwrap());
//! assert!(failed.mean > 0.0);
//! # Ok::<(), fleetfall::scenario::Problems>(())
//! ```
//!
//! # Compare variants
//!
//! Two variants with the same seeds meet the same customers, so their difference is due to what
//! was changed. [`compare`](experiment::compare()) makes the replications of all variants side by
//! side, and simulates once what they share.
//!
//! ```
//! # use fleetfall::scenario::Study;
//! # let text = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/guide/shop.toml"));
//! # const NONE: &[&str] = &[];
//! # let study = Study::load("shop.toml", text, NONE, NONE)?;
//! use fleetfall::experiment::{Pool, Precision, Quantity, Rule, Variants, compare};
//! use fleetfall::kernel::chance::Seed;
//! use fleetfall::report::{Screen, compare as compared};
//! use std::sync::Arc;
//! use std::sync::atomic::AtomicBool;
//!
//! let three = study.with_values(&["nodes.count=3"])?.scenario;
//! let variants = Variants {
//!     scenarios: vec![Arc::clone(&study.scenario), three],
//!     names: vec![vec![], vec!["three-nodes".to_string()]],
//! };
//! let rule = Rule { seed: Seed(1), ceiling: 4, precision: Precision::None };
//! let stop = AtomicBool::new(false);
//! let comparison = compare(&variants, rule, Pool::new(2, &|_done| (), &stop)).unwrap();
//! let failed = comparison.variants[1].quantity(Quantity::Failed);
//! assert!(failed.difference() < 0.0);
//!
//! // What came out as the command `compare` prints it.
//! let report = compared::Compare {
//!     study: &study,
//!     seed: 1,
//!     with: &[],
//!     set: &[],
//!     comparison: &comparison,
//!     precision: Precision::None,
//!     partial: None,
//! };
//! let text = compared::human(&report, &Screen::PLAIN);
//! assert!(text.contains("three-nodes"));
//! # Ok::<(), fleetfall::scenario::Problems>(())
//! ```
//!
//! # Tell it
//!
//! [`report`] turns results into text: for people, as CSV, as JSON, as pictures. A
//! [`Report`](report::Report) holds what they are made from, and its first replication the details
//! of its course.
//!
//! ```
//! # use fleetfall::scenario::Study;
//! # let text = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/guide/shop.toml"));
//! # const NONE: &[&str] = &[];
//! # let study = Study::load("shop.toml", text, NONE, NONE)?;
//! use fleetfall::experiment::{Replication, Summary};
//! use fleetfall::kernel::chance::Seed;
//! use fleetfall::report::{Report, Screen, events, human};
//!
//! let results = [Replication::new(&study.scenario, Seed(1), true).finish()];
//! let report = Report {
//!     study: &study,
//!     seed: 1,
//!     with: &[],
//!     set: &[],
//!     planned: 1,
//!     first: &results[0],
//!     results: &results,
//!     summary: &Summary::of(&results),
//!     judgements: &[],
//!     judged: false,
//!     partial: None,
//! };
//! let story = human::report(&report, &Screen::PLAIN);
//! assert!(story.contains("bluepill restarts the process: memory 642 MiB is over the limit"));
//! assert!(events::events(&report).lines().count() > 4);
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
//! # let text = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/guide/shop.toml"));
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
//! # Watch with an observer of your own
//!
//! A simulation tells everything that happens to an [`Observer`](sim::Observer), as an
//! [`Observation`](sim::Observation) with its time. An observer can change nothing. A pair of
//! observers is an observer too.
//!
//! ```
//! # use fleetfall::scenario::Study;
//! # let text = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/guide/shop.toml"));
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
//! # Bring a load of your own
//!
//! The load of a scenario may be a file, of rates or of single requests, and
//! [`Files`](scenario::Files) says how a file is opened. So a load that you compute, or have in a
//! store of your own, is a file that you serve: from memory, as here, or through
//! [`ReadAt`](fleet::load::recorded::ReadAt), which is asked for the bytes at a place, if it is
//! too long for that. The rates are followed exactly, by a Poisson process that all variants share.
//!
//! ```
//! # use fleetfall::scenario::Study;
//! # let text = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/guide/shop.toml"));
//! # const NONE: &[&str] = &[];
//! # let study = Study::load("shop.toml", text, NONE, NONE)?;
//! use fleetfall::experiment::Replication;
//! use fleetfall::kernel::chance::Seed;
//! use fleetfall::scenario::Files;
//! use fleetfall::scenario::measure::Measure;
//! use std::sync::Arc;
//!
//! // A wave every ten minutes: a line a second, seconds since the start and requests per second.
//! let rate = |second: f64| 60.0 + 40.0 * (second / 600.0 * std::f64::consts::TAU).sin();
//! let lines: String = (0..3600).map(|s| format!("{s},{}\n", rate(f64::from(s)))).collect();
//! let csv = Arc::new(format!("time,rate\n{lines}").into_bytes());
//! let files = Files::opened_by(move |name| match name {
//!     "wave.csv" => Ok(csv.clone()),
//!     other => Err(format!("nobody has computed {other}")),
//! });
//!
//! let source = "load.recorded.wave={ file = \"wave.csv\" }";
//! let none = "load.constant.visitors.rate=\"0/s\"";
//! let study = Study::load_with("shop.toml", text, NONE, &[source, none], files)?;
//! let results = Replication::new(&study.scenario, Seed(1), false).finish();
//! let requests = results.measure(Measure::Requests);
//! assert!((requests - 3600.0 * 60.0).abs() < 3_000.0, "{requests}");
//! # Ok::<(), fleetfall::scenario::Problems>(())
//! ```
//!
//! # Simultaneous events
//!
//! Events at the same time are dispatched in the order in which they were scheduled; the order is
//! total, tested, and part of the contract. [`kernel::calendar`] states it in full.

pub mod experiment;
pub mod fleet;
pub mod guide;
pub mod kernel;
pub mod observe;
pub mod report;
pub mod scenario;
pub mod sim;
pub mod stats;

#[doc = include_str!("../ARCHITECTURE.md")]
pub mod _architecture {}

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
mod _readme {}
