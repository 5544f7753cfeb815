//! TLS with verified certificates: those of the operating system's authorities, and of such as are given.

use crate::config::{InvalidRedisConfig, TlsRoots};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::{ClientConfig, RootCertStore};
use std::sync::Arc;
use tokio_rustls::TlsConnector;

/// Reads the authorities once, so that no connection waits for the disk.
pub(super) fn connector(roots: &TlsRoots) -> Result<TlsConnector, InvalidRedisConfig> {
    let fault = |error: &dyn std::fmt::Display| InvalidRedisConfig::Certificates(error.to_string());
    let mut trusted = RootCertStore::empty();
    // Certificates of the system that nobody can read are none that somebody relies on.
    trusted.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    for certificate in CertificateDer::pem_slice_iter(&roots.extra_pem) {
        let certificate = certificate.map_err(|error| fault(&error))?;
        trusted.add(certificate).map_err(|error| fault(&error))?;
    }
    if trusted.is_empty() {
        return Err(fault(&"no authority is trusted"));
    }
    let config = ClientConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(|error| fault(&error))?
        .with_root_certificates(trusted)
        .with_no_client_auth();
    Ok(TlsConnector::from(Arc::new(config)))
}
