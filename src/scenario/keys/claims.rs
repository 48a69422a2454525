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
    /// How many replications, from which seed, and how claims are decided: after every replication
    /// those at hand are looked at, until they are enough for a verdict on each.
    pub struct Experiment {
        /// The most replications that decide the claims.
        pub replications: u32 = 200, within(1, 1000000);
        /// Seed of the first replication; the others count on from it.
        pub seed: u64 = 1;
        /// A share of the replications that is less than what is claimed by no more than this may
        /// get either verdict; a claim about all of them is as one about 100 %.
        pub margin: Share = "5%", within("0.001%", "50%");
        /// The greatest probability with which a claim that is true fails.
        pub alpha: Share = "5%", within("0.0001%", "50%");
        /// The greatest probability with which a claim passes that is wrong by its margin or more.
        pub beta: Share = "5%", within("0.0001%", "50%");
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
        /// The most replications that decide its claims.
        pub replications: u32 = 100, within(1, 1000000);
        /// The margin of its claims; by default that of `[experiment]`. Few replications cannot
        /// refute what is rare: 10 take 26 %, 20 take 14 %, 59 take 5 %.
        pub margin: Option<Share>;
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
        /// A patch under which the measure is taken, for claims of the scenario itself: the name of
        /// a mitigation, a cause or a counterfactual.
        pub with: Option<At<String>>;
        /// How the measure is set against that of the same replication without the patch, or under
        /// the patch of `versus`.
        pub against: Against = "nothing";
        /// The patch under which the other measure is taken; none stands for the scenario itself.
        pub versus: Option<At<String>>;
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
        /// By how much the claim may be wrong and still pass: a share for claims about all
        /// replications or a share of them, by default that of `[experiment]`; for those about the
        /// mean in the unit of the measure, by default 0.
        pub margin: Option<f64>, within(0, 1e15);
    }
}

choice! {
    /// How a measure is set against another of the same replication.
    pub enum Against {
        /// Not at all.
        Nothing = "nothing",
        /// This less the other.
        Difference = "difference",
        /// This divided by the other.
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
