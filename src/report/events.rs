//! `events.csv`: every control event of the first replication, one row each.
//!
//! Columns: `time` (RFC 3339, UTC), `seconds` since the start, `event`, then, where they apply,
//! `node`, `balancer`, `release`, `deploy`, `cause` (of a restart, a refusal, a loss or an alert),
//! `rule`, `metric`, `value` and `limit` (in the metric's unit: bytes, cores, seconds or a number),
//! and `detail`.

use super::fleet::node_of;
use super::kinds::name;
use super::{Report, tables, words};
use crate::fleet::canary::Verdict;
use crate::fleet::recycler::Why;
use crate::scenario::Scenario;
use crate::scenario::model::Nodes;
use crate::sim::observation::{Alert, Cause, Loss, Observation, Refusal, Reloaded};

/// Every control event of the first replication.
pub fn events(report: &Report) -> String {
    let head = [
        "time", "seconds", "event", "node", "balancer", "release", "deploy", "cause", "rule",
        "metric", "value", "limit", "detail",
    ];
    let head: Vec<String> = head.iter().map(ToString::to_string).collect();
    let events = report.first.series.iter().flat_map(|series| &series.story.events);
    let rows = events.map(|(at, seen)| {
        let mut cells = tables::when(report, *at).to_vec();
        cells.extend(Event::of(&report.study.scenario, seen).cells());
        cells
    });
    tables::write(std::iter::once(head).chain(rows))
}

/// What an event is told as in a row; empty where something does not apply.
#[derive(Default)]
pub(super) struct Event {
    name: &'static str,
    node: String,
    balancer: String,
    release: String,
    deploy: String,
    cause: &'static str,
    rule: String,
    metric: &'static str,
    value: String,
    limit: String,
    detail: String,
}

impl Event {
    pub(super) fn cells(self) -> [String; 11] {
        [
            self.name.to_string(),
            self.node,
            self.balancer,
            self.release,
            self.deploy,
            self.cause.to_string(),
            self.rule,
            self.metric.to_string(),
            self.value,
            self.limit,
            self.detail,
        ]
    }

    pub(super) fn of(scenario: &Scenario, seen: &Observation) -> Event {
        let node = node_of(seen).map_or(String::new(), Nodes::name);
        let mut event = Event { name: name(seen), node, ..Event::default() };
        let release = |number: u32| release_name(scenario, number);
        match *seen {
            Observation::RestartBegun { cause, .. } => event.set_cause(scenario, cause),
            Observation::RestartRefused { why, cause, .. } => event.refuse(scenario, why, cause),
            Observation::ProcessStarting { release: number, .. } => event.release = release(number),
            Observation::StartFailed { release: number, of_restart, .. } => {
                let detail = if of_restart { "of_restart" } else { "again" };
                (event.release, event.detail) = (release(number), detail.to_string());
            }
            Observation::OutOfMemory { memory, .. } => event.set_memory(memory),
            Observation::Crashed { fault, .. } | Observation::Struck { fault, .. } => {
                event.detail = scenario.faults[fault as usize].name.clone();
            }
            Observation::Evicted { maintenance: number, .. } => {
                event.detail.clone_from(&scenario.maintenance[number as usize].name);
            }
            Observation::NodeMarked { balancer, .. } | Observation::Ejected { balancer, .. } => {
                event.balancer = (balancer + 1).to_string()
            }
            Observation::NodeLost { why, .. } => event.cause = loss_name(why),
            Observation::WorkerEnded { .. }
            | Observation::WorkerServing { .. }
            | Observation::WorkerFailed { .. } => event.set_worker(scenario, seen),
            Observation::Deployed { .. }
            | Observation::RolloutDone { .. }
            | Observation::RolloutStalled { .. }
            | Observation::RolloutStopped { .. }
            | Observation::ReleaseRefused { .. }
            | Observation::CanaryJudged { .. }
            | Observation::Reloaded { .. } => event.set_rollout(scenario, seen),
            Observation::Alerted { alert } => event.cause = alert_name(alert),
            Observation::FixStarted { nodes } => event.detail = format!("nodes={nodes}"),
            Observation::Ended { open } => event.detail = format!("open_requests={open}"),
            Observation::RequestIssued { .. }
            | Observation::AttemptAccepted { .. }
            | Observation::AttemptFailed { .. }
            | Observation::WorkWasted { .. }
            | Observation::RetryDenied
            | Observation::HandedOn { .. }
            | Observation::RequestSettled { .. }
            | Observation::NodeSampled { .. }
            | Observation::Passage(_)
            | Observation::ProcessServing { .. }
            | Observation::ProcessEnded { .. }
            | Observation::Thrashing { .. }
            | Observation::SupervisorGaveUp { .. }
            | Observation::NodeBack { .. }
            | Observation::NodeAdded { .. }
            | Observation::FleetDown
            | Observation::FleetServing
            | Observation::Detected
            | Observation::Diagnosed
            | Observation::NothingToFix
            | Observation::NodeFixed { .. }
            | Observation::NodeRemoved { .. }
            | Observation::FixFinished => {}
        }
        event
    }

