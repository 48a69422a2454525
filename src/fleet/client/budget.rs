//! Retry budgets: what keeps a client from making an overload worse by trying again.

use crate::kernel::time::{Duration, Instant};
use std::collections::VecDeque;

/// A kind of budget. Each client has one of its own.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Settings {
    /// A bucket of tokens, as in the AWS SDKs: another attempt takes tokens out, and a success
    /// returns what the last one took; a success at the first attempt adds some.
    Tokens {
        /// Tokens at the start, and at most.
        capacity: f64,
        /// What another attempt costs.
        cost: f64,
        /// What it costs after a time-out.
        timeout_cost: f64,
        /// What a success at the first attempt adds.
        refill: f64,
    },
    /// Throttling as in gRPC: a failure takes one token, a success adds a part of one, and others
    /// attempts are made only while more than half of the tokens are there.
    Throttle {
        /// Tokens at the start, and at most.
        tokens: f64,
        /// What a success adds.
        ratio: f64,
    },
    /// A share of the requests, as in Finagle: every request deposits a share of a retry, which
    /// expires; a reserve lets idle clients retry.
    Share {
        /// How long a deposit lasts.
        lasting: Duration,
        /// Retries a second that are always allowed, over that time.
        reserve: f64,
        /// What a request deposits.
        share: f64,
    },
    /// So many requests may be retried at the same time, as in Envoy: a share of those that are
    /// open, and some always.
    Concurrent {
        /// The share.
        share: f64,
        /// How many at least.
        least: u32,
    },
}

/// The budget of one client.
#[derive(Clone, Debug)]
pub struct Budget {
    settings: Settings,
    /// Tokens left.
    tokens: f64,
    /// Deposits less withdrawals by slice of time, oldest first: when the slice ends, and what.
    slices: VecDeque<(Instant, f64)>,
    /// Requests that are open, and those of them that are tried again.
    open: u64,
    retried: u64,
}

/// Slices into which the lasting of a deposit is divided.
const SLICES: u64 = 10;

impl Budget {
    /// A full budget.
    pub fn new(settings: Settings) -> Budget {
        let tokens = match settings {
            Settings::Tokens { capacity, .. } => capacity,
            Settings::Throttle { tokens, .. } => tokens,
            Settings::Share { .. } | Settings::Concurrent { .. } => 0.0,
        };
        Budget { settings, tokens, slices: VecDeque::new(), open: 0, retried: 0 }
    }

    /// A request is issued.
    pub fn issued(&mut self, now: Instant) {
        self.open += 1;
        if let Settings::Share { lasting, share, .. } = self.settings {
            self.deposit(now, lasting, share);
        }
    }

    /// An attempt has failed.
    pub fn failed(&mut self) {
        if let Settings::Throttle { .. } = self.settings {
            self.tokens = (self.tokens - 1.0).max(0.0);
        }
    }

    /// Whether a request may be tried again after a failure, a time-out or another; if so, what it
    /// cost. `first` says whether it has not been tried again before.
    pub fn withdraw(&mut self, now: Instant, timed_out: bool, first: bool) -> Option<f64> {
        let cost = match self.settings {
            Settings::Tokens { cost, timeout_cost, .. } => {
                let cost = if timed_out { timeout_cost } else { cost };
                (self.tokens >= cost).then(|| {
                    self.tokens -= cost;
                    cost
                })
            }
            Settings::Throttle { tokens, .. } => (self.tokens > 0.5 * tokens).then_some(0.0),
            Settings::Share { lasting, reserve, .. } => {
                self.expire(now);
                let balance: f64 = self.slices.iter().map(|(_, amount)| amount).sum();
                let reserve = reserve * lasting.as_secs_f64();
                (reserve + balance >= 1.0 - 1e-9).then(|| {
                    self.deposit(now, lasting, -1.0);
                    1.0
                })
            }
            Settings::Concurrent { share, least } => {
                let allowed = (share * self.open as f64).max(f64::from(least));
                (!first || self.retried as f64 + 1.0 <= allowed).then_some(0.0)
            }
        };
        if first && cost.is_some() {
            self.retried += 1;
        }
        cost
    }

    /// A request is settled; `paid` is what its last try cost, if it was tried again.
    pub fn settled(&mut self, completed: bool, paid: Option<f64>) {
        self.open -= 1;
        self.retried -= u64::from(paid.is_some());
        if !completed {
            return;
        }
        match self.settings {
            Settings::Tokens { capacity, refill, .. } => {
                self.tokens = (self.tokens + paid.unwrap_or(refill)).min(capacity);
            }
            Settings::Throttle { tokens, ratio } => {
                self.tokens = (self.tokens + ratio).min(tokens);
            }
            Settings::Share { .. } | Settings::Concurrent { .. } => {}
        }
    }

