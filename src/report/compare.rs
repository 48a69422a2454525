//! Comparisons of a scenario with its variants, for people and for machines.
//!
//! As JSON, after what every document begins with (see [`mod@super::json`]):
//!
//! ```text
//! verdict             which variant helps the most, in a sentence
//! replications        pairs compared
//! stopped             whether something ended it before: see `partial`
//! precision_s         half-width asked for, of the difference in downtime; null if none was
//! simulated_events,   events simulated, and events that separate runs would have simulated
//! one_by_one_events
//! variants            the scenario as it stands first, then its variants, the best first:
//!   names             the patches that make it
//!   label             its name for people
//!   about             of each patch what it is, in a sentence
//!   verdict           shorter, longer, same (within a window), undecided; corrected for the
//!                     number of variants; null for the scenario itself
//!   outages           replications with an outage; outage_low, outage_high: bounds of its
//!                     probability
//!   outage_difference against the scenario as it stands, with _low and _high
//!   downtime_given_outage_s
//!   node_hours
//!   quantities        name -> mean, difference, low, high (at 95 %), better, same, worse,
//!                     narrowing
//!   worse_than_a_part, better_than_the_sum   replications; of combinations alone
//! interactions        of every pair of patches that was compared together, and one by one:
//!   names             the two
//!   downtime_beyond_the_sum_s   the downtime that both change together, less what each changes
//!                     alone: mean, low, high (at 95 %); above zero they save less than the sum
//!   words             adds up (within a window), overlaps, better together, worse together (than
//!                     the better one alone), undecided; corrected for the number of pairs
//! ```

mod verdict;

use super::format::{self, Palette, count, number, percent, with_unit};
use super::human::{answer, head};
use super::json::{self, Head};
use super::{Partial, Screen, tables};
use crate::experiment::compare::{CONFIDENCE, Compared, Comparison, Precision, Quantity};
use crate::experiment::interaction::{Interaction, Together};
use crate::experiment::paired::Paired;
use crate::scenario::Study;
use crate::stats::share_lower;
use serde::Serialize;
use std::collections::BTreeMap;
use verdict::verdict;
#[cfg(feature = "plots")]
pub(super) use verdict::{best, who};

/// Everything that the outputs of `compare` are made from.
#[derive(Clone, Copy, Debug)]
pub struct Compare<'a> {
    /// The scenario and what its file says.
    pub study: &'a Study,
    /// Seed of the first replication.
    pub seed: u64,
    /// Names of the patches applied to every variant.
    pub with: &'a [String],
    /// Assignments applied to every variant.
    pub set: &'a [String],
    /// What ended it before everything was done, if something did.
    pub partial: Option<&'a Partial>,
    /// What came out.
    pub comparison: &'a Comparison,
    /// How precisely it was wanted.
    pub precision: Precision,
}

/// What a variant does to the downtime.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Effect {
    /// It shortens it.
    Shorter,
    /// It lengthens it.
    Longer,
    /// It changes it by less than a window.
    Same,
    /// The replications are too few to tell.
    Undecided,
}

impl Compare<'_> {
    /// What a variant does to the downtime, with the confidence that the verdicts on all of them
    /// are right together.
    pub fn effect(&self, variant: &Compared) -> Effect {
        let others = self.comparison.variants.len().saturating_sub(1).max(1);
        let confidence = 1.0 - (1.0 - CONFIDENCE) / others as f64;
        let (low, high) = variant.quantity(Quantity::Downtime).interval(confidence);
        let window = self.comparison.window.as_secs_f64();
        match () {
            () if high < 0.0 => Effect::Shorter,
            () if low > 0.0 => Effect::Longer,
            () if low >= -window && high <= window => Effect::Same,
            () => Effect::Undecided,
        }
    }
}

pub(super) fn name(variant: &Compared) -> String {
    if variant.names.is_empty() { "as it stands".to_string() } else { variant.names.join(" + ") }
}

/// What the patches of a variant are.
fn about<'a>(study: &'a Study, variant: &Compared) -> Vec<&'a str> {
    let document = &study.document;
    let about = |name: &String| {
        let mitigation = document.mitigation.get(name).map(|keys| keys.about.as_str());
        mitigation.or_else(|| document.counterfactual.get(name).map(|keys| keys.about.as_str()))
    };
    variant.names.iter().filter_map(about).collect()
}

fn mean(paired: &Paired) -> f64 {
    paired.variant().mean().unwrap_or(f64::NAN)
}

