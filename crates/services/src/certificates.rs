//! Certificates for servers that speak TLS, signed by an authority made for the purpose.

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair, KeyUsagePurpose};

use crate::Error;

/// A server's certificate and key, and the authority that clients are to trust, all as PEM.
#[derive(Clone)]
pub struct Certificates {
    authority: String,
    certificate: String,
    key: String,
}

impl Certificates {
    /// A new authority, and a certificate of it for `127.0.0.1` and `localhost`.
    ///
    /// # Errors
    /// [`Error::Certificates`], not to be expected.
    pub fn generate() -> Result<Self, Error> {
        Self::for_names(&["127.0.0.1", "localhost"])
    }

    /// A new authority, and a certificate of it for these host names and addresses.
    ///
    /// # Errors
    /// [`Error::Certificates`] when a name cannot stand in a certificate.
    pub fn for_names(names: &[&str]) -> Result<Self, Error> {
        let mut params = CertificateParams::new(Vec::new())?;
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        params.distinguished_name.push(DnType::CommonName, "throwaway authority");
        let authority = CertifiedIssuer::self_signed(params, KeyPair::generate()?)?;

        let names: Vec<String> = names.iter().map(ToString::to_string).collect();
        let mut params = CertificateParams::new(names)?;
        params.distinguished_name.push(DnType::CommonName, "throwaway server");
        let key = KeyPair::generate()?;
        let certificate = params.signed_by(&key, &authority)?;
        Ok(Self::from_pem(authority.pem(), certificate.pem(), key.serialize_pem()))
    }

    /// Certificates made elsewhere: the authority's, the server's (with what lies between) and the server's key.
    #[must_use]
    pub fn from_pem(authority: String, certificate: String, key: String) -> Self {
        Self { authority, certificate, key }
    }

    /// What clients are to trust, as PEM.
    #[must_use]
    pub fn authority(&self) -> &str {
        &self.authority
    }

    /// What the server shows, as PEM.
    #[must_use]
    pub fn certificate(&self) -> &str {
        &self.certificate
    }

    /// What the server keeps to itself, as PEM.
    #[must_use]
    pub fn key(&self) -> &str {
        &self.key
    }
}
