//! Medians with intervals that hold whatever the values are drawn from.

/// The median of some values.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Median {
    pub(crate) value: f64,
    /// The ends of the interval in which the true median lies with a probability of 95 % or more;
    /// of fewer than six values the least and the greatest, which hold it less surely.
    pub(crate) low: f64,
    pub(crate) high: f64,
}

impl Median {
    /// The median of at least one value.
    pub(crate) fn of(values: impl IntoIterator<Item = f64>) -> Median {
        let mut values: Vec<f64> = values.into_iter().collect();
        values.sort_by(f64::total_cmp);
        let (last, outside) = (values.len() - 1, outside(values.len()));
        Median { value: values[last / 2], low: values[outside], high: values[last - outside] }
    }
}

/// How many of so many sorted values may be left out at either end.
fn outside(values: usize) -> usize {
    // The number of values below the median is that of heads in as many tosses of a coin. What is
    // left out at one end holds the median if no more heads come than that.
    let (mut tail, mut heads) = (0.0_f64, 1.0 / (1u64 << values) as f64);
    let mut number = 0;
    loop {
        tail += heads;
        if 2.0 * tail > 0.05 {
            return number.max(1) - 1;
        }
        heads *= (values - number) as f64 / (number + 1) as f64;
        number += 1;
    }
}
