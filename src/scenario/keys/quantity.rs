//! Distributions and ranges.

use crate::scenario::text::{Bytes, Duration, choice, section};

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
        Empirical(Vec<Duration>) = "empirical",
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
