//! Civil time: instants with an offset, and time zones by name.

use std::fmt;
use std::sync::LazyLock;

use jiff::tz::{TimeZone, TimeZoneDatabase};
use serde_json::json;

use super::bounds::bounded_by_itself;
use super::diagnostic::Diagnostics;
use super::keys::{Key, KeyPath, Kind};
use super::leaf::{leaf, text};
use super::tree::{Node, Value};
use super::written::Written;

bounded_by_itself!(Timestamp);

/// The zones of the bundled database, so that every machine has the same.
static ZONES: LazyLock<TimeZoneDatabase> = LazyLock::new(TimeZoneDatabase::bundled);

/// An instant of civil time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Timestamp(pub jiff::Timestamp);

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl Key for Timestamp {
    fn describe() -> Kind {
        leaf(
            "a date and time with its offset",
            "without quotes, such as `2024-03-01T19:00:00+01:00`",
            || json!({ "type": "string", "format": "date-time" }),
        )
    }

    fn read(node: &Node, at: &KeyPath<'_>, log: &mut Diagnostics) -> Option<Timestamp> {
        let Value::Datetime(value) = &node.value else {
            let problem = log.wrong_type(node, at, "a date and time with its offset");
            if let Value::Str(text) = &node.value
                && text.parse::<jiff::Timestamp>().is_ok()
            {
                problem.help("write it without quotes");
            }
            return None;
        };
        let shown = value.to_string();
        if value.date.is_none() || value.time.is_none() {
            log.bad_value(node.place, at, &shown, "must have a date and a time")
                .help("such as `2024-03-01T19:00:00+01:00`");
            return None;
        }
        if value.offset.is_none() {
            log.bad_value(node.place, at, &shown, "must have its offset from UTC")
                .help(format!("such as `{shown}Z` or `{shown}+01:00`"));
            return None;
        }
        let instant = shown.parse::<jiff::Timestamp>().ok();
        if instant.is_none() {
            log.bad_value(node.place, at, &shown, "is no such instant");
        }
        instant.map(Timestamp)
    }

    fn write(&self) -> Option<Written> {
        Some(Written::Bare(self.0.to_string()))
    }
}

/// A time zone of the IANA database.
#[derive(Clone, Debug, PartialEq)]
pub struct Zone {
    name: String,
    zone: TimeZone,
}

impl Zone {
    /// The zone of that name.
    pub fn new(name: &str) -> Option<Zone> {
        let zone = ZONES.get(name).ok()?;
        let name = zone.iana_name().unwrap_or(name).to_string();
        Some(Zone { name, zone })
    }

    /// Its name, such as `Europe/Berlin`.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Its rules.
    pub fn time_zone(&self) -> &TimeZone {
        &self.zone
    }
}

/// By name.
impl PartialOrd for Zone {
    fn partial_cmp(&self, other: &Zone) -> Option<std::cmp::Ordering> {
        self.name.partial_cmp(&other.name)
    }
}

impl fmt::Display for Zone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)
    }
}

impl Key for Zone {
    fn describe() -> Kind {
        leaf(
            "a time zone",
            "a name of the IANA database, such as `\"Europe/Berlin\"`",
            || json!({ "type": "string", "pattern": "^[A-Za-z0-9_+/-]+$" }),
        )
    }

    fn read(node: &Node, at: &KeyPath<'_>, log: &mut Diagnostics) -> Option<Zone> {
        let name = text(node, at, "a time zone such as `Europe/Berlin`", log)?;
        let zone = Zone::new(name);
        if zone.is_none() {
            let known: Vec<String> = ZONES.available().map(|name| name.to_string()).collect();
            let known: Vec<&str> = known.iter().map(String::as_str).collect();
            log.unknown_name(node.place, "time zone", name, &known);
        }
        zone
    }

    fn write(&self) -> Option<Written> {
        Some(Written::Str(self.name.clone()))
    }
}
