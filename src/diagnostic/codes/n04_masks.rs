//! N04: masks that do not fit, and doors that a masked value would leave by.

super::family! {}
