//! From what a file says to what it means: names become numbers, civil times become instants, and
//! whatever cannot be is refused with its place.

mod changes;
mod load;
mod quantity;

use super::keys::load as load_keys;
use super::keys::quantity::BytesRange;
use super::keys::{Document, fleet};
use super::late::{Late, Setting};
use super::model::{
    Abandoned, Addition, Balancing, CheckPath, Clock, Cold, Freeze, Health, Interval, Memory,
    Nodes, OutageRule, Program, Scenario, Slo, Stop,
};
use super::text::{At, Bytes, Diagnostics, Name, Named, Place, Timestamp};
use crate::fleet::balancer::{LostShare, NoneUp, Policy, Thresholds};
use crate::fleet::cpu::Speed;
use crate::fleet::supervisor::rule::{Metric, Rule, Samples};
use crate::fleet::supervisor::{Settings, bluepill, systemd};
use crate::kernel::time::Instant;
use quantity::{bytes, numbers, times};

/// The name under which the supervisor is provided to a configuration.
const SUPERVISOR: &str = "supervisor";
/// The most requests per second of a scenario.
const RATE_MAX: f64 = 1e7;

/// The meaning of a document; `None` if there was a problem.
pub fn resolve(document: &Document, log: &mut Diagnostics) -> Option<Scenario> {
    let before = log.len();
    let scenario = draft(document, log);
    (log.len() == before).then_some(scenario)
}

/// The meaning of a document as far as it has one. With a problem it is good for nothing but to
/// look for more of them.
pub(super) fn draft(document: &Document, log: &mut Diagnostics) -> Scenario {
    let clock = clock(document, log);
    let mut resolver = Resolver { document, horizon: clock.horizon, log };
    let classes = resolver.classes();
    let sources = resolver.sources(&classes);
    let supervisor = resolver.supervisor();
    let releases = resolver.releases(&supervisor);
    Scenario {
        name: document.name.as_str().to_string(),
        title: document.title.clone(),
        sources,
        freeze: Late::new(
            Setting::Freeze,
            match document.load.freeze {
                load_keys::Freeze::Never => Freeze::Never,
                load_keys::Freeze::FirstRestart => Freeze::FirstRestart,
            },
        ),
        classes,
        clients: resolver.clients(),
        balancer: resolver.balancer(),
        nodes: resolver.nodes(),
        process: resolver.process(),
        supervisor,
        first_release: resolver.first_release(),
        deploys: resolver.deploys(),
        faults: resolver.faults(),
        people: resolver.people(),
        protections: resolver.protections(),
        outage: resolver.outage(),
        slo: Slo { availability: document.slo.availability.get(), period: document.slo.period },
        intervals: resolver.intervals(),
        releases,
        clock,
    }
}

fn clock(document: &Document, log: &mut Diagnostics) -> Clock {
    let keys = &document.clock;
    let length = keys.end.0.as_nanosecond() - keys.start.0.as_nanosecond();
    let horizon = match u64::try_from(length) {
        Ok(ns) if ns > 0 => Instant::from_nanos(ns),
        _ => {
            log.problem(keys.end.place, "`clock.end` is not later than `clock.start`");
            Instant::from_nanos(1)
        }
    };
    let warm_up = Instant::START.saturating_add(keys.warm_up);
    if warm_up >= horizon {
        log.problem(keys.end.place, "the simulation ends before the warm-up does");
    }
    Clock {
        start: keys.start.0,
        horizon,
        warm_up,
        window: keys.window,
        zone: keys.zone.time_zone().clone(),
    }
}

/// The one-way street from keys to meaning.
struct Resolver<'a> {
    document: &'a Document,
    horizon: Instant,
    log: &'a mut Diagnostics,
}

