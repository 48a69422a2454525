//! The text of a scenario to begin with. Every number in its comments is worked out from what the
//! lines beside them say.

use super::{Answer, Kept, Starter};
use crate::scenario::text::Bytes;

/// How long a request waits for something else than the cores, on average, in milliseconds.
const WAIT_MS: u32 = 100;
/// After how many minutes a process reaches its limit.
const LIMIT_AFTER: f64 = 40.0;
/// Where the simulation starts and how long it is, in hours.
const HOURS: (u32, u32) = (12, 2);
/// The column of comments beside keys.
const COMMENTS: usize = 31;

pub(super) fn text(starter: &Starter) -> String {
    let numbers = Numbers::of(starter);
    let mut text = String::new();
    for part in [
        head(starter),
        load(starter, &numbers),
        fleet(starter, &numbers),
        supervisor(starter),
        deploy(starter),
        questions(starter),
    ] {
        text += part.trim_start_matches('\n');
        text.push('\n');
    }
    text.trim_end().lines().map(aligned).collect()
}

/// The line, with what explains it in the column of all.
fn aligned(line: &str) -> String {
    match line.split_once(" # ") {
        Some((key, comment)) if !key.is_empty() && !line.starts_with('#') => {
            format!("{key:COMMENTS$} # {comment}\n")
        }
        _ => format!("{line}\n"),
    }
}

/// What follows from the answers.
struct Numbers {
    /// The share of the cores that the load takes.
    busy: f64,
    /// Requests that a node has in hand, on average.
    in_hand: f64,
    /// Requests that a node serves, per second.
    served: f64,
    /// Bytes of a fresh process.
    base: Bytes,
    /// Bytes that a request uses while it is served.
    in_service: Bytes,
    /// Bytes that it leaves behind.
    retained: Bytes,
    /// Minutes after which a process is at its limit.
    minutes: f64,
}

impl Numbers {
    fn of(starter: &Starter) -> Numbers {
        let (nodes, cores) = (f64::from(starter.nodes), f64::from(starter.cores));
        let slots = f64::from(starter.slots);
        let work = starter.cpu.as_secs_f64();
        let alone = work + f64::from(WAIT_MS) / 1000.0;
        let offered = starter.rate.as_per_second() / nodes;
        let served = offered.min(cores / work).min(slots / alone);
        let in_hand = if served < offered { slots } else { served * alone };
        let limit = starter.memory_limit.get();
        // Whole units, so that the text is easy to read.
        let whole = |bytes: f64| {
            let unit = [1 << 20, 1 << 10].into_iter().find(|&unit| bytes >= 4.0 * unit as f64);
            let unit = unit.unwrap_or(1_u64);
            Bytes::new(((bytes / unit as f64).round() as u64).max(1) * unit)
        };
        let base = whole(limit as f64 * 0.45);
        let in_service = whole(limit as f64 / (8.0 * slots));
        let room = (limit - base.get()) as f64 - in_hand * in_service.get() as f64;
        let retained = whole(room / (served * 60.0 * LIMIT_AFTER));
        Numbers {
            busy: starter.rate.as_per_second() * work / (nodes * cores),
            in_hand,
            served,
            base,
            in_service,
            retained,
            minutes: room / (retained.get() as f64 * served * 60.0),
        }
    }
}

fn head(starter: &Starter) -> String {
    let (start, hours) = HOURS;
    format!(
        r#"
# A scenario of fleetfall: what a fleet is made of, what load meets it, and what happens to it.
# `fleetfall explain KEY` says what a key means, which values it takes and what it is without being
# written, as in `fleetfall explain process.slots`; `fleetfall explain balancer` lists a table.

schema = 1 # version of this format
name = "{name}" # also the folder of the results, below output/
title = "{title}"
{first_release}
# {hours} hours are simulated. The date matters only to load that follows the hours of a day.
[clock]
start = 2024-05-06T{start}:00:00Z
end = 2024-05-06T{end}:00:00Z
"#,
        name = starter.name,
        title = match starter.invalid_deploy {
            Answer::Yes => "A fleet that cannot restart once it has to",
            Answer::No => "A fleet whose processes grow until they are restarted",
        },
        first_release = match starter.invalid_deploy {
            Answer::Yes => "first_release = \"old\" # what runs at the start, see below\n",
            Answer::No => "",
        },
        end = start + hours,
    )
}

