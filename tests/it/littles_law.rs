//! Little's law as an identity of a sample path, exact in nanoseconds.
//!
//! J. D. C. Little, A Proof for the Queuing Formula L = λW (1961); as an identity between two areas:
//! S. Stidham, A Last Word on L = λW (1974). The integral of the number in the system over time and
//! the sum of the sojourns, those cut off at the horizon included, are the same area cut into
//! vertical and into horizontal strips. So they are equal, not close.

use crate::support;
use fleetfall::kernel::time::Instant;
use fleetfall::scenario::measure::Measure;
use fleetfall::sim::observation::{Gauges, Observation, Outcome};
use std::collections::BTreeMap;

/// The two areas, in request-nanoseconds.
#[derive(Debug, Default, PartialEq, Eq)]
struct Areas {
    /// Of the number in the system over time.
    vertical: u128,
    /// Of the sojourns.
    horizontal: u128,
}

/// Cuts the area under the requests in the system both ways.
fn areas(seen: &[(Instant, Observation)]) -> Areas {
    let mut areas = Areas::default();
    let mut present = 0_u128;
    let mut last = Instant::START;
    // How many requests issued at an instant are open.
    let mut open: BTreeMap<Instant, u64> = BTreeMap::new();
    for (now, seen) in seen {
        areas.vertical += present * u128::from(now.since(last).as_nanos());
        last = *now;
        match seen {
            Observation::RequestIssued { .. } => {
                present += 1;
                *open.entry(*now).or_default() += 1;
            }
            Observation::RequestSettled { issued, .. } => {
                present -= 1;
                areas.horizontal += u128::from(now.since(*issued).as_nanos());
                let left = open.get_mut(issued).expect("a request settles that was issued");
                *left -= 1;
                if *left == 0 {
                    open.remove(issued);
                }
            }
            Observation::Ended { open: left } => {
                assert_eq!(open.values().sum::<u64>(), *left, "open requests at the end");
            }
            _ => {}
        }
    }
    for (issued, count) in open {
        areas.horizontal += u128::from(count) * u128::from(last.since(issued).as_nanos());
    }
    areas
}

/// Retries, time-outs, kills for want of memory, restarts by a rule, checks that queue: the law does
/// not care.
const TURBULENT: &str = r#"
clients = { patience.exponential.mean = "1s", retry = { attempts = 4, base = "300ms" } }
class.web.stages = [{ cpu.lognormal = { mean = "30ms", sigma = 1 } }, { wait.exponential.mean = "60ms" }]
load.constant.steady.rate = "120/s"
load.surge.rush = { onset = 2021-02-01T00:03:00Z, ramp = "1min", rate = "120/s", plateau = "2min", decay = "1min" }
balancer = { policy = "least_outstanding", redispatch = 1, health.active = {}, instances = 2 }
nodes = { count = 4, cores = 2, memory = "1 GiB", swap = "16 MiB" }
process = { slots = 16, backlog = 40, boot.uniform = { from = "5s", to = "20s" }, cold = "10s", cold_factor = 2, memory = { base = "500 MiB", retained_per_request = "80 KiB", in_service = "3 MiB", queued = "1 MiB" } }
supervisor.bluepill.rule.served = { above.requests_served.uniform = { from = 3000, to = 9000 }, every = "10s" }
"#;

#[test]
fn l_is_lambda_w_exactly() {
    let scenario = support::scenario(10, TURBULENT);
    let mut all = Vec::new();
    for seed in 1..=5 {
        let seen = support::log(&scenario, seed);
        let areas = areas(&seen);
        assert_eq!(areas.vertical, areas.horizontal, "seed {seed}");
        assert!(matches!(seen.last(), Some((_, Observation::Ended { open: 1.. }))));
        all.extend(seen);
    }
    // The law is tried where it is not trivial.
    let count = |what: fn(&Observation) -> bool| all.iter().filter(|s| what(&s.1)).count();
    assert!(count(|s| matches!(s, Observation::OutOfMemory { .. })) > 0);
    assert!(count(|s| matches!(s, Observation::RestartBegun { .. })) > 0);
    assert!(count(|s| matches!(s, Observation::WorkWasted { .. })) > 0);
    for wanted in [Outcome::TimedOut, Outcome::Reset, Outcome::Refused] {
        let failed = all
            .iter()
            .filter(|(_, s)| matches!(s, Observation::AttemptFailed { how } if *how == wanted));
        assert!(failed.count() > 0, "no attempt ended as {}", wanted.name());
    }
}

/// The recorder's number in the system is that area over the time.
#[test]
fn the_measured_number_in_the_system_is_that_area() {
    let scenario = support::scenario(10, TURBULENT);
    let measured = support::results(&scenario, 1, 1)[0].measure(Measure::InSystem);
    let area = areas(&support::log(&scenario, 1)).vertical;
    let mean = area as f64 * 1e-9 / 600.0;
    assert!((measured / mean - 1.0).abs() < 1e-12, "{measured} and {mean}");
}

/// For the slots: their busy time is the sum of what the requests spent in them, where none was given
/// up and all are done by the end.
#[test]
fn busy_slot_time_is_the_sum_of_the_services() {
    let text = r#"
clients.patience = "1h"
class.web.stages = [{ cpu.exponential.mean = "30ms" }, { wait.exponential.mean = "60ms" }]
load.surge.rush = { onset = 2021-02-01T00:01:00Z, ramp = "1min", rate = "100/s", plateau = "2min", decay = "1min" }
nodes = { count = 3, cores = 1 }
process = { slots = 5, backlog = 100000 }
"#;
    let seen = support::log(&support::scenario(30, text), 1);
    let mut last: BTreeMap<u32, Gauges> = BTreeMap::new();
    let (mut services, mut queued) = (0, 0);
    for (now, seen) in &seen {
        match seen {
            Observation::NodeSampled { node, gauges } => {
                last.insert(*node, *gauges);
            }
            Observation::RequestSettled { issued, wait, outcome, .. } => {
                assert_eq!(*outcome, Outcome::Completed);
                queued += u64::from(wait.as_nanos() > 0);
                services += u128::from((now.since(*issued) - *wait).as_nanos());
            }
            Observation::Ended { open } => assert_eq!(*open, 0),
            _ => {}
        }
    }
    assert!(queued > 1000, "only {queued} requests had to wait");
    let busy: u128 = last.values().map(|gauges| gauges.slots_busy.as_nanos()).sum();
    assert_eq!(busy, services);
}

/// A million slots for a day are 2739 years of slot time, more than nanoseconds in 64 bits can tell.
#[test]
fn slot_time_has_room_for_a_million_slots() {
    let text = r#"
class.web.stages = [{ wait = "1s" }]
load.constant.all.rate = "1/s"
process.slots = 1000000
"#;
    let scenario = support::scenario(24 * 60, text);
    let seen = support::log(&scenario, 1);
    let gauges = seen.iter().rev().find_map(|(_, seen)| match seen {
        Observation::NodeSampled { gauges, .. } => Some(gauges),
        _ => None,
    });
    let offered = gauges.expect("gauges are read").slots_offered;
    assert_eq!(offered.as_nanos(), 86_400_000_000_000_000 * 1000);
    let used = support::results(&scenario, 1, 1)[0].measure(Measure::SlotUtilisation);
    assert!((0.98e-6..1.02e-6).contains(&used), "{used}");
}
