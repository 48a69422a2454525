//! How far a study is: a bar where somebody watches, a line now and then elsewhere.
#![allow(clippy::disallowed_types, reason = "people wait in real time")]

use super::output;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::io::{IsTerminal, stderr};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Between two lines where nobody watches.
const LINE_EVERY: Duration = Duration::from_secs(30);

/// The progress of some replications.
#[derive(Debug)]
pub(super) struct Progress {
    label: String,
    /// How many there will be, if that is known.
    count: Option<u64>,
    bar: ProgressBar,
    started: Instant,
    /// When the last line was written; `None` where there is a bar.
    said: Option<Mutex<Instant>>,
}

impl Progress {
    /// Begins, with as many replications as are planned, if anybody knows.
    pub(super) fn new(label: &str, count: Option<u64>) -> Progress {
        let watched = stderr().is_terminal();
        let shown = watched && count != Some(1);
        let target =
            if shown { ProgressDrawTarget::stderr() } else { ProgressDrawTarget::hidden() };
        let bar = ProgressBar::with_draw_target(count, target);
        let template = match count {
            Some(_) => "{msg} {bar:40} {pos} of {len} replications, {per_sec}, {eta} left",
            None => "{msg} {pos} replications, {per_sec}, {elapsed}",
        };
        if let Ok(style) = ProgressStyle::with_template(template) {
            bar.set_style(style);
        }
        bar.set_message(label.to_string());
        let started = Instant::now();
        let said = (!watched).then(|| Mutex::new(started));
        Progress { label: label.to_string(), count, bar, started, said }
    }

    /// So many are done.
    pub(super) fn set(&self, done: u64) {
        let Some(said) = &self.said else {
            self.bar.set_position(done);
            return;
        };
        let mut said = said.lock().unwrap_or_else(PoisonError::into_inner);
        if said.elapsed() >= LINE_EVERY {
            *said = Instant::now();
            output::note(&self.line(done, self.started.elapsed().as_secs_f64()));
        }
    }

    /// The line after so many seconds.
    fn line(&self, done: u64, seconds: f64) -> String {
        let rate = done as f64 / seconds;
        let start = format!("{}: {done}", self.label);
        match self.count {
            Some(count) => {
                let start = format!("{start} of {count} replications, {rate:.2}/s");
                // Nobody knows while none is done.
                let left = count.saturating_sub(done) as f64 / rate;
                match Duration::try_from_secs_f64(left) {
                    Ok(left) => format!("{start}, {} left", indicatif::HumanDuration(left)),
                    Err(_) => start,
                }
            }
            None => format!("{start} replications, {rate:.2}/s"),
        }
    }
}

/// How long something took, in words; `None` if nobody had to wait for it.
pub(super) fn waited(since: Instant) -> Option<String> {
    let took = since.elapsed();
    let long = took >= Duration::from_secs(10);
    long.then(|| indicatif::HumanDuration(took).to_string())
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}

#[cfg(test)]
mod tests {
    use super::Progress;

    #[test]
    fn a_line_says_how_far_and_how_long() {
        let known = Progress::new("run", Some(400)).line(100, 50.0);
        assert_eq!(known, "run: 100 of 400 replications, 2.00/s, 3 minutes left");
        assert_eq!(Progress::new("run", Some(4)).line(0, 9.0), "run: 0 of 4 replications, 0.00/s");
        assert_eq!(Progress::new("plan", None).line(5, 10.0), "plan: 5 replications, 0.50/s");
    }
}
