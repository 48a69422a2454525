//! The calendar: what will happen, in order.
//!
//! # Simultaneous events
//! Events with equal times are dispatched in the order in which they were scheduled. The order is
//! total and part of the contract: time first, then a sequence number that every call of
//! [`Calendar::at`], [`Calendar::set_timer`] and [`Calendar::set_lane`] takes from one counter.
//! Moving a lane schedules it anew.
//!
//! # Three structures behind one order
//! - [buckets](super::buckets) for events that always happen;
//! - [lanes](super::lanes) for entities whose one pending time keeps moving, in two tournaments, so
//!   that the few that move all the time need not play against the many;
//! - a [list of timers](super::timers) for time-outs, which are nearly always cancelled.

use super::buckets::Buckets;
use super::heap::{smaller, whole};
use super::lanes::{Lanes, SILENT};
use super::time::{Duration, Instant};
use super::timers::Timers;

/// How many bits of a word a sequence number takes, from the top; the others are free for whoever
/// wants to mark it.
pub(super) const SEQ_BITS: u32 = 44;

/// From one sequence number to the next.
const SEQ_STEP: u64 = 1 << (u64::BITS - SEQ_BITS);

/// What comes in place of an event that was scheduled with a timer to come.
#[derive(Clone, Copy, Debug)]
pub struct Exchange<E> {
    /// The event in its place.
    pub event: E,
    /// The number of the timer.
    pub timer: u32,
    /// When the timer is due.
    pub due: Instant,
    /// What happens then, unless it is cancelled.
    pub then: E,
}

/// A place for an entity's one pending event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lane {
    tournament: Tournament,
    number: u32,
}

/// Against which others a lane plays.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tournament {
    /// The many.
    Large,
    /// The few that move all the time.
    Small,
}

/// Pending events and the simulated clock.
#[derive(Clone, Debug)]
pub struct Calendar<E> {
    now: Instant,
    next_seq: u64,
    buckets: Buckets<E>,
    /// By tournament, as are their events.
    lanes: [Lanes; 2],
    lane_events: [Vec<E>; 2],
    /// The lane that fired last, until its owner moves it or the clock moves on.
    fired: Option<Lane>,
    timers: Timers<E>,
    aside: Option<Box<Aside<E>>>,
}

/// What was put aside, and since when.
#[derive(Clone, Debug)]
struct Aside<E> {
    since: Instant,
    /// Time, sequence number and event of each.
    events: Vec<(u64, u64, E)>,
    lanes: [Lanes; 2],
    timers: Timers<E>,
}

impl<E: Copy> Default for Calendar<E> {
    fn default() -> Calendar<E> {
        Calendar {
            now: Instant::START,
            next_seq: 0,
            buckets: Buckets::default(),
            lanes: Default::default(),
            lane_events: Default::default(),
            fired: None,
            timers: Timers::default(),
            aside: None,
        }
    }
}

impl<E: Copy> Calendar<E> {
    /// The time of the event in hand.
    #[inline]
    pub fn now(&self) -> Instant {
        self.now
    }

    /// Schedules `event` for `when`, which must not lie in the past. An event at
    /// [`Instant::NEVER`] is dropped.
    #[inline(always)]
    pub fn at(&mut self, when: Instant, event: E) {
        self.check(when);
        if when == Instant::NEVER {
            return;
        }
        let seq = self.take_seq();
        self.buckets.push(self.now.as_nanos(), when.as_nanos(), seq, event);
    }

    /// Schedules `event` after `delay`.
    #[inline]
    pub fn after(&mut self, delay: Duration, event: E) {
        self.at(self.now.saturating_add(delay), event);
    }

    /// The same; and a timer that comes next in the order has its place kept, so that
    /// [`Calendar::exchange`] can set it later.
    #[inline(always)]
    pub fn after_with_timer_to_come(&mut self, delay: Duration, event: E) {
        self.after(delay, event);
        self.take_seq();
    }

    /// Exchanges events that were scheduled with a timer to come for others, which come at the same
    /// place in the order, and sets that timer. `by_what` is asked for every event that is neither
    /// a lane's nor a timer's, in no order.
    pub fn exchange(&mut self, mut by_what: impl FnMut(&E) -> Option<Exchange<E>>) {
        let timers = &mut self.timers;
        self.buckets.each_mut(|seq, event| {
            let Some(Exchange { event: new, timer, due, then }) = by_what(event) else { return };
            *event = new;
            timers.set(timer, due.as_nanos(), seq + SEQ_STEP, then);
        });
    }

    /// Sets the timer of this number: `event` happens after `delay` unless the timer is cancelled
    /// or set anew before. Numbers are the caller's choice; the memory goes by the largest.
    #[inline(always)]
    pub fn set_timer(&mut self, number: u32, delay: Duration, event: E) {
        let seq = self.take_seq();
        self.timers.set(number, self.now.saturating_add(delay).as_nanos(), seq, event);
    }

