//! The values of the measures, worked out when a replication has ended.

use super::{ClassCounts, Gauges, HOUR, Recorder};
use crate::kernel::time::{Duration, Instant};
use crate::observe::attribution::{IncidentPhase, Shares};
use crate::observe::outage::Outage;
use crate::scenario::measure::{ClassMeasure, IntervalMeasure, Measure, Milestone};
use crate::sim::observation::Outcome;

/// Within this time the burst of node losses is counted.
const BURST: Duration = Duration::from_secs(5);

impl Recorder {
    /// A count of workers, where there are any.
    fn of_workers(&self, count: u64) -> f64 {
        if self.scenario.process.workers.is_some() { count as f64 } else { f64::NAN }
    }

    /// Time that was passed over, where any may be.
    fn skipped(&self) -> f64 {
        if self.scenario.is_adaptive() { self.counts.skipped.as_secs_f64() } else { f64::NAN }
    }

    /// The value of a measure, once the simulation has ended at `end`.
    #[expect(clippy::wildcard_enum_match_arm, reason = "all the others are in `of_nodes`")]
    pub(super) fn measure(
        &self,
        measure: Measure,
        end: Instant,
        outages: &[Outage],
        milestones: &[Option<Instant>],
        phases: &Shares,
    ) -> f64 {
        let counts = &self.counts;
        let settled: u64 = counts.settled.iter().sum();
        let completed = counts.settled[Outcome::Completed as usize];
        let outcome = |outcome: Outcome| counts.settled[outcome as usize] as f64;
        let elapsed = end.since(self.scenario.clock.warm_up).as_secs_f64();
        let downtime = outages.iter().fold(0.0, |sum, o| sum + o.end.since(o.start).as_secs_f64());
        let at = |milestone: Milestone| milestones[milestone as usize];
        let between = |from: Milestone, to: Milestone| match (at(from), at(to)) {
            (Some(from), Some(to)) => to.as_secs_f64() - from.as_secs_f64(),
            _ => f64::NAN,
        };
        match measure {
            Measure::Downtime => downtime,
            Measure::Outages => outages.len() as f64,
            Measure::LostAtOnce => self.lost_at_once as f64,
            Measure::PartialService => counts.partial_service.as_secs_f64(),
            Measure::Availability => completed as f64 / settled as f64,
            Measure::ErrorBudget => counts.error_budget_ns * 1e-9 / 60.0,
            Measure::BudgetUsed => {
                let slo = self.scenario.slo;
                let granted = (1.0 - slo.availability) * slo.period.as_secs_f64();
                // Of nothing there is no share.
                if granted > 0.0 { counts.error_budget_ns * 1e-9 / granted } else { f64::NAN }
            }
            Measure::Skipped => self.skipped(),
            Measure::Requests => counts.issued as f64,
            Measure::RequestsFailed => (settled - completed) as f64,
            Measure::TimedOut => outcome(Outcome::TimedOut),
            Measure::Refused => outcome(Outcome::Refused),
            Measure::Reset => outcome(Outcome::Reset),
            Measure::NoNode => outcome(Outcome::NoNode),
            Measure::Shed => outcome(Outcome::Shed),
            Measure::NoAnswer => outcome(Outcome::NoAnswer),
            Measure::Dropped => outcome(Outcome::Dropped),
            Measure::OpenAtEnd => (counts.issued - settled) as f64,
            Measure::Goodput => completed as f64 / elapsed,
            Measure::Throughput => (completed + counts.wasted) as f64 / elapsed,
            Measure::WorkWasted => counts.wasted as f64,
            Measure::RetriesDenied => counts.retries_denied as f64,
            Measure::Attempts => counts.attempts as f64 / settled as f64,
            Measure::SojournMean => counts.sojourn_ns as f64 * 1e-9 / completed as f64,
            Measure::SojournP50 => self.sojourn_quantile(0.5),
            Measure::SojournP99 => self.sojourn_quantile(0.99),
            Measure::WaitMean => counts.wait_ns as f64 * 1e-9 / completed as f64,
            Measure::InSystem => counts.in_system_area as f64 * 1e-9 / elapsed,
            Measure::Utilisation => self.used(core_time),
            Measure::SlotUtilisation => self.used(slot_time),
            Measure::Starts => counts.starts as f64,
            Measure::Redispatches => counts.redispatches as f64,
            Measure::MemoryMax => counts.memory_max as f64,
            Measure::Restarts => counts.restarts as f64,
            Measure::RestartsFailed => counts.restarts_failed as f64,
            Measure::RestartsRefused => counts.restarts_refused as f64,
            Measure::FirstRestartFailed => match self.first_restart {
                Some((_, Some(failed))) => f64::from(failed),
                Some((_, None)) | None => f64::NAN,
            },
            Measure::NoNodeServes => {
                let open = self.down_since.map_or(Duration::ZERO, |since| end.since(since));
                (counts.no_node_serves + open).as_secs_f64()
            }
            Measure::StartsFailed => counts.starts_failed as f64,
            Measure::OomKills => counts.oom_kills as f64,
            Measure::WorkersRecycled => self.of_workers(counts.workers_recycled),
            Measure::WorkersKilled => self.of_workers(counts.workers_killed),
            Measure::NodesLost => self.losses.len() as f64,
            Measure::LostToRestart => {
                counts.lost_to_restart as f64 / counts.lost_in_collapse as f64
            }
            Measure::LossSpread => self.loss_spread.map_or(f64::NAN, Duration::as_secs_f64),
            Measure::LossBurst => self.loss_burst(),
            Measure::FirstRestart => {
                at(Milestone::FirstRestart).map_or(f64::NAN, Instant::as_secs_f64)
            }
            Measure::Collapse => between(Milestone::FirstRestart, Milestone::FleetDown),
            Measure::Detection => between(Milestone::OutageStart, Milestone::Detected),
            Measure::Diagnosis => between(Milestone::OutageStart, Milestone::Diagnosed),
            Measure::FixRollout => between(Milestone::FixStarted, Milestone::FixFinished),
            Measure::FixToEnd => between(Milestone::FixFinished, Milestone::OutageEnd),
            Measure::OutageBeforeFix => match (outages.first(), at(Milestone::FirstNodeFixed)) {
                (None, _) => f64::NAN,
                (Some(outage), Some(fixed)) => f64::from(outage.end < fixed),
                (Some(outage), None) => f64::from(outage.end < end),
            },
            _ => of_phase(measure, phases).unwrap_or_else(|| self.of_nodes(measure)),
        }
    }

