//! Arrivals: how many come, and how much that number varies.
//!
//! The index of dispersion of counts is the variance of the number in a window over its mean; it is
//! 1 for a Poisson process, whatever its rate does, where all windows have the same mean.

use super::{Figure, Row, Theorem, theorems};
use std::fmt::Write;

theorems!(poisson, sawtooth, modulated, batches_of_four, geometric_batches);

/// A source in front of a fleet that has nothing to do with it.
fn source(
    (name, source): (&'static str, &'static str),
    minutes: u64,
    load: &str,
    rows: Vec<Row>,
) -> Theorem {
    let text = format!(
        r#"clock.warm_up = "1min"
clock.window = "1h"
{load}
class.web.stages = [{{ wait = "1ms" }}]
process.slots = 1000"#
    );
    Theorem { name, source, minutes, text, rows }
}

/// A row for the dispersion in windows of so many seconds.
fn dispersion(secs: f64, exact: f64, wrong: &[(&'static str, f64)]) -> Row {
    Row { figure: Figure::Dispersion(secs), exact, wrong: wrong.to_vec() }
}

fn poisson() -> Theorem {
    let rows = vec![
        Row {
            figure: Figure::Rate,
            exact: 4.0,
            wrong: vec![("2 % more", 4.08), ("2 % less", 3.92)],
        },
        dispersion(1.0, 1.0, &[("even arrivals", 0.0), ("pairs", 2.0), ("2 % more", 1.02)]),
    ];
    let name = ("Poisson arrivals", "Cox, Lewis (1966), 4.5");
    source(name, 140, "load.constant.all.rate = \"4/s\"", rows)
}

/// A rate that rises from 0 to 8 a second within 2 s, again and again. A window of a tooth has 8
/// arrivals on average and is Poisson. Windows of half a tooth have 2 and 6 in turn: the variance of
/// their means, 4, comes to that of the counts, 4, so that the dispersion is 2.
fn sawtooth() -> Theorem {
    let minutes = 4 * 60;
    let start: jiff::Timestamp = "2021-02-01T00:00:00Z".parse().expect("it is a time");
    let mut points = String::new();
    for tooth in 0..minutes * 30 {
        for (secs, rate) in [(2 * tooth, 0), (2 * tooth + 2, 8)] {
            let at = start + jiff::SignedDuration::from_secs(secs as i64);
            write!(points, "{{ at = {at}, rate = \"{rate}/s\" }}, ").expect("a string takes it");
        }
    }
    let rows = vec![
        Row {
            figure: Figure::Rate,
            exact: 4.0,
            wrong: vec![("2 % more", 4.08), ("2 % less", 3.92)],
        },
        dispersion(
            2.0,
            1.0,
            &[("even arrivals", 0.0), ("a random phase", 1.0 + 8.0 / 6.0), ("2 % more", 1.02)],
        ),
        dispersion(1.0, 2.0, &[("a rate of 4", 1.0), ("steps of 1 and 7", 1.0 + 9.0 / 4.0)]),
    ];
    let name = ("rate that rises and drops", "Lewis, Shedler (1979)");
    source(name, minutes, &format!("load.profile.all.points = [{points}]"), rows)
}

/// A Poisson process whose rate alternates between r and u after exponential times with the rates
/// p and q: the mean is (r q + u p) / (p + q), and the dispersion in t is 1 + 2 (r - u)^2 p q / ((p +
/// q)^2 (r q + u p)) (1 - (1 - exp(-(p + q) t)) / ((p + q) t)).
fn modulated() -> Theorem {
    let mean = |r: f64, u: f64, p: f64, q: f64| (r * q + u * p) / (p + q);
    let limit = |r: f64, u: f64, p: f64, q: f64| {
        2.0 * (r - u) * (r - u) * p * q / ((p + q) * (p + q) * (r * q + u * p))
    };
    let index = |r: f64, u: f64, p: f64, q: f64, t: f64| {
        let x = (p + q) * t;
        1.0 + limit(r, u, p, q) * (1.0 - (1.0 - libm::exp(-x)) / x)
    };
    let (r, u, p, q) = (8.0, 1.0, 2.0, 0.5);
    let rows = vec![
        Row {
            figure: Figure::Rate,
            exact: mean(r, u, p, q),
            wrong: vec![
                ("states that last alike", mean(r, u, 1.0, 1.0)),
                ("the other way round", mean(u, r, p, q)),
                ("3 % longer in the first", mean(r, u, p / 1.03, q)),
            ],
        },
        dispersion(
            1.0,
            index(r, u, p, q, 1.0),
            &[
                ("Poisson", 1.0),
                ("the other way round", index(u, r, p, q, 1.0)),
                ("long windows", 1.0 + limit(r, u, p, q)),
                ("times twice as long", index(r, u, p / 2.0, q / 2.0, 1.0)),
            ],
        ),
    ];
    let load = r#"load.modulated.all.states = [{ rate = "8/s", lasting.exponential.mean = "500ms" }, { rate = "1/s", lasting.exponential.mean = "2s" }]"#;
    let name = ("modulated Poisson", "Heffes, Lucantoni (1986)");
    source(name, 500, load, rows)
}

/// Batches of X: the dispersion is E[X^2] / E[X] in windows of any length, which is b for batches of
/// b, and 2 m - 1 for geometric ones with mean m.
fn batches(
    name: &'static str,
    minutes: u64,
    batch: &str,
    rate: f64,
    exact: f64,
    other: f64,
) -> Theorem {
    let rows = vec![
        Row {
            figure: Figure::Rate,
            exact: rate,
            wrong: vec![("a rate of batches", rate * 2.0), ("2 % more", 1.02 * rate)],
        },
        dispersion(1.0, exact, &[("one by one", 1.0), ("other batches", other)]),
    ];
    let load = format!("load.constant.all = {{ rate = \"{rate}/s\", batch.{batch} }}");
    source((name, "compound Poisson: Feller I (1968), XII.2"), minutes, &load, rows)
}

fn batches_of_four() -> Theorem {
    batches("batches of 4", 240, "always = 4", 2.0, 4.0, 7.0)
}

fn geometric_batches() -> Theorem {
    batches("geometric batches of 2", 600, "geometric = 2", 1.0, 3.0, 2.0)
}
