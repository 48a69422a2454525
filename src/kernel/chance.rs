//! Chance: every draw has a name, so no draw depends on how many came before it.
//!
//! A draw is keyed by (seed, purpose, entity, occurrence, step) and lives in a block of the ChaCha8
//! key stream: seed, purpose and step are in the key, the entity is the stream, the occurrence is
//! the block number. Two simulations that differ in what they draw, or in which order, agree in
//! every draw that both of them make: common random numbers, for real.

use rand::{Rng, SeedableRng, TryRng};
use rand_chacha::ChaCha8Rng;
use std::convert::Infallible;

/// The seed of a replication.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
pub struct Seed(pub u64);

/// Dice of a block: how many primary words there are.
pub const DICE: usize = 8;

/// What a draw is for; the numbers are given out by the layer that draws.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Purpose(pub u32);

/// The source of every draw of one replication.
#[derive(Clone, Copy, Debug)]
pub struct Streams {
    seed: Seed,
}

/// The name of a draw.
#[derive(Clone, Copy, Debug)]
struct Name {
    seed: Seed,
    purpose: Purpose,
    entity: u64,
    occurrence: u64,
    step: u32,
}

/// One draw: eight dice that can be thrown in any order, any number of times.
#[derive(Clone, Copy, Debug)]
pub struct Draw {
    words: [u64; DICE],
    name: Name,
}

/// One die of a draw, a random number generator of its own.
///
/// Its first word comes from the draw's block; a sampler that rejects goes on in a stream that
/// belongs to this die alone, so the other dice of the draw stay as they are.
#[derive(Debug)]
pub struct Die<'a> {
    first: u64,
    taken: bool,
    slot: usize,
    name: &'a Name,
    /// Not boxed: a die without anything to drop lives in registers.
    spill: Option<ChaCha8Rng>,
}

/// The draws number 0, 1, 2… of one purpose and entity, made in order and therefore cheaply: four
/// blocks of the key stream at a time.
#[derive(Clone, Debug)]
pub struct Sequence {
    rng: ChaCha8Rng,
    /// The words of the draw in hand and of those around it, as they come.
    words: [[[u8; 8]; DICE]; BATCH],
    /// The name of the draw in hand.
    name: Name,
}

/// Draws made at a time.
const BATCH: usize = 4;

impl Streams {
    /// The draws of the replication with this seed.
    pub fn new(seed: Seed) -> Streams {
        Streams { seed }
    }

    /// The draw with this name.
    pub fn draw(&self, purpose: Purpose, entity: u64, occurrence: u64, step: u32) -> Draw {
        let name = Name { seed: self.seed, purpose, entity, occurrence, step };
        let mut rng = name.generator(0);
        Draw { words: words(&mut rng), name }
    }

    /// The draws of `purpose` and `entity` in the order of their occurrence, at the first.
    pub fn sequence(&self, purpose: Purpose, entity: u64) -> Sequence {
        let name = Name { seed: self.seed, purpose, entity, occurrence: 0, step: 0 };
        let rng = name.generator(0);
        let mut sequence = Sequence { rng, words: [[[0; 8]; DICE]; BATCH], name };
        sequence.fill();
        sequence
    }
}

impl Sequence {
    /// One of the [`DICE`] dice of the draw in hand, whose name is that of [`Streams::draw`] with
    /// step 0.
    #[inline]
    pub fn die(&self, slot: usize) -> Die<'_> {
        let words = &self.words[self.name.occurrence as usize % BATCH];
        Die {
            first: u64::from_le_bytes(words[slot]),
            taken: false,
            slot,
            name: &self.name,
            spill: None,
        }
    }

    /// Moves on to the next draw.
    #[inline]
    pub fn advance(&mut self) {
        self.name.occurrence += 1;
        if self.name.occurrence.is_multiple_of(BATCH as u64) {
            self.fill();
        }
    }

    /// Moves on, or back, to the draw with this occurrence.
    pub fn seek(&mut self, occurrence: u64) {
        let first = occurrence - occurrence % BATCH as u64;
        self.rng.set_word_pos(u128::from(first) * 16);
        self.fill();
        self.name.occurrence = occurrence;
    }

    fn fill(&mut self) {
        self.rng.fill_bytes(self.words.as_flattened_mut().as_flattened_mut());
    }

    /// The occurrence of the draw in hand.
    #[inline]
    pub fn occurrence(&self) -> u64 {
        self.name.occurrence
    }
}

impl Draw {
    /// One of the draw's [`DICE`] dice.
    #[inline]
    pub fn die(&self, slot: usize) -> Die<'_> {
        Die { first: self.words[slot], taken: false, slot, name: &self.name, spill: None }
    }
}