    fn deposit(&mut self, now: Instant, lasting: Duration, amount: f64) {
        self.expire(now);
        let slice = (lasting.as_nanos() / SLICES).max(1);
        let end = (now.as_nanos() / slice + 1).saturating_mul(slice);
        let end = Instant::from_nanos(end.saturating_add(lasting.as_nanos() - slice));
        match self.slices.back_mut() {
            Some((until, sum)) if *until == end => *sum += amount,
            _ => self.slices.push_back((end, amount)),
        }
    }

    fn expire(&mut self, now: Instant) {
        while self.slices.front().is_some_and(|(end, _)| *end <= now) {
            self.slices.pop_front();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(millis: u64) -> Instant {
        Instant::START + Duration::from_millis(millis)
    }

    /// Issues a request that fails until it is not tried again, or `most` times; the tries.
    fn fail(budget: &mut Budget, now: Instant, most: u32) -> u32 {
        budget.issued(now);
        let mut paid = None;
        for tries in 0..most {
            budget.failed();
            match budget.withdraw(now, false, paid.is_none()) {
                Some(cost) => paid = Some(cost),
                None => {
                    budget.settled(false, paid);
                    return tries;
                }
            }
        }
        budget.failed();
        budget.settled(false, paid);
        most
    }

    fn succeed(budget: &mut Budget, now: Instant) {
        budget.issued(now);
        budget.settled(true, None);
    }

    const AWS: Settings =
        Settings::Tokens { capacity: 500.0, cost: 5.0, timeout_cost: 10.0, refill: 1.0 };

    /// The standard mode of botocore in a total outage: a hundred tries, and then none; five clean
    /// successes buy one more.
    #[test]
    fn tokens_run_out_after_a_hundred_tries() {
        let mut budget = Budget::new(AWS);
        let tries: u32 = (0..100).map(|_| fail(&mut budget, at(0), 2)).sum();
        assert_eq!(tries, 100);
        (0..4).for_each(|_| succeed(&mut budget, at(1)));
        assert_eq!(fail(&mut budget, at(2), 2), 0);
        succeed(&mut budget, at(3));
        assert_eq!(fail(&mut budget, at(4), 2), 1);
        assert_eq!(fail(&mut budget, at(4), 2), 0);
    }

    #[test]
    fn a_success_after_a_try_returns_its_tokens() {
        let mut budget = Budget::new(AWS);
        for _ in 0..1_000 {
            budget.issued(at(0));
            let paid = budget.withdraw(at(0), true, true);
            assert_eq!(paid, Some(10.0));
            budget.settled(true, paid);
        }
    }

    /// gRPC with 10 tokens and a ratio of 0.1: tries stop when 5 are left, and 11 successes later
    /// one is allowed again, whose failure takes it back.
    #[test]
    fn throttling_stops_at_half_of_the_tokens() {
        let mut budget = Budget::new(Settings::Throttle { tokens: 10.0, ratio: 0.1 });
        assert_eq!(fail(&mut budget, at(0), 100), 4);
        (0..10).for_each(|_| succeed(&mut budget, at(0)));
        assert_eq!(fail(&mut budget, at(0), 100), 0);
        (0..12).for_each(|_| succeed(&mut budget, at(0)));
        assert_eq!(fail(&mut budget, at(0), 100), 1);
    }

    /// Finagle's: 10 retries a second over 10 s in reserve, and one for every five requests.
    #[test]
    fn a_share_of_the_requests_beside_a_reserve() {
        let finagle =
            Settings::Share { lasting: Duration::from_secs(10), reserve: 10.0, share: 0.2 };
        let mut budget = Budget::new(finagle);
        // 1,000 requests deposit 200; with the reserve, 300 tries.
        let tries: u32 = (0..1_000).map(|_| fail(&mut budget, at(0), 1)).sum();
        assert_eq!(tries, 300);
        assert_eq!(fail(&mut budget, at(9_000), 1), 0, "nothing has expired");
        let later: u32 = (0..1_000).map(|_| fail(&mut budget, at(20_000), 1)).sum();
        assert_eq!(later, 300, "all of it has");
    }

    /// Envoy's: three at least, and a fifth of what is open.
    #[test]
    fn so_many_at_a_time() {
        let mut budget = Budget::new(Settings::Concurrent { share: 0.2, least: 3 });
        (0..10).for_each(|_| budget.issued(at(0)));
        let allowed = |budget: &mut Budget| {
            (0..30).filter(|_| budget.withdraw(at(0), false, true).is_some()).count()
        };
        assert_eq!(allowed(&mut budget), 3);
        (0..90).for_each(|_| budget.issued(at(0)));
        assert_eq!(allowed(&mut budget), 17, "up to a fifth of 100, of which 3 are taken");
    }
}
