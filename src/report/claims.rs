//! Claims with what was observed.

use super::Screen;
use super::format::{self, number, percent, plural, scale, with_unit};
use crate::experiment::{Judgement, Verdict};
use crate::kernel::time::Instant;
use crate::scenario::Scenario;
use crate::scenario::claim::{Claim, Subject};
use crate::scenario::keys::claims::{Against, Of};
use crate::stats::{Range90, share_lower};

/// Confidence with which the share of violations is bounded.
const CONFIDENCE: f64 = 0.95;

/// What a verdict is called in results, where it counts.
pub fn verdict_name(verdict: Verdict, judged: bool) -> &'static str {
    match verdict {
        _ if !judged => "not_judged",
        Verdict::Pass => "pass",
        Verdict::Undecided => "undecided",
        Verdict::Fail => "fail",
    }
}

/// Whether a measure of this name is a share, which people read in percent.
pub(super) fn is_share(name: &str) -> bool {
    let name = name.rsplit('.').next().unwrap_or(name);
    name.ends_with("_share") || name.ends_with("utilisation") || name == "availability"
}

/// How the values of a claim are written.
enum Kind {
    Time,
    Share,
    Unit(&'static str),
}

fn kind(claim: &Claim, scenario: &Scenario) -> Kind {
    let name = claim.subject.name(scenario);
    match (claim.subject, &claim.against) {
        (_, Against::Ratio) => Kind::Unit("1"),
        _ if claim.over.is_some() => Kind::Unit("1"),
        (Subject::Milestone(_), Against::Difference) => Kind::Unit("s"),
        (Subject::Milestone(_), Against::Nothing) => Kind::Time,
        _ if is_share(&name) => Kind::Share,
        (subject, _) => Kind::Unit(subject.unit()),
    }
}

fn value(claim: &Claim, scenario: &Scenario, value: f64) -> String {
    match kind(claim, scenario) {
        _ if value.is_nan() => "none".to_string(),
        Kind::Time => {
            let ns = (value.max(0.0) * 1e9) as u64;
            format::time(scenario, Instant::from_nanos(ns))
        }
        Kind::Share => percent(value),
        Kind::Unit(unit) => with_unit(unit, value),
    }
}

/// What must hold, such as `16:07:30 to 16:09:00 in at least 95 % of the replications`.
pub fn bounds(claim: &Claim, scenario: &Scenario) -> String {
    let show = |bound: f64| value(claim, scenario, bound);
    let time = matches!(kind(claim, scenario), Kind::Time);
    let range = match (claim.at_least, claim.at_most) {
        (Some(least), Some(most)) if least.total_cmp(&most).is_eq() => show(least),
        (Some(least), Some(most)) => format!("{} to {}", show(least), show(most)),
        (Some(least), None) if time => format!("not before {}", show(least)),
        (Some(least), None) => format!("at least {}", show(least)),
        (None, Some(most)) if time => format!("not after {}", show(most)),
        (None, Some(most)) => format!("at most {}", show(most)),
        (None, None) => "anything".to_string(),
    };
    let mut name = claim.subject.name(scenario);
    if let Some(over) = claim.over {
        name += &format!(" / {}", over.name(scenario));
    }
    if let Some(with) = &claim.with {
        name += &format!(" under `{with}`");
    }
    let other = match &claim.versus {
        Some(versus) => format!("under `{versus}`"),
        None => "without the patch".to_string(),
    };
    let against = match claim.against {
        Against::Nothing => String::new(),
        Against::Difference => format!(", less that of the same replication {other},"),
        Against::Ratio => format!(", over that of the same replication {other},"),
    };
    let of = match &claim.of {
        Of::All => "always".to_string(),
        Of::Share(share) => format!("in at least {}", percent(share.get())),
        Of::Mean => "in the mean".to_string(),
    };
    format!("{name}{against} {range} {of}")
}

/// What was observed.
pub fn observed(judgement: &Judgement, scenario: &Scenario) -> String {
    let claim = &judgement.claim;
    let count = judgement.values.len() as u64;
    if judgement.replications == 1 && count == 1 {
        return value(claim, scenario, judgement.values[0]);
    }
    if count == 0 {
        return "no replication counts".to_string();
    }
    let spread = spread(judgement, scenario);
    let text = match &claim.of {
        Of::All if judgement.held == count => {
            let violations = 1.0 - share_lower(count, count, CONFIDENCE);
            format!(
                "{count} of {count} (violations at most {} with 95 % confidence); {spread}",
                percent(violations)
            )
        }
        Of::All => format!("{} of {count}; {spread}", judgement.held),
        Of::Share(_) => {
            let (low, high) = judgement.interval.unwrap_or((0.0, 1.0));
            format!(
                "{} of {count} (between {} and {} with 95 % confidence); {spread}",
                judgement.held,
                percent(low),
                percent(high)
            )
        }
        Of::Mean => match judgement.interval {
            Some((low, high)) => mean_text(claim, scenario, (low, high)),
            None => "too few replications have a value, or none an outage: claim it of all, or of \
                     a share of them"
                .to_string(),
        },
    };
    text + &when_clear(judgement, count)
}

/// When the verdict was clear, or what it lacks; `count` replications count.
fn when_clear(judgement: &Judgement, count: u64) -> String {
    match (judgement.verdict, judgement.decided_after) {
        (Verdict::Undecided, _) if judgement.fewest > count => {
            let fewest = number(judgement.fewest as f64);
            format!("; to pass it takes {fewest} replications or more")
        }
        (Verdict::Pass | Verdict::Fail, Some(after)) if after < judgement.replications => {
            format!("; clear after {}", plural(after, "replication"))
        }
        (Verdict::Pass | Verdict::Undecided | Verdict::Fail, _) => String::new(),
    }
}

fn mean_text(claim: &Claim, scenario: &Scenario, (low, high): (f64, f64)) -> String {
    let (mean, half) = ((low + high) / 2.0, (high - low) / 2.0);
    match kind(claim, scenario) {
        Kind::Time => format!("{} ± {}", value(claim, scenario, mean), with_unit("s", half)),
        Kind::Share => plus_minus("%", 100.0, mean, half),
        Kind::Unit(unit) => {
            let (name, factor) = scale(unit, mean);
            plus_minus(name, 1.0 / factor, mean, half)
        }
    }
}

/// A mean and its half-width with the same number of decimals: two digits of the half-width.
pub(super) fn plus_minus(unit: &str, factor: f64, mean: f64, half: f64) -> String {
    let (mean, half) = (mean * factor, half * factor);
    let decimals = precision(mean, half);
    let gap = if unit.is_empty() || unit.starts_with('/') { "" } else { " " };
    format!("{} ± {}{gap}{unit}", format::decimal(mean, decimals), format::decimal(half, decimals))
}

/// Whether two results differ by rounding at most.
pub(super) fn are_same(one: f64, other: f64) -> bool {
    (one - other).abs() <= one.abs() * 1e-9
}

/// Decimals that show two digits of a half-width.
pub(super) fn precision(mean: f64, half: f64) -> usize {
    // Less than that is rounding.
    if half <= mean.abs() * 1e-9 {
        let whole = (mean - mean.round()).abs() < 1e-9;
        return if whole { 0 } else { format::decimals(mean) };
    }
    let digits = 1.0 - libm::log10(half).floor();
    digits.clamp(0.0, 9.0) as usize
}

/// Median and 5–95 % range of what the replications have.
fn spread(judgement: &Judgement, scenario: &Scenario) -> String {
    let known: Vec<f64> = judgement.values.iter().copied().filter(|v| !v.is_nan()).collect();
    let missing = judgement.values.len() - known.len();
    let show = |number| value(&judgement.claim, scenario, number);
    let Some(range) = Range90::of(&known) else { return "none has a value".to_string() };
    let mut text = if are_same(range.p05, range.p95) {
        format!("always {}", show(range.p50))
    } else {
        format!("median {}, 5-95 % {} to {}", show(range.p50), show(range.p05), show(range.p95))
    };
    if missing > 0 {
        text += &format!(", {} without a value", number(missing as f64));
    }
    text
}

/// How many of the claims hold, in a sentence that names the first of those that do not.
pub fn verdict<'a>(judgements: impl Iterator<Item = &'a Judgement>) -> String {
    let all: Vec<&Judgement> = judgements.collect();
    let [pass, undecided, fail] = tally(all.iter().copied());
    if all.is_empty() {
        return "The scenario claims nothing.".to_string();
    }
    let count = all.len();
    let first = |verdict| {
        let found = all.iter().find(|one| one.verdict == verdict);
        found.map_or(String::new(), |one| format!("\"{}\"", one.claim.text))
    };
    let mut rest = Vec::new();
    for (number, verdict, verb) in [
        (fail, Verdict::Fail, ["fails", "fail"]),
        (undecided, Verdict::Undecided, ["is undecided", "are undecided"]),
    ] {
        match number {
            0 => {}
            1 => rest.push(format!("1 {}: {}", verb[0], first(verdict))),
            _ => rest.push(format!("{number} {}, first {}", verb[1], first(verdict))),
        }
    }
    let holds = match count {
        1 => format!("{pass} of 1 claim holds"),
        _ => format!("{pass} of {count} claims hold"),
    };
    if rest.is_empty() { format!("{holds}.") } else { format!("{holds}; {}.", rest.join("; ")) }
}