    /// Cancels a timer, if it is set.
    #[inline]
    pub fn cancel_timer(&mut self, number: u32) {
        self.timers.cancel(number);
    }

    /// Adds a silent lane for `event`.
    pub fn add_lane(&mut self, tournament: Tournament, event: E) -> Lane {
        self.lane_events[tournament as usize].push(event);
        Lane { tournament, number: self.lanes[tournament as usize].add() }
    }

    /// Moves a lane's pending event to `when`; [`Instant::NEVER`] silences it.
    #[inline(always)]
    pub fn set_lane(&mut self, lane: Lane, when: Instant) {
        self.check(when);
        if self.fired == Some(lane) {
            self.fired = None;
        }
        let Lane { tournament, number } = lane;
        if when == Instant::NEVER {
            self.lanes[tournament as usize].silence(number);
        } else {
            let seq = self.take_seq();
            self.lanes[tournament as usize].set(number, when.as_nanos(), seq);
        }
    }

    /// Takes the next event at or before `horizon` and moves the clock to it; without one the clock
    /// moves to `horizon`. A lane whose event was taken falls silent unless its owner moves it.
    #[inline]
    pub fn advance(&mut self, horizon: Instant) -> Option<E> {
        if let Some(Lane { tournament, number }) = self.fired.take() {
            self.lanes[tournament as usize].silence(number);
        }
        let [large, small] = [self.lanes[0].first(), self.lanes[1].first()];
        let (lane, is_small) = smaller(large, small);
        let (first, is_lane) = smaller(self.buckets.first(), lane);
        let limit = first.0.min(horizon.as_nanos());
        if let Some(timer) = self.timers.first(limit)
            && whole(timer) < whole(first)
        {
            self.move_to(Instant::from_nanos(timer.0));
            return Some(self.timers.take());
        }
        if first.0 > horizon.as_nanos() || first == SILENT {
            self.move_to(horizon);
            return None;
        }
        self.move_to(Instant::from_nanos(first.0));
        if is_lane {
            Some(self.fire(if is_small { Tournament::Small } else { Tournament::Large }))
        } else {
            self.buckets.pop()
        }
    }

    /// Puts aside every lane, every timer, and of the other events those that `is_meant` says: none
    /// of them happens until [`Calendar::resume`]. Lanes must not be set meanwhile.
    ///
    /// # Panics
    /// If something is aside already.
    pub fn put_aside(&mut self, is_meant: impl Fn(&E) -> bool) {
        assert!(self.aside.is_none(), "events are put aside once");
        if let Some(lane) = self.fired.take() {
            self.lanes[lane.tournament as usize].silence(lane.number);
        }
        let events = self.buckets.take_out(self.now.as_nanos(), is_meant);
        let silent = self.lanes.each_ref().map(Lanes::silenced);
        self.aside = Some(Box::new(Aside {
            since: self.now,
            events,
            lanes: std::mem::replace(&mut self.lanes, silent),
            timers: std::mem::take(&mut self.timers),
        }));
    }

    /// Takes up again what was put aside: it happens as much later as has passed since. Says how
    /// much that is. Among equal times, what was put aside comes before what was scheduled since.
    ///
    /// # Panics
    /// If nothing is aside.
    pub fn resume(&mut self) -> Duration {
        let aside = *self.aside.take().expect("something was put aside");
        let by = self.now.since(aside.since);
        let later =
            |(time, seq, event): (u64, u64, E)| (time.saturating_add(by.as_nanos()), seq, event);
        self.buckets.put_back(self.now.as_nanos(), aside.events.into_iter().map(later));
        self.lanes = aside.lanes;
        self.lanes.iter_mut().for_each(|lanes| lanes.postpone(by.as_nanos()));
        self.timers = aside.timers;
        self.timers.postpone(by.as_nanos());
        by
    }

    /// What will surely happen, neither lanes nor timers: when, and what; in no order.
    pub fn pending(&self) -> impl Iterator<Item = (Instant, &E)> {
        self.buckets.pending().map(|(time, event)| (Instant::from_nanos(time), event))
    }

    /// Takes the first lane of a tournament.
    #[inline]
    fn fire(&mut self, tournament: Tournament) -> E {
        let number = self.lanes[tournament as usize].first_lane();
        self.fired = Some(Lane { tournament, number });
        self.lane_events[tournament as usize][number as usize]
    }

    #[inline]
    fn take_seq(&mut self) -> u64 {
        let seq = self.next_seq;
        let next = seq.checked_add(SEQ_STEP);
        self.next_seq = next.expect("a simulation has fewer than 2^44 events");
        seq
    }

    #[inline]
    fn move_to(&mut self, when: Instant) {
        self.check(when);
        self.now = when;
    }

