//! Reading: values, and every problem at its place.

use expect_test::expect;
use proptest::prelude::*;

use super::super::{
    Bytes, Diagnostics, Duration, Rate, Share, Sources, check_defaults, parse, read,
};
use super::toys::{Next, Shop, Till, covered, reads, right, tree, wrong};

const LEAST: &str = "name = \"a\"\nopens = 2024-03-01T08:00:00Z\n";

#[test]
fn defaults_are_right() {
    assert_eq!(check_defaults::<Shop>(), Vec::<String>::new());
}

#[test]
fn the_least_document_takes_every_default() {
    let shop: Shop = right(LEAST);
    assert_eq!(shop.shelves, 3);
    assert_eq!(shop.warmth.to_bits(), (-1.5f64).to_bits());
    assert_eq!(shop.queue.wait, Duration::from_secs(3));
    println!("{shop:#?}");
}
