//! Layer 0: time, order and chance. No word of the web appears here.

pub mod time;
