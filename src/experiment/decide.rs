//! Claims about a scenario and its variants, decided together: replication after replication, each
//! of all variants that an open claim still needs, with what these share simulated once.

use super::compare::Variants;
use super::judge::{Assurance, Judgement, Verdict, judge};
use super::replication::Pool;
use super::shared_past::{Together, VariantFailure, run_together_within};
use crate::kernel::chance::Seed;
use crate::observe::Results;
use crate::scenario::Scenario;
use crate::scenario::claim::Claim;
use std::sync::Arc;

/// Replications between two looks at the claims; half of them before the first and the second.
const ROUND: u64 = 20;

/// Claims that belong together, such as those of a counterfactual.
#[derive(Clone, Debug)]
pub struct Part {
    /// The claims, each with the number of the variant under which it is measured, and of that
    /// which it is set against.
    pub claims: Vec<(Claim, usize, Option<usize>)>,
    /// How sure the verdicts shall be.
    pub assurance: Assurance,
    /// A variant, and how many of its replications are made whether claims need them or not.
    pub at_least: Option<(usize, u64)>,
}

/// Claims with their verdicts.
#[derive(Clone, Debug)]
pub struct Decided {
    /// The judgements, by part.
    pub judgements: Vec<Vec<Judgement>>,
    /// The replications that were made of every variant, from the first seed on.
    pub results: Vec<Vec<Results>>,
    /// Events that were simulated.
    pub simulated: u64,
    /// Events that the variants would have needed one by one.
    pub one_by_one: u64,
    /// Whether somebody stopped it.
    pub stopped: bool,
}

/// Decides claims. What comes out depends on the seed alone, not on the threads: claims are looked
/// at after fixed numbers of replications.
///
/// `progress` is told after every replication how many are done.
///
/// # Errors
/// If an invariant was broken.
pub fn decide(
    parts: &[Part],
    variants: &Variants,
    seed: Seed,
    pool: Pool<'_>,
) -> Result<Decided, VariantFailure> {
    let mut decided = Decided {
        judgements: Vec::new(),
        results: vec![Vec::new(); variants.scenarios.len()],
        simulated: 0,
        one_by_one: 0,
        stopped: false,
    };
    let mut done = 0;
    decided.judge(parts);
    loop {
        let until = done + if done < ROUND { ROUND / 2 } else { ROUND };
        let needed: Vec<Vec<usize>> =
            (done..until).map(|number| decided.needed(parts, number)).collect();
        let count = needed.iter().take_while(|needed| !needed.is_empty()).count() as u64;
        if count == 0 || decided.stopped {
            return Ok(decided);
        }
        let progress = |finished: u64| (pool.progress)(done + finished);
        let together = Pool { progress: &progress, ..pool }.run_some(count, |number| {
            let needed = &needed[number as usize];
            let scenarios: Vec<Arc<Scenario>> =
                needed.iter().map(|&variant| Arc::clone(&variants.scenarios[variant])).collect();
            let seed = Seed(seed.0.wrapping_add(done + number));
            let part = pool.keeping.part("compare", &scenarios, &());
            let task = || run_together_within(&scenarios, seed, pool.halt);
            let done = pool.keeping.or_do(&part, done + number, seed, task)?;
            Some(
                done.map_err(|broken| VariantFailure { variant: needed[broken.variant], ..broken }),
            )
        })?;
        decided.stopped = pool.was_cut_short(together.len(), count);
        for (needed, together) in needed.iter().zip(together) {
            decided.add(needed, together);
        }
        done = until;
        decided.judge(parts);
    }
}

impl Decided {
    fn add(&mut self, variants: &[usize], together: Together) {
        for (&variant, results) in variants.iter().zip(together.results) {
            self.results[variant].push(results);
        }
        self.simulated += together.simulated;
        self.one_by_one += together.one_by_one;
    }

    fn judge(&mut self, parts: &[Part]) {
        self.judgements = parts.iter().map(|part| self.judge_part(part)).collect();
    }

    fn judge_part(&self, part: &Part) -> Vec<Judgement> {
        let judge_one = |(claim, variant, versus): &(Claim, usize, Option<usize>)| {
            let results = &self.results[*variant];
            let versus = versus.map(|versus| &self.results[versus]);
            let there = versus.map_or(results.len(), |versus| results.len().min(versus.len()));
            // Other parts may need more of the same.
            let count = there.min(usize::try_from(part.assurance.ceiling).unwrap_or(usize::MAX));
            judge(claim, &results[..count], versus.map(|all| &all[..count]), part.assurance)
        };
        part.claims.iter().map(judge_one).collect()
    }

    /// The variants of which this replication is still needed.
    fn needed(&self, parts: &[Part], number: u64) -> Vec<usize> {
        let mut needed = Vec::new();
        for (part, judgements) in parts.iter().zip(&self.judgements) {
            if number >= part.assurance.ceiling {
                continue;
            }
            let at_least = part.at_least.filter(|(_, count)| number < *count);
            needed.extend(at_least.map(|(variant, _)| variant));
            for ((_, variant, versus), judgement) in part.claims.iter().zip(judgements) {
                if judgement.verdict == Verdict::Undecided {
                    needed.extend([*variant].into_iter().chain(*versus));
                }
            }
        }
        needed.sort_unstable();
        needed.dedup();
        needed
    }
}
