//! Tests over toy sections.

mod generating;
mod leaves;
mod patching;
mod printing;
mod reading;
mod toys;
