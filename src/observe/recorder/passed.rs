//! Traffic that was passed over (`clock.resolution = "adaptive"`): it is counted as what was
//! simulated just before turned out.

use super::{ClassCounts, Counts, Recorder};
use crate::kernel::time::{Duration, Instant};
use crate::sim::observation::{Outcome, Passage};
use crate::stats::Histogram;

/// A sample of traffic, and what is passed over by its example.
#[derive(Clone, Debug)]
pub(super) struct Passing {
    /// What was sampled until traffic was last suspended.
    sample: Sample,
    /// Totals where it goes on, or went on last.
    began: Sample,
    /// Since when traffic is suspended, if it is, and the requests in the system until then.
    suspended: Option<(Instant, i128)>,
}

/// Totals of traffic at a moment, or between two.
#[derive(Clone, Debug)]
struct Sample {
    counts: Counts,
    sojourns: Histogram<7>,
    classes: Vec<ClassCounts>,
}

impl Sample {
    fn of(recorder: &Recorder, now: Instant) -> Sample {
        let in_system_area = recorder.in_system_area(now);
        Sample {
            counts: Counts { in_system_area, ..recorder.counts },
            sojourns: recorder.sojourns.clone(),
            classes: recorder.classes.clone(),
        }
    }

    /// This sample, of other totals, and what has come since `began` together.
    fn and_since(mut self, now: Sample, began: &Sample) -> Sample {
        let (counts, new, old) = (&mut self.counts, &now.counts, &began.counts);
        for (outcome, count) in counts.settled.iter_mut().enumerate() {
            *count += new.settled[outcome] - old.settled[outcome];
        }
        counts.attempts += new.attempts - old.attempts;
        counts.sojourn_ns += new.sojourn_ns - old.sojourn_ns;
        counts.wait_ns += new.wait_ns - old.wait_ns;
        counts.in_system_area += new.in_system_area - old.in_system_area;
        counts.wasted += new.wasted - old.wasted;
        counts.redispatches += new.redispatches - old.redispatches;
        self.sojourns.merge(&now.sojourns.since(&began.sojourns));
        let pairs = now.classes.iter().zip(&began.classes);
        for (class, (new, old)) in self.classes.iter_mut().zip(pairs) {
            class.issued += new.issued - old.issued;
            for (outcome, count) in class.settled.iter_mut().enumerate() {
                *count += new.settled[outcome] - old.settled[outcome];
            }
            class.attempts += new.attempts - old.attempts;
            class.sojourn_ns += new.sojourn_ns - old.sojourn_ns;
            class.wait_ns += new.wait_ns - old.wait_ns;
            class.sojourns.merge(&new.sojourns.since(&old.sojourns));
        }
        self
    }

    fn settled(&self) -> u64 {
        self.counts.settled.iter().sum()
    }

    /// What comes with so many requests, of a total of the sample.
    fn share(&self, total: u128, requests: u64) -> u128 {
        total * u128::from(requests) / u128::from(self.settled().max(1))
    }

    fn count(&self, total: u64, requests: u64) -> u64 {
        u64::try_from(self.share(u128::from(total), requests)).unwrap_or(u64::MAX)
    }

    /// The outcomes of the requests after the first `before`, until `until`, and how many attempts
    /// nodes accepted for them.
    fn outcomes(&self, before: u64, until: u64) -> ([u64; Outcome::ALL.len()], u64) {
        let settled = self.counts.settled;
        let usual = (0..settled.len()).max_by_key(|&outcome| settled[outcome]).unwrap_or(0);
        let between = |total: u64| self.count(total, until) - self.count(total, before);
        let mut left = until - before;
        let mut outcomes = [0; Outcome::ALL.len()];
        for (outcome, count) in outcomes.iter_mut().enumerate() {
            if outcome != usual {
                *count = between(settled[outcome]).min(left);
                left -= *count;
            }
        }
        outcomes[usual] = left;
        let finished = settled[Outcome::Completed as usize] + self.counts.wasted;
        (outcomes, between(finished))
    }
}

impl Recorder {
    #[cold]
    pub(super) fn on_passage(&mut self, now: Instant, passage: Passage) {
        match passage {
            Passage::Sampled => self.begin_sample(now),
            Passage::Suspended => self.suspend(now),
            Passage::Passed { issued } => self.pass(issued),
            Passage::Postponed { issued, by } => self.postpone(issued, by),
            Passage::Resumed => self.resume(now),
        }
    }

