//! A line on standard error for runs that take longer than people like to wonder about.

use super::console::Console;
use crate::diagnostic::plural;
use crate::verify::watch::Watch;
use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

const PATIENCE: Duration = Duration::from_secs(1);
const REFRESH: Duration = Duration::from_millis(200);
const WIDTH: usize = 24;

/// Says what goes on while it lives, once a second has passed and only on a terminal; takes its line away at the end.
pub(super) struct Progress {
    steps: Arc<Mutex<Option<Steps>>>,
    done: Option<(Sender<()>, JoinHandle<()>)>,
}

/// Steps of one kind.
#[derive(Clone, Copy)]
struct Steps {
    what: &'static str,
    done: usize,
    all: usize,
    since: Instant,
}

impl Progress {
    pub(super) fn start(what: &'static str, console: &Console) -> Self {
        let steps = Arc::new(Mutex::new(None));
        if !console.is_watched() {
            return Self { steps, done: None };
        }
        let (sender, receiver) = mpsc::channel();
        let seen = Arc::clone(&steps);
        let thread = std::thread::spawn(move || {
            let mut wait = PATIENCE;
            while receiver.recv_timeout(wait) == Err(RecvTimeoutError::Timeout) {
                wait = REFRESH;
                let steps = *seen.lock().unwrap_or_else(PoisonError::into_inner);
                let said = steps.map_or_else(|| format!("{what} …"), |steps| steps.line(steps.since.elapsed()));
                eprint!("\r\u{1b}[2K{said}");
            }
            if wait == REFRESH {
                eprint!("\r\u{1b}[2K");
            }
        });
        Self { steps, done: Some((sender, thread)) }
    }
}

impl Watch for Progress {
    fn at(&self, what: &'static str, done: usize, all: usize) {
        let mut steps = self.steps.lock().unwrap_or_else(PoisonError::into_inner);
        let since = steps.filter(|steps| steps.what == what).map_or_else(Instant::now, |steps| steps.since);
        // Workers report in any order.
        let done = steps.filter(|steps| steps.what == what).map_or(done, |steps| steps.done.max(done));
        *steps = Some(Steps { what, done, all, since });
    }
}

impl Steps {
    /// `[######      ] 120 of 480 masks replaced by keep, about 9 seconds left`
    fn line(&self, elapsed: Duration) -> String {
        let filled = (self.done * WIDTH).checked_div(self.all).unwrap_or(WIDTH).min(WIDTH);
        let bar = "#".repeat(filled) + &" ".repeat(WIDTH - filled);
        let line = format!("[{bar}] {} of {} {}", self.done, self.all, self.what);
        match self.left(elapsed) {
            Some(left) => line + ", about " + &in_words(left) + " left",
            None => line,
        }
    }

    /// As long again as each step took so far; nothing is known before the first.
    fn left(&self, elapsed: Duration) -> Option<Duration> {
        let (done, all) = (u32::try_from(self.done).ok()?, u32::try_from(self.all).ok()?);
        elapsed.checked_mul(all.saturating_sub(done))?.checked_div(done)
    }
}

fn in_words(left: Duration) -> String {
    let seconds = usize::try_from(left.as_secs()).unwrap_or(usize::MAX).max(1);
    if seconds < 90 { plural(seconds, "second") } else { plural(seconds.div_ceil(60), "minute") }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if let Some((sender, thread)) = self.done.take() {
            drop(sender);
            let _ = thread.join();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_left_is_told_by_what_was_done() {
        let steps = |done| Steps { what: "masks", done, all: 480, since: Instant::now() };
        assert_eq!(steps(0).line(Duration::from_secs(3)), format!("[{}] 0 of 480 masks", " ".repeat(24)));
        let expected = format!("[{}{}] 120 of 480 masks, about 9 seconds left", "#".repeat(6), " ".repeat(18));
        assert_eq!(steps(120).line(Duration::from_secs(3)), expected);
        assert!(steps(120).line(Duration::from_mins(3)).ends_with("about 9 minutes left"));
        assert!(steps(480).line(Duration::from_mins(3)).ends_with("about 1 second left"));
    }
}
