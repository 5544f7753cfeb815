//! Codes, limits, session cache and signals over Redis.
