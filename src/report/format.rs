//! How numbers and times are written for people.

use crate::kernel::time::{Duration, Instant};
use crate::scenario::Scenario;
use jiff::Zoned;

/// What marks a text on a terminal: escape sequences, or nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Palette {
    /// Headings.
    pub bold: &'static str,
    /// What breaks, and claims that fail.
    pub bad: &'static str,
    /// What is in danger, and claims that are undecided.
    pub warn: &'static str,
    /// What comes back, and claims that hold.
    pub good: &'static str,
    /// What people do.
    pub people: &'static str,
    /// What was published.
    pub published: &'static str,
    /// What matters less.
    pub dim: &'static str,
    /// The end of any of these.
    pub reset: &'static str,
}

impl Palette {
    /// No marks at all.
    pub const PLAIN: Palette = Palette {
        bold: "",
        bad: "",
        warn: "",
        good: "",
        people: "",
        published: "",
        dim: "",
        reset: "",
    };

    /// The sixteen colours that every terminal has, so that its owner's theme applies.
    pub const COLOR: Palette = Palette {
        bold: "\u{1b}[1m",
        bad: "\u{1b}[31m",
        warn: "\u{1b}[33m",
        good: "\u{1b}[32m",
        people: "\u{1b}[36m",
        published: "\u{1b}[35m",
        dim: "\u{1b}[2m",
        reset: "\u{1b}[0m",
    };
}

/// An instant in the zone of the scenario's clock.
pub fn zoned(scenario: &Scenario, when: Instant) -> Zoned {
    scenario.civil(when).to_zoned(scenario.clock.zone.clone())
}

/// The time of day, such as `16:08:12`.
pub fn time(scenario: &Scenario, when: Instant) -> String {
    zoned(scenario, when).strftime("%H:%M:%S").to_string()
}

/// The time of day where a report is about more than one: `Mon 16:08:12`.
pub fn weekday_time(scenario: &Scenario, when: Instant) -> String {
    zoned(scenario, when).strftime("%a %H:%M:%S").to_string()
}

/// The day, such as `Monday 1 February 2021`.
pub fn day(scenario: &Scenario, when: Instant) -> String {
    zoned(scenario, when).strftime("%A %-d %B %Y").to_string()
}

/// RFC 3339 in UTC, to the millisecond.
pub fn rfc3339(scenario: &Scenario, when: Instant) -> String {
    let civil = scenario.civil(when);
    format!("{:.3}", civil.round(jiff::Unit::Millisecond).unwrap_or(civil))
}

/// The name of the zone in which times are shown.
pub fn zone(scenario: &Scenario) -> &str {
    scenario.clock.zone.iana_name().unwrap_or("UTC")
}

