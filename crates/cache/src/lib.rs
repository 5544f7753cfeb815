//! Sessions cached beside the store.
