//! From what a file says to what it means: names become numbers, civil times become instants, and
//! whatever cannot be is refused with its place.

mod changes;
mod fleet;
mod load;
mod quantity;
mod recorded;
mod workers;

use super::files::Files;
use super::keys::load as load_keys;
use super::keys::{self, Document};
use super::late::{Late, Setting};
use super::model::{Clock, Freeze, Interval, OutageRule, Scenario, Slo};
use super::resolution::Resolution;
use super::text::{At, Diagnostics, Name, Named, Place, Timestamp};
use crate::kernel::time::Instant;

/// The name under which the supervisor is provided to a configuration.
const SUPERVISOR: &str = "supervisor";
/// The most requests per second of a scenario.
const RATE_MAX: f64 = 1e7;

/// The meaning of a document; `None` if there was a problem.
pub fn resolve(document: &Document, files: &Files, log: &mut Diagnostics) -> Option<Scenario> {
    let before = log.len();
    let scenario = draft(document, files, log);
    (log.len() == before).then_some(scenario)
}

/// The meaning of a document as far as it has one. With a problem it is good for nothing but to
/// look for more of them.
pub(super) fn draft(document: &Document, files: &Files, log: &mut Diagnostics) -> Scenario {
    let clock = clock(document, log);
    let mut resolver = Resolver { document, files, horizon: clock.horizon, log };
    let classes = resolver.classes();
    let sources = resolver.sources(&classes);
    let supervisor = resolver.supervisor();
    let releases = resolver.releases(&supervisor);
    let scenario = Scenario {
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
        maintenance: resolver.maintenance(),
        people: resolver.people(),
        protections: resolver.protections(),
        outage: resolver.outage(),
        slo: Slo { availability: document.slo.availability.get(), period: document.slo.period },
        intervals: resolver.intervals(),
        releases,
        clock,
    };
    resolver.check_contents();
    scenario
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
        resolution: match keys.resolution {
            keys::Resolution::Exact => Resolution::Exact,
            keys::Resolution::Adaptive => Resolution::Adaptive,
        },
    }
}

/// The one-way street from keys to meaning.
struct Resolver<'a> {
    document: &'a Document,
    files: &'a Files,
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

    /// What is wrong with a file, told where it is named.
    fn file_problems(&mut self, name: &str, place: Place, problems: &[String]) {
        for problem in problems {
            self.log.problem(place, format!("`{name}`: {problem}"));
        }
    }

    /// Whether the files contain what they must.
    fn check_contents(&mut self) {
        let found = self.files.contents();
        for keys in &self.document.content {
            let file = found.iter().find(|(name, _)| *name == keys.file);
            if let Some((name, sha256)) = file.filter(|(_, sha256)| *sha256 != keys.sha256.value) {
                self.log
                    .problem(keys.sha256.place, format!("`{name}` has another content"))
                    .help(format!("its SHA-256 is {sha256}"));
            }
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
