//! Variants of a study's scenario: under its patches, and with other values of some keys.

use super::claim::{Claim, Owner, resolve_claims};
use super::files::Files;
use super::keys::Document;
use super::limits;
use super::model::Scenario;
use super::product::with_defaults;
use super::resolve::resolve;
use super::study::{Problems, Study};
use super::text::set::{set_from, steps};
use super::text::{
    Diagnostics, Key, Kind, Node, Place, SourceId, Sources, Table, Value, kind_at, lookup, merge,
    read, set,
};
use std::borrow::Borrow;
use std::collections::BTreeMap;
use std::sync::Arc;

/// A variant of a study's scenario.
#[derive(Clone, Debug)]
pub struct Variant {
    /// Its scenario.
    pub scenario: Arc<Scenario>,
    /// Its claims.
    pub claims: Vec<Claim>,
}

/// Combinations of values whose problems are explained at most.
const MOST_EXPLAINED: usize = 1000;

impl Study {
    /// The study's scenario under one of its patches, with the claims of a counterfactual.
    ///
    /// # Errors
    /// If there is no such patch, or it cannot follow on the patches already applied.
    pub fn variant(&self, name: &str) -> Result<Variant, Problems> {
        let mut log = Diagnostics::new();
        let claims = self.document.counterfactual.get(name).map(|keys| keys.expect.as_slice());
        let Some(patch) = patch_named(&self.tree, name) else {
            unknown_patch(&self.tree, name, Place::NOWHERE, &mut log);
            return Err(Problems { log, sources: self.sources.clone() });
        };
        let tree = patched(&self.tree, &[&patch], &Document::describe());
        let patches = patch_names(&self.tree);
        let claims = (claims.unwrap_or(&[]), patches.as_slice());
        let variant = meaning(&tree, &self.files, claims, &mut log);
        variant.ok_or_else(|| Problems { log, sources: self.sources.clone() })
    }

    /// The study's scenario under several of its patches, in order.
    ///
    /// # Errors
    /// If there is no such patch, or they do not go together.
    pub fn combination(&self, names: &[impl AsRef<str>]) -> Result<Arc<Scenario>, Problems> {
        let mut log = Diagnostics::new();
        let mut patches = Vec::new();
        for name in names.iter().map(AsRef::as_ref) {
            match patch_named(&self.tree, name) {
                Some(patch) => patches.push(patch),
                None => unknown_patch(&self.tree, name, Place::NOWHERE, &mut log),
            }
        }
        let tree = patched(&self.tree, &patches, &Document::describe());
        let variant =
            if log.is_empty() { meaning(&tree, &self.files, NO_CLAIMS, &mut log) } else { None };
        variant
            .map(|variant| variant.scenario)
            .ok_or_else(|| Problems { log, sources: self.sources.clone() })
    }

    /// The study's scenario with other values for some keys, each `path=value`.
    ///
    /// # Errors
    /// If a path or a value is wrong.
    pub fn with_values(&self, sets: &[impl AsRef<str>]) -> Result<Variant, Problems> {
        let mut log = Diagnostics::new();
        let mut sources = self.sources.clone();
        let mut tree = without_studies(&self.tree, |study| {
            sets.iter().any(|assignment| leads_to(assignment.as_ref(), study))
        });
        let kind = Document::describe();
        for assignment in sets {
            set(assignment.as_ref(), &mut tree, &kind, &mut sources, &mut log);
        }
        let variant =
            if log.is_empty() { meaning(&tree, &self.files, NO_CLAIMS, &mut log) } else { None };
        variant.ok_or(Problems { log, sources })
    }

