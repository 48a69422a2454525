//! Processor sharing: what is served at the same time shares the cores.

use super::formulas::{mmc_sojourn, pollaczek_khinchine};
use super::{Figure, Row, Theorem, theorems};
use fleetfall::scenario::measure::{ClassMeasure, Measure};

theorems!(
    m_m_1_sharing,
    m_d_1_sharing,
    m_lognormal_1_sharing,
    m_hyperexponential_1_sharing,
    a_job_pays_for_its_own_size,
    computing_and_then_waiting,
    m_d_3_sharing,
    m_lognormal_3_sharing,
    m_hyperexponential_3_sharing,
    m_pareto_3_sharing,
);

/// Mean work of all fleets here, in seconds.
const SERVICE: f64 = 0.1;

/// Four of five have a mean of 62.5 ms, one of five has 250 ms; the squared coefficient of variation
/// is 2 (0.8 * 0.625^2 + 0.2 * 2.5^2) - 1 = 2.125.
const HYPEREXPONENTIAL: (&str, f64) = (
    r#".hyperexponential = [{ share = 0.8, mean = "62500us" }, { share = 0.2, mean = "250ms" }]"#,
    2.125,
);

/// A lognormal with that sigma has the squared coefficient of variation exp(sigma^2) - 1.
const LOGNORMAL: &str = ".lognormal = { mean = \"100ms\", sigma = 1 }";

/// M/G/1: the sojourn is s / (1 - ρ) for any distribution of work with mean s.
fn m_g_1_sharing(name: &'static str, hours: u64, work: &str, variation: Option<f64>) -> Theorem {
    let rho = 0.7;
    let sojourn = |rho: f64| SERVICE / (1.0 - rho);
    let mut wrong = vec![
        // M/M/2, which shares nothing.
        ("a server more", mmc_sojourn(2, rho, SERVICE)),
        ("3 % more load", sojourn(1.03 * rho)),
        ("3 % less load", sojourn(0.97 * rho)),
    ];
    wrong.extend(variation.map(|variation| {
        ("first come first served", SERVICE + pollaczek_khinchine(rho, SERVICE, variation))
    }));
    let text =
        format!("class.web.stages = [{{ cpu{work} }}]\nprocess = {{ slots = 10000, backlog = 0 }}");
    let rows = vec![
        Row { figure: Figure::Of(Measure::SojournMean), exact: sojourn(rho), wrong },
        Row {
            figure: Figure::Of(Measure::InSystem),
            exact: rho / (1.0 - rho),
            wrong: vec![
                ("3 % more load", 1.03 * rho / (1.0 - 1.03 * rho)),
                ("3 % less load", 0.97 * rho / (1.0 - 0.97 * rho)),
            ],
        },
    ];
    let source = "Sakata, Noguchi, Oizumi (1969); Kleinrock II (1976), 4.4";
    Theorem::queue((name, source), hours, rho / SERVICE, &text, rows)
}

fn m_m_1_sharing() -> Theorem {
    m_g_1_sharing("M/M/1-PS", 8, ".exponential.mean = \"100ms\"", None)
}

fn m_d_1_sharing() -> Theorem {
    m_g_1_sharing("M/D/1-PS", 8, " = \"100ms\"", Some(0.0))
}

fn m_lognormal_1_sharing() -> Theorem {
    m_g_1_sharing("M/LN/1-PS", 8, LOGNORMAL, Some(libm::exp(1.0) - 1.0))
}

fn m_hyperexponential_1_sharing() -> Theorem {
    m_g_1_sharing("M/H2/1-PS", 8, HYPEREXPONENTIAL.0, Some(HYPEREXPONENTIAL.1))
}

/// M/G/1: a job of size x takes x / (1 - ρ) on average, whatever the others are. Four of five have
/// 50 ms and one has 300 ms, each in a class of its own.
fn a_job_pays_for_its_own_size() -> Theorem {
    let rho = 0.6;
    let sojourn = |size: f64, rho: f64| size / (1.0 - rho);
    // E[S] = 100 ms, E[S^2] = 0.8 * 50^2 + 0.2 * 300^2 = 20,000 ms^2: the variation is 1.
    let wait = pollaczek_khinchine(rho, SERVICE, 1.0);
    let row = |class: usize, size: f64| Row {
        figure: Figure::OfClass(class, ClassMeasure::SojournMean),
        exact: sojourn(size, rho),
        wrong: vec![
            ("first come first served", size + wait),
            // As if all had to wait for the same share of the load.
            ("a delay for all alike", size + rho * SERVICE / (1.0 - rho)),
            ("3 % more load", sojourn(size, 1.03 * rho)),
            ("3 % less load", sojourn(size, 0.97 * rho)),
        ],
    };
    let text = r#"clock.warm_up = "5min"
clock.window = "10min"
clients.patience = "1h"
load.constant.all = { rate = "6/s", classes = { large = "20%", small = "80%" } }
class.large.stages = [{ cpu = "300ms" }]
class.small.stages = [{ cpu = "50ms" }]
process = { slots = 10000, backlog = 0 }"#;
    Theorem {
        name: "M/G/1-PS, by size",
        source: "Kleinrock II (1976), 4.4",
        minutes: 7 * 60,
        text: text.into(),
        rows: vec![row(0, 0.3), row(1, 0.05)],
    }
}

