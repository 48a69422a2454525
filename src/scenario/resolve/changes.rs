//! What changes during a run: releases, deploys and faults, and the people and protections that
//! answer.

use super::{Resolver, SUPERVISOR, stream};
use crate::fleet::canary::Compare;
use crate::fleet::cpu::Speed;
use crate::fleet::supervisor::Settings;
use crate::kernel::dist::Dist;
use crate::kernel::time::Duration;
use crate::scenario::keys::{change, fleet};
use crate::scenario::late::{Late, Setting};
use crate::scenario::model::{
    Again, Amount, Canaries, Canary, Deploy, DisruptionBudget, Effect, Fault, FaultKind, Finds,
    Hit, Lasting, Maintenance, Method, People, Plan, Pods, Protections, Rejoin, Release,
    ReloadInvalid, Repair, Rolling, Start, StartCheck, StopCheck, Then, WhenInvalid,
};
use crate::scenario::text::{At, Named, Place};

impl Resolver<'_> {
    pub(super) fn releases(&mut self, supervisor: &Settings) -> Vec<Release> {
        let document = self.document;
        let provides = &document.environment.provides;
        if let Some(place) = provides.place(SUPERVISOR) {
            self.log
                .problem(place, "`supervisor` is provided by the supervisor that the fleet has")
                .help("remove this line; `[supervisor]` decides");
        }
        let host = |what: &str| match what {
            SUPERVISOR => Some(supervisor.name()),
            what => provides.get(what).map(String::as_str),
        };
        let nodes: Vec<(u32, &Named<String>)> = document
            .environment
            .node
            .iter()
            .filter_map(|(name, keys)| Some((self.node_named(name)?, &keys.provides)))
            .collect();
        let build = document.protections.check.build.as_ref().map(|check| &check.provides);
        let mut releases = Vec::new();
        for (name, keys) in document.release.iter() {
            let on_node = |&(node, own): &(u32, &Named<String>)| {
                let found = |what: &str| own.get(what).map(String::as_str).or_else(|| host(what));
                (node, lacks(keys, "the host", found))
            };
            let on_build = |own: &Named<String>| {
                lacks(keys, "the build machine", |what| own.get(what).map(String::as_str))
            };
            let start = Start {
                invalid: lacks(keys, "the host", host),
                elsewhere: nodes.iter().map(on_node).collect(),
                at_build: build.and_then(on_build),
                when_invalid: when_invalid(&keys.when_invalid),
                fails_after: self.dist(&keys.fails_after),
            };
            releases.push(Release {
                name: name.as_str().to_string(),
                start: Late::new(Setting::Releases, start),
            });
        }
        if releases.is_empty() {
            let start = Start {
                invalid: None,
                elsewhere: Vec::new(),
                at_build: None,
                when_invalid: WhenInvalid::Exits,
                fails_after: Dist::constant(Duration::ZERO),
            };
            let start = Late::new(Setting::Releases, start);
            releases.push(Release { name: "first".to_string(), start });
        }
        releases
    }

    pub(super) fn first_release(&mut self) -> usize {
        match &self.document.first_release {
            Some(name) => self.number(name, "release", &self.document.release),
            None if self.document.release.len() <= 1 => 0,
            None => {
                let names = self.document.release.names().join("`, `");
                self.log
                    .problem(
                        None,
                        "there are several releases, and none is said to run at the start",
                    )
                    .help(format!("add `first_release = ..`, one of `{names}`"));
                0
            }
        }
    }

    pub(super) fn deploys(&mut self) -> Vec<Deploy> {
        let mut deploys = Vec::new();
        for (name, keys) in self.document.deploy.iter() {
            let what = format!("deploy `{}`", name.as_str());
            let at = self.instant(keys.at.value, &what, keys.at.place);
            let plan = Plan {
                release: self.number(&keys.release, "release", &self.document.release),
                method: self.method(&keys.method, &what),
                comparison: keys.comparison.as_ref().map(|comparison| {
                    let releases = &self.document.release;
                    let corrected = self.number(&comparison.corrected, "release", releases);
                    (corrected, comparison.finds.get())
                }),
            };
            deploys.push(Deploy {
                name: name.as_str().to_string(),
                at,
                plan: Late::new(Setting::Deploys, plan),
            });
        }
        deploys
    }

    fn method(&mut self, keys: &change::Method, what: &str) -> Method {
        match keys {
            change::Method::Hot => Method::Hot,
            change::Method::AtOnce => Method::AtOnce,
            change::Method::Rolling(keys) => Method::Rolling(rolling(keys)),
            change::Method::Canary(keys) => Method::Canary(Box::new(self.canary(keys, what))),
            change::Method::Kubernetes(keys) => Method::Kubernetes(self.pods(keys, what)),
            change::Method::Reload(keys) => {
                let rolling = Rolling {
                    at_a_time: keys.at_a_time.unwrap_or(u32::MAX),
                    stop_after: keys.stop_after,
                    min_ready: Duration::ZERO,
                    pause: keys.pause,
                    patience: keys.patience,
                    drain: Duration::ZERO,
                };
                let invalid = match keys.when_invalid {
                    change::ReloadInvalid::Keeps => ReloadInvalid::Keeps,
                    change::ReloadInvalid::Exits => ReloadInvalid::Exits,
                    change::ReloadInvalid::Hangs => ReloadInvalid::Hangs,
                };
                Method::Reload(rolling, invalid)
            }
        }
    }

    /// A rollout of pods needs somebody who looks after pods, and a probe that says when they are
    /// ready.
    fn pods(&mut self, keys: &change::Pods, what: &str) -> Pods {
        let document = self.document;
        if !matches!(document.supervisor, fleet::Supervisor::Kubernetes(_)) {
            self.log
                .problem(None, format!("{what} is a rollout of Kubernetes, and no pods are there"))
                .help("add `supervisor = \"kubernetes\"`, or use `method.rolling`");
        }
        if document.balancer.health == fleet::Health::None {
            self.log
                .problem(
                    None,
                    format!("{what} waits for pods to be ready, and nothing probes them"),
                )
                .help("add `balancer.product = \"kubernetes\"`, or `balancer.health`");
        }
        let pods = Pods {
            max_surge: amount(&keys.max_surge),
            max_unavailable: amount(&keys.max_unavailable),
            min_ready: keys.min_ready,
            progress_deadline: keys.progress_deadline,
        };
        let all = document.nodes.count;
        if pods.max_surge.up(all) == 0 && pods.max_unavailable.down(all) == 0 {
            self.log
                .problem(None, format!("{what} may neither add a pod nor take one away"))
                .help("give `max_surge` or `max_unavailable` at least one of the nodes");
        }
        pods
    }

    pub(super) fn maintenance(&mut self) -> Vec<Maintenance> {
        let mut all = Vec::new();
        for (name, keys) in self.document.maintenance.iter() {
            let what = format!("maintenance `{}`", name.as_str());
            let name = name.as_str().to_string();
            all.push(Maintenance {
                stream: stream("maintenance", &name),
                name,
                at: self.instant(keys.at.value, &what, keys.at.place),
                nodes: self.hit(&keys.nodes, &what),
                away: self.dist(&keys.away),
                retry: keys.retry,
            });
        }
        all
    }

    fn canary(&mut self, keys: &change::Canary, what: &str) -> Canary {
        let compare = &keys.compare;
        Canary {
            nodes: self.canaries(&keys.nodes, what),
            restarts: keys.by == change::CanaryBy::Restart,
            patience: keys.patience,
            bake: keys.bake,
            compare: Compare {
                requests: compare.requests,
                failed: compare.failed.get(),
                latency: compare.latency,
                restarts: compare.restarts,
                lost: compare.lost,
            },
            then: match &keys.then {
                change::Then::Hot => Then::Hot,
                change::Then::AtOnce => Then::AtOnce,
                change::Then::Rolling(keys) => Then::Rolling(rolling(keys)),
            },
        }
    }

    /// Which nodes are canaries; there must be others to compare them with.
    fn canaries(&mut self, keys: &change::Canaries, what: &str) -> Canaries {
        let all = self.document.nodes.count;
        let (count, place, canaries) = match keys {
            change::Canaries::Share(share) => return Canaries::Share(share.get()),
            change::Canaries::Count(count) => {
                (count.value, count.place, Canaries::Count(count.value))
            }
            change::Canaries::Named(names) => {
                let mut nodes: Vec<u32> =
                    names.iter().filter_map(|name| self.node_named(name)).collect();
                nodes.sort_unstable();
                nodes.dedup();
                let place = names.first().map_or(Place::NOWHERE, |name| name.place);
                (nodes.len() as u32, place, Canaries::Named(nodes))
            }
        };
        if !(1..all).contains(&count) {
            let message = format!("{what} has {count} canaries among {all} nodes");
            let help = match all {
                1 => "it is compared with other nodes: give the fleet another one".to_string(),
                _ => format!("give from 1 to {} of them, and leave some to compare", all - 1),
            };
            self.log.problem(place, message).help(help);
        }
        canaries
    }

    pub(super) fn faults(&mut self) -> Vec<Fault> {
        let mut faults = Vec::new();
        for (name, keys) in self.document.fault.iter() {
            let what = format!("fault `{}`", name.as_str());
            let at = self.instant(keys.at.value, &what, keys.at.place);
            let again = match &keys.again {
                change::Again::Never => Again::Never,
                change::Again::Every(every) => self.again(every, Dist::constant),
                change::Again::Random(mean) => self.again(mean, Dist::exponential),
            };
            let kind = self.fault_kind(&keys.kind, &what);
            let name = name.as_str().to_string();
            faults.push(Fault { stream: stream("fault", &name), name, at, again, kind });
        }
        faults
    }

    fn again(&mut self, every: &At<Duration>, dist: impl Fn(Duration) -> Dist) -> Again {
        if every.value < Duration::from_millis(1) {
            self.log.problem(every.place, "a fault happens again after at least 1ms");
            return Again::Never;
        }
        Again::After(dist(every.value))
    }

    fn fault_kind(&mut self, keys: &change::FaultKind, what: &str) -> FaultKind {
        let (nodes, lasting, effect) = match keys {
            change::FaultKind::CrashProcess(crash) => {
                return FaultKind::CrashProcess { nodes: self.hit(&crash.nodes, what) };
            }
            change::FaultKind::CrashNode(crash) => {
                let back = match &crash.back {
                    change::Back::Never => Lasting::Never,
                    change::Back::After(after) => Lasting::After(Dist::constant(after.value)),
                    change::Back::Repair => Lasting::Repair,
                };
                return FaultKind::CrashNode { nodes: self.hit(&crash.nodes, what), back };
            }
            change::FaultKind::Hang(keys) => (&keys.nodes, &keys.lasting, Effect::Hang),
            change::FaultKind::Slow(keys) => {
                (&keys.nodes, &keys.lasting, Effect::Slow(Speed::new(keys.speed)))
            }
            change::FaultKind::Leak(keys) => {
                (&keys.nodes, &keys.lasting, Effect::Leak(keys.per_second.get()))
            }
            change::FaultKind::Link(keys) => {
                let (drops, delay) = (keys.drops.get(), keys.delay);
                (&keys.nodes, &keys.lasting, Effect::Link { drops, delay })
            }
            change::FaultKind::Lie(keys) => (&keys.nodes, &keys.lasting, Effect::Lie(keys.passes)),
        };
        let lasting = match lasting {
            change::Lasting::Never => Lasting::Never,
            change::Lasting::After(length) => Lasting::After(self.dist(length)),
            change::Lasting::Repair => Lasting::Repair,
        };
        FaultKind::Lasting { nodes: self.hit(nodes, what), lasting, effect }
    }

    /// Which nodes a fault hits.
    fn hit(&mut self, nodes: &change::Hit, what: &str) -> Hit {
        let count = match nodes {
            change::Hit::All => return Hit::All,
            change::Hit::Share(share) => return Hit::Share(share.get()),
            change::Hit::Count(count) => count,
        };
        let all = self.document.nodes.count;
        if !(1..=all).contains(&count.value) {
            let message = format!("{what} hits {} of {all} nodes", count.value);
            self.log.problem(count.place, message).help(format!("give a number from 1 to {all}"));
        }
        Hit::Count(count.value)
    }

    pub(super) fn people(&mut self) -> People {
        let keys = &self.document.people;
        let alert = &keys.alert;
        let repair = Repair {
            fix: self.dist(&keys.fix),
            at_a_time: keys.at_a_time,
            rejoin: match keys.rejoin {
                change::Rejoin::Each => Rejoin::Each,
                change::Rejoin::Together => Rejoin::Together,
            },
            fixed_release: keys
                .fixed_release
                .as_ref()
                .map(|name| self.number(name, "release", &self.document.release)),
        };
        People {
            monitor: keys.monitor,
            success_below: alert.success.as_ref().map(|a| (a.below.get(), a.lasting)),
            nodes_lost: alert.nodes_lost.as_ref().map(|a| (a.count, a.lasting)),
            rollout_stopped: alert.rollout_stopped,
            restart_refused: alert.restart_refused,
            notice: Late::new(Setting::Notice, self.dist(&keys.notice)),
            diagnose: Late::new(Setting::Diagnose, self.dist(&keys.diagnose)),
            repair: Late::new(Setting::Fix, repair),
        }
    }

    pub(super) fn protections(&mut self) -> Protections {
        let keys = &self.document.protections;
        let checks = &keys.check;
        let stop = checks.before_stop.as_ref().map(|check| StopCheck {
            finds: finds(&check.finds),
            rules: check.rules,
            deploys: check.deploys,
        });
        let start = checks
            .after_stop
            .as_ref()
            .map(|check| StartCheck { finds: finds(&check.finds), takes: check.takes });
        let build = checks.build.as_ref().map(|check| finds(&check.finds));
        let reload = checks.before_reload.as_ref().map(|check| finds(&check.finds));
        Protections {
            stop_check: Late::new(Setting::StopCheck, stop),
            build_check: Late::new(Setting::BuildCheck, build),
            start_check: Late::new(Setting::StartCheck, start),
            reload_check: Late::new(Setting::ReloadCheck, reload),
            restart_budget: Late::new(
                Setting::RestartBudget,
                keys.restart_budget.as_ref().map(|budget| budget.nodes),
            ),
            disruption_budget: Late::new(
                Setting::DisruptionBudget,
                keys.disruption_budget.as_ref().map(|budget| match budget {
                    change::DisruptionBudget::MinAvailable(least) => {
                        DisruptionBudget::MinAvailable(amount(least))
                    }
                    change::DisruptionBudget::MaxUnavailable(most) => {
                        DisruptionBudget::MaxUnavailable(amount(most))
                    }
                }),
            ),
            shed_above: keys.shed_above,
        }
    }
}

