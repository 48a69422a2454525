//! What happened, in words.

use super::format::{length, number, percent, plural, with_unit};
use crate::fleet::canary::Verdict;
use crate::fleet::recycler::Why;
use crate::fleet::supervisor::Settings;
use crate::fleet::supervisor::rule::{Metric, Rule};
use crate::scenario::Scenario;
use crate::scenario::model::Method;
use crate::sim::observation::{Alert, Cause, Refusal};

/// The restart rules of a scenario.
pub(super) fn rules(scenario: &Scenario) -> &[Rule] {
    scenario.supervisor.rules()
}

/// The name of the supervisor.
pub(super) fn supervisor(scenario: &Scenario) -> &'static str {
    let supervisor = &scenario.supervisor;
    if *supervisor == Settings::None { "nothing" } else { supervisor.name() }
}

/// A value of a metric for people.
pub(super) fn metric_value(metric: Metric, value: f64) -> String {
    match metric {
        Metric::Memory => with_unit("B", value),
        Metric::Age => with_unit("s", value),
        Metric::CpuWindow | Metric::CpuLife => percent(value),
        Metric::InFlight | Metric::Backlog | Metric::RequestsServed => number(value),
    }
}

/// What a metric measures.
fn metric_name(metric: Metric) -> &'static str {
    match metric {
        Metric::Memory => "memory",
        Metric::CpuWindow => "CPU use since the last sample",
        Metric::CpuLife => "CPU use over its life",
        Metric::InFlight => "requests in service",
        Metric::Backlog => "requests waiting",
        Metric::RequestsServed => "requests served",
        Metric::Age => "age",
    }
}

/// Why a process is started again; with the rule in full if `full`.
pub(super) fn cause(scenario: &Scenario, cause: Cause, full: bool) -> String {
    match cause {
        Cause::Rule { rule, value, limit } => {
            let Some(rule) = rules(scenario).get(rule as usize) else {
                return "a rule fired".to_string();
            };
            let what = metric_name(rule.metric);
            let value = metric_value(rule.metric, value.0);
            let limit = metric_value(rule.metric, limit.0);
            if !full {
                return format!("{what} {value}, limit {limit}");
            }
            let samples = if rule.samples == 1 {
                "at one sample".to_string()
            } else {
                format!("{} of the last {} samples were over", rule.over, rule.samples)
            };
            format!(
                "{what} {value} is over the limit of {limit} (rule `{}`: {samples}, taken every \
                 {})",
                rule.name,
                length(rule.every)
            )
        }
        Cause::OutOfMemory => "the kernel had killed it for want of memory".to_string(),
        Cause::Crash => "a fault had killed it".to_string(),
        Cause::Probe => "its liveness probe had failed too often".to_string(),
        Cause::Watchdog => "it had given no sign of life".to_string(),
        Cause::Runtime => "it had reached its greatest age".to_string(),
        Cause::Deploy => "the deploy has reached it".to_string(),
        Cause::Exit => "it had ended".to_string(),
        Cause::Eviction => "its machine was emptied for maintenance".to_string(),
    }
}

/// Why a worker was to end.
pub(super) fn end_of_worker(why: Why) -> &'static str {
    match why {
        Why::Requests => "it had served its number of requests",
        Why::Memory => "it kept too much memory",
        Why::Largest => "all together needed too much memory, and it was the largest",
        Why::Turn => "it was its turn",
        Why::Timeout => "a request had taken it too long",
        Why::OutOfMemory => "the kernel needed its memory",
        Why::Reload => "its process reads a new configuration",
    }
}

/// Why a restart did not happen.
pub(super) fn refusal(why: Refusal) -> &'static str {
    match why {
        Refusal::ConfigCheck => "the configuration on its disk is invalid, and the check saw it",
        Refusal::Budget => "too many nodes are away already",
    }
}

/// What made people look.
pub(super) fn alert(scenario: &Scenario, alert: Alert) -> String {
    let people = &scenario.people;
    match alert {
        Alert::Success => match people.success_below {
            Some((share, lasting)) => format!(
                "less than {} of the requests have succeeded for {}",
                percent(share),
                length(lasting)
            ),
            None => "too few requests succeed".to_string(),
        },
        Alert::NodesLost => match people.nodes_lost {
            Some((count, lasting)) => {
                let nodes = plural(u64::from(count), "node");
                format!("at least {nodes} lost for {}", length(lasting))
            }
            None => "too many nodes are lost".to_string(),
        },
        Alert::RolloutStopped => "the rollout has stopped".to_string(),
        Alert::RestartRefused => "a restart was refused, the configuration is invalid".to_string(),
    }
}

/// A deploy that did not reach a node.
pub(super) fn release_refused(scenario: &Scenario, number: u32, release: u32) -> String {
    let deploy = &scenario.deploys[number as usize].name;
    let release = &scenario.releases[release as usize];
    let why = release.start.known().at_build.as_deref().unwrap_or("invalid");
    format!(
        "deploy `{deploy}` ends on the build machine: the check says that release `{}` does not \
         work there ({why})",
        release.name
    )
}

/// What came of the comparison of canaries with the rest.
pub(super) fn verdict(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Passed => "the canaries are no worse than the rest, which gets the release too",
        Verdict::NotHealthy => "a canary does not become healthy: they go back to what they had",
        Verdict::Lost => "canaries were lost: they go back to what they had",
        Verdict::Restarts => "canaries restart more often: they go back to what they had",
        Verdict::Failed => "more attempts fail on canaries: they go back to what they had",
        Verdict::Latency => "canaries are slower: they go back to what they had",
    }
}

/// A deploy, with what lies in wait in it.
pub(super) fn deploy(scenario: &Scenario, number: u32, release: u32, corrected: bool) -> String {
    let plan = scenario.deploys[number as usize].plan.known();
    let release = &scenario.releases[release as usize];
    let how = match plan.method {
        Method::Hot => "the files change on every node, no process is touched",
        Method::AtOnce => "every node is restarted at the same time",
        Method::Rolling(_) => "node by node, each is restarted",
        Method::Canary(_) => "to some nodes first, which are compared with the rest",
        Method::Kubernetes(_) => "new pods take the place of old ones",
        Method::Reload(..) => "the files change, and processes read them without a restart",
    };
    let mut text = format!("release `{}` is deployed: {how}", release.name);
    if corrected {
        let planned = &scenario.releases[plan.release].name;
        text += &format!(
            "; a comparison found what is wrong with `{planned}`, and this release is corrected"
        );
    }
    let start = release.start.known();
    if let Some(why) = start.invalid_anywhere() {
        let everywhere = start.invalid.is_some() && start.elsewhere.is_empty();
        let place = if everywhere { "here" } else { "on some nodes" };
        text += &format!("; a process cannot start with it {place} ({why})");
        if plan.method == Method::Hot {
            text += ", which shows when the first one has to";
        }
    }
    text
}
