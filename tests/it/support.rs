//! What the tests share: loading scenarios, running them, and writing down what happened.

use fleetfall::experiment::{Outcome as Made, Plan, Pool, replicate};
use fleetfall::kernel::chance::Seed;
use fleetfall::kernel::time::Instant;
use fleetfall::observe::Results;
use fleetfall::scenario::claim::Claim;
use fleetfall::scenario::{Files, Problems, Scenario, Study};
use fleetfall::sim::Simulation;
use fleetfall::sim::observation::{Cause, Observation, Observer};
use fleetfall::stats::{Tally, half_width};
use std::fmt::Write;
use std::hash::{BuildHasher, Hasher};
use std::sync::atomic::AtomicBool;
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

/// Nobody sets a key from outside.
pub(crate) const NOTHING: &[&str] = &[];

/// The scenario that a text describes. The text stands after the lines that every scenario needs,
/// and runs for `minutes`.
pub(crate) fn scenario(minutes: u64, text: &str) -> Arc<Scenario> {
    match try_scenario(minutes, text) {
        Ok(scenario) => scenario,
        Err(problems) => panic!("{problems}"),
    }
}

/// The same, or why not.
pub(crate) fn try_scenario(minutes: u64, text: &str) -> Result<Arc<Scenario>, Problems> {
    study(minutes, text).map(|study| study.scenario)
}

/// The same with what else the text says.
pub(crate) fn study(minutes: u64, text: &str) -> Result<Study, Problems> {
    let study = study_with(minutes, text, NOTHING)?;
    reads_back(&study);
    Ok(study)
}

/// The same with other values for some keys; it is not printed and read again.
pub(crate) fn study_with(
    minutes: u64,
    text: &str,
    sets: &[impl AsRef<str>],
) -> Result<Study, Problems> {
    let start: jiff::Timestamp = "2021-02-01T00:00:00Z".parse().expect("it is a time");
    let end = start + jiff::SignedDuration::from_mins(minutes as i64);
    let head = "schema = 1\nname = \"test\"\ntitle = \"A test\"\n";
    // Keys of the root come before the first table; a text may begin with some.
    let clock = format!("clock.start = {start}\nclock.end = {end}\n");
    let whole = format!("{head}{clock}{text}");
    Study::load_with("test.toml", &whole, NOTHING, sets, files(&[]))
}

/// A study is printed so that it is read again as the same, and printed as the same. This holds for
/// every scenario of these tests.
pub(crate) fn reads_back(study: &Study) {
    let printed = study.resolved();
    let again = match Study::load_with("resolved.toml", &printed, NOTHING, NOTHING, files(&[])) {
        Ok(again) => again,
        Err(problems) => panic!("{problems}\nin\n{printed}"),
    };
    assert_eq!(again.scenario, study.scenario, "{printed}");
    // The same claims, in other places.
    let unplaced = |claims: &[Claim]| -> Vec<Claim> {
        claims.iter().map(|claim| Claim { place: None, ..claim.clone() }).collect()
    };
    assert_eq!(unplaced(&again.claims), unplaced(&study.claims), "{printed}");
    let cubes = [&again.hypercube_claims, &study.hypercube_claims];
    assert_eq!(unplaced(cubes[0]), unplaced(cubes[1]), "{printed}");
    assert_eq!(again.resolved(), printed);
}

/// Two recordings that every scenario may name, and some more files: name and content.
pub(crate) fn files(more: &[(&str, &str)]) -> Files {
    // A rate that changes every 700 ms, and requests of two classes, some at the same time.
    let rate = |n: u64| format!("{}.{},{}\n", n * 7 / 10, n * 7 % 10, (n * 37) % 41);
    let request = |n: u64| format!("{},{}\n", n * n / 97, ["page", "slow"][(n % 3 / 2) as usize]);
    let rates: String = (3..400).map(rate).collect();
    let requests: String = (0..150).map(request).collect();
    let mut known = vec![
        ("rates.csv".to_string(), format!("time,rate\n{rates}")),
        ("requests.csv".to_string(), format!("time,class\n{requests}")),
    ];
    known.extend(more.iter().map(|(name, text)| (name.to_string(), text.to_string())));
    Files::opened_by(move |name| {
        let file = known.iter().rev().find(|(known, _)| known == name);
        let content = file.map(|(_, text)| text.clone().into_bytes());
        content.map_or(Err("there is no such file".to_string()), |bytes| Ok(Arc::new(bytes)))
    })
}

