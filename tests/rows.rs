//! Rows made from a live catalog, for any schema.
