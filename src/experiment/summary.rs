//! What many replications say together.

use crate::kernel::time::Instant;
use crate::observe::{Digest, Results};
use crate::scenario::measure::{Measure, Milestone};
use crate::stats::{Tally, mean_interval, quantile, quantile_bounds};

/// Confidence of every interval.
const CONFIDENCE: f64 = 0.95;
/// The quantiles of a figure.
const QUANTILES: [f64; 3] = [0.05, 0.5, 0.95];

/// Estimates over replications.
#[derive(Clone, Debug)]
pub struct Summary {
    /// Replications.
    pub replications: u64,
    /// Digest of all of them in order.
    pub digest: Digest,
    /// By [`Measure`], in the order of [`Measure::ALL`].
    pub measures: Vec<Figure>,
    /// By interval of the scenario, then by
    /// [`IntervalMeasure`](crate::scenario::measure::IntervalMeasure).
    pub intervals: Vec<Vec<Figure>>,
    /// By class of requests, then by [`ClassMeasure`](crate::scenario::measure::ClassMeasure).
    pub classes: Vec<Vec<Figure>>,
    /// By [`Milestone`], in the order of [`Milestone::ALL`].
    pub milestones: Vec<Moment>,
}

/// A measure over replications. Those that do not have it are left out.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Figure {
    /// Replications that have it.
    pub count: u64,
    /// Mean; not a number if none has it.
    pub mean: f64,
    /// Half-width of the 95 % interval of the mean, on its wider side; `None` for fewer than two.
    pub half_width: Option<f64>,
    /// 5 % quantile.
    pub p05: f64,
    /// Median.
    pub p50: f64,
    /// 95 % quantile.
    pub p95: f64,
    /// Bounds of these three quantiles at 95 %, each side `None` where the replications are too
    /// few to tell.
    pub bounds: [(Option<f64>, Option<f64>); 3],
}

/// A milestone over replications.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Moment {
    /// Share of the replications that reached it.
    pub share: f64,
    /// Its quantiles among those: 5 %, 50 % and 95 %; `None` if none reached it.
    pub quantiles: Option<[Instant; 3]>,
}

impl Figure {
    /// The figure of these values, of which those that are not numbers are left out.
    pub fn of(values: impl Iterator<Item = f64>) -> Figure {
        let values: Vec<f64> = values.filter(|value| !value.is_nan()).collect();
        let mean = values.iter().copied().collect::<Tally>().mean();
        let at = |q| quantile(&values, q).unwrap_or(f64::NAN);
        let half_width = mean.zip(mean_interval(&values, CONFIDENCE));
        let half_width = half_width.map(|(mean, (low, high))| (mean - low).max(high - mean));
        Figure {
            count: values.len() as u64,
            mean: mean.unwrap_or(f64::NAN),
            half_width,
            p05: at(0.05),
            p50: at(0.5),
            p95: at(0.95),
            bounds: QUANTILES.map(|q| quantile_bounds(&values, q, CONFIDENCE)),
        }
    }
}

impl Summary {
    /// Sums up replications.
    pub fn of(results: &[Results]) -> Summary {
        let figure = |measure: Measure| Figure::of(results.iter().map(|r| r.measure(measure)));
        let moment = |milestone: Milestone| {
            let times: Vec<f64> = results
                .iter()
                .filter_map(|r| r.milestone(milestone))
                .map(|when| when.as_nanos() as f64)
                .collect();
            let at = |q| quantile(&times, q).map(|ns| Instant::from_nanos(ns as u64));
            let quantiles = match (at(0.05), at(0.5), at(0.95)) {
                (Some(p05), Some(p50), Some(p95)) => Some([p05, p50, p95]),
                _ => None,
            };
            Moment { share: times.len() as f64 / results.len().max(1) as f64, quantiles }
        };
        Summary {
            replications: results.len() as u64,
            digest: Digest::of(results.iter().map(|r| r.digest)),
            measures: Measure::ALL.iter().map(|&m| figure(m)).collect(),
            intervals: parts(results, |results| &results.intervals),
            classes: parts(results, |results| &results.classes),
            milestones: Milestone::ALL.iter().map(|&m| moment(m)).collect(),
        }
    }

    /// The figure of a measure.
    pub fn measure(&self, measure: Measure) -> Figure {
        self.measures[measure as usize]
    }

    /// A milestone.
    pub fn milestone(&self, milestone: Milestone) -> Moment {
        self.milestones[milestone as usize]
    }
}

/// The figures of every measure of every part of the replications: intervals, or classes.
fn parts(results: &[Results], of: impl Fn(&Results) -> &Vec<Vec<f64>>) -> Vec<Vec<Figure>> {
    let Some(first) = results.first() else { return Vec::new() };
    let figures = |(part, measures): (usize, &Vec<f64>)| {
        let figure = |measure: usize| Figure::of(results.iter().map(|r| of(r)[part][measure]));
        (0..measures.len()).map(figure).collect()
    };
    of(first).iter().enumerate().map(figures).collect()
}
