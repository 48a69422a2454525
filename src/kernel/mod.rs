//! Layer 0: time, order and chance. No word of the web appears here.

pub mod buckets;
pub mod calendar;
pub mod chance;
pub mod dist;
pub mod exp;
pub mod heap;
pub mod lanes;
pub mod slab;
pub mod time;
pub mod timers;
pub mod ziggurat;
