//! Queues, first come first served: the number, the wait and the sojourn, and their tails.

use super::formulas::{erlang_c, mmc_sojourn, mmc_wait, pollaczek_khinchine};
use super::{Figure, Row, Theorem, theorems};
use fleetfall::scenario::measure::Measure;

theorems!(
    m_m_1,
    m_m_1_tails,
    m_m_c,
    m_m_c_wait,
    m_m_c_wait_tail,
    m_d_1_wait,
    m_d_1_wait_tail,
    m_lognormal_1_wait,
    batches_of_one_size,
    batches_of_random_size,
    a_queue_at_the_balancer,
    breakdowns,
);

/// Mean service of all queues here, in seconds.
const SERVICE: f64 = 0.1;

const ONE_EXPONENTIAL_SERVER: &str = r#"class.web.stages = [{ wait.exponential.mean = "100ms" }]
process = { slots = 1, backlog = 1000000 }"#;

/// M/M/1: sojourn s / (1 - ρ), wait ρ s / (1 - ρ), and ρ / (1 - ρ) in the system. The sojourn is
/// exponential, so its median is that mean times ln 2.
fn m_m_1() -> Theorem {
    let rho = 0.7;
    let sojourn = |rho: f64| SERVICE / (1.0 - rho);
    let wait = |rho: f64| rho * sojourn(rho);
    let number = |rho: f64| rho / (1.0 - rho);
    let median = |rho: f64| sojourn(rho) * std::f64::consts::LN_2;
    let rows = vec![
        Row {
            figure: Figure::Of(Measure::SojournMean),
            exact: sojourn(rho),
            wrong: vec![
                ("a server more", mmc_sojourn(2, rho, SERVICE)),
                ("3 % more load", sojourn(1.03 * rho)),
                ("3 % less load", sojourn(0.97 * rho)),
            ],
        },
        Row {
            figure: Figure::Of(Measure::WaitMean),
            exact: wait(rho),
            wrong: vec![
                ("a server more", mmc_wait(2, rho, SERVICE)),
                ("constant service", pollaczek_khinchine(rho, SERVICE, 0.0)),
                ("3 % more load", wait(1.03 * rho)),
                ("3 % less load", wait(0.97 * rho)),
            ],
        },
        Row {
            figure: Figure::Of(Measure::InSystem),
            exact: number(rho),
            wrong: vec![
                ("the queue alone", rho * number(rho)),
                ("3 % more load", number(1.03 * rho)),
                ("3 % less load", number(0.97 * rho)),
            ],
        },
        Row {
            figure: Figure::Of(Measure::SojournP50),
            exact: median(rho),
            wrong: vec![
                ("the mean", sojourn(rho)),
                ("3 % more load", median(1.03 * rho)),
                ("3 % less load", median(0.97 * rho)),
            ],
        },
    ];
    let name = ("M/M/1", "Kleinrock, Queueing Systems I (1975), 3.2");
    Theorem::queue(name, 9, rho / SERVICE, ONE_EXPONENTIAL_SERVER, rows)
}

/// The sojourn of M/M/1 is exponential: of all requests 5 % take longer than ln 20 times the mean,
/// and 1 % longer than ln 100 times the mean.
fn m_m_1_tails() -> Theorem {
    let rho = 0.4;
    let mean = |rho: f64| SERVICE / (1.0 - rho);
    let limit = |share: f64| mean(rho) * libm::log(1.0 / share);
    let beyond = |rho: f64, limit: f64| libm::exp(-limit / mean(rho));
    let tail = |share: f64| Row {
        figure: Figure::SojournBeyond(limit(share)),
        exact: share,
        wrong: vec![
            // Without the service: the wait is zero for 1 - ρ of the requests.
            ("the wait alone", rho * share),
            ("3 % more load", beyond(1.03 * rho, limit(share))),
            ("3 % less load", beyond(0.97 * rho, limit(share))),
        ],
    };
    let p99 = Row {
        figure: Figure::Of(Measure::SojournP99),
        exact: limit(0.01),
        wrong: vec![
            ("the 98th percentile", limit(0.02)),
            ("the wait alone", mean(rho) * libm::log(rho / 0.01)),
        ],
    };
    let name = ("M/M/1, tails", "Kleinrock, Queueing Systems I (1975), 5.6");
    let rows = vec![tail(0.05), tail(0.01), p99];
    Theorem::queue(name, 14, rho / SERVICE, ONE_EXPONENTIAL_SERVER, rows)
}

