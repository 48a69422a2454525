//! A scenario file with everything it says: the scenario, its patches, its assumptions, its claims.

use super::claim::{Claim, Owner, resolve_claims};
use super::files::Files;
use super::keys::{Content, Document};
use super::limits;
use super::model::Scenario;
use super::product::with_defaults;
use super::resolve::draft;
use super::text::{
    At, Diagnostics, Key, Node, Place, Sources, Value, merge, parse, print, read, set,
};
use super::variant::{check_assumptions, check_patches, patch_named, patch_names, unknown_patch};
use std::collections::BTreeSet;
use std::fmt;
use std::sync::Arc;

/// A scenario file, read, patched and checked.
#[derive(Clone, Debug)]
pub struct Study {
    /// The scenario with the chosen patches applied.
    pub scenario: Arc<Scenario>,
    /// The keys of the file, patches applied and defaults filled in.
    pub document: Document,
    /// What must come out.
    pub claims: Vec<Claim>,
    /// What must come out over the ranges of all assumptions.
    pub hypercube_claims: Vec<Claim>,
    pub(super) sources: Sources,
    pub(super) tree: Node,
    pub(super) files: Files,
}

/// Why a scenario cannot be simulated: every problem with its place.
#[derive(Clone, Debug)]
pub struct Problems {
    pub(super) log: Diagnostics,
    pub(super) sources: Sources,
}

impl Problems {
    /// How many there are.
    pub fn count(&self) -> usize {
        self.log.sorted().len()
    }

    /// The problems for people, with the lines concerned.
    pub fn render(&self, color: bool) -> String {
        self.log.render(&self.sources, color)
    }

    /// The problems, a line each.
    pub fn lines(&self) -> String {
        self.log.render_short(&self.sources)
    }
}

impl fmt::Display for Problems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.render(false))
    }
}

impl std::error::Error for Problems {}

impl Study {
    /// Reads a scenario that names no files; otherwise as [`Study::load_with`].
    ///
    /// # Errors
    /// All problems of the file, of every patch it holds, and of the assignments.
    pub fn load(
        name: &str,
        text: &str,
        with: &[impl AsRef<str>],
        sets: &[impl AsRef<str>],
    ) -> Result<Study, Problems> {
        Study::load_with(name, text, with, sets, Files::none())
    }

    /// Reads a scenario.
    ///
    /// `name` is shown in messages, usually the path of the file. The patches named in `with` are
    /// applied in order, then the `path=value` assignments of `sets`. `files` opens the files that
    /// the scenario names; they must not change while the study is in use.
    ///
    /// # Errors
    /// All problems of the file, of every patch it holds, of the assignments, and of the files.
    pub fn load_with(
        name: &str,
        text: &str,
        with: &[impl AsRef<str>],
        sets: &[impl AsRef<str>],
        files: Files,
    ) -> Result<Study, Problems> {
        let mut sources = Sources::new();
        let mut log = Diagnostics::new();
        let id = sources.add(name, text);
        let fits = limits::check_text(text, Place::new(id, 0..0), &mut log);
        let study = fits
            .then(|| parse(&sources, id, &mut log))
            .flatten()
            .and_then(|tree| Study::build(tree, &mut sources, &mut log, (with, sets), files));
        match study {
            Some(study) if log.is_empty() => Ok(Study { sources, ..study }),
            _ => Err(Problems { log, sources }),
        }
    }

    fn build(
        mut tree: Node,
        sources: &mut Sources,
        log: &mut Diagnostics,
        (with, sets): (&[impl AsRef<str>], &[impl AsRef<str>]),
        files: Files,
    ) -> Option<Study> {
        let kind = Document::describe();
        for name in with {
            let name = name.as_ref();
            match patch_named(&tree, name) {
                Some(patch) => merge(&mut tree, &patch, &kind),
                None => {
                    let id = sources.add(format!("--with {name}"), name);
                    let place = Place::new(id, 0..name.len());
                    unknown_patch(&tree, name, place, log);
                }
            }
        }
        for assignment in sets {
            set(assignment.as_ref(), &mut tree, &kind, sources, log);
        }
        let Some(mut document) = read::<Document>(&with_defaults(&tree, &kind), log) else {
            look_further(&tree, &files, log);
            return None;
        };
        if !limits::check(&document, log) {
            return None;
        }
        let scenario = draft(&document, &files, log);
        let patches = patch_names(&tree);
        let owner = Owner::Scenario(&patches, !with.is_empty());
        let claims = resolve_claims(&document.expect, &scenario, owner, log);
        let hypercube = document.hypercube.as_ref().map_or(&[][..], |keys| keys.expect.as_slice());
        let hypercube_claims = resolve_claims(hypercube, &scenario, Owner::Hypercube, log);
        if !log.is_empty() {
            return None;
        }
        // A patch or a range is meant for the file as it stands, not for another patch's result.
        if with.is_empty() && sets.is_empty() {
            check_patches(&tree, &files, (&document, &scenario), log);
            check_assumptions(&tree, &files, &document, sources, log);
        }
        let content = |(file, sha256)| Content { file, sha256: At::nowhere(sha256) };
        document.content = files.contents().into_iter().map(content).collect();
        let sources = Sources::new();
        let scenario = Arc::new(scenario);
        Some(Study { scenario, document, claims, hypercube_claims, sources, tree, files })
    }

    /// The file, the line and the column, both from 1, at which something of this study is written.
    pub fn position(&self, place: Place) -> Option<(&str, usize, usize)> {
        self.sources.position(place)
    }

    /// The file with every default filled in.
    pub fn resolved(&self) -> String {
        print(&self.document)
    }
}

/// Looks for mistakes of meaning in a document that has mistakes of form: without the keys that are
/// wrong, as far as it can do without them. So a user sees both kinds at once.
fn look_further(tree: &Node, files: &Files, log: &mut Diagnostics) {
    let wrong: BTreeSet<Place> = log.sorted().iter().filter_map(|problem| problem.place).collect();
    let mut rest = tree.clone();
    leave_out(&mut rest, &wrong);
    if let Some(document) = read::<Document>(&rest, &mut Diagnostics::new())
        && limits::check(&document, log)
    {
        let scenario = draft(&document, files, log);
        let patches = patch_names(tree);
        resolve_claims(&document.expect, &scenario, Owner::Scenario(&patches, false), log);
    }
}

fn leave_out(node: &mut Node, wrong: &BTreeSet<Place>) {
    match &mut node.value {
        Value::Table(table) => {
            let is_wrong = |place: &Place| wrong.contains(place);
            table.entries.retain(|e| !is_wrong(&e.key_place) && !is_wrong(&e.node.place));
            for entry in &mut table.entries {
                leave_out(&mut entry.node, wrong);
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|item| leave_out(item, wrong)),
        Value::Str(_) | Value::Int(_) | Value::Float(_) | Value::Bool(_) | Value::Datetime(_) => {}
    }
}
