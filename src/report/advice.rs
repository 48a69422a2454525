//! What a careful reader would say of a scenario before it is simulated: the load against the
//! capacity, and loops that cannot work.

use super::Screen;
use super::format::{self, Palette, number, percent, with_unit};
use crate::fleet::supervisor::Settings;
use crate::fleet::supervisor::rule::Metric;
use crate::kernel::time::Duration;
use crate::scenario::Scenario;
use crate::scenario::capacity::{Peak, mean_repair};
use crate::scenario::model::{CheckPath, Method};
use crate::scenario::resolution::Resolution;
use serde::Serialize;

/// How grave a piece of advice is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Weight {
    /// Good to know.
    Note,
    /// Probably not what was meant, or an incident that waits to happen.
    Warning,
}

/// A piece of advice.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Advice {
    /// Its name, for looking it up and for talking about it.
    pub name: &'static str,
    /// How grave it is.
    pub weight: Weight,
    /// What was found, with its numbers.
    pub found: String,
    /// What may be done about it; empty for a note.
    pub remedy: &'static str,
}

fn note(name: &'static str, found: String) -> Advice {
    Advice { name, weight: Weight::Note, found, remedy: "" }
}

fn warning(name: &'static str, found: String, remedy: &'static str) -> Advice {
    Advice { name, weight: Weight::Warning, found, remedy }
}

/// Everything there is to say, notes first.
pub fn advice(scenario: &Scenario) -> Vec<Advice> {
    let mut all = Vec::new();
    if let Some(peak) = Peak::of(scenario) {
        load(scenario, &peak, &mut all);
        memory(scenario, &peak, &mut all);
        clients(scenario, &peak, &mut all);
        limits(scenario, &peak, &mut all);
    }
    releases(scenario, &mut all);
    checks(scenario, &mut all);
    restarts(scenario, &mut all);
    resolution(scenario, &mut all);
    all.sort_by_key(|advice| advice.weight == Weight::Warning);
    all
}

/// Whether adaptive resolution is of any use.
fn resolution(scenario: &Scenario, all: &mut Vec<Advice>) {
    if scenario.clock.resolution == Resolution::Adaptive
        && let Some(obstacle) = scenario.adaptive_obstacle()
    {
        all.push(warning(
            "nothing-to-skip",
            format!("with `clock.resolution = \"adaptive\"` every event is simulated: {obstacle}"),
            "leave the key out, or do without what stands in the way",
        ));
    }
}

/// The peak against all nodes and against all but one.
fn load(scenario: &Scenario, peak: &Peak, all: &mut Vec<Advice>) {
    let used = |nodes: u32| (peak.cores_used(scenario, nodes), peak.slots_used(scenario, nodes));
    let (cores, slots) = used(peak.nodes);
    let when = format::weekday_time(scenario, peak.when);
    let nodes = format::plural(u64::from(peak.nodes), "node");
    let mut found = format!(
        "at the peak, {when}, {}/s need {} of the cores and {} of the slots of {nodes}",
        number(peak.rate),
        percent(cores),
        percent(slots),
    );
    let rest = (peak.nodes > 1).then(|| used(peak.nodes - 1));
    if let Some((cores, slots)) = rest {
        found += &format!("; without one of them {} and {}", percent(cores), percent(slots));
    }
    all.push(note("peak", found));
    if cores > 1.0 || slots > 1.0 {
        let what = if cores > 1.0 { "cores" } else { "slots" };
        all.push(warning(
            "overload",
            format!("the load at the peak needs more {what} than all nodes have"),
            "more nodes, or less load: without that requests pile up whatever happens",
        ));
    } else if rest.is_some_and(|(cores, slots)| cores > 1.0 || slots > 1.0) {
        all.push(warning(
            "no-spare-node",
            "at the peak the fleet cannot bear the loss of one node: the others get more than they \
             can do, and whatever their load triggers follows"
                .to_string(),
            "one node more, or shedding",
        ));
    }
}

