//! Distributions and ranges.

use crate::scenario::text::{At, Bytes, Duration, Share, choice, section};

choice! {
    /// A time that is drawn. A plain duration is always that long.
    pub enum Dist shorthand Constant {
        /// Always the same.
        Constant(Duration) = "constant",
        /// Equally likely between two bounds.
        Uniform(UniformTime) = "uniform",
        /// Exponential.
        Exponential(Exponential) = "exponential",
        /// Lognormal: many a little below the mean, few far above it.
        Lognormal(Lognormal) = "lognormal",
        /// One of these, each equally likely.
        Empirical(At<Values>) = "empirical",
        /// Gamma: between constant (a great shape) and heavier than exponential (one below 1).
        Gamma(Gamma) = "gamma",
        /// Weibull: as gamma, with a tail that is heavier still below a shape of 1.
        Weibull(Weibull) = "weibull",
        /// Pareto between two bounds: a tail that falls as a power of the time.
        BoundedPareto(At<BoundedPareto>) = "bounded_pareto",
        /// One of several exponentials.
        Hyperexponential(At<Vec<Branch>>) = "hyperexponential",
        /// Known by its mean and its 95th percentile.
        MeanP95(MeanP95) = "mean_p95",
        /// Known by its median and its 99th percentile.
        MedianP99(MedianP99) = "median_p99",
    }
}

choice! {
    /// Values of which each is equally likely.
    pub enum Values shorthand Listed {
        /// These.
        Listed(Vec<Duration>) = "listed",
        /// Those in a CSV file with one column, whose first line names their unit: `seconds`,
        /// `milliseconds`, `microseconds` or `nanoseconds`. The name is as seen from the folder of
        /// the scenario.
        File(String) = "file",
    }
}

section! {
    /// Equally likely between two bounds.
    pub struct UniformTime {
        /// Least value.
        pub from: Duration;
        /// Greatest value.
        pub to: Duration;
    }
}

section! {
    /// An exponential distribution.
    pub struct Exponential {
        /// Mean.
        pub mean: Duration;
    }
}

section! {
    /// A lognormal distribution.
    pub struct Lognormal {
        /// Mean.
        pub mean: Duration;
        /// Standard deviation of the logarithm.
        pub sigma: f64, within(0, 5);
    }
}

section! {
    /// A gamma distribution.
    pub struct Gamma {
        /// Mean.
        pub mean: Duration;
        /// Shape; 1 is exponential, a greater one lighter.
        pub shape: f64, within(0.02, 10000);
    }
}

section! {
    /// A Weibull distribution.
    pub struct Weibull {
        /// Mean.
        pub mean: Duration;
        /// Shape; 1 is exponential, a greater one lighter.
        pub shape: f64, within(0.1, 100);
    }
}

section! {
    /// A Pareto distribution between two bounds.
    pub struct BoundedPareto {
        /// Least value, more than zero.
        pub from: Duration;
        /// Greatest value.
        pub to: Duration;
        /// How fast the tail falls: the chance to exceed a time falls as its power `-alpha`.
        pub alpha: f64, within(0.05, 20);
    }
}

section! {
    /// One of the exponentials.
    pub struct Branch {
        /// How often it is this one; all shares add up to 100%.
        pub share: Share;
        /// Its mean.
        pub mean: Duration;
    }
}

section! {
    /// A distribution with this mean and this 95th percentile. Where two of a family have them, it
    /// is the one with the lighter tail.
    pub struct MeanP95 {
        /// Mean.
        pub mean: Duration;
        /// What 95% of the values are below.
        pub p95: At<Duration>;
        /// Of which family.
        pub family: Family = "lognormal";
    }
}

section! {
    /// A distribution with this median and this 99th percentile.
    pub struct MedianP99 {
        /// What half of the values are below.
        pub median: Duration;
        /// What 99% of the values are below.
        pub p99: At<Duration>;
        /// Of which family.
        pub family: Family = "lognormal";
    }
}

choice! {
    /// A family of distributions.
    pub enum Family {
        /// Lognormal.
        Lognormal = "lognormal",
        /// Gamma.
        Gamma = "gamma",
        /// Weibull.
        Weibull = "weibull",
        /// Two exponentials, each of which brings half of the mean.
        Hyperexponential = "hyperexponential",
    }
}

choice! {
    /// An amount of memory, the same every time or drawn.
    pub enum BytesRange shorthand Exactly {
        /// Always the same.
        Exactly(Bytes) = "exactly",
        /// Equally likely between two bounds.
        Uniform(UniformBytes) = "uniform",
    }
}

section! {
    /// Equally likely between two bounds.
    pub struct UniformBytes {
        /// Least value.
        pub from: Bytes;
        /// Greatest value.
        pub to: Bytes;
    }
}

choice! {
    /// A number, the same on every node or drawn for each.
    pub enum NumberRange shorthand Exactly {
        /// The same on every node.
        Exactly(f64) = "exactly",
        /// Equally likely between two bounds.
        Uniform(UniformNumber) = "uniform",
    }
}

section! {
    /// Equally likely between two bounds.
    pub struct UniformNumber {
        /// Least value.
        pub from: f64;
        /// Greatest value.
        pub to: f64;
    }
}

choice! {
    /// A time, the same on every node or drawn for each.
    pub enum TimeRange shorthand Exactly {
        /// The same on every node.
        Exactly(Duration) = "exactly",
        /// Equally likely between two bounds.
        Uniform(UniformTime) = "uniform",
    }
}
