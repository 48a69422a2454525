//! Pages in a real browser: what every page must do, and what the page of a run does.
//!
//! They need a Chromium (`FLEETFALL_BROWSER`, or one on the path) and, for one of them, axe-core
//! (`FLEETFALL_AXE`, the path of its `axe.min.js`); what is missing is left out and said so. With
//! `FLEETFALL_BROWSER=required` nothing may be missing.

mod chrome;
mod every;
mod pages;
mod run;
mod studies;
