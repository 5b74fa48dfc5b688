//! Parser and formatter.
