//! Random values for every key that is declared, in the form of `--set`. A key that is added is
//! drawn from then on, with no word here; what stands here is what no declaration says: which names
//! there are, and how much of something is more than a test can pay for.

use fleetfall::scenario::keys::Document;
use fleetfall::scenario::text::keys::{Choice, Field, Key, Kind, Section};

/// The least that is a scenario.
pub(crate) const PLAIN: &str = r#"
load.constant.steady = { rate = "20/s", class = "page" }
class.page.stages = [{ cpu = "20ms" }, { wait = "20ms" }]
class.slow.stages = [{ wait = "300ms" }]
release.one = {}
release.two = {}
release.wrong = { needs.workers = "9" }
first_release = "one"
nodes.count = 3
process = { slots = 4, boot = "2s" }"#;

/// Where draws come from: words, and zeros when they are used up. Fewer and smaller words make
/// simpler values, so whoever shortens them shrinks what is drawn.
#[derive(Clone, Debug)]
pub(crate) struct Words<'a>(pub(crate) &'a [u16]);

impl Words<'_> {
    fn next(&mut self) -> usize {
        let Some((first, rest)) = self.0.split_first() else { return 0 };
        self.0 = rest;
        usize::from(*first)
    }

    fn pick<T: Copy>(&mut self, from: &[T]) -> T {
        from[self.next() % from.len()]
    }

    /// True once in so many times.
    fn one_in(&mut self, times: usize) -> bool {
        self.next() % times == times - 1
    }
}

/// Keys of the root that say nothing of what is simulated, or how long.
const TEXTS: &[&str] = &[
    "schema",
    "name",
    "title",
    "source",
    "fact",
    "content",
    "experiment",
    "assumption",
    "hypercube",
    "mitigation",
    "cause",
    "counterfactual",
    "expect",
];

/// The names that tables of things have, by the key of the table; the base of a case uses them too.
const NAMES: &[(&str, &[&str])] = &[
    ("class", &["page", "slow", "third"]),
    ("region", &["here", "there"]),
    ("surge", &["rush", "again"]),
    ("constant", &["steady", "other", "third"]),
    ("profile", &["jobs", "more"]),
    ("modulated", &["bots", "more"]),
    ("recorded", &["rates", "requests"]),
    ("users", &["staff", "more"]),
    ("sessions", &["shop", "more"]),
    ("release", &["one", "two", "wrong", "fourth"]),
    ("deploy", &["first", "second", "third", "fourth"]),
    ("fault", &["a", "b", "c", "d"]),
    ("maintenance", &["patches", "more"]),
    ("rule", &["one", "other", "memory"]),
    ("interval", &["early", "late"]),
    ("provides", &["workers", "supervisor", "disk"]),
    ("needs", &["workers", "supervisor", "disk"]),
    ("node", &["node-1", "node-2"]),
    ("weights", &["node-1", "node-2"]),
    ("extra", &["node-1", "node-3"]),
];

/// Whole numbers and numbers that may not be greater, by their key: each unit of these costs time.
const DEAR: &[(&str, f64)] = &[
    ("count", 9.0),
    ("scale", 2.0),
    ("factor", 3.0),
    ("attempts", 5.0),
    ("at_most", 3.0),
    ("requests", 12.0),
    ("always", 20.0),
    ("geometric", 9.0),
];

const TIMES: &[&str] =
    &["0s", "1ns", "1ms", "30ms", "200ms", "1s", "4s", "15s", "1min", "7min", "2h", "30d", "584d"];
const BYTES: &[&str] =
    &["0 B", "1 B", "3 KiB", "700 KiB", "9 MiB", "90 MiB", "160 MiB", "2 GiB", "64 GiB", "9 TiB"];
