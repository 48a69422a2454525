//! What changes during a run: releases, deploys and faults, and the people and protections that
//! answer.

use super::{Resolver, SUPERVISOR, stream};
use crate::fleet::cpu::Speed;
use crate::fleet::supervisor::Settings;
use crate::kernel::dist::Dist;
use crate::kernel::time::Duration;
use crate::scenario::keys::change;
use crate::scenario::late::{Late, Setting};
use crate::scenario::model::{
    Again, Deploy, Effect, Fault, FaultKind, Hit, Lasting, Method, People, Plan, Protections,
    Rejoin, Release, Repair, Start, WhenInvalid,
};
use crate::scenario::text::At;

impl Resolver<'_> {
    pub(super) fn releases(&mut self, supervisor: &Settings) -> Vec<Release> {
        let provides = &self.document.environment.provides;
        if let Some(place) = provides.place(SUPERVISOR) {
            self.log
                .problem(place, "`supervisor` is provided by the supervisor that the fleet has")
                .help("remove this line; `[supervisor]` decides");
        }
        let found = |what: &str| {
            if what == SUPERVISOR {
                Some(supervisor.name())
            } else {
                provides.get(what).map(String::as_str)
            }
        };
        let mut releases = Vec::new();
        for (name, keys) in self.document.release.iter() {
            let missing: Vec<String> = keys
                .needs
                .iter()
                .filter(|(what, value)| found(what.as_str()) != Some(value.as_str()))
                .map(|(what, value)| {
                    let what = what.as_str();
                    match found(what) {
                        Some(found) => format!("it needs {what} = {value}, the host has {found}"),
                        None => format!("it needs {what} = {value}, the host has none"),
                    }
                })
                .collect();
            let start = Start {
                invalid: (!missing.is_empty()).then(|| missing.join("; ")),
                when_invalid: when_invalid(&keys.when_invalid),
                fails_after: self.dist(&keys.fails_after),
            };
            releases.push(Release {
                name: name.as_str().to_string(),
                start: Late::new(Setting::Releases, start),
            });
        }
        if releases.is_empty() {
            let fails_after = Dist::constant(Duration::ZERO);
            releases.push(Release {
                name: "first".to_string(),
                start: Late::new(
                    Setting::Releases,
                    Start { invalid: None, when_invalid: WhenInvalid::Exits, fails_after },
                ),
            });
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
                method: match &keys.method {
                    change::Method::Hot => Method::Hot,
                    change::Method::AtOnce => Method::AtOnce,
                    change::Method::Rolling(rolling) => Method::Rolling {
                        pause: rolling.pause,
                        patience: rolling.patience,
                        drain: rolling.drain,
                    },
                },
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
        Protections {
            config_check: Late::new(
                Setting::ConfigCheck,
                keys.config_check.as_ref().map(|check| check.finds.get()),
            ),
            restart_budget: Late::new(
                Setting::RestartBudget,
                keys.restart_budget.as_ref().map(|budget| budget.nodes),
            ),
            shed_above: keys.shed_above,
        }
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
