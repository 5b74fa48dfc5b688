//! Model to ordered statements.
