//! Rules of the code base that no compiler checks.

use std::fs;
use std::path::{Path, PathBuf};

/// The layers, lowest first, and what each may import besides itself.
const LAYERS: [(&str, &[&str]); 10] = [
    // Texts.
    ("guide", &[]),
    ("kernel", &[]),
    ("stats", &[]),
    ("fleet", &["kernel"]),
    ("scenario", &["fleet", "kernel"]),
    ("sim", &["scenario", "fleet", "kernel"]),
    ("observe", &["sim", "scenario", "fleet", "kernel", "stats"]),
    ("experiment", &["observe", "sim", "scenario", "fleet", "kernel", "stats"]),
    ("report", &["experiment", "observe", "sim", "scenario", "fleet", "kernel", "stats"]),
    ("cli", &["report", "experiment", "observe", "sim", "scenario", "fleet", "kernel", "stats"]),
];

/// Longest function, in lines from its signature to its closing brace.
const FUNCTION_MAX: usize = 70;
/// Functions that are longer and may be, with their present length. It may only shrink.
const LONG_FUNCTIONS: [(&str, &str, usize); 4] = [
    // One arm a measure.
    ("src/observe/recorder/measures.rs", "measure", 95),
    // Expected text.
    ("src/scenario/text/tests/generating.rs", "the_reference_page", 132),
    ("src/scenario/text/tests/generating.rs", "the_schema_of_a_section", 133),
    ("tests/it/properties.rs", "everything_happens_in_the_random_scenarios", 86),
];

/// Widest line, in columns.
const COLUMNS_MAX: usize = 100;
/// Files with wider lines, and how many of them at most. It may only shrink.
const WIDE_LINES: [(&str, usize); 1] = [
    // A table: a line a measure.
    ("src/scenario/measure.rs", 40),
];
/// Text that is expected, and scenarios inside the tests, have lines of their own.
const TEXTS: [&str; 2] = ["tests/it/", "src/scenario/text/tests/"];

/// A source file.
struct Source {
    /// From the root of the package, with `/`.
    path: String,
    text: String,
}

