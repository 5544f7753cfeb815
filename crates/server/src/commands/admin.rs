//! `evently-auth admin create`: the first administrator, for there is no default account.

use crate::cli::Admin;
use anyhow::{Context, bail};
use evently_auth_config::Config;
use evently_auth_domain::password::{NewPassword, PasswordOwner};
use evently_auth_domain::usecases::CreateAdmin;
use std::io::{self, BufRead, Write};

pub(crate) async fn run(config: &Config, command: &Admin) -> anyhow::Result<()> {
    let Admin::Create(admin) = command;
    let system = evently_auth_wiring::assemble(config).await?;
    let mut line = String::new();
    io::stdin().lock().read_line(&mut line).context("cannot read the password from standard input")?;
    let owner = PasswordOwner { email: Some(&admin.email), username: Some(&admin.username) };
    let policy = &system.auth.settings().password_policy;
    let password = match NewPassword::parse(line.trim_end_matches(['\r', '\n']), policy, owner) {
        Ok(password) => password,
        Err(faults) => {
            let faults: Vec<_> = faults.into_iter().map(|fault| fault.message).collect();
            bail!("the password on standard input is refused: {}", faults.join(" "));
        }
    };
    let command = CreateAdmin { email: admin.email.clone(), username: admin.username.clone(), password };
    let user = system.auth.create_admin(command).await?;
    writeln!(io::stdout(), "Administrator {} <{}> has the id {}.", user.username, user.email, user.id)?;
    Ok(())
}
