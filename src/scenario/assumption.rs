//! Assumptions: values between the bounds of a range.

use super::keys::claims::Assumption;
use super::model::Scenario;
use super::study::{Problems, Study, Variant, bound_text};
use super::text::{Bytes, Diagnostics, Duration, Key, KeyPath, Node, Rate, Share, Value};

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
    /// With `scale_load` every rate is scaled with the capacity of the fleet; the last value
    /// assumed is then that of `load.scale`.
    ///
    /// # Errors
    /// If the values of the point do not go together.
    pub fn point(
        &self,
        shares: &[f64],
        scale_load: bool,
    ) -> Result<(Vec<Assumed>, Variant), Problems> {
        let assumptions = &self.document.assumption;
        let mut assumed: Vec<Assumed> = assumptions
            .iter()
            .zip(shares)
            .map(|(assumption, share)| Assumed {
                key: assumption.key.value.clone(),
                value: between(&assumption.range[0].0, &assumption.range[1].0, *share),
            })
            .collect();
        let mut sets: Vec<String> = assumed.iter().map(Assumed::assignment).collect();
        let variant = self.with_values(&sets)?;
        if !scale_load {
            return Ok((assumed, variant));
        }
        let ratio = capacity(&variant.scenario) / capacity(&self.scenario);
        let value = format!("{:?}", self.document.load.scale * ratio);
        assumed.push(Assumed { key: "load.scale".to_string(), value });
        sets.extend(assumed.last().map(Assumed::assignment));
        Ok((assumed, self.with_values(&sets)?))
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
    let at = |low: f64, high: f64| low + (high - low) * share;
    match (&low.value, &high.value) {
        (Value::Int(low), Value::Int(high)) => {
            // Every whole number of the range is equally likely.
            let (low, high) = (*low as f64, *high as f64);
            Some(format!("{:.0}", (low + ((high - low + 1.0) * share).floor()).min(high)))
        }
        (Value::Float(_) | Value::Int(_), Value::Float(_) | Value::Int(_)) => {
            Some(format!("{:?}", at(number(low), number(high))))
        }
        _ => quantity(low, high, share),
    }
}

fn quantity(low: &Node, high: &Node, share: f64) -> Option<String> {
    let at = |low: f64, high: f64| low + (high - low) * share;
    if let (Some(low), Some(high)) = (leaf::<Duration>(low), leaf::<Duration>(high)) {
        let length = Duration::from_secs_f64(at(low.as_secs_f64(), high.as_secs_f64()));
        return Some(length.to_string());
    }
    if let (Some(low), Some(high)) = (leaf::<Bytes>(low), leaf::<Bytes>(high)) {
        return Some(Bytes::new(at(low.get() as f64, high.get() as f64) as u64).to_string());
    }
    if let (Some(low), Some(high)) = (leaf::<Rate>(low), leaf::<Rate>(high)) {
        let rate = Rate::per_second(at(low.as_per_second(), high.as_per_second()));
        return Some(rate.to_string());
    }
    if let (Some(low), Some(high)) = (leaf::<Share>(low), leaf::<Share>(high)) {
        return Some(format!("{:?}", at(low.get(), high.get())));
    }
    None
}

fn number(node: &Node) -> f64 {
    match node.value {
        Value::Int(number) => number as f64,
        Value::Float(number) => number,
        Value::Str(_) | Value::Bool(_) | Value::Datetime(_) | Value::Array(_) | Value::Table(_) => {
            f64::NAN
        }
    }
}

fn leaf<T: Key>(node: &Node) -> Option<T> {
    let mut log = Diagnostics::new();
    T::read(node, &KeyPath::root(), &mut log).filter(|_| log.is_empty())
}