const RATES: &[&str] = &["0/s", "2/min", "1/s", "9/s", "40/s", "150/s"];
const SHARES: &[&str] = &["0%", "1%", "10%", "50%", "70%", "99.9%", "100%"];
const ZONES: &[&str] = &["UTC", "Europe/Berlin", "America/St_Johns"];
const NUMBERS: &[f64] = &[0.0, 0.001, 0.1, 0.5, 1.0, 1.5, 2.0, 7.0, 40.0, 1e3, 1e6];
/// Seconds since the start; the scenarios are four minutes long.
const MOMENTS: &[i64] = &[0, 1, 20, 45, 70, 95, 130, 170, 239, 240];

/// One value for one key.
pub(crate) fn assignment(words: &mut Words) -> String {
    let Kind::Section(root) = Document::describe() else { unreachable!("it is a table") };
    let mut fields = (root.fields)();
    fields.retain(|field| !TEXTS.contains(&field.name));
    let field = &fields[words.next() % fields.len()];
    below(field, &field.kind, field.name.to_string(), words)
}

/// A value for a key or for one below it.
fn below(field: &Field, kind: &Kind, path: String, words: &mut Words) -> String {
    if words.one_in(4) {
        return format!("{path}={}", value(field, kind, 0, words));
    }
    match kind {
        Kind::Section(section) => {
            let fields = (section.fields)();
            let inner = &fields[words.next() % fields.len()];
            // Only one of the two may be there.
            if inner.name == "classes" {
                return format!("{path}.class=\"{}\"", words.pick(names("class")));
            }
            below(inner, &inner.kind, format!("{path}.{}", inner.name), words)
        }
        Kind::Named(of) => {
            let name = words.pick(names(field.name));
            below(field, of, format!("{path}.{name}"), words)
        }
        Kind::Choice(choice) => {
            let variants = (choice.variants)();
            let variant = &variants[words.next() % variants.len()];
            match &variant.data {
                Some(data) => below(field, data, format!("{path}.{}", variant.tag), words),
                None => format!("{path}=\"{}\"", variant.tag),
            }
        }
        Kind::List { .. } | Kind::Leaf(_) | Kind::Any => {
            format!("{path}={}", value(field, kind, 0, words))
        }
    }
}

/// Draws before what a key does not take is left as it is: the scenario is refused then.
const TRIES: usize = 4;

/// A value that the key takes, as far as it can tell by itself.
fn of_field(field: &Field, depth: usize, words: &mut Words) -> String {
    let mut text = value(field, &field.kind, depth, words);
    for _ in 1..TRIES {
        if field.accepts(&text) {
            break;
        }
        text = value(field, &field.kind, depth, words);
    }
    text
}

fn value(field: &Field, kind: &Kind, depth: usize, words: &mut Words) -> String {
    match kind {
        Kind::Leaf(leaf) => self::leaf(field, leaf.type_name, words),
        Kind::Section(section) => table(section, depth, words),
        Kind::Choice(choice) => one_of(field, choice, depth, words),
        Kind::List { of, length } => {
            let count = length.unwrap_or(1 + words.next() % 3);
            let items: Vec<String> = (0..count).map(|_| value(field, of, depth, words)).collect();
            format!("[{}]", items.join(", "))
        }
        // Shares that add up.
        Kind::Named(_) if field.name == "classes" => {
            words.pick(&["{ page = \"100%\" }", "{ slow = \"30%\", page = \"70%\" }"]).to_string()
        }
        Kind::Named(of) => {
            let all = names(field.name);
            let from = words.next() % all.len();
            let entry = |name: &&str| format!("{name} = {}", value(field, of, depth + 1, words));
            let entries: Vec<String> = all[from..].iter().take(2).map(entry).collect();
            format!("{{ {} }}", entries.join(", "))
        }
        Kind::Any => "{}".to_string(),
    }
}

