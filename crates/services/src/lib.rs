//! Throwaway servers for tests, from installed binaries.