impl Resolver<'_> {
    /// A civil time as an instant; what lies before the start is refused.
    fn instant(&mut self, when: Timestamp, what: &str, place: Place) -> Instant {
        let ns = when.0.as_nanosecond() - self.document.clock.start.0.as_nanosecond();
        match u64::try_from(ns) {
            Ok(ns) => Instant::from_nanos(ns),
            Err(_) => {
                self.log.problem(place, format!("{what} is before `clock.start`"));
                Instant::START
            }
        }
    }

    /// The number of a name among named tables.
    fn number<T>(&mut self, name: &At<Name>, what: &str, among: &Named<T>) -> usize {
        let names = among.names();
        match names.iter().position(|known| *known == name.as_str()) {
            Some(number) => number,
            None => {
                self.log.unknown_name(name.place, what, name.as_str(), &names);
                0
            }
        }
    }

    fn balancer(&mut self) -> Balancing {
        let keys = &self.document.balancer;
        let health = match &keys.health {
            fleet::Health::None => None,
            fleet::Health::Active(checks) => Some(Health {
                interval: checks.interval,
                timeout: checks.timeout,
                thresholds: Thresholds { rise: checks.rise, fall: checks.fall },
                path: match checks.path {
                    fleet::CheckPath::Queued => CheckPath::Queued,
                    fleet::CheckPath::Separate => CheckPath::Separate,
                },
                work: checks.work,
            }),
        };
        Balancing {
            instances: keys.instances,
            policy: match keys.policy {
                fleet::Policy::RoundRobin => Policy::RoundRobin,
                fleet::Policy::Random => Policy::Random,
                fleet::Policy::LeastOutstanding => Policy::LeastOutstanding,
            },
            redispatch: Late::new(Setting::Redispatch, keys.redispatch),
            none_up: match keys.none_up {
                fleet::NoneUp::Fail => NoneUp::Fail,
                fleet::NoneUp::FailOpen => NoneUp::FailOpen,
            },
            lost_share: match keys.lost_share {
                fleet::LostShare::Moved => LostShare::Moved,
                fleet::LostShare::Dropped => LostShare::Dropped,
            },
            health,
        }
    }

    fn nodes(&mut self) -> Nodes {
        let keys = &self.document.nodes;
        let mut additions: Vec<Addition> = Vec::new();
        for addition in &keys.add {
            let at = self.instant(addition.at, "`nodes.add.at`", Place::NOWHERE);
            additions.push(Addition { at, count: addition.count });
        }
        Nodes {
            count: keys.count,
            cores: keys.cores,
            speed: Speed::new(keys.speed),
            memory: keys.memory.get(),
            swap: keys.swap.get(),
            thrash_speed: Speed::new(keys.thrash_speed),
            additions,
        }
    }

    fn process(&mut self) -> Program {
        let keys = &self.document.process;
        Program {
            slots: keys.slots,
            backlog: keys.backlog,
            boot: Late::new(Setting::Boot, self.dist(&keys.boot)),
            cold: Late::new(Setting::Boot, Cold { lasting: keys.cold, factor: keys.cold_factor }),
            stop: Late::new(
                Setting::Stop,
                match keys.stop {
                    fleet::Stop::Drop => Stop::Drop,
                    fleet::Stop::Finish(limit) => Stop::Finish(limit),
                },
            ),
            abandoned: match keys.abandoned {
                fleet::Abandoned::Served => Abandoned::Served,
                fleet::Abandoned::Skipped => Abandoned::Skipped,
                fleet::Abandoned::Stopped => Abandoned::Stopped,
            },
            memory: Memory {
                base: bytes(&keys.memory.base),
                master: keys.memory.master.map(Bytes::get),
                retained_at_start: bytes(&keys.memory.retained_at_start),
                request: self.request_memory(),
            },
            extra_memory: self.extra_memory(),
            age_at_start: keys.age_at_start,
        }
    }

    fn extra_memory(&mut self) -> Vec<(u32, u64)> {
        let mut extra = Vec::new();
        for (name, bytes) in self.document.process.memory.extra.iter() {
            match Nodes::named(name.as_str()) {
                Some(node) if node < self.document.nodes.count => extra.push((node, bytes.get())),
                _ => {
                    let last = Nodes::name(self.document.nodes.count - 1);
                    let message = format!("no node is called `{}`", name.as_str());
                    self.log
                        .problem(name.place, message)
                        .help(format!("nodes are `{}` to `{last}`", Nodes::name(0)));
                }
            }
        }
        extra
    }

    fn supervisor(&mut self) -> Settings {
        match &self.document.supervisor {
            fleet::Supervisor::None => Settings::None,
            fleet::Supervisor::Bluepill(keys) => {
                let rules = keys.rule.iter().map(|(name, rule)| self.rule(name, rule)).collect();
                Settings::Bluepill(bluepill::Settings {
                    tick: keys.tick,
                    start_grace: keys.start_grace,
                    stop_grace: keys.stop_grace,
                    daemonize: keys.daemonize,
                    rules,
                })
            }
            fleet::Supervisor::Systemd(keys) => Settings::Systemd(systemd::Settings {
                restart: match keys.restart {
                    fleet::Restart::No => systemd::Restart::No,
                    fleet::Restart::OnFailure => systemd::Restart::OnFailure,
                    fleet::Restart::Always => systemd::Restart::Always,
                },
                restart_sec: keys.restart_sec,
                start_limit_interval: keys.start_limit_interval,
                start_limit_burst: keys.start_limit_burst,
                timeout_stop: keys.timeout_stop,
                memory_max: keys.memory_max.map(Bytes::get),
                runtime_max: keys.runtime_max,
            }),
        }
    }

    fn rule(&mut self, name: &At<Name>, keys: &fleet::Rule) -> Rule {
        if keys.over > keys.samples {
            let message = format!(
                "rule `{}` wants {} samples over its limit and keeps {}",
                name.as_str(),
                keys.over,
                keys.samples
            );
            self.log.problem(name.place, message).help("`samples` must be at least `over`");
        }
        let memory = |range: &BytesRange| {
            let (low, high) = bytes(range);
            (low as f64, high as f64)
        };
        let (metric, limit) = match &keys.above {
            fleet::Above::Memory(range) => (Metric::Memory, memory(range)),
            fleet::Above::CpuWindow(range) => (Metric::CpuWindow, numbers(range)),
            fleet::Above::CpuLife(range) => (Metric::CpuLife, numbers(range)),
            fleet::Above::InFlight(range) => (Metric::InFlight, numbers(range)),
            fleet::Above::Backlog(range) => (Metric::Backlog, numbers(range)),
            fleet::Above::RequestsServed(range) => (Metric::RequestsServed, numbers(range)),
            fleet::Above::Age(range) => (Metric::Age, times(range)),
        };
        Rule {
            name: name.as_str().to_string(),
            metric,
            limit,
            every: keys.every,
            over: keys.over.min(Samples::MOST),
            samples: keys.samples.clamp(keys.over, Samples::MOST),
            include_children: keys.include_children,
        }
    }

    fn outage(&mut self) -> OutageRule {
        let keys = &self.document.outage;
        OutageRule {
            below: keys.below.get(),
            lasting: keys.lasting,
            recovered: keys.recovered.get(),
            recovered_lasting: keys.recovered_lasting,
        }
    }

    fn intervals(&mut self) -> Vec<Interval> {
        let mut intervals = Vec::new();
        for (name, keys) in self.document.interval.iter() {
            let what = format!("interval `{}`", name.as_str());
            let from = self.instant(keys.from, &what, name.place);
            let to = self.instant(keys.to.value, &what, keys.to.place);
            if to <= from {
                self.log.problem(keys.to.place, format!("{what} ends before it begins"));
            } else if to > self.horizon {
                self.log.problem(keys.to.place, format!("{what} ends after `clock.end`"));
            }
            intervals.push(Interval { name: name.as_str().to_string(), from, to });
        }
        intervals
    }
}

/// The stream of what has this name, by FNV-1a: it belongs to the name, so that a variant with one
/// more leaves the streams of the others alone.
fn stream(kind: &str, name: &str) -> u64 {
    let bytes = kind.bytes().chain([b'/']).chain(name.bytes());
    bytes.fold(0xCBF2_9CE4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01B3)
    })
}
