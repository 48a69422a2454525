//! Telling what happens to a node.

use super::Tone;
use super::group::Group;
use super::teller::{Repeat, Tale, Teller};
use crate::fleet::recycler::Why;
use crate::kernel::time::{Duration, Instant};
use crate::report::format::{self, length, with_unit};
use crate::report::words;
use crate::scenario::model::{Effect, Fault, FaultKind, Nodes};
use crate::sim::observation::{Cause, Loss, Observation, Refusal, Reloaded};

impl Teller<'_> {
    pub(super) fn tell_node(&mut self, at: Instant, node: u32, seen: &Observation) {
        match *seen {
            Observation::NodeAdded { .. } => self.added(at, node),
            Observation::RestartBegun { cause, .. } => self.restart_begun(at, node, cause),
            Observation::RestartRefused { why, cause, .. } => self.refused(at, node, why, cause),
            Observation::ProcessStarting { .. } => {
                self.tales[node as usize].starting = Some(at);
            }
            Observation::StartFailed { release, of_restart, .. } => {
                self.start_failed(at, node, release, of_restart);
            }
            Observation::ProcessServing { .. } => self.serves(at, node),
            Observation::ProcessEnded { .. } => {
                let tale = &mut self.tales[node as usize];
                if std::mem::take(&mut tale.serving) {
                    let text = "its process ends".to_string();
                    self.node_line(at, Tone::Warn, (node, Group::Ended), text);
                }
            }
            Observation::OutOfMemory { memory, .. } => self.out_of_memory(at, node, memory),
            Observation::Crashed { fault, .. } => self.crashed(at, node, fault),
            Observation::Ejected { .. } => self.ejected(at, node),
            Observation::Struck { fault, on, .. } => self.struck(at, node, fault, on),
            Observation::WorkerEnded { worker, why, killed, .. } => {
                self.worker_ended(at, node, worker, (why, killed));
            }
            Observation::WorkerFailed { worker, release, last, .. } => {
                self.worker_failed(at, node, (worker, release), last);
            }
            Observation::Thrashing { on: true, .. } => self.thrashes(at, node),
            Observation::SupervisorGaveUp { .. } => self.given_up(at, node),
            Observation::NodeMarked { balancer, up, .. } => self.marked(at, node, balancer, up),
            Observation::NodeLost { why, .. } => self.lost(at, node, why),
            Observation::RolloutStopped { .. } => {
                let text = format!("the rollout stops at {}", Nodes::name(node));
                self.line(at, Tone::Warn, "deploy", text);
            }
            Observation::NodeFixed { .. } => self.node_fixed(at, node),
            Observation::Reloaded { release, how, .. } => self.reloaded(at, node, release, how),
            Observation::NodeRemoved { .. } => self.removed(at, node, "is removed"),
            Observation::Evicted { .. } => self.removed(at, node, "is emptied for maintenance"),
            Observation::RequestIssued { .. }
            | Observation::AttemptAccepted { .. }
            | Observation::AttemptFailed { .. }
            | Observation::WorkWasted { .. }
            | Observation::RetryDenied
            | Observation::HandedOn { .. }
            | Observation::RequestSettled { .. }
            | Observation::Thrashing { on: false, .. }
            | Observation::WorkerServing { .. }
            | Observation::NodeSampled { .. }
            | Observation::Passage(_)
            | Observation::NodeBack { .. }
            | Observation::FleetDown
            | Observation::FleetServing
            | Observation::Deployed { .. }
            | Observation::RolloutDone { .. }
            | Observation::Alerted { .. }
            | Observation::Detected
            | Observation::Diagnosed
            | Observation::NothingToFix
            | Observation::FixStarted { .. }
            | Observation::FixFinished
            | Observation::ReleaseRefused { .. }
            | Observation::CanaryJudged { .. }
            | Observation::RolloutStalled { .. }
            | Observation::Ended { .. } => {}
        }
    }

    /// Workers come and go all the time: the first of each cause is told, those killed some more.
    fn worker_ended(&mut self, at: Instant, node: u32, worker: u32, (why, killed): (Why, bool)) {
        let number = worker + 1;
        let reason = words::end_of_worker(why);
        if killed {
            let text = format!("worker {number} is killed: {reason}");
            self.node_line(at, Tone::Warn, (node, Group::WorkerKilled), text);
        } else {
            let text = format!("worker {number} makes room for a fresh one: {reason}");
            self.node_line(at, Tone::Input, (node, Group::WorkerEnded), text);
        }
    }

    fn worker_failed(&mut self, at: Instant, node: u32, (worker, release): (u32, u32), last: bool) {
        let release = &self.scenario.releases[release as usize].name;
        let number = worker + 1;
        let mut text = format!("worker {number} cannot load release `{release}` and fails");
        let mut group = Group::WorkerFailed;
        if last {
            group = Group::Lost;
            self.tales[node as usize].serving = false;
            self.tales[node as usize].failing = true;
            text += "; none is left: the process listens and does not answer";
        }
        self.node_line(at, Tone::Bad, (node, group), text);
    }

    fn ejected(&mut self, at: Instant, node: u32) {
        let text = "is taken out by a balancer: attempts on it fail".to_string();
        self.node_line(at, Tone::Warn, (node, Group::Ejected), text);
    }

    fn given_up(&mut self, at: Instant, node: u32) {
        let text = format!("{} gives up starting it", words::supervisor(self.scenario));
        self.node_line(at, Tone::Bad, (node, Group::GaveUp), text);
    }

    fn added(&mut self, at: Instant, node: u32) {
        let text = "is added and boots".to_string();
        let line = self.node_line(at, Tone::Input, (node, Group::Added), text);
        self.tales.push(Tale { returning: Some(line), ..Tale::default() });
    }

    fn removed(&mut self, at: Instant, node: u32, what: &str) {
        self.tales[node as usize].serving = false;
        self.node_line(at, Tone::Input, (node, Group::Removed), what.to_string());
    }

    fn refused(&mut self, at: Instant, node: u32, why: Refusal, cause: Cause) {
        let is_first = !std::mem::replace(&mut self.rule_given, true);
        let cause = words::cause(self.scenario, cause, is_first);
        let text = format!("would restart, {cause}, but {}", words::refusal(why));
        self.node_line(at, Tone::Warn, (node, Group::Refused), text);
    }

    /// A reload is worth a line where it does not do what it is meant to.
    fn reloaded(&mut self, at: Instant, node: u32, release: u32, how: Reloaded) {
        let release = &self.scenario.releases[release as usize];
        let why = release.start.known().invalid_on(node).unwrap_or("invalid");
        let what = match how {
            Reloaded::Took => return,
            Reloaded::Kept => "keeps the configuration that it has, and serves on",
            Reloaded::Exited => "exits",
            Reloaded::Hung => "listens and does not answer any more",
        };
        self.tales[node as usize].serving &= how == Reloaded::Kept;
        let tone = if how == Reloaded::Kept { Tone::Warn } else { Tone::Bad };
        let name = &release.name;
        let text = format!("is told to read the configuration of release `{name}` ({why}): {what}");
        self.node_line(at, tone, (node, Group::Reloaded), text);
    }

    fn out_of_memory(&mut self, at: Instant, node: u32, memory: u64) {
        let tale = &mut self.tales[node as usize];
        (tale.serving, tale.killed) = (false, Some(at));
        let used = with_unit("B", memory as f64);
        let text = format!("the kernel kills the process: {used} of memory are needed");
        self.node_line(at, Tone::Bad, (node, Group::OutOfMemory), text);
    }

    fn node_fixed(&mut self, at: Instant, node: u32) {
        self.fixed.0 += 1;
        let (count, all) = self.fixed;
        let text = format!("is fixed, {count} of {all}");
        let line = self.node_line(at, Tone::Good, (node, Group::Fixed), text);
        if !self.tales[node as usize].serving {
            self.tales[node as usize].returning = Some(line);
        }
    }

    fn restart_begun(&mut self, at: Instant, node: u32, cause: Cause) {
        let is_first = !std::mem::replace(&mut self.rule_given, true);
        let why = words::cause(self.scenario, cause, is_first);
        let text = match cause {
            Cause::Rule { .. } if is_first => {
                let supervisor = words::supervisor(self.scenario);
                format!("{supervisor} restarts the process: {why}")
            }
            Cause::Rule { .. } | Cause::Deploy => format!("restarts: {why}"),
            Cause::OutOfMemory
            | Cause::Crash
            | Cause::Runtime
            | Cause::Exit
            | Cause::Probe
            | Cause::Watchdog
            | Cause::Eviction => format!("is started again: {why}"),
        };
        let line = self.node_line(at, Tone::Warn, (node, Group::Restart), text);
        let tale = &mut self.tales[node as usize];
        tale.restart = Some((line, at));
        tale.returning = Some(line);
        tale.serving = false;
        tale.marked = None;
        if is_first {
            self.stands(line);
        }
    }

    fn start_failed(&mut self, at: Instant, node: u32, release: u32, of_restart: bool) {
        let tale = &mut self.tales[node as usize];
        let took = tale.starting.map_or(Duration::ZERO, |start| at.since(start));
        let was_failing = std::mem::replace(&mut tale.failing, true);
        let restart = tale.restart.take();
        // A start that was under way when the node was fixed may still fail; the fix stands.
        if restart.is_some() {
            tale.returning = None;
        }
        let why = match tale.killed == Some(at) {
            true => "the new process is killed as well, before it serves".to_string(),
            false => self.why_not(node, release, took),
        };
        match restart {
            Some((number, _)) if of_restart => {
                let line = &mut self.lines[number];
                let comma = if why.starts_with("and") { ", " } else { "; " };
                line.text += &format!("{comma}{why}");
                line.tone = Tone::Bad;
                line.group = Some(Group::FailedRestart);
                // How the load of those that are lost weighs on the others.
                self.failures += 1;
                if self.failures <= 3 {
                    self.stands(number);
                }
            }
            _ if !was_failing => {
                self.node_line(at, Tone::Bad, (node, Group::FailedRestart), why);
            }
            _ => {
                let new = Repeat { first: at, last: at, count: 0, nodes: 1 };
                let repeat = self.repeats.entry(node).or_insert(new);
                repeat.last = at;
                repeat.count += 1;
            }
        }
    }

    /// Why a process exits before it serves; the first time at length.
    fn why_not(&mut self, node: u32, release: u32, took: Duration) -> String {
        let release = &self.scenario.releases[release as usize];
        let Some(why) = release.start.known().invalid_on(node) else {
            return format!("the new process exits after {}: its port is taken", length(took));
        };
        if std::mem::replace(&mut self.reason_given, true) {
            return "and cannot start either".to_string();
        }
        format!(
            "the new process exits after {}: the configuration of release `{}` does not work here \
             ({why})",
            length(took),
            release.name
        )
    }

    fn serves(&mut self, at: Instant, node: u32) {
        let tale = &mut self.tales[node as usize];
        let (restart, returning) = (tale.restart.take(), tale.returning);
        let was_failing = std::mem::take(&mut tale.failing);
        (tale.serving, tale.marked) = (true, None);
        if let Some(repeat) = self.repeats.remove(&node) {
            self.told.push(repeat);
        }
        match (restart, returning) {
            (Some((line, began)), _) => {
                let took = length(at.since(began));
                self.lines[line].text += &format!("; serves again after {took}");
            }
            (None, Some(line)) => {
                let when = format::time(self.scenario, at);
                self.lines[line].text += &format!("; serves from {when}");
            }
            (None, None) if was_failing => {
                self.node_line(at, Tone::Good, (node, Group::Fixed), "serves again".to_string());
            }
            (None, None) => {}
        }
    }

    fn marked(&mut self, at: Instant, node: u32, balancer: u32, up: bool) {
        let balancers = self.scenario.balancer.instances;
        let tale = &mut self.tales[node as usize];
        if !tale.serving {
            return;
        }
        if up {
            tale.marked = None;
            if let Some(line) = tale.returning.take() {
                let when = format::time(self.scenario, at);
                self.lines[line].text += &format!(", in rotation from {when}");
            }
        } else if tale.marked.is_none() {
            let who = match balancers {
                1 => "the balancer marks it down".to_string(),
                _ => format!("balancer {} of {balancers} marks it down", balancer + 1),
            };
            let text = format!("{who}: it serves, but health checks are not answered in time");
            let line = self.node_line(at, Tone::Warn, (node, Group::Marked), text);
            self.tales[node as usize].marked = Some(line);
        }
    }

    fn struck(&mut self, at: Instant, node: u32, fault: u32, on: bool) {
        let Fault { name, kind, .. } = &self.scenario.faults[fault as usize];
        let what = match kind {
            FaultKind::Lasting { effect: Effect::Hang, .. } => ": its processes stand still",
            FaultKind::Lasting { effect: Effect::Slow(_), .. } => ": its cores are slower",
            FaultKind::Lasting { effect: Effect::Leak(_), .. } => ": its process leaks memory",
            FaultKind::Lasting { effect: Effect::Link { .. }, .. } => ": the way to it is bad",
            FaultKind::Lasting { effect: Effect::Lie(_), .. } => ": its health checks lie",
            FaultKind::CrashProcess { .. } | FaultKind::CrashNode { .. } => "",
        };
        let (text, tone) = match on {
            true => (format!("fault `{name}` begins{what}"), Tone::Bad),
            false => (format!("fault `{name}` ends"), Tone::Good),
        };
        self.node_line(at, tone, (node, Group::Struck), text);
    }

    fn thrashes(&mut self, at: Instant, node: u32) {
        let has = with_unit("B", self.scenario.nodes.memory as f64);
        let text = format!("needs more than its {has} of memory and slows down");
        self.node_line(at, Tone::Warn, (node, Group::Thrashing), text);
    }

    fn crashed(&mut self, at: Instant, node: u32, fault: u32) {
        self.tales[node as usize].serving = false;
        let Fault { name, kind, .. } = &self.scenario.faults[fault as usize];
        let what = match kind {
            FaultKind::CrashProcess { .. } => "kills its process",
            FaultKind::CrashNode { .. } => "takes its machine away",
            FaultKind::Lasting { .. } => "begins",
        };
        let text = format!("fault `{name}` {what}");
        self.node_line(at, Tone::Bad, (node, Group::Crashed), text);
    }

    fn lost(&mut self, at: Instant, node: u32, why: Loss) {
        match why {
            // The line of the restart, or of the crash, says it.
            Loss::FailedRestart | Loss::Crash => {}
            Loss::HealthCheck => {
                let text = "gets no more requests: it serves, but does not answer health checks in \
                            time, and every balancer has marked it down";
                let marked = self.tales[node as usize].marked;
                let line = marked.unwrap_or_else(|| {
                    self.node_line(at, Tone::Bad, (node, Group::Marked), String::new())
                });
                self.lines[line].tone = Tone::Bad;
                self.lines[line].text = text.to_string();
            }
            Loss::Exit => {
                let text = "is lost: nothing starts its process again".to_string();
                self.node_line(at, Tone::Bad, (node, Group::Lost), text);
            }
        }
    }

    pub(super) fn ended(&mut self) {
        for tale in &self.tales {
            if let Some((line, _)) = tale.restart {
                self.lines[line].text += "; it still starts when the simulation ends";
            }
        }
    }
}
