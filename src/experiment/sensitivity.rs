//! Which of the assumptions decide the outcome: each over its range by itself, and all together.

use super::cells::{Cell, Row};
use super::hypercube::Point;
use crate::kernel::chance::{Purpose, Seed, Streams, unit};
use crate::scenario::assumption::Assumed;
use crate::scenario::{Problems, Scenario, Study};
use crate::stats::{Estimate, half_width, sign_test, spearman, spearman_interval};
use std::sync::Arc;

/// What the draws of the resampling are for. Far from the numbers that simulations use.
const RESAMPLING: Purpose = Purpose(0x5057_0003);
/// Resamples behind an interval.
const RESAMPLES: u32 = 1000;
/// Confidence of every interval, and of all statements about one outcome together.
const CONFIDENCE: f64 = 0.95;

/// What is asked of a replication.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Question {
    /// The measure that was chosen; the first value of a row.
    Measure,
    /// 1 if there was an outage, else 0.
    Outage,
}

impl Question {
    /// Both.
    pub const ALL: [Question; 2] = [Question::Measure, Question::Outage];

    /// What a replication answers; not a number if it has no answer.
    pub fn answer(self, row: &Row) -> f64 {
        match self {
            Question::Measure => row.values.first().copied().unwrap_or(f64::NAN),
            Question::Outage => f64::from(row.outage),
        }
    }
}

/// The scenario with one assumption at another place of its range.
#[derive(Clone, Debug)]
pub struct Trial {
    /// The number of the assumption.
    pub assumption: usize,
    /// How much of its range lies below.
    pub share: f64,
    /// Its value, and that of what is scaled with it.
    pub assumed: Vec<Assumed>,
    /// The scenario.
    pub scenario: Arc<Scenario>,
}

/// The trials of one assumption after the other, each from the lower end of its range to the upper
/// at `levels` places (2 or more), or as many as there are different values.
///
/// # Errors
/// If a value is none that the scenario can have.
pub fn trials(study: &Study, levels: u32, scale_load: bool) -> Result<Vec<Trial>, Problems> {
    let mut all: Vec<Trial> = Vec::new();
    for assumption in 0..study.document.assumption.len() {
        for level in 0..levels {
            let share = f64::from(level) / f64::from(levels - 1);
            let (assumed, variant) = study.with_assumption(assumption, share, scale_load)?;
            let trial = Trial { assumption, share, assumed, scenario: variant.scenario };
            match all.last_mut().filter(|last| last.assumption == assumption) {
                // Of equal values the last, so that the upper end is there.
                Some(last) if last.assumed == trial.assumed => *last = trial,
                _ => all.push(trial),
            }
        }
    }
    Ok(all)
}

/// What came out when the assumptions were moved one at a time.
#[derive(Clone, Debug)]
pub struct Tornado {
    /// The scenario as it is.
    pub base: Cell,
    /// Every assumption, in the order of the file.
    pub effects: Vec<Effect>,
}

/// What an assumption does by itself.
#[derive(Clone, Debug, Default)]
pub struct Effect {
    /// What came out at each place of its range, from the lower end to the upper.
    pub levels: Vec<Response>,
    /// The upper end less the lower end, over pairs of replications with the same seed, by
    /// question.
    pub contrast: [Option<Estimate>; 2],
}

/// What came out at one place of the range of an assumption.
#[derive(Clone, Debug)]
pub struct Response {
    /// How much of the range lies below.
    pub share: f64,
    /// The value of the assumption, and of what is scaled with it.
    pub assumed: Vec<Assumed>,
    /// The replications.
    pub cell: Cell,
    /// This less the scenario as it is, over pairs of replications with the same seed, by
    /// question; `None` if no pair has the measure.
    pub change: [Option<Estimate>; 2],
    /// How many of these pairs have the greater answer here, and how many there, by question.
    pub signs: [(u64, u64); 2],
}

impl Response {
    /// The mean answer to a question; not a number if there is none.
    pub fn mean(&self, question: Question) -> f64 {
        mean(&self.cell, question)
    }
}

fn mean(cell: &Cell, question: Question) -> f64 {
    match question {
        Question::Measure => cell.figures.first().map_or(f64::NAN, |figure| figure.mean),
        Question::Outage => cell.outage_share(),
    }
}

