//! Assumptions: values between the bounds of a range.

use super::keys::claims::Assumption;
use super::model::Scenario;
use super::scale::Scale;
use super::study::{Problems, Study};
use super::text::Node;
use super::variant::{Variant, bound_text};
use super::vary::same_path;

/// The key that scales every rate.
const LOAD_SCALE: &str = "load.scale";

/// The value of an assumption at a point of its range.
#[derive(Clone, Debug, PartialEq)]
pub struct Assumed {
    /// The key.
    pub key: String,
    /// The value, as it would be written.
    pub value: String,
}

impl Assumed {
    /// The assignment that gives the key this value.
    pub fn assignment(&self) -> String {
        format!("{}={}", self.key, self.value)
    }
}

/// What an assumption is like towards one end of its range, such as ``a high `nodes.count` ``.
pub fn towards(assumption: &Assumption, high: bool) -> String {
    let [low, top] = &assumption.range;
    let (key, end) = (&assumption.key.value, if high { &top.0 } else { &low.0 });
    match measured(&low.0, &top.0, 0.0) {
        Some(_) => format!("a {} `{key}`", if high { "high" } else { "low" }),
        None => format!("`{key}` = {}", bound_text(end)),
    }
}

impl Study {
    /// The scenario at a point of the ranges of all assumptions: `shares` holds, for each in turn,
    /// how much of its range lies below the point, from 0 to 1.
    ///
    /// With `scale_load` every rate is scaled with the capacity of the fleet, by a `load.scale`
    /// that becomes the last value assumed. If `load.scale` is assumed itself, its own value is
    /// multiplied by what the capacity asks for instead.
    ///
    /// # Errors
    /// If the values of the point do not go together.
    pub fn point(
        &self,
        shares: &[f64],
        scale_load: bool,
    ) -> Result<(Vec<Assumed>, Variant), Problems> {
        let numbered = self.document.assumption.iter().enumerate().zip(shares);
        self.assume(numbered.map(|((number, _), share)| (number, *share)), scale_load)
    }

    /// The scenario with one assumption at a point of its range and the others as they are written;
    /// with `scale_load` as in [`Study::point`].
    ///
    /// # Errors
    /// If the value does not go with the scenario.
    ///
    /// # Panics
    /// If there are fewer assumptions.
    pub fn with_assumption(
        &self,
        number: usize,
        share: f64,
        scale_load: bool,
    ) -> Result<(Vec<Assumed>, Variant), Problems> {
        self.assume([(number, share)].into_iter(), scale_load)
    }

    /// The scenario with these assumptions, by their numbers, at these shares of their ranges.
    fn assume(
        &self,
        shares: impl Iterator<Item = (usize, f64)>,
        scale_load: bool,
    ) -> Result<(Vec<Assumed>, Variant), Problems> {
        let value = |(number, share): (usize, f64)| {
            let assumption = &self.document.assumption[number];
            let value = between(&assumption.range[0].0, &assumption.range[1].0, share);
            Assumed { key: assumption.key.value.clone(), value }
        };
        let mut assumed: Vec<Assumed> = shares.map(value).collect();
        let sets = |assumed: &[Assumed]| -> Vec<String> {
            assumed.iter().map(Assumed::assignment).collect()
        };
        let variant = self.with_values(&sets(&assumed))?;
        if !scale_load {
            return Ok((assumed, variant));
        }
        let ratio = capacity(&variant.scenario) / capacity(&self.scenario);
        let own = assumed.iter_mut().find(|one| same_path(&one.key, LOAD_SCALE));
        match own {
            Some(own) => {
                let scale = own.value.parse().unwrap_or(self.document.load.scale);
                own.value = format!("{:?}", scale * ratio);
            }
            None => assumed.push(Assumed {
                key: LOAD_SCALE.to_string(),
                value: format!("{:?}", self.document.load.scale * ratio),
            }),
        }
        let variant = self.with_values(&sets(&assumed))?;
        Ok((assumed, variant))
    }
}

/// Requests per second that the fleet's cores can serve at the start.
fn capacity(scenario: &Scenario) -> f64 {
    let cores = f64::from(scenario.nodes.count) * f64::from(scenario.nodes.cores);
    cores / scenario.mean_work()
}

/// The value that `share` of a range lies below; of two words the first for the lower half.
fn between(low: &Node, high: &Node, share: f64) -> String {
    measured(low, high, share).unwrap_or_else(|| bound_text(if share < 0.5 { low } else { high }))
}

/// The value that `share` of a range lies below, unless it is a range of words.
fn measured(low: &Node, high: &Node, share: f64) -> Option<String> {
    let scale = Scale::of(&[low, high])?;
    let (low, high) = (scale.read(low)?, scale.read(high)?);
    Some(match scale {
        // Every whole number of the range is equally likely.
        Scale::Whole => scale.write((low + ((high - low + 1.0) * share).floor()).min(high)),
        Scale::Number | Scale::Seconds | Scale::Bytes | Scale::Rate | Scale::Share => {
            scale.write(low + (high - low) * share)
        }
    })
}
