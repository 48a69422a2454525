//! Experiments, assumptions, patches and claims.

use crate::scenario::text::{At, Raw, Share, Timestamp, choice, section};

section! {
    /// A stretch of time with measures of its own, called `NAME.measure`.
    pub struct Interval {
        /// Where it begins.
        pub from: Timestamp;
        /// Where it ends.
        pub to: At<Timestamp>;
    }
}

section! {
    /// How many replications, from which seed.
    pub struct Experiment {
        /// Replications that decide the claims.
        pub replications: u32 = 100, within(1, 1000000);
        /// Seed of the first replication; the others count on from it.
        pub seed: u64 = 1;
    }
}

section! {
    /// An input that nobody has published.
    pub struct Assumption {
        /// The key.
        pub key: At<String>;
        /// Least and greatest plausible value.
        pub range: [Raw; 2];
        /// Why that range.
        pub why: String;
    }
}

section! {
    /// A patch that is meant to help.
    pub struct Mitigation {
        /// What it does, in a sentence.
        pub about: String;
        /// The keys that it changes.
        pub patch: Raw;
    }
}

section! {
    /// A patch that takes a cause of the incident away.
    pub struct Cause {
        /// What is taken away, in a sentence.
        pub about: String;
        /// The keys that it changes.
        pub patch: Raw;
    }
}

section! {
    /// A patch that tests whether the model behaves as it must.
    pub struct Counterfactual {
        /// What it asks, in a sentence.
        pub about: String;
        /// The keys that it changes.
        pub patch: Raw;
        /// Replications that decide its claims.
        pub replications: u32 = 20, within(1, 1000000);
        /// What must come out.
        pub expect: Vec<Claim>;
    }
}

section! {
    /// The scenario over the ranges of all assumptions together: points of a Latin hypercube, one
    /// replication each.
    pub struct Hypercube {
        /// Number of points.
        pub points: u32 = 100, within(2, 100000);
        /// Whether the load of a point is scaled with the capacity of its fleet (nodes times cores
        /// over the mean work of a request).
        pub scale_load: bool = true;
        /// What must come out, over the points.
        pub expect: Vec<Claim>;
    }
}

section! {
    /// A claim about the outcome, decided over replications.
    pub struct Claim {
        /// The claim in words.
        pub claim: String;
        /// What was published about it.
        pub published: Option<String>;
        /// The measure that is bounded.
        pub measure: Option<At<String>>;
        /// The milestone whose time is bounded, instead of a measure.
        pub milestone: Option<At<String>>;
        /// A measure by which the measure is divided, in each replication.
        pub over: Option<At<String>>;
        /// A milestone: replications that do not reach it are left out.
        pub given: Option<At<String>>;
        /// How the measure is set against that of the same replication without the patch.
        pub against: Against = "nothing";
        /// Least value of the measure.
        pub at_least: Option<f64>;
        /// Greatest value of the measure.
        pub at_most: Option<f64>;
        /// Earliest time of the milestone.
        pub not_before: Option<Timestamp>;
        /// Latest time of the milestone.
        pub not_after: Option<Timestamp>;
        /// Of what the bounds must hold.
        pub of: Of = "all";
    }
}

choice! {
    /// How a measure is set against that of the same replication without the patch.
    pub enum Against {
        /// Not at all.
        Nothing = "nothing",
        /// With the patch less without it.
        Difference = "difference",
        /// With the patch divided by without it.
        Ratio = "ratio",
    }
}

choice! {
    /// Of what the bounds of a claim must hold.
    pub enum Of {
        /// Of every replication; the verdict prints how often a violation could still occur.
        All = "all",
        /// Of at least this share of the replications.
        Share(Share) = "share",
        /// Of the mean over the replications.
        Mean = "mean",
    }
}
