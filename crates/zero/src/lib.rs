//! Settings from the Zero secrets manager.
