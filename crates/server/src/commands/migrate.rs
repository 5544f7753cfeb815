//! `evently-auth migrate up|down|status`: the database at this version, or back.

use crate::cli::Migrate;
use evently_auth_config::Config;
use evently_auth_wiring::Migrations;
use std::io::{self, Write};

pub(crate) async fn run(config: &Config, command: &Migrate) -> anyhow::Result<()> {
    let migrations = Migrations::open(config).await?;
    match command {
        Migrate::Up => report("Applied", &migrations.up().await?)?,
        Migrate::Down { steps } => report("Took back", &migrations.down(*steps).await?)?,
        Migrate::Status => {
            for (name, applied) in migrations.status().await? {
                writeln!(io::stdout(), "{}  {name}", if applied { "applied" } else { "missing" })?;
            }
        }
    }
    Ok(())
}

fn report(done: &str, names: &[String]) -> io::Result<()> {
    if names.is_empty() {
        writeln!(io::stdout(), "Nothing to do.")?;
    }
    for name in names {
        writeln!(io::stdout(), "{done} {name}.")?;
    }
    Ok(())
}