    /// Traffic from now on is a sample.
    fn begin_sample(&mut self, now: Instant) {
        let began = Sample::of(self, now);
        let none = Sample {
            counts: Counts::default(),
            sojourns: Histogram::new(),
            classes: ClassCounts::of(&self.scenario),
        };
        self.passing = Some(Box::new(Passing { sample: none, began, suspended: None }));
    }

    fn suspend(&mut self, now: Instant) {
        let totals = Sample::of(self, now);
        if let Some(mut passing) = self.passing.take() {
            passing.sample = passing.sample.and_since(totals, &passing.began);
            passing.suspended = Some((now, self.in_system_area(now)));
            self.passing = Some(passing);
        }
        self.windows.hold();
    }

    fn pass(&mut self, issued: u64) {
        self.counts.issued += issued;
        self.windows.pass(issued);
    }

    /// A request stands for one that is open now.
    fn postpone(&mut self, issued: Instant, by: Duration) {
        let (was_counted, is_counted) = self.windows.postpone(issued, issued + by);
        // One from before the windows stands for one within them, which was counted as passed.
        self.counts.in_system += u64::from(is_counted && !was_counted);
    }

    fn resume(&mut self, now: Instant) {
        let Some(mut passing) = self.passing.take() else { return };
        let Some((since, area)) = passing.suspended.take() else { return };
        self.counts.skipped += now.since(since);
        let sample = &passing.sample;
        let quantile = |q| sample.sojourns.quantile(q);
        let mut passed = 0;
        let mut ends = Vec::new();
        let uncounted = self.windows.resume(
            |more| {
                let outcomes = sample.outcomes(passed, passed + more);
                passed += more;
                outcomes
            },
            quantile(0.5).zip(quantile(0.99)),
            |start, outcomes| ends.push((start, outcomes)),
        );
        self.counts.issued += uncounted;
        for (start, outcomes) in ends {
            self.settle_passed(start, outcomes);
        }
        self.count_passed(sample, passed);
        let more = sample.share(sample.counts.in_system_area.unsigned_abs(), passed) as i128;
        let in_hand = i128::from(now.as_nanos()) * i128::from(self.counts.in_system);
        self.counts.in_system_area = area + more - in_hand;
        passing.began = Sample::of(self, now);
        self.passing = Some(passing);
        self.close_windows();
    }

    /// So many requests of the window that begins at `start` ended so.
    fn settle_passed(&mut self, start: Instant, outcomes: [u64; Outcome::ALL.len()]) {
        let mut failed = 0;
        for (outcome, count) in outcomes.into_iter().enumerate() {
            self.counts.settled[outcome] += count;
            failed += if outcome == Outcome::Completed as usize { 0 } else { count };
        }
        if failed > 0 {
            self.phases.failed_then(start, failed);
        }
    }

    /// What came with so many requests.
    fn count_passed(&mut self, sample: &Sample, passed: u64) {
        let (counts, like) = (&mut self.counts, &sample.counts);
        let completed = like.settled[Outcome::Completed as usize];
        counts.attempts += sample.count(like.attempts, passed);
        counts.sojourn_ns += sample.share(like.sojourn_ns, passed);
        counts.wait_ns += sample.share(like.wait_ns, passed);
        counts.wasted += sample.count(like.wasted, passed);
        counts.redispatches += sample.count(like.redispatches, passed);
        self.sojourns.add_like(&sample.sojourns, sample.count(completed, passed));
        for (class, like) in self.classes.iter_mut().zip(&sample.classes) {
            for (outcome, count) in class.settled.iter_mut().enumerate() {
                let more = sample.count(like.settled[outcome], passed);
                *count += more;
                class.issued += more;
            }
            class.attempts += sample.count(like.attempts, passed);
            class.sojourn_ns += sample.share(like.sojourn_ns, passed);
            class.wait_ns += sample.share(like.wait_ns, passed);
            let completed = like.settled[Outcome::Completed as usize];
            class.sojourns.add_like(&like.sojourns, sample.count(completed, passed));
        }
    }
}