    #[inline]
    fn check(&self, when: Instant) {
        assert!(when >= self.now, "the clock would run back from {:?} to {when:?}", self.now);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn equal_times_come_in_the_order_of_scheduling() {
        let mut calendar = Calendar::default();
        let lane = calendar.add_lane(Tournament::Large, "lane");
        calendar.set_timer(0, Duration::from_secs(2), "timer");
        calendar.set_lane(lane, Instant::START);
        calendar.after(Duration::from_secs(2), "heap");
        calendar.set_lane(lane, Instant::from_nanos(2_000_000_000));
        calendar.after(Duration::from_secs(1), "early");
        let order: Vec<&str> = std::iter::from_fn(|| calendar.advance(Instant::NEVER)).collect();
        assert_eq!(order, ["early", "timer", "heap", "lane"]);
    }

    /// What was put aside comes later by the time in between, in the same order; the rest does not.
    #[test]
    fn what_was_put_aside_comes_later() {
        let seconds = |s: u64| Duration::from_secs(s);
        let mut calendar = Calendar::default();
        let lane = calendar.add_lane(Tournament::Small, "lane");
        calendar.add_lane(Tournament::Large, "silent");
        calendar.set_lane(lane, Instant::START + seconds(3));
        calendar.set_timer(0, seconds(2), "timer");
        calendar.set_timer(1, seconds(2), "cancelled");
        calendar.after(seconds(2), "traffic");
        calendar.after(seconds(5), "control");
        calendar.after(seconds(1), "first");
        assert_eq!(calendar.advance(Instant::NEVER), Some("first"));
        calendar.put_aside(|event| *event == "traffic");
        let pending: Vec<_> = calendar.pending().collect();
        assert_eq!(pending, [(Instant::START + seconds(5), &"control")]);
        assert_eq!(calendar.advance(Instant::NEVER), Some("control"));
        assert_eq!(calendar.resume(), seconds(4));
        calendar.cancel_timer(1);
        let mut rest = Vec::new();
        while let Some(event) = calendar.advance(Instant::NEVER) {
            rest.push((event, calendar.now().as_secs_f64()));
        }
        assert_eq!(rest, [("timer", 6.0), ("traffic", 6.0), ("lane", 7.0)]);
    }

    #[derive(Clone, Debug)]
    enum Step {
        At(u64),
        Timer(u32, u64),
        Cancel(u32),
        Lane(usize, u64),
        Advance,
    }

    fn step() -> impl Strategy<Value = Step> {
        // Coarse times make ties; large ones lie many sweeps of the timers ahead.
        let delay = prop_oneof![0..20_u64, (0..400_u64).prop_map(|s| s * 1_000_000_000)];
        prop_oneof![
            delay.clone().prop_map(Step::At),
            (0..8_u32, delay.clone()).prop_map(|(timer, delay)| Step::Timer(timer, delay)),
            (0..10_u32).prop_map(Step::Cancel),
            (0..3_usize, delay).prop_map(|(lane, delay)| Step::Lane(lane, delay)),
            Just(Step::Advance),
            Just(Step::Advance),
        ]
    }

    proptest! {
        /// The calendar against a list that is searched from end to end.
        #[test]
        fn the_calendar_equals_a_sorted_list(steps in prop::collection::vec(step(), 0..300)) {
            let mut calendar = Calendar::<usize>::default();
            use Tournament::{Large, Small};
            let lanes = [(Large, 1_000_000), (Small, 1_000_001), (Large, 1_000_002)];
            let lanes = lanes.map(|(tournament, event)| calendar.add_lane(tournament, event));
            let mut naive: Vec<(u64, u64, usize)> = Vec::new();
            let mut seq = 0;
            for (id, step) in steps.into_iter().enumerate() {
                let now = calendar.now().as_nanos();
                match step {
                    Step::At(delay) => {
                        calendar.after(Duration::from_nanos(delay), id);
                        naive.push((now + delay, seq, id));
                        seq += 1;
                    }
                    Step::Timer(timer, delay) => {
                        let event = 2_000_000 + timer as usize;
                        calendar.set_timer(timer, Duration::from_nanos(delay), event);
                        naive.retain(|entry| entry.2 != event);
                        naive.push((now + delay, seq, event));
                        seq += 1;
                    }
                    Step::Cancel(timer) => {
                        calendar.cancel_timer(timer);
                        naive.retain(|entry| entry.2 != 2_000_000 + timer as usize);
                    }
                    Step::Lane(lane, delay) => {
                        calendar.set_lane(lanes[lane], Instant::from_nanos(now + delay));
                        naive.retain(|entry| entry.2 != 1_000_000 + lane);
                        naive.push((now + delay, seq, 1_000_000 + lane));
                        seq += 1;
                    }
                    Step::Advance => {
                        naive.sort_unstable();
                        let expected = (!naive.is_empty()).then(|| naive.remove(0));
                        let horizon = Instant::from_nanos(u64::MAX - 1);
                        if let Some((time, _, id)) = expected {
                            prop_assert_eq!(calendar.advance(horizon), Some(id));
                            prop_assert_eq!(calendar.now().as_nanos(), time);
                        }
                    }
                }
            }
        }
    }
}
