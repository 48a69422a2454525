//! The workloads, each a scenario file with what must come out of it.

use fleetfall::experiment::{Pool, Precision, Quantity, Replication, Rule, Variants, compare};
use fleetfall::kernel::chance::Seed;
use fleetfall::kernel::time::Instant;
use fleetfall::observe::Results;
use fleetfall::scenario::measure::Measure;
use fleetfall::scenario::{Scenario, Study};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use super::reference::fold;

/// The seed of everything.
pub(crate) const SEED: u64 = 1;

/// A workload: a scenario file in two sizes.
pub(crate) struct Workload {
    pub(crate) name: &'static str,
    text: &'static str,
    pub(crate) small: Size,
    pub(crate) large: Size,
    /// What must come out of the large size: a measure, its value, and the relative error allowed.
    expected: &'static [(Measure, f64, f64)],
}

/// How long a workload is simulated, and the digest that comes of it. Another digest means that
/// other work is timed: change it with the results, knowingly.
pub(crate) struct Size {
    /// Assignments to keys of the scenario.
    pub(crate) set: &'static [&'static str],
    digest: u64,
}

/// One server, one queue.
pub(crate) const W1: Workload = Workload {
    name: "w1",
    text: include_str!("../scenarios/w1.toml"),
    small: Size { set: &["clock.end=2026-01-05T00:00:10Z"], digest: 0xd49c_7cd9_a017_774b },
    large: Size { set: &["clock.end=2026-01-05T00:10:25Z"], digest: 0x89fb_a8de_8b3e_fa1b },
    // 1 / (mu - lambda), of which 1 / mu is service; three standard errors at half a million
    // requests.
    expected: &[(Measure::SojournMean, 0.005, 0.04), (Measure::WaitMean, 0.004, 0.05)],
};

/// A fleet that has time.
pub(crate) const W2: Workload = Workload {
    name: "w2",
    text: include_str!("../scenarios/w2.toml"),
    small: Size { set: &["clock.end=2026-01-05T00:00:02Z"], digest: 0x4fc7_5ba0_0f42_99d2 },
    large: Size { set: &["clock.end=2026-01-05T00:02:00Z"], digest: 0x3c50_1e75_6b2e_0430 },
    // At this load no request waits, so these are the quantiles of the lognormal.
    expected: &[(Measure::SojournP50, 0.088_250, 0.01), (Measure::SojournP99, 0.282_42, 0.01)],
};

/// The same fleet in a retry storm.
pub(crate) const W3: Workload = Workload {
    name: "w3",
    text: include_str!("../scenarios/w3.toml"),
    small: Size { set: &["clock.end=2026-01-05T00:00:40Z"], digest: 0x99b8_2f27_aa3e_3d5d },
    large: Size { set: &["clock.end=2026-01-05T00:05:00Z"], digest: 0x7d7f_7e02_1cba_c6eb },
    // Every slot is busy with attempts of a tenth of a second but in the first second. Beyond that
    // there is no theory; the loop written by hand must agree.
    expected: &[(Measure::SlotUtilisation, 1.0, 0.01), (Measure::Throughput, 5120.0, 0.01)],
};

/// The night of Pinpoint's outage.
pub(crate) const W4: Workload = Workload {
    name: "w4",
    text: include_str!("../../scenarios/pinpoint-2021.toml"),
    small: Size {
        set: &[
            "clock.end=2021-01-31T20:05:00Z",
            "interval.quiet.from=2021-01-31T20:00:00Z",
            "interval.quiet.to=2021-01-31T20:05:00Z",
            "interval.onset.from=2021-01-31T20:00:00Z",
            "interval.onset.to=2021-01-31T20:05:00Z",
        ],
        digest: 0x21e1_b156_f0d4_46ed,
    },
    large: Size { set: &["clock.end=2021-02-01T18:00:00Z"], digest: 0xd1d9_d217_f5c2_b98d },
    expected: &[(Measure::Requests, 11.02e6, 0.001), (Measure::Downtime, 47.1 * 60.0, 0.02)],
};

/// A fleet of a thousand.
pub(crate) const W5: Workload = Workload {
    name: "w5",
    text: include_str!("../scenarios/w5.toml"),
    small: Size { set: &["clock.end=2026-01-05T00:00:01Z"], digest: 0x556c_1ca2_c0bd_81b1 },
    large: Size { set: &["clock.end=2026-01-05T00:00:10Z"], digest: 0x8dd6_2867_8275_28bb },
    expected: &[(Measure::SojournP50, 0.088_250, 0.01), (Measure::SojournP99, 0.282_42, 0.01)],
};