/// M/M/c: the wait is C(c, a) s / (c - a) with Erlang's C formula.
fn m_m_c() -> Theorem {
    let (servers, rho) = (4, 0.75);
    let erlangs = rho * f64::from(servers);
    let sojourn = |servers: u32, erlangs: f64| mmc_sojourn(servers, erlangs, SERVICE);
    let rows = vec![
        Row {
            figure: Figure::Of(Measure::SojournMean),
            exact: sojourn(servers, erlangs),
            wrong: vec![
                ("a server more", sojourn(5, erlangs)),
                ("a server less", sojourn(3, 0.75 * erlangs)),
                ("3 % more load", sojourn(servers, 1.03 * erlangs)),
                ("3 % less load", sojourn(servers, 0.97 * erlangs)),
            ],
        },
        Row {
            figure: Figure::Of(Measure::InSystem),
            exact: erlangs / SERVICE * sojourn(servers, erlangs),
            wrong: vec![
                ("a server more", erlangs / SERVICE * sojourn(5, erlangs)),
                ("3 % more load", 1.03 * erlangs / SERVICE * sojourn(servers, 1.03 * erlangs)),
            ],
        },
    ];
    let text = r#"class.web.stages = [{ wait.exponential.mean = "100ms" }]
process = { slots = 4, backlog = 1000000 }"#;
    let name = ("M/M/4", "Erlang (1917); Cooper (1981), 3.5");
    Theorem::queue(name, 3, erlangs / SERVICE, text, rows)
}

const TWO_EXPONENTIAL_SERVERS: &str = r#"class.web.stages = [{ wait.exponential.mean = "100ms" }]
process = { slots = 2, backlog = 1000000 }"#;

/// M/M/c: the wait alone, at a higher number of requests since it varies more than the sojourn; and
/// the share that waits at all, C(c, a).
fn m_m_c_wait() -> Theorem {
    let erlangs = 1.4;
    let wait = |servers: u32, erlangs: f64| mmc_wait(servers, erlangs, SERVICE);
    let rows = vec![
        Row {
            figure: Figure::Of(Measure::WaitMean),
            exact: wait(2, erlangs),
            wrong: vec![
                ("a server more", wait(3, erlangs)),
                ("3 % more load", wait(2, 1.03 * erlangs)),
                ("3 % less load", wait(2, 0.97 * erlangs)),
            ],
        },
        Row {
            figure: Figure::WaitBeyond(0.0),
            exact: erlang_c(2, erlangs),
            wrong: vec![
                ("the load of a server", erlangs / 2.0),
                ("a server more", erlang_c(3, erlangs)),
                ("3 % more load", erlang_c(2, 1.03 * erlangs)),
                ("3 % less load", erlang_c(2, 0.97 * erlangs)),
            ],
        },
    ];
    let name = ("M/M/2", "Erlang (1917); Cooper (1981), 3.5");
    Theorem::queue(name, 8, erlangs / SERVICE, TWO_EXPONENTIAL_SERVERS, rows)
}

