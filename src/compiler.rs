//! The driver: strings the stages together.
