//! What the project depends on: licences that anybody can live with, and no crate that the list in
//! `ARCHITECTURE.md` does not give a reason for.

use serde_json::Value;
use spdx::{Expression, LicenseId, LicenseReq};
use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;

/// Licences under which a program may be given away in any form with no more than a notice.
const ALLOWED: [&str; 9] = [
    "MIT",
    "Apache-2.0",
    "BSD-2-Clause",
    "BSD-3-Clause",
    "BSL-1.0",
    "ISC",
    "Unicode-3.0",
    "Unlicense",
    "Zlib",
];
/// Packages of other people that one build of the program takes at most. It may only shrink.
const PACKAGES_MAX: usize = 112;

fn output(command: &mut Command) -> String {
    let output = command.output().expect("it runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("it is text")
}

/// What cargo knows of the packages that a build on this machine takes; it asks nobody, since those
/// are here.
fn metadata() -> Value {
    let version = output(Command::new("rustc").arg("-vV"));
    let host = version.lines().find_map(|line| line.strip_prefix("host: ")).expect("it says so");
    let mut cargo = Command::new(env!("CARGO"));
    cargo.current_dir(env!("CARGO_MANIFEST_DIR"));
    cargo.args(["metadata", "--format-version", "1", "--locked", "--offline"]);
    let text = output(cargo.args(["--filter-platform", host]));
    serde_json::from_str(&text).expect("it is JSON")
}

fn array<'a>(value: &'a Value, key: &str) -> &'a [Value] {
    value[key].as_array().map_or(&[], Vec::as_slice)
}

fn text<'a>(value: &'a Value, key: &str) -> &'a str {
    value[key].as_str().unwrap_or_default()
}

fn is_allowed(req: &LicenseReq) -> bool {
    let name = |id: LicenseId| ALLOWED.contains(&id.name);
    req.license.id().is_some_and(name)
}

#[test]
fn licences_are_permissive() {
    let metadata = metadata();
    let packages = array(&metadata, "packages");
    assert!(packages.len() > 50, "cargo lists {} packages", packages.len());
    for package in packages {
        let (name, licence) = (text(package, "name"), text(package, "license"));
        // Old packages write "MIT/Apache-2.0", and "or".
        let mode = spdx::ParseMode::LAX;
        let expression = Expression::parse_mode(licence, mode)
            .unwrap_or_else(|error| panic!("{name} says it is under {licence:?}: {error}"));
        assert!(expression.evaluate(is_allowed), "{name} is under {licence}");
    }
}

/// A package with a licence that asks for more is recognised.
#[test]
fn other_licences_are_not() {
    for (licence, allowed) in [
        ("MIT OR GPL-3.0-only", true),
        ("MIT AND GPL-3.0-only", false),
        ("LGPL-2.1-or-later", false),
        ("(MIT OR Apache-2.0) AND Unicode-3.0", true),
    ] {
        let expression = Expression::parse(licence).expect("it is one");
        assert_eq!(expression.evaluate(is_allowed), allowed, "{licence}");
    }
}

#[test]
fn every_dependency_has_its_reason() {
    let metadata = metadata();
    let packages = array(&metadata, "packages");
    let own = packages.iter().find(|package| text(package, "name") == "fleetfall");
    let own = own.expect("it is a package");
    let of_kind = |kind: Option<&str>| -> BTreeSet<&str> {
        let all = array(own, "dependencies").iter();
        all.filter(|dependency| dependency["kind"].as_str() == kind)
            .map(|dependency| text(dependency, "name"))
            .collect()
    };
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let architecture =
        std::fs::read_to_string(root.join("ARCHITECTURE.md")).expect("it can be read");
    let (_, table) = architecture.split_once("## Dependencies").expect("there is a section");
    let table = table.split("\n## ").next().unwrap_or_default();
    // Crates are what stands between two backticks and is no path.
    let names = table.split('`').skip(1).step_by(2);
    let is_crate = |name: &&str| !name.contains(['.', '/', ' ']) && *name != "fleetfall";
    let listed: BTreeSet<&str> = names.filter(is_crate).collect();
    let all: BTreeSet<&str> = of_kind(None).union(&of_kind(Some("dev"))).copied().collect();
    assert_eq!(listed, all, "the table and the manifest name the same crates");
}

/// How many packages of others go into the program.
#[test]
fn the_program_takes_few_packages() {
    let metadata = metadata();
    let nodes = array(&metadata["resolve"], "nodes");
    let node = |id: &str| nodes.iter().find(|node| text(node, "id") == id);
    let root = text(&metadata["resolve"], "root");
    let (mut found, mut left) = (BTreeSet::new(), vec![root]);
    while let Some(id) = left.pop() {
        for dependency in array(node(id).expect("it is resolved"), "deps") {
            let is_built = |kind: &Value| kind["kind"].as_str() != Some("dev");
            let package = text(dependency, "pkg");
            if array(dependency, "dep_kinds").iter().any(is_built) && found.insert(package) {
                left.push(package);
            }
        }
    }
    assert!(found.len() <= PACKAGES_MAX, "{} packages, not {PACKAGES_MAX}", found.len());
}