impl Effect {
    /// The least and the greatest mean answer over the range; `None` if there is none.
    pub fn ends(&self, question: Question) -> Option<(f64, f64)> {
        let means = self.levels.iter().map(|level| level.mean(question));
        let known = means.filter(|mean| !mean.is_nan());
        known.fold(None, |ends, mean| {
            let (low, high) = ends.unwrap_or((mean, mean));
            Some((mean.min(low), mean.max(high)))
        })
    }

    /// How far the mean answer moves over the range; 0 if there is none.
    pub fn swing(&self, question: Question) -> f64 {
        self.ends(question).map_or(0.0, |(low, high)| high - low)
    }

    /// Whether the answer at some place differs from the scenario as it is by more than chance
    /// explains, with 95 % confidence for all `comparisons` together (Bonferroni). A measure is
    /// tested by Student's t over the pairs; the outage, and a measure that differs by the same in
    /// all of them, by the signs of the differences.
    pub fn is_clear(&self, question: Question, comparisons: usize) -> bool {
        let error = (1.0 - CONFIDENCE) / comparisons.max(1) as f64;
        let is_clear = |level: &Response| {
            let (ups, downs) = level.signs[question as usize];
            let by_signs = sign_test(ups, downs) <= error;
            let Some(change) = level.change[question as usize] else { return false };
            match (question, change.standard_deviation) {
                (Question::Measure, Some(spread)) if spread > 0.0 => {
                    half_width(change.count, spread, 1.0 - error)
                        .is_some_and(|half| change.mean.abs() > half)
                }
                // Without a spread Student's t is certain of anything.
                (Question::Measure | Question::Outage, _) => by_signs,
            }
        };
        self.levels.iter().any(is_clear)
    }

    /// Whether the answer is greatest or least inside the range, where an end differs from it by
    /// more than both half-widths.
    pub fn bends(&self, question: Question) -> bool {
        let known: Vec<Estimate> =
            self.levels.iter().filter_map(|level| level.change[question as usize]).collect();
        let ([first, .., last], Some(inside)) = (&known[..], known.get(1..known.len().max(2) - 1))
        else {
            return false;
        };
        let half = |one: &Estimate| one.half_width.unwrap_or(f64::INFINITY);
        let above = |a: &Estimate, b: &Estimate| a.mean - half(a) > b.mean + half(b);
        inside.iter().any(|one| {
            (above(one, first) && above(one, last)) || (above(first, one) && above(last, one))
        })
    }
}

impl Tornado {
    /// The fewest replications that can show that the outcome is another one in all of them, with
    /// 95 % confidence for all assumptions together.
    pub fn replications_needed(&self) -> u64 {
        let error = (1.0 - CONFIDENCE) / self.comparisons().max(1) as f64;
        (1..64).find(|&pairs| sign_test(pairs, 0) <= error).unwrap_or(64)
    }

    fn comparisons(&self) -> usize {
        self.effects.iter().map(|effect| effect.levels.len()).sum()
    }

    /// Whether the assumption moves the answer by more than chance explains, with 95 % confidence
    /// for all assumptions together.
    pub fn is_clear(&self, assumption: usize, question: Question) -> bool {
        self.effects[assumption].is_clear(question, self.comparisons())
    }

    /// The numbers of the assumptions, those that move the measure most first, then those that
    /// move the probability of an outage most.
    pub fn order(&self) -> Vec<usize> {
        let mut order: Vec<usize> = (0..self.effects.len()).collect();
        let swing = |number: usize, question| self.effects[number].swing(question);
        order.sort_by(|&a, &b| {
            let by = |question| swing(b, question).total_cmp(&swing(a, question));
            by(Question::Measure).then(by(Question::Outage))
        });
        order
    }
}

/// Gathers the rows of the scenario as it is, then those of the trials in their order. Of rows, no
/// more than three variants' are kept.
#[derive(Debug)]
pub struct Gathering<'a> {
    trials: &'a [Trial],
    base: Vec<Row>,
    lowest: Vec<Row>,
    tornado: Option<Tornado>,
}

