//! What became of the fleet in a replication, in one of four words.

use super::outage::Outage;
use crate::kernel::time::{Duration, Instant};
use crate::scenario::model::OutageRule;

/// The class of outcome of a replication.
///
/// It is defined by the `[outage]` keys of the scenario, of which a window (10 s by default) is
/// good if at least the share `recovered` of its requests succeeds:
///
/// - *stable*: there is no outage, and the windows that are not good add up to less than `lasting`.
/// - *degraded*: there is no outage, and they add up to `lasting` or more.
/// - *recovers*: there are outages, and every one ends by itself: it ends before the horizon, and
///   nobody has fixed a node from its start until service has been good for `recovered_lasting`,
///   before which nobody knows that it is over. An outage that ends because load falls, or because
///   a supervisor brings processes back, ends by itself.
/// - *stays down*: some outage lasts to the horizon, or people's fix came before its end.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, serde::Deserialize,
)]
pub enum Fate {
    /// No outage and hardly a bad window.
    Stable,
    /// No outage, but service was not good.
    Degraded,
    /// An outage that ended by itself.
    Recovers,
    /// An outage that people ended, or nobody.
    StaysDown,
}

impl Fate {
    /// All of them, the best first.
    pub const ALL: [Fate; 4] = [Fate::Stable, Fate::Degraded, Fate::Recovers, Fate::StaysDown];

    /// Whether there is an outage.
    pub fn is_collapse(self) -> bool {
        matches!(self, Fate::Recovers | Fate::StaysDown)
    }

    /// The name in files.
    pub fn name(self) -> &'static str {
        match self {
            Fate::Stable => "stable",
            Fate::Degraded => "degraded",
            Fate::Recovers => "recovers",
            Fate::StaysDown => "stays_down",
        }
    }

    /// The name for people.
    pub fn words(self) -> &'static str {
        match self {
            Fate::Stable => "stable",
            Fate::Degraded => "degraded",
            Fate::Recovers => "collapses and recovers by itself",
            Fate::StaysDown => "collapses and stays down",
        }
    }

    /// The fate of a replication that ended at `end`, with these outages. `poor` is how long its
    /// windows were not good, and `fixes` are the times at which people fixed a node.
    pub(super) fn of(
        rule: &OutageRule,
        outages: &[Outage],
        end: Instant,
        poor: Duration,
        fixes: &[Instant],
    ) -> Fate {
        if outages.is_empty() {
            return if poor < rule.lasting { Fate::Stable } else { Fate::Degraded };
        }
        let by_itself = |outage: &Outage| {
            let known = outage.end + rule.recovered_lasting;
            let during = |fix: &Instant| outage.start <= *fix && *fix <= known;
            outage.end < end && !fixes.iter().any(during)
        };
        if outages.iter().all(by_itself) { Fate::Recovers } else { Fate::StaysDown }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The fate after 1000 s with outages and fixes at these seconds.
    fn fate(outages: &[(u64, u64)], poor: u64, fixes: &[u64]) -> Fate {
        let rule = OutageRule {
            below: 0.5,
            lasting: Duration::from_secs(30),
            recovered: 0.95,
            recovered_lasting: Duration::from_secs(60),
        };
        let at = |seconds: u64| Instant::START + Duration::from_secs(seconds);
        let outages: Vec<Outage> =
            outages.iter().map(|&(start, end)| Outage { start: at(start), end: at(end) }).collect();
        let fixes: Vec<Instant> = fixes.iter().map(|&fix| at(fix)).collect();
        Fate::of(&rule, &outages, at(1000), Duration::from_secs(poor), &fixes)
    }

    #[test]
    fn without_an_outage_bad_windows_count_once_they_would_make_one() {
        assert_eq!(fate(&[], 0, &[]), Fate::Stable);
        assert_eq!(fate(&[], 29, &[]), Fate::Stable);
        assert_eq!(fate(&[], 30, &[]), Fate::Degraded);
    }

    #[test]
    fn an_outage_ends_by_itself_if_nobody_fixes_anything_in_it() {
        assert_eq!(fate(&[(100, 200)], 100, &[]), Fate::Recovers);
        assert_eq!(fate(&[(100, 200)], 100, &[99, 261]), Fate::Recovers);
        assert_eq!(fate(&[(100, 200)], 100, &[150]), Fate::StaysDown);
        // A fix in the first good minute may be why that minute is good.
        assert_eq!(fate(&[(100, 200)], 100, &[260]), Fate::StaysDown);
    }

    #[test]
    fn every_outage_counts() {
        assert_eq!(fate(&[(100, 200), (400, 500)], 200, &[]), Fate::Recovers);
        assert_eq!(fate(&[(100, 200), (400, 500)], 200, &[450]), Fate::StaysDown);
        assert_eq!(fate(&[(100, 200), (400, 1000)], 700, &[]), Fate::StaysDown);
    }
}
