//! Numbers with a unit: durations, rates, bytes and shares.

use std::fmt;

use serde_json::json;

use super::Duration;
use super::bounds::bounded_by_itself;
use super::diagnostic::Diagnostics;
use super::keys::{Key, KeyPath, Kind};
use super::leaf::{leaf, number, text};
use super::tree::{Node, Value};
use super::written::Written;

bounded_by_itself!(Duration, Rate, Bytes, Share);

/// A decimal number, exactly: `digits` divided by ten `places` times.
#[derive(Clone, Copy)]
struct Decimal {
    digits: u128,
    places: u32,
}

impl Decimal {
    /// `12`, `1.5`; no sign, no exponent, and few enough digits.
    fn parse(text: &str) -> Option<Decimal> {
        let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
        let digits = format!("{whole}{fraction}");
        let plain = digits.bytes().all(|byte| byte.is_ascii_digit());
        if whole.is_empty() || !plain || digits.len() > 27 || text.ends_with('.') {
            return None;
        }
        Some(Decimal { digits: digits.parse().ok()?, places: fraction.len() as u32 })
    }

    /// The number times `unit`, if that is whole; the inner `None` if it is not.
    fn times(self, unit: u64) -> Option<Option<u128>> {
        let scale = 10u128.pow(self.places);
        let product = self.digits.checked_mul(u128::from(unit))?;
        Some((product % scale == 0).then_some(product / scale))
    }
}

/// Splits `1.5 GiB` into the number, the unit and what comes after.
fn number_and_unit(text: &str) -> (&str, &str, &str) {
    let text = text.trim_start();
    let number_end = text
        .find(|c: char| !(c.is_ascii_digit() || c == '.' || c == '-' || c == '+'))
        .unwrap_or(text.len());
    let (number, rest) = text.split_at(number_end);
    let rest = rest.trim_start();
    let unit_end =
        rest.find(|c: char| c.is_ascii_digit() || c.is_whitespace()).unwrap_or(rest.len());
    let (unit, rest) = rest.split_at(unit_end);
    (number, unit, rest.trim_start())
}

/// `value` as `a duration` and the like, or as a number that only lacks its unit.
fn text_with_unit<'a>(
    node: &'a Node,
    at: &KeyPath<'_>,
    expected: &str,
    unit: &str,
    log: &mut Diagnostics,
) -> Option<&'a str> {
    if let (Value::Int(_) | Value::Float(_), Some(number)) = (&node.value, number(node)) {
        let shown = number.to_string();
        log.no_unit(node.place, at, &shown, &format!("{}{unit}", shown.trim_start_matches('-')));
        return None;
    }
    text(node, at, expected, log)
}

const TIME_UNITS: [(&str, u64); 7] = [
    ("ns", 1),
    ("us", 1_000),
    ("ms", 1_000_000),
    ("s", 1_000_000_000),
    ("min", 60_000_000_000),
    ("h", 3_600_000_000_000),
    ("d", 86_400_000_000_000),
];

/// The longest duration in nanoseconds, 100 years: sums of a few stay within what a clock can show.
const DURATION_MAX: u64 = 36_525 * 86_400_000_000_000;

impl Key for Duration {
    fn describe() -> Kind {
        leaf(
            "a duration",
            "number and unit (`ns`, `us`, `ms`, `s`, `min`, `h`, `d`), such as `\"250ms\"` or \
             `\"1h 30min\"`",
            || {
                let pattern = r"^\s*([0-9]+(\.[0-9]+)?\s*(ns|us|ms|s|min|h|d)\s*)+$";
                json!({ "type": "string", "pattern": pattern })
            },
        )
    }

    fn read(node: &Node, at: &KeyPath<'_>, log: &mut Diagnostics) -> Option<Duration> {
        let whole = text_with_unit(node, at, "a duration such as `10s`", "s", log)?;
        let (place, mut rest, mut total) = (node.place, whole, 0u128);
        loop {
            let (number, unit, after) = number_and_unit(rest);
            let Some(decimal) = Decimal::parse(number) else {
                let why = if number.starts_with('-') {
                    "must not be negative"
                } else {
                    "is no duration such as `10s` or `1h 30min`"
                };
                log.bad_value(place, at, whole, why);
                return None;
            };
            let Some((_, size)) = TIME_UNITS.iter().find(|(name, _)| *name == unit) else {
                if unit.is_empty() {
                    log.no_unit(place, at, whole, &format!("{number}s"));
                } else {
                    log.bad_unit(place, at, whole, unit, &TIME_UNITS.map(|(name, _)| name));
                }
                return None;
            };
            match decimal.times(*size) {
                Some(Some(nanos)) => total = total.saturating_add(nanos),
                Some(None) => {
                    log.bad_value(place, at, whole, "must be a whole number of nanoseconds");
                    return None;
                }
                None => total = u128::MAX,
            }
            rest = after;
            if rest.is_empty() {
                break;
            }
        }
        let nanos = u64::try_from(total).ok().filter(|nanos| *nanos <= DURATION_MAX);
        if nanos.is_none() {
            log.bad_value(place, at, whole, "must not exceed 100 years");
        }
        nanos.map(Duration::from_nanos)
    }