/// The comparison for people.
pub fn human(report: &Compare, screen: &Screen) -> String {
    let Palette { bold, dim, reset, .. } = screen.palette;
    let comparison = report.comparison;
    let Some(baseline) = comparison.variants.first() else { return String::new() };
    let ranked = comparison.ranked();
    let others = format::plural(ranked.len() as u64, "variant");
    let last = report.seed.wrapping_add(comparison.replications.saturating_sub(1));
    let seeds = format!("seeds {} to {last}, the same for every variant", report.seed);
    let mut text = head(report.study, report.with, report.set, &seeds, report.partial, screen);
    text += &answer(&verdict(report), screen);
    text += "\n";
    text += &screen.remark(&format!(
        "{others} against the scenario as it stands, in {} under common random numbers; \
         the shortest downtime first.",
        format::plural(comparison.replications, "replication"),
    ));
    text += &format!(
        "\n{bold}Downtime{reset}\n{}",
        screen.table(&downtime_rows(report, baseline, &ranked))
    );
    let window = with_unit("s", comparison.window.as_secs_f64());
    text += dim;
    text += &screen.remark(&format!(
        "The outage column has the bounds of its probability, the difference its interval, both at \
         95 %. Shorter, same (within {window}) and longer are replications. The effect is decided \
         for all variants together at 95 %.",
    ));
    text += reset;
    text += &format!("\n{bold}Besides{reset}\n{}", screen.table(&other_rows(baseline, &ranked)));
    text += &format!("\n{bold}What the variants are{reset}\n{}", abouts(report, &ranked, screen));
    let named = remarks(report, &ranked, screen);
    if !named.is_empty() {
        text += &format!("\n{bold}Remarks{reset}\n{}", named.join(""));
    }
    text
}

fn downtime_rows(report: &Compare, baseline: &Compared, ranked: &[&Compared]) -> Vec<Vec<String>> {
    let head = ["", "outage", "mean", "given one", "difference", "shorter/same/longer", "effect"];
    let outage = |variant: &Compared| {
        let (low, high) = variant.outage_bounds();
        let share = variant.outages() as f64 / report.comparison.replications as f64;
        format!("{} ({} to {})", percent(share), percent(low), percent(high))
    };
    let given = |variant: &Compared| {
        variant.downtime_given_outage.mean().map_or("-".to_string(), |mean| with_unit("s", mean))
    };
    let mut rows = vec![head.map(str::to_string).to_vec()];
    rows.push(vec![
        "as it stands".to_string(),
        outage(baseline),
        with_unit("s", mean(baseline.quantity(Quantity::Downtime))),
        given(baseline),
    ]);
    for variant in ranked {
        let downtime = variant.quantity(Quantity::Downtime);
        let [shorter, same, longer] = downtime.better_same_worse;
        rows.push(vec![
            name(variant),
            outage(variant),
            with_unit("s", mean(downtime)),
            given(variant),
            difference("s", downtime),
            format!("{shorter}/{same}/{longer}"),
            effect_word(report, variant).to_string(),
        ]);
    }
    rows
}

/// What a variant does to the downtime, in words.
pub(super) fn effect_word(report: &Compare, variant: &Compared) -> &'static str {
    let [shorter, _, longer] = variant.quantity(Quantity::Downtime).better_same_worse;
    match report.effect(variant) {
        Effect::Shorter => "shorter",
        Effect::Longer => "longer",
        Effect::Same => "same",
        Effect::Undecided if shorter + longer == 0 => "none seen",
        Effect::Undecided => "undecided",
    }
}

/// `-47.1 min`.
fn signed_difference(paired: &Paired) -> String {
    let text = difference("s", paired);
    text.split_once(" (").map_or(text.clone(), |(mean, _)| mean.to_string())
}

/// `-47.1 min (-47.2 to -40.5)`.
fn difference(unit: &'static str, paired: &Paired) -> String {
    let (low, high) = paired.interval(CONFIDENCE);
    let middle = paired.difference();
    let size = low.abs().max(high.abs()).max(middle.abs());
    let (unit, factor) = format::scale(unit, size);
    // What rounds to nothing has no sign.
    let signed = |value: f64| {
        let value = value / factor;
        let text = number(value.abs());
        if text == "0" { text } else { format!("{}{text}", if value < 0.0 { "-" } else { "+" }) }
    };
    let space = if unit.is_empty() { "" } else { " " };
    format!("{}{space}{unit} ({} to {})", signed(middle), signed(low), signed(high))
}

