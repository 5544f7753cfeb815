//! The ports of storage over PostgreSQL.
