//! `events.csv`: every control event of the first replication, one row each.
//!
//! Columns: `time` (RFC 3339, UTC), `seconds` since the start, `event`, then, where they apply,
//! `node`, `balancer`, `release`, `deploy`, `cause` (of a restart, a refusal, a loss or an alert),
//! `rule`, `metric`, `value` and `limit` (in the metric's unit: bytes, cores, seconds or a number),
//! and `detail`.

use super::fleet::node_of;
use super::{Report, tables, words};
use crate::scenario::Scenario;
use crate::scenario::model::Nodes;
use crate::sim::observation::{Alert, Cause, Loss, Observation, Refusal};

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

#[derive(Default)]
struct Event {
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
    fn cells(self) -> [String; 11] {
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

    fn of(scenario: &Scenario, seen: &Observation) -> Event {
        let node = node_of(seen).map_or(String::new(), Nodes::name);
        let mut event = Event { name: name(seen), node, ..Event::default() };
        let release = |number: u32| scenario.releases[number as usize].name.clone();
        let deploy = |number: u32| scenario.deploys[number as usize].name.clone();
        match *seen {
            Observation::RestartBegun { cause, .. } => event.set_cause(scenario, cause),
            Observation::RestartRefused { why, cause, .. } => {
                event.set_cause(scenario, cause);
                event.detail = refusal_name(why).to_string();
            }
            Observation::ProcessStarting { release: number, .. } => event.release = release(number),
            Observation::StartFailed { release: number, of_restart, .. } => {
                event.release = release(number);
                event.detail = if of_restart { "of_restart" } else { "again" }.to_string();
            }
            Observation::OutOfMemory { memory, .. } => {
                event.metric = "memory";
                event.value = memory.to_string();
            }
            Observation::Crashed { fault, .. } | Observation::Struck { fault, .. } => {
                event.detail = scenario.faults[fault as usize].name.clone();
            }
            Observation::NodeMarked { balancer, .. } | Observation::Ejected { balancer, .. } => {
                event.balancer = (balancer + 1).to_string()
            }
            Observation::NodeLost { why, .. } => event.cause = loss_name(why),
            Observation::Deployed { deploy: number, release: brought, corrected } => {
                event.deploy = deploy(number);
                event.release = release(brought);
                event.detail = if corrected { "corrected" } else { "" }.to_string();
            }
            Observation::RolloutDone { deploy: number }
            | Observation::RolloutStopped { deploy: number, .. } => event.deploy = deploy(number),
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
            | Observation::FixFinished => {}
        }
        event
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
        };
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

fn alert_name(alert: Alert) -> &'static str {
    match alert {
        Alert::Success => "success",
        Alert::NodesLost => "nodes_lost",
        Alert::RolloutStopped => "rollout_stopped",
        Alert::RestartRefused => "restart_refused",
    }
}

fn name(seen: &Observation) -> &'static str {
    match seen {
        Observation::RequestIssued { .. } => "request_issued",
        Observation::AttemptAccepted { .. } => "attempt_accepted",
        Observation::AttemptFailed { .. } => "attempt_failed",
        Observation::WorkWasted { .. } => "work_wasted",
        Observation::RetryDenied => "retry_denied",
        Observation::HandedOn { .. } => "handed_on",
        Observation::RequestSettled { .. } => "request_settled",
        Observation::NodeSampled { .. } => "node_sampled",
        Observation::RestartBegun { .. } => "restart_begun",
        Observation::RestartRefused { .. } => "restart_refused",
        Observation::ProcessStarting { .. } => "process_starting",
        Observation::StartFailed { .. } => "start_failed",
        Observation::ProcessServing { .. } => "process_serving",
        Observation::ProcessEnded { .. } => "process_ended",
        Observation::OutOfMemory { .. } => "out_of_memory",
        Observation::Crashed { .. } => "crashed",
        Observation::Ejected { .. } => "node_ejected",
        Observation::Struck { on: true, .. } => "fault_begun",
        Observation::Struck { on: false, .. } => "fault_ended",
        Observation::Thrashing { on: true, .. } => "thrashing_begun",
        Observation::Thrashing { on: false, .. } => "thrashing_ended",
        Observation::SupervisorGaveUp { .. } => "supervisor_gave_up",
        Observation::NodeMarked { up: true, .. } => "node_marked_up",
        Observation::NodeMarked { up: false, .. } => "node_marked_down",
        Observation::NodeLost { .. } => "node_lost",
        Observation::NodeBack { .. } => "node_back",
        Observation::NodeAdded { .. } => "node_added",
        Observation::FleetDown => "fleet_down",
        Observation::FleetServing => "fleet_serving",
        Observation::Deployed { .. } => "deployed",
        Observation::RolloutDone { .. } => "rollout_done",
        Observation::RolloutStopped { .. } => "rollout_stopped",
        Observation::Alerted { .. } => "alerted",
        Observation::Detected => "detected",
        Observation::Diagnosed => "diagnosed",
        Observation::NothingToFix => "nothing_to_fix",
        Observation::FixStarted { .. } => "fix_started",
        Observation::NodeFixed { .. } => "node_fixed",
        Observation::FixFinished => "fix_finished",
        Observation::Ended { .. } => "ended",
    }
}