/// A whole number with its thousands set apart: `10,203,040`.
pub fn count(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// A number with so many decimals and its thousands set apart.
pub fn decimal(number: f64, decimals: usize) -> String {
    let text = format!("{:.decimals$}", number.abs());
    let (whole, part) = text.split_once('.').unwrap_or((&text, ""));
    let whole = whole.parse().map_or_else(|_| whole.to_string(), count);
    let dot = if part.is_empty() { "" } else { "." };
    let shows = text.chars().any(|digit| ('1'..='9').contains(&digit));
    let sign = if number < 0.0 && shows { "-" } else { "" };
    format!("{sign}{whole}{dot}{part}")
}

/// Decimals with which a number has about three significant digits.
pub fn decimals(number: f64) -> usize {
    let size = number.abs();
    match size {
        _ if !(1e-9..100.0).contains(&size) => 0,
        _ if size >= 10.0 => 1,
        _ if size >= 1.0 => 2,
        _ if size >= 0.1 => 3,
        _ if size >= 0.01 => 4,
        _ => 5,
    }
}

/// A number with about three significant digits; whole ones without decimals.
pub fn number(number: f64) -> String {
    if number.is_nan() {
        return "-".to_string();
    }
    let whole = (number - number.round()).abs() < 1e-9;
    decimal(number, if whole { 0 } else { decimals(number) })
}

/// A share in percent: `12.3 %`. What is not quite 0 or 100 % does not look like it.
pub fn percent(share: f64) -> String {
    if share.is_nan() {
        return "-".to_string();
    }
    let value = share * 100.0;
    let rest = value.min(100.0 - value).abs();
    let decimals = match rest {
        _ if (value - value.round()).abs() < 1e-9 => 0,
        _ if rest < 0.001 => 5,
        _ if rest < 0.01 => 4,
        _ if rest < 0.1 => 3,
        _ if rest < 1.0 => 2,
        _ => 1,
    };
    format!("{value:.decimals$} %")
}

/// A unit that suits a size: its name, and how much of the base unit it is.
pub fn scale(unit: &'static str, size: f64) -> (&'static str, f64) {
    let size = size.abs();
    let steps: &[(&'static str, f64)] = match unit {
        "s" => &[("h", 3600.0), ("min", 60.0), ("s", 1.0), ("ms", 1e-3), ("µs", 1e-6)],
        "B" => &[
            ("TiB", 1_099_511_627_776.0),
            ("GiB", 1_073_741_824.0),
            ("MiB", 1_048_576.0),
            ("KiB", 1024.0),
            ("B", 1.0),
        ],
        "min" => return ("min", 1.0),
        "1/s" => return ("/s", 1.0),
        _ => return ("", 1.0),
    };
    let enough = |factor: f64| if unit == "s" && factor > 1.0 { 2.0 * factor } else { factor };
    let zero = if unit == "s" { ("s", 1.0) } else { ("B", 1.0) };
    steps.iter().copied().find(|&(_, factor)| size >= enough(factor)).unwrap_or(zero)
}

/// A value with its unit, such as `47.1 min`, `1.52 GiB` or `0.243 s`.
pub fn with_unit(unit: &'static str, value: f64) -> String {
    if value.is_nan() {
        return "-".to_string();
    }
    let (name, factor) = scale(unit, value);
    let text = number(value / factor);
    match name {
        "" => text,
        "/s" => format!("{text}/s"),
        _ => format!("{text} {name}"),
    }
}

/// The least round number of at least `value`: 1, 2, 2.5 and the like times a power of ten.
pub(super) fn round_up(value: f64) -> f64 {
    // What is not above zero has no size of its own.
    if value.is_nan() || value <= 0.0 {
        return 1.0;
    }
    let mut power = 1.0;
    while power > value {
        power /= 10.0;
    }
    while power * 10.0 <= value {
        power *= 10.0;
    }
    let fits = [1.0, 1.5, 2.0, 2.5, 3.0, 4.0, 5.0, 6.0, 8.0, 10.0];
    fits.iter().map(|factor| factor * power).find(|&round| round >= value).unwrap_or(value)
}

/// A length of time in words: `47 min 12 s`, `12.3 s`, `240 ms`.
pub fn length(length: Duration) -> String {
    let seconds = length.as_secs_f64();
    if seconds < 60.0 {
        return with_unit("s", seconds);
    }
    let whole = (seconds + 0.5) as u64;
    let (hours, minutes, rest) = (whole / 3600, whole / 60 % 60, whole % 60);
    match (hours, minutes, rest) {
        (0, _, 0) => format!("{minutes} min"),
        (0, _, _) => format!("{minutes} min {rest} s"),
        (_, 0, _) => format!("{hours} h"),
        _ => format!("{hours} h {minutes} min"),
    }
}

/// `1 node`, `3 nodes`.
pub fn plural(number: u64, what: &str) -> String {
    format!("{} {what}{}", count(number), if number == 1 { "" } else { "s" })
}

/// Words in lines of at most `width` characters; the lines after the first are indented.
pub fn wrap(text: &str, width: usize, indent: &str) -> String {
    let mut out = String::new();
    let mut used = 0;
    for word in text.split_whitespace() {
        let length = word.chars().count();
        if used > 0 && used + 1 + length > width {
            out.push('\n');
            out.push_str(indent);
            used = 0;
        } else if used > 0 {
            out.push(' ');
            used += 1;
        }
        out.push_str(word);
        used += length;
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_short_and_their_thousands_set_apart() {
        let cases = [
            (0.0, "0"),
            (0.04567, "0.0457"),
            (1234.5, "1,234"),
            (-3.0, "-3"),
            (12.345, "12.3"),
            (10_203_040.0, "10,203,040"),
        ];
        for (value, text) in cases {
            assert_eq!(number(value), text);
        }
        assert_eq!(decimal(-0.04, 1), "0.0");
    }

    #[test]
    fn an_axis_ends_at_a_round_number() {
        let cases = [(0.0, 1.0), (f64::NAN, 1.0), (0.03, 0.03), (7.0, 8.0), (1234.0, 1500.0)];
        for (value, round) in cases {
            assert!((round_up(value) - round).abs() < 1e-9, "{value}: {}", round_up(value));
        }
    }

    #[test]
    fn shares_never_look_more_certain_than_they_are() {
        let cases = [
            (0.0, "0 %"),
            (1.0, "100 %"),
            (0.5, "50 %"),
            (0.1234, "12.3 %"),
            (0.99996, "99.9960 %"),
        ];
        for (share, text) in cases {
            assert_eq!(percent(share), text);
        }
    }

    #[test]
    fn units_suit_the_size() {
        let cases = [
            ("s", 2820.0, "47 min"),
            ("s", 0.243, "243 ms"),
            ("s", 90.0, "90 s"),
            ("s", 0.0, "0 s"),
            ("B", 1_610_612_736.0, "1.50 GiB"),
            ("1", 4.0, "4"),
            ("1/s", 132.8, "133/s"),
        ];
        for (unit, value, text) in cases {
            assert_eq!(with_unit(unit, value), text);
        }
        assert_eq!(length(Duration::from_secs(2832)), "47 min 12 s");
    }

    #[test]
    fn long_texts_are_wrapped_between_words() {
        assert_eq!(wrap("one two three four", 9, "  "), "one two\n  three\n  four");
    }
}