/// M/M/c: who waits does so for an exponential time of mean s / (c - a), so that more than t waits
/// the share C(c, a) exp(-(c - a) t / s).
fn m_m_c_wait_tail() -> Theorem {
    let (servers, erlangs) = (2, 1.0);
    let beyond = |servers: u32, erlangs: f64, secs: f64| {
        erlang_c(servers, erlangs) * libm::exp(-(f64::from(servers) - erlangs) * secs / SERVICE)
    };
    let tail = |share: f64| {
        let limit = SERVICE / (f64::from(servers) - erlangs)
            * libm::log(erlang_c(servers, erlangs) / share);
        Row {
            figure: Figure::WaitBeyond(limit),
            exact: share,
            wrong: vec![
                ("all wait", share / erlang_c(servers, erlangs)),
                ("a server more", beyond(3, erlangs, limit)),
                ("3 % more load", beyond(servers, 1.03 * erlangs, limit)),
                ("3 % less load", beyond(servers, 0.97 * erlangs, limit)),
            ],
        }
    };
    let name = ("M/M/2, tails", "Cooper (1981), 3.5");
    let rows = vec![tail(0.05), tail(0.01)];
    Theorem::queue(name, 10, erlangs / SERVICE, TWO_EXPONENTIAL_SERVERS, rows)
}

/// M/G/1: the wait of Pollaczek and Khinchine, for a service of which the squared coefficient of
/// variation is given.
fn m_g_1_wait(name: &'static str, work: &str, variation: f64, hours: u64) -> Theorem {
    let rho = 0.7;
    let wait = |rho: f64| pollaczek_khinchine(rho, SERVICE, variation);
    let text = format!(
        "class.web.stages = [{{ wait{work} }}]\nprocess = {{ slots = 1, backlog = 1000000 }}"
    );
    let row = Row {
        figure: Figure::Of(Measure::WaitMean),
        exact: wait(rho),
        wrong: vec![
            ("exponential service", rho * SERVICE / (1.0 - rho)),
            ("3 % more load", wait(1.03 * rho)),
            ("3 % less load", wait(0.97 * rho)),
        ],
    };
    let name = (name, "Pollaczek (1930), Khinchine (1932)");
    Theorem::queue(name, hours, rho / SERVICE, &text, vec![row])
}

fn m_d_1_wait() -> Theorem {
    m_g_1_wait("M/D/1", " = \"100ms\"", 0.0, 7)
}

/// The squared coefficient of variation of a lognormal is exp(sigma^2) - 1.
fn m_lognormal_1_wait() -> Theorem {
    let work = ".lognormal = { mean = \"100ms\", sigma = 0.5 }";
    m_g_1_wait("M/LN/1", work, libm::exp(0.25) - 1.0, 10)
}

/// M/D/1: P(wait <= t) = (1 - ρ) sum over k = 0 .. floor(t / D) of exp(λ (t - k D)) (-λ (t - k D))^k
/// / k!.
fn m_d_1_wait_tail() -> Theorem {
    let rho = 0.5;
    let beyond = |rho: f64, secs: f64| {
        let rate = rho / SERVICE;
        let (mut sum, mut factorial) = (0.0, 1.0);
        for k in 0..=(secs / SERVICE + 1e-9) as u32 {
            let x = rate * (secs - f64::from(k) * SERVICE);
            factorial *= f64::from(k.max(1));
            sum += libm::exp(x) * libm::pow(-x, f64::from(k)) / factorial;
        }
        1.0 - (1.0 - rho) * sum
    };
    // Nobody waits longer than not at all for 1 - ρ of the time.
    assert!((beyond(rho, 0.0) - rho).abs() < 1e-12);
    let tail = |secs: f64| Row {
        figure: Figure::WaitBeyond(secs),
        exact: beyond(rho, secs),
        wrong: vec![
            // Of M/M/1 with that load.
            ("exponential service", rho * libm::exp(-(1.0 - rho) * secs / SERVICE)),
            ("3 % more load", beyond(1.03 * rho, secs)),
            ("3 % less load", beyond(0.97 * rho, secs)),
        ],
    };
    let text =
        "class.web.stages = [{ wait = \"100ms\" }]\nprocess = { slots = 1, backlog = 1000000 }";
    let name = ("M/D/1, tails", "Erlang (1909); Crommelin (1932)");
    Theorem::queue(name, 7, rho / SERVICE, text, vec![tail(0.05), tail(0.2), tail(0.3)])
}

