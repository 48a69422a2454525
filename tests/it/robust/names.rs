//! Names that nobody expects: of files, and in what scenarios say.

use super::{TINY, ends, everything, folder, has_parts, refused, scenario};
use crate::cli::text;
use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

/// Everything that is read and written, under a name.
fn all_under(folder: &Path, name: &OsStr) {
    let named = |ending: &str| {
        let mut named = name.to_os_string();
        named.push(ending);
        named
    };
    let file = named(".toml");
    let rates = "[load.recorded.more]\nfile = \"rates.csv\"\n[load.constant.all]";
    scenario(folder, "plain.toml", &[("[load.constant.all]", rates)]);
    std::fs::rename(folder.join("plain.toml"), folder.join(&file)).unwrap();
    let data = named(" data");
    std::fs::create_dir(folder.join(&data)).unwrap();
    std::fs::write(folder.join(&data).join("rates.csv"), "time,rate\n0,1\n").unwrap();
    let typed = |words: &[&str], names: &[(&str, &OsStr)]| -> Vec<OsString> {
        let mut typed: Vec<OsString> = words.iter().map(OsString::from).collect();
        // With `=`, as a name that begins with a dash would be taken for an option.
        typed.extend(names.iter().map(|(option, value)| {
            let mut both = OsString::from(option);
            both.push(value);
            both
        }));
        typed.extend([OsString::from("--"), file.clone()]);
        typed
    };
    let (out, check, store) = (named(" out"), named(" check"), named(".db"));
    let (junit, kept) = (named(".xml"), named(".json"));
    let run: &[(&str, &OsStr)] = &[
        ("--out=", &out),
        ("--data=", &data),
        #[cfg(feature = "store")]
        ("--store=", &store),
    ];
    let first = ends(folder, &typed(&["run"], run), 0);
    assert_eq!(first.stdout, ends(folder, &typed(&["run"], run), 0).stdout);
    let other: &[(&str, &OsStr)] = &[
        ("--out=", &check),
        ("--data=", &data),
        ("--junit=", &junit),
        ("--save-baseline=", &kept),
    ];
    ends(folder, &typed(&["check", "--replications", "100"], other), 0);
    let against: &[(&str, &OsStr)] =
        &[("--out=", &check), ("--data=", &data), ("--baseline=", &kept)];
    ends(folder, &typed(&["check", "--replications", "100"], against), 0);
    let report = [OsString::from("report"), OsString::from("--"), out.clone()];
    ends(folder, &report, 0);
    for made in [&out, &check, &junit, &kept] {
        assert!(folder.join(made).exists(), "{made:?} is not there under its own name");
    }
    #[cfg(feature = "store")]
    assert!(folder.join(&store).is_file());
    assert!(folder.join(&out).join("report.html").is_file() && !has_parts(folder));
    let _ = store;
}

#[test]
fn files_may_be_called_anything() {
    let names: [&[u8]; 9] = [
        b"two words",
        "größer".as_bytes(),
        "日本語 ファイル".as_bytes(),
        "تجربة".as_bytes(),
        b"-dash",
        b"--out",
        b"'quote\"$(x)`;&",
        b"not \xff\xfe UTF-8",
        b"line\nand \x1b[31mcolour",
    ];
    for (number, name) in names.iter().enumerate() {
        all_under(&folder(&format!("names-{number}")), OsStr::from_bytes(name));
    }
}

