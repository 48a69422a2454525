//! What a command is expected to need, before it begins.

use super::Screen;
use super::format::{self, count, number, plural, with_unit};
use super::json::pretty;
use crate::scenario::cost::{Memory, Need, Passing};
use serde::Serialize;

/// Events above which somebody must say that they are meant.
pub const EVENTS_MAX: f64 = 1e12;
/// Seconds for which nobody needs a word.
const SHORT: f64 = 60.0;

/// What is refused, and what may be done about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// What is asked for, and the limit.
    pub what: String,
    /// What may be changed, the most effective first, and what lifts the limit.
    pub help: Vec<String>,
}

/// Why what needs this is not begun, if it is not: it needs more memory than `most` bytes, or, if
/// that is not said to be meant, too many events.
pub fn refusal(need: &Need, most: u64, large: bool) -> Option<Refusal> {
    let memory = need.memory.expected();
    if memory > most as f64 {
        let what = format!(
            "this needs about {} of memory, and may have {} (`--max-memory`)",
            with_unit("B", memory),
            with_unit("B", most as f64)
        );
        let lifted = format!("`--max-memory {}` lets it begin", size_above(1.2 * memory));
        // No machine has more than that.
        let lifted = (memory < (1_u64 << 44) as f64).then_some(lifted);
        return Some(Refusal { what, help: [largest(need)].into_iter().chain(lifted).collect() });
    }
    if need.events > EVENTS_MAX && !large {
        let what = format!(
            "this needs about {} events, {} on {}, and may have {}",
            about(need.events),
            time(need.seconds().0),
            plural(need.threads as u64, "thread"),
            about(EVENTS_MAX),
        );
        let each = need.events / need.replications.max(1.0);
        let fewer = if need.replications > each { "fewer replications" } else { "less load" };
        let help = format!(
            "{} of {} events each: {fewer}, or a shorter `clock`",
            counted(need.replications),
            about(each)
        );
        let lifted = "`--large` lets it begin; `--time-limit` ends it in order".to_string();
        return Some(Refusal { what, help: vec![help, lifted] });
    }
    None
}

/// What needs the most memory, and what may be done about that.
fn largest(need: &Need) -> String {
    let Memory { fleet, open, results, course, .. } = need.memory;
    let parts = [
        (fleet, "the program, nodes and users", "fewer of them, or fewer `--threads`"),
        (open, "open requests", "less load, less patience, or fewer `--threads`"),
        (results, "the results of all replications", "fewer `--replications`, or a shorter clock"),
        (course, "the course of the first replication", "a longer `clock.window`, or fewer nodes"),
    ];
    let [first, rest @ ..] = parts;
    let (bytes, what, remedy) =
        rest.into_iter().fold(first, |most, one| if one.0 > most.0 { one } else { most });
    let windows = if what.starts_with("the course") {
        format!(" with its {} windows", about(need.windows))
    } else {
        String::new()
    };
    format!("{what}{windows} need {} of it: {remedy}", with_unit("B", bytes))
}

/// A whole number of gibibytes or mebibytes, as it is typed.
fn size_above(bytes: f64) -> String {
    let mebibytes = (bytes / (1 << 20) as f64).ceil();
    if mebibytes < 1024.0 {
        format!("{mebibytes}MiB")
    } else {
        format!("{}GiB", (mebibytes / 1024.0).ceil())
    }
}

/// A count as it is said.
fn about(number: f64) -> String {
    let units = [(1e15, 1e12), (1e12, 1e12), (1e9, 1e9), (1e6, 1e6)];
    let names = ["", "trillion", "billion", "million"];
    match units.iter().position(|(least, _)| number >= *least) {
        None => count(number.round() as u64),
        Some(0) => format!("{number:.1e}"),
        Some(place) => {
            let scaled = number / units[place].1;
            format!("{} {}", self::number(scaled), names[place])
        }
    }
}

/// Replications as they are said.
fn counted(replications: f64) -> String {
    let plural = if replications > 1.0 { "s" } else { "" };
    format!("{} replication{plural}", about(replications))
}