    fn write(&self) -> Option<Written> {
        Some(Written::Str(self.to_string()))
    }
}

/// How often something happens, per second.
#[derive(Clone, Copy, Debug, PartialEq, PartialOrd)]
pub struct Rate(f64);

const RATE_UNITS: [(&str, f64); 3] = [("s", 1.0), ("min", 60.0), ("h", 3600.0)];

impl Rate {
    /// So many times a second; negative, infinite and NaN give zero.
    pub fn per_second(times: f64) -> Rate {
        // Adding zero makes of -0.0 the only zero there is a text for.
        Rate(if times.is_finite() && times > 0.0 { times } else { 0.0 })
    }

    /// How many times a second.
    pub fn as_per_second(self) -> f64 {
        self.0
    }
}

/// The shortest exact text, such as `40/s` or `100/h`.
impl fmt::Display for Rate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (mut best, mut best_unit) = (short(self.0), "s");
        for (unit, seconds) in RATE_UNITS {
            let times = (self.0 * seconds).round();
            let text = short(times);
            let exact = (times / seconds).to_bits() == self.0.to_bits();
            if exact && best.len() > 6 && text.len() < best.len() {
                (best, best_unit) = (text, unit);
            }
        }
        write!(f, "{best}/{best_unit}")
    }
}

/// The shortest text of a number that reads back as the same number.
fn short(number: f64) -> String {
    let text = format!("{number:?}");
    text.strip_suffix(".0").unwrap_or(&text).to_string()
}

impl Key for Rate {
    fn describe() -> Kind {
        leaf("a rate", "number and `/s`, `/min` or `/h`, such as `\"40/s\"`", || {
            let pattern = r"^\s*[0-9]+(\.[0-9]+)?([eE][-+]?[0-9]+)?\s*/\s*(s|min|h)\s*$";
            json!({ "type": "string", "pattern": pattern })
        })
    }

    fn read(node: &Node, at: &KeyPath<'_>, log: &mut Diagnostics) -> Option<Rate> {
        let whole = text_with_unit(node, at, "a rate such as `40/s`", "/s", log)?;
        let place = node.place;
        let (count, unit) = whole.split_once('/').unwrap_or((whole, ""));
        let (count, unit) = (count.trim(), unit.trim());
        let numeric = |c: char| c.is_ascii_digit() || ".eE+-".contains(c);
        let number = count.parse::<f64>().ok().filter(|_| count.chars().all(numeric));
        let Some(number) = number else {
            log.bad_value(place, at, whole, "is no rate such as `40/s`");
            return None;
        };
        let Some((_, seconds)) = RATE_UNITS.iter().find(|(name, _)| *name == unit) else {
            if unit.is_empty() {
                log.no_unit(place, at, whole, &format!("{}/s", count.trim_start_matches('-')));
            } else {
                let units = RATE_UNITS.map(|(name, _)| name);
                log.bad_unit(place, at, whole, unit, &units);
            }
            return None;
        };
        if number < 0.0 || !number.is_finite() {
            log.bad_value(place, at, whole, "must be finite and not negative");
            return None;
        }
        Some(Rate::per_second(number / seconds))
    }

    fn write(&self) -> Option<Written> {
        Some(Written::Str(self.to_string()))
    }
}

/// An amount of memory or of data.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Bytes(u64);

/// The largest amount, 1 PiB: sums of many stay within 64 bits.
const BYTES_MAX: u64 = 1 << 50;

const BYTE_UNITS: [(&str, u64); 8] = [
    ("B", 1),
    ("kB", 1_000),
    ("MB", 1_000_000),
    ("GB", 1_000_000_000),
    ("KiB", 1 << 10),
    ("MiB", 1 << 20),
    ("GiB", 1 << 30),
    ("TiB", 1 << 40),
];

impl Bytes {
    /// So many bytes.
    pub const fn new(count: u64) -> Bytes {
        Bytes(count)
    }

    /// How many bytes.
    pub const fn get(self) -> u64 {
        self.0
    }
}