/// What a configuration needs and does not find, if anything.
fn lacks<'a>(
    keys: &change::Release,
    who: &str,
    found: impl Fn(&str) -> Option<&'a str>,
) -> Option<String> {
    let missing: Vec<String> = keys
        .needs
        .iter()
        .filter(|(what, value)| found(what.as_str()) != Some(value.as_str()))
        .map(|(what, value)| {
            let what = what.as_str();
            match found(what) {
                Some(found) => format!("it needs {what} = {value}, {who} has {found}"),
                None => format!("it needs {what} = {value}, {who} has none"),
            }
        })
        .collect();
    (!missing.is_empty()).then(|| missing.join("; "))
}

fn amount(keys: &change::Amount) -> Amount {
    match keys {
        change::Amount::Share(share) => Amount::Share(share.get()),
        change::Amount::Count(count) => Amount::Count(*count),
    }
}

fn rolling(keys: &change::Rolling) -> Rolling {
    Rolling {
        at_a_time: keys.at_a_time,
        stop_after: keys.stop_after,
        min_ready: keys.min_ready,
        pause: keys.pause,
        patience: keys.patience,
        drain: keys.drain,
    }
}

fn finds(keys: &change::Finds) -> Finds {
    Finds {
        exits: keys.exits.get(),
        stays_in_foreground: keys.stays_in_foreground.get(),
        daemonizes: keys.daemonizes.get(),
        no_pid_file: keys.no_pid_file.get(),
        hangs: keys.hangs.get(),
        slow: keys.slow.get(),
    }
}

fn when_invalid(keys: &change::WhenInvalid) -> WhenInvalid {
    match keys {
        change::WhenInvalid::Exits => WhenInvalid::Exits,
        change::WhenInvalid::StaysInForeground => WhenInvalid::StaysInForeground,
        change::WhenInvalid::Daemonizes => WhenInvalid::Daemonizes,
        change::WhenInvalid::NoPidFile => WhenInvalid::NoPidFile,
        change::WhenInvalid::Hangs => WhenInvalid::Hangs,
        change::WhenInvalid::Slow(factor) => WhenInvalid::Slow(factor.max(0.0)),
    }
}
