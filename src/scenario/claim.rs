//! Claims with their names resolved.

use super::keys::claims::{Against, Claim as ClaimKeys, Of};
use super::measure::{ClassMeasure, IntervalMeasure, Measure, Milestone};
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
    /// The patch under which it is measured, of a claim of the scenario itself.
    pub with: Option<String>,
    /// How it is set against another of the same replication.
    pub against: Against,
    /// The patch under which that other is measured; none stands for the scenario without patches.
    pub versus: Option<String>,
    /// Least value; milestones are in seconds since the start.
    pub at_least: Option<f64>,
    /// Greatest value.
    pub at_most: Option<f64>,
    /// Of what the bounds must hold.
    pub of: Of,
    /// By how much it may be wrong and still pass, if it says so itself: a share, and for a mean in
    /// the unit of the subject.
    pub margin: Option<f64>,
    /// Where it is written; [`Study::position`] says where that is.
    pub place: Option<Place>,
}

impl Claim {
    /// Whether it is about more than the scenario as it stands.
    pub fn needs_variants(&self) -> bool {
        self.with.is_some() || self.against != Against::Nothing
    }
}

/// What a claim is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Subject {
    /// A measure of the replication.
    Measure(Measure),
    /// A measure of an interval.
    Interval(usize, IntervalMeasure),
    /// A measure of a class of requests.
    Class(usize, ClassMeasure),
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
            Subject::Class(class, measure) => {
                format!("class.{}.{}", scenario.classes[class].name, measure.name())
            }
            Subject::Milestone(milestone) => milestone.name().to_string(),
        }
    }

    /// The unit.
    pub fn unit(self) -> &'static str {
        match self {
            Subject::Measure(measure) => measure.unit(),
            Subject::Interval(_, measure) => measure.unit(),
            Subject::Class(_, measure) => measure.unit(),
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

/// Whose claims are resolved.
#[derive(Clone, Copy, Debug)]
pub(super) enum Owner<'a> {
    /// The scenario's, which has these patches; whether some of them are applied to it.
    Scenario(&'a [String], bool),
    /// A counterfactual's of a scenario with these patches.
    Counterfactual(&'a [String]),
    /// The hypercube's.
    Hypercube,
}

impl Owner<'_> {
    fn patches(&self) -> &[String] {
        match self {
            Owner::Scenario(patches, _) | Owner::Counterfactual(patches) => patches,
            Owner::Hypercube => &[],
        }
    }
}

/// Resolves claims.
pub(super) fn resolve_claims(
    claims: &[ClaimKeys],
    scenario: &Scenario,
    owner: Owner<'_>,
    log: &mut Diagnostics,
) -> Vec<Claim> {
    claims.iter().filter_map(|claim| resolve_claim(claim, scenario, owner, log)).collect()
}

fn resolve_claim(
    keys: &ClaimKeys,
    scenario: &Scenario,
    owner: Owner<'_>,
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
    check_patches(keys, owner, place, log)?;
    check_margin(keys, place, log)?;
    let seconds = |time: &super::text::Timestamp| {
        (time.0.as_nanosecond() - scenario.clock.start.as_nanosecond()) as f64 * 1e-9
    };
    Some(Claim {
        text: text.clone(),
        published: keys.published.clone(),
        subject,
        over,
        given,
        with: keys.with.as_ref().map(|name| name.value.clone()),
        against: keys.against.clone(),
        versus: keys.versus.as_ref().map(|name| name.value.clone()),
        at_least: keys.at_least.or(keys.not_before.as_ref().map(seconds)),
        at_most: keys.at_most.or(keys.not_after.as_ref().map(seconds)),
        of: keys.of.clone(),
        margin: keys.margin,
        place,
    })
}

/// Whether the patches that a claim names are there, and may be named by it.
fn check_patches(
    keys: &ClaimKeys,
    owner: Owner<'_>,
    place: Option<Place>,
    log: &mut Diagnostics,
) -> Option<()> {
    let text = &keys.claim;
    if let Some(with) = keys.with.as_ref().filter(|_| !matches!(owner, Owner::Scenario(..))) {
        log.problem(with.place, format!("claim `{text}` cannot have a patch of its own"))
            .help("`with` belongs to the claims of the scenario itself, in `[[expect]]`");
        return None;
    }
    let is_patched = match owner {
        Owner::Scenario(_, patched) => patched || keys.with.is_some() || keys.versus.is_some(),
        Owner::Counterfactual(_) => true,
        Owner::Hypercube => false,
    };
    if keys.against != Against::Nothing && !is_patched {
        log.problem(place, format!("claim `{text}` has nothing to be set against")).help(
            "`against` belongs to the claims of a counterfactual, or to those with `with` or \
             `versus`",
        );
        return None;
    }
    if let Some(versus) = keys.versus.as_ref().filter(|_| keys.against == Against::Nothing) {
        log.problem(versus.place, format!("claim `{text}` does not say how it is set against it"))
            .help("add `against = \"difference\"` or `against = \"ratio\"`");
        return None;
    }
    let known: Vec<&str> = owner.patches().iter().map(String::as_str).collect();
    let mut named = keys.with.iter().chain(&keys.versus);
    let unknown = named.find(|name| !known.contains(&name.value.as_str()));
    if let Some(name) = unknown {
        log.unknown_name(name.place, "mitigation, cause or counterfactual", name, &known);
        return None;
    }
    Some(())
}

/// Whether the margin of a claim about a share is one.
fn check_margin(keys: &ClaimKeys, place: Option<Place>, log: &mut Diagnostics) -> Option<()> {
    let is_share = keys.of != Of::Mean;
    let margin = keys.margin.filter(|margin| is_share && !(1e-5..=0.5).contains(margin));
    if margin.is_some() {
        let message = format!("the margin of claim `{}` is a share of replications", keys.claim);
        log.problem(place, message).help("give a number from 0.00001 to 0.5, such as 0.05");
        return None;
    }
    Some(())
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
    if let Some((class, measure)) = name.strip_prefix("class.").and_then(|of| of.split_once('.')) {
        let classes: Vec<&str> = scenario.classes.iter().map(|one| one.name.as_str()).collect();
        let Some(number) = classes.iter().position(|known| *known == class) else {
            log.unknown_name(name.place, "class", class, &classes);
            return None;
        };
        if let Some(measure) = ClassMeasure::named(measure) {
            return Some(Subject::Class(number, measure));
        }
        let known: Vec<&str> = ClassMeasure::ALL.iter().map(|m| m.name()).collect();
        log.unknown_name(name.place, "measure of a class", measure, &known);
        return None;
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
