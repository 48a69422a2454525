//! Attribution: in which phase of an incident every nanosecond of downtime and every failed request
//! falls. It says when, not why; for causes see `experiment::causes`.
//!
//! The phases are a partition by state, the first that applies:
//!
//! 1. no node is missing: *after-effects* for as long as an outage needs to be recovered from
//!    (`outage.recovered_lasting`) after the last one has come back, *none* otherwise;
//! 2. people are fixing nodes: *fix*;
//! 3. everything is fixed: *return*, by booting, health checks and warming up;
//! 4. somebody attends, and the cause is not found: *diagnosis*;
//! 5. nodes are lost, some still serves, and the last was lost no longer ago than that same time:
//!    *cascade*;
//! 6. nodes are lost: *detection*, since nobody attends yet;
//! 7. a node restarts and is not lost: *return*; if it then is lost, that was the cascade already.
//!
//! A node is missing from the moment its process is stopped or dies until it serves again, and
//! while it is lost. A failed request belongs to the phase in which it was issued, as it belongs to
//! the window, so that downtime and failures speak of the same moments. Downtime in no phase
//! belongs to the phase that follows in the same outage; if none does, to the after-effects:
//! requests that come again, queues, or more load than the whole fleet bears.

use super::outage::Outage;
use crate::kernel::time::{Duration, Instant};
use crate::sim::observation::Observation;

/// A phase of an incident.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IncidentPhase {
    /// Nodes are being lost.
    Cascade,
    /// Nodes are lost, and nobody attends.
    Detection,
    /// People look for the cause.
    Diagnosis,
    /// People fix nodes.
    Fix,
    /// Nodes come back.
    Return,
    /// Every node is back.
    AfterEffects,
    /// Nothing has happened, or it is long over.
    None,
}

impl IncidentPhase {
    /// All of them; downtime falls into all but the last.
    pub const ALL: [IncidentPhase; 7] = [
        IncidentPhase::Cascade,
        IncidentPhase::Detection,
        IncidentPhase::Diagnosis,
        IncidentPhase::Fix,
        IncidentPhase::Return,
        IncidentPhase::AfterEffects,
        IncidentPhase::None,
    ];
}

/// Downtime and failed requests by phase, in the order of [`IncidentPhase::ALL`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Shares {
    /// Sums to the downtime.
    pub downtime: [Duration; IncidentPhase::ALL.len()],
    /// Sums to the failed requests.
    pub failed: [u64; IncidentPhase::ALL.len()],
}

/// A stretch of time in one phase, until the next begins.
#[derive(Clone, Copy, Debug)]
struct Stretch {
    start: Instant,
    phase: IncidentPhase,
    failed: u64,
}

#[derive(Clone, Copy, Debug)]
struct View {
    /// Its process serves, or nothing has happened to it.
    serves: bool,
    lost: bool,
    processes: u32,
}

impl View {
    const FRESH: View = View { serves: true, lost: false, processes: 1 };

    fn is_missing(self) -> bool {
        self.lost || !self.serves
    }
}

/// Follows the phases of a replication.
#[derive(Clone, Debug)]
pub struct Attribution {
    nodes: Vec<View>,
    /// How long a cascade goes on after a loss, and after-effects after the last return.
    settling: Duration,
    attended: bool,
    fixing: bool,
    fixed: bool,
    last_loss: Option<Instant>,
    all_back: Option<Instant>,
    stretches: Vec<Stretch>,
}

impl Attribution {
    /// For so many nodes, all of which serve.
    pub fn new(nodes: u32, settling: Duration) -> Attribution {
        Attribution {
            nodes: vec![View::FRESH; nodes as usize],
            settling,
            attended: false,
            fixing: false,
            fixed: false,
            last_loss: None,
            all_back: None,
            stretches: vec![Stretch {
                start: Instant::START,
                phase: IncidentPhase::None,
                failed: 0,
            }],
        }
    }

    /// Takes in what happened.
    pub fn observe(&mut self, now: Instant, seen: &Observation) {
        if seen.is_traffic() {
            return;
        }
        self.advance(now);
        self.take(now, seen);
        self.enter(now);
    }