/// The shortest exact text, such as `1.5 GiB`.
impl fmt::Display for Bytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut best = format!("{} B", self.0);
        for (unit, size) in BYTE_UNITS {
            let tenths = u128::from(self.0) * 10 / u128::from(size);
            if self.0 < size || tenths * u128::from(size) != u128::from(self.0) * 10 {
                continue;
            }
            let text = if tenths.is_multiple_of(10) {
                format!("{} {unit}", tenths / 10)
            } else {
                format!("{}.{} {unit}", tenths / 10, tenths % 10)
            };
            if text.len() < best.len() {
                best = text;
            }
        }
        f.write_str(&best)
    }
}

impl Key for Bytes {
    fn describe() -> Kind {
        leaf(
            "an amount of bytes",
            "number and unit (`B`, `kB`, `MB`, `GB`, `KiB`, `MiB`, `GiB`, `TiB`), such as \
             `\"512 MiB\"`",
            || {
                let pattern = r"^\s*[0-9]+(\.[0-9]+)?\s*(B|kB|MB|GB|KiB|MiB|GiB|TiB)\s*$";
                json!({ "type": "string", "pattern": pattern })
            },
        )
    }

    fn read(node: &Node, at: &KeyPath<'_>, log: &mut Diagnostics) -> Option<Bytes> {
        let whole = text_with_unit(node, at, "an amount such as `512 MiB`", " MiB", log)?;
        let place = node.place;
        let (number, unit, rest) = number_and_unit(whole);
        let decimal = Decimal::parse(number).filter(|_| rest.is_empty());
        let Some(decimal) = decimal else {
            let negative = number.starts_with('-');
            let why =
                if negative { "must not be negative" } else { "is no amount such as `512 MiB`" };
            log.bad_value(place, at, whole, why);
            return None;
        };
        let Some((_, size)) = BYTE_UNITS.iter().find(|(name, _)| *name == unit) else {
            if unit.is_empty() {
                log.no_unit(place, at, whole, &format!("{number} MiB"));
            } else {
                log.bad_unit(place, at, whole, unit, &BYTE_UNITS.map(|(name, _)| name));
            }
            return None;
        };
        let Some(Some(count)) = decimal.times(*size) else {
            log.bad_value(place, at, whole, "must be a whole number of bytes");
            return None;
        };
        let fitting = u64::try_from(count).ok().filter(|count| *count <= BYTES_MAX);
        if fitting.is_none() {
            log.bad_value(place, at, whole, format!("must not exceed `{}`", Bytes(BYTES_MAX)));
        }
        fitting.map(Bytes)
    }

    fn write(&self) -> Option<Written> {
        Some(Written::Str(self.to_string()))
    }
}

/// A part of a whole, from 0 to 1.
#[derive(Clone, Copy, Debug, PartialEq, PartialOrd)]
pub struct Share(f64);

impl Share {
    /// The part, if it is one.
    pub fn new(part: f64) -> Option<Share> {
        // Adding zero makes of -0.0 the zero that has a text.
        (0.0..=1.0).contains(&part).then_some(Share(part + 0.0))
    }

    /// The part, from 0 to 1.
    pub fn get(self) -> f64 {
        self.0
    }

    /// The percentage whose hundredth is this very number, if it is short.
    fn percent(self) -> Option<String> {
        let percent = (self.0 * 1e8).round() / 1e6;
        ((percent / 100.0).to_bits() == self.0.to_bits()).then(|| format!("{}%", short(percent)))
    }
}

/// A percentage if that is exact, else the number.
impl fmt::Display for Share {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.percent().unwrap_or_else(|| short(self.0)))
    }
}

impl Key for Share {
    fn describe() -> Kind {
        leaf("a share", "such as `\"70%\"`, or a number from 0 to 1", || {
            let pattern = r"^\s*[0-9]+(\.[0-9]+)?\s*%\s*$";
            json!({ "anyOf": [
                { "type": "string", "pattern": pattern },
                { "type": "number", "minimum": 0, "maximum": 1 },
            ] })
        })
    }

    fn read(node: &Node, at: &KeyPath<'_>, log: &mut Diagnostics) -> Option<Share> {
        let (part, shown) = match number(node) {
            Some(part) => (part, short(part)),
            None => {
                let whole = text(node, at, "a share such as `70%` or `0.7`", log)?;
                let percent = whole.trim().strip_suffix('%').map(str::trim);
                let plain = |text: &&str| Decimal::parse(text.trim_start_matches('-')).is_some();
                let number = percent.filter(plain).and_then(|text| text.parse::<f64>().ok());
                let Some(number) = number else {
                    log.bad_value(node.place, at, whole, "is no share such as `70%` or `0.7`");
                    return None;
                };
                (number / 100.0, whole.to_string())
            }
        };
        let share = Share::new(part);
        if share.is_none() {
            log.out_of_range(node.place, at, &shown, "0%", "100%");
        }
        share
    }

    fn write(&self) -> Option<Written> {
        Some(self.percent().map_or(Written::Float(self.0), Written::Str))
    }
}
