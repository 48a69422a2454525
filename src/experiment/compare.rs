//! Variants of a scenario set against it, replication by replication, under common random numbers.
//!
//! Only sums are kept, so memory does not grow with the number of replications.

use super::interaction::Interaction;
use super::paired::{BASELINE_ONLY, BOTH, Paired, VARIANT_ONLY, class_of};
use super::replication::Pool;
use super::shared_past::{VariantFailure, run_together_within};
use crate::kernel::chance::Seed;
use crate::kernel::time::Duration;
use crate::observe::Results;
use crate::scenario::Scenario;
use crate::scenario::measure::{Measure, Milestone};
use crate::stats::{Tally, share_bounds};
use std::sync::Arc;

/// The confidence of every interval.
pub const CONFIDENCE: f64 = 0.95;
/// The fewest replications after which a comparison may stop by itself.
pub const FEWEST: u64 = 30;
/// Replications between two looks at the intervals.
const BATCH: u64 = 10;

/// What is compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Quantity {
    /// Seconds of outage.
    Downtime,
    /// Failed requests.
    Failed,
    /// Restarts.
    Restarts,
    /// Processes that the kernel killed for want of memory.
    OomKills,
    /// Most nodes lost at the same time.
    LostAtOnce,
    /// Seconds from the start of the first outage to the end of the last; 0 without one.
    Recovery,
}

impl Quantity {
    /// All of them.
    pub const ALL: [Quantity; 6] = [
        Quantity::Downtime,
        Quantity::Failed,
        Quantity::Restarts,
        Quantity::OomKills,
        Quantity::LostAtOnce,
        Quantity::Recovery,
    ];

    /// The name in files.
    pub fn name(self) -> &'static str {
        match self {
            Quantity::Downtime => Measure::Downtime.name(),
            Quantity::Failed => Measure::RequestsFailed.name(),
            Quantity::Restarts => Measure::Restarts.name(),
            Quantity::OomKills => Measure::OomKills.name(),
            Quantity::LostAtOnce => Measure::LostAtOnce.name(),
            Quantity::Recovery => "time_to_recover_s",
        }
    }

    pub(super) fn of(self, results: &Results, length: f64) -> f64 {
        match self {
            Quantity::Downtime => results.measure(Measure::Downtime),
            Quantity::Failed => results.measure(Measure::RequestsFailed),
            Quantity::Restarts => results.measure(Measure::Restarts),
            Quantity::OomKills => results.measure(Measure::OomKills),
            Quantity::LostAtOnce => results.measure(Measure::LostAtOnce),
            Quantity::Recovery => match results.milestone(Milestone::OutageStart) {
                None => 0.0,
                Some(start) => {
                    let end = results.milestone(Milestone::OutageEnd);
                    end.map_or(length, |end| end.as_secs_f64()) - start.as_secs_f64()
                }
            },
        }
    }

    /// Whether there is none of it without an outage.
    fn needs_outage(self) -> bool {
        matches!(self, Quantity::Downtime | Quantity::Recovery)
    }

    /// How much less or more still counts as nothing.
    fn tolerance(self, baseline: f64, window: Duration) -> f64 {
        match self {
            // Outages begin and end with a window.
            Quantity::Downtime | Quantity::Recovery => window.as_secs_f64(),
            Quantity::Failed => 0.01 * baseline,
            Quantity::Restarts | Quantity::OomKills | Quantity::LostAtOnce => 0.0,
        }
    }
}

/// A variant with what it changes.
#[derive(Clone, Debug)]
pub struct Compared {
    /// The patches that make it; none for the baseline.
    pub names: Vec<String>,
    /// Which variants those patches make one by one; only for combinations.
    parts: Vec<usize>,
    /// Every quantity, in the order of [`Quantity::ALL`].
    quantities: Vec<Paired>,
    /// Pairs by whether there was an outage under the baseline and under the variant.
    classes: [u64; 4],
    /// Its downtime in the replications in which it has an outage, in seconds.
    pub downtime_given_outage: Tally,
    /// Hours that its nodes exist, all together.
    pub node_hours: f64,
    /// Replications in which its downtime was longer by more than the tolerance than that of one of
    /// the variants it is made of; only for combinations.
    pub worse_than_a_part: u64,
    /// Replications in which it was shorter by more than the tolerance than what its parts save
    /// one by one suggests; only for combinations.
    pub better_than_the_sum: u64,
    /// What its two parts do together; only for pairs.
    pub interaction: Option<Interaction>,
}