    /// What is read off nodes: their gauges while they serve, and what became of one after a fault.
    ///
    /// # Panics
    /// If a measure has no value anywhere.
    #[expect(clippy::wildcard_enum_match_arm, reason = "it is asked for these alone")]
    fn of_nodes(&self, measure: Measure) -> f64 {
        let readings = &self.readings;
        let count = readings.count as f64;
        let mean = readings.held as f64 / count;
        let after = |what: Option<Duration>| what.map_or(f64::NAN, Duration::as_secs_f64);
        match measure {
            Measure::NodeInFlightMean => mean,
            Measure::NodeInFlightSd => {
                libm::sqrt((readings.held_squares as f64 / count - mean * mean).max(0.0))
            }
            Measure::NodeMemoryMean => readings.memory as f64 / count,
            Measure::FaultToStart => after(self.aftermath.started),
            Measure::FaultToServing => after(self.aftermath.serves),
            Measure::FaultToDown => after(self.aftermath.marked_down),
            Measure::FaultToUp => after(self.aftermath.marked_up),
            Measure::FaultToGivenUp => after(self.aftermath.given_up),
            _ => unreachable!("every measure has a value"),
        }
    }

    /// The values of an interval.
    pub(super) fn interval(&self, number: usize) -> Vec<f64> {
        let counts = &self.intervals[number];
        let interval = &self.scenario.intervals[number];
        let length = interval.to.since(interval.from);
        let whole_hours = (length.as_nanos() / HOUR) as usize;
        let value = |measure: &IntervalMeasure| match measure {
            IntervalMeasure::Restarts => counts.restarts as f64,
            IntervalMeasure::Losses => counts.losses as f64,
            IntervalMeasure::Requests => counts.issued as f64,
            IntervalMeasure::FailedShare => counts.failed as f64 / counts.settled as f64,
            IntervalMeasure::Offered => counts.issued as f64 / length.as_secs_f64(),
            IntervalMeasure::OfferedHourMax if whole_hours == 0 => {
                counts.issued as f64 / length.as_secs_f64()
            }
            IntervalMeasure::OfferedHourMax => {
                let hours = counts.hours.iter().take(whole_hours);
                hours.copied().max().unwrap_or(0) as f64 / 3600.0
            }
        };
        IntervalMeasure::ALL.iter().map(value).collect()
    }