    #[expect(clippy::wildcard_enum_match_arm, reason = "the others change no phase")]
    fn take(&mut self, now: Instant, seen: &Observation) {
        match *seen {
            Observation::RestartBegun { node, .. } => self.node(node).serves = false,
            Observation::ProcessStarting { node, .. } => self.node(node).processes += 1,
            Observation::ProcessEnded { node } => {
                let node = self.node(node);
                node.processes = node.processes.saturating_sub(1);
                node.serves &= node.processes > 0;
            }
            Observation::ProcessServing { node } => self.node(node).serves = true,
            Observation::NodeLost { node, .. } => {
                self.node(node).lost = true;
                self.last_loss = Some(now);
            }
            Observation::NodeBack { node } => self.node(node).lost = false,
            // What has left for good is not missed any more.
            Observation::NodeRemoved { node } => *self.node(node) = View::FRESH,
            // What joins is not missed before it is there.
            Observation::NodeAdded { .. } => {
                self.nodes.push(View { processes: 0, ..View::FRESH });
            }
            Observation::Detected => self.attended = true,
            Observation::NothingToFix => self.attended = false,
            Observation::FixStarted { .. } => self.fixing = true,
            Observation::FixFinished => {
                (self.attended, self.fixing, self.fixed) = (false, false, true);
            }
            _ => {}
        }
    }

    /// A request that was issued at `issued` has failed.
    pub fn failed(&mut self, now: Instant, issued: Instant) {
        self.advance(now);
        self.failed_then(issued, 1);
    }

    /// So many requests that were issued at `issued` have failed, some time ago.
    pub fn failed_then(&mut self, issued: Instant, count: u64) {
        let after = self.stretches.partition_point(|stretch| stretch.start <= issued);
        self.stretches[after.saturating_sub(1)].failed += count;
    }

    fn node(&mut self, node: u32) -> &mut View {
        &mut self.nodes[node as usize]
    }

    /// Ends the phases that end by themselves before `now`.
    fn advance(&mut self, now: Instant) {
        let phase = self.phase();
        let since = if phase == IncidentPhase::Cascade {
            self.last_loss
        } else {
            self.all_back.filter(|_| phase == IncidentPhase::AfterEffects)
        };
        if let Some(over) = since.map(|since| since.saturating_add(self.settling))
            && over <= now
        {
            self.enter(over);
        }
    }

    /// The phase in hand.
    fn phase(&self) -> IncidentPhase {
        self.stretches.last().map_or(IncidentPhase::None, |stretch| stretch.phase)
    }

    /// Begins the phase that applies from `now` on, if it is another.
    fn enter(&mut self, now: Instant) {
        let next = self.applies(now);
        let phase = self.phase();
        if next == phase {
            return;
        }
        if let Some(last) = self.stretches.last_mut() {
            if phase == IncidentPhase::Return && next == IncidentPhase::Cascade {
                last.phase = IncidentPhase::Cascade;
                return;
            }
            // What lasts for no time leaves no trace, but for the failures that were counted in it.
            if last.start == now && last.failed == 0 {
                last.phase = next;
                return;
            }
        }
        self.stretches.push(Stretch { start: now, phase: next, failed: 0 });
    }

    fn applies(&mut self, now: Instant) -> IncidentPhase {
        let missing = self.nodes.iter().any(|node| node.is_missing());
        let settling = self.settling;
        let recent =
            |when: Option<Instant>| when.is_some_and(|when| now < when.saturating_add(settling));
        if !missing {
            if !matches!(self.phase(), IncidentPhase::None | IncidentPhase::AfterEffects) {
                self.all_back = Some(now);
                self.fixed = false;
            }
            return if recent(self.all_back) {
                IncidentPhase::AfterEffects
            } else {
                IncidentPhase::None
            };
        }
        let lost = self.nodes.iter().any(|node| node.lost);
        let serves = self.nodes.iter().any(|node| node.serves);
        match () {
            () if self.fixing => IncidentPhase::Fix,
            () if self.fixed => IncidentPhase::Return,
            () if self.attended => IncidentPhase::Diagnosis,
            () if lost && serves && recent(self.last_loss) => IncidentPhase::Cascade,
            () if lost => IncidentPhase::Detection,
            () => IncidentPhase::Return,
        }
    }