impl Compared {
    /// One quantity.
    pub fn quantity(&self, quantity: Quantity) -> &Paired {
        &self.quantities[quantity as usize]
    }

    /// Whether it is a combination of others.
    pub fn is_combination(&self) -> bool {
        !self.parts.is_empty()
    }

    /// Replications with an outage.
    pub fn outages(&self) -> u64 {
        self.classes[VARIANT_ONLY] + self.classes[BOTH]
    }

    /// Replications in which only the baseline has an outage.
    pub fn prevented(&self) -> u64 {
        self.classes[BASELINE_ONLY]
    }

    /// Replications in which only the variant has one.
    pub fn caused(&self) -> u64 {
        self.classes[VARIANT_ONLY]
    }

    /// Bounds of the probability of an outage.
    pub fn outage_bounds(&self) -> (f64, f64) {
        share_bounds(self.outages(), self.classes.iter().sum(), CONFIDENCE)
    }

    /// By how much that probability differs from the baseline's, with bounds: those of the share of
    /// outages it causes less those of the share it prevents, each with half of the error.
    pub fn outage_difference(&self) -> (f64, (f64, f64)) {
        let pairs: u64 = self.classes.iter().sum();
        let confidence = 1.0 - 0.5 * (1.0 - CONFIDENCE);
        let caused = share_bounds(self.caused(), pairs, confidence);
        let prevented = share_bounds(self.prevented(), pairs, confidence);
        let mean = (self.caused() as f64 - self.prevented() as f64) / pairs as f64;
        (mean, (caused.0 - prevented.1, caused.1 - prevented.0))
    }
}

/// What is to be compared.
#[derive(Clone, Debug)]
pub struct Variants {
    /// The scenario as it stands first.
    pub scenarios: Vec<Arc<Scenario>>,
    /// The patches that make each; none for the first.
    pub names: Vec<Vec<String>>,
}

/// When a comparison stops.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Precision {
    /// After the ceiling.
    None,
    /// When every interval of the difference in downtime is at most this wide to either side, in
    /// seconds.
    Seconds(f64),
    /// When it is at most this share of the baseline's mean downtime.
    Relative(f64),
}

/// How a comparison is made.
#[derive(Clone, Copy, Debug)]
pub struct Rule {
    /// Seed of the first replication.
    pub seed: Seed,
    /// The most replications.
    pub ceiling: u64,
    /// When to stop before.
    pub precision: Precision,
}

/// A comparison.
#[derive(Clone, Debug)]
pub struct Comparison {
    /// Every variant, the baseline first.
    pub variants: Vec<Compared>,
    /// Replications.
    pub replications: u64,
    /// Events that were simulated.
    pub simulated: u64,
    /// Events that the variants would have needed one by one.
    pub one_by_one: u64,
    /// The tolerance for times: a window.
    pub window: Duration,
    /// Seconds of simulated time.
    length: f64,
    /// Whether somebody stopped it.
    pub stopped: bool,
}

impl Comparison {
    fn new(variants: &Variants) -> Comparison {
        let number = |name: &String| {
            variants.names.iter().position(|names| names.len() == 1 && names.first() == Some(name))
        };
        let parts = |names: &[String]| -> Vec<usize> {
            if names.len() > 1 { names.iter().filter_map(number).collect() } else { Vec::new() }
        };
        let compared = |(names, scenario): (&Vec<String>, &Arc<Scenario>)| Compared {
            names: names.clone(),
            parts: parts(names),
            interaction: (names.len() == 2 && parts(names).len() == 2)
                .then_some(Interaction::NOTHING),
            classes: [0; 4],
            quantities: Quantity::ALL.map(|quantity| Paired::new(quantity.needs_outage())).to_vec(),
            downtime_given_outage: Tally::new(),
            node_hours: scenario.node_hours(),
            worse_than_a_part: 0,
            better_than_the_sum: 0,
        };
        let clock = &variants.scenarios[0].clock;
        Comparison {
            variants: variants.names.iter().zip(&variants.scenarios).map(compared).collect(),
            replications: 0,
            simulated: 0,
            one_by_one: 0,
            window: clock.window,
            length: clock.horizon.as_secs_f64(),
            stopped: false,
        }
    }

    /// How wide an interval may be, to either side and in seconds of downtime.
    pub fn wanted(&self, precision: Precision) -> Option<f64> {
        match precision {
            Precision::None => None,
            Precision::Seconds(seconds) => Some(seconds),
            Precision::Relative(share) => {
                let baseline = self.variants.first()?.quantity(Quantity::Downtime);
                baseline.baseline().mean().map(|mean| mean * share)
            }
        }
    }

