//! What theory grants about pairs of runs, without knowing either result.

use crate::support;
use fleetfall::kernel::time::Instant;
use fleetfall::sim::observation::Observation;
use proptest::prelude::*;

/// Of every request when it was issued and when it was answered, in the order of issue.
fn sojourns(text: &str, seed: u64) -> Vec<(Instant, Instant)> {
    let seen = support::log(&support::scenario(20, text), seed);
    let mut all: Vec<(Instant, Instant)> = seen
        .iter()
        .filter_map(|(now, seen)| match seen {
            Observation::RequestSettled { issued, .. } => Some((*issued, *now)),
            _ => None,
        })
        .collect();
    all.sort_unstable();
    all
}

/// A node that serves first come first served; nobody gives up.
fn queue(slots: u32, rate: f64, mean: f64, scale: f64) -> String {
    format!(
        r#"
clients.patience = "10h"
load.surge.all = {{ onset = 2021-02-01T00:00:00Z, ramp = "0s", rate = "{}/s", plateau = "{}s", decay = "0s" }}
class.web.stages = [{{ wait.lognormal = {{ mean = "{}us", sigma = 1 }} }}]
process = {{ slots = {slots}, backlog = 1000000 }}"#,
        rate / scale,
        120.0 * scale,
        (mean * scale * 1e6) as u64,
    )
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, failure_persistence: None, ..Default::default() })]

    /// Kiefer and Wolfowitz: with a server more no request begins later, so none ends later.
    #[test]
    fn a_slot_more_delays_nobody(
        slots in 1..6_u32, load in 0.5..1.1_f64, seed in 0..1_000_u64,
    ) {
        let rate = load * f64::from(slots) / 0.1;
        let few = sojourns(&queue(slots, rate, 0.1, 1.0), seed);
        let more = sojourns(&queue(slots + 1, rate, 0.1, 1.0), seed);
        prop_assert!(few.len() > 300);
        prop_assert_eq!(few.len(), more.len());
        let mut sooner = 0;
        for (few, more) in few.iter().zip(&more) {
            prop_assert_eq!(few.0, more.0, "the same requests");
            prop_assert!(more.1 <= few.1, "{:?} with a slot more, {:?} without", more, few);
            sooner += u32::from(more.1 < few.1);
        }
        prop_assert!(sooner > 0, "it helps somebody");
    }

    /// Twice the times, half the rate: the same course, twice as slow.
    #[test]
    fn scaling_all_times_scales_all_sojourns(
        slots in 1..6_u32, load in 0.5..1.1_f64, seed in 0..1_000_u64,
    ) {
        let rate = load * f64::from(slots) / 0.1;
        let plain = sojourns(&queue(slots, rate, 0.1, 1.0), seed);
        let slow = sojourns(&queue(slots, rate, 0.1, 2.0), seed);
        prop_assert!(plain.len() > 300);
        prop_assert_eq!(plain.len(), slow.len());
        for (plain, slow) in plain.iter().zip(&slow) {
            for (plain, slow) in [(plain.0, slow.0), (plain.1, slow.1)] {
                // Rounded to nanoseconds at every request of a busy period.
                let difference = (2.0 * plain.as_secs_f64() - slow.as_secs_f64()).abs();
                prop_assert!(difference < 1e-5, "{plain:?} and {slow:?}");
            }
        }
    }
}
