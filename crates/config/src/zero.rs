//! What opens the Zero secrets manager: read first, since the other settings may come from there.

use crate::error::ConfigError;
use crate::reader::Reader;
use crate::secret::SecretText;
use crate::source::Source;
use crate::text::base_url;
use crate::variables as var;

/// Access to the Zero secrets manager.
#[derive(Debug, Clone)]
pub struct ZeroAccess {
    /// Proves who asks.
    pub token: SecretText,
    /// Where to ask.
    pub url: String,
}

impl ZeroAccess {
    /// What `environment` and the files that it names say; `None` without a `ZERO_TOKEN`.
    ///
    /// # Errors
    /// When one of the two variables is wrong.
    pub fn read(environment: &dyn Source) -> Result<Option<Self>, ConfigError> {
        let reader = Reader::new(environment, None);
        let url = reader.required(&var::ZERO_URL, base_url)?;
        // A token is one word; a file or a page that it was copied from may have put space around it.
        let token = reader.checked_secret(&var::ZERO_TOKEN, |token| Ok(SecretText::new(token)))?;
        Ok(token.map(|token| Self { token, url }))
    }
}
