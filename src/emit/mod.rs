//! Statements to files of one target.