    /// Whether each of many such lists of assignments makes a scenario. None is kept: there may be
    /// many, and they are quickly made again.
    ///
    /// # Errors
    /// Every problem of every list, each once however many lists have it, and how many have any.
    pub fn check_each(&self, lists: &[Vec<String>]) -> Result<(), Problems> {
        let wrong: Vec<&Vec<String>> =
            lists.iter().filter(|list| self.with_values(list).is_err()).collect();
        let Some(first) = wrong.first() else { return Ok(()) };
        // Again, with one source for each assignment, so that like problems are told once.
        let (mut log, mut sources) = (Diagnostics::new(), self.sources.clone());
        let mut known: BTreeMap<&str, SourceId> = BTreeMap::new();
        let kind = Document::describe();
        for list in wrong.iter().take(MOST_EXPLAINED) {
            let (mut tree, mut own) = (self.tree.clone(), Diagnostics::new());
            for assignment in *list {
                let id = *known
                    .entry(assignment)
                    .or_insert_with(|| sources.add(assignment.clone(), assignment.clone()));
                set_from(id, assignment, &mut tree, &kind, &mut own);
            }
            if own.is_empty() {
                meaning(&tree, &self.files, NO_CLAIMS, &mut own);
            }
            log.append(own);
        }
        let message = format!(
            "{} of {} combinations are no scenario, the first with {}",
            wrong.len(),
            lists.len(),
            first.iter().map(|one| format!("`{one}`")).collect::<Vec<_>>().join(", ")
        );
        log.problem(None, message);
        Err(Problems { log, sources })
    }
}

/// Claims of a counterfactual, and the names of all patches, which they may be about.
type Claims<'a> = (&'a [super::keys::claims::Claim], &'a [String]);

const NO_CLAIMS: Claims<'static> = (&[], &[]);

/// What a variant's tree says; it may lack the studies.
fn meaning(
    tree: &Node,
    files: &Files,
    (claims, patches): Claims<'_>,
    log: &mut Diagnostics,
) -> Option<Variant> {
    let document: Document = read(&with_defaults(tree, &Document::describe()), log)?;
    if !limits::check(&document, log) {
        return None;
    }
    let scenario = resolve(&document, files, log)?;
    let claims = resolve_claims(claims, &scenario, Owner::Counterfactual(patches), log);
    log.is_empty().then(|| Variant { scenario: Arc::new(scenario), claims })
}

/// What a file says of studies of its scenario, and not of the scenario: it was read once, and of
/// a file with many patches it is most.
const STUDIES: [&str; 6] =
    ["assumption", "hypercube", "mitigation", "cause", "counterfactual", "expect"];

/// The tree without what it says of studies, but for what is written to.
fn without_studies(tree: &Node, is_written_to: impl Fn(&str) -> bool) -> Node {
    let Value::Table(table) = &tree.value else { return tree.clone() };
    let stays = |key: &str| !STUDIES.contains(&key) || is_written_to(key);
    let entries = table.entries.iter().filter(|entry| stays(&entry.key)).cloned().collect();
    Node { value: Value::Table(Table { entries }), place: tree.place }
}

/// Whether a path may lead into what a file says of studies; its keys may stand in quotes.
fn leads_to(path: &str, study: &str) -> bool {
    path.trim_start_matches([' ', '\t', '"', '\'']).starts_with(study)
}

/// The tree without its studies under patches, in order.
fn patched(tree: &Node, patches: &[impl Borrow<Node>], kind: &Kind) -> Node {
    let mut patched = without_studies(tree, |study| {
        let has = |patch: &Node| patch.as_table().is_some_and(|keys| keys.get(study).is_some());
        patches.iter().any(|patch| has(patch.borrow()))
    });
    for patch in patches {
        merge(&mut patched, patch.borrow(), kind);
    }
    patched
}

/// The tables that hold patches.
const PATCHES: [&str; 3] = ["mitigation", "cause", "counterfactual"];

pub(super) fn patch_named(tree: &Node, name: &str) -> Option<Node> {
    let tables = PATCHES.iter().filter_map(|table| tree.as_table()?.get(table)?.as_table());
    let mut found = tables.filter_map(|table| table.get(name)?.as_table()?.get("patch"));
    found.next().cloned()
}

/// The names of all patches.
pub(super) fn patch_names(tree: &Node) -> Vec<String> {
    let tables = PATCHES.iter().filter_map(|table| tree.as_table()?.get(table)?.as_table());
    tables.flat_map(|table| table.entries.iter().map(|entry| entry.key.clone())).collect()
}

