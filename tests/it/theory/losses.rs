//! Queues with little room, and people with little patience.

use super::formulas::erlang_b;
use super::{Figure, Row, Theorem, theorems};
use fleetfall::scenario::measure::Measure;

theorems!(m_m_1_k, m_g_c_c, m_m_c_k, erlang_a);

const SERVICE: f64 = 0.1;

/// M/M/1/K: an arrival is refused with probability (1 - ρ) ρ^K / (1 - ρ^(K + 1)). The backlog is the
/// room but for the slot.
fn m_m_1_k() -> Theorem {
    let rho = 0.8;
    let refused = |rho: f64, room: u32| {
        let full = (0..room).fold(1.0, |power, _| power * rho);
        (1.0 - rho) * full / (1.0 - rho * full)
    };
    let text = r#"class.web.stages = [{ wait.exponential.mean = "100ms" }]
process = { slots = 1, backlog = 3 }"#;
    let row = Row {
        figure: Figure::Refused,
        exact: refused(rho, 4),
        wrong: vec![
            ("a place more", refused(rho, 5)),
            ("a place less", refused(rho, 3)),
            ("3 % more load", refused(1.03 * rho, 4)),
            ("3 % less load", refused(0.97 * rho, 4)),
        ],
    };
    let name = ("M/M/1/4", "Kleinrock I (1975), 3.6");
    Theorem::queue(name, 5, rho / SERVICE, text, vec![row])
}

/// M/G/c/c: an arrival is refused with probability B(c, a), Erlang's loss formula, whatever the
/// distribution of the service.
fn m_g_c_c() -> Theorem {
    let (servers, erlangs) = (5, 4.0);
    let text = r#"class.web.stages = [{ wait.lognormal = { mean = "100ms", sigma = 1 } }]
process = { slots = 5, backlog = 0 }"#;
    let row = Row {
        figure: Figure::Refused,
        exact: erlang_b(servers, erlangs),
        wrong: vec![
            ("a server more", erlang_b(servers + 1, erlangs)),
            ("3 % more load", erlang_b(servers, 1.03 * erlangs)),
            ("3 % less load", erlang_b(servers, 0.97 * erlangs)),
        ],
    };
    let name = ("M/LN/5/5", "Erlang (1917); Sevastyanov (1957)");
    Theorem::queue(name, 2, erlangs / SERVICE, text, vec![row])
}

/// M/M/c/K: states are k = 0..K with weights a^k / k! up to c and a^k / (c! c^(k - c)) beyond; an
/// arrival is refused with the probability of the last.
fn m_m_c_k() -> Theorem {
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
    let text = r#"class.web.stages = [{ wait.exponential.mean = "100ms" }]
process = { slots = 4, backlog = 3 }"#;
    let row = Row {
        figure: Figure::Refused,
        exact: refused(4, 7, erlangs),
        wrong: vec![
            ("a server more", refused(5, 7, erlangs)),
            ("a place more", refused(4, 8, erlangs)),
            ("a place less", refused(4, 6, erlangs)),
            ("3 % more load", refused(4, 7, 1.03 * erlangs)),
        ],
    };
    let name = ("M/M/4/7", "Kleinrock I (1975), 3.7");
    Theorem::queue(name, 3, erlangs / SERVICE, text, vec![row])
}

/// M/M/c+M, Erlang A: those who wait give up after an exponential time, and whoever is served is
/// served to the end. The states beyond c leave with the rate c / s + (k - c) / patience; the number
/// that is served follows.
///
/// Nodes that notice do no work for those who gave up waiting; whoever is in service when patience
/// ends is served all the same, and counts as throughput.
fn erlang_a() -> Theorem {
    let patience = 0.25;
    let throughput = |servers: u32, rate: f64| {
        let (mut weight, mut sum, mut busy) = (1.0, 1.0, 0.0);
        for k in 1..400_u32 {
            let waiting = f64::from(k.saturating_sub(servers));
            let leaves = f64::from(k.min(servers)) / SERVICE + waiting / patience;
            weight *= rate / leaves;
            sum += weight;
            busy += weight * f64::from(k.min(servers));
        }
        busy / sum / SERVICE
    };
    let rate = 45.0;
    let text = r#"clock.warm_up = "5min"
clock.window = "10min"
load.constant.all.rate = "45/s"
clients.patience.exponential.mean = "250ms"
class.web.stages = [{ wait.exponential.mean = "100ms" }]
process = { slots = 4, backlog = 1000000, abandoned = "skipped" }"#;
    let row = Row {
        figure: Figure::Of(Measure::Throughput),
        exact: throughput(4, rate),
        wrong: vec![
            ("a server more", throughput(5, rate)),
            ("nobody gives up", 4.0 / SERVICE),
            ("3 % more load", throughput(4, 1.03 * rate)),
            ("3 % less load", throughput(4, 0.97 * rate)),
        ],
    };
    Theorem {
        name: "M/M/4+M, Erlang A",
        source: "Palm (1957); Garnett, Mandelbaum, Reiman (2002)",
        minutes: 60,
        text: text.into(),
        rows: vec![row],
    }
}
