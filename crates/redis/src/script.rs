//! Lua scripts, named by their digest, so that their text travels once.

use crate::key::Key;
use redis::Cmd;

/// A script out of files in `scripts/`, each of which sees what those before it define; the clock comes first.
macro_rules! script {
    ($($file:literal),+) => {
        LazyLock::new(|| {
            Script::new(concat!(include_str!("scripts/clock.lua"), $(include_str!(concat!("scripts/", $file))),+))
        })
    };
}
pub(crate) use script;

/// A script that Redis may or may not know already.
pub(crate) struct Script {
    code: &'static str,
    hash: String,
}

impl Script {
    /// Takes the text of a script.
    pub(crate) fn new(code: &'static str) -> Self {
        Self { code, hash: redis::Script::new(code).get_hash().to_owned() }
    }

    /// Runs it by its digest; a server that does not know it answers NOSCRIPT.
    pub(crate) fn by_hash(&self, keys: &[Key], arguments: &[Vec<u8>]) -> Cmd {
        call("EVALSHA", &self.hash, keys, arguments)
    }

    /// Runs it by its text, which makes the server remember it.
    pub(crate) fn by_code(&self, keys: &[Key], arguments: &[Vec<u8>]) -> Cmd {
        call("EVAL", self.code, keys, arguments)
    }
}

fn call(name: &str, script: &str, keys: &[Key], arguments: &[Vec<u8>]) -> Cmd {
    let mut command = redis::cmd(name);
    command.arg(script).arg(keys.len()).arg(keys).arg(arguments);
    command
}