/// No patch has this name; says which there are.
pub(super) fn unknown_patch(tree: &Node, name: &str, place: Place, log: &mut Diagnostics) {
    let names = patch_names(tree);
    let known: Vec<&str> = names.iter().map(String::as_str).collect();
    log.unknown_name(place, "mitigation or counterfactual", name, &known);
}

/// Tries every patch, so that a mistake in one is found before somebody needs it.
pub(super) fn check_patches(
    tree: &Node,
    files: &Files,
    (document, scenario): (&Document, &Scenario),
    log: &mut Diagnostics,
) {
    let (kind, patches) = (&Document::describe(), patch_names(tree));
    let mitigations = document.mitigation.iter().map(|(name, keys)| (name, &keys.patch, None));
    let causes = document.cause.iter().map(|(name, keys)| (name, &keys.patch, None));
    let counterfactuals = document
        .counterfactual
        .iter()
        .map(|(name, keys)| (name, &keys.patch, Some(keys.expect.as_slice())));
    for (name, patch, claims) in mitigations.chain(causes).chain(counterfactuals) {
        let holds = PATCHES.iter().filter(|table| {
            let table = tree.as_table().and_then(|tree| tree.get(table)?.as_table());
            table.is_some_and(|table| table.get(name.as_str()).is_some())
        });
        if holds.count() > 1 {
            log.duplicate(name.place, "patch", name.as_str());
        }
        let patched = patched(tree, &[&patch.0], kind);
        let mut own = Diagnostics::new();
        let variant = meaning(&patched, files, (claims.unwrap_or(&[]), &patches), &mut own);
        let names = |scenario: &Scenario| -> Vec<String> {
            scenario.intervals.iter().map(|interval| interval.name.clone()).collect()
        };
        // Measures of both are set against one another.
        if let Some(variant) = &variant
            && names(&variant.scenario) != names(scenario)
        {
            own.problem(name.place, format!("patch `{}` has other intervals", name.value))
                .help("declare the same `[interval.NAME]` in the scenario; a patch may move them");
        }
        if let Some(variant) = &variant
            && variant.scenario.clock.resolution != scenario.clock.resolution
        {
            own.problem(name.place, format!("patch `{}` has another resolution", name.value))
                .help("set `clock.resolution` in the scenario: it is one for all that is compared");
        }
        log.append(own);
    }
}

/// Whether every assumption is about a key, and its value lies in its range.
pub(super) fn check_assumptions(
    tree: &Node,
    files: &Files,
    document: &Document,
    sources: &mut Sources,
    log: &mut Diagnostics,
) {
    let kind = &Document::describe();
    for assumption in &document.assumption {
        let path = assumption.key.value.as_str();
        let mut own = Diagnostics::new();
        let id = sources.add(format!("assumption {path}"), path);
        let steps = steps(path, id, &mut own);
        let found = steps.as_ref().and_then(|steps| kind_at(kind, steps, &mut own));
        if found.is_none() {
            log.problem(assumption.key.place, format!("no key is called `{path}`"));
            continue;
        }
        if let Some(steps) = &steps
            && lookup(tree, steps).is_none()
        {
            let message = format!("`{path}` is assumed but not written in the scenario");
            log.problem(assumption.key.place, message)
                .help("write the value that is assumed, so that it can be seen");
        }
        for bound in &assumption.range {
            let mut varied = without_studies(tree, |study| leads_to(path, study));
            let text = bound_text(&bound.0);
            set(&format!("{path}={text}"), &mut varied, kind, sources, &mut own);
            let mut own = Diagnostics::new();
            if meaning(&varied, files, NO_CLAIMS, &mut own).is_none() {
                let why = own.sorted().first().map_or(String::new(), |d| d.message.clone());
                log.problem(bound.0.place, format!("`{path}` cannot be {text}: {why}"));
            }
        }
    }
}

/// A bound of an assumption as the right side of an assignment.
pub fn bound_text(node: &Node) -> String {
    match &node.value {
        Value::Str(text) => format!("\"{text}\""),
        Value::Int(number) => number.to_string(),
        Value::Float(number) => format!("{number:?}"),
        Value::Bool(flag) => flag.to_string(),
        Value::Datetime(time) => time.to_string(),
        Value::Array(_) | Value::Table(_) => String::from("{}"),
    }
}