/// Every Rust file of the package.
fn sources() -> Vec<Source> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut files = Vec::new();
    for folder in ["src", "tests", "benches"] {
        collect(&root.join(folder), &mut files);
    }
    files.sort();
    assert!(files.len() > 50, "only {} files", files.len());
    let source = |file: PathBuf| {
        let path = file.strip_prefix(root).expect("it lies below the root");
        let parts: Vec<_> = path.iter().map(|part| part.to_string_lossy()).collect();
        let text = fs::read_to_string(&file).expect("it is UTF-8");
        Source { path: parts.join("/"), text }
    };
    files.into_iter().map(source).collect()
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).expect("the folder exists") {
        let path = entry.expect("it can be read").path();
        // What packages below this one have built is not ours.
        if path.is_dir() && !path.ends_with("target") {
            collect(&path, files);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
}

#[track_caller]
fn none(offences: Vec<String>, rule: &str) {
    assert!(offences.is_empty(), "{rule}:\n{}", offences.join("\n"));
}

/// The layers that a line of code names behind `crate::`.
fn imports(line: &str) -> Vec<&str> {
    let code = line.split("//").next().unwrap_or_default();
    let behind = code.split("crate::").skip(1);
    let name = |rest: &str| rest.find(|c: char| !c.is_alphanumeric() && c != '_');
    behind.map(|rest| &rest[..name(rest).unwrap_or(rest.len())]).collect()
}

#[test]
fn a_layer_imports_only_what_lies_below() {
    assert_eq!(imports("use crate::kernel::time::Instant; // crate::cli"), ["kernel"]);
    let mut offences = Vec::new();
    for source in sources() {
        let Some(inside) = source.path.strip_prefix("src/") else { continue };
        let layer = inside.split(['/', '.']).next().unwrap_or_default();
        if layer == "lib" || layer == "main" {
            continue;
        }
        let Some((_, allowed)) = LAYERS.iter().find(|(name, _)| *name == layer) else {
            offences.push(format!("{}: `{layer}` is in no layer", source.path));
            continue;
        };
        for (number, line) in source.text.lines().enumerate() {
            for import in imports(line) {
                if import != layer && !allowed.contains(&import) {
                    offences.push(format!("{}:{}: {import}", source.path, number + 1));
                }
            }
            // A `use crate::{..}` could hide a layer from the line above it.
            if line.contains("crate::{") && !line.contains("$crate::{") {
                offences.push(format!("{}:{}: name one layer a line", source.path, number + 1));
            }
        }
    }
    none(offences, "a layer imports what does not lie below it");
}

/// The parts of a fleet do not know one another: the simulation introduces them.
#[test]
fn parts_of_the_fleet_do_not_import_one_another() {
    let parts = ["balancer", "client", "cpu", "load", "recycler", "supervisor"];
    let mut offences = Vec::new();
    for source in sources() {
        let Some(inside) = source.path.strip_prefix("src/fleet/") else { continue };
        let own = inside.split(['/', '.']).next().unwrap_or_default();
        for part in parts.iter().filter(|part| **part != own) {
            let names = [format!("crate::fleet::{part}"), format!("super::{part}")];
            if own != "mod" && names.iter().any(|name| source.text.contains(name)) {
                offences.push(format!("{}: {part}", source.path));
            }
        }
    }
    none(offences, "a part of the fleet imports another");
}

/// Only the command line prints, reads files or looks at a clock; only experiments have threads.
#[test]
fn the_core_does_no_input_or_output() {
    let forbidden = ["std::fs", "std::env", "std::io", "std::thread", "std::process"];
    let mut offences = Vec::new();
    for source in sources() {
        let Some(inside) = source.path.strip_prefix("src/") else { continue };
        let layer = inside.split(['/', '.']).next().unwrap_or_default();
        if ["cli", "main", "lib", "report"].contains(&layer) {
            continue;
        }
        for (number, line) in source.text.lines().enumerate() {
            let names = forbidden.iter().filter(|name| line.contains(**name));
            for name in names.filter(|name| layer != "experiment" || **name != "std::thread") {
                offences.push(format!("{}:{}: {name}", source.path, number + 1));
            }
        }
    }
    none(offences, "the core does input or output");
}

/// How long something takes is measured, and the time of day is what the scenario says: a clock that
/// jumps changes nothing.
#[test]
fn nobody_asks_what_time_it_is() {
    let forbidden =
        ["SystemTime", "UNIX_EPOCH", "Timestamp::now", "Zoned::now", "TimeZone::system"];
    let mut offences = Vec::new();
    for source in sources().iter().filter(|source| source.path.starts_with("src/")) {
        for (number, line) in source.text.lines().enumerate() {
            let names = forbidden.iter().filter(|name| line.contains(**name));
            offences.extend(names.map(|name| format!("{}:{}: {name}", source.path, number + 1)));
        }
    }
    none(offences, "the time of day is read");
}

#[test]
fn unsafe_code_is_forbidden() {
    for package in ["", "tests/fuzz/"] {
        let manifest = Path::new(env!("CARGO_MANIFEST_DIR")).join(package).join("Cargo.toml");
        let manifest = fs::read_to_string(manifest).expect("it is there");
        assert!(manifest.contains("\nunsafe_code = \"forbid\"\n"), "{package}Cargo.toml");
    }
}

#[test]
fn every_module_says_what_it_is() {
    let silent = sources().into_iter().filter(|source| !source.text.starts_with("//! "));
    none(silent.map(|source| source.path).collect(), "a file does not start with `//! `");
}

#[test]
fn lines_are_short() {
    let mut offences = Vec::new();
    for source in sources() {
        if TEXTS.iter().any(|folder| source.path.starts_with(folder)) {
            continue;
        }
        let is_wide = |(_, line): &(usize, &str)| line.chars().count() > COLUMNS_MAX;
        let wide: Vec<usize> =
            source.text.lines().enumerate().filter(is_wide).map(|(at, _)| at + 1).collect();
        let excuse = WIDE_LINES.iter().find(|(path, _)| *path == source.path);
        match excuse {
            Some((path, _)) if wide.is_empty() => offences.push(format!("{path} needs no excuse")),
            Some((_, most)) if wide.len() <= *most => {}
            _ if wide.is_empty() => {}
            _ => offences.push(format!("{}: lines {wide:?}", source.path)),
        }
    }
    none(offences, "lines are longer than 100 columns");
}

/// Functions with their length, by their indentation, which the formatter keeps.
fn functions(text: &str) -> Vec<(String, usize)> {
    let mut open: Option<(String, usize, usize)> = None;
    let mut found = Vec::new();
    for (number, line) in text.lines().enumerate() {
        let indent = line.len() - line.trim_start().len();
        match &open {
            None => {
                let words: Vec<&str> = line.split_whitespace().collect();
                let at = words.iter().position(|word| *word == "fn");
                let declared = words.iter().take(at.unwrap_or(0)).all(|word| {
                    word.starts_with("pub") || ["const", "in", "unsafe"].contains(word)
                });
                if let Some(at) = at
                    && declared
                    && let Some(name) = words.get(at + 1)
                    && !line.trim_end().ends_with(['}', ';'])
                {
                    let name = name.split(['(', '<']).next().unwrap_or_default();
                    open = Some((name.to_string(), number, indent));
                }
            }
            Some((name, start, outer)) if indent == *outer && line.trim_start() == "}" => {
                found.push((name.clone(), number - start + 1));
                open = None;
            }
            // A declaration without a body.
            Some((_, _, outer)) if indent == *outer && line.ends_with(';') => open = None,
            Some(_) => {}
        }
    }
    found
}

#[test]
fn functions_are_short() {
    let probe =
        "impl A {\n    pub(super) fn long<T>(\n        &self,\n    ) {\n        x\n    }\n}\n";
    assert_eq!(functions(probe), [("long".to_string(), 5)]);
    let mut offences = Vec::new();
    let mut excused = Vec::new();
    for source in sources() {
        for (name, length) in functions(&source.text) {
            let allowed = LONG_FUNCTIONS
                .iter()
                .find(|(path, function, _)| *path == source.path && *function == name);
            match allowed {
                Some((_, _, most)) if length == *most => excused.push(name),
                Some((_, _, most)) if length < *most && length > FUNCTION_MAX => {
                    offences.push(format!("{}: {name} shrank to {length}: say so", source.path));
                }
                _ if length > FUNCTION_MAX => {
                    offences.push(format!("{}: {name} has {length} lines", source.path));
                }
                _ => {}
            }
        }
    }
    let stale = LONG_FUNCTIONS.iter().filter(|(_, name, _)| !excused.iter().any(|e| e == name));
    offences.extend(stale.map(|(path, name, _)| format!("{path}: {name} needs no excuse")));
    none(offences, "functions are longer than 70 lines");
}

#[test]
fn nothing_is_left_to_do_or_to_be_ignored() {
    // Put together, so that this file does not find itself.
    let marks = ["FIX", "XX", "TO", "#[ign", "todo", "unimple", "dbg"];
    let rests = ["ME", "X", "DO", "ore", "!(", "mented!(", "!("];
    let words: Vec<String> = marks.iter().zip(rests).map(|(a, b)| format!("{a}{b}")).collect();
    let mut offences = Vec::new();
    for source in sources() {
        for (number, line) in source.text.lines().enumerate() {
            for word in words.iter().filter(|word| line.contains(word.as_str())) {
                offences.push(format!("{}:{}: {word}", source.path, number + 1));
            }
        }
    }
    none(offences, "something is left to do");
}
