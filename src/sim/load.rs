//! Load: what the sources issue, and users who make one request after the other.

use super::event::Event;
use super::observation::Observer;
use super::simulation::Simulation;
use super::state::{Request, Source, Visitor, purpose};
use crate::fleet::load::{Arrivals, Batch, Course, die};
use crate::kernel::calendar::Tournament;
use crate::kernel::chance::{DICE, Die, Streams, unit};
use crate::kernel::slab::Ref;
use crate::kernel::time::{Duration, Instant};
use crate::scenario::model::{self, Class, Mix, Needs, STAGES_MAX, Scenario, SourceKind};
use rand::Rng;

const _: () = assert!(die::FIRST_STAGE + STAGES_MAX <= DICE, "every stage has a die of its own");

/// From an answer that took no time to the next request of the same user, at least.
const NEXT_CLICK: Duration = Duration::from_millis(1);

/// Which die is thrown for what.
mod visit {
    /// The time to think before a request; the others are those of an arrival.
    pub(super) const THINK: usize = 0;
    /// Whether another request follows.
    pub(super) const ANOTHER: usize = 0;
    /// Whether the user leaves after a failure.
    pub(super) const LEAVE: usize = 1;
}

impl Simulation {
    /// Sets a source to work.
    pub(super) fn add_source(&mut self, number: u32) {
        let scenario = &self.scenario;
        let source = &scenario.sources[number as usize];
        let lane = self.calendar.add_lane(Tournament::Small, Event::Arrival(number));
        let arrivals = arrivals(source, scenario, &self.streams);
        self.calendar.set_lane(lane, arrivals.time());
        let class = match source.classes {
            Mix::One(class) => Some(class as u32),
            Mix::Drawn(_) => None,
        };
        let visitors = match source.kind {
            SourceKind::Users { count, .. } => count,
            SourceKind::Course
            | SourceKind::Modulated(_)
            | SourceKind::Recorded(_)
            | SourceKind::Sessions { .. } => 0,
        };
        self.sources.push(Source { arrivals, lane, class, frozen: false });
        for user in 0..visitors {
            let visitor = Visitor { source: number, number: u64::from(user), turn: 0 };
            let visitor = self.visitors.add(visitor);
            self.think(visitor, Duration::ZERO);
        }
    }

    /// Goes on under another scenario from now on.
    pub(super) fn change_source(&mut self, number: usize, scenario: &Scenario) {
        let now = self.now();
        let source = &mut self.sources[number];
        let new = &scenario.sources[number];
        // A fork has the same recordings.
        if source.frozen || matches!(new.kind, SourceKind::Recorded(_)) {
            return;
        }
        let course = course(new, scenario, &self.streams);
        let next = source.arrivals.change_course(course, now);
        self.await_arrival(number, next);
    }

    /// Waits for the next arrival of a source, unless traffic is passed over.
    pub(super) fn await_arrival(&mut self, source: usize, next: Instant) {
        if !self.suspended {
            self.calendar.set_lane(self.sources[source].lane, next);
        }
    }

    #[inline(never)]
    pub(super) fn on_arrival(&mut self, number: u32, observer: &mut impl Observer) {
        if self.has_sessions && self.is_session(number) {
            self.begin_session(number, observer);
            return;
        }
        let source = &mut self.sources[number as usize];
        let draw = source.arrivals.draw();
        let class = match source.class {
            Some(class) => class,
            None => source.arrivals.class().unwrap_or_else(|| {
                let spec = &self.scenario.sources[number as usize];
                let drawn = self.streams.draw(purpose::CLASS, spec.stream, draw.occurrence(), 0);
                spec.classes.class(unit(&mut drawn.die(0))) as u32
            }),
        };
        let spec = &self.scenario.classes[class as usize];
        let name = (number, class, draw.occurrence());
        let request = request(spec, name, self.calendar.now(), |slot| draw.die(slot));
        source.arrivals.advance();
        self.calendar.set_lane(source.lane, source.arrivals.time());
        if self.is_foreseen(&request) {
            self.issue_foreseen(request, observer);
        } else {
            let request = self.requests.add(request);
            self.issue(request, number, class, observer);
        }
    }

    fn is_session(&self, source: u32) -> bool {
        matches!(self.scenario.sources[source as usize].kind, SourceKind::Sessions { .. })
    }

    /// A user arrives, and makes the first request at once.
    #[cold]
    fn begin_session(&mut self, number: u32, observer: &mut impl Observer) {
        let source = &mut self.sources[number as usize];
        let visitor =
            Visitor { source: number, number: source.arrivals.draw().occurrence(), turn: 0 };
        source.arrivals.advance();
        self.calendar.set_lane(source.lane, source.arrivals.time());
        let visitor = self.visitors.add(visitor);
        self.on_visitor_due(visitor, observer);
    }

    /// A user thinks, for so long at least, and makes the next request then.
    fn think(&mut self, at: Ref, least: Duration) {
        let visitor = self.visitors[at];
        let source = &self.scenario.sources[visitor.source as usize];
        let (SourceKind::Users { think, .. } | SourceKind::Sessions { think, .. }) = &source.kind
        else {
            return;
        };
        let draw = self.streams.draw(purpose::VISIT, source.stream, visitor.number, visitor.turn);
        let delay = think.sample(&mut draw.die(visit::THINK)).max(least);
        self.calendar.after(delay, Event::VisitorDue(at));
    }

