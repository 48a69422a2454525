//! Load: classes of requests, sources, and clients.

use super::{RATE_MAX, Resolver, stream};
use crate::fleet::client::{Backoff, Jitter, budget};
use crate::fleet::load::{Course, Stretch};
use crate::kernel::time::Instant;
use crate::scenario::course::{Day, local_course, surge_course};
use crate::scenario::keys::load::{self, Failure};
use crate::scenario::late::{Late, Setting};
use crate::scenario::model::{
    self, Class, Clients, Failures, Hedge, Mix, Needs, Reload, RequestMemory, Retry, Source, Stage,
};
use crate::scenario::text::{At, Bytes, Name, Named, Share};

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
                self.log.problem(stages.place, message);
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
    fn mix(&mut self, class: Option<&At<Name>>, classes: &Named<Share>, source: &At<Name>) -> Mix {
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

    pub(super) fn sources(&mut self) -> Vec<Source> {
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
            sources.push(source("constant", name, classes, Course::new(vec![all])));
        }
        let most = sources.iter().flat_map(|s| s.course.stretches());
        if most.map(|s| s.from.max(s.to)).fold(0.0, f64::max) > RATE_MAX {
            self.log.problem(None, format!("a load source exceeds {RATE_MAX} requests per second"));
        }
        if sources.is_empty() {
            self.log
                .problem(None, "there is no load")
                .help("add `[load.constant.NAME]`, `[load.region.NAME]` or `[load.surge.NAME]`");
        }
        sources
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

fn source(kind: &str, name: &At<Name>, classes: Mix, course: Course) -> Source {
    let name = name.as_str().to_string();
    Source { stream: stream(kind, &name), name, classes, course }
}