/// A fleet whose requests share cores.
pub(crate) const W7: Workload = Workload {
    name: "w7",
    text: include_str!("../scenarios/w7.toml"),
    small: Size { set: &["clock.end=2026-01-05T00:00:02Z"], digest: 0x42e9_52ae_9d77_2b09 },
    large: Size { set: &["clock.end=2026-01-05T00:02:00Z"], digest: 0xb9f7_4d3d_011c_9101 },
    expected: &[(Measure::Utilisation, 0.78125, 0.01)],
};

impl Workload {
    /// The scenario with its variants, after assignments to its keys.
    pub(crate) fn study(&self, set: &[&str]) -> Study {
        let none: [&str; 0] = [];
        let study = Study::load(self.name, self.text, &none, set);
        study.unwrap_or_else(|problems| panic!("{}: {problems}", self.name))
    }

    /// The scenario alone.
    pub(crate) fn scenario(&self, set: &[&str]) -> Arc<Scenario> {
        self.study(set).scenario
    }

    /// Simulates a size and checks what comes of it.
    pub(crate) fn check(&self, size: &Size) -> Checked {
        let scenario = self.scenario(size.set);
        let mut replication = Replication::new(&scenario, Seed(SEED), false);
        replication.run_until(Instant::NEVER);
        let events = replication.simulation.dispatched();
        let results = replication.finish();
        let digest = results.digest.value();
        assert_eq!(digest, size.digest, "{} with {:?}: {digest:#018x}", self.name, size.set);
        if std::ptr::eq(size, &raw const self.large) {
            self.check_theory(&results);
        }
        let requests = results.measure(Measure::Requests) as u64;
        Checked { scenario, results, requests, events }
    }

    fn check_theory(&self, results: &Results) {
        for &(measure, expected, error) in self.expected {
            let (got, name) = (results.measure(measure), measure.name());
            let off = (got / expected - 1.0).abs();
            assert!(off < error, "{}: {name} is {got}, not {expected}", self.name);
        }
    }
}

/// A workload that gives the right answer.
pub(crate) struct Checked {
    pub(crate) scenario: Arc<Scenario>,
    pub(crate) results: Results,
    pub(crate) requests: u64,
    /// Events that were dispatched.
    pub(crate) events: u64,
}

/// The way of every replication: the scenario with its standard observer.
pub(crate) fn simulate(scenario: &Arc<Scenario>) -> Results {
    Replication::new(scenario, Seed(SEED), false).finish()
}

/// W6: the incident with each of two mitigations, as `fleetfall compare` compares them.
pub(crate) struct Comparing {
    variants: Variants,
    digest: u64,
}

impl Comparing {
    /// One parts from the incident early, the other late.
    const MITIGATIONS: [&str; 2] = ["right-configuration", "load-shedding"];
    /// Replications of a comparison.
    const REPLICATIONS: u64 = 2;
    /// Their digests for the small and the large size of the incident.
    const DIGESTS: [u64; 2] = [0x8212_1c70_1862_306d, 0x7e4c_4de3_f1c2_f478];

    /// At the small or the large size of [`W4`].
    pub(crate) fn new(large: bool) -> Comparing {
        let size = if large { &W4.large } else { &W4.small };
        let study = W4.study(size.set);
        let variant = |name: &&str| study.combination(&[name]).expect("it is a mitigation");
        let names = Comparing::MITIGATIONS.map(|name| vec![name.to_string()]);
        Comparing {
            variants: Variants {
                scenarios: [Arc::clone(&study.scenario)]
                    .into_iter()
                    .chain(Comparing::MITIGATIONS.iter().map(variant))
                    .collect(),
                names: [Vec::new()].into_iter().chain(names).collect(),
            },
            digest: Comparing::DIGESTS[usize::from(large)],
        }
    }

    /// Compares on one thread and checks what comes of it.
    pub(crate) fn run(&self) {
        let rule =
            Rule { seed: Seed(SEED), ceiling: Comparing::REPLICATIONS, precision: Precision::None };
        let stop = AtomicBool::new(false);
        let pool = Pool::new(1, &|_| (), &stop);
        let comparison = compare(&self.variants, rule, pool).expect("no invariant breaks");
        let quantities = comparison
            .variants
            .iter()
            .flat_map(|variant| Quantity::ALL.map(|quantity| variant.quantity(quantity).variant()));
        let digest = quantities.fold(0, |digest, tally| {
            let mean = tally.mean().expect("there are replications");
            fold(fold(digest, mean.to_bits()), tally.count())
        });
        assert_eq!(digest, self.digest, "w6: {digest:#018x}");
    }
}
