//! Settings that a simulation may not need until late, and whether it has needed them.
//!
//! Two scenarios that differ only in settings nobody has asked for yet have the same past. So a
//! simulation notes what it asks for: [`Late`] hands out its value against that note alone.
//! Everything else in a scenario counts as needed from the start.

use super::model::Scenario;
use crate::kernel::time::Instant;

/// A setting that may be needed late.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Setting {
    /// Whether load freezes at the first restart.
    Freeze,
    /// What clients do when an attempt fails.
    Retry,
    /// How often a refused attempt is handed on.
    Redispatch,
    /// How long a process starts, and how it is cold.
    Boot,
    /// How a process stops.
    Stop,
    /// Which releases are valid on these hosts, and how their starts fail.
    Releases,
    /// What deploys bring, and how.
    Deploys,
    /// How long people take to notice.
    Notice,
    /// How long they take to find the cause.
    Diagnose,
    /// How they fix it.
    Fix,
    /// Whether restarts are checked before.
    StopCheck,
    /// How many restarts are allowed at once.
    RestartBudget,
    /// The limits of restart rules.
    Limits,
    /// From how many requests on a process sheds.
    ShedAbove,
    /// Whether releases are checked where they are built.
    BuildCheck,
    /// Whether they are checked between a stop and a start.
    StartCheck,
    /// Whether they are checked before a reload.
    ReloadCheck,
    /// How many nodes a maintenance must leave.
    DisruptionBudget,
}

/// A set of settings.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SettingSet(u32);

impl SettingSet {
    /// Adds a setting.
    #[inline]
    pub fn insert(&mut self, setting: Setting) {
        self.0 |= 1 << setting as u32;
    }

    /// Whether the sets share a setting.
    pub fn meets(self, other: SettingSet) -> bool {
        self.0 & other.0 != 0
    }

    /// How many settings there are.
    pub fn len(self) -> u32 {
        self.0.count_ones()
    }

    /// Whether there are none.
    pub fn is_empty(self) -> bool {
        self.0 == 0
    }
}

/// A value that may be needed late.
#[derive(Clone, Copy, Debug)]
pub struct Late<T> {
    setting: Setting,
    value: T,
}

impl<T> Late<T> {
    /// The value of a setting.
    pub fn new(setting: Setting, value: T) -> Late<T> {
        Late { setting, value }
    }

    /// The value, for a simulation: notes in `asked` that it was needed.
    #[inline]
    pub fn ask(&self, asked: &mut SettingSet) -> &T {
        asked.insert(self.setting);
        &self.value
    }

    /// The value, for those who do not simulate.
    pub fn known(&self) -> &T {
        &self.value
    }
}

impl<T: PartialEq> PartialEq for Late<T> {
    fn eq(&self, other: &Late<T>) -> bool {
        self.value == other.value
    }
}

/// Where two scenarios part.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Divergence {
    /// At the start.
    AtStart,
    /// When one of these settings is asked for, or at this time, from which on their load differs;
    /// whichever comes first. Without settings and at [`Instant::NEVER`] they are the same.
    Later(SettingSet, Instant),
}

impl Divergence {
    /// Where simulations of these scenarios part, at the earliest.
    pub fn between(one: &Scenario, other: &Scenario) -> Divergence {
        let mut rest = one.clone();
        let mut late = SettingSet::default();
        // Whatever is not named here differs from the start.
        macro_rules! late {
            ($($($field:ident).+),*) => { $(
                if rest.$($field).+ != other.$($field).+ {
                    late.insert(other.$($field).+.setting);
                    rest.$($field).+ = other.$($field).+.clone();
                }
            )* };
        }
        late!(
            freeze,
            clients.retry,
            balancer.redispatch,
            balancer.retries,
            process.boot,
            process.cold,
            process.stop,
            people.notice,
            people.diagnose,
            people.repair,
            protections.stop_check,
            protections.build_check,
            protections.start_check,
            protections.reload_check,
            protections.disruption_budget,
            protections.restart_budget
        );
        if rest.protections.shed_above != other.protections.shed_above {
            late.insert(Setting::ShedAbove);
            rest.protections.shed_above = other.protections.shed_above;
        }
        for (mine, theirs) in rest.releases.iter_mut().zip(&other.releases) {
            if mine.start != theirs.start {
                late.insert(Setting::Releases);
                mine.start = theirs.start.clone();
            }
        }
        for (mine, theirs) in rest.deploys.iter_mut().zip(&other.deploys) {
            if mine.plan != theirs.plan {
                late.insert(Setting::Deploys);
                mine.plan = theirs.plan.clone();
            }
        }
        for (mine, theirs) in rest.supervisor.rules_mut().iter_mut().zip(other.supervisor.rules()) {
            if mine.limit != theirs.limit {
                late.insert(Setting::Limits);
                mine.limit = theirs.limit;
            }
        }
        let mut load_from = Instant::NEVER;
        for (mine, theirs) in rest.sources.iter_mut().zip(&other.sources) {
            if let Some(from) = mine.course.parts_from(&theirs.course) {
                load_from = load_from.min(from);
                mine.course = theirs.course.clone();
            }
        }
        if load_from < Instant::NEVER && one.is_adaptive() {
            match decides_from(one, other, load_from) {
                Some(from) => load_from = from,
                None => return Divergence::AtStart,
            }
        }
        rest.name.clone_from(&other.name);
        rest.title.clone_from(&other.title);
        if rest == *other { Divergence::Later(late, load_from) } else { Divergence::AtStart }
    }
}

/// From when on load that differs from a time on decides what adaptive resolution passes over;
/// `None` if it does so from the start.
fn decides_from(one: &Scenario, other: &Scenario, load_from: Instant) -> Option<Instant> {
    // What a request needs in the mean is that of the load of the whole time.
    if one.mean_request() != other.mean_request() {
        return None;
    }
    // Load that is still to come counts, and whole windows do.
    let from = load_from.as_nanos().saturating_sub(one.look_ahead().as_nanos());
    let window = one.clock.window.as_nanos();
    Some(Instant::from_nanos(from - from % window))
}