/// A processor-sharing station and then an infinite-server one: c / (1 - ρ) + w, by the product form.
fn computing_and_then_waiting() -> Theorem {
    let (waiting, rho) = (0.25, 0.7);
    let sojourn = |rho: f64| SERVICE / (1.0 - rho) + waiting;
    let text = r#"class.web.stages = [{ cpu.exponential.mean = "100ms" }, { wait.lognormal = { mean = "250ms", sigma = 0.5 } }]
process = { slots = 10000, backlog = 0 }"#;
    let row = Row {
        figure: Figure::Of(Measure::SojournMean),
        exact: sojourn(rho),
        wrong: vec![
            ("waiting that holds the core", (SERVICE + waiting) / (1.0 - rho)),
            ("3 % more load", sojourn(1.03 * rho)),
            ("3 % less load", sojourn(0.97 * rho)),
        ],
    };
    let name = ("M/M/1-PS then M/G/inf", "Baskett, Chandy, Muntz, Palacios (1975)");
    Theorem::queue(name, 6, rho / SERVICE, text, vec![row])
}

/// M/G/c: c cores share up to c requests without loss, and the number in the system is that of
/// M/M/c, whatever the distribution of the work.
fn m_g_3_sharing(name: &'static str, hours: u64, work: &str) -> Theorem {
    let (cores, rho) = (3, 0.75);
    let erlangs = rho * f64::from(cores);
    let sojourn = |cores: u32, erlangs: f64| mmc_sojourn(cores, erlangs, SERVICE);
    let text = format!(
        "class.web.stages = [{{ cpu{work} }}]\nnodes.cores = 3\nprocess = {{ slots = 10000, backlog = 0 }}"
    );
    let row = Row {
        figure: Figure::Of(Measure::SojournMean),
        exact: sojourn(cores, erlangs),
        wrong: vec![
            ("a core more", sojourn(4, erlangs)),
            // One core of three times the speed, which a single request has for itself.
            ("one fast core", SERVICE / 3.0 / (1.0 - rho)),
            ("3 % more load", sojourn(cores, 1.03 * erlangs)),
            ("3 % less load", sojourn(cores, 0.97 * erlangs)),
        ],
    };
    Theorem::queue((name, "Cohen (1979)"), hours, erlangs / SERVICE, &text, vec![row])
}

fn m_d_3_sharing() -> Theorem {
    m_g_3_sharing("M/D/3-PS", 4, " = \"100ms\"")
}

fn m_lognormal_3_sharing() -> Theorem {
    m_g_3_sharing("M/LN/3-PS", 4, LOGNORMAL)
}

fn m_hyperexponential_3_sharing() -> Theorem {
    m_g_3_sharing("M/H2/3-PS", 4, HYPEREXPONENTIAL.0)
}

/// A Pareto with exponent 3/2 between 38.487 ms and 54 times as much: its mean is
/// 3 L (1 - h^-1/2) / (1 - h^-3/2) with h = 54, and its variance is finite because it ends.
fn m_pareto_3_sharing() -> Theorem {
    let (low, ratio) = (PARETO_LOW_MICROS as f64 * 1e-6, 54.0_f64);
    let mean = 3.0 * low * (1.0 - 1.0 / ratio.sqrt()) / (1.0 - 1.0 / (ratio * ratio.sqrt()));
    assert!((mean / SERVICE - 1.0).abs() < 1e-4, "{mean}");
    let work = format!(
        ".bounded_pareto = {{ from = \"{PARETO_LOW_MICROS}us\", to = \"{}us\", alpha = 1.5 }}",
        54 * PARETO_LOW_MICROS
    );
    m_g_3_sharing("M/BP/3-PS", 4, &work)
}

const PARETO_LOW_MICROS: u32 = 38_487;