fn load(starter: &Starter, numbers: &Numbers) -> String {
    let (rate, cpu) = (starter.rate, starter.cpu);
    let cores = starter.nodes * starter.cores;
    let verdict = if numbers.busy > 1.0 { ", more than there are: requests pile up" } else { "" };
    format!(
        r#"
# Where requests come from: here at random, at a rate that does not change. There are also days of
# parts of the world, surges, users who wait for answers, recordings: `fleetfall explain load`.
[load]
scale = 1 # factor on every rate below

[load.constant.visitors]
rate = "{rate}"

# What a request does: first it computes on a core, then it waits for something else, such as a
# database. Both times are drawn, here from exponential distributions with these means.
# {rate} at {cpu} keep {busy} of the {cores} cores busy{verdict}.
[class.page]
stages = [
  {{ cpu = {{ exponential = {{ mean = "{cpu}" }} }} }},
  {{ wait = {{ exponential = {{ mean = "{WAIT_MS}ms" }} }} }},
]

# What a client does: it waits for so long, then tries once more.
[clients]
patience = "10s"
retry = {{ attempts = 2, base = "1s" }}
"#,
        busy = short(numbers.busy * f64::from(cores)),
    )
}

fn fleet(starter: &Starter, numbers: &Numbers) -> String {
    let Numbers { base, in_service, retained, .. } = numbers;
    let limit = starter.memory_limit;
    format!(
        r#"
# What stands in front: it sends a request to the node with the fewest of them, hands one that is
# refused on to another node, once, and asks every node every 2 s whether it serves.
[balancer]
policy = "least_outstanding"
redispatch = 1
health = {{ active = {{ interval = "2s" }} }}

# The machines, called node-1 and so on.
[nodes]
count = {nodes}
cores = {cores}

# The process that serves on each of them.
[process]
slots = {slots} # requests served at once
backlog = 128 # requests that wait for one of these; more are refused
boot = "20s" # from the start command to serving

# Its memory. A node serves about {served} requests/s here and has {in_hand} of them in hand.
# What they leave behind takes the process to {limit} after about {minutes} minutes.
[process.memory]
base = "{base}" # of a fresh process
retained_per_request = "{retained}" # left behind by each request served, until a restart
in_service = "{in_service}" # used by a request while it is served
"#,
        nodes = starter.nodes,
        cores = starter.cores,
        slots = starter.slots,
        served = short(numbers.served),
        in_hand = short(numbers.in_hand),
        minutes = short(numbers.minutes),
    )
}

fn supervisor(starter: &Starter) -> String {
    let limit = starter.memory_limit;
    let others = "Others: `fleetfall explain supervisor`.";
    match starter.supervisor {
        Kept::Bluepill => format!(
            r#"
# What starts the processes again. bluepill restarts by rules, of which this one is called `memory`.
# {others}
[supervisor.bluepill.rule.memory]
above = {{ memory = "{limit}" }} # the limit; here also cpu_window, in_flight, age and more
every = "30s" # from one look to the next
"#
        ),
        Kept::Monit => format!(
            r#"
# What starts the processes again. monit looks once a cycle, and restarts by rules, of which this
# one is called `memory`. {others}
[supervisor.monit]
cycle = "30s"

[supervisor.monit.rule.memory]
above = {{ memory = "{limit}" }} # the limit; here also cpu_window, in_flight, age and more
"#
        ),
        Kept::Systemd => format!(
            r#"
# What starts the processes again. The kernel kills one that needs more than memory_max; systemd
# starts it again, and gives up if that happens too often. {others}
[supervisor.systemd]
restart = "always"
memory_max = "{limit}"
"#
        ),
        Kept::Docker => format!(
            r#"
# What starts the processes again. The kernel kills one that needs more than memory_max; Docker
# starts it again, each time later if it does not stay. {others}
[supervisor.docker]
restart = "always"
memory_max = "{limit}"
"#
        ),
        Kept::Kubernetes => format!(
            r#"
# What starts the processes again. The kernel kills one that needs more than memory_max; the kubelet
# starts it again, each time later if it does not stay. {others}
[supervisor.kubernetes]
memory_max = "{limit}"
"#
        ),
    }
}