/// Batches: M^X/M/1 has rho (1 + E[X^2] / E[X]) / (2 (1 - rho)) in the system; that is rho (1 + b) /
/// (2 (1 - rho)) for batches of b, and rho m / (1 - rho) for geometric ones with mean m.
fn batches(name: &'static str, batch: &str, factor: f64, other: f64) -> Theorem {
    let rho = 0.6;
    let text = format!(
        r#"clock.warm_up = "5min"
clock.window = "10min"
clients.patience = "1h"
load.constant.all = {{ rate = "6/s", batch.{batch} }}
{ONE_EXPONENTIAL_SERVER}"#
    );
    let number = |rho: f64, factor: f64| rho * factor / (1.0 - rho);
    let row = Row {
        figure: Figure::Of(Measure::InSystem),
        exact: number(rho, factor),
        wrong: vec![
            ("the other batches", number(rho, other)),
            ("one by one", number(rho, 1.0)),
            ("3 % more load", number(1.03 * rho, factor)),
        ],
    };
    let source = "Gross, Harris, Fundamentals of Queueing Theory (1985), 3.1";
    Theorem { name, source, minutes: 16 * 60, text, rows: vec![row] }
}

fn batches_of_one_size() -> Theorem {
    batches("M^4/M/1", "always = 4", 2.5, 4.0)
}

fn batches_of_random_size() -> Theorem {
    batches("M^Geo(4)/M/1", "geometric = 4", 4.0, 2.5)
}

/// A queue at the balancer in front of c servers that take one each is M/M/c.
fn a_queue_at_the_balancer() -> Theorem {
    let (servers, rho) = (4_u32, 0.75);
    let erlangs = rho * f64::from(servers);
    let sojourn = |servers: u32, erlangs: f64| mmc_sojourn(servers, erlangs, SERVICE);
    let row = Row {
        figure: Figure::Of(Measure::SojournMean),
        exact: sojourn(servers, erlangs),
        wrong: vec![
            ("a server more", sojourn(5, erlangs)),
            ("four queues", SERVICE / (1.0 - rho)),
            ("3 % more load", sojourn(servers, 1.03 * erlangs)),
            ("3 % less load", sojourn(servers, 0.97 * erlangs)),
        ],
    };
    let text = r#"class.web.stages = [{ wait.exponential.mean = "100ms" }]
nodes.count = 4
balancer = { policy = "least_outstanding", node_limit = 1, queue.timeout = "1h" }
process = { slots = 1, backlog = 0 }"#;
    let name = ("balancer's queue, M/M/4", "Erlang (1917)");
    Theorem::queue(name, 3, erlangs / SERVICE, text, vec![row])
}

/// M/M/1 with breakdowns: the server stops at exponential times, up or busy alike, for an exponential
/// time, and goes on where it was. With availability A the sojourn is (s / A + (1 - A) r) / (1 - rho /
/// A).
fn breakdowns() -> Theorem {
    let rho = 0.5;
    let (up, repair) = (2.0, 0.5);
    let sojourn = |rho: f64, repair: f64| {
        let availability = up / (up + repair);
        (SERVICE / availability + (1.0 - availability) * repair) / (1.0 - rho / availability)
    };
    // A fault that comes again after an exponential time from its beginning, and meets a server that
    // stands still already, is not noticed; so the time up is exponential with that mean.
    let text = r#"class.web.stages = [{ cpu.exponential.mean = "100ms" }]
process = { slots = 1, backlog = 1000000 }
fault.stop = { at = 2021-02-01T00:00:01Z, again.random = "2s", kind.hang.lasting.after.exponential.mean = "500ms" }"#;
    let row = Row {
        figure: Figure::Of(Measure::SojournMean),
        exact: sojourn(rho, repair),
        wrong: vec![
            ("no breakdowns", SERVICE / (1.0 - rho)),
            ("a slower server", SERVICE / (1.0 - rho * (up + repair) / up)),
            ("5 % longer repairs", sojourn(rho, 1.05 * repair)),
            ("3 % more load", sojourn(1.03 * rho, repair)),
        ],
    };
    let name = ("M/M/1 with breakdowns", "White, Christie (1958); Avi-Itzhak, Naor (1963)");
    Theorem::queue(name, 16, rho / SERVICE, text, vec![row])
}