    fn sojourn_quantile(&self, q: f64) -> f64 {
        seconds(self.sojourns.quantile(q))
    }

    /// What was used over what was offered, by the gauges of all nodes.
    fn used(&self, seconds: impl Fn(&Gauges) -> (f64, f64)) -> f64 {
        let mut sums = (0.0, 0.0);
        for node in &self.nodes {
            if let (Some(first), Some(last)) = (&node.first, &node.gauges) {
                let (first, last) = (seconds(first), seconds(last));
                sums.0 += last.0 - first.0;
                sums.1 += last.1 - first.1;
            }
        }
        sums.0 / sums.1
    }

    fn loss_burst(&self) -> f64 {
        let within = |first: &Instant| {
            let later = self.losses.iter().filter(|&loss| loss >= first);
            later.filter(|&&loss| loss.since(*first) <= BURST).count()
        };
        let most = self.losses.iter().map(within).max().unwrap_or(0);
        most as f64 / self.nodes.len() as f64
    }
}

/// The values of a class.
pub(super) fn class(counts: &ClassCounts) -> Vec<f64> {
    let settled: u64 = counts.settled.iter().sum();
    let completed = counts.settled[Outcome::Completed as usize];
    let failed = (settled - completed) as f64;
    let value = |measure: &ClassMeasure| match measure {
        ClassMeasure::Requests => counts.issued as f64,
        ClassMeasure::RequestsFailed => failed,
        ClassMeasure::FailedShare => failed / settled as f64,
        ClassMeasure::TimedOut => counts.settled[Outcome::TimedOut as usize] as f64,
        ClassMeasure::Attempts => counts.attempts as f64 / settled as f64,
        ClassMeasure::SojournMean => counts.sojourn_ns as f64 * 1e-9 / completed as f64,
        ClassMeasure::SojournP50 => seconds(counts.sojourns.quantile(0.5)),
        ClassMeasure::SojournP99 => seconds(counts.sojourns.quantile(0.99)),
        ClassMeasure::WaitMean => counts.wait_ns as f64 * 1e-9 / completed as f64,
    };
    ClassMeasure::ALL.iter().map(value).collect()
}

fn seconds(ns: Option<u64>) -> f64 {
    ns.map_or(f64::NAN, |ns| ns as f64 * 1e-9)
}

/// Seconds of cores used and offered.
fn core_time(gauges: &Gauges) -> (f64, f64) {
    (gauges.busy.as_secs_f64(), gauges.offered.as_secs_f64())
}

/// Seconds of slots used and offered.
fn slot_time(gauges: &Gauges) -> (f64, f64) {
    (gauges.slots_busy.as_secs_f64(), gauges.slots_offered.as_secs_f64())
}

/// A measure of one phase of the incident, if it is one.
#[expect(clippy::wildcard_enum_match_arm, reason = "all the others are in `measure`")]
fn of_phase(measure: Measure, phases: &Shares) -> Option<f64> {
    let down = |phase: IncidentPhase| phases.downtime[phase as usize].as_secs_f64();
    let failed = |phase: IncidentPhase| phases.failed[phase as usize] as f64;
    Some(match measure {
        Measure::DowntimeCascade => down(IncidentPhase::Cascade),
        Measure::DowntimeDetection => down(IncidentPhase::Detection),
        Measure::DowntimeDiagnosis => down(IncidentPhase::Diagnosis),
        Measure::DowntimeFix => down(IncidentPhase::Fix),
        Measure::DowntimeReturn => down(IncidentPhase::Return),
        Measure::DowntimeAfterEffects => down(IncidentPhase::AfterEffects),
        Measure::FailedCascade => failed(IncidentPhase::Cascade),
        Measure::FailedDetection => failed(IncidentPhase::Detection),
        Measure::FailedDiagnosis => failed(IncidentPhase::Diagnosis),
        Measure::FailedFix => failed(IncidentPhase::Fix),
        Measure::FailedReturn => failed(IncidentPhase::Return),
        Measure::FailedAfterEffects => failed(IncidentPhase::AfterEffects),
        Measure::FailedOutside => failed(IncidentPhase::None),
        _ => return None,
    })
}