impl<'a> Gathering<'a> {
    /// Nothing yet.
    pub fn new(trials: &'a [Trial]) -> Gathering<'a> {
        Gathering { trials, base: Vec::new(), lowest: Vec::new(), tornado: None }
    }

    /// The next rows: first those of the scenario as it is, then those of each trial.
    pub fn take(&mut self, rows: &[Row]) {
        let Some(tornado) = &mut self.tornado else {
            self.base = rows.to_vec();
            self.tornado = Some(Tornado { base: Cell::of(rows), effects: Vec::new() });
            return;
        };
        let trial = &self.trials[tornado.comparisons()];
        if tornado.effects.len() <= trial.assumption {
            tornado.effects.push(Effect::default());
            self.lowest = rows.to_vec();
        }
        let effect = &mut tornado.effects[trial.assumption];
        effect.levels.push(Response {
            share: trial.share,
            assumed: trial.assumed.clone(),
            cell: Cell::of(rows),
            change: Question::ALL.map(|question| difference(question, rows, &self.base)),
            signs: Question::ALL.map(|question| signs(question, rows, &self.base)),
        });
        effect.contrast = Question::ALL.map(|question| difference(question, rows, &self.lowest));
    }

    /// What came out of the assumptions, from the first on, of which no trial is missing; `None` if
    /// there is none.
    pub fn finish(self) -> Option<Tornado> {
        let mut tornado = self.tornado?;
        let last = tornado.effects.len().checked_sub(1)?;
        if self.trials.get(tornado.comparisons()).is_some_and(|next| next.assumption == last) {
            tornado.effects.pop();
        }
        (!tornado.effects.is_empty()).then_some(tornado)
    }
}

/// The mean difference of the answers of replications with the same seed.
fn difference(question: Question, rows: &[Row], others: &[Row]) -> Option<Estimate> {
    let pairs = rows.iter().zip(others);
    let differences = pairs.map(|(one, other)| question.answer(one) - question.answer(other));
    let known: Vec<f64> = differences.filter(|difference| !difference.is_nan()).collect();
    Estimate::of(&known)
}

/// In how many pairs the answer is greater in the first, and in how many in the second.
fn signs(question: Question, rows: &[Row], others: &[Row]) -> (u64, u64) {
    let pairs = || rows.iter().zip(others).map(|(a, b)| (question.answer(a), question.answer(b)));
    let ups = pairs().filter(|(one, other)| one > other).count();
    let downs = pairs().filter(|(one, other)| one < other).count();
    (ups as u64, downs as u64)
}

/// How strongly an answer goes with an assumption when all vary together.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Strength {
    /// The rank correlation; `None` where either side does not vary.
    pub correlation: Option<f64>,
    /// Its 95 % interval, by resampling the points.
    pub interval: Option<(f64, f64)>,
    /// Points that have an answer.
    pub points: usize,
    /// The greatest correlation of either sign that chance explains, with 95 % confidence for
    /// all assumptions together.
    pub chance: f64,
}

impl Strength {
    /// Whether it is more than chance explains.
    pub fn is_clear(&self) -> bool {
        self.correlation.is_some_and(|correlation| correlation.abs() > self.chance)
    }
}

/// How strongly the answers to a question go with each assumption, in the order of the file.
pub fn strengths(points: &[Point<Row>], question: Question, seed: Seed) -> Vec<Strength> {
    let known: Vec<(&Point<Row>, f64)> = points
        .iter()
        .map(|point| (point, question.answer(&point.results)))
        .filter(|(_, answer)| !answer.is_nan())
        .collect();
    let answers: Vec<f64> = known.iter().map(|(_, answer)| *answer).collect();
    let assumptions = points.first().map_or(0, |point| point.shares.len());
    let chance = chance(known.len(), assumptions);
    let strength = |number: usize| {
        let shares: Vec<f64> = known.iter().map(|(point, _)| point.shares[number]).collect();
        let entity = 2 * number as u64 + question as u64;
        let mut draws = Streams::new(seed).sequence(RESAMPLING, entity);
        let draw = || {
            let share = unit(&mut draws.die(0));
            draws.advance();
            share
        };
        Strength {
            correlation: spearman(&shares, &answers),
            interval: spearman_interval(&shares, &answers, CONFIDENCE, RESAMPLES, draw),
            points: known.len(),
            chance,
        }
    };
    (0..assumptions).map(strength).collect()
}

