//! The schemas of other projects, where they are found.
