//! Distributions and ranges.

use super::Resolver;
use crate::kernel::dist::fit::{Family, Figures};
use crate::kernel::dist::{self, Dist};
use crate::kernel::time::Duration;
use crate::scenario::keys::quantity::{self, BytesRange, NumberRange, TimeRange};
use crate::scenario::text::{At, Place};

impl Resolver<'_> {
    pub(super) fn dist(&mut self, keys: &quantity::Dist) -> Dist {
        match keys {
            quantity::Dist::Constant(value) => Dist::constant(*value),
            quantity::Dist::Uniform(keys) => Dist::uniform(keys.from, keys.to),
            quantity::Dist::Exponential(keys) => Dist::exponential(keys.mean),
            quantity::Dist::Lognormal(keys) => Dist::lognormal(keys.mean, keys.sigma),
            quantity::Dist::Empirical(values) => self.empirical(values),
            quantity::Dist::Gamma(keys) => Dist::gamma(keys.mean, keys.shape),
            quantity::Dist::Weibull(keys) => Dist::weibull(keys.mean, keys.shape),
            quantity::Dist::BoundedPareto(keys) => {
                let dist = Dist::bounded_pareto(keys.from, keys.to, keys.alpha);
                let wrong = "`from` must be more than zero and less than `to`";
                self.or_zero(dist, keys.place, wrong)
            }
            quantity::Dist::Hyperexponential(branches) => self.hyperexponential(branches),
            quantity::Dist::MeanP95(keys) => {
                let figures = Figures::MeanP95(keys.mean, keys.p95.value);
                self.fitted(family(&keys.family), figures, keys.p95.place)
            }
            quantity::Dist::MedianP99(keys) => {
                let figures = Figures::MedianP99(keys.median, keys.p99.value);
                self.fitted(family(&keys.family), figures, keys.p99.place)
            }
        }
    }

    fn empirical(&mut self, values: &At<quantity::Values>) -> Dist {
        let dist = match &values.value {
            quantity::Values::Listed(values) => Dist::empirical(values),
            quantity::Values::File(name) => match self.files.values(name) {
                Ok(values) => Dist::empirical(&values),
                Err(problems) => {
                    self.file_problems(name, values.place, &problems);
                    return Dist::constant(Duration::ZERO);
                }
            },
        };
        self.or_zero(dist, values.place, "an empirical distribution without values")
    }

    fn or_zero(&mut self, dist: Option<Dist>, place: Place, wrong: &str) -> Dist {
        dist.unwrap_or_else(|| {
            self.log.problem(place, wrong);
            Dist::constant(Duration::ZERO)
        })
    }

    fn hyperexponential(&mut self, branches: &At<Vec<quantity::Branch>>) -> Dist {
        let total: f64 = branches.iter().map(|branch| branch.share.get()).sum();
        if (total - 1.0).abs() > 1e-9 {
            let message = format!("the shares of the branches add up to {total:.4}, not to 1");
            self.log.problem(branches.place, message);
        }
        let branch =
            |keys: &quantity::Branch| dist::Branch { share: keys.share.get(), mean: keys.mean };
        let branches: Vec<dist::Branch> = branches.iter().map(branch).collect();
        Dist::hyperexponential(&branches)
    }

    fn fitted(&mut self, family: Family, figures: Figures, place: Place) -> Dist {
        let (first, second, known) = match figures {
            Figures::MeanP95(mean, p95) => (("mean", mean), ("95th percentile", p95), mean),
            Figures::MedianP99(median, p99) => {
                (("median", median), ("99th percentile", p99), median)
            }
        };
        family.with(figures).unwrap_or_else(|impossible| {
            let message = format!(
                "no {} distribution has a {} of {} and a {} of {}",
                family.name(),
                first.0,
                first.1,
                second.0,
                second.1
            );
            let rounded = |factor: f64| {
                let ns = known.scaled(factor).as_nanos();
                let digits = 10_u64.pow(ns.max(1).ilog10().saturating_sub(3));
                Duration::from_nanos(ns / digits * digits)
            };
            let (least, greatest) = (rounded(impossible.least), rounded(impossible.greatest));
            self.log.problem(place, message).help(format!(
                "with this {} it may be {least} to {greatest}, {impossible}",
                first.0
            ));
            Dist::constant(known)
        })
    }
}

fn family(keys: &quantity::Family) -> Family {
    match keys {
        quantity::Family::Lognormal => Family::Lognormal,
        quantity::Family::Gamma => Family::Gamma,
        quantity::Family::Weibull => Family::Weibull,
        quantity::Family::Hyperexponential => Family::Hyperexponential,
    }
}

pub(super) fn bytes(range: &BytesRange) -> (u64, u64) {
    match range {
        BytesRange::Exactly(bytes) => (bytes.get(), bytes.get()),
        BytesRange::Uniform(range) => ordered(range.from.get(), range.to.get()),
    }
}

pub(super) fn numbers(range: &NumberRange) -> (f64, f64) {
    match range {
        NumberRange::Exactly(value) => (*value, *value),
        NumberRange::Uniform(range) => ordered(range.from, range.to),
    }
}

pub(super) fn times(range: &TimeRange) -> (f64, f64) {
    match range {
        TimeRange::Exactly(time) => (time.as_secs_f64(), time.as_secs_f64()),
        TimeRange::Uniform(range) => ordered(range.from.as_secs_f64(), range.to.as_secs_f64()),
    }
}

fn ordered<T: PartialOrd>(from: T, to: T) -> (T, T) {
    if from <= to { (from, to) } else { (to, from) }
}