/// What a terminal would obey is written out, wherever it comes from.
#[test]
fn no_name_reaches_the_terminal_as_a_command() {
    let folder = folder("escape");
    let wild = "wild\u{1b}]0;title\u{7}\u{9b}31m";
    let file = scenario(&folder, &format!("{wild}.toml"), &[]);
    let file = file.to_str().unwrap();
    let obeyed =
        |bytes: &[u8]| String::from_utf8_lossy(bytes).chars().any(|c| c.is_control() && c != '\n');
    std::fs::write(
        folder.join("kept.json"),
        format!(
            "{{\"format\":1,\"version\":\"\\u001b[31m\",\"scenarios\":{{\"x\\u001b[1m\":{}}}}}",
            "{\"scenario_hash\":\"\",\"seed\":1,\"digest\":\"\",\"measures\":{}}"
        ),
    )
    .unwrap();
    let (missing, place) = (format!("{wild}-is-missing.toml"), format!("{wild} out"));
    let (unknown, keyed) = (format!("--set=\"{wild}\"=1"), format!("--set=nodes.\"{wild}\"=1"));
    let (valued, varied) = (format!("--set=nodes.count=\"{wild}\""), format!("--vary={wild}=1,2"));
    let cases: [&[&str]; 12] = [
        &["run", file],
        &["run", file, "--out", &place],
        &["check", file, "--replications", "3", "--annotations", "github"],
        &["check", file, TINY, "--replications", "3", "--out", "both"],
        &["check", TINY, "--replications", "10", "--baseline", "kept.json"],
        &["run", &missing],
        &["run", TINY, &unknown],
        &["run", TINY, &keyed],
        &["run", TINY, &valued],
        &["run", TINY, "--with", wild],
        &["sweep", TINY, &varied],
        &["report", &place],
    ];
    for arguments in cases {
        // As on a terminal, where nothing is taken out.
        let output = super::run(&folder, &[&["--color=always"][..], arguments].concat());
        let plain = |bytes: &[u8]| {
            let text = String::from_utf8_lossy(bytes).into_owned();
            // Our own colours.
            let mut parts = text.split("\u{1b}[");
            let mut rest = parts.next().unwrap_or_default().to_string();
            for part in parts {
                let end = part.find(|c: char| !c.is_ascii_digit() && c != ';').unwrap();
                assert!(part[end..].starts_with('m'), "{part}");
                rest += &part[end + 1..];
            }
            rest.into_bytes()
        };
        for bytes in [&output.stdout, &output.stderr] {
            assert!(!obeyed(&plain(bytes)), "{arguments:?}: {:?}", String::from_utf8_lossy(bytes));
        }
    }
}

/// A scenario of which every text is one that something might take for its own.
fn nasty(folder: &Path, nasty: &str) -> std::path::PathBuf {
    let quoted = serde_json::to_string(nasty).unwrap();
    let text = std::fs::read_to_string(TINY).unwrap();
    let own = |line: &str| {
        for key in ["title = ", "about = ", "claim = ", "why = ", "published = ", "source = "] {
            if let Some(at) = line.find(key)
                && line.trim_start().starts_with(key)
            {
                return format!("{}{key}{quoted}", &line[..at]);
            }
        }
        line.to_string()
    };
    let mut text: String = text.lines().map(|line| own(line) + "\n").collect();
    text += &format!(
        "\n[[assumption]]\nkey = \"process.slots\"\nrange = [1, 50]\nwhy = {quoted}\n\
         [[fact]]\nat = 2021-02-01T00:00:10Z\ntext = {quoted}\n\
         [cause.one]\nabout = {quoted}\npatch.nodes.count = 3\n\
         [environment.provides]\nother = {quoted}\n"
    );
    let path = folder.join("nasty.toml");
    std::fs::write(&path, text).unwrap();
    path
}

