//! Values from the Zero secrets manager.

use crate::{OTHER, STRONG};
use evently_auth_config::{Config, ConfigError, Mode, Source, ZeroAccess};
use std::collections::HashMap;
use std::fs;

fn read(environment: &[(&str, &str)], zero: &[(&str, &str)]) -> Result<Config, ConfigError> {
    let environment: HashMap<_, _> = environment.iter().copied().collect();
    let zero: HashMap<_, _> = zero.iter().copied().collect();
    Config::from_sources(&environment, Some(&zero))
}

fn refusal(environment: &[(&str, &str)], zero: &[(&str, &str)]) -> String {
    read(environment, zero).expect_err("it was taken").to_string()
}

fn access(environment: &[(&str, &str)]) -> Result<Option<ZeroAccess>, ConfigError> {
    ZeroAccess::read(&environment.iter().copied().collect::<HashMap<_, _>>())
}

#[test]
fn a_whole_production_mode_can_come_from_zero() {
    let config = read(
        &[("ZERO_TOKEN", "t")],
        &[
            ("DB_HOST", "db.internal"),
            ("DB_PASSWORD", "from zero"),
            ("REDIS_HOST", "redis.internal"),
            ("JWT_SECRET", STRONG),
            ("SECRET_KEY", OTHER),
            ("PORT", "9000"),
        ],
    );
    let config = config.unwrap();
    assert_eq!((config.http.port, config.tokens.jwt_secret.unwrap().expose()), (9000, STRONG));
    let Mode::Production(servers) = config.mode else { panic!("embedded mode") };
    assert_eq!(servers.database.primary.password.unwrap().expose(), "from zero");
}

#[test]
fn environment_and_file_come_before_zero_and_defaults_after() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("secret");
    fs::write(&path, STRONG).unwrap();
    let path = path.to_str().unwrap();
    let secret = |environment: &[(&str, &str)]| {
        let config =
            read(environment, &[("JWT_SECRET", "from Zero, at least 32 bytes long"), ("PORT", "9000")]);
        let config = config.unwrap();
        (config.tokens.jwt_secret.unwrap().expose().to_owned(), config.http.port)
    };
    assert_eq!(secret(&[("JWT_SECRET", OTHER), ("JWT_SECRET_FILE", path), ("PORT", "1")]), (OTHER.into(), 1));
    assert_eq!(secret(&[("JWT_SECRET_FILE", path)]), (STRONG.into(), 9000));
    assert_eq!(secret(&[("JWT_SECRET", " ")]).0, "from Zero, at least 32 bytes long", "blank is not set");
    assert_eq!(read(&[], &[("PORT", " ")]).unwrap().http.port, 8000);
}

#[test]
fn zero_names_no_files() {
    let config = read(&[], &[("JWT_SECRET_FILE", "/etc/hostname"), ("SECRET_KEY_FILE", "/nowhere")]).unwrap();
    assert!(config.tokens.jwt_secret.is_none() && config.secret_key.is_none());
}

#[test]
fn a_wrong_value_from_zero_is_told_as_such() {
    let port = r#"DB_PORT (from Zero) is "x"; it takes a whole number, 1 to 65535"#;
    assert_eq!(refusal(&[], &[("DB_PORT", "x")]), port);
    let line = refusal(&[], &[("JWT_SECRET", "CANARY")]);
    assert!(
        line.starts_with("JWT_SECRET (from Zero) has a value (not shown) that is refused: it has 6 bytes")
    );
    assert!(!line.contains("CANARY"), "{line}");
    let line = refusal(&[], &[("CORS_ORIGINS", "https://app.example.com,*")]);
    assert!(line.starts_with(r#"CORS_ORIGINS (from Zero) holds "*"; it takes"#), "{line}");
    assert_eq!(
        refusal(&[("DB_PORT", "y")], &[("DB_PORT", "1")]).split(';').next(),
        Some(r#"DB_PORT is "y""#)
    );
}

#[cfg(unix)]
#[test]
fn bytes_that_are_no_text_are_refused() {
    use std::os::unix::ffi::OsStringExt;
    struct Bytes;
    impl Source for Bytes {
        fn get(&self, name: &str) -> Option<std::ffi::OsString> {
            (name == "PORT").then(|| std::ffi::OsString::from_vec(vec![0xff]))
        }
    }
    let said = Config::from_sources(&HashMap::<&str, &str>::new(), Some(&Bytes)).unwrap_err().to_string();
    assert!(said.starts_with("PORT (from Zero) is not valid UTF-8; it takes"), "{said}");
}

#[test]
fn a_token_in_the_environment_or_a_file_opens_zero() {
    assert!(access(&[]).unwrap().is_none());
    assert!(access(&[("ZERO_TOKEN", " ")]).unwrap().is_none());
    let open = access(&[("ZERO_TOKEN", "to\"ken\n")]).unwrap().unwrap();
    assert_eq!((open.token.expose(), open.url.as_str()), ("to\"ken", "https://core.tryzero.com/graphql"));

    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("token");
    fs::write(&path, "from a file\n").unwrap();
    let given = [("ZERO_TOKEN_FILE", path.to_str().unwrap()), ("ZERO_URL", "http://127.0.0.1:4000/graphql/")];
    let open = access(&given).unwrap().unwrap();
    assert_eq!((open.token.expose(), open.url.as_str()), ("from a file", "http://127.0.0.1:4000/graphql"));
    assert!(!format!("{open:?}").contains("from a file"));
}

#[test]
fn a_wrong_address_of_zero_is_told() {
    for wrong in ["core.tryzero.com", "ftp://core.tryzero.com", "https://zero.example/graphql?x=1"] {
        let line = access(&[("ZERO_URL", wrong)]).unwrap_err().to_string();
        assert!(line.starts_with(&format!("ZERO_URL is {wrong:?}; it takes an https URL without")), "{line}");
    }
}
