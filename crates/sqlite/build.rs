//! Has the crate built again when a migration is added: the macro that embeds them watches only those it knows.

fn main() {
    println!("cargo:rerun-if-changed=../../migrations/sqlite");
}
