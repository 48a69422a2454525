//! Limits on what a scenario can ask for, so that none takes all memory, or for ever, before it can
//! be said what it would need (see [`super::cost`]). They are far from what a fleet needs.
//!
//! Most limits are the ranges of keys; here are those on how many there are of something, and on
//! what several keys ask for together.

use super::keys::Document;
use super::keys::change::{Deploy, Method};
use super::text::{Diagnostics, Place};
use crate::kernel::time::Duration;

/// Bytes of the text of a scenario.
pub const TEXT_MAX: usize = 16 << 20;
/// Nodes that a scenario has in all: at the start, those that are added, and the pods of rollouts.
pub const NODES_MAX: u64 = 65_536;
/// From the start of the clock to its end: ten years.
pub const LENGTH_MAX: Duration = Duration::from_secs(3_660 * 86_400);
/// Users of a source, scaled.
pub const USERS_MAX: f64 = 1e7;
/// Full hours of all regions together, at each of which the load turns.
pub const HOURS_MAX: u64 = 1 << 20;

/// What there may be a thousand of.
const MANY: usize = 1_000;
/// What there may be fewer of, as each is tried before anything is simulated, and is simulated
/// beside all others.
const FEW: usize = 200;

/// Whether there is no more of anything than there may be; each that is more is put into `log`.
pub(super) fn check(document: &Document, log: &mut Diagnostics) -> bool {
    let before = log.len();
    let load = &document.load;
    let sources = load.region.len()
        + load.surge.len()
        + load.constant.len()
        + load.profile.len()
        + load.modulated.len()
        + load.recorded.len()
        + load.users.len()
        + load.sessions.len();
    let patches = document.mitigation.len() + document.cause.len() + document.counterfactual.len();
    let counts = [
        ("classes", document.class.len(), MANY),
        ("load sources", sources, MANY),
        ("releases", document.release.len(), MANY),
        ("deploys", document.deploy.len(), MANY),
        ("faults", document.fault.len(), MANY),
        ("maintenances", document.maintenance.len(), MANY),
        ("additions of nodes", document.nodes.add.len(), MANY),
        ("intervals", document.interval.len(), MANY),
        ("mitigations, causes and counterfactuals", patches, FEW),
        ("claims", document.expect.len(), MANY),
        ("assumptions", document.assumption.len(), FEW),
    ];
    for (what, count, most) in counts {
        if count > most {
            log.problem(None, format!("the scenario has {count} {what}, and may have {most}"));
        }
    }
    nodes(document, log);
    length(document, log);
    log.len() == before
}

fn nodes(document: &Document, log: &mut Diagnostics) {
    let added = document.nodes.add.iter().map(|one| u64::from(one.count)).sum::<u64>();
    let pods = |deploy: &&Deploy| matches!(deploy.method, Method::Kubernetes(_));
    let rollouts = document.deploy.values().filter(pods).count() as u64;
    // A rollout of pods puts a new node beside every old one.
    let nodes = (u64::from(document.nodes.count) + added) * (1 + rollouts);
    if nodes > NODES_MAX {
        let message = format!("the scenario has {nodes} nodes in all, and may have {NODES_MAX}");
        log.problem(None, message)
            .help("a smaller `nodes.count`, less in `nodes.add`, or fewer rollouts of pods");
    }
}

fn length(document: &Document, log: &mut Diagnostics) {
    let clock = &document.clock;
    let length = clock.end.0.as_nanosecond() - clock.start.0.as_nanosecond();
    let most = LENGTH_MAX.as_nanos();
    if length > i128::from(most) {
        let message = format!("the clock goes on for more than {LENGTH_MAX}");
        log.problem(clock.end.place, message).help("simulate a part of it");
        return;
    }
    let hours = u64::try_from(length / 3_600_000_000_000).unwrap_or(0);
    let regions = document.load.region.len() as u64;
    if hours * regions > HOURS_MAX {
        let message = format!("{regions} regions over {hours} hours are too many");
        log.problem(clock.end.place, message)
            .help(format!("regions times hours may be {HOURS_MAX}"));
    }
}

/// Whether the text of a scenario is short enough to be read; if not, that is put into `log`.
pub(super) fn check_text(text: &str, place: Place, log: &mut Diagnostics) -> bool {
    let fits = text.len() <= TEXT_MAX;
    if !fits {
        let most = TEXT_MAX >> 20;
        log.problem(place, format!("the text of a scenario has {most} MiB at most"))
            .help("put recorded load, or values of a distribution, into files that it names");
    }
    fits
}
