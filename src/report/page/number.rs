//! Numbers on the page. Each says which place of which document it shows, so that a test can
//! compare all of them with the files.

use super::documents::{Estimate, Measured, Summary};
use crate::report::claims::{is_share, plus_minus};
use crate::report::format::{self, percent, with_unit};
use crate::scenario::measure::Measure;
use maud::{Markup, html};

/// A number with the place that it was read from.
pub(super) fn data(value: f64, from: &str, text: &str) -> Markup {
    html! { data value=(value) data-from=(from) { (text) } }
}

/// A measure as people read it: with its interval where there are many replications.
pub(super) fn measure(summary: &Summary, measure: Measure) -> Option<Markup> {
    let estimate = summary.measures.get(measure.name())?;
    let mean = estimate.mean?;
    let from = format!("measures.{}.mean", measure.name());
    Some(data(mean, &from, &text(measure, estimate, mean, summary.replications > 1)))
}

/// `47.2 min`, or `47.1 ± 0.3 min`.
fn text(measure: Measure, estimate: &Estimate, mean: f64, is_many: bool) -> String {
    let unit = measure.unit();
    match estimate.half_width.filter(|_| is_many) {
        Some(half) if is_share(measure.name()) => plus_minus("%", 100.0, mean, half),
        Some(half) => {
            let (unit, factor) = format::scale(unit, mean);
            plus_minus(unit, 1.0 / factor, mean, half)
        }
        None => plain(measure, mean),
    }
}

/// A value of a measure without an interval.
pub(super) fn plain(measure: Measure, value: f64) -> String {
    match measure.unit() {
        _ if is_share(measure.name()) => percent(value),
        "1" if value.fract() == 0.0 && value >= 0.0 => format::count(value as u64),
        unit => with_unit(unit, value),
    }
}

/// The unit of a document as this program calls it.
pub(super) fn unit(name: &str) -> &'static str {
    ["s", "B", "1/s", "min"].into_iter().find(|unit| *unit == name).unwrap_or("1")
}

/// A measure of a study: mean and interval.
pub(super) fn measured(name: &str, found: &Measured) -> String {
    let Some(mean) = found.mean else { return "-".to_string() };
    let (unit, factor) =
        if is_share(name) { ("%", 0.01) } else { format::scale(unit(&found.unit), mean) };
    match found.half_width {
        Some(half) => plus_minus(unit, 1.0 / factor, mean, half),
        None => format!("{} {unit}", format::number(mean / factor)).trim_end().to_string(),
    }
}
