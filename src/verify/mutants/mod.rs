//! What was compiled, weakened one piece at a time: each weakening must be noticed.
//!
//! The problem: a check that cannot fail proves nothing, and whether the checks of one policy can fail is a property of
//! that policy. The mechanism: what the applied files made is read back from the server and turned into changes that
//! each undo a little of it ([`access`]); each is made in a copy of the database, and the emitted assertions, run as
//! anybody would run them, must name what was changed. Of exports, every mask becomes `keep` ([`masks`]). A change that
//! nobody names is a survivor.

pub mod access;
pub mod masks;
