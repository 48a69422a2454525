//! Results of queueing theory that the simulator reproduces.
//!
//! Every test compares a mean over independent replications with the exact value: it must lie inside
//! the 99.9 % interval by Student's t, the interval must be at most 1 % of the mean to each side, and
//! the values of nearby wrong models must lie outside. The seeds are fixed, so a test either always
//! passes or never; `FLEETFALL_SEED=7` takes others, with which one row in a thousand misses by chance.
//! `cargo test --test it theory -- --nocapture | grep exact` prints the table.
//!
//! *Warm-up.* Fleets start empty. The slowest queue here, M/M/1 at 70 %, forgets its start with a
//! time constant of 37.5 mean services, 1 / (1 - sqrt(0.7))^2; requests issued in the first 3,000
//! services are not measured.
//!
//! *Censoring.* Requests open at the horizon have no sojourn yet. They are a few of some 200,000 in a
//! replication; each test asserts that they are fewer than one in 2,000, which bounds what leaving
//! them out can do to a mean at about a twentieth of the interval.

use crate::support;
use fleetfall::experiment::{Outcome, Plan, Pool, replicate};
use fleetfall::kernel::chance::Seed;
use fleetfall::scenario::Scenario;
use fleetfall::scenario::measure::Measure;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

/// A measure with its exact value, and with the values that it would have in wrong models.
struct Case<'a> {
    measure: Measure,
    exact: f64,
    wrong: &'a [(&'a str, f64)],
}

