//! What balancers make of several nodes.

use super::{Figure, Row, Theorem, theorems};
use fleetfall::scenario::measure::Measure;

theorems!(power_of_two, taking_turns, slow_start, panic_sends_to_all, no_panic_at_half);

const SERVICE: f64 = 0.1;

/// Power of two choices in the limit of many servers: the mean sojourn is the sum of rho^(2^k - 2)
/// over k = 1, 2, 3... times the service. With 200 servers it is a little more, by a term in 1 / n.
fn power_of_two() -> Theorem {
    let rho = 0.8;
    let limit = |rho: f64, choices: u32| {
        let mut sum = 0.0;
        let mut exponent = 0_u32;
        for _ in 0..8 {
            sum += (0..exponent).fold(1.0, |power, _| power * rho);
            exponent = choices * (exponent + 1);
            if exponent > 5_000 {
                break;
            }
        }
        SERVICE * sum
    };
    let text = r#"clock.warm_up = "1min"
clock.window = "1min"
clients.patience = "1h"
load.constant.all.rate = "1600/s"
class.web.stages = [{ wait.exponential.mean = "100ms" }]
balancer.policy = "power_of_two"
nodes.count = 200
process = { slots = 1, backlog = 1000000 }"#;
    let row = Row {
        figure: Figure::InTheLimit(Measure::SojournMean),
        exact: limit(rho, 2),
        wrong: vec![
            ("three choices", limit(rho, 3)),
            ("one choice", SERVICE / (1.0 - rho)),
            ("3 % more load", limit(1.03 * rho, 2)),
            ("3 % less load", limit(0.97 * rho, 2)),
        ],
    };
    Theorem {
        name: "power of two choices",
        source: "Vvedenskaya et al. (1996); Mitzenmacher (1996)",
        minutes: 10,
        text: text.into(),
        rows: vec![row],
    }
}

/// Nodes that take turns see every n-th arrival, E_n/M/1: the sojourn is s / (1 - x), where x is the
/// root below 1 of x = (n rho / (n rho + 1 - x))^n.
fn taking_turns() -> Theorem {
    let rho = 0.75;
    let sojourn = |nodes: u32, rho: f64| {
        let stages = f64::from(nodes) * rho;
        let x = (0..500)
            .fold(0.5, |x: f64, _| libm::pow(stages / (stages + 1.0 - x), f64::from(nodes)));
        SERVICE / (1.0 - x)
    };
    // A single node is M/M/1.
    assert!((sojourn(1, rho) - SERVICE / (1.0 - rho)).abs() < 1e-9);
    let text = r#"class.web.stages = [{ wait.exponential.mean = "100ms" }]
nodes.count = 4
process = { slots = 1, backlog = 1000000 }"#;
    let row = Row {
        figure: Figure::Of(Measure::SojournMean),
        exact: sojourn(4, rho),
        wrong: vec![
            ("at random", SERVICE / (1.0 - rho)),
            ("a node more", sojourn(5, 0.8 * rho)),
            ("3 % more load", sojourn(4, 1.03 * rho)),
            ("3 % less load", sojourn(4, 0.97 * rho)),
        ],
    };
    let name = ("taking turns, E4/M/1", "Kleinrock I (1975), 6.4");
    Theorem::queue(name, 3, 4.0 * rho / SERVICE, text, vec![row])
}

/// A node that comes up grows linearly from a tenth of its weight to all of it within 40 s, beside
/// one with a quarter of its weight. Its share is the mean of w / (w + 1/4) over the time, w = t / 40
/// but at least 1/10.
fn slow_start() -> Theorem {
    let mean = |from: f64, to: f64, weight: &dyn Fn(f64) -> f64| {
        let steps = 10_000;
        let at = |i: i32| from + (f64::from(i) + 0.5) * (to - from) / f64::from(steps);
        (0..steps).map(|i| weight(at(i)) / (weight(at(i)) + 0.25)).sum::<f64>() / f64::from(steps)
    };
    let row = |from: f64, to: f64| Row {
        figure: Figure::ShareOfLast(from, to),
        exact: mean(from, to, &|t| (t / 40.0).clamp(0.1, 1.0)),
        wrong: vec![
            ("from nothing", mean(from, to, &|t| t / 40.0 * if t < 4.0 { 1.0 } else { 0.9 })),
            ("as steep again", mean(from, to, &|t| (0.1 + 0.9 * t / 40.0).min(1.0))),
            ("its square", mean(from, to, &|t| (t * t / 1600.0).clamp(0.01, 1.0))),
            ("all of it", 0.8),
        ],
    };
    let text = r#"clock.window = "1min"
load.constant.all.rate = "2500/s"
class.web.stages = [{ wait = "1ms" }]
balancer = { policy = "random", slow_start = "40s", weights = { node-1 = 0.25 }, health.active = { interval = "500ms", path = "separate", rise = 1 } }
nodes.add = [{ at = 2021-02-01T00:00:01Z, count = 1 }]
process = { slots = 1000, boot = "5s" }"#;
    Theorem {
        name: "slow start",
        source: "Envoy, slow start mode",
        minutes: 1,
        text: text.into(),
        rows: vec![row(0.0, 4.0), row(8.0, 16.0), row(24.0, 32.0)],
    }
}

/// So many of ten nodes are dead. Below half of healthy ones all nodes get their share, the dead
/// ones too.
fn dead_of_ten(
    name: &'static str,
    dead: u32,
    exact: f64,
    wrong: &[(&'static str, f64)],
) -> Theorem {
    let text = format!(
        r#"clock.warm_up = "1min"
clock.window = "1min"
load.constant.all.rate = "100/s"
class.web.stages = [{{ wait = "1ms" }}]
nodes.count = 10
balancer = {{ policy = "random", panic_below = "50%", health.active = {{ interval = "2s" }} }}
process.slots = 100
fault.dead = {{ at = 2021-02-01T00:00:10Z, kind.crash_process.nodes.count = {dead} }}"#
    );
    let row = Row { figure: Figure::Refused, exact, wrong: wrong.to_vec() };
    Theorem { name, source: "Envoy, panic threshold", minutes: 6, text, rows: vec![row] }
}

fn panic_sends_to_all() -> Theorem {
    let wrong = [("the healthy alone", 0.0), ("nobody", 1.0), ("a dead node less", 0.5)];
    dead_of_ten("panic, 6 of 10 dead", 6, 0.6, &wrong)
}

/// Half is not below half.
fn no_panic_at_half() -> Theorem {
    dead_of_ten("no panic, 5 of 10 dead", 5, 0.0, &[("to all", 0.5), ("nobody", 1.0)])
}
