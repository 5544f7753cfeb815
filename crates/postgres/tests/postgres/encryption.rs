//! Encrypted connections: to servers whose certificate and name hold, and to no others.

use crate::support::config;
use evently_auth_contract::given;
use evently_auth_domain::ports::Probe;
use evently_auth_postgres::{PgServer, PgStore};
use evently_auth_services::{Certificates, Postgres};
use rustls::RootCertStore;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;

async fn server(certificates: Certificates) -> (Postgres, PgServer) {
    // The password by SCRAM, as in production.
    let options = Postgres::options().tls(certificates).password("correct horse");
    let server = options.launch().await.unwrap();
    let address = PgServer {
        host: "127.0.0.1".to_owned(),
        port: server.port(),
        name: "postgres".to_owned(),
        user: "evently".to_owned(),
        password: Some("correct horse".to_owned()),
        tls: true,
    };
    (server, address)
}

fn store(server: &PgServer, authority: &str) -> PgStore {
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_slice(authority.as_bytes()).unwrap()).unwrap();
    let config = evently_auth_postgres::PgConfig { roots: Some(roots), ..config(server) };
    PgStore::new(&config, given::audit_key()).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_certificate_of_a_known_authority_is_trusted() {
    let certificates = Certificates::generate().unwrap();
    let (_server, address) = server(certificates.clone()).await;
    let trusting = store(&address, certificates.authority());
    trusting.migrate_up().await.unwrap();
    trusting.probe().await.unwrap();

    let stranger = Certificates::generate().unwrap();
    let failure = store(&address, stranger.authority()).probe().await.unwrap_err().to_string();
    assert!(failure.contains("invalid peer certificate"), "an unknown authority: {failure}");

    let plain = PgServer { tls: false, ..address };
    let failure = store(&plain, certificates.authority()).probe().await.unwrap_err().to_string();
    assert!(failure.contains("no encryption"), "the server asks for encryption: {failure}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_certificate_for_another_name_is_refused() {
    let certificates = Certificates::for_names(&["db.example.com"]).unwrap();
    let (_server, address) = server(certificates.clone()).await;
    let failure = store(&address, certificates.authority()).probe().await.unwrap_err().to_string();
    assert!(failure.contains("not valid for"), "{failure}");
}

/// Encryption is not left out because the server has none.
#[tokio::test(flavor = "multi_thread")]
async fn a_server_without_encryption_is_refused() {
    let server = Postgres::launch().await.unwrap();
    let address = PgServer {
        host: "127.0.0.1".to_owned(),
        port: server.port(),
        name: "postgres".to_owned(),
        user: "evently".to_owned(),
        password: Some(server.password().to_owned()),
        tls: true,
    };
    let authority = Certificates::generate().unwrap();
    let failure = store(&address, authority.authority()).probe().await.unwrap_err().to_string();
    assert!(failure.contains("does not support TLS"), "{failure}");
}
