//! Claims with their names resolved.

use super::keys::claims::{Against, Claim as ClaimKeys, Of};
use super::measure::{IntervalMeasure, Measure, Milestone};
use super::model::Scenario;
use super::study::{Problems, Study};
use super::text::{At, Diagnostics, Place};

/// A claim about the outcome, decided over replications.
#[derive(Clone, Debug, PartialEq)]
pub struct Claim {
    /// The claim in words.
    pub text: String,
    /// What was published about it.
    pub published: Option<String>,
    /// What is bounded.
    pub subject: Subject,
    /// What it is divided by, in each replication.
    pub over: Option<Subject>,
    /// Replications that do not reach this milestone are left out.
    pub given: Option<Milestone>,
    /// How it is set against the same replication without the patch.
    pub against: Against,
    /// Least value; milestones are in seconds since the start.
    pub at_least: Option<f64>,
    /// Greatest value.
    pub at_most: Option<f64>,
    /// Of what the bounds must hold.
    pub of: Of,
    /// Where it is written; [`Study::position`] says where that is.
    pub place: Option<Place>,
}

/// What a claim is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Subject {
    /// A measure of the replication.
    Measure(Measure),
    /// A measure of an interval.
    Interval(usize, IntervalMeasure),
    /// The time of a milestone.
    Milestone(Milestone),
}

impl Subject {
    /// The name in scenarios and results.
    pub fn name(self, scenario: &Scenario) -> String {
        match self {
            Subject::Measure(measure) => measure.name().to_string(),
            Subject::Interval(interval, measure) => {
                format!("{}.{}", scenario.intervals[interval].name, measure.name())
            }
            Subject::Milestone(milestone) => milestone.name().to_string(),
        }
    }

    /// The unit.
    pub fn unit(self) -> &'static str {
        match self {
            Subject::Measure(measure) => measure.unit(),
            Subject::Interval(_, measure) => measure.unit(),
            Subject::Milestone(_) => "time",
        }
    }
}

impl Study {
    /// The measures, measures of intervals and milestones of these names.
    ///
    /// # Errors
    /// Every name that is none.
    pub fn subjects(&self, names: &[impl AsRef<str>]) -> Result<Vec<Subject>, Problems> {
        let (mut log, mut sources) = (Diagnostics::new(), self.sources.clone());
        let mut subjects = Vec::new();
        for name in names.iter().map(AsRef::as_ref) {
            let id = sources.add(format!("--measure {name}"), name);
            let place = Place::new(id, 0..name.len());
            let name = At { value: name.to_string(), place };
            let milestone = Milestone::named(&name).map(Subject::Milestone);
            subjects.extend(milestone.or_else(|| measure_named(&name, &self.scenario, &mut log)));
        }
        if log.is_empty() { Ok(subjects) } else { Err(Problems { log, sources }) }
    }
}

/// Resolves claims; `patched` says whether there is an unpatched scenario to set them against.
pub(super) fn resolve_claims(
    claims: &[ClaimKeys],
    scenario: &Scenario,
    patched: bool,
    log: &mut Diagnostics,
) -> Vec<Claim> {
    claims.iter().filter_map(|claim| resolve_claim(claim, scenario, patched, log)).collect()
}

fn resolve_claim(
    keys: &ClaimKeys,
    scenario: &Scenario,
    patched: bool,
    log: &mut Diagnostics,
) -> Option<Claim> {
    let text = &keys.claim;
    let place = keys.measure.as_ref().or(keys.milestone.as_ref()).map(|name| name.place);
    let subject = match (&keys.measure, &keys.milestone) {
        (Some(measure), None) => measure_named(measure, scenario, log)?,
        (None, Some(milestone)) => Subject::Milestone(milestone_named(milestone, log)?),
        _ => {
            log.problem(place, format!("claim `{text}` needs either `measure` or `milestone`"));
            return None;
        }
    };
    let over = match &keys.over {
        Some(name) => Some(measure_named(name, scenario, log)?),
        None => None,
    };
    let given = match &keys.given {
        Some(name) => Some(milestone_named(name, log)?),
        None => None,
    };
    let is_milestone = matches!(subject, Subject::Milestone(_));
    let numbers = keys.at_least.is_some() || keys.at_most.is_some();
    let times = keys.not_before.is_some() || keys.not_after.is_some();
    let wanted =
        if is_milestone { "`not_before` or `not_after`" } else { "`at_least` or `at_most`" };
    if (is_milestone && (numbers || !times)) || (!is_milestone && (times || !numbers)) {
        log.problem(place, format!("claim `{text}` is bounded by {wanted} and nothing else"));
        return None;
    }
    if keys.against != Against::Nothing && !patched {
        log.problem(place, format!("claim `{text}` has nothing to be set against"))
            .help("`against` belongs to the claims of a counterfactual");
        return None;
    }
    let seconds = |time: &super::text::Timestamp| {
        (time.0.as_nanosecond() - scenario.clock.start.as_nanosecond()) as f64 * 1e-9
    };
    Some(Claim {
        text: text.clone(),
        published: keys.published.clone(),
        subject,
        over,
        given,
        against: keys.against.clone(),
        at_least: keys.at_least.or(keys.not_before.as_ref().map(seconds)),
        at_most: keys.at_most.or(keys.not_after.as_ref().map(seconds)),
        of: keys.of.clone(),
        place,
    })
}

fn milestone_named(name: &At<String>, log: &mut Diagnostics) -> Option<Milestone> {
    let found = Milestone::named(name);
    if found.is_none() {
        let known: Vec<&str> = Milestone::ALL.iter().map(|m| m.name()).collect();
        log.unknown_name(name.place, "milestone", name, &known);
    }
    found
}

fn measure_named(name: &At<String>, scenario: &Scenario, log: &mut Diagnostics) -> Option<Subject> {
    if let Some(measure) = Measure::named(name) {
        return Some(Subject::Measure(measure));
    }
    if let Some((interval, measure)) = name.split_once('.') {
        let intervals: Vec<&str> = scenario.intervals.iter().map(|i| i.name.as_str()).collect();
        let Some(number) = intervals.iter().position(|known| *known == interval) else {
            log.unknown_name(name.place, "interval", interval, &intervals);
            return None;
        };
        if let Some(measure) = IntervalMeasure::named(measure) {
            return Some(Subject::Interval(number, measure));
        }
        let known: Vec<&str> = IntervalMeasure::ALL.iter().map(|m| m.name()).collect();
        log.unknown_name(name.place, "measure of an interval", measure, &known);
        return None;
    }
    let known: Vec<&str> = Measure::ALL.iter().map(|m| m.name()).collect();
    log.unknown_name(name.place, "measure", name, &known);
    None
}
