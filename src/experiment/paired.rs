//! One quantity under two scenarios, pair by pair of replications with the same seed.

use crate::stats::{Class, Tally, mixture_interval};

/// One quantity under the baseline and under a variant, pair by pair.
#[derive(Clone, Debug)]
pub struct Paired {
    /// Under the baseline, without and with an outage.
    baseline: [Tally; 2],
    /// Under the variant, without and with an outage.
    variant: [Tally; 2],
    /// The variant's less the baseline's, by whether there was an outage under the baseline and
    /// under the variant: in neither, in the variant only, in the baseline only, in both.
    differences: [Tally; 4],
    /// In how many replications it was less than the baseline's, the same within the tolerance,
    /// more.
    pub better_same_worse: [u64; 3],
    /// Whether there is none of it without an outage.
    needs_outage: bool,
}

/// The class of a pair in which neither has an outage; the others follow.
pub(super) const NEITHER: usize = 0;
pub(super) const VARIANT_ONLY: usize = 1;
pub(super) const BASELINE_ONLY: usize = 2;
pub(super) const BOTH: usize = 3;

/// Whether a class has an outage under the baseline and under the variant, 0 or 1 each.
fn outages_in(class: usize) -> (usize, usize) {
    (class / 2, class % 2)
}

/// The class of a pair.
pub(super) fn class_of(baseline: bool, variant: bool) -> usize {
    match (baseline, variant) {
        (false, false) => NEITHER,
        (false, true) => VARIANT_ONLY,
        (true, false) => BASELINE_ONLY,
        (true, true) => BOTH,
    }
}

fn together(tallies: &[Tally]) -> Tally {
    let mut all = Tally::new();
    tallies.iter().for_each(|tally| all.merge(tally));
    all
}

impl Paired {
    /// Nothing yet, of something of which there is none without an outage if it `needs_outage`.
    pub(super) fn new(needs_outage: bool) -> Paired {
        let none = Tally::new();
        Paired {
            baseline: [none; 2],
            variant: [none; 2],
            differences: [none; 4],
            better_same_worse: [0; 3],
            needs_outage,
        }
    }

    /// Takes in a pair, and whether there was an outage under each.
    pub(super) fn add_pair(&mut self, baseline: bool, variant: bool, before: f64, after: f64) {
        self.add(class_of(baseline, variant), before, after, 0.0);
    }

    /// Takes in a pair of a class; differences within the tolerance are none.
    pub(super) fn add(&mut self, class: usize, baseline: f64, variant: f64, tolerance: f64) {
        let difference = variant - baseline;
        let (of_baseline, of_variant) = outages_in(class);
        self.baseline[of_baseline].add(baseline);
        self.variant[of_variant].add(variant);
        self.differences[class].add(difference);
        let verdict = match () {
            () if difference < -tolerance => 0,
            () if difference > tolerance => 2,
            () => 1,
        };
        self.better_same_worse[verdict] += 1;
    }

    /// Under the baseline.
    pub fn baseline(&self) -> Tally {
        together(&self.baseline)
    }

    /// Under the variant.
    pub fn variant(&self) -> Tally {
        together(&self.variant)
    }

    /// The mean difference.
    pub fn difference(&self) -> f64 {
        together(&self.differences).mean().unwrap_or(0.0)
    }

    /// The interval of the mean difference. Pairs of a class that was not seen are not thought
    /// impossible: with an outage under one and none under the other, each may be what it was seen
    /// to be so, or if it never was, anything up to the largest value seen at all.
    pub fn interval(&self, confidence: f64) -> (f64, f64) {
        let largest = |tally: Tally| tally.max().unwrap_or(0.0);
        let most = largest(self.baseline()).max(largest(self.variant()));
        let seen = |tallies: &[Tally; 2], outage: usize| {
            let most = if outage == 0 && self.needs_outage { 0.0 } else { most };
            tallies[outage].min().zip(tallies[outage].max()).unwrap_or((0.0, most))
        };
        let range = |class: usize| {
            let (of_baseline, of_variant) = outages_in(class);
            let baseline = seen(&self.baseline, of_baseline);
            let variant = seen(&self.variant, of_variant);
            (variant.0 - baseline.1, variant.1 - baseline.0)
        };
        let classes = self.differences.iter().enumerate();
        let classes = classes.map(|(class, &values)| match values.min().zip(values.max()) {
            Some((low, high)) if low >= high => Class { values, range: (low, high) },
            _ => Class { values, range: range(class) },
        });
        mixture_interval(&classes.collect::<Vec<Class>>(), confidence)
    }

    /// The differences, if every pair has an outage under the same of the two.
    pub(super) fn of_one_class(&self) -> Option<&Tally> {
        let mut seen = self.differences.iter().filter(|class| class.count() > 0);
        let only = seen.next();
        if seen.next().is_none() { only } else { None }
    }

    /// How much narrower the interval is than that of independent runs would be: the ratio of the
    /// standard errors. `None` if nothing varies.
    pub fn narrowing(&self) -> Option<f64> {
        let paired = together(&self.differences).variance()?;
        let apart = self.baseline().variance()? + self.variant().variance()?;
        (paired > 0.0 && apart > 0.0).then(|| (apart / paired).sqrt())
    }

    /// In the pairs in which both have an outage, the differences.
    pub fn given_both(&self) -> &Tally {
        &self.differences[BOTH]
    }
}

/// A value in replications in which the scenario as it stands has an outage, and in those in which
/// it has none.
#[derive(Clone, Debug)]
pub struct Part {
    classes: [Tally; 2],
}

impl Part {
    /// Nothing yet.
    pub(super) const NOTHING: Part = Part { classes: [Tally::new(); 2] };

    /// Takes in a value, and whether the scenario as it stands has an outage in its replication.
    pub(super) fn add(&mut self, outage: bool, value: f64) {
        self.classes[usize::from(!outage)].add(value);
    }

    /// The mean over all replications.
    pub fn mean(&self) -> f64 {
        let [with, without] = &self.classes;
        let sum = |tally: &Tally| tally.mean().unwrap_or(0.0) * tally.count() as f64;
        (sum(with) + sum(without)) / (with.count() + without.count()) as f64
    }

    /// The interval of the mean. A class of replications that was not seen is not thought
    /// impossible; the value there may be as far from zero as the farthest that was seen.
    pub fn interval(&self, confidence: f64) -> (f64, f64) {
        let all = self.classes.iter().filter_map(|tally| tally.min().zip(tally.max()));
        let most = all.fold(0.0_f64, |most, (low, high)| most.max(low.abs()).max(high.abs()));
        let classes = self.classes.map(|values| match values.min().zip(values.max()) {
            Some((low, high)) if low >= high => Class { values, range: (low, high) },
            _ => Class { values, range: (-most, most) },
        });
        mixture_interval(&classes, confidence)
    }
}
