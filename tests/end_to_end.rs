//! Export and import between two real databases.
