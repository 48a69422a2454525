//! What a comparison answers, in a sentence.

use super::{Compare, Effect, mean, signed_difference};
use crate::experiment::compare::{CONFIDENCE, Compared, Quantity};
use crate::report::format::{plural, with_unit};

/// More names than these are only counted.
const NAMED: usize = 3;

/// Which variant helps the most, and how it is without.
pub(in crate::report) fn verdict(report: &Compare) -> String {
    let comparison = report.comparison;
    let Some(baseline) = comparison.variants.first() else { return String::new() };
    let pairs = comparison.replications;
    let as_it_is = format!(
        "as it stands there is one in {} of {pairs}, {} of downtime in the mean",
        baseline.outages(),
        with_unit("s", mean(baseline.quantity(Quantity::Downtime))),
    );
    let all = plural(pairs, "replication");
    let best = best(report);
    let Some(first) = best.first() else {
        return match baseline.outages() {
            0 => format!("As it stands there is no outage in any of {all}: {}.", caused(report)),
            some => format!(
                "No variant is shown to shorten the downtime: as it stands there is an outage in \
                 {some} of {all}, {} of downtime in the mean.",
                with_unit("s", mean(baseline.quantity(Quantity::Downtime))),
            ),
        };
    };
    let who = if best.len() > 1 { format!("{} each", who(&best)) } else { who(&best) };
    if first.prevented() > 0 {
        return format!(
            "{who} would have prevented the outage in {} of {all}; {as_it_is}.",
            first.prevented()
        );
    }
    let downtime = first.quantity(Quantity::Downtime);
    let (low, high) = downtime.interval(CONFIDENCE);
    format!(
        "{who} would have shortened the downtime by {} in the mean ({} to {}); an outage stays: \
         {as_it_is}.",
        with_unit("s", -downtime.difference()),
        with_unit("s", -high),
        with_unit("s", -low),
    )
}

/// The variants that save the most downtime, if any is shown to save some: those with the fewest
/// patches, and of several as good ones all.
pub(in crate::report) fn best<'a>(report: &'a Compare) -> Vec<&'a Compared> {
    let window = report.comparison.window.as_secs_f64();
    let ranked = report.comparison.ranked();
    let change = |variant: &Compared| variant.quantity(Quantity::Downtime).difference();
    let shorter = ranked.into_iter().filter(|one| report.effect(one) == Effect::Shorter);
    let shorter: Vec<&Compared> = shorter.collect();
    let Some(most) = shorter.first() else { return Vec::new() };
    let as_good = |one: &&&Compared| {
        change(one) - change(most) < window && one.prevented() == most.prevented()
    };
    let good: Vec<&Compared> = shorter.iter().filter(as_good).copied().collect();
    let fewest = good.iter().map(|one| one.names.len()).min().unwrap_or(0);
    good.into_iter().filter(|one| one.names.len() == fewest).collect()
}

/// `a`, or `a` and `b`.
pub(in crate::report) fn who(best: &[&Compared]) -> String {
    let quoted: Vec<String> = best.iter().map(|one| quoted(one)).collect();
    match &quoted[..] {
        [] => String::new(),
        [one] => one.clone(),
        [before @ .., last] if quoted.len() <= NAMED => {
            format!("{} and {last}", before.join(", "))
        }
        [first, ..] => format!("{first} and {} others", quoted.len() - 1),
    }
}

fn quoted(variant: &Compared) -> String {
    let names: Vec<String> = variant.names.iter().map(|name| format!("`{name}`")).collect();
    names.join(" + ")
}

/// What the variants do where there is no outage without them.
fn caused(report: &Compare) -> String {
    let ranked = report.comparison.ranked();
    match ranked.iter().max_by_key(|one| one.caused()).filter(|one| one.caused() > 0) {
        Some(worst) => format!(
            "{} causes one in {} of {} ({} of downtime)",
            quoted(worst),
            worst.caused(),
            report.comparison.replications,
            signed_difference(worst.quantity(Quantity::Downtime)),
        ),
        None => "no variant has downtime to save, and none causes any".to_string(),
    }
}