/// The memory at the peak against the limits.
fn memory(scenario: &Scenario, peak: &Peak, all: &mut Vec<Advice>) {
    let (usual, most) = peak.memory(scenario);
    let mebibytes = |bytes: f64| with_unit("B", bytes);
    let of = |bytes: f64, limit: f64| percent(bytes / limit);
    let both = |limit: f64| {
        if most > usual {
            format!("{} to {}", of(usual, limit), of(most, limit))
        } else {
            of(usual, limit)
        }
    };
    let rules = scenario.supervisor.rules().iter();
    for rule in rules.filter(|rule| rule.metric == Metric::Memory) {
        let limit = rule.limit.0;
        all.push(note(
            "memory",
            format!(
                "a process may need {} then, {} of the limit of rule `{}`",
                mebibytes(usual),
                both(limit),
                rule.name
            ),
        ));
    }
    let host = scenario.nodes.memory as f64;
    if most > host {
        all.push(warning(
            "host-memory",
            format!(
                "at the peak a process may need {}, more than the {} of its host",
                mebibytes(most),
                mebibytes(host)
            ),
            "a restart before that, fewer slots, or larger hosts",
        ));
    }
}

/// Patience against service, and how often one request can be offered.
fn clients(scenario: &Scenario, peak: &Peak, all: &mut Vec<Advice>) {
    let patience = peak.patience;
    if patience < peak.alone {
        all.push(warning(
            "patience",
            format!(
                "clients wait {} on average, and a request needs {} alone",
                with_unit("s", patience),
                with_unit("s", peak.alone)
            ),
            "a longer `clients.patience`, or shorter stages",
        ));
    }
    let attempts = scenario.clients.retry.known().attempts;
    let offers = attempts * (1 + scenario.balancer.redispatch.known());
    if offers > 4 {
        all.push(note(
            "amplification",
            format!(
                "a request may be offered {offers} times while nodes refuse: {} with {} handed on \
                 each",
                format::plural(u64::from(attempts), "attempt"),
                scenario.balancer.redispatch.known(),
            ),
        ));
    }
}

/// Whether the limits of restart rules are far enough apart for one node to go at a time.
fn limits(scenario: &Scenario, peak: &Peak, all: &mut Vec<Advice>) {
    if peak.nodes < 2 {
        return;
    }
    let left = peak.nodes - 1;
    let each = peak.rate / f64::from(left);
    let excess = (peak.cores_used(scenario, left) - 1.0).max(0.0) / peak.cores_used(scenario, left);
    for rule in scenario.supervisor.rules() {
        // What the metric gains on every other node until the next sample, when one is lost.
        let step = rule.every.as_secs_f64();
        let gain = match rule.metric {
            Metric::Memory => {
                let moved = each - peak.rate / f64::from(peak.nodes);
                moved * peak.held + each * excess * step * (peak.held / peak.alone.max(1e-9))
            }
            Metric::InFlight => each * excess * step,
            Metric::Backlog
            | Metric::CpuWindow
            | Metric::CpuLife
            | Metric::RequestsServed
            | Metric::Age => continue,
        };
        let spread = rule.limit.1 - rule.limit.0;
        if excess > 0.0 && spread < gain {
            let unit = if rule.metric == Metric::Memory { "B" } else { "1" };
            let show = |value: f64| with_unit(unit, value);
            all.push(warning(
                "limits-together",
                format!(
                    "when a node is lost at the peak, `{}` grows by {} on each of the others from \
                     one sample of rule `{}` to the next, and their limits differ by {}: they \
                     follow together",
                    rule.metric.name(),
                    show(gain),
                    rule.name,
                    show(spread),
                ),
                "a node more, shedding, or a restart budget; limits further apart buy little",
            ));
        }
    }
}

/// Releases that cannot start where they are deployed.
fn releases(scenario: &Scenario, all: &mut Vec<Advice>) {
    for deploy in &scenario.deploys {
        let plan = deploy.plan.known();
        let release = &scenario.releases[plan.release];
        let Some(why) = release.start.known().invalid_anywhere() else { continue };
        let when = match plan.method {
            Method::Hot => "it is deployed without a restart, so this shows when one happens",
            Method::AtOnce => "every node meets it at once",
            Method::Rolling(_) => "the rollout meets it at its first node",
            Method::Kubernetes(_) => "the rollout stalls with the pods that it may do without",
            Method::Canary(_) => "a canary meets it if it is restarted",
            Method::Reload(..) => "every node meets it at its reload, or at its next restart",
        };
        all.push(warning(
            "deployed-invalid",
            format!("no process can start with release `{}`: {why}; {when}", release.name),
            "what the incident is about, or a configuration to be put right",
        ));
        if mean_repair(scenario).is_none() {
            all.push(warning(
                "no-fix",
                format!(
                    "release `{}` cannot start, and people have nothing to fix it with",
                    release.name
                ),
                "name a release in `people.fixed_release`",
            ));
        }
    }
}