    #[expect(clippy::wildcard_enum_match_arm, reason = "the others are about no workers")]
    fn set_worker(&mut self, scenario: &Scenario, seen: &Observation) {
        let (worker, release, how) = match *seen {
            Observation::WorkerEnded { worker, why, killed, .. } => {
                self.cause = end_name(why);
                (worker, None, if killed { " killed" } else { " left" })
            }
            Observation::WorkerServing { worker, release, .. } => (worker, Some(release), ""),
            Observation::WorkerFailed { worker, release, last, .. } => {
                (worker, Some(release), if last { " none_left" } else { "" })
            }
            _ => return,
        };
        self.release = release.map_or_else(String::new, |number| release_name(scenario, number));
        self.detail = format!("worker={}{how}", worker + 1);
    }

    #[expect(clippy::wildcard_enum_match_arm, reason = "the others are about no deploys")]
    fn set_rollout(&mut self, scenario: &Scenario, seen: &Observation) {
        match *seen {
            Observation::Deployed { deploy, release, corrected } => {
                self.set_deploy(scenario, deploy);
                self.release = release_name(scenario, release);
                self.detail = if corrected { "corrected" } else { "" }.to_string();
            }
            Observation::RolloutDone { deploy }
            | Observation::RolloutStalled { deploy }
            | Observation::RolloutStopped { deploy, .. } => self.set_deploy(scenario, deploy),
            Observation::ReleaseRefused { deploy, release } => {
                self.set_deploy(scenario, deploy);
                self.release = release_name(scenario, release);
            }
            Observation::CanaryJudged { deploy, verdict } => {
                self.set_deploy(scenario, deploy);
                self.detail = verdict_name(verdict).to_string();
            }
            Observation::Reloaded { release, how, .. } => {
                self.release = release_name(scenario, release);
                self.detail = reloaded_name(how).to_string();
            }
            _ => {}
        }
    }

    fn set_memory(&mut self, bytes: u64) {
        (self.metric, self.value) = ("memory", bytes.to_string());
    }

    fn refuse(&mut self, scenario: &Scenario, why: Refusal, cause: Cause) {
        self.set_cause(scenario, cause);
        self.detail = refusal_name(why).to_string();
    }

    fn set_deploy(&mut self, scenario: &Scenario, number: u32) {
        self.deploy = scenario.deploys[number as usize].name.clone();
    }

    fn set_cause(&mut self, scenario: &Scenario, cause: Cause) {
        self.cause = match cause {
            Cause::Rule { rule, value, limit } => {
                if let Some(rule) = words::rules(scenario).get(rule as usize) {
                    self.rule = rule.name.clone();
                    self.metric = rule.metric.name();
                }
                self.value = value.0.to_string();
                self.limit = limit.0.to_string();
                "rule"
            }
            Cause::OutOfMemory => "out_of_memory",
            Cause::Crash => "crash",
            Cause::Runtime => "runtime",
            Cause::Deploy => "deploy",
            Cause::Exit => "exit",
            Cause::Probe => "probe",
            Cause::Watchdog => "watchdog",
            Cause::Eviction => "eviction",
        };
    }
}

fn verdict_name(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Passed => "passed",
        Verdict::NotHealthy => "not_healthy",
        Verdict::Lost => "lost",
        Verdict::Restarts => "restarts",
        Verdict::Failed => "failed",
        Verdict::Latency => "latency",
    }
}

fn reloaded_name(how: Reloaded) -> &'static str {
    match how {
        Reloaded::Took => "took",
        Reloaded::Kept => "kept",
        Reloaded::Exited => "exited",
        Reloaded::Hung => "hung",
    }
}

fn refusal_name(why: Refusal) -> &'static str {
    match why {
        Refusal::ConfigCheck => "config_check",
        Refusal::Budget => "restart_budget",
    }
}

fn loss_name(why: Loss) -> &'static str {
    match why {
        Loss::FailedRestart => "failed_restart",
        Loss::HealthCheck => "health_check",
        Loss::Exit => "exit",
        Loss::Crash => "crash",
    }
}

fn release_name(scenario: &Scenario, number: u32) -> String {
    scenario.releases[number as usize].name.clone()
}

fn end_name(why: Why) -> &'static str {
    match why {
        Why::Requests => "requests",
        Why::Memory => "memory",
        Why::Largest => "largest",
        Why::Turn => "turn",
        Why::Timeout => "timeout",
        Why::OutOfMemory => "out_of_memory",
        Why::Reload => "reload",
    }
}

fn alert_name(alert: Alert) -> &'static str {
    match alert {
        Alert::Success => "success",
        Alert::NodesLost => "nodes_lost",
        Alert::RolloutStopped => "rollout_stopped",
        Alert::RestartRefused => "restart_refused",
    }
}
