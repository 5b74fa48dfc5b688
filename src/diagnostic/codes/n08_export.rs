//! N08: exports and the imports that match them.

super::family! {}