/// All claims of a list, each with its verdict, what was published and what was observed.
pub fn list(
    judgements: &[Judgement],
    judged: bool,
    scenario: &Scenario,
    screen: &Screen,
) -> String {
    let palette = &screen.palette;
    let mut text = String::new();
    for judgement in judgements {
        let claim = &judgement.claim;
        let (mark, color) = match judgement.verdict {
            _ if !judged => ("not judged", palette.dim),
            Verdict::Pass => ("pass", palette.good),
            Verdict::Undecided => ("undecided", palette.warn),
            Verdict::Fail => ("FAIL", palette.bad),
        };
        let indent = " ".repeat(14);
        let words = format::wrap(&claim.text, screen.text() - indent.len(), &indent);
        text += &format!("  {color}{mark:10}{}  {words}\n", palette.reset);
        let mut row = |name: &str, color: &str, words: &str| {
            let indent = " ".repeat(25);
            let words = format::wrap(words, screen.text() - indent.len(), &indent);
            let reset = if color.is_empty() { "" } else { palette.reset };
            text.push_str(&format!("              {color}{name:11}{words}{reset}\n"));
        };
        if let Some(published) = &claim.published {
            row("published", palette.published, published);
        }
        row("observed", "", &observed(judgement, scenario));
        row("claimed", palette.dim, &bounds(claim, scenario));
    }
    text
}

/// How many claims pass, how many are undecided, and how many fail.
pub fn tally<'a>(judgements: impl IntoIterator<Item = &'a Judgement>) -> [u64; 3] {
    let mut counts = [0; 3];
    for judgement in judgements {
        counts[match judgement.verdict {
            Verdict::Pass => 0,
            Verdict::Undecided => 1,
            Verdict::Fail => 2,
        }] += 1;
    }
    counts
}

/// So many of all: `12 (24 %)`.
pub(super) fn share_of(part: u64, all: u64) -> String {
    format!("{part} ({})", percent(part as f64 / all as f64))
}
