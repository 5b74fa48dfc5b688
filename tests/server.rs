//! The private server.
