//! The keys of a scenario file. What a key means, its unit, range and default stand here once; the
//! reference page, the JSON schema and the messages are made from it.

pub mod change;
pub mod claims;
pub mod fleet;
pub mod load;
pub mod quantity;
pub mod workers;

use super::text::{At, Duration, Name, Named, Share, Timestamp, Zone, choice, section};
use change::{Deploy, Environment, Fault, Maintenance, People, Protections, Release};
use claims::{
    Assumption, Cause, Claim, Counterfactual, Experiment, Hypercube, Interval, Mitigation,
};
use fleet::{Balancer, Nodes, Process, Supervisor};
use load::{Class, Clients, Load};

section! {
    /// A scenario: what a fleet is made of, what load meets it, what is changed, who repairs it,
    /// and what is claimed about the outcome.
    pub struct Document {
        /// Version of this format.
        pub schema: u32, within(1, 1);
        /// Name of the scenario and of the folder of its results.
        pub name: Name;
        /// One line for people.
        pub title: String;
        /// Where the facts come from.
        pub source: Option<String>;
        /// What was published, in order; shown beside what is simulated.
        pub fact: Vec<Fact>;
        /// What files that are named below must contain; `check --resolved` prints it.
        pub content: Vec<Content>;
        /// Civil time.
        pub clock: Clock;
        /// Where requests come from.
        pub load: Load = {};
        /// Classes of requests.
        pub class: Named<Class>;
        /// What clients do.
        pub clients: Clients = {};
        /// What stands in front of the fleet.
        pub balancer: Balancer = {};
        /// The machines.
        pub nodes: Nodes = {};
        /// The process on each machine.
        pub process: Process;
        /// What starts and restarts that process.
        pub supervisor: Supervisor = "none";
        /// What the hosts provide to a configuration.
        pub environment: Environment = {};
        /// Versions of the software with their configuration.
        pub release: Named<Release>;
        /// The release that runs at the start; if there are none, a configuration that is valid
        /// everywhere.
        pub first_release: Option<At<Name>>;
        /// Changes of the release.
        pub deploy: Named<Deploy>;
        /// What breaks from outside.
        pub fault: Named<Fault>;
        /// Planned events that empty machines.
        pub maintenance: Named<Maintenance>;
        /// Who notices and repairs.
        pub people: People = {};
        /// What protects the fleet from its own restarts.
        pub protections: Protections = {};
        /// What counts as an outage.
        pub outage: Outage = {};
        /// What availability is promised.
        pub slo: Slo = {};
        /// Named stretches of time with measures of their own.
        pub interval: Named<Interval>;
        /// How many replications, from which seed.
        pub experiment: Experiment = {};
        /// Inputs that nobody has published, with the range in which they are plausible.
        pub assumption: Vec<Assumption>;
        /// What must hold over the ranges of all assumptions together.
        pub hypercube: Option<Hypercube>;
        /// Named patches that are meant to help; `--with NAME` applies one.
        pub mitigation: Named<Mitigation>;
        /// Named patches that each take away one cause; `fleetfall causes` shares out among them
        /// what they do together.
        pub cause: Named<Cause>;
        /// Named patches that test whether the model behaves as it must.
        pub counterfactual: Named<Counterfactual>;
        /// What must come out.
        pub expect: Vec<Claim>;
    }
}

section! {
    /// A published fact.
    pub struct Fact {
        /// When it happened.
        pub at: Timestamp;
        /// What happened, in a few words.
        pub text: String;
    }
}

section! {
    /// What a file must contain. Otherwise the scenario is refused: with another file it would be
    /// another scenario.
    pub struct Content {
        /// The file, as it is named below.
        pub file: String;
        /// The SHA-256 of its content, as `sha256sum` prints it.
        pub sha256: At<String>;
    }
}

section! {
    /// Civil time.
    pub struct Clock {
        /// Where the simulation starts.
        pub start: Timestamp;
        /// Where it ends.
        pub end: At<Timestamp>;
        /// Requests issued before this much time has passed are simulated but not measured.
        pub warm_up: Duration = "0s";
        /// Length of the windows of the results, by which outages are judged too.
        pub window: Duration = "10s", within("100ms", "1h");
        /// The time zone in which times are shown.
        pub zone: Zone = "UTC";
        /// Whether every event is simulated, or stretches in which nothing is decided are passed
        /// over.
        pub resolution: Resolution = "exact";
    }
}

choice! {
    /// How closely time is looked at.
    pub enum Resolution {
        /// Every event is simulated.
        Exact = "exact",
        /// Where no decision is near (all nodes serve well below every limit, or are out for now),
        /// the requests of whole windows are counted instead, as those simulated just before turned
        /// out; health checks, supervisors and people go on. Requests are other ones than those of
        /// `exact`, of the same law: compare distributions, not single runs.
        Adaptive = "adaptive",
    }
}

section! {
    /// What counts as an outage: a maximal interval in which too few requests succeed, counted by
    /// the windows (`clock.window`) in which they were issued. A window without requests is like
    /// the one before.
    pub struct Outage {
        /// A window is bad if less than this share of its requests succeeds.
        pub below: Share = "50%";
        /// Bad windows must follow on one another for so long.
        pub lasting: Duration = "30s";
        /// A window is good if at least this share succeeds.
        pub recovered: Share = "95%";
        /// The outage ends where good windows begin that follow on one another for so long.
        pub recovered_lasting: Duration = "60s";
    }
}

section! {
    /// What availability is promised.
    pub struct Slo {
        /// Share of requests that must succeed.
        pub availability: Share = "99.9%";
        /// The period for which it is promised.
        pub period: Duration = "30d", within("1h", "3660d");
    }
}