/// Health checks that overlap or trail behind.
fn checks(scenario: &Scenario, all: &mut Vec<Advice>) {
    let Some(health) = &scenario.balancer.health else { return };
    if health.timeout >= health.interval && health.path == CheckPath::Queued {
        all.push(warning(
            "checks-overlap",
            format!(
                "a health check may take {}, and the next follows after {}: under load a node has \
                 several of them in its queue",
                format::length(health.timeout),
                format::length(health.interval),
            ),
            "a shorter `timeout`, or a longer `interval`",
        ));
    }
}

/// Whether supervisors and budgets leave the time that a restart needs.
fn restarts(scenario: &Scenario, all: &mut Vec<Advice>) {
    let boot = scenario.process.boot.known().mean_secs();
    let health =
        scenario.balancer.health.as_ref().map_or(0.0, |health| {
            f64::from(health.thresholds.rise) * health.interval.as_secs_f64()
        });
    if let Some(budget) = *scenario.protections.restart_budget.known() {
        let rounds = scenario.nodes.count.div_ceil(budget.max(1));
        let whole = f64::from(rounds) * (boot + health);
        all.push(note(
            "restart-budget",
            format!(
                "with {} away at a time, to restart all of them takes {}: whoever is over a limit \
                 has to bear it for so long",
                format::plural(u64::from(budget), "node"),
                with_unit("s", whole),
            ),
        ));
        if let Some(slowest) = spare_time(scenario).filter(|spare| whole > *spare) {
            all.push(warning(
                "budget-too-small",
                format!(
                    "to restart all nodes within the budget takes {}, and they come over their age \
                     limit within {}",
                    with_unit("s", whole),
                    with_unit("s", slowest)
                ),
                "a larger budget, a shorter boot, or ages further apart",
            ));
        }
    }
    let Settings::Systemd(settings) = &scenario.supervisor else { return };
    let fails = scenario.releases.iter().map(|release| release.start.known());
    let fails = fails.filter(|start| start.invalid_anywhere().is_some());
    let slowest = fails.map(|start| start.fails_after.mean_secs()).fold(0.0, f64::max);
    let tries = f64::from(settings.start_limit_burst);
    let gives_up = tries * (settings.restart_sec.as_secs_f64() + slowest);
    if gives_up >= settings.start_limit_interval.as_secs_f64() || settings.start_limit_burst == 0 {
        return;
    }
    let found =
        format!("a unit that cannot start has failed for good after {}", with_unit("s", gives_up));
    match mean_repair(scenario) {
        Some(repair) if repair > Duration::from_secs_f64(gives_up) => all.push(warning(
            "start-limit",
            format!("{found}, and the fix takes {} from the alert on", format::length(repair)),
            "a node stays down until somebody starts it by hand; a longer `restart_sec` or another \
             start limit keeps it trying",
        )),
        _ => all.push(note("start-limit", found)),
    }
}

/// Within how many seconds the nodes come over an age limit, if there is such a rule.
fn spare_time(scenario: &Scenario) -> Option<f64> {
    let ages = scenario.supervisor.rules().iter().filter(|rule| rule.metric == Metric::Age);
    ages.map(|rule| rule.limit.1 - rule.limit.0 + rule.every.as_secs_f64()).reduce(f64::min)
}

/// The advice for people.
pub fn human(all: &[Advice], screen: &Screen) -> String {
    let Palette { bold, warn, reset, .. } = screen.palette;
    if all.is_empty() {
        return String::new();
    }
    let room = screen.text() - 16;
    let mut text = format!("{bold}Before anything is simulated{reset}\n");
    for advice in all {
        let words = format!("{} ({})", advice.found, advice.name);
        let words = format::wrap(&words, room, "              ");
        text += &match advice.weight {
            Weight::Note => format!("  note        {words}\n"),
            Weight::Warning => format!("  {warn}warning{reset}     {words}\n"),
        };
        if !advice.remedy.is_empty() {
            let remedy = format::wrap(advice.remedy, room, "              ");
            text += &format!("              help: {remedy}\n");
        }
    }
    text + "\n"
}
