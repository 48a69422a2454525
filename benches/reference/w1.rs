//! W1: one server, one queue, exponential everything, at four fifths of its capacity.
//!
//! Arrivals and departures both go through the event heap, as in a general simulator; Lindley's
//! recursion would be several times faster and measure no event loop at all.

use std::collections::VecDeque;

use super::{Heap, Random, SECOND, Ziggurat, fold};

/// Arrivals per second; the server finishes one a second.
const RATE: f64 = 0.8;

const ARRIVAL: u32 = 0;
const DEPARTURE: u32 = 1;

/// What came of a run.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Outcome {
    /// Requests served; all that arrived.
    pub(crate) completed: u64,
    /// The mean time from arrival to departure in seconds.
    pub(crate) mean_sojourn_s: f64,
    /// A digest of every sojourn in order.
    pub(crate) digest: u64,
}

/// Runs `requests` arrivals and their departures.
pub(crate) fn run(requests: u64, seed: u64) -> Outcome {
    let mut gaps = Random::new(seed);
    let mut services = Random::new(!seed);
    let exponential = Ziggurat::exponential();
    let mut events = Heap::new();
    // When each request in the system arrived; the first of them is in service.
    let mut present = VecDeque::new();
    let mut to_come = requests;
    let (mut completed, mut sojourns, mut digest) = (0, 0u64, 0);

    if to_come > 0 {
        events.push((exponential.sample_exponential(&mut gaps) * (SECOND / RATE)) as u64, ARRIVAL);
    }
    while events.next_time() != u64::MAX {
        let now = events.next_time();
        if events.next_id() == ARRIVAL {
            to_come -= 1;
            if to_come > 0 {
                let gap = exponential.sample_exponential(&mut gaps) * (SECOND / RATE);
                events.replace(now + gap as u64, ARRIVAL);
            } else {
                events.pop();
            }
            present.push_back(now);
            if present.len() == 1 {
                let service = exponential.sample_exponential(&mut services) * SECOND;
                events.push(now + service as u64, DEPARTURE);
            }
        } else {
            let arrived: u64 = present.pop_front().expect("who departs has arrived");
            completed += 1;
            sojourns += now - arrived;
            digest = fold(digest, now - arrived);
            if present.is_empty() {
                events.pop();
            } else {
                let service = exponential.sample_exponential(&mut services) * SECOND;
                events.replace(now + service as u64, DEPARTURE);
            }
        }
    }
    Outcome { completed, mean_sojourn_s: sojourns as f64 / SECOND / completed as f64, digest }
}
