//! Keeping what finished tasks gave, so that a study that was interrupted goes on where it was, and
//! one that is too large for one machine is shared out among several.
//!
//! A task is known by what it is made from, the scenarios and the seed, not by the command that
//! asked for it. Which of them were kept changes what is simulated and no result. What is kept
//! bears a seal of its name, its seed and its content: what has changed since is done again.

use crate::kernel::chance::Seed;
use crate::observe::Digest;
use crate::scenario::Scenario;
use serde::{Serialize, de::DeserializeOwned};
use std::fmt;
use std::hash::Hasher;
use std::sync::Arc;

/// A place where tasks are kept. It deals itself with what goes wrong there.
pub trait Store: Sync {
    /// What was kept of a task.
    fn find(&self, part: &str, seed: Seed) -> Option<Vec<u8>>;

    /// Keeps what a task gave.
    fn keep(&self, part: &str, seed: Seed, task: &[u8]);
}

/// A part of the tasks: every `of`th, from `number` on, which is less than `of`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shard {
    /// The number of the first task.
    pub number: u64,
    /// Of how many parts it is one.
    pub of: u64,
}

/// Where tasks are kept, and which of them are done here; nowhere and all by default.
#[derive(Clone, Copy, Default)]
pub struct Keeping<'a> {
    /// Where they are kept.
    pub store: Option<&'a dyn Store>,
    /// Which are done here, if not all. Nothing is returned then: they are for the store alone.
    pub shard: Option<Shard>,
}

impl fmt::Debug for Keeping<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Keeping").field("shard", &self.shard).finish_non_exhaustive()
    }
}

impl Keeping<'_> {
    /// The tasks of a kind over these scenarios, of which `more` is wanted. Without a store nobody
    /// asks for their name, which takes a while to make.
    pub fn part(&self, kind: &str, scenarios: &[Arc<Scenario>], more: &impl fmt::Debug) -> Part {
        match self.store {
            Some(_) => Part::new(kind, scenarios, more),
            None => Part(String::new()),
        }
    }

    /// What was kept of task `number`, or what it gives now; `None` if it is not done here, or is
    /// given up.
    ///
    /// # Errors
    /// That of the task.
    pub fn or_do<T: Serialize + DeserializeOwned, E>(
        &self,
        part: &Part,
        number: u64,
        seed: Seed,
        task: impl FnOnce() -> Option<Result<T, E>>,
    ) -> Option<Result<T, E>> {
        if self.shard.is_some_and(|shard| number % shard.of != shard.number) {
            return None;
        }
        let Some(store) = self.store else { return task() };
        let kept = store.find(&part.0, seed);
        // What cannot be read was damaged, or written by something else.
        let read = |kept: Vec<u8>| postcard::from_bytes(content(&part.0, seed, &kept)?).ok();
        if let Some(kept) = kept.and_then(read) {
            return Some(Ok(kept));
        }
        let done = task()?;
        if let Ok(done) = &done
            && let Ok(mut bytes) = postcard::to_stdvec(done)
        {
            bytes.extend(seal(&part.0, seed, &bytes));
            store.keep(&part.0, seed, &bytes);
        }
        Some(done)
    }
}

/// Bytes of a seal.
const SEAL: usize = 8;

/// What stands behind the content of a task.
fn seal(part: &str, seed: Seed, content: &[u8]) -> [u8; SEAL] {
    let mut digest = Digest::default();
    for bytes in [part.as_bytes(), &seed.0.to_le_bytes(), content] {
        digest.write(bytes);
        digest.write_u64(bytes.len() as u64);
    }
    digest.value().to_le_bytes()
}

/// The content of a task that was kept, if it is as it was.
fn content<'a>(part: &str, seed: Seed, kept: &'a [u8]) -> Option<&'a [u8]> {
    let (content, found) = kept.split_at_checked(kept.len().checked_sub(SEAL)?)?;
    (found == seal(part, seed, content)).then_some(content)
}

/// Whether what was kept of a task is as it was.
pub fn is_sound(part: &str, seed: Seed, kept: &[u8]) -> bool {
    content(part, seed, kept).is_some()
}

/// What tasks that differ in their seed alone are made from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part(String);

impl Part {
    fn new(kind: &str, scenarios: &[Arc<Scenario>], more: &impl fmt::Debug) -> Part {
        let mut digest = Digest::default();
        // Whatever decides the course of a scenario shows in this form.
        for scenario in scenarios {
            digest.write(format!("{scenario:?}").as_bytes());
        }
        digest.write(format!("{more:?}").as_bytes());
        Part(format!("{kind} {digest}"))
    }
}