fn other_rows(baseline: &Compared, ranked: &[&Compared]) -> Vec<Vec<String>> {
    let head = [
        "",
        "failed requests",
        "difference",
        "restarts",
        "oom kills",
        "lost at once",
        "recovers in",
        "node-hours",
        "narrower by",
    ];
    let row = |variant: &Compared, is_baseline: bool| {
        let failed = variant.quantity(Quantity::Failed);
        let plain = |quantity: Quantity| number(mean(variant.quantity(quantity)));
        let extra = variant.node_hours - baseline.node_hours;
        vec![
            if is_baseline { "as it stands".to_string() } else { name(variant) },
            count(mean(failed).max(0.0).round() as u64),
            if is_baseline { String::new() } else { difference("", failed) },
            plain(Quantity::Restarts),
            plain(Quantity::OomKills),
            plain(Quantity::LostAtOnce),
            with_unit("s", mean(variant.quantity(Quantity::Recovery))),
            if is_baseline {
                number(variant.node_hours)
            } else if extra > 0.0 {
                format!("+{}", number(extra))
            } else if extra < 0.0 {
                format!("-{}", number(-extra))
            } else {
                "same".to_string()
            },
            match failed.narrowing() {
                Some(factor) if !is_baseline => format!("{factor:.1}"),
                _ => String::new(),
            },
        ]
    };
    let mut rows = vec![head.map(str::to_string).to_vec(), row(baseline, true)];
    rows.extend(ranked.iter().map(|variant| row(variant, false)));
    rows
}

fn abouts(report: &Compare, ranked: &[&Compared], screen: &Screen) -> String {
    let single = ranked.iter().filter(|variant| !variant.is_combination());
    let about = single.map(|variant| {
        let words = about(report.study, variant).join(" ");
        format!(
            "  {}\n      {}\n",
            name(variant),
            format::wrap(&words, screen.text() - 10, "      ")
        )
    });
    about.collect()
}

/// What the tables do not say.
fn remarks(report: &Compare, ranked: &[&Compared], screen: &Screen) -> Vec<String> {
    let comparison = report.comparison;
    let mut lines = Vec::new();
    let pairs = comparison.replications;
    // Named if it is so in most replications, with confidence.
    let mostly = |times: u64| share_lower(times, pairs, CONFIDENCE) > 0.5;
    for variant in ranked.iter().filter(|variant| variant.is_combination()) {
        let name = name(variant);
        if mostly(variant.worse_than_a_part) {
            let times = variant.worse_than_a_part;
            lines.push(screen.remark(&format!(
                "{name}: down for longer than with one of them alone in {times} of {pairs}.",
            )));
        }
        if mostly(variant.better_than_the_sum) {
            let times = variant.better_than_the_sum;
            lines.push(screen.remark(&format!(
                "{name}: down for less than both suggest one by one in {times} of {pairs}.",
            )));
        }
    }
    if let Some(wanted) = comparison.wanted(report.precision) {
        let wide = comparison.undecided(report.precision);
        let wanted = with_unit("s", wanted);
        lines.push(screen.remark(&if wide.is_empty() {
            format!("Every difference in downtime is known to ± {wanted} or better.")
        } else {
            let names: Vec<String> = wide.iter().map(|variant| name(variant)).collect();
            let known = format::plural(pairs, "replication");
            format!("Not known to ± {wanted} after {known}: {}.", names.join(", "))
        }));
    }
    let saved = 1.0 - comparison.simulated as f64 / comparison.one_by_one.max(1) as f64;
    lines.push(screen.remark(&format!(
        "What the variants share was simulated once: {} of the events were saved, {} were \
         simulated. Narrower by: so many times wider would independent runs leave the interval of \
         failed requests.",
        percent(saved),
        count(comparison.simulated),
    )));
    lines
}

#[derive(Serialize)]
struct Document<'a> {
    #[serde(flatten)]
    head: Head<'a>,
    verdict: String,
    replications: u64,
    stopped: bool,
    precision_s: Option<f64>,
    simulated_events: u64,
    one_by_one_events: u64,
    variants: Vec<Variant<'a>>,
    interactions: Vec<Pair<'a>>,
}

#[derive(Serialize)]
struct Pair<'a> {
    names: &'a [String],
    downtime_beyond_the_sum_s: Beyond,
    words: &'static str,
}

#[derive(Serialize)]
struct Beyond {
    mean: f64,
    low: f64,
    high: f64,
}

#[derive(Serialize)]
struct Variant<'a> {
    names: &'a [String],
    label: String,
    about: Vec<&'a str>,
    verdict: Option<Effect>,
    outages: u64,
    outage_low: f64,
    outage_high: f64,
    outage_difference: f64,
    outage_difference_low: f64,
    outage_difference_high: f64,
    downtime_given_outage_s: Option<f64>,
    node_hours: f64,
    quantities: BTreeMap<&'static str, Figure>,
    worse_than_a_part: Option<u64>,
    better_than_the_sum: Option<u64>,
}