    #[inline(never)]
    pub(super) fn on_visitor_due(&mut self, at: Ref, observer: &mut impl Observer) {
        let visitor = &mut self.visitors[at];
        let Visitor { source, number, turn } = *visitor;
        visitor.turn += 1;
        let spec = &self.scenario.sources[source as usize];
        let draw = self.streams.draw(purpose::VISIT, spec.stream, number, turn);
        let drawn = || {
            let draw = self.streams.draw(purpose::CLASS, spec.stream, number, turn);
            unit(&mut draw.die(0))
        };
        let class = match &spec.classes {
            Mix::One(class) => *class,
            mix @ Mix::Drawn(_) => mix.class(drawn()),
        };
        // Its own among those of the source, and in turn among balancers and clients.
        let own = (number << 24).wrapping_add(number).wrapping_add(u64::from(turn));
        let (spec, name) = (&self.scenario.classes[class], (source, class as u32, own));
        let mut request = request(spec, name, self.calendar.now(), |slot| draw.die(slot));
        request.again().visitor = Some(at);
        let request = self.requests.add(request);
        self.issue(request, source, class as u32, observer);
    }

    /// The request of a user is settled: the user thinks, or leaves.
    pub(super) fn go_on(&mut self, at: Ref, issued: Instant, completed: bool) {
        let Visitor { source, number, turn } = self.visitors[at];
        let spec = &self.scenario.sources[source as usize];
        if let SourceKind::Sessions { another, leave, .. } = &spec.kind {
            let draw = self.streams.draw(purpose::LEAVE, spec.stream, number, turn);
            let stays = unit(&mut draw.die(visit::ANOTHER)) < *another;
            if !stays || (!completed && unit(&mut draw.die(visit::LEAVE)) < *leave) {
                self.visitors.remove(at);
                return;
            }
            self.think(at, Duration::ZERO);
            return;
        }
        // Of users there is no end: one who is refused at once, and does not think, would make
        // requests for ever without any time passing.
        let took_no_time = issued == self.now();
        self.think(at, if took_no_time { NEXT_CLICK } else { Duration::ZERO });
    }
}

/// A request of a class, with what its dice say: its source, its class, and its number in the
/// source.
#[inline(always)]
pub(super) fn request<'a>(
    spec: &Class,
    (source, class, number): (u32, u32, u64),
    issued: Instant,
    dice: impl Fn(usize) -> Die<'a>,
) -> Request {
    let mut demands = [Duration::ZERO; STAGES_MAX];
    let mut computes = 0;
    for (i, (stage, demand)) in spec.stages.iter().zip(&mut demands).enumerate() {
        *demand = stage.demand.sample(&mut dice(die::FIRST_STAGE + i));
        computes |= u8::from(stage.needs == Needs::Cpu) << i;
    }
    Request {
        source,
        class,
        stages: spec.stages.len() as u8,
        computes,
        number,
        issued,
        patience: spec.patience.sample(&mut dice(die::PATIENCE)),
        demands,
        pick: dice(die::PICK).next_u64(),
        attempts: 0,
        waiting: 0,
        alive: 0,
        settled: false,
        again: None,
    }
}

/// What a source's arrivals follow.
fn course(source: &model::Source, scenario: &Scenario, streams: &Streams) -> Course {
    match &source.kind {
        SourceKind::Course => source.course.clone(),
        SourceKind::Modulated(states) => {
            let sequence = streams.sequence(purpose::MODULATION, source.stream);
            Course::modulated(states, scenario.clock.horizon, sequence)
        }
        SourceKind::Users { .. } | SourceKind::Recorded(_) => Course::default(),
        SourceKind::Sessions { arrivals, .. } => arrivals.clone(),
    }
}

fn arrivals(source: &model::Source, scenario: &Scenario, streams: &Streams) -> Arrivals {
    let sequence = streams.sequence(purpose::ARRIVAL, source.stream);
    if let SourceKind::Recorded(recorded) = &source.kind {
        let recording = &recorded.recording;
        if recorded.has_rates {
            return Arrivals::along(recording, sequence);
        }
        let copies = streams.sequence(purpose::COPIES, source.stream);
        return Arrivals::replayed(recording, source.course.clone(), sequence, copies);
    }
    let arrivals = Arrivals::new(course(source, scenario, streams), sequence);
    if scenario.is_adaptive() {
        let counts = streams.sequence(purpose::CELL, source.stream);
        return arrivals.in_cells(scenario.clock.window, scenario.clock.horizon, counts);
    }
    match source.batch {
        Batch::Always(1) => arrivals,
        batch @ (Batch::Always(_) | Batch::Geometric(_)) => {
            arrivals.in_batches(batch, streams.sequence(purpose::BATCH, source.stream))
        }
    }
}

/// Whether any source has sessions.
pub(super) fn has_sessions(scenario: &Scenario) -> bool {
    let is = |source: &model::Source| matches!(source.kind, SourceKind::Sessions { .. });
    scenario.sources.iter().any(is)
}
