//! Source names become catalog objects: ast and catalog to [`crate::model`].

pub mod expression;
