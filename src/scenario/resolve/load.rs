//! Load: classes of requests, sources, and clients.

use super::{RATE_MAX, Resolver, stream};
use crate::fleet::client::{Backoff, Jitter, budget};
use crate::fleet::load::{Batch, Course, STRETCHES_MAX, Stretch};
use crate::kernel::dist::Dist;
use crate::kernel::time::Instant;
use crate::scenario::course::{Day, local_course, surge_course};
use crate::scenario::keys::load::{self, Failure};
use crate::scenario::late::{Late, Setting};
use crate::scenario::limits::USERS_MAX;
use crate::scenario::model::{
    self, Class, Clients, Failures, Hedge, Mix, Needs, Reload, RequestMemory, Retry, Source,
    SourceKind, Stage,
};
use crate::scenario::text::{At, Bytes, Name, Named, Place, Share};

impl Resolver<'_> {
    pub(super) fn classes(&mut self) -> Vec<Class> {
        if self.document.class.is_empty() {
            self.log
                .problem(None, "no class of requests is defined")
                .help("add `[class.web]` with `stages = [{ cpu = \"20ms\" }]`");
        }
        let mut classes = Vec::new();
        for (name, keys) in self.document.class.iter() {
            let stages = &keys.stages;
            if stages.is_empty() || stages.len() > model::STAGES_MAX {
                let count = stages.len();
                let most = model::STAGES_MAX;
                let message = format!("a class has 1 to {most} stages, this one has {count}");
                self.log.problem(written_at(stages.place, name.place), message);
            }
            let stage = |stage: &load::Stage| {
                let (needs, demand) = match stage {
                    load::Stage::Cpu(demand) => (Needs::Cpu, demand),
                    load::Stage::Wait(demand) => (Needs::Wait, demand),
                };
                Stage { needs, demand: self.dist(demand) }
            };
            let stages = stages.iter().take(model::STAGES_MAX).map(stage).collect();
            let patience = keys.patience.as_ref().unwrap_or(&self.document.clients.patience);
            let patience = self.dist(patience);
            let or = |own: Option<Bytes>, else_: u64| own.map_or(else_, Bytes::get);
            let usual = self.request_memory();
            let memory = RequestMemory {
                retained: or(keys.retained_per_request, usual.retained),
                in_service: or(keys.in_service, usual.in_service),
                queued: or(keys.queued, usual.queued),
            };
            classes.push(Class { name: name.as_str().to_string(), stages, patience, memory });
        }
        classes
    }

    /// Memory of a request whose class has none of its own.
    pub(super) fn request_memory(&self) -> RequestMemory {
        let keys = &self.document.process.memory;
        RequestMemory {
            retained: keys.retained_per_request.get(),
            in_service: keys.in_service.get(),
            queued: keys.queued.get(),
        }
    }

    /// The classes of a source's requests, from its keys `class` and `classes`.
    pub(super) fn mix(
        &mut self,
        class: Option<&At<Name>>,
        classes: &Named<Share>,
        source: &At<Name>,
    ) -> Mix {
        if let Some(class) = class.filter(|_| !classes.is_empty()) {
            let message =
                format!("load source `{}` has both `class` and `classes`", source.as_str());
            self.log.problem(class.place, message).help("remove one of them");
        }
        if !classes.is_empty() {
            return self.drawn(classes, source);
        }
        match class {
            Some(class) => Mix::One(self.number(class, "class", &self.document.class)),
            None if self.document.class.len() <= 1 => Mix::One(0),
            None => {
                let message = format!("load source `{}` does not say its class", source.as_str());
                let names = self.document.class.names().join("`, `");
                self.log
                    .problem(source.place, message)
                    .help(format!("add `class = ..`, one of `{names}`"));
                Mix::One(0)
            }
        }
    }

    fn drawn(&mut self, classes: &Named<Share>, source: &At<Name>) -> Mix {
        let total: f64 = classes.values().map(|share| share.get()).sum();
        if (total - 1.0).abs() > 1e-9 {
            let source = source.as_str();
            let message = format!("the classes of load source `{source}` add up to {total:.4}");
            let place = classes.iter().next().map(|(name, _)| name.place);
            self.log.problem(place, message).help("their shares must add up to 1");
        }
        let mut ends = Vec::new();
        let mut reached = 0.0;
        for (name, share) in classes.iter() {
            reached += share.get();
            ends.push((reached, self.number(name, "class", &self.document.class)));
        }
        if let Some((end, _)) = ends.last_mut() {
            *end = 1.0;
        }
        Mix::Drawn(ends)
    }

    pub(super) fn sources(&mut self, all: &[Class]) -> Vec<Source> {
        let keys = &self.document.load;
        let horizon = self.horizon;
        let mut sources = Vec::new();
        let total: f64 = keys.region.values().map(|region| region.share.get()).sum();
        if !keys.region.is_empty() && (total - 1.0).abs() > 1e-9 {
            let message = format!("the shares of the regions add up to {:.4}, not to 1", total);
            let place = keys.region.iter().next_back().map(|(name, _)| name.place);
            self.log.problem(place, message);
        }
        for (name, region) in keys.region.iter() {
            for (hour, value) in region.weekday.iter().chain(&region.weekend).enumerate() {
                if *value < 0.0 {
                    let message = format!("the shape at hour {} is negative", hour % 24);
                    self.log.problem(name.place, message);
                }
            }
            let valid = |shape: &[f64; 24]| shape.map(|value| value.max(0.0));
            let (weekday, weekend) = (valid(&region.weekday), valid(&region.weekend));
            let day = Day { weekday: &weekday, weekend: &weekend };
            let factor = keys.scale * keys.rate.as_per_second() * region.share.get();
            let start = self.document.clock.start.0;
            let course = local_course(&day, region.zone.time_zone(), start, horizon, factor);
            let classes = self.mix(region.class.as_ref(), &region.classes, name);
            sources.push(source("region", name, classes, course));
        }
        for (name, surge) in keys.surge.iter() {
            let what = format!("the onset of surge `{}`", name.as_str());
            let onset = self.instant(surge.onset, &what, name.place);
            let rate = keys.scale * surge.rate.as_per_second();
            let lengths = (surge.ramp, surge.plateau, surge.decay);
            let course = surge_course(onset, lengths, rate, horizon);
            let classes = self.mix(surge.class.as_ref(), &surge.classes, name);
            sources.push(source("surge", name, classes, course));
        }
        for (name, constant) in keys.constant.iter() {
            let rate = keys.scale * constant.rate.as_per_second();
            let all = Stretch { start: Instant::START, end: horizon, from: rate, to: rate };
            let classes = self.mix(constant.class.as_ref(), &constant.classes, name);
            let mut source = source("constant", name, classes, Course::new(vec![all]));
            source.batch = self.batch(constant.batch.as_ref());
            sources.push(source);
        }
        self.profiles(&mut sources);
        self.modulated(&mut sources);
        self.recorded(&mut sources);
        self.visitors(all, &mut sources);
        let most = sources.iter().flat_map(|s| s.course.stretches());
        if most.map(|s| s.from.max(s.to)).fold(0.0, f64::max) > RATE_MAX {
            self.log.problem(None, format!("a load source exceeds {RATE_MAX} requests per second"));
        }
        // A recording that is wrong was told already.
        if sources.is_empty() && keys.recorded.is_empty() {
            self.log
                .problem(None, "there is no load")
                .help("add `[load.constant.NAME]`, `[load.region.NAME]` or another source");
        }
        sources
    }

    fn batch(&mut self, keys: Option<&load::Batch>) -> Batch {
        match keys {
            None => Batch::Always(1),
            Some(load::Batch::Always(size)) => {
                if size.value == 0 {
                    self.log.problem(size.place, "a batch has at least one request");
                }
                Batch::Always(size.value.max(1))
            }
            Some(load::Batch::Geometric(mean)) => {
                if mean.value < 1.0 {
                    self.log.problem(mean.place, "a batch has at least one request");
                }
                Batch::Geometric(mean.value.max(1.0))
            }
        }
    }

    fn profiles(&mut self, sources: &mut Vec<Source>) {
        let keys = &self.document.load;
        for (name, profile) in keys.profile.iter() {
            let what = format!("a point of load profile `{}`", name.as_str());
            let mut points: Vec<(Instant, f64)> = Vec::new();
            for point in profile.points.iter() {
                let at = self.instant(point.at.value, &what, point.at.place);
                if points.last().is_some_and(|(before, _)| at < *before) {
                    self.log.problem(point.at.place, format!("{what} is before the one above it"));
                    continue;
                }
                points.push((at, keys.scale * point.rate.as_per_second()));
            }
            let Some(&(last, rate)) = points.last() else {
                let place = written_at(profile.points.place, name.place);
                self.log.problem(place, "a load profile needs a point");
                continue;
            };
            points.push((self.horizon.max(last), rate));
            let stretch = |pair: &[(Instant, f64)]| {
                let ((start, from), (end, to)) = (pair[0], pair[1]);
                Stretch { start, end, from, to }
            };
            let course = Course::new(points.windows(2).map(stretch).collect());
            let classes = self.mix(profile.class.as_ref(), &profile.classes, name);
            let mut source = source("profile", name, classes, course);
            source.batch = self.batch(profile.batch.as_ref());
            sources.push(source);
        }
    }

    fn modulated(&mut self, sources: &mut Vec<Source>) {
        let keys = &self.document.load;
        for (name, modulated) in keys.modulated.iter() {
            let state = |state: &load::LoadState| {
                let rate = keys.scale * state.rate.as_per_second();
                (rate, self.dist(&state.lasting))
            };
            let states: Vec<(f64, Dist)> = modulated.states.iter().map(state).collect();
            let cycle: f64 = states.iter().map(|(_, lasting)| lasting.mean_secs()).sum();
            let turns = self.horizon.as_secs_f64() / cycle * states.len() as f64;
            // Half of what is possible, since the states may be shorter than they are on average.
            if turns.is_nan() || turns > 0.5 * STRETCHES_MAX as f64 {
                let message = "the states of a modulated source last too short a time";
                self.log.problem(written_at(modulated.states.place, name.place), message);
            }
            let area = states.iter().map(|(rate, lasting)| rate * lasting.mean_secs());
            let mean = area.sum::<f64>() / cycle.max(1e-9);
            let classes = self.mix(modulated.class.as_ref(), &modulated.classes, name);
            let mut source = source("modulated", name, classes, self.steady(mean));
            source.batch = self.batch(modulated.batch.as_ref());
            source.kind = SourceKind::Modulated(states);
            sources.push(source);
        }
    }

    /// Users and sessions.
    fn visitors(&mut self, all: &[Class], sources: &mut Vec<Source>) {
        let keys = &self.document.load;
        for (name, users) in keys.users.iter() {
            let scaled = f64::from(users.count) * keys.scale;
            if scaled > USERS_MAX {
                let message = format!("load source `{}` has {scaled} users", name.as_str());
                self.log
                    .problem(name.place, message)
                    .help(format!("`count` times `load.scale` may be {USERS_MAX}"));
            }
            let count = (scaled.min(USERS_MAX) + 0.5) as u32;
            let think = self.dist(&users.think);
            let classes = self.mix(users.class.as_ref(), &users.classes, name);
            let turn = think.mean_secs() + alone(&classes, all);
            let expected = self.steady((f64::from(count) / turn.max(1e-9)).min(RATE_MAX));
            let mut source = source("users", name, classes, expected);
            source.kind = SourceKind::Users { count, think };
            sources.push(source);
        }
        for (name, sessions) in keys.sessions.iter() {
            let rate = keys.scale * sessions.rate.as_per_second();
            let classes = self.mix(sessions.class.as_ref(), &sessions.classes, name);
            let expected = self.steady(rate * sessions.requests);
            let mut source = source("sessions", name, classes, expected);
            source.kind = SourceKind::Sessions {
                arrivals: self.steady(rate),
                another: 1.0 - 1.0 / sessions.requests,
                think: self.dist(&sessions.think),
                leave: sessions.leave_after_failure.get(),
            };
            sources.push(source);
        }
    }

    /// A rate that does not change, to the horizon.
    fn steady(&self, rate: f64) -> Course {
        let (start, end) = (Instant::START, self.horizon);
        Course::new(vec![Stretch { start, end, from: rate, to: rate }])
    }

    pub(super) fn clients(&mut self) -> Clients {
        let keys = &self.document.clients;
        let on = |failure: Failure| keys.retry.on.contains(&failure);
        let retry = Retry {
            attempts: keys.retry.attempts,
            backoff: Backoff {
                base: keys.retry.base,
                factor: keys.retry.factor,
                cap: keys.retry.cap,
                jitter: match &keys.retry.jitter {
                    load::Jitter::None => Jitter::Share(0.0),
                    load::Jitter::Equal => Jitter::Share(0.5),
                    load::Jitter::Full => Jitter::Share(1.0),
                    load::Jitter::Share(share) => Jitter::Share(share.get()),
                    load::Jitter::Around(share) => Jitter::Around(share.get()),
                    load::Jitter::Decorrelated => Jitter::Decorrelated,
                },
            },
            on: Failures {
                timed_out: on(Failure::TimedOut),
                refused: on(Failure::Refused),
                reset: on(Failure::Reset),
                no_answer: on(Failure::NoAnswer),
                no_node: on(Failure::NoNode),
                shed: on(Failure::Shed),
            },
            reload: keys.reload.as_ref().map(|reload| Reload {
                share: reload.share.get(),
                pause: self.dist(&reload.pause),
                at_most: reload.at_most,
            }),
        };
        Clients {
            retry: Late::new(Setting::Retry, retry),
            budget: budget(&keys.budget),
            count: keys.count,
            hedge: keys
                .hedge
                .as_ref()
                .map(|hedge| Hedge { after: hedge.after, at_most: hedge.at_most }),
        }
    }
}

