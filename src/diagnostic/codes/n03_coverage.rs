//! N03: columns without a treatment, or with two.

super::family! {}