impl Name {
    /// The key stream at this draw's block; `lane` 0 holds the blocks, `1 + slot` what spills.
    fn generator(&self, lane: u32) -> ChaCha8Rng {
        let mut key = [0_u8; 32];
        key[0..8].copy_from_slice(&self.seed.0.to_le_bytes());
        key[8..12].copy_from_slice(&self.purpose.0.to_le_bytes());
        key[12..16].copy_from_slice(&self.step.to_le_bytes());
        key[16..20].copy_from_slice(&lane.to_le_bytes());
        let (stream, block) = if lane == 0 {
            (self.entity, self.occurrence)
        } else {
            // A spill may run for many blocks, so the occurrence moves from the block to the key.
            key[20..28].copy_from_slice(&self.occurrence.to_le_bytes());
            (self.entity, 0)
        };
        let mut rng = ChaCha8Rng::from_seed(key);
        rng.set_stream(stream);
        rng.set_word_pos(u128::from(block) * 16);
        rng
    }
}

fn words(rng: &mut ChaCha8Rng) -> [u64; DICE] {
    std::array::from_fn(|_| rng.next_u64())
}

impl Die<'_> {
    #[inline]
    fn word(&mut self) -> u64 {
        if self.taken {
            self.spill_word()
        } else {
            self.taken = true;
            self.first
        }
    }

    #[cold]
    fn spill_word(&mut self) -> u64 {
        let slot = u32::try_from(self.slot).expect("a draw has few dice");
        self.spill.get_or_insert_with(|| self.name.generator(1 + slot)).next_u64()
    }
}

impl TryRng for Die<'_> {
    type Error = Infallible;

    #[inline]
    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        Ok((self.word() >> 32) as u32)
    }

    #[inline]
    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        Ok(self.word())
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Infallible> {
        for chunk in bytes.chunks_mut(8) {
            let word = self.word().to_le_bytes();
            chunk.copy_from_slice(&word[..chunk.len()]);
        }
        Ok(())
    }
}

/// A number in [0, 1) with 53 random bits.
#[inline]
pub fn unit(rng: &mut impl Rng) -> f64 {
    (rng.next_u64() >> 11) as f64 * (1.0 / (1_u64 << 53) as f64)
}

/// A word that looks independent of `word` and of those for other numbers: the finaliser of
/// SplitMix64 over both. For choices that come by the million and need no draw of their own.
#[inline]
pub fn derived(word: u64, number: u64) -> u64 {
    let mut mixed = word.wrapping_add(number.wrapping_mul(0x9E37_79B9_7F4A_7C15));
    mixed = (mixed ^ mixed >> 30).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94D0_49BB_1331_11EB);
    mixed ^ mixed >> 31
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sequence_gives_the_draws_that_can_be_asked_for_by_name() {
        let streams = Streams::new(Seed(7));
        let mut sequence = streams.sequence(Purpose(3), 11);
        for n in 0..40 {
            assert_eq!(sequence.occurrence(), n);
            let by_name = streams.draw(Purpose(3), 11, n, 0);
            for slot in 0..DICE {
                let (mut a, mut b) = (sequence.die(slot), by_name.die(slot));
                for _ in 0..5 {
                    assert_eq!(a.next_u64(), b.next_u64(), "die {slot} of draw {n} and its spill");
                }
            }
            sequence.advance();
        }
        for n in [7, 1 << 40, 3] {
            sequence.seek(n);
            for later in n..n + 6 {
                let by_name = streams.draw(Purpose(3), 11, later, 0);
                assert_eq!(sequence.occurrence(), later);
                assert_eq!(sequence.die(2).next_u64(), by_name.die(2).next_u64());
                sequence.advance();
            }
        }
    }

    #[test]
    fn every_part_of_the_name_matters() {
        let draw = |seed, purpose, entity, occurrence, step| {
            Streams::new(Seed(seed)).draw(Purpose(purpose), entity, occurrence, step).words
        };
        let all = [
            draw(1, 1, 1, 1, 1),
            draw(2, 1, 1, 1, 1),
            draw(1, 2, 1, 1, 1),
            draw(1, 1, 2, 1, 1),
            draw(1, 1, 1, 2, 1),
            draw(1, 1, 1, 1, 2),
        ];
        for (i, a) in all.iter().enumerate() {
            for b in &all[..i] {
                assert!(a.iter().all(|word| !b.contains(word)));
            }
        }
    }

    #[test]
    fn throwing_one_die_more_often_leaves_the_others_alone() {
        let streams = Streams::new(Seed(1));
        let draw = streams.draw(Purpose(0), 0, 0, 0);
        let alone = draw.die(1).next_u64();
        let mut first = draw.die(0);
        for _ in 0..100 {
            first.next_u64();
        }
        assert_eq!(draw.die(1).next_u64(), alone);
        let spilled = draw.die(0);
        assert_ne!(
            {
                let mut d = spilled;
                d.next_u64();
                d.next_u64()
            },
            {
                let mut d = draw.die(1);
                d.next_u64();
                d.next_u64()
            }
        );
    }
    /// The first two numbers that Steele, Lea and Flood's generator gives from 0 and from a seed.
    #[test]
    fn derived_words_are_those_of_splitmix64() {
        assert_eq!(derived(0, 1), 0xE220_A839_7B1D_CDAF);
        assert_eq!(derived(0, 2), 0x6E78_9E6A_A1B9_65F4);
        assert_eq!(derived(1_234_567, 1), 6_457_827_717_110_365_317);
    }
}