/// Seconds that a request of some of the classes needs by itself, on average.
fn alone(mix: &Mix, classes: &[Class]) -> f64 {
    let of = |class: usize| -> f64 {
        let stages = classes.get(class).map_or(&[][..], |class| &class.stages);
        stages.iter().map(|stage| stage.demand.mean_secs()).sum()
    };
    mix.shares().into_iter().map(|(share, class)| share * of(class)).sum()
}

fn budget(keys: &load::RetryBudget) -> Option<budget::Settings> {
    Some(match keys {
        load::RetryBudget::None => return None,
        load::RetryBudget::Tokens(keys) => budget::Settings::Tokens {
            capacity: keys.capacity,
            cost: keys.cost,
            timeout_cost: keys.timeout_cost,
            refill: keys.refill,
        },
        load::RetryBudget::Throttle(keys) => {
            budget::Settings::Throttle { tokens: keys.tokens, ratio: keys.ratio }
        }
        load::RetryBudget::Share(keys) => budget::Settings::Share {
            lasting: keys.lasting,
            reserve: keys.reserve.as_per_second(),
            share: keys.share.get(),
        },
        load::RetryBudget::Concurrent(keys) => {
            budget::Settings::Concurrent { share: keys.share.get(), least: keys.least }
        }
    })
}

pub(super) fn source(kind: &str, name: &At<Name>, classes: Mix, course: Course) -> Source {
    let name = name.as_str().to_string();
    let stream = stream(kind, &name);
    let (kind, batch) = (SourceKind::Course, Batch::Always(1));
    Source { stream, name, classes, course, kind, batch }
}

/// The place of a list, or of the thing that has it if nothing is written of the list.
fn written_at(list: Place, owner: Place) -> Place {
    if list == Place::NOWHERE { owner } else { list }
}
