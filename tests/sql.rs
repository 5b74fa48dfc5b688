//! Printer and guard.