/// A table with what it must have and some of what it may have.
fn table(section: &Section, depth: usize, words: &mut Words) -> String {
    // Two values of which the second is greater.
    const SPANS: &[(&str, [[&str; 2]; 3])] = &[
        ("UniformTime", [["\"0s\"", "\"9s\""], ["\"1ms\"", "\"50ms\""], ["\"5s\"", "\"5s\""]]),
        (
            "UniformBytes",
            [["\"0 B\"", "\"9 MiB\""], ["\"90 MiB\"", "\"2 GiB\""], ["\"1 B\"", "\"1 B\""]],
        ),
        ("UniformNumber", [["0", "1"], ["0.1", "20"], ["3", "300"]]),
    ];
    if let Some((_, spans)) = SPANS.iter().find(|(name, _)| *name == section.name) {
        let [from, to] = words.pick(spans);
        return format!("{{ from = {from}, to = {to} }}");
    }
    let fields = (section.fields)();
    let has_class = fields.iter().any(|field| field.name == "classes");
    let mut entries = Vec::new();
    for field in &fields {
        let is_wanted = match field.name {
            "class" if has_class => true,
            "classes" => false,
            _ => field.required || (depth < 4 && words.one_in(3)),
        };
        if is_wanted {
            entries.push(format!("{} = {}", field.name, of_field(field, depth + 1, words)));
        }
    }
    format!("{{ {} }}", entries.join(", "))
}

fn one_of(field: &Field, choice: &Choice, depth: usize, words: &mut Words) -> String {
    let mut variants = (choice.variants)();
    // The simplest stands first.
    if depth > 4 {
        variants.truncate(1);
    }
    let variant = &variants[words.next() % variants.len()];
    let tag = variant.tag;
    match (&variant.data, tag) {
        (None, _) => format!("\"{tag}\""),
        (Some(_), "hyperexponential") => {
            format!(
                "{{ {tag} = {} }}",
                words.pick(&[
                    r#"[{ share = "100%", mean = "8ms" }]"#,
                    r#"[{ share = "90%", mean = "2ms" }, { share = "10%", mean = "3s" }]"#,
                ])
            )
        }
        (Some(data), _) => format!("{{ {tag} = {} }}", value(field, data, depth + 1, words)),
    }
}

fn names(table: &str) -> &'static [&'static str] {
    NAMES.iter().find(|(name, _)| *name == table).map_or(&["some"], |(_, names)| names)
}

/// The greatest number that a key may have here.
fn most(field: &Field) -> f64 {
    let bound = field.within.and_then(|(_, most)| most.parse().ok()).unwrap_or(1e6);
    DEAR.iter().find(|(name, _)| *name == field.name).map_or(bound, |(_, most)| most.min(bound))
}

fn least(field: &Field) -> f64 {
    field.within.and_then(|(least, _)| least.parse().ok()).unwrap_or(0.0)
}

fn leaf(field: &Field, type_name: &str, words: &mut Words) -> String {
    let quoted = |text: &str| format!("\"{text}\"");
    match type_name {
        "a whole number" => {
            let (least, most) = (least(field) as i64, most(field) as i64);
            let some = [least, least + 1, least + 2, 3, 5, 8, 30, 64, most];
            words.pick(&some).clamp(least, most).to_string()
        }
        "a number" => words.pick(NUMBERS).clamp(least(field), most(field)).to_string(),
        "a switch" => words.pick(&["false", "true"]).to_string(),
        "a duration" => quoted(words.pick(TIMES)),
        "an amount of bytes" => quoted(words.pick(BYTES)),
        "a rate" => quoted(words.pick(RATES)),
        "a share" => quoted(words.pick(SHARES)),
        "a time zone" => quoted(words.pick(ZONES)),
        "a date and time with its offset" => {
            let start: jiff::Timestamp = "2021-02-01T00:00:00Z".parse().expect("it is a time");
            (start + jiff::SignedDuration::from_secs(words.pick(MOMENTS))).to_string()
        }
        _ => match field.name {
            "release" | "corrected" | "first_release" | "fixed_release" => {
                quoted(words.pick(names("release")))
            }
            "class" => quoted(words.pick(names("class"))),
            "file" => quoted(words.pick(&["rates.csv", "requests.csv"])),
            "nodes" | "named" => quoted(words.pick(names("weights"))),
            _ => quoted(words.pick(&["8", "9", "bluepill", ""])),
        },
    }
}
