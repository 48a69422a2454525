//! Patching.