    /// What falls into each phase, with these outages.
    pub fn shares(&self, outages: &[Outage]) -> Shares {
        let mut shares = Shares::default();
        for stretch in &self.stretches {
            shares.failed[stretch.phase as usize] += stretch.failed;
        }
        for outage in outages {
            let ends = self.stretches.iter().skip(1).map(|stretch| stretch.start);
            let parts: Vec<(IncidentPhase, Duration)> = self
                .stretches
                .iter()
                .zip(ends.chain([Instant::NEVER]))
                .map(|(stretch, end)| {
                    let (from, to) = (stretch.start.max(outage.start), end.min(outage.end));
                    (stretch.phase, if from < to { to.since(from) } else { Duration::ZERO })
                })
                .filter(|(_, length)| *length > Duration::ZERO)
                .collect();
            for (number, (phase, length)) in parts.iter().enumerate() {
                let follows =
                    || parts[number..].iter().find(|(phase, _)| *phase != IncidentPhase::None);
                let phase = if *phase == IncidentPhase::None {
                    follows().map_or(IncidentPhase::AfterEffects, |(phase, _)| *phase)
                } else {
                    *phase
                };
                shares.downtime[phase as usize] += *length;
            }
        }
        shares
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sim::observation::{Alert, Loss};

    fn at(seconds: u64) -> Instant {
        Instant::from_nanos(seconds * 1_000_000_000)
    }

    fn follow(story: &[(u64, Observation)]) -> Attribution {
        let mut attribution = Attribution::new(2, Duration::from_secs(60));
        for (second, seen) in story {
            attribution.observe(at(*second), seen);
        }
        attribution
    }

    fn lost(node: u32) -> Observation {
        Observation::NodeLost { node, why: Loss::FailedRestart }
    }

    /// Two nodes go one after the other; people find the cause, fix both, and both return.
    fn incident() -> Attribution {
        let ended = |node| Observation::ProcessEnded { node };
        let starting = |node| Observation::ProcessStarting { node, release: 0 };
        let story = [
            (100, ended(0)),
            (102, lost(0)),
            (130, ended(1)),
            (132, lost(1)),
            (140, Observation::Alerted { alert: Alert::Success }),
            (150, Observation::Detected),
            (400, Observation::Diagnosed),
            (400, Observation::FixStarted { nodes: 2 }),
            (500, Observation::NodeFixed { node: 0 }),
            (600, Observation::NodeFixed { node: 1 }),
            (600, Observation::FixFinished),
            (600, starting(0)),
            (600, starting(1)),
            (610, Observation::ProcessServing { node: 0 }),
            (612, Observation::ProcessServing { node: 1 }),
            (620, Observation::NodeBack { node: 0 }),
            (625, Observation::NodeBack { node: 1 }),
        ];
        follow(&story)
    }

    #[test]
    fn an_incident_by_hand() {
        let shares = incident().shares(&[Outage { start: at(95), end: at(640) }]);
        let seconds = shares.downtime.map(|length| length.as_secs_f64() as u64);
        // 95 to 100 precedes the cascade and belongs to it; it lasts until the second node is gone,
        // nobody attends until 150, and after 625 everybody is back.
        assert_eq!(seconds, [35, 20, 250, 200, 25, 15, 0]);
    }

    #[test]
    fn a_failure_belongs_to_the_phase_in_which_it_was_issued() {
        let mut attribution = incident();
        let issued = [(50, 51), (101, 110), (149, 700), (150, 700), (450, 460), (610, 615)];
        for (issued, failed) in issued.into_iter().chain([(630, 700), (686, 900)]) {
            attribution.failed(at(failed), at(issued));
        }
        assert_eq!(attribution.shares(&[]).failed, [1, 1, 1, 1, 1, 1, 2]);
    }

    #[test]
    fn a_cascade_that_stops_is_waited_for_and_an_overload_loses_no_node() {
        // One of two is lost for good, and nobody comes.
        let story = [(10, Observation::ProcessEnded { node: 0 }), (10, lost(0))];
        let mut attribution = follow(&story);
        attribution.failed(at(200), at(65));
        attribution.failed(at(200), at(75));
        let shares = attribution.shares(&[Outage { start: at(20), end: at(120) }]);
        assert_eq!(shares.downtime.map(|d| d.as_secs_f64() as u64), [50, 50, 0, 0, 0, 0, 0]);
        assert_eq!(shares.failed[..2], [1, 1]);
        let overload = follow(&[]).shares(&[Outage { start: at(20), end: at(120) }]);
        assert_eq!(
            overload.downtime[IncidentPhase::AfterEffects as usize],
            Duration::from_secs(100)
        );
    }

    #[test]
    fn a_restart_that_succeeds_is_a_return() {
        let story = [
            (10, Observation::ProcessEnded { node: 0 }),
            (10, Observation::ProcessStarting { node: 0, release: 0 }),
            (30, Observation::ProcessServing { node: 0 }),
        ];
        let shares = follow(&story).shares(&[Outage { start: at(10), end: at(50) }]);
        assert_eq!(shares.downtime[IncidentPhase::Return as usize], Duration::from_secs(20));
        assert_eq!(shares.downtime[IncidentPhase::AfterEffects as usize], Duration::from_secs(20));
    }
}
