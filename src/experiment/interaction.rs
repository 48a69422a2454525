//! What two variants do together, against what each does alone.

use super::paired::Part;

/// Two variants and both together: their downtime, replication by replication.
#[derive(Clone, Debug)]
pub struct Interaction {
    /// What both together change, less what each changes alone, in seconds.
    beyond: Part,
    /// The downtime with both less that with the better one alone, in seconds.
    over_better: Part,
}

/// What becomes of two changes that come together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Together {
    /// What both save is the sum of what each saves, give or take the tolerance.
    AddsUp,
    /// It is less than the sum.
    Overlaps,
    /// It is more than the sum.
    BetterTogether,
    /// It is less than what the better one saves alone.
    WorseTogether,
    /// The replications are too few to tell.
    Undecided,
}

impl Together {
    /// The words for it.
    pub fn words(self) -> &'static str {
        match self {
            Together::AddsUp => "adds up",
            Together::Overlaps => "overlaps",
            Together::BetterTogether => "better together",
            Together::WorseTogether => "worse together",
            Together::Undecided => "undecided",
        }
    }
}

impl Interaction {
    pub(super) const NOTHING: Interaction =
        Interaction { beyond: Part::NOTHING, over_better: Part::NOTHING };

    /// Takes in a replication: whether the scenario as it stands has an outage in it, its downtime,
    /// that with each of the two alone, and that with both.
    pub(super) fn add(&mut self, outage: bool, before: f64, [one, other]: [f64; 2], both: f64) {
        self.beyond.add(outage, (both - before) - (one - before) - (other - before));
        self.over_better.add(outage, both - one.min(other));
    }

    /// In the mean, what both together change of the downtime less what each changes alone, in
    /// seconds: above zero they save less than the sum.
    pub fn mean(&self) -> f64 {
        self.beyond.mean()
    }

    /// The interval of that mean.
    pub fn interval(&self, confidence: f64) -> (f64, f64) {
        self.beyond.interval(confidence)
    }

    /// What becomes of the two; what is less than `tolerance` seconds counts as nothing.
    pub fn together(&self, confidence: f64, tolerance: f64) -> Together {
        let (low, high) = self.interval(confidence);
        let over = self.over_better.interval(confidence);
        match () {
            () if over.0 > tolerance => Together::WorseTogether,
            () if low > tolerance => Together::Overlaps,
            () if high < -tolerance => Together::BetterTogether,
            () if low >= -tolerance && high <= tolerance => Together::AddsUp,
            () => Together::Undecided,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// So many replications with an outage of 100 s, in which the two leave these downtimes.
    fn of(all: &[([f64; 2], f64)]) -> Interaction {
        let mut found = Interaction::NOTHING;
        for &(alone, both) in all.iter().cycle().take(60) {
            found.add(true, 100.0, alone, both);
        }
        found
    }

    #[test]
    fn what_two_changes_do_together_has_its_word() {
        let cases = [
            // 30 and 20 are saved alone.
            ([70.0, 80.0], 50.0, 0.0, Together::AddsUp),
            ([70.0, 80.0], 60.0, 10.0, Together::Overlaps),
            // Each prevents it: 100 less than the sum of 200.
            ([0.0, 0.0], 0.0, 100.0, Together::Overlaps),
            ([70.0, 80.0], 20.0, -30.0, Together::BetterTogether),
            ([70.0, 80.0], 90.0, 40.0, Together::WorseTogether),
        ];
        for (alone, both, mean, word) in cases {
            let found = of(&[(alone, both)]);
            assert!((found.mean() - mean).abs() < 1e-9, "{alone:?}, {both}: {}", found.mean());
            let (low, high) = found.interval(0.95);
            assert!(low <= mean && mean <= high);
            assert_eq!(found.together(0.95, 5.0), word, "{alone:?}, {both}: {low} to {high}");
        }
        // Worse than the sum in one half of the replications and better in the other.
        let torn = of(&[([70.0, 80.0], 20.0), ([70.0, 80.0], 70.0)]);
        assert!((torn.mean() + 5.0).abs() < 1e-9);
        assert_eq!(torn.together(0.95, 5.0), Together::Undecided);
    }

    #[test]
    fn without_an_outage_nothing_is_left_to_add_up() {
        let mut found = Interaction::NOTHING;
        (0..60).for_each(|_| found.add(false, 0.0, [0.0, 0.0], 0.0));
        assert_eq!(found.together(0.95, 5.0), Together::AddsUp);
        assert_eq!(found.interval(0.95), (0.0, 0.0));
    }
}
