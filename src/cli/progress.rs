//! A line on standard error for runs that take longer than people like to wonder about.

use super::console::Console;
use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::thread::JoinHandle;
use std::time::Duration;

const PATIENCE: Duration = Duration::from_secs(1);

/// Says what goes on while it lives, once a second has passed and only on a terminal; takes its line away at the end.
pub(super) struct Progress {
    done: Option<(Sender<()>, JoinHandle<()>)>,
}

impl Progress {
    pub(super) fn start(what: &'static str, console: &Console) -> Self {
        if !console.is_watched() {
            return Self { done: None };
        }
        let (sender, receiver) = mpsc::channel();
        let thread = std::thread::spawn(move || {
            if receiver.recv_timeout(PATIENCE) == Err(RecvTimeoutError::Timeout) {
                eprint!("{what} …");
                let _ = receiver.recv();
                eprint!("\r\u{1b}[2K");
            }
        });
        Self { done: Some((sender, thread)) }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if let Some((sender, thread)) = self.done.take() {
            drop(sender);
            let _ = thread.join();
        }
    }
}