#[test]
fn what_a_scenario_says_is_text_wherever_it_stands() {
    let texts = [
        "<script>alert(1)</script><img src=x onerror=alert(1)>",
        "</title></style></svg>\"><b onclick='x'>&amp;",
        "=HYPERLINK(\"http://example.org\",\"x\")",
        "::error::x%0A::stop-commands::y",
        "]]><!-- -->\u{2028}\u{200f}",
    ];
    for (number, said) in texts.iter().enumerate() {
        let folder = folder(&format!("said-{number}"));
        let file = nasty(&folder, said);
        let file = file.to_str().unwrap();
        let varied = format!("--vary=environment.provides.other=\"=1+1\",{}", quoted(said));
        let commands: [&[&str]; 7] = [
            &["run", file, "--replications", "3"],
            &["compare", file, "--replications", "3"],
            &["sweep", file, &varied, "--replications", "2"],
            &["causes", file, "--replications", "2"],
            &["sensitivity", file, "--replications", "2", "--points", "4"],
            &["plan", file, "--vary", "nodes.count=1,2", "--replications", "5"],
            &[
                "check",
                file,
                "--replications",
                "3",
                "--junit",
                "junit.xml",
                "--annotations",
                "github",
            ],
        ];
        for command in commands {
            let output = super::run(&folder, command);
            assert!(matches!(output.status.code(), Some(0 | 1)), "{}", text(&output.stderr));
            for line in text(&output.stdout).lines().filter(|line| line.starts_with("::")) {
                let (head, rest) = line[2..].split_once("::").unwrap();
                assert!(head.starts_with("error ") || head.starts_with("warning "), "{line}");
                assert!(!rest.is_empty() && !head.contains("stop-commands::"), "{line}");
            }
        }
        for (path, content) in everything(&folder) {
            let content = String::from_utf8(content).unwrap();
            match path.extension().and_then(OsStr::to_str) {
                Some("html") => is_harmless(&content, said),
                Some("csv") => has_no_formula(&content),
                Some("xml" | "svg") => {
                    for raw in ["<script", "<b ", "<img", "]]>"] {
                        assert!(!content.contains(raw), "{}: {raw}", path.display());
                    }
                }
                Some("json") => drop(serde_json::from_str::<serde_json::Value>(&content).unwrap()),
                _ => {}
            }
        }
    }
}

/// The text as a TOML string.
fn quoted(said: &str) -> String {
    serde_json::to_string(said).unwrap()
}

fn is_harmless(page: &str, said: &str) {
    assert_eq!(page.matches("<script").count(), 1, "our own");
    assert_eq!(page.matches("<title").count(), 1);
    assert!(page.contains("default-src 'none'") && page.contains("base-uri 'none'"));
    for raw in ["<img", "<b ", "alert(1)</script>"] {
        assert!(!page.contains(raw), "{raw}");
    }
    // It is there all the same.
    let escaped = said.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    assert!(page.contains(&escaped.replace('"', "&quot;")), "{escaped}");
}

/// No cell that a spreadsheet would compute.
fn has_no_formula(table: &str) {
    let mut reader = csv::ReaderBuilder::new().has_headers(false).from_reader(table.as_bytes());
    for row in reader.records() {
        for cell in row.unwrap().iter().filter(|cell| cell.parse::<f64>().is_err()) {
            let starts = ['=', '+', '-', '@', '\t', '\r'];
            assert!(!cell.starts_with(starts), "{cell:?} would be computed");
        }
    }
}

/// Whatever a scenario is called, its files are below the directory.
#[test]
fn no_name_leads_out_of_the_directory() {
    let folder = folder("outside");
    let inside = folder.join("inside");
    std::fs::create_dir(&inside).unwrap();
    let before = everything(&folder);
    let long = "x".repeat(101);
    for name in ["../out", "/tmp/x", "a/b", "..", ".", "", "a\\u0000b", "a\\\\b", &long, "a b", "ä"]
    {
        let set = format!("--set=name=\"{name}\"");
        let told = refused(&inside, &["run", TINY, &set]);
        assert!(told.contains("a name has only letters, digits, `-` and `_`"), "{name}: {told}");
        assert!(everything(&folder) == before, "{name}");
    }
    // The longest, and those that look like something else.
    for name in [&long[..100], "-", "--help", "con", "1"] {
        let set = format!("--set=name=\"{name}\"");
        ends(&inside, &["run", TINY, &set], 0);
        ends(&inside, &["sensitivity", TINY, &set, "--replications", "1", "--points", "2"], 0);
        assert!(inside.join("output").join(name).join("manifest.json").is_file(), "{name}");
        assert!(inside.join(format!("output/{name}-sensitivity")).is_dir(), "{name}");
    }
    let outside: Vec<_> =
        everything(&folder).into_keys().filter(|p| !p.starts_with(&inside)).collect();
    assert!(outside.is_empty(), "{outside:?}");
    let init = refused(&inside, &["init", "--yes", "--name", "../x"]);
    assert!(init.contains("name"), "{init}");
}
