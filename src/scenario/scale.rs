//! Values that can be laid along a line: numbers and quantities, but no words.

use super::text::{Bytes, Diagnostics, Duration, Key, KeyPath, Node, Rate, Share, Value};

/// What the values of a range are measured in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scale {
    /// Whole numbers.
    Whole,
    /// Numbers.
    Number,
    /// Lengths of time, in seconds.
    Seconds,
    /// Amounts of data, in bytes.
    Bytes,
    /// Rates, per second.
    Rate,
    /// Shares, from 0 to 1.
    Share,
}

impl Scale {
    /// The scale on which all these values lie, if there is one.
    pub(super) fn of(values: &[&Node]) -> Option<Scale> {
        let all = |scale: &Scale| values.iter().all(|value| scale.read(value).is_some());
        let scales =
            [Scale::Whole, Scale::Number, Scale::Seconds, Scale::Bytes, Scale::Rate, Scale::Share];
        scales.into_iter().find(all)
    }

    /// A value as a number of the scale's unit.
    pub(super) fn read(self, node: &Node) -> Option<f64> {
        match (self, &node.value) {
            (Scale::Whole | Scale::Number, Value::Int(number)) => Some(*number as f64),
            (Scale::Number, Value::Float(number)) => Some(*number),
            (Scale::Whole | Scale::Number, _) => None,
            (Scale::Seconds, _) => leaf::<Duration>(node).map(Duration::as_secs_f64),
            (Scale::Bytes, _) => leaf::<Bytes>(node).map(|bytes| bytes.get() as f64),
            (Scale::Rate, _) => leaf::<Rate>(node).map(Rate::as_per_second),
            (Scale::Share, _) => leaf::<Share>(node).map(Share::get),
        }
    }

    /// A number of the scale's unit as it would be written in a scenario.
    pub(super) fn write(self, number: f64) -> String {
        match self {
            Scale::Whole => format!("{number:.0}"),
            Scale::Number | Scale::Share => format!("{number:?}"),
            Scale::Seconds => Duration::from_secs_f64(number).to_string(),
            Scale::Bytes => Bytes::new(number as u64).to_string(),
            Scale::Rate => Rate::per_second(number).to_string(),
        }
    }

    /// The same in as few letters as possible.
    pub(super) fn short(self, number: f64) -> String {
        match self {
            Scale::Share => {
                Share::new(number).map_or_else(|| self.write(number), |s| s.to_string())
            }
            Scale::Number => {
                let text = self.write(number);
                text.strip_suffix(".0").map_or(text.clone(), str::to_string)
            }
            Scale::Whole | Scale::Seconds | Scale::Bytes | Scale::Rate => self.write(number),
        }
    }

    /// The nearest number of the unit that a scenario can hold.
    pub(super) fn round(self, number: f64) -> f64 {
        match self {
            Scale::Whole | Scale::Bytes => number.round(),
            Scale::Seconds => Duration::from_secs_f64(number).as_secs_f64(),
            Scale::Number | Scale::Rate | Scale::Share => number,
        }
    }

    /// The unit; `1` for plain numbers and shares.
    pub fn unit(self) -> &'static str {
        match self {
            Scale::Whole | Scale::Number | Scale::Share => "1",
            Scale::Seconds => "s",
            Scale::Bytes => "B",
            Scale::Rate => "1/s",
        }
    }
}

fn leaf<T: Key>(node: &Node) -> Option<T> {
    let mut log = Diagnostics::new();
    T::read(node, &KeyPath::root(), &mut log).filter(|_| log.is_empty())
}