    /// The variants, without the baseline, whose difference in downtime is not known as precisely
    /// as wanted.
    pub fn undecided(&self, precision: Precision) -> Vec<&Compared> {
        let Some(wanted) = self.wanted(precision) else { return Vec::new() };
        let wide = |variant: &&Compared| {
            let (low, high) = variant.quantity(Quantity::Downtime).interval(CONFIDENCE);
            0.5 * (high - low) > wanted
        };
        self.variants.iter().skip(1).filter(wide).collect()
    }

    /// The variants without the baseline, those that save the most downtime first; among equals
    /// those with the fewest failed requests.
    pub fn ranked(&self) -> Vec<&Compared> {
        let mut ranked: Vec<&Compared> = self.variants.iter().skip(1).collect();
        let key = |variant: &Compared| {
            let window = self.window.as_secs_f64();
            // Differences below the tolerance are none.
            let downtime = (variant.quantity(Quantity::Downtime).difference() / window).round();
            (downtime, variant.quantity(Quantity::Failed).difference())
        };
        ranked.sort_by(|one, other| {
            let (one, other) = (key(one), key(other));
            one.0.total_cmp(&other.0).then(one.1.total_cmp(&other.1))
        });
        ranked
    }

    /// Takes in what came out of every variant under one seed.
    fn add(&mut self, all: &[Results]) {
        let Some(baseline) = all.first() else { return };
        let had_outage = has_outage(baseline);
        for (variant, results) in self.variants.iter_mut().zip(all) {
            let has = has_outage(results);
            let class = class_of(had_outage, has);
            variant.classes[class] += 1;
            if has {
                variant.downtime_given_outage.add(results.measure(Measure::Downtime));
            }
            for (quantity, paired) in Quantity::ALL.into_iter().zip(&mut variant.quantities) {
                let before = quantity.of(baseline, self.length);
                let value = quantity.of(results, self.length);
                let tolerance = quantity.tolerance(before, self.window);
                paired.add(class, before, value, tolerance);
            }
        }
        self.add_combinations(all, baseline);
        self.replications += 1;
    }

    fn add_combinations(&mut self, all: &[Results], baseline: &Results) {
        let downtime = |results: &Results| Quantity::Downtime.of(results, self.length);
        let tolerance = self.window.as_secs_f64();
        let before = downtime(baseline);
        for (variant, results) in self.variants.iter_mut().zip(all) {
            if variant.parts.is_empty() {
                continue;
            }
            let own = downtime(results);
            if let (Some(interaction), &[one, other]) =
                (&mut variant.interaction, &variant.parts[..])
            {
                let alone = [one, other].map(|part| downtime(&all[part]));
                interaction.add(has_outage(baseline), before, alone, own);
            }
            let of_parts = variant.parts.iter().map(|&part| downtime(&all[part]));
            let (best, sum) = of_parts.fold((f64::INFINITY, 0.0), |(best, sum), part| {
                (part.min(best), sum + (part - before))
            });
            // Nobody is down for less than no time.
            let suggested = (before + sum).max(0.0);
            variant.worse_than_a_part += u64::from(own > best + tolerance);
            variant.better_than_the_sum += u64::from(own < suggested - tolerance);
        }
    }
}

fn has_outage(results: &Results) -> bool {
    results.measure(Measure::Outages) > 0.0
}

