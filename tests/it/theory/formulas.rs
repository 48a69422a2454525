//! Formulas that several theorems share.

/// The probability that an arrival of M/M/c/c is lost, Erlang's B formula, by its recursion.
pub(super) fn erlang_b(servers: u32, erlangs: f64) -> f64 {
    (1..=servers).fold(1.0, |blocked: f64, server| {
        erlangs * blocked / (f64::from(server) + erlangs * blocked)
    })
}

/// The probability that an arrival of M/M/c must wait, Erlang's C formula, by his B formula.
pub(super) fn erlang_c(servers: u32, erlangs: f64) -> f64 {
    let blocked = erlang_b(servers, erlangs);
    let utilisation = erlangs / f64::from(servers);
    blocked / (1.0 - utilisation * (1.0 - blocked))
}

/// Mean wait of M/M/c, in seconds: C(c, a) s / (c - a).
pub(super) fn mmc_wait(servers: u32, erlangs: f64, service: f64) -> f64 {
    erlang_c(servers, erlangs) * service / (f64::from(servers) - erlangs)
}

/// Mean sojourn of M/M/c, in seconds.
pub(super) fn mmc_sojourn(servers: u32, erlangs: f64, service: f64) -> f64 {
    service + mmc_wait(servers, erlangs, service)
}

/// Wait of M/G/1, first come first served: ρ s (1 + v) / (2 (1 - ρ)) where v is the squared
/// coefficient of variation of the service. Pollaczek (1930), Khinchine (1932).
pub(super) fn pollaczek_khinchine(rho: f64, service: f64, variation: f64) -> f64 {
    rho * service * (1.0 + variation) / (2.0 * (1.0 - rho))
}

/// Erlang's own check: two servers and one erlang wait with probability 1/3, and lose 1/5.
#[test]
fn erlang_checked_his_formulas() {
    assert!((erlang_c(2, 1.0) - 1.0 / 3.0).abs() < 1e-12);
    assert!((erlang_b(2, 1.0) - 1.0 / 5.0).abs() < 1e-12);
}
