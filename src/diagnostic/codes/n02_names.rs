//! N02: names that mean nothing, or two things.

super::family! {}
