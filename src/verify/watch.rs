//! Who is told how far a long run is.

use std::sync::atomic::{AtomicUsize, Ordering};

/// Somebody who waits.
pub trait Watch: Sync {
    /// So many steps of so many are done.
    fn at(&self, what: &'static str, done: usize, all: usize);
}

/// Nobody.
impl Watch for () {
    fn at(&self, _what: &'static str, _done: usize, _all: usize) {}
}

/// Steps of one kind, counted by whoever does them.
pub struct Count<'w> {
    what: &'static str,
    all: usize,
    done: AtomicUsize,
    watch: &'w dyn Watch,
}

impl<'w> Count<'w> {
    /// None of them done.
    pub fn new(what: &'static str, all: usize, watch: &'w dyn Watch) -> Self {
        watch.at(what, 0, all);
        Self { what, all, done: AtomicUsize::new(0), watch }
    }

    /// Some more are done.
    pub fn step(&self, more: usize) {
        let done = self.done.fetch_add(more, Ordering::Relaxed) + more;
        self.watch.at(self.what, done, self.all);
    }
}
