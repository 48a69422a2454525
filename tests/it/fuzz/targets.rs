//! What is fuzzed: everything that fleetfall reads, each as a function of bytes that comes to its end,
//! whatever they are. `tests/fuzz` gives them bytes that reach new code, `cargo test` those that a seed
//! makes.

use crate::support;
use fleetfall::experiment::baseline::{self, Kept, Stored, Tolerances};
use fleetfall::experiment::{Keeping, Replication, Store, Summary};
use fleetfall::fleet::load::Arrivals;
use fleetfall::kernel::chance::{Purpose, Seed, Streams};
use fleetfall::observe::Results;
use fleetfall::report::page::{self, Documents};
use fleetfall::report::{self, Screen};
use fleetfall::scenario::{Files, Problems, Study};
use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};

/// A scenario in which most of what can be written is.
pub(crate) const WHOLE: &str = include_str!("whole.toml");
/// One that is small, with patches, assumptions and claims.
pub(crate) const TINY: &str = include_str!("../../../src/report/tests/tiny.toml");

/// Nothing from outside.
const NONE: &[&str] = &[];
/// Arrivals of a recording that are looked at.
const MOST: usize = 1_000;

/// Problems of a whole, such as that something is missing; they say what to add. All others are somewhere.
const OF_A_WHOLE: &[&str] = &[
    "the scenario has ",
    "no class of requests is defined",
    "there is no load",
    "there are several releases, and none is said to run at the start",
    "a load source exceeds",
    "a queue of the balancer fills where nodes have a limit",
    "one of `restart_steps` and `restart_max_delay` is missing",
    "the delay before a restart cannot grow",
    "`runtime_extra` is added to an age that is not set",
    "`process.workers.served_at_start` is no number of requests",
    "a worker that may not take any time for a request serves none",
];
/// The same of two keys that do not go together.
const OF_TWO_KEYS: &[&str] = &[
    " workers cannot share ",
    " is a rollout of Kubernetes, and no pods are there",
    " waits for pods to be ready, and nothing probes them",
    " may neither add a pod nor take one away",
    " needs either `measure` or `milestone`",
];

/// A scenario is read as what it says, or refused in words that name the place.
pub(crate) fn scenario(data: &[u8]) {
    // What is no text is refused by whoever opens the file.
    let Ok(text) = std::str::from_utf8(data) else { return };
    let loaded = Study::load_with("x.toml", text, NONE, NONE, support::files(&[]));
    if let Ok(study) = &loaded {
        support::reads_back(study);
    }
    judge(loaded, &["x.toml:"]);
}

fn judge(loaded: Result<Study, Problems>, places: &[&str]) {
    let Err(problems) = loaded else { return };
    assert!(problems.count() > 0, "refused without a word");
    let shown = problems.render(false);
    let unprintable = |text: &str| text.chars().any(|c| c.is_control() && c != '\n');
    assert!(!shown.is_empty() && !unprintable(&shown), "{shown:?}");
    let lines = problems.lines();
    assert!(!unprintable(&lines), "{lines:?}");
    for line in lines.lines() {
        let begins = |all: &[&str]| all.iter().any(|text| line.starts_with(text));
        let has_place = begins(places) || begins(OF_A_WHOLE);
        let is_rest = line.starts_with("... and ") && line.ends_with(" more");
        let is_of_two = OF_TWO_KEYS.iter().any(|text| line.contains(text));
        assert!(has_place || is_of_two || is_rest, "a problem without its place: {line}");
    }
}

/// Lines with what is typed: `s` and an assignment, `w` and a patch, `v` and values of a key.
pub(crate) fn typed(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let (mut with, mut sets, mut vary) = (Vec::new(), Vec::new(), Vec::new());
    for line in text.lines().take(8) {
        let mut letters = line.chars();
        match letters.next() {
            Some('s') => sets.push(letters.as_str()),
            Some('w') => with.push(letters.as_str()),
            Some('v') => vary.push(letters.as_str()),
            _ => {}
        }
    }
    let base = if data.len().is_multiple_of(2) { WHOLE } else { TINY };
    let study = || Study::load_with("x.toml", base, &with, &sets, support::files(&[]));
    if let Ok(study) = study() {
        for grid in [true, false] {
            let Ok(axes) = study.axes(&vary, &sets, grid) else { continue };
            let first = |axis: &fleetfall::scenario::vary::Axis| {
                axis.levels().first().map(|level| axis.assignment(level))
            };
            let sets: Vec<String> = axes.iter().filter_map(first).collect();
            let _ = study.with_values(&sets);
            let _ = study.check_each(&[sets]);
        }
    }
    // Patches are tried where nothing else is changed, so not everything need be read back.
    judge(study(), &["x.toml:", "--set", "--with"]);
}