#[derive(Serialize)]
struct Figure {
    mean: Option<f64>,
    difference: f64,
    low: f64,
    high: f64,
    better: u64,
    same: u64,
    worse: u64,
    narrowing: Option<f64>,
}

impl Figure {
    fn of(paired: &Paired) -> Figure {
        let (low, high) = paired.interval(CONFIDENCE);
        let [better, same, worse] = paired.better_same_worse;
        Figure {
            mean: paired.variant().mean(),
            difference: paired.difference(),
            low,
            high,
            better,
            same,
            worse,
            narrowing: paired.narrowing(),
        }
    }
}

/// The baseline, then the variants in the order of their rank.
pub(super) fn in_order(comparison: &Comparison) -> impl Iterator<Item = (bool, &Compared)> {
    let baseline = comparison.variants.first().map(|baseline| (true, baseline));
    baseline.into_iter().chain(comparison.ranked().into_iter().map(|variant| (false, variant)))
}

/// The comparison as one JSON document.
pub fn json(report: &Compare) -> String {
    let comparison = report.comparison;
    let variant = |(is_baseline, variant): (bool, &'_ Compared)| -> Variant<'_> {
        let (outage_low, outage_high) = variant.outage_bounds();
        let (outage_difference, (low, high)) = variant.outage_difference();
        let combined = variant.is_combination();
        // The names live as long as the comparison.
        let names = comparison.variants.iter().find(|one| one.names == variant.names);
        Variant {
            names: names.map_or(&[], |one| one.names.as_slice()),
            label: name(variant),
            about: about(report.study, variant),
            verdict: (!is_baseline).then(|| report.effect(variant)),
            outages: variant.outages(),
            outage_low,
            outage_high,
            outage_difference,
            outage_difference_low: low,
            outage_difference_high: high,
            downtime_given_outage_s: variant.downtime_given_outage.mean(),
            node_hours: variant.node_hours,
            quantities: Quantity::ALL
                .into_iter()
                .map(|quantity| (quantity.name(), Figure::of(variant.quantity(quantity))))
                .collect(),
            worse_than_a_part: combined.then_some(variant.worse_than_a_part),
            better_than_the_sum: combined.then_some(variant.better_than_the_sum),
        }
    };
    let document = Document {
        head: json::head(report.study, report.with, report.set, report.seed, report.partial),
        verdict: verdict(report),
        replications: comparison.replications,
        stopped: comparison.stopped,
        precision_s: comparison.wanted(report.precision),
        simulated_events: comparison.simulated,
        one_by_one_events: comparison.one_by_one,
        variants: in_order(comparison).map(variant).collect(),
        interactions: pairs(comparison).map(pair).collect(),
    };
    json::pretty(&document)
}

/// The pairs with what they do together, and the confidence of each verdict on them.
fn pairs(comparison: &Comparison) -> impl Iterator<Item = (&Compared, &Interaction, Together)> {
    let all = comparison.variants.iter();
    let all = all.filter_map(|one| one.interaction.as_ref().map(|found| (one, found)));
    let count = all.clone().count().max(1);
    let confidence = 1.0 - (1.0 - CONFIDENCE) / count as f64;
    let tolerance = comparison.window.as_secs_f64();
    all.map(move |(one, found)| (one, found, found.together(confidence, tolerance)))
}

fn pair<'a>((variant, found, together): (&'a Compared, &Interaction, Together)) -> Pair<'a> {
    let (low, high) = found.interval(CONFIDENCE);
    Pair {
        names: &variant.names,
        downtime_beyond_the_sum_s: Beyond { mean: found.mean(), low, high },
        words: together.words(),
    }
}

/// One row a variant and quantity.
pub fn csv(report: &Compare) -> String {
    let head = [
        "variant",
        "quantity",
        "mean",
        "difference",
        "difference_low",
        "difference_high",
        "better",
        "same",
        "worse",
        "outages",
        "replications",
        "node_hours",
    ];
    let mut rows = vec![head.map(str::to_string).to_vec()];
    for (_, variant) in in_order(report.comparison) {
        for quantity in Quantity::ALL {
            let figure = Figure::of(variant.quantity(quantity));
            let mut cells = vec![variant.names.join("+"), quantity.name().to_string()];
            let numbers = [figure.mean.unwrap_or(0.0), figure.difference, figure.low, figure.high];
            cells.extend(numbers.map(|number| number.to_string()));
            let counts = [figure.better, figure.same, figure.worse, variant.outages()];
            cells.extend(counts.map(|count| count.to_string()));
            cells.push(report.comparison.replications.to_string());
            cells.push(variant.node_hours.to_string());
            rows.push(cells);
        }
    }
    tables::write(rows)
}
