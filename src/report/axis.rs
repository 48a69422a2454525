//! Along what pictures of a run go: time, marks at round times, and what is drawn over it.

use super::{Report, fleet, format};
use crate::kernel::time::{Duration, Instant};
use crate::observe::recorder::Series;

/// The stretch that is shown, in seconds since the start.
pub(super) fn stretch(report: &Report) -> (f64, f64) {
    let (start, end) = fleet::stretch(report);
    (start.as_secs_f64(), end.as_secs_f64().max(start.as_secs_f64() + 1e-3))
}

/// Steps between marks, in seconds.
const STEPS: [i64; 15] =
    [1, 5, 10, 30, 60, 120, 300, 600, 1800, 3600, 7200, 14_400, 43_200, 86_400, 604_800];

/// At most so many full minutes or hours of civil time between two moments, all in seconds since
/// the start, at which civil time is `begin` seconds.
pub(super) fn round_times(begin: i64, (from, to): (f64, f64), most: usize) -> Vec<f64> {
    let fits = |step: &&i64| (to - from) / **step as f64 <= most as f64;
    let step = STEPS.iter().find(fits).copied().unwrap_or(STEPS[14]);
    let first = (begin + from as i64).div_euclid(step) * step - begin;
    let marks = (0..).map(|number| (first + number * step) as f64);
    marks.skip_while(|&mark| mark < from).take_while(|&mark| mark <= to).collect()
}

/// How times are written in a stretch of so many seconds: with the day where there may be several,
/// with seconds where up to a dozen marks may stand between full minutes.
pub(super) fn pattern(length: f64) -> &'static str {
    match length {
        _ if length > 86_400.0 => "%a %H:%M",
        _ if length > 360.0 => "%H:%M",
        _ => "%H:%M:%S",
    }
}

/// At most so many marks within the stretch.
pub(super) fn marks(report: &Report, most: usize) -> Vec<f64> {
    let stretch = stretch(report);
    let scenario = &report.study.scenario;
    let offset = i64::from(format::zoned(scenario, instant(stretch.0)).offset().seconds());
    round_times(scenario.clock.start.as_second() + offset, stretch, most)
}

/// The label of a mark.
pub(super) fn label(report: &Report, seconds: f64) -> String {
    let (from, to) = stretch(report);
    let when = format::zoned(&report.study.scenario, instant(seconds));
    when.strftime(pattern(to - from)).to_string()
}

fn instant(seconds: f64) -> Instant {
    Instant::START + Duration::from_secs_f64(seconds)
}

/// Outages within the stretch, in seconds since the start.
pub(super) fn outages(report: &Report) -> impl Iterator<Item = (f64, f64)> {
    let (from, to) = stretch(report);
    report.first.outages.iter().map(move |outage| {
        (outage.start.as_secs_f64().clamp(from, to), outage.end.as_secs_f64().clamp(from, to))
    })
}

/// Requests per second within the stretch: the middle of each window in seconds, and the rate.
pub(super) fn offered(report: &Report, series: &Series) -> Vec<(f64, f64)> {
    let (from, to) = stretch(report);
    let all = fleet::offered(report, series).into_iter();
    all.map(|(at, rate)| (at.as_secs_f64(), rate))
        .filter(|&(at, _)| at >= from && at <= to)
        .collect()
}
