//! What is typed, by example: two or three lines for each command. A test parses all of them.

/// Lines that can be typed, each with what it does.
pub(in crate::cli) type Examples = &'static [(&'static str, &'static str)];

/// The examples of each command, by its name.
pub(in crate::cli) const EXAMPLES: &[(&str, Examples)] = &[
    (
        "run",
        &[
            ("fleetfall run pinpoint-2021", "what happened in an outage, and when"),
            ("fleetfall run pinpoint-2021 --replications 50", "every figure with its interval"),
            (
                "fleetfall run retry-storm --set nodes.count=6",
                "the same with another value of a key",
            ),
        ],
    ),
    (
        "list",
        &[
            ("fleetfall list", "the built-in scenarios"),
            ("fleetfall list --format json", "the same for programs"),
        ],
    ),
    (
        "show",
        &[
            ("fleetfall show retry-storm", "its text, with comments"),
            ("fleetfall show retry-storm > mine.toml", "a copy to change"),
        ],
    ),
    (
        "init",
        &[
            ("fleetfall init", "asks a few questions and writes the file"),
            ("fleetfall init shop.toml --yes", "asks nothing"),
            (
                "fleetfall init shop.toml --nodes 6 --rate 200/s --supervisor systemd",
                "asks for the rest",
            ),
        ],
    ),
    (
        "explain",
        &[
            ("fleetfall explain nodes.count", "a key"),
            ("fleetfall explain balancer", "a table and its keys; without a name all tables"),
            ("fleetfall explain downtime_s", "a result"),
        ],
    ),
    (
        "trace",
        &[
            (
                "fleetfall trace pinpoint-2021 --around first_restart --window 90s",
                "everything around the first restart",
            ),
            (
                "fleetfall trace retry-storm --around 12:10:00 --node node-2 --format csv",
                "what one node did, for programs",
            ),
        ],
    ),
    (
        "report",
        &[
            ("fleetfall report output/pinpoint-2021", "the page of a run, from its files"),
            (
                "fleetfall report output/pinpoint-2021 output/pinpoint-2021-compare",
                "with what a comparison adds",
            ),
        ],
    ),
    (
        "check",
        &[
            ("fleetfall check pinpoint-2021", "decides every claim of a scenario"),
            ("fleetfall check scenarios --junit verdicts.xml", "of all files in a folder, for CI"),
            ("fleetfall check shop.toml --resolved", "prints the file with every default"),
        ],
    ),
    (
        "compare",
        &[
            ("fleetfall compare retry-storm", "each mitigation, pair by pair"),
            (
                "fleetfall compare pinpoint-2021 --only config-check --precision 10%",
                "one of them, until it is known that well",
            ),
        ],
    ),
    (
        "causes",
        &[
            ("fleetfall causes pinpoint-2021", "what each cause contributes"),
            ("fleetfall causes pinpoint-2021 --replications 30", "with narrower intervals"),
        ],
    ),
    (
        "plan",
        &[
            ("fleetfall plan retry-storm", "with how many nodes an outage is rare enough"),
            ("fleetfall plan shop.toml --ask recovery", "from which load it comes back by itself"),
            ("fleetfall plan shop.toml --ask losses", "how many nodes may be lost"),
        ],
    ),
    (
        "sweep",
        &[
            ("fleetfall sweep retry-storm --vary nodes.count=3..8", "one key"),
            (
                "fleetfall sweep shop.toml --vary nodes.count=1..4 --vary load.scale=0.5..2.5:0.5",
                "a map over two",
            ),
        ],
    ),
    (
        "sensitivity",
        &[
            ("fleetfall sensitivity pinpoint-2021", "which assumptions decide the downtime"),
            ("fleetfall sensitivity pinpoint-2021 --measure requests_failed", "or another measure"),
        ],
    ),
    (
        "merge",
        &[(
            "fleetfall merge study.db one.db two.db",
            "the stores of `run --shard 1/2 --store one.db` and `run --shard 2/2 --store two.db`",
        )],
    ),
    (
        "reference",
        &[
            ("fleetfall reference", "all keys and all results"),
            ("fleetfall reference > reference.md", "as a file"),
        ],
    ),
    ("schema", &[("fleetfall schema > scenario.schema.json", "for an editor that checks TOML")]),
    (
        "completions",
        &[
            (
                "fleetfall completions bash > ~/.local/share/bash-completion/completions/fleetfall",
                "for bash, from the next shell on",
            ),
            ("fleetfall completions fish > ~/.config/fish/completions/fleetfall.fish", "for fish"),
        ],
    ),
    (
        "man",
        &[
            ("fleetfall man | man -l -", "reads the page"),
            ("fleetfall man ~/.local/share/man/man1", "installs those of all commands"),
        ],
    ),
];

/// The examples of a command.
pub(super) fn of(name: &str) -> Examples {
    EXAMPLES.iter().find(|(command, _)| *command == name).map_or(&[], |(_, examples)| examples)
}