/// Compares variants. What comes out depends on the rule alone, not on the threads: intervals are
/// looked at after fixed numbers of replications, in the order of their seeds.
///
/// `progress` is told after every replication how many are done.
///
/// # Errors
/// If an invariant was broken.
pub fn compare(
    variants: &Variants,
    rule: Rule,
    pool: Pool<'_>,
) -> Result<Comparison, VariantFailure> {
    let mut comparison = Comparison::new(variants);
    let part = pool.keeping.part("compare", &variants.scenarios, &());
    let mut done = 0;
    while done < rule.ceiling && !comparison.stopped {
        let looked_at = if done == 0 { FEWEST } else { done + BATCH };
        let batch = looked_at.min(rule.ceiling) - done;
        let progress = |finished: u64| (pool.progress)(done + finished);
        let together = Pool { progress: &progress, ..pool }.run_some(batch, |number| {
            let seed = Seed(rule.seed.0.wrapping_add(done + number));
            let task = || run_together_within(&variants.scenarios, seed, pool.halt);
            pool.keeping.or_do(&part, done + number, seed, task)
        })?;
        comparison.stopped = pool.was_cut_short(together.len(), batch);
        for together in together {
            comparison.add(&together.results);
            comparison.simulated += together.simulated;
            comparison.one_by_one += together.one_by_one;
        }
        done += batch;
        if rule.precision != Precision::None && comparison.undecided(rule.precision).is_empty() {
            break;
        }
    }
    Ok(comparison)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::chance::{Purpose, Streams, unit};
    use crate::kernel::ziggurat;
    use crate::stats::half_width;

    const TRIALS: u64 = 2_000;

    /// In which share of the trials `trial` succeeds; each has its own generator of numbers.
    fn share(purpose: u32, trial: impl Fn(&mut dyn FnMut() -> (f64, f64)) -> bool) -> f64 {
        let streams = Streams::new(Seed(5));
        let successes = (0..TRIALS).filter(|&number| {
            let mut dice = streams.sequence(Purpose(purpose), number);
            trial(&mut || {
                dice.advance();
                (unit(&mut dice.die(0)), ziggurat::normal(&mut dice.die(1)))
            })
        });
        successes.count() as f64 / TRIALS as f64
    }

    /// Looks as a comparison does, and stops as it does; whether the interval then holds `mean`.
    fn held_after_stopping(
        wanted: f64,
        mean: f64,
        mut add: impl FnMut(),
        mut interval: impl FnMut() -> (f64, f64),
    ) -> bool {
        let mut done = 0;
        loop {
            let next = if done == 0 { FEWEST } else { done + BATCH };
            (done..next).for_each(|_| add());
            done = next;
            let (low, high) = interval();
            if done >= 200 || 0.5 * (high - low) <= wanted {
                return low <= mean && mean <= high;
            }
        }
    }

    /// The baseline is down for about 47 minutes, the variant in a share of the replications.
    #[test]
    fn the_paired_interval_holds_the_truth_also_after_stopping() {
        for (purpose, p) in [(0, 0.02), (1, 0.2), (2, 0.5), (3, 0.95), (4, 1.0)] {
            let mean = (p - 1.0) * 47.0;
            let coverage = share(purpose, |draw| {
                let paired = std::cell::RefCell::new(Paired::new(true));
                held_after_stopping(
                    5.0,
                    mean,
                    || {
                        let (u, z) = draw();
                        let baseline = 47.0 + 0.3 * z;
                        let (class, variant) =
                            if u < p { (BOTH, baseline) } else { (BASELINE_ONLY, 0.0) };
                        paired.borrow_mut().add(class, baseline, variant, 0.2);
                    },
                    || paired.borrow().interval(CONFIDENCE),
                )
            });
            // Conservative: not below 95 % by more than three standard errors.
            assert!(coverage > 0.935, "{coverage} with p = {p}");
        }
    }

    /// Student's interval of paired differences that are normal, with fixed numbers and after
    /// stopping.
    #[test]
    fn students_interval_holds_the_truth_as_often_as_it_says() {
        for (purpose, wanted) in [(10, 0.0), (11, 0.2), (12, 0.3)] {
            let coverage = share(purpose, |draw| {
                let tally = std::cell::RefCell::new(Tally::new());
                held_after_stopping(
                    wanted,
                    2.0,
                    || tally.borrow_mut().add(2.0 + draw().1),
                    || {
                        let tally = *tally.borrow();
                        let mean = tally.mean().unwrap_or(0.0);
                        let spread = tally.standard_deviation().unwrap_or(0.0);
                        let half = half_width(tally.count(), spread, CONFIDENCE).unwrap_or(0.0);
                        (mean - half, mean + half)
                    },
                )
            });
            assert!((0.93..=0.97).contains(&coverage), "{coverage} at ± {wanted}");
        }
    }

    #[test]
    fn a_variant_that_changes_nothing_differs_by_nothing() {
        let mut paired = Paired::new(true);
        for _ in 0..200 {
            paired.add(BOTH, 47.0, 47.0, 0.1);
        }
        assert_eq!(paired.better_same_worse, [0, 200, 0]);
        assert!(paired.difference().abs() < 1e-12);
        let (low, high) = paired.interval(CONFIDENCE);
        // Two hundred pairs without a difference leave 2 to 4 % of runs in which there may be one.
        assert!((-4.0..-1.0).contains(&low) && (1.0..4.0).contains(&high), "{low} {high}");
        assert_eq!(paired.narrowing(), None);
    }
}