/// The correlation that independent ranks of so many points exceed in any of so many cases with a
/// probability of 5 % at most, by the usual approximation: r sqrt((n - 2) / (1 - r^2)) has nearly
/// Student's distribution with n - 2 degrees of freedom.
fn chance(points: usize, cases: usize) -> f64 {
    let confidence = 1.0 - (1.0 - CONFIDENCE) / cases.max(1) as f64;
    let count = points.saturating_sub(1) as u64;
    let Some(half) = half_width(count, 1.0, confidence) else { return f64::INFINITY };
    let t = half * (count as f64).sqrt();
    t / (count as f64 - 1.0 + t * t).sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::experiment::cells::run_cells;
    use crate::experiment::replication::Pool;
    use crate::observe::{Digest, Fate};
    use rand::{RngExt, SeedableRng};
    use rand_chacha::ChaCha8Rng;

    const NONE: &[&str] = &[];

    fn row(value: f64, outage: bool) -> Row {
        Row { digest: Digest::default(), fate: Fate::Stable, outage, values: vec![value] }
    }

    fn tiny(sets: &[&str]) -> Study {
        let text = include_str!("../report/tests/tiny.toml");
        Study::load("tiny.toml", text, NONE, sets).unwrap()
    }

    /// A tornado over the assumptions of a study, with so many replications.
    fn tornado(study: &Study, levels: u32, replications: u64, seed: u64) -> Tornado {
        let trials = trials(study, levels, false).unwrap();
        let mut scenarios = vec![Arc::clone(&study.scenario)];
        scenarios.extend(trials.iter().map(|trial| Arc::clone(&trial.scenario)));
        let subjects = study.subjects(&["downtime_s"]).unwrap();
        let stop = std::sync::atomic::AtomicBool::new(false);
        let pool = Pool::new(2, &|_| (), &stop);
        let mut gathering = Gathering::new(&trials);
        let take = |_, rows: &[Row]| gathering.take(rows);
        let make = |number: usize| Arc::clone(&scenarios[number]);
        let count = scenarios.len();
        run_cells(count, make, replications, Seed(seed), &subjects, pool, take).unwrap();
        gathering.finish().expect("nobody stops it")
    }

    #[test]
    fn values_run_from_end_to_end_and_none_is_there_twice() {
        let trials = trials(&tiny(&[]), 5, false).unwrap();
        let of = |number: usize| -> Vec<&str> {
            let own = trials.iter().filter(|trial| trial.assumption == number);
            own.map(|trial| trial.assumed[0].value.as_str()).collect()
        };
        assert_eq!(of(0), ["1", "2", "3", "4"]);
        let [first, .., last] = of(1)[..] else { panic!("there are several") };
        assert_eq!((of(1).len(), first, last), (5, "150 MiB", "500 MiB"));
    }

    #[test]
    fn changes_are_those_of_runs_with_the_same_seed() {
        // The base is one of the values tried, so that its change is known to be nothing.
        let study = tiny(&["supervisor.bluepill.rule.memory.above.memory=150 MiB"]);
        let tornado = tornado(&study, 3, 9, 4);
        let limits = &tornado.effects[1];
        let same = limits.levels[0].change[0].unwrap();
        assert_eq!((same.mean, same.half_width), (0.0, Some(0.0)));
        assert_eq!(limits.levels[0].cell, tornado.base);
        // By another way: one replication after the other, by hand.
        let subjects = study.subjects(&["downtime_s"]).unwrap();
        let high = study
            .with_values(&["supervisor.bluepill.rule.memory.above.memory=500 MiB"])
            .unwrap()
            .scenario;
        let down = |scenario: &Arc<Scenario>, seed: u64| {
            let results = crate::experiment::Replication::new(scenario, Seed(seed), false).finish();
            Row::of(&results, &subjects).values[0]
        };
        let by_hand: Vec<f64> =
            (4..13).map(|seed| down(&high, seed) - down(&study.scenario, seed)).collect();
        let expected = Estimate::of(&by_hand);
        assert_eq!(limits.levels[2].change[0], expected);
        assert_eq!(limits.contrast[0], expected, "the low end is the base here");
        assert!(limits.levels[2].change[0].unwrap().mean < -200.0);
        // No process reaches that limit: no outage, and it is clear that this is why.
        assert!(tornado.is_clear(1, Question::Measure) && tornado.is_clear(1, Question::Outage));
        assert_eq!(tornado.order(), [1, 0]);
    }

    fn response(changes: &[f64]) -> Response {
        let rows: Vec<Row> = changes.iter().map(|change| row(*change, false)).collect();
        let base: Vec<Row> = changes.iter().map(|_| row(0.0, false)).collect();
        Response {
            share: 0.0,
            assumed: Vec::new(),
            cell: Cell::of(&rows),
            change: Question::ALL.map(|question| difference(question, &rows, &base)),
            signs: Question::ALL.map(|question| signs(question, &rows, &base)),
        }
    }

    #[test]
    fn a_greatest_value_inside_the_range_is_seen() {
        let effect = |levels: &[&[f64]]| Effect {
            levels: levels.iter().map(|level| response(level)).collect(),
            contrast: [None, None],
        };
        let hill = effect(&[&[0.0, 0.1, 0.2], &[5.0, 5.1, 5.2], &[1.0, 1.1, 1.2]]);
        assert!(hill.bends(Question::Measure) && !hill.bends(Question::Outage));
        let rising = effect(&[&[0.0, 0.1, 0.2], &[1.0, 1.1, 1.2], &[5.0, 5.1, 5.2]]);
        assert!(!rising.bends(Question::Measure));
        let noisy = effect(&[&[0.0, 5.0, -5.0], &[3.0, -3.0, 2.0], &[1.0, -1.1, 1.2]]);
        assert!(!noisy.bends(Question::Measure) && !noisy.is_clear(Question::Measure, 1));
        assert!(!effect(&[&[1.0]]).bends(Question::Measure));
        assert!(rising.is_clear(Question::Measure, 3));
        // The same difference in all pairs is as likely as so many tosses that agree.
        assert!(!effect(&[&[3.0; 5]]).is_clear(Question::Measure, 1));
        assert!(effect(&[&[3.0; 6]]).is_clear(Question::Measure, 1));
        assert!(!effect(&[&[3.0; 6]]).is_clear(Question::Measure, 2));
        assert_eq!(hill.ends(Question::Measure).map(|(low, _)| (low * 10.0).round()), Some(1.0));
    }

    /// Points of `dims` assumptions with an answer of the first.
    fn points(
        rng: &mut ChaCha8Rng,
        (count, dims): (usize, usize),
        answer: impl Fn(f64, f64) -> f64,
    ) -> Vec<Point<Row>> {
        let shares = crate::stats::latin_hypercube(count, dims, || rng.random());
        let point = |shares: Vec<f64>| {
            let value = answer(shares[0], rng.random());
            Point { seed: Seed(1), assumed: Vec::new(), shares, results: row(value, value > 0.8) }
        };
        shares.into_iter().map(point).collect()
    }

    #[test]
    fn what_decides_nothing_is_rarely_called_decisive() {
        let mut rng = ChaCha8Rng::seed_from_u64(3);
        let mut alarms = [0; 2];
        for _ in 0..1000 {
            // The answer is noise.
            let points = points(&mut rng, (20, 8), |_, noise| noise);
            for question in Question::ALL {
                let answers: Vec<f64> =
                    points.iter().map(|point| question.answer(&point.results)).collect();
                let any = (0..8).any(|number| {
                    let shares: Vec<f64> =
                        points.iter().map(|point| point.shares[number]).collect();
                    spearman(&shares, &answers).is_some_and(|found| found.abs() > chance(20, 8))
                });
                alarms[question as usize] += u32::from(any);
            }
        }
        // At most one study in twenty, give or take what 1000 of them leave to chance.
        assert!(alarms.iter().all(|count| (10..70).contains(count)), "{alarms:?}");
    }

    #[test]
    fn what_decides_is_found_and_points_without_an_answer_are_left_out() {
        let mut rng = ChaCha8Rng::seed_from_u64(4);
        let mut points = points(&mut rng, (60, 3), |share, noise| share + 0.3 * noise);
        points[7].results.values[0] = f64::NAN;
        let found = strengths(&points, Question::Measure, Seed(1));
        assert_eq!(found.iter().map(Strength::is_clear).collect::<Vec<_>>(), [true, false, false]);
        assert_eq!((found[0].points, found.len()), (59, 3));
        let (low, high) = found[0].interval.unwrap();
        let correlation = found[0].correlation.unwrap();
        assert!(0.7 < low && low < correlation && correlation < high && high < 1.0);
        assert_eq!(found, strengths(&points, Question::Measure, Seed(1)));
        let outage = strengths(&points, Question::Outage, Seed(1));
        assert_eq!(outage[0].points, 60);
        assert!(outage[0].is_clear());
    }
}