/// Runs a scenario and holds its measures against theory.
///
/// The text lacks clock, clients and balancer; `hours` is the length of a replication, `rate` the
/// number of requests per second.
#[track_caller]
fn check(name: &str, hours: u64, rate: f64, text: &str, cases: &[Case<'_>]) {
    let whole = format!(
        r#"clock.warm_up = "5min"
clock.window = "10min"
clients.patience = "1h"
load.constant.all.rate = "{rate}/s"
{text}"#
    );
    compare(name, &support::scenario(hours * 60, &whole), cases);
}

/// The seed of the first replication: that of `FLEETFALL_SEED`, and without it always the same.
fn seed() -> u64 {
    std::env::var("FLEETFALL_SEED").map_or(1, |text| text.parse().expect("it is a whole number"))
}

/// Holds the measures of a scenario against theory.
#[track_caller]
fn compare(name: &str, scenario: &Arc<Scenario>, cases: &[Case<'_>]) {
    let plan = Plan { seed: Seed(seed()), replications: 40, detailed: false };
    let stop = AtomicBool::new(false);
    let results = match replicate(scenario, plan, Pool::new(2, &|_| (), &stop)) {
        Ok(Outcome::Done(results)) => results,
        Ok(Outcome::Stopped(_)) => panic!("nobody asked to stop"),
        Err(failure) => panic!("{failure}"),
    };
    let values = |measure: Measure| -> Vec<f64> {
        results.iter().map(|results| results.measure(measure)).collect()
    };
    let sum = |measure: Measure| values(measure).iter().sum::<f64>();
    let open = sum(Measure::OpenAtEnd) / sum(Measure::Requests);
    assert!(open < 0.000_5, "{name}: {open} of the requests are open at the end");
    for case in cases {
        let values = match case.measure {
            // A blocking probability.
            Measure::Refused => results
                .iter()
                .map(|r| r.measure(Measure::Refused) / r.measure(Measure::Requests))
                .collect(),
            measure => values(measure),
        };
        let (mean, half) = support::interval(&values);
        let what = case.measure.name();
        table(&format!(
            "{name}: {what} {mean:.6} ± {half:.6} ({:.2} %), exact {:.6}",
            100.0 * half / mean,
            case.exact
        ));
        assert!(half <= 0.01 * mean, "{name}: {what} {mean} ± {half} is too wide");
        assert!((mean - case.exact).abs() <= half, "{name}: {what} {mean} ± {half}");
        for (model, value) in case.wrong {
            assert!((mean - value).abs() > half, "{name}: {what} {mean} ± {half} admits {model}");
        }
    }
}

/// Shown by `cargo test -- --nocapture`.
#[allow(clippy::print_stdout, reason = "the table of the theory tests is for people")]
fn table(line: &str) {
    println!("{line}");
}

/// The probability that an arrival of M/M/c must wait, Erlang's C formula, by the recursion of his B
/// formula.
fn erlang_c(servers: u32, erlangs: f64) -> f64 {
    let mut blocked = 1.0;
    for server in 1..=servers {
        blocked = erlangs * blocked / (f64::from(server) + erlangs * blocked);
    }
    let utilisation = erlangs / f64::from(servers);
    blocked / (1.0 - utilisation * (1.0 - blocked))
}

/// Mean wait of M/M/c, in seconds: C(c, a) s / (c - a).
fn mmc_wait(servers: u32, erlangs: f64, service: f64) -> f64 {
    erlang_c(servers, erlangs) * service / (f64::from(servers) - erlangs)
}

/// M/M/1, first come first served: sojourn s / (1 - ρ), wait ρ s / (1 - ρ), and ρ / (1 - ρ) in the
/// system. Kleinrock, Queueing Systems I (1975), 3.2.
#[test]
fn m_m_1_sojourn_wait_and_number_in_system() {
    let (service, rho) = (0.1, 0.7);
    let rate = rho / service;
    let sojourn = |rho: f64| service / (1.0 - rho);
    let wait = |rho: f64| rho * sojourn(rho);
    let number = |rho: f64| rho / (1.0 - rho);
    check(
        "M/M/1",
        9,
        rate,
        r#"class.web.stages = [{ wait.exponential.mean = "100ms" }]
process = { slots = 1, backlog = 1000000 }"#,
        &[
            Case {
                measure: Measure::SojournMean,
                exact: sojourn(rho),
                wrong: &[
                    ("a server more", service + mmc_wait(2, rho, service)),
                    ("3 % more load", sojourn(1.03 * rho)),
                    ("3 % less load", sojourn(0.97 * rho)),
                ],
            },
            Case {
                measure: Measure::WaitMean,
                exact: wait(rho),
                wrong: &[
                    ("a server more", mmc_wait(2, rho, service)),
                    ("constant service", pollaczek_khinchine(rho, service, 0.0)),
                    ("3 % more load", wait(1.03 * rho)),
                    ("3 % less load", wait(0.97 * rho)),
                ],
            },
            Case {
                measure: Measure::InSystem,
                exact: number(rho),
                wrong: &[
                    ("3 % more load", number(1.03 * rho)),
                    ("the queue alone", rho * number(rho)),
                ],
            },
        ],
    );
}

/// M/M/c: the wait is C(c, a) s / (c - a) with Erlang's C formula. A. K. Erlang (1917); Cooper,
/// Introduction to Queueing Theory (1981), 3.5.
#[test]
fn m_m_c_sojourn_and_number_in_system_by_erlang_c() {
    // Erlang's own check: two servers and one erlang wait with probability 1/3.
    assert!((erlang_c(2, 1.0) - 1.0 / 3.0).abs() < 1e-12);
    let (service, servers, rho) = (0.1, 4, 0.75);
    let erlangs = rho * f64::from(servers);
    let sojourn = |servers: u32, erlangs: f64| service + mmc_wait(servers, erlangs, service);
    check(
        "M/M/4",
        3,
        erlangs / service,
        r#"class.web.stages = [{ wait.exponential.mean = "100ms" }]
process = { slots = 4, backlog = 1000000 }"#,
        &[
            Case {
                measure: Measure::SojournMean,
                exact: sojourn(servers, erlangs),
                wrong: &[
                    ("a server more", sojourn(5, erlangs)),
                    ("a server less", sojourn(3, 0.75 * erlangs)),
                    ("3 % more load", sojourn(servers, 1.03 * erlangs)),
                    ("3 % less load", sojourn(servers, 0.97 * erlangs)),
                ],
            },
            Case {
                measure: Measure::InSystem,
                exact: erlangs / service * sojourn(servers, erlangs),
                wrong: &[
                    ("a server more", erlangs / service * sojourn(5, erlangs)),
                    ("3 % more load", 1.03 * erlangs / service * sojourn(servers, 1.03 * erlangs)),
                ],
            },
        ],
    );
}

/// M/M/c: the wait alone, at a higher number of requests since it varies more than the sojourn.
#[test]
fn m_m_c_wait_by_erlang_c() {
    let (service, rho) = (0.1, 0.7);
    let erlangs = 2.0 * rho;
    check(
        "M/M/2",
        8,
        erlangs / service,
        r#"class.web.stages = [{ wait.exponential.mean = "100ms" }]
process = { slots = 2, backlog = 1000000 }"#,
        &[Case {
            measure: Measure::WaitMean,
            exact: mmc_wait(2, erlangs, service),
            wrong: &[
                ("a server more", mmc_wait(3, erlangs, service)),
                ("3 % more load", mmc_wait(2, 1.03 * erlangs, service)),
                ("3 % less load", mmc_wait(2, 0.97 * erlangs, service)),
            ],
        }],
    );
}

/// M/G/1 with processor sharing: the sojourn is s / (1 - ρ) for any distribution of work with mean s.
/// Sakata, Noguchi and Oizumi (1969); Kleinrock, Queueing Systems II (1976), 4.4.
#[track_caller]
fn m_g_1_processor_sharing(name: &str, work: &str, first_come_first_served: Option<f64>) {
    let (service, rho) = (0.1, 0.7);
    let sojourn = |rho: f64| service / (1.0 - rho);
    let mut wrong = vec![
        ("3 % more load", sojourn(1.03 * rho)),
        ("3 % less load", sojourn(0.97 * rho)),
        // M/M/2, which shares nothing.
        ("a server more", service + mmc_wait(2, rho, service)),
    ];
    wrong.extend(first_come_first_served.map(|sojourn| ("first come first served", sojourn)));
    let text =
        format!("class.web.stages = [{{ cpu{work} }}]\nprocess = {{ slots = 10000, backlog = 0 }}");
    let case = Case { measure: Measure::SojournMean, exact: sojourn(rho), wrong: &wrong };
    let number = Case {
        measure: Measure::InSystem,
        exact: rho / (1.0 - rho),
        wrong: &[("3 % more load", 1.03 * rho / (1.0 - 1.03 * rho))],
    };
    check(name, 8, rho / service, &text, &[case, number]);
}

/// Wait of M/G/1, first come first served: ρ s (1 + v) / (2 (1 - ρ)) where v is the squared
/// coefficient of variation of the service. Pollaczek (1930), Khinchine (1932).
fn pollaczek_khinchine(rho: f64, service: f64, variation: f64) -> f64 {
    rho * service * (1.0 + variation) / (2.0 * (1.0 - rho))
}

#[test]
fn m_m_1_processor_sharing_sojourn() {
    m_g_1_processor_sharing("M/M/1-PS", ".exponential.mean = \"100ms\"", None);
}

#[test]
fn m_d_1_processor_sharing_is_insensitive() {
    let queue = 0.1 + pollaczek_khinchine(0.7, 0.1, 0.0);
    m_g_1_processor_sharing("M/D/1-PS", " = \"100ms\"", Some(queue));
}

#[test]
fn m_lognormal_1_processor_sharing_is_insensitive() {
    // The squared coefficient of variation of a lognormal is exp(sigma^2) - 1.
    let queue = 0.1 + pollaczek_khinchine(0.7, 0.1, libm::exp(1.0) - 1.0);
    let work = ".lognormal = { mean = \"100ms\", sigma = 1 }";
    m_g_1_processor_sharing("M/LN/1-PS", work, Some(queue));
}

/// A processor-sharing station and then an infinite-server one: c / (1 - ρ) + w, by the product form
/// of Baskett, Chandy, Muntz and Palacios (1975).
#[test]
fn computing_and_then_waiting_adds_up_by_product_form() {
    let (computing, waiting, rho) = (0.1, 0.25, 0.7);
    let sojourn = |rho: f64| computing / (1.0 - rho) + waiting;
    check(
        "M/M/1-PS then M/G/inf",
        6,
        rho / computing,
        r#"class.web.stages = [{ cpu.exponential.mean = "100ms" }, { wait.lognormal = { mean = "250ms", sigma = 0.5 } }]
process = { slots = 10000, backlog = 0 }"#,
        &[Case {
            measure: Measure::SojournMean,
            exact: sojourn(rho),
            wrong: &[
                ("3 % more load", sojourn(1.03 * rho)),
                ("3 % less load", sojourn(0.97 * rho)),
                ("waiting that holds the core", (computing + waiting) / (1.0 - rho)),
            ],
        }],
    );
}

/// M/G/c processor sharing: c cores share up to c requests without loss, and the number in the system
/// is that of M/M/c, whatever the distribution of the work. Cohen (1979).
#[test]
fn m_g_c_processor_sharing_has_the_sojourn_of_m_m_c() {
    let (service, cores, rho) = (0.1, 3, 0.75);
    let erlangs = rho * f64::from(cores);
    let sojourn = |cores: u32, erlangs: f64| service + mmc_wait(cores, erlangs, service);
    check(
        "M/D/3-PS",
        4,
        erlangs / service,
        r#"class.web.stages = [{ cpu = "100ms" }]
nodes.cores = 3
process = { slots = 10000, backlog = 0 }"#,
        &[Case {
            measure: Measure::SojournMean,
            exact: sojourn(cores, erlangs),
            wrong: &[
                ("a core more", sojourn(4, erlangs)),
                ("3 % more load", sojourn(cores, 1.03 * erlangs)),
                ("3 % less load", sojourn(cores, 0.97 * erlangs)),
            ],
        }],
    );
}

/// M/D/1: the wait of Pollaczek and Khinchine without variation.
#[test]
fn m_d_1_wait_by_pollaczek_khinchine() {
    m_g_1_wait("M/D/1", " = \"100ms\"", 0.0, 7);
}

/// M/G/1: the wait of Pollaczek and Khinchine with a lognormal service.
#[test]
fn m_lognormal_1_wait_by_pollaczek_khinchine() {
    let work = ".lognormal = { mean = \"100ms\", sigma = 0.5 }";
    m_g_1_wait("M/LN/1", work, libm::exp(0.25) - 1.0, 10);
}

#[track_caller]
fn m_g_1_wait(name: &str, work: &str, variation: f64, hours: u64) {
    let (service, rho) = (0.1, 0.7);
    let wait = |rho: f64| pollaczek_khinchine(rho, service, variation);
    let text = format!(
        "class.web.stages = [{{ wait{work} }}]\nprocess = {{ slots = 1, backlog = 1000000 }}"
    );
    let case = Case {
        measure: Measure::WaitMean,
        exact: wait(rho),
        wrong: &[
            ("3 % more load", wait(1.03 * rho)),
            ("3 % less load", wait(0.97 * rho)),
            ("exponential service", rho * service / (1.0 - rho)),
        ],
    };
    check(name, hours, rho / service, &text, &[case]);
}

/// M/M/1/K: an arrival is refused with probability (1 - ρ) ρ^K / (1 - ρ^(K + 1)). Kleinrock, Queueing
/// Systems I (1975), 3.6. The backlog is the room but for the slot.
#[test]
fn m_m_1_k_refuses_by_its_backlog() {
    let (service, rho) = (0.1, 0.8);
    let refused = |rho: f64, room: u32| {
        let full = (0..room).fold(1.0, |power, _| power * rho);
        (1.0 - rho) * full / (1.0 - rho * full)
    };
    check(
        "M/M/1/4",
        5,
        rho / service,
        r#"class.web.stages = [{ wait.exponential.mean = "100ms" }]
process = { slots = 1, backlog = 3 }"#,
        &[Case {
            measure: Measure::Refused,
            exact: refused(rho, 4),
            wrong: &[
                ("a place more", refused(rho, 5)),
                ("a place less", refused(rho, 3)),
                ("3 % more load", refused(1.03 * rho, 4)),
                ("3 % less load", refused(0.97 * rho, 4)),
            ],
        }],
    );
}

/// M/M/c/c: an arrival is refused with probability B(c, a), Erlang's loss formula (1917), whatever the
/// distribution of the service.
#[test]
fn m_g_c_c_refuses_by_erlang_b() {
    let (service, servers, erlangs) = (0.1, 5_u32, 4.0);
    let erlang_b = |servers: u32, erlangs: f64| {
        (1..=servers).fold(1.0, |blocked: f64, server| {
            erlangs * blocked / (f64::from(server) + erlangs * blocked)
        })
    };
    check(
        "M/LN/5/5",
        2,
        erlangs / service,
        r#"class.web.stages = [{ wait.lognormal = { mean = "100ms", sigma = 1 } }]
process = { slots = 5, backlog = 0 }"#,
        &[Case {
            measure: Measure::Refused,
            exact: erlang_b(servers, erlangs),
            wrong: &[
                ("a server more", erlang_b(servers + 1, erlangs)),
                ("3 % more load", erlang_b(servers, 1.03 * erlangs)),
                ("3 % less load", erlang_b(servers, 0.97 * erlangs)),
            ],
        }],
    );
}

/// M/M/c/K: states are k = 0..K with weights a^k / k! up to c and a^k / (c! c^(k - c)) beyond; an
/// arrival is refused with the probability of the last. Kleinrock, Queueing Systems I (1975), 3.7.
#[test]
fn m_m_c_k_refuses_by_its_last_state() {
    let service = 0.1;
    let refused = |servers: u32, room: u32, erlangs: f64| {
        let mut weight = 1.0;
        let mut sum = 1.0;
        for k in 1..=room {
            weight *= erlangs / f64::from(k.min(servers));
            sum += weight;
        }
        weight / sum
    };
    let erlangs = 3.4;
    check(
        "M/M/4/7",
        3,
        erlangs / service,
        r#"class.web.stages = [{ wait.exponential.mean = "100ms" }]
process = { slots = 4, backlog = 3 }"#,
        &[Case {
            measure: Measure::Refused,
            exact: refused(4, 7, erlangs),
            wrong: &[
                ("a server more", refused(5, 7, erlangs)),
                ("a place more", refused(4, 8, erlangs)),
                ("a place less", refused(4, 6, erlangs)),
                ("3 % more load", refused(4, 7, 1.03 * erlangs)),
            ],
        }],
    );
}

/// M/M/c+M, Erlang A: those who wait give up after an exponential time, and whoever is served is
/// served to the end. The states beyond c leave with the rate c / s + (k - c) / patience; the number
/// that is served follows. Palm (1957); Garnett, Mandelbaum and Reiman (2002).
///
/// Nodes that notice do no work for those who gave up waiting; whoever is in service when patience
/// ends is served all the same, and counts as throughput.
#[test]
fn erlang_a_serves_those_who_stay() {
    let (service, patience) = (0.1, 0.25);
    let throughput = |servers: u32, rate: f64| {
        let (mut weight, mut sum, mut busy) = (1.0, 1.0, 0.0);
        for k in 1..400_u32 {
            let waiting = f64::from(k.saturating_sub(servers));
            let leaves = f64::from(k.min(servers)) / service + waiting / patience;
            weight *= rate / leaves;
            sum += weight;
            busy += weight * f64::from(k.min(servers));
        }
        busy / sum / service
    };
    let rate = 45.0;
    let text = r#"clock.warm_up = "5min"
clock.window = "10min"
load.constant.all.rate = "45/s"
clients.patience.exponential.mean = "250ms"
class.web.stages = [{ wait.exponential.mean = "100ms" }]
process = { slots = 4, backlog = 1000000, abandoned = "skipped" }"#;
    compare(
        "M/M/4+M",
        &support::scenario(60, text),
        &[Case {
            measure: Measure::Throughput,
            exact: throughput(4, rate),
            wrong: &[
                ("a server more", throughput(5, rate)),
                ("nobody gives up", 4.0 / service),
                ("3 % more load", throughput(4, 1.03 * rate)),
                ("3 % less load", throughput(4, 0.97 * rate)),
            ],
        }],
    );
}

/// The machine-repair model: N users think for an exponential time, and share one server. State k has
/// the weight N! / (N - k)! (s / Z)^k; the throughput is that of a busy server. Takacs (1962);
/// Lazowska et al., Quantitative System Performance (1984), 6.4.
#[test]
fn machine_repair_throughput_and_sojourn() {
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
    compare(
        "machine repair",
        &support::scenario(5 * 60, text),
        &[
            Case {
                measure: Measure::Goodput,
                exact: throughput(12),
                wrong: &[("a user more", throughput(13)), ("a user less", throughput(11))],
            },
            Case {
                measure: Measure::SojournMean,
                exact: sojourn(12),
                wrong: &[
                    ("a user more", sojourn(13)),
                    ("a user less", sojourn(11)),
                    ("constant service", sojourn(12) * 0.9),
                    // An open source of the same rate.
                    ("arrivals that do not wait", service / (1.0 - throughput(12) * service)),
                ],
            },
        ],
    );
}

/// Batches: M^X/M/1 has rho (1 + E[X^2] / E[X]) / (2 (1 - rho)) in the system; that is rho (1 + b) /
/// (2 (1 - rho)) for batches of b, and rho m / (1 - rho) for geometric ones with mean m. Gross and
/// Harris, Fundamentals of Queueing Theory (1985), 3.1.
#[test]
fn batches_wait_for_one_another() {
    let rho = 0.6;
    for (name, batch, factor, wrong) in
        [("M^4/M/1", "always = 4", 2.5, 4.0), ("M^Geo(4)/M/1", "geometric = 4", 4.0, 2.5)]
    {
        let text = format!(
            r#"clock.warm_up = "5min"
clock.window = "10min"
clients.patience = "1h"
load.constant.all = {{ rate = "6/s", batch.{batch} }}
class.web.stages = [{{ wait.exponential.mean = "100ms" }}]
process = {{ slots = 1, backlog = 1000000 }}"#
        );
        let number = |rho: f64, factor: f64| rho * factor / (1.0 - rho);
        compare(
            name,
            &support::scenario(16 * 60, &text),
            &[Case {
                measure: Measure::InSystem,
                exact: number(rho, factor),
                wrong: &[
                    ("the other batches", number(rho, wrong)),
                    ("one by one", number(rho, 1.0)),
                    ("3 % more load", number(1.03 * rho, factor)),
                ],
            }],
        );
    }
}

/// Power of two choices in the limit of many servers: the mean sojourn is the sum of rho^(2^k - 2)
/// over k = 1, 2, 3... times the service. Vvedenskaya, Dobrushin and Karpelevich (1996);
/// Mitzenmacher (1996). With 200 servers it is a little more, by a term in 1 / n.
#[test]
fn power_of_two_choices_has_its_mean_field_limit() {
    let (service, rho) = (0.1, 0.8_f64);
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
        service * sum
    };
    let text = r#"clock.warm_up = "1min"
clock.window = "1min"
clients.patience = "1h"
load.constant.all.rate = "1600/s"
class.web.stages = [{ wait.exponential.mean = "100ms" }]
balancer.policy = "power_of_two"
nodes.count = 200
process = { slots = 1, backlog = 1000000 }"#;
    compare(
        "power of two choices",
        &support::scenario(10, text),
        &[Case {
            measure: Measure::SojournMean,
            exact: limit(rho, 2),
            wrong: &[
                ("three choices", limit(rho, 3)),
                ("one choice", service / (1.0 - rho)),
                ("3 % more load", limit(1.03 * rho, 2)),
                ("3 % less load", limit(0.97 * rho, 2)),
            ],
        }],
    );
}

/// A queue at the balancer in front of c servers that take one each is M/M/c.
#[test]
fn a_queue_at_the_balancer_is_m_m_c() {
    let (service, servers, rho) = (0.1, 4_u32, 0.75);
    let erlangs = rho * f64::from(servers);
    let sojourn = |servers: u32, erlangs: f64| service + mmc_wait(servers, erlangs, service);
    check(
        "balancer's queue, M/M/4",
        3,
        erlangs / service,
        r#"class.web.stages = [{ wait.exponential.mean = "100ms" }]
nodes.count = 4
balancer = { policy = "least_outstanding", node_limit = 1, queue.timeout = "1h" }
process = { slots = 1, backlog = 0 }"#,
        &[Case {
            measure: Measure::SojournMean,
            exact: sojourn(servers, erlangs),
            wrong: &[
                ("a server more", sojourn(5, erlangs)),
                ("four queues", service / (1.0 - rho)),
                ("3 % more load", sojourn(servers, 1.03 * erlangs)),
                ("3 % less load", sojourn(servers, 0.97 * erlangs)),
            ],
        }],
    );
}

/// M/M/1 with breakdowns: the server stops at exponential times, up or busy alike, for an exponential
/// time, and goes on where it was. With availability A the sojourn is (s / A + (1 - A) r) / (1 - rho /
/// A). White and Christie (1958); Avi-Itzhak and Naor (1963).
#[test]
fn m_m_1_with_breakdowns() {
    let (service, rho) = (0.1, 0.5);
    let (up, repair) = (2.0, 0.5);
    let sojourn = |rho: f64, repair: f64| {
        let availability = up / (up + repair);
        (service / availability + (1.0 - availability) * repair) / (1.0 - rho / availability)
    };
    // A fault that comes again after an exponential time from its beginning, and meets a server that
    // stands still already, is not noticed; so the time up is exponential with that mean.
    check(
        "M/M/1 with breakdowns",
        16,
        rho / service,
        r#"class.web.stages = [{ cpu.exponential.mean = "100ms" }]
process = { slots = 1, backlog = 1000000 }
fault.stop = { at = 2021-02-01T00:00:01Z, again.random = "2s", kind.hang.lasting.after.exponential.mean = "500ms" }"#,
        &[Case {
            measure: Measure::SojournMean,
            exact: sojourn(rho, repair),
            wrong: &[
                ("no breakdowns", service / (1.0 - rho)),
                ("a slower server", service / (1.0 - rho * (up + repair) / up)),
                ("5 % longer repairs", sojourn(rho, 1.05 * repair)),
                ("3 % more load", sojourn(1.03 * rho, repair)),
            ],
        }],
    );
}

/// Retry amplification: where an attempt fails with probability p, independently, r attempts at most
/// make (1 - p^r) / (1 - p) of them. Half of the nodes are dead and picks are random.
#[test]
fn retries_amplify_by_a_geometric_sum() {
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
    compare(
        "retries",
        &support::scenario(20, text),
        &[
            Case {
                measure: Measure::Attempts,
                exact: attempts(0.5, 3),
                wrong: &[
                    ("an attempt more", attempts(0.5, 4)),
                    ("an attempt less", attempts(0.5, 2)),
                    ("another node each time", 1.5),
                ],
            },
            Case {
                measure: Measure::Availability,
                exact: 0.875,
                wrong: &[("an attempt more", 0.9375), ("an attempt less", 0.75)],
            },
        ],
    );
}
