//! A private PostgreSQL, started and stopped: tests share it with the later `verify`.
