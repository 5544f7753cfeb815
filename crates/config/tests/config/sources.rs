//! Where a value comes from, and how a wrong one is told.

use crate::{STRONG, config, read, refusal};
use evently_auth_config::{Config, Environment, Source};
use std::ffi::OsString;
use std::fs;
use std::path::Path;

fn secret(given: &[(&str, &str)]) -> String {
    config(given).tokens.jwt_secret.expect("a secret").expose().to_owned()
}

fn write(folder: &Path, content: &[u8]) -> String {
    let path = folder.join("secret");
    fs::write(&path, content).expect("a file");
    path.display().to_string()
}

/// A process cannot safely change its own environment, so the test starts itself once more.
#[test]
fn the_environment_of_the_process_is_read() {
    const PORT: &str = "4711";
    if std::env::var_os("PORT").is_some_and(|port| port == PORT) {
        assert_eq!(Config::from_source(&Environment::snapshot()).unwrap().http.port.to_string(), PORT);
        return;
    }
    let child = std::process::Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "sources::the_environment_of_the_process_is_read"])
        .env_clear()
        .env("PORT", PORT)
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&child.stdout);
    assert!(child.status.success() && said.contains("1 passed"), "{said}");
}

#[test]
fn the_environment_comes_before_the_file() {
    let folder = tempfile::tempdir().unwrap();
    let file = write(folder.path(), STRONG.as_bytes());
    let other = "another secret of more than thirty-two bytes";
    assert_eq!(secret(&[("JWT_SECRET", other), ("JWT_SECRET_FILE", &file)]), other);
    assert_eq!(secret(&[("JWT_SECRET", " "), ("JWT_SECRET_FILE", &file)]), STRONG, "blank is not set");
    assert!(config(&[("JWT_SECRET_FILE", "")]).tokens.jwt_secret.is_none());
}

#[test]
fn newlines_at_the_end_of_a_file_are_not_part_of_the_secret() {
    let folder = tempfile::tempdir().unwrap();
    for end in ["\n", "\r\n", "\n\n"] {
        let file = write(folder.path(), format!(" {STRONG} {end}").as_bytes());
        assert_eq!(secret(&[("JWT_SECRET_FILE", &file)]), format!(" {STRONG} "));
    }
}

#[test]
fn a_file_is_told_by_its_path_and_never_by_its_content() {
    let folder = tempfile::tempdir().unwrap();
    let missing = folder.path().join("missing").to_str().unwrap().to_owned();
    let line = refusal(&[("JWT_SECRET_FILE", &missing)]);
    let start = format!("JWT_SECRET_FILE names {missing:?}: the file cannot be read (No such file");
    assert!(line.starts_with(&start), "{line}");
    assert!(line.contains("; it takes at least 32 random bytes"), "{line}");

    let unreadable = folder.path().to_str().unwrap();
    assert!(refusal(&[("JWT_SECRET_FILE", unreadable)]).contains("cannot be read"));

    for (content, why) in [
        (b"tooshort".to_vec(), "whose content is refused: it has 8 bytes, 32 are needed"),
        (b"\n".to_vec(), "the file is empty"),
        (vec![0xff; 40], "the file is not UTF-8 text"),
        (vec![b'x'; 64 * 1024 + 1], "the file has more than 64 KiB"),
    ] {
        let file = write(folder.path(), &content);
        let line = refusal(&[("JWT_SECRET_FILE", &file)]);
        assert!(line.contains(&file) && line.contains(why), "{line}");
        assert!(!line.contains("tooshort") && !line.contains("xxx"), "{line}");
    }
    let longest = write(folder.path(), &[b'x'; 64 * 1024]);
    assert_eq!(secret(&[("JWT_SECRET_FILE", &longest)]).len(), 64 * 1024);
}

#[test]
fn only_secrets_are_read_from_files() {
    let folder = tempfile::tempdir().unwrap();
    let file = write(folder.path(), b"9000");
    assert_eq!(config(&[("PORT_FILE", &file)]).http.port, 8000);
}

#[test]
fn values_are_trimmed_and_blank_ones_count_as_not_set() {
    assert_eq!(config(&[("PORT", " 9000\n")]).http.port, 9000);
    assert_eq!(config(&[("PORT", "")]).http.port, 8000);
    assert_eq!(config(&[("PORT", "  ")]).http.port, 8000);
    assert_eq!(config(&[("JWT_AUDIENCE", "")]).tokens.audience, None);
}

#[test]
fn a_wrong_value_is_told_with_its_variable_and_what_it_takes() {
    assert_eq!(refusal(&[("PORT", "http")]), r#"PORT is "http"; it takes a whole number, 0 to 65535"#);
    assert_eq!(
        refusal(&[("JWT_EXPIRY_MINUTES", "0")]),
        r#"JWT_EXPIRY_MINUTES is "0"; it takes a whole number of minutes, 1 to 1440"#
    );
    assert_eq!(
        refusal(&[("PASSWORD_HASH", "md5")]),
        r#"PASSWORD_HASH is "md5"; it takes one of `argon2id`, `bcrypt`"#
    );
    let line = refusal(&[("TRUSTED_PROXIES", "10.0.0.0/8, proxy")]);
    assert!(line.starts_with(r#"TRUSTED_PROXIES holds "proxy"; it takes a comma-separated list"#), "{line}");
}

#[test]
fn a_value_cannot_add_lines_or_pages_to_its_error() {
    assert!(refusal(&[("PORT", "1\nPORT is fine")]).starts_with(r#"PORT is "1\nPORT is fine";"#));
    assert!(refusal(&[("PORT", &"9".repeat(5000))]).len() < 300);
}

#[test]
fn of_several_faults_the_first_is_told() {
    let error = read(&[("PORT", "x"), ("BCRYPT_COST", "y")]).unwrap_err();
    assert_eq!(error.variable(), "PORT");
}

#[cfg(unix)]
#[test]
fn bytes_that_are_no_text_are_refused() {
    use std::os::unix::ffi::OsStringExt;
    struct Bytes(&'static str);
    impl Source for Bytes {
        fn get(&self, name: &str) -> Option<OsString> {
            (name == self.0).then(|| OsString::from_vec(vec![0xff, 0xfe]))
        }
    }
    let line = |name| Config::from_source(&Bytes(name)).unwrap_err().to_string();
    assert_eq!(line("PORT"), "PORT is not valid UTF-8; it takes a whole number, 0 to 65535");
    assert!(line("SECRET_KEY_FILE").starts_with("SECRET_KEY_FILE is not valid UTF-8; it takes"));
}