/// A time as it is said; one of more than a few days as a number of them.
fn time(seconds: f64) -> String {
    match seconds {
        _ if seconds < 1.0 => "less than a second".to_string(),
        _ if seconds < 3.0 * 86_400.0 => with_unit("s", seconds),
        _ if seconds < 1000.0 * 365.25 * 86_400.0 => format!("{} days", about(seconds / 86_400.0)),
        _ => "more than a thousand years".to_string(),
    }
}

/// Something while the fleet serves, and if it answers nobody; the latter only if it differs.
fn both(usual: String, at_most: String) -> String {
    if usual == at_most { usual } else { format!("{usual} ({at_most} if nobody is answered)") }
}

/// What is to be added where traffic is passed over.
fn less(need: &Need) -> &'static str {
    match need.passing {
        Passing::Yes => "; less where traffic is passed over",
        Passing::Never | Passing::IfAdaptive => "",
    }
}

/// What makes it quicker, where it takes long.
fn quicker(need: &Need) -> Option<&'static str> {
    let helps = need.passing == Passing::IfAdaptive && need.seconds().0 > SHORT;
    helps.then_some(
        "quiet stretches take less with `--set 'clock.resolution=\"adaptive\"'`; the guide says \
         how far its figures agree",
    )
}

/// For people.
pub fn human(need: &Need, most: u64, screen: &Screen) -> String {
    let memory = need.memory;
    let bytes = |bytes: f64| with_unit("B", bytes);
    let (usual, at_most) = need.seconds();
    let threads = plural(need.threads as u64, "thread");
    let rows = [
        ("replications", format!("{} at most", about(need.replications))),
        ("requests", about(need.requests)),
        ("events", both(about(need.events), about(need.events_at_most)) + less(need)),
        ("windows", format!("{} in a replication", about(need.windows))),
        (
            "memory",
            both(bytes(memory.expected()), bytes(memory.at_most()))
                + &format!("; the limit is {}", bytes(most as f64)),
        ),
        ("time", both(time(usual), time(at_most)) + &format!("; on {threads}")),
    ];
    let mut text = screen.heading("What it would need, roughly");
    for (name, value) in rows {
        let value = format::wrap(&value, screen.text() - 16, "                ");
        text += &format!("  {name:13} {value}\n");
    }
    if let Some(how) = quicker(need) {
        text += &format!("  {}\n", format::wrap(how, screen.text() - 2, "  "));
    }
    text.trim_start().to_string()
}

#[derive(Serialize)]
struct Document {
    replications: f64,
    requests: f64,
    events: f64,
    events_at_most: f64,
    windows: f64,
    memory_bytes: f64,
    memory_bytes_at_most: f64,
    memory_limit_bytes: u64,
    seconds: f64,
    seconds_at_most: f64,
    threads: f64,
    passes_over: bool,
}

/// The same as one JSON document; what is `at_most` is so if the fleet answers nobody.
pub fn json(need: &Need, most: u64) -> String {
    let (seconds, seconds_at_most) = need.seconds();
    pretty(&Document {
        replications: need.replications,
        requests: need.requests.round(),
        events: need.events.round(),
        events_at_most: need.events_at_most.round(),
        windows: need.windows,
        memory_bytes: need.memory.expected().round(),
        memory_bytes_at_most: need.memory.at_most().round(),
        memory_limit_bytes: most,
        seconds,
        seconds_at_most,
        threads: need.threads,
        passes_over: need.passing == Passing::Yes,
    })
}

/// What is worth a word before it begins: that it takes long, or may come to the limit of memory.
pub fn note(need: &Need, most: u64) -> Option<String> {
    let (usual, at_most) = need.seconds();
    let mut notes = Vec::new();
    if usual > SHORT {
        let threads = plural(need.threads as u64, "thread");
        notes.push(format!(
            "{} at most, about {} events: {} on {threads}{}",
            counted(need.replications),
            about(need.events),
            both(time(usual), time(at_most)),
            less(need),
        ));
        notes.extend(quicker(need).map(String::from));
    }
    let worst = need.memory.at_most();
    if worst > most as f64 {
        notes.push(format!(
            "if nobody is answered it needs up to {} of memory, and ends at {} (`--max-memory`)",
            with_unit("B", worst),
            with_unit("B", most as f64)
        ));
    }
    (!notes.is_empty()).then(|| notes.join("\n"))
}
