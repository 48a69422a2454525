//! Users who wait for an answer before they ask again, sessions, and clients who try again.

use super::{Figure, Row, Theorem, theorems};
use fleetfall::scenario::measure::Measure;

theorems!(machine_repair, sessions, sessions_that_end_in_anger, retries);

/// The machine-repair model: N users think for an exponential time, and share one server. State k has
/// the weight N! / (N - k)! (s / Z)^k; the throughput is that of a busy server.
fn machine_repair() -> Theorem {
    let (service, think) = (0.1, 1.0);
    let throughput = |users: u32| {
        let (mut weight, mut sum) = (1.0, 1.0);
        for k in 0..users {
            weight *= f64::from(users - k) * service / think;
            sum += weight;
        }
        (1.0 - 1.0 / sum) / service
    };
    // Little's law for the whole loop.
    let sojourn = |users: u32| f64::from(users) / throughput(users) - think;
    let text = r#"clock.warm_up = "5min"
clock.window = "10min"
clients.patience = "1h"
load.users.all = { count = 12, think.exponential.mean = "1s" }
class.web.stages = [{ wait.exponential.mean = "100ms" }]
process = { slots = 1, backlog = 1000000 }"#;
    let rows = vec![
        Row {
            figure: Figure::Of(Measure::Goodput),
            exact: throughput(12),
            wrong: vec![("a user more", throughput(13)), ("a user less", throughput(11))],
        },
        Row {
            figure: Figure::Of(Measure::SojournMean),
            exact: sojourn(12),
            wrong: vec![
                ("a user more", sojourn(13)),
                ("a user less", sojourn(11)),
                ("constant service", sojourn(12) * 0.9),
                // An open source of the same rate.
                ("arrivals that do not wait", service / (1.0 - throughput(12) * service)),
            ],
        },
    ];
    Theorem {
        name: "machine repair",
        source: "Takacs (1962); Lazowska et al. (1984), 6.4",
        minutes: 5 * 60,
        text: text.into(),
        rows,
    }
}

/// Users arrive at 20 a second and make so many requests on average: partly open load. With a fleet
/// of which half is dead, a request fails with probability 1/2.
fn partly_open(
    name: &'static str,
    leave: &str,
    exact: f64,
    wrong: &[(&'static str, f64)],
) -> Theorem {
    let text = format!(
        r#"clock.warm_up = "1min"
clock.window = "1min"
load.sessions.all = {{ rate = "20/s", requests = 4, think.exponential.mean = "500ms"{leave} }}
class.web.stages = [{{ wait = "10ms" }}]
balancer.policy = "random"
nodes.count = 2
process.slots = 1000
fault.dead = {{ at = 2021-02-01T00:00:00Z, kind.crash_process.nodes.count = 1 }}"#
    );
    let wrong = wrong.iter().map(|(model, mean)| (*model, 20.0 * mean)).collect();
    let row = Row { figure: Figure::Rate, exact: 20.0 * exact, wrong };
    let source = "Wald's equation; Schroeder et al. (2006)";
    Theorem { name, source, minutes: 11, text, rows: vec![row] }
}

/// Four requests on average, whatever becomes of them: the rate is that of the users times four.
fn sessions() -> Theorem {
    let wrong = [("the first alone", 1.0), ("one more", 5.0), ("leaving after failures", 2.5)];
    partly_open("sessions", "", 4.0, &wrong)
}

/// Of those whose request failed 40 % leave: after each request another follows with probability
/// 3/4 (1 - 1/2 2/5) = 3/5, which makes 1 / (1 - 3/5) = 2.5 of them.
fn sessions_that_end_in_anger() -> Theorem {
    let leave = ", leave_after_failure = \"40%\"";
    let wrong = [
        ("nobody leaves", 4.0),
        ("all leave after failures", 1.0 / (1.0 - 0.75 * 0.5)),
        ("40 % leave always", 1.0 / (1.0 - 0.75 * 0.6)),
        ("a mean of 4 that is thinned", 4.0 * 0.8),
    ];
    partly_open("sessions, leaving", leave, 2.5, &wrong)
}

/// Retry amplification: where an attempt fails with probability p, independently, r attempts at most
/// make (1 - p^r) / (1 - p) of them. Half of the nodes are dead and picks are random.
fn retries() -> Theorem {
    let attempts =
        |p: f64, most: u32| (0..most).fold((0.0, 1.0), |(sum, term), _| (sum + term, term * p)).0;
    let text = r#"clock.window = "1min"
load.constant.all.rate = "50/s"
class.web.stages = [{ wait = "10ms" }]
clients.retry = { attempts = 3, base = "10ms" }
balancer.policy = "random"
nodes.count = 2
process.slots = 100
fault.dead = { at = 2021-02-01T00:00:00Z, kind.crash_process.nodes.count = 1 }"#;
    let rows = vec![
        Row {
            figure: Figure::Of(Measure::Attempts),
            exact: attempts(0.5, 3),
            wrong: vec![
                ("an attempt more", attempts(0.5, 4)),
                ("an attempt less", attempts(0.5, 2)),
                ("another node each time", 1.5),
            ],
        },
        Row {
            figure: Figure::Of(Measure::Availability),
            exact: 0.875,
            wrong: vec![("an attempt more", 0.9375), ("an attempt less", 0.75)],
        },
    ];
    let source = "geometric sum";
    Theorem { name: "retry amplification", source, minutes: 20, text: text.into(), rows }
}