/// A recording: the first byte says whether it has rates, then comes the file.
pub(crate) fn recording(data: &[u8]) {
    let Some((kind, file)) = data.split_first() else { return };
    let has_rates = kind % 2 == 0;
    let name = if has_rates { "rates.csv" } else { "requests.csv" };
    let text = format!(
        "schema = 1\nname = \"x\"\ntitle = \"x\"\nprocess.slots = 1\n\
         clock = {{ start = 2021-02-01T00:00:00Z, end = 2021-02-01T01:00:00Z }}\n\
         class.page.stages = [{{ wait = \"1s\" }}]\nclass.slow.stages = [{{ wait = \"1s\" }}]\n\
         load.recorded.x = {{ file = \"{name}\"{} }}\n",
        if has_rates { ", class = \"page\", between = \"lines\"" } else { ", factor = 1.5" }
    );
    let file = Arc::new(file.to_vec());
    let files = Files::opened_by(move |_| Ok(file.clone()));
    let loaded = Study::load_with("x.toml", &text, NONE, NONE, files);
    if let Ok(study) = &loaded {
        let source = &study.scenario.sources[0];
        let Some(recorded) = source.kind.recording() else { unreachable!("it is recorded") };
        let draws = Streams::new(Seed(1));
        let sequence = |number| draws.sequence(Purpose(number), 0);
        let mut arrivals = if recorded.has_rates {
            Arrivals::along(&recorded.recording, sequence(1))
        } else {
            let course = source.course.clone();
            Arrivals::replayed(&recorded.recording, course, sequence(1), sequence(2))
        };
        let mut last = arrivals.time();
        for _ in 0..MOST {
            arrivals.advance();
            assert!(arrivals.time() >= last, "the recording runs back");
            last = arrivals.time();
        }
        return;
    }
    judge(loaded, &["x.toml:", "rates.csv", "requests.csv"]);
}

/// What a store keeps of a task. Whatever has become of it, the task gives what it gives.
pub(crate) fn kept(data: &[u8]) {
    struct Found<'a>(&'a [u8]);
    impl Store for Found<'_> {
        fn find(&self, _: &str, _: Seed) -> Option<Vec<u8>> {
            Some(self.0.to_vec())
        }
        fn keep(&self, _: &str, _: Seed, _: &[u8]) {}
    }
    let keeping = Keeping { store: Some(&Found(data)), shard: None };
    let part = keeping.part("run", &[], &());
    let done = keeping.or_do(&part, 0, Seed(1), || Some(Ok::<_, ()>(results().clone())));
    let Some(Ok(done)) = done else { panic!("it was to be done") };
    assert_eq!(done.digest, results().digest);
    // Behind the seal.
    let _ = postcard::from_bytes::<Results>(data);
}

fn study() -> &'static Study {
    static STUDY: OnceLock<Study> = OnceLock::new();
    STUDY.get_or_init(|| Study::load("tiny.toml", TINY, NONE, NONE).expect("it is a scenario"))
}

/// A replication.
pub(crate) fn results() -> &'static Results {
    static RESULTS: OnceLock<Results> = OnceLock::new();
    RESULTS.get_or_init(|| Replication::new(&study().scenario, Seed(1), false).finish())
}

/// What is written between two documents, before the name of the second.
pub(crate) const NEXT: &str = "\n=== ";

/// Documents, each behind a line with its name: they are made into a page, or refused.
pub(crate) fn documents(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let mut documents = Documents::new();
    for part in text.split(NEXT) {
        let Some((name, text)) = part.split_once('\n') else { continue };
        documents.add(name, text);
    }
    if let Ok(page) = page::page(&documents) {
        assert_eq!(page.matches("<script").count(), 1, "only our own script is on the page");
        let policies = page.matches("<meta http-equiv=\"Content-Security-Policy\"").count();
        assert_eq!(policies, 1);
    }
}

/// A file of kept results, against those of today.
pub(crate) fn baseline(data: &[u8]) {
    let Ok(kept) = serde_json::from_slice::<Kept>(data) else { return };
    for before in kept.scenarios.values() {
        let now = today();
        let changes = baseline::changes(before, &now, &Tolerances { usual: 0.05, own: Vec::new() });
        let notes = report::baseline::notes(before, &now, &kept.version, "1.0.0");
        let _ = report::baseline::human(&notes, &changes, &Screen::PLAIN);
        let _ = report::cases::github(&report::baseline::cases(&changes, "x.toml"));
    }
}

/// A file of today's results.
pub(crate) fn kept_today() -> Kept {
    let scenarios = BTreeMap::from([("tiny".to_string(), today())]);
    Kept { format: baseline::FORMAT, version: "1.0.0".to_string(), scenarios }
}

/// What is kept of some replications today.
fn today() -> Stored {
    let results = vec![results().clone(); baseline::FEWEST];
    Stored::of(&results, "hash".to_string(), 1, Summary::of(&results).digest.to_string())
}
