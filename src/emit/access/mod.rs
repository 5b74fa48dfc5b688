//! What each database of the policy must hold, as files for psql.

pub mod tenancy;
