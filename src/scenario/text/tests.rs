//! Toy sections that use everything, and tests over them.

mod toys;

mod generating;
mod patching;
mod reading;