/// Everything that happened, in order.
#[derive(Clone, Debug, Default)]
pub(crate) struct Log {
    pub(crate) seen: Vec<(Instant, Observation)>,
}

impl Observer for Log {
    fn observe(&mut self, now: Instant, seen: &Observation) {
        self.seen.push((now, *seen));
    }
}

/// Everything that happens in a replication.
pub(crate) fn log(scenario: &Arc<Scenario>, seed: u64) -> Vec<(Instant, Observation)> {
    let mut log = Log::default();
    Simulation::new(Arc::clone(scenario), Seed(seed)).run(&mut log);
    log.seen
}

/// The results of replications with the seeds 1, 2, 3…
pub(crate) fn results(scenario: &Arc<Scenario>, replications: u64, threads: usize) -> Vec<Results> {
    let plan = Plan { seed: Seed(1), replications, detailed: false };
    match replicate(scenario, plan, Pool::new(threads, &|_| (), &AtomicBool::new(false))) {
        Ok(Made::Done(results)) => results,
        Ok(Made::Stopped(_)) => panic!("nobody asked to stop"),
        Err(failure) => panic!("{failure}"),
    }
}

/// The mean of independent values and half the width of its 99.9 % interval by Student's t.
pub(crate) fn interval(values: &[f64]) -> (f64, f64) {
    let tally: Tally = values.iter().copied().collect();
    let deviation = tally.standard_deviation().expect("there are several values");
    let half = half_width(tally.count(), deviation, 0.999).expect("there are several values");
    (tally.mean().expect("there are several values"), half)
}

/// Nanoseconds as seconds with the digits that matter, for traces.
pub(crate) fn seconds(from: Instant, to: Instant) -> String {
    format!("{:.3}", to.since(from).as_secs_f64())
}

/// What happened from `origin` on, a line each: seconds since then, and what.
pub(crate) fn trace(seen: &[(Instant, Observation)], origin: Instant) -> String {
    let mut text = String::new();
    for (now, seen) in seen.iter().filter(|(now, _)| *now >= origin) {
        if let Some(what) = what(seen, origin) {
            writeln!(text, "{:<7} {what}", seconds(origin, *now)).expect("a string takes it");
        }
    }
    text
}

/// An observation in words; gauges and the end are left out.
fn what(seen: &Observation, origin: Instant) -> Option<String> {
    let node = |node: u32| format!("node-{}", node + 1);
    Some(match *seen {
        Observation::NodeSampled { .. }
        | Observation::Ended { .. }
        | Observation::HandedOn { .. } => return None,
        Observation::RequestIssued { .. } => "issued".into(),
        Observation::AttemptAccepted { node: n } => format!("accepted by {}", node(n)),
        Observation::AttemptFailed { how } => format!("attempt {}", how.name()),
        Observation::RetryDenied => "retry denied".into(),
        Observation::WorkWasted { node: n } => format!("{} finished unwanted work", node(n)),
        Observation::RequestSettled { issued, outcome, attempts, wait, .. } => format!(
            "{}: issued at {}, attempts {attempts}, waited {:.3}",
            outcome.name(),
            seconds(origin, issued),
            wait.as_secs_f64()
        ),
        Observation::RestartBegun { node: n, cause } => {
            format!("{} restart, {}", node(n), cause_in_words(cause))
        }
        Observation::RestartRefused { node: n, why, .. } => {
            format!("{} restart refused, {why:?}", node(n))
        }
        Observation::ProcessStarting { node: n, .. } => format!("{} starting", node(n)),
        Observation::StartFailed { node: n, of_restart, .. } => {
            format!("{} start failed{}", node(n), if of_restart { ", the restart's" } else { "" })
        }
        Observation::ProcessServing { node: n } => format!("{} serving", node(n)),
        Observation::ProcessEnded { node: n } => format!("{} process ended", node(n)),
        Observation::SupervisorGaveUp { node: n } => format!("{} given up", node(n)),
        Observation::NodeMarked { node: n, up, .. } => {
            format!("{} marked {}", node(n), if up { "up" } else { "down" })
        }
        Observation::NodeLost { node: n, why } => format!("{} lost, {why:?}", node(n)),
        Observation::NodeBack { node: n } => format!("{} back", node(n)),
        Observation::FleetDown => "fleet down".into(),
        Observation::FleetServing => "fleet serving".into(),
        Observation::Ejected { node: n, .. } => format!("{} ejected", node(n)),
        Observation::Struck { node: n, fault, on } => {
            format!("{} fault {fault} {}", node(n), if on { "begins" } else { "ends" })
        }
        Observation::Reloaded { node: n, how, .. } => format!("{} reload, {how:?}", node(n)),
        Observation::Crashed { node: n, .. } => format!("{} crashed", node(n)),
        Observation::WorkerEnded { node: n, worker, why, killed } => {
            let how = if killed { "killed" } else { "left" };
            format!("{} worker {} {how}, {why:?}", node(n), worker + 1)
        }
        Observation::WorkerServing { node: n, worker, release } => {
            format!("{} worker {} serving release {release}", node(n), worker + 1)
        }
        Observation::WorkerFailed { node: n, worker, last, .. } => {
            let left = if last { ", none left" } else { "" };
            format!("{} worker {} failed{left}", node(n), worker + 1)
        }
        _ => format!("{seen:?}"),
    })
}

