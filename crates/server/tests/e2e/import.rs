//! The accounts of the old service come over, and their owners notice nothing.

use crate::harness::{PASSWORD, Production, body};
use serde_json::json;

/// The table of the old service, with [`PASSWORD`] hashed by bcrypt.
const OLD: &str = "
    CREATE TYPE userrole AS ENUM ('USER', 'ADMIN');
    CREATE TABLE users (
        id SERIAL PRIMARY KEY, email VARCHAR UNIQUE NOT NULL, username VARCHAR UNIQUE NOT NULL,
        hashed_password VARCHAR NOT NULL, full_name VARCHAR, is_active BOOLEAN NOT NULL DEFAULT true,
        is_verified BOOLEAN NOT NULL DEFAULT false, role userrole NOT NULL DEFAULT 'USER',
        created_at TIMESTAMP NOT NULL DEFAULT now(), updated_at TIMESTAMP NOT NULL DEFAULT now(),
        last_login TIMESTAMP
    );
    INSERT INTO users (id, email, username, hashed_password, is_verified, role, created_at)
    SELECT id, email, username, '$2b$06$abcdefghijklmnopqrstuuQq2EZE.P2AwI/b9WETLlq.w7.ejAxvG', true, role::userrole,
        '2020-02-02 02:02:02'
    FROM (VALUES
        (7, 'Ada@example.com', 'ada', 'USER'),
        (8, 'root@example.com', 'root', 'ADMIN'),
        (9, 'ADA@example.com', 'another-ada', 'USER')
    ) AS old (id, email, username, role)";

#[test]
fn accounts_of_the_old_service_sign_in_with_their_old_passwords() {
    let site = Production::start();
    let old = site.runtime.block_on(async {
        site.postgres.create_database("old").await.unwrap();
        site.postgres.sql("old", OLD).await.unwrap();
        site.postgres.url_of("old")
    });
    let import = |args: &[&str]| {
        let ended = site.run(&[&["import", "--from-url", &old], args].concat(), "");
        assert!(ended.status.success(), "{ended:?}");
        String::from_utf8(ended.stdout).unwrap()
    };
    let foreseen = import(&["--dry-run"]);
    assert!(foreseen.contains("Would import 2 accounts") && foreseen.contains("1 conflict"), "{foreseen}");
    let login = json!({"email": "ada@example.com", "password": PASSWORD});
    body(site.post("/api/v1/auth/login", &login).send().unwrap(), 401);

    let told = import(&[]);
    assert!(told.contains("9: ") && told.contains("Imported 2 accounts"), "{told}");
    assert!(import(&[]).contains("Imported 0 accounts; 2 were there already"));

    let ada = site.log_in("ada", PASSWORD);
    let me = body(site.me(&ada), 200);
    assert_eq!((&me["id"], &me["created_at"]), (&json!(7), &json!("2020-02-02T02:02:02.000000Z")));
    let root = site.log_in("root", PASSWORD);
    body(site.get("/api/v1/admin/users").bearer_auth(&root.access).send().unwrap(), 200);
    let hash = site.postgres.sql("postgres", "SELECT hashed_password FROM users WHERE id = 7");
    let hash = site.runtime.block_on(hash).unwrap();
    assert!(hash.starts_with("$argon2id$"), "the login hashed the password anew: {hash}");
    assert!(site.register("grace")["id"].as_i64().unwrap() > 8, "new ids are above the imported ones");
}
