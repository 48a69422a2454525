//! The fleet: balancers, nodes, the process on them, and its supervisor.

use super::Resolver;
use super::quantity::{bytes, numbers, times};
use crate::fleet::balancer::ejection::{Ejection, Observe, OnError, SuccessRate};
use crate::fleet::balancer::tuning::Tuning;
use crate::fleet::balancer::{LostShare, NoneUp, Policy, Thresholds};
use crate::fleet::cpu::Speed;
use crate::fleet::supervisor::rule::{Metric, Rule, Samples};
use crate::fleet::supervisor::{Settings, bluepill, exits, monit, systemd};
use crate::kernel::time::Duration;
use crate::scenario::keys::fleet;
use crate::scenario::keys::quantity::BytesRange;
use crate::scenario::late::{Late, Setting};
use crate::scenario::model::{
    Abandoned, Addition, Balancing, CheckPath, Cold, Health, Memory, Nodes, Program, Stop,
};
use crate::scenario::text::{At, Bytes, Name};

impl Resolver<'_> {
    pub(super) fn balancer(&mut self) -> Balancing {
        let keys = &self.document.balancer;
        let health = match &keys.health {
            fleet::Health::None => None,
            fleet::Health::Active(checks) => Some(Health {
                interval: checks.interval,
                fast_interval: checks.fast_interval.unwrap_or(checks.interval),
                down_interval: checks.down_interval.unwrap_or(checks.interval),
                shuts_sessions: checks.on_marked_down == fleet::OnMarkedDown::ShutdownSessions,
                timeout: checks.timeout,
                thresholds: Thresholds { rise: checks.rise, fall: checks.fall },
                path: match checks.path {
                    fleet::CheckPath::Queued => CheckPath::Queued,
                    fleet::CheckPath::Separate => CheckPath::Separate,
                    fleet::CheckPath::Connect => CheckPath::Connect,
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
                fleet::Policy::PowerOfTwo => Policy::PowerOfTwo,
                fleet::Policy::Latency(_) => Policy::Latency,
            },
            redispatch: Late::new(Setting::Redispatch, keys.redispatch),
            retries: Late::new(Setting::Redispatch, (keys.retries, keys.retry_pause)),
            connect_timeout: keys.connect_timeout,
            response_timeout: keys.response_timeout,
            tuning: self.tuning(),
            queue: keys.queue.as_ref().map(|queue| (queue.most, queue.timeout)),
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

    /// What a balancer must know of its nodes; `None` if marks and counts are enough.
    fn tuning(&mut self) -> Option<Tuning> {
        let keys = &self.document.balancer;
        let mut weights = vec![1.0; self.document.nodes.count as usize];
        for (name, weight) in keys.weights.iter() {
            let node = self.node_named(name);
            if *weight <= 0.0 {
                self.log.problem(name.place, "a weight must be more than zero");
            } else if let Some(node) = node {
                weights[node as usize] = *weight;
            }
        }
        let ejection = match &keys.ejection {
            fleet::Ejection::None => None,
            fleet::Ejection::MaxFails(keys) => {
                Some(Ejection::MaxFails { fails: keys.fails, timeout: keys.timeout })
            }
            fleet::Ejection::Consecutive(keys) => Some(Ejection::Consecutive {
                errors: keys.errors,
                base: keys.base,
                longest: keys.longest,
                most: keys.most.get(),
                interval: keys.interval,
                success_rate: keys.success_rate.as_ref().map(|keys| SuccessRate {
                    nodes: keys.nodes,
                    volume: keys.volume,
                    deviations: keys.deviations,
                }),
            }),
        };
        let observe = match &keys.health {
            fleet::Health::None => None,
            fleet::Health::Active(checks) => observe(&checks.observe),
        };
        let decay = match &keys.policy {
            fleet::Policy::Latency(latency) => Some(latency.decay),
            fleet::Policy::RoundRobin
            | fleet::Policy::Random
            | fleet::Policy::LeastOutstanding
            | fleet::Policy::PowerOfTwo => None,
        };
        let drains = self.document.deploy.values().any(|deploy| deploy.method.drains());
        let is_needed = !keys.weights.is_empty()
            || keys.slow_start > Duration::ZERO
            || keys.panic_below.get() > 0.0
            || keys.node_limit.is_some()
            || ejection.is_some()
            || observe.is_some()
            || decay.is_some()
            || drains;
        if keys.queue.is_some() && keys.node_limit.is_none() {
            self.log
                .problem(None, "a queue of the balancer fills where nodes have a limit")
                .help("add `balancer.node_limit = ..`, or remove `balancer.queue`");
        }
        is_needed.then_some(Tuning {
            weights,
            slow_start: keys.slow_start,
            panic_below: keys.panic_below.get(),
            limit: keys.node_limit,
            limit_grows: keys.slow_start_limits,
            ejection,
            observe,
            decay: decay.unwrap_or(Duration::from_secs(10)),
        })
    }

    /// The number of a node that is there from the start.
    pub(super) fn node_named(&mut self, name: &At<Name>) -> Option<u32> {
        let count = self.document.nodes.count;
        let node = Nodes::named(name.as_str()).filter(|node| *node < count);
        if node.is_none() {
            let last = Nodes::name(count - 1);
            self.log
                .problem(name.place, format!("no node is called `{}`", name.as_str()))
                .help(format!("nodes are `{}` to `{last}`", Nodes::name(0)));
        }
        node
    }

    pub(super) fn nodes(&mut self) -> Nodes {
        let keys = &self.document.nodes;
        let mut additions: Vec<Addition> = Vec::new();
        for addition in &keys.add {
            let at = self.instant(addition.at.value, "`nodes.add.at`", addition.at.place);
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

    pub(super) fn process(&mut self) -> Program {
        let keys = &self.document.process;
        Program {
            slots: keys.slots,
            backlog: keys.backlog,
            drops_when_full: keys.when_full == fleet::WhenFull::Dropped,
            inherits_socket: keys.socket == fleet::Socket::Inherited,
            boot: Late::new(Setting::Boot, self.dist(&keys.boot)),
            cold: Late::new(Setting::Boot, Cold { lasting: keys.cold, factor: keys.cold_factor }),
            stop: Late::new(
                Setting::Stop,
                match keys.stop {
                    fleet::Stop::Drop => Stop::Drop,
                    fleet::Stop::Finish(limit) => Stop::Finish(limit),
                },
            ),
            bind_retries: keys.bind_retries,
            holds_port: keys.holds_port,
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
            workers: keys.workers.as_ref().map(|workers| self.workers(workers)),
        }
    }

    fn extra_memory(&mut self) -> Vec<(u32, u64)> {
        let mut extra = Vec::new();
        for (name, bytes) in self.document.process.memory.extra.iter() {
            if let Some(node) = self.node_named(name) {
                extra.push((node, bytes.get()));
            }
        }
        extra
    }

    pub(super) fn supervisor(&mut self) -> Settings {
        match &self.document.supervisor {
            fleet::Supervisor::None => Settings::None,
            fleet::Supervisor::Bluepill(keys) => {
                let rules = keys.rule.iter().map(|(name, rule)| self.rule(name, rule)).collect();
                Settings::Bluepill(bluepill::Settings {
                    tick: keys.tick,
                    start_grace: keys.start_grace,
                    stop_grace: keys.stop_grace,
                    daemonize: keys.daemonize,
                    flapping: keys.flapping.as_ref().map(|keys| bluepill::Flapping {
                        times: keys.times,
                        within: keys.within,
                        retry_in: keys.retry_in,
                    }),
                    rules,
                })
            }
            fleet::Supervisor::Systemd(keys) => Settings::Systemd(self.systemd(keys)),
            fleet::Supervisor::Monit(keys) => {
                let rule = |(name, own): (&At<Name>, &fleet::MonitRule)| {
                    let keys = fleet::Rule {
                        above: own.above.clone(),
                        every: keys.cycle,
                        over: own.over,
                        samples: own.samples,
                        include_children: true,
                    };
                    self.rule(name, &keys)
                };
                let rules = keys.rule.iter().map(rule).collect();
                let gives_up = keys.gives_up.as_ref().map(|keys| (keys.restarts, keys.cycles));
                let (cycle, start_timeout) = (keys.cycle, keys.start_timeout);
                Settings::Monit(monit::Settings { cycle, start_timeout, gives_up, rules })
            }
            fleet::Supervisor::Supervisord(keys) => Settings::Supervisord(supervisord(keys)),
            fleet::Supervisor::Runit => Settings::Runit,
            fleet::Supervisor::Docker(keys) => Settings::Docker(docker(keys)),
            fleet::Supervisor::Kubernetes(keys) => Settings::Kubernetes(kubernetes(keys)),
        }
    }

    fn systemd(&mut self, keys: &fleet::Systemd) -> systemd::Settings {
        let restart_steps = match (keys.restart_steps, keys.restart_max_delay) {
            (Some(steps), Some(most)) => Some((steps, most)),
            (None, None) => None,
            (Some(_), None) | (None, Some(_)) => {
                self.log
                    .problem(None, "one of `restart_steps` and `restart_max_delay` is missing")
                    .help("systemd lets the delay grow only where both are set");
                None
            }
        };
        if let Some((_, most)) = restart_steps
            && most <= keys.restart_sec
        {
            self.log
                .problem(None, "the delay before a restart cannot grow")
                .help("`restart_max_delay` must be more than `restart_sec`");
        }
        if keys.runtime_extra > Duration::ZERO && keys.runtime_max.is_none() {
            self.log
                .problem(None, "`runtime_extra` is added to an age that is not set")
                .help("add `runtime_max = ..`, or remove `runtime_extra`");
        }
        systemd::Settings {
            restart: match keys.restart {
                fleet::Restart::No => systemd::Restart::No,
                fleet::Restart::OnSuccess => systemd::Restart::OnSuccess,
                fleet::Restart::OnFailure => systemd::Restart::OnFailure,
                fleet::Restart::OnAbnormal => systemd::Restart::OnAbnormal,
                fleet::Restart::OnAbort => systemd::Restart::OnAbort,
                fleet::Restart::OnWatchdog => systemd::Restart::OnWatchdog,
                fleet::Restart::Always => systemd::Restart::Always,
            },
            unit: match keys.r#type {
                fleet::UnitType::Simple => systemd::Unit::Simple,
                fleet::UnitType::Forking => systemd::Unit::Forking,
                fleet::UnitType::Notify => systemd::Unit::Notify,
            },
            timeout_start: keys.timeout_start,
            restart_sec: keys.restart_sec,
            restart_steps,
            start_limit_interval: keys.start_limit_interval,
            start_limit_burst: keys.start_limit_burst,
            timeout_stop: keys.timeout_stop,
            memory_max: keys.memory_max.map(Bytes::get),
            memory_high: keys.memory_high.map(Bytes::get),
            runtime_max: keys.runtime_max,
            runtime_extra: keys.runtime_extra,
            watchdog: keys.watchdog,
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
}

/// Which errors count beside checks.
fn observe(keys: &fleet::Observe) -> Option<Observe> {
    let (answers, errors) = match keys {
        fleet::Observe::None => return None,
        fleet::Observe::Layer4(errors) => (false, errors),
        fleet::Observe::Layer7(errors) => (true, errors),
    };
    let on_error = match errors.on_error {
        fleet::OnError::FastInterval => OnError::FastInterval,
        fleet::OnError::FailCheck => OnError::FailCheck,
        fleet::OnError::SuddenDeath => OnError::SuddenDeath,
        fleet::OnError::MarkDown => OnError::MarkDown,
    };
    Some(Observe { answers, limit: errors.limit, on_error })
}

fn supervisord(keys: &fleet::Supervisord) -> exits::Supervisord {
    exits::Supervisord {
        autorestart: match keys.autorestart {
            fleet::Autorestart::Never => exits::Autorestart::Never,
            fleet::Autorestart::Unexpected => exits::Autorestart::Unexpected,
            fleet::Autorestart::Always => exits::Autorestart::Always,
        },
        startsecs: keys.startsecs,
        startretries: keys.startretries,
        poll: keys.poll,
        woken: keys.woken.get(),
        stopwaitsecs: keys.stopwaitsecs,
    }
}

fn docker(keys: &fleet::Docker) -> exits::Docker {
    exits::Docker {
        policy: match &keys.restart {
            fleet::DockerRestart::No => exits::Policy::No,
            fleet::DockerRestart::OnFailure => exits::Policy::OnFailure(None),
            fleet::DockerRestart::AtMost(most) => exits::Policy::OnFailure(Some(*most)),
            fleet::DockerRestart::Always => exits::Policy::Always,
        },
        stop_timeout: keys.stop_timeout,
        memory_max: keys.memory_max.map(Bytes::get),
    }
}

fn kubernetes(keys: &fleet::Kubernetes) -> exits::Kubernetes {
    exits::Kubernetes {
        backoff: keys.backoff,
        backoff_max: keys.backoff_max,
        backoff_reset: keys.backoff_reset,
        grace: keys.grace,
        memory_max: keys.memory_max.map(Bytes::get),
        liveness: keys.liveness.as_ref().map(|probe| exits::Probe {
            period: probe.period,
            timeout: probe.timeout,
            failures: probe.failures,
            delay: probe.delay,
        }),
    }
}