fn cause_in_words(cause: Cause) -> String {
    match cause {
        Cause::Rule { value, limit, .. } => format!("{:.3} over {:.3}", value.0, limit.0),
        Cause::OutOfMemory
        | Cause::Crash
        | Cause::Runtime
        | Cause::Deploy
        | Cause::Exit
        | Cause::Eviction
        | Cause::Probe
        | Cause::Watchdog => {
            format!("{cause:?}")
        }
    }
}

/// Pearson's statistic of counts against the shares that they should have.
pub(crate) fn chi_squared(counts: &[f64], shares: &[f64]) -> f64 {
    assert_eq!(counts.len(), shares.len());
    assert!((shares.iter().sum::<f64>() - 1.0).abs() < 1e-9, "{shares:?}");
    let all: f64 = counts.iter().sum();
    let term = |(count, share): (&f64, &f64)| {
        let expected = all * share;
        (count - expected) * (count - expected) / expected
    };
    counts.iter().zip(shares).map(term).sum()
}

/// The first seed of what is random in every run: that of `FLEETFALL_SEED`, and without it a new one.
pub(crate) fn fresh_seed() -> u64 {
    if std::env::var_os("FLEETFALL_SEED").is_some() { first_seed() } else { fresh() }
}

/// How long a random case may take, which as a rule takes milliseconds.
const PATIENCE: Duration = Duration::from_secs(60);

/// Takes the seed of every random case before it is tried. One that does not come to an end, and may
/// take all memory, would otherwise go without a word: its seed is told, and the tests end.
pub(crate) fn watched() -> Sender<u64> {
    let (begun, cases) = channel();
    std::thread::spawn(move || {
        let mut last = 0;
        loop {
            match cases.recv_timeout(PATIENCE) {
                Ok(seed) => last = seed,
                Err(RecvTimeoutError::Disconnected) => return,
                Err(RecvTimeoutError::Timeout) => {
                    // What is printed by macros is held back until the end of a test.
                    let mut out = std::io::stderr().lock();
                    let _ = std::io::Write::write_fmt(
                        &mut out,
                        format_args!("FLEETFALL_SEED={last} has not ended after {PATIENCE:?}\n"),
                    );
                    std::process::abort();
                }
            }
        }
    });
    begun
}

/// The standard library draws the keys of its hash tables anew for every process.
fn fresh() -> u64 {
    std::hash::RandomState::new().build_hasher().finish() >> 32
}

/// The first seed of what is tested at fresh seeds: that of `FLEETFALL_SEED`, a number or `fresh`, and
/// without it always the same.
pub(crate) fn first_seed() -> u64 {
    static SEED: OnceLock<u64> = OnceLock::new();
    *SEED.get_or_init(|| match std::env::var("FLEETFALL_SEED").as_deref() {
        Err(_) => 1,
        Ok("fresh") => fresh(),
        Ok(text) => text.parse().expect("FLEETFALL_SEED is a whole number or `fresh`"),
    })
}