fn deploy(starter: &Starter) -> String {
    if starter.invalid_deploy == Answer::No {
        return String::new();
    }
    format!(
        r#"
# A configuration is valid where all that it needs is provided. `new` is not: the hosts have another
# database. That shows when a process starts with it, and not before.
[environment]
provides = {{ database = "db-1" }}

[release.old]
needs = {{ database = "db-1" }}

[release.new]
needs = {{ database = "db-2" }}

# A hot deploy changes files and touches no process: nothing happens until one has to restart. Other
# ways are rolling, at_once, canary and reload: `fleetfall explain deploy.NAME.method`.
[deploy.noon]
at = 2024-05-06T{start}:15:00Z
release = "new"
method = "hot"

# Who notices and repairs: an alert, then somebody attends, finds the cause, and fixes the nodes.
[people]
alert.success = {{ below = "90%", lasting = "1min" }}
notice = "2min"
diagnose = "10min"
fix = "2min" # for each
at_a_time = {at_a_time} # nodes
fixed_release = "old" # what the fix puts on them
"#,
        start = HOURS.0,
        at_a_time = starter.nodes.div_ceil(4),
    )
}

fn questions(starter: &Starter) -> String {
    let more = starter.nodes + starter.nodes.div_ceil(4);
    let build = match starter.invalid_deploy {
        Answer::Yes => {
            r#"
[mitigation.build-check]
about = "The release is tried on a machine that has the database of the hosts, before its deploy."
patch = { protections.check.build.provides = { database = "db-1" } }
"#
        }
        Answer::No => "",
    };
    let budget = match starter.supervisor {
        Kept::Bluepill | Kept::Monit => {
            r#"
[mitigation.one-at-a-time]
about = "A restart has to wait while another node is away because of one."
patch = { protections.restart_budget.nodes = 1 }
"#
        }
        Kept::Systemd | Kept::Docker | Kept::Kubernetes => "",
    };
    format!(
        r#"
# What might help, each a patch of the keys above: `fleetfall compare` sets the scenario against all
# of them, `fleetfall run FILE --with more-nodes` shows one.
[mitigation.more-nodes]
about = "There are {more} nodes."
patch = {{ nodes.count = {more} }}
{build}{budget}
# What nobody knows exactly, with the range in which it is plausible: `fleetfall sensitivity` says
# which of these matter.
[[assumption]]
key = "process.boot"
range = ["5s", "60s"]
why = "nobody has measured it"

[[assumption]]
key = "load.scale"
range = [0.8, 1.25]
why = "no two days are alike"

# What you claim, `fleetfall check` decides. Take the `# ` away and try.
# [[expect]]
# claim = "no replication has an outage"
# measure = "outages"
# at_most = 0
"#
    )
}

/// A number with two digits that count, or all of a whole number.
fn short(number: f64) -> String {
    if number >= 10.0 {
        return format!("{number:.0}");
    }
    let digits = if number >= 1.0 { 1 } else { 3 };
    let text = format!("{number:.digits$}");
    text.trim_end_matches('0').trim_end_matches('.').to_string()
}
