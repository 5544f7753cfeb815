//! Finds the value of a variable (environment, then the file of a secret, then the table's default) and
//! parses it.

use crate::error::ConfigError;
use crate::secret::SecretText;
use crate::source::Source;
use crate::variables::{Takes, Variable};
use chrono::TimeDelta;
use std::fs::File;
use std::io::Read;
use zeroize::Zeroizing;

/// The most bytes of a secret's file; an RSA key of 16384 bits has 13 KiB.
const MAX_FILE_BYTES: usize = 64 * 1024;

/// A value as it was found.
pub(crate) struct Given {
    /// The value; not blank.
    pub(crate) text: Zeroizing<String>,
    /// The file that it was read from.
    pub(crate) file: Option<String>,
}

/// Reads variables from one source.
pub(crate) struct Reader<'a>(&'a dyn Source);

impl<'a> Reader<'a> {
    /// A reader of `source`.
    pub(crate) fn new(source: &'a dyn Source) -> Self {
        Self(source)
    }

    /// What somebody set `variable` to. Blank counts as not set: compose files make `PORT=` of a missing
    /// value.
    pub(crate) fn given(&self, variable: &Variable) -> Result<Option<Given>, ConfigError> {
        if let Some(text) = self.text_of(variable, variable.name)? {
            return Ok(Some(Given { text, file: None }));
        }
        if !variable.secret {
            return Ok(None);
        }
        let Some(file) = self.text_of(variable, &format!("{}_FILE", variable.name))? else {
            return Ok(None);
        };
        let text = read_file(variable, file.trim())?;
        Ok(Some(Given { text, file: Some(file.trim().to_owned()) }))
    }

    /// Whether somebody set `variable`, to whatever it may be.
    pub(crate) fn is_given(&self, variable: &Variable) -> bool {
        self.given(variable).is_ok_and(|given| given.is_some())
    }

    /// The value of `variable`, or its default, through `parse`, which sees it trimmed; `None` when it has
    /// neither.
    pub(crate) fn optional<T>(
        &self,
        variable: &Variable,
        parse: impl FnOnce(&str) -> Option<T>,
    ) -> Result<Option<T>, ConfigError> {
        let Some(given) = self.given_or_default(variable)? else {
            return Ok(None);
        };
        let parsed = parse(given.text.trim()).ok_or_else(|| ConfigError::refused(variable, &given, None))?;
        Ok(Some(parsed))
    }

    /// The same of a variable that has a default in the table.
    pub(crate) fn required<T>(
        &self,
        variable: &Variable,
        parse: impl FnOnce(&str) -> Option<T>,
    ) -> Result<T, ConfigError> {
        self.optional(variable, parse)?.ok_or_else(|| ConfigError::missing(variable, "it is needed"))
    }

    /// The items of a comma-separated list; blank ones are passed over.
    pub(crate) fn list<T>(
        &self,
        variable: &Variable,
        parse: impl Fn(&str) -> Option<T>,
    ) -> Result<Vec<T>, ConfigError> {
        let Some(given) = self.given_or_default(variable)? else {
            return Ok(Vec::new());
        };
        items(&given.text)
            .map(|item| parse(item).ok_or_else(|| ConfigError::refused_item(variable, item)))
            .collect()
    }

    /// A whole number in the range that the table names.
    pub(crate) fn number<T: TryFrom<u64>>(&self, variable: &Variable) -> Result<T, ConfigError> {
        self.required(variable, |text| T::try_from(in_range(variable, text)?).ok())
    }

    /// A span of time, in the unit and range that the table names.
    pub(crate) fn duration(
        &self,
        variable: &Variable,
        unit: fn(i64) -> Option<TimeDelta>,
    ) -> Result<TimeDelta, ConfigError> {
        self.required(variable, |text| unit(i64::try_from(in_range(variable, text)?).ok()?))
    }

    /// Yes or no.
    pub(crate) fn flag(&self, variable: &Variable) -> Result<bool, ConfigError> {
        self.required(variable, |text| match text.to_ascii_lowercase().as_str() {
            "true" | "1" | "yes" | "on" => Some(true),
            "false" | "0" | "no" | "off" => Some(false),
            _ => None,
        })
    }

    /// One of `options`, in any case.
    pub(crate) fn choice<T: Copy>(
        &self,
        variable: &Variable,
        options: &[(&str, T)],
    ) -> Result<Option<T>, ConfigError> {
        self.optional(variable, |text| {
            options.iter().find(|(name, _)| name.eq_ignore_ascii_case(text)).map(|(_, option)| *option)
        })
    }

    /// A secret as it stands.
    pub(crate) fn secret(&self, variable: &Variable) -> Result<Option<SecretText>, ConfigError> {
        Ok(self.given(variable)?.map(|given| SecretText::new(given.text.as_str())))
    }

    /// A secret, trimmed, through `check`, which says what is wrong without repeating it.
    pub(crate) fn checked_secret<T>(
        &self,
        variable: &Variable,
        check: impl FnOnce(&str) -> Result<T, String>,
    ) -> Result<Option<T>, ConfigError> {
        let Some(given) = self.given(variable)? else {
            return Ok(None);
        };
        let checked =
            check(given.text.trim()).map_err(|why| ConfigError::refused(variable, &given, Some(&why)))?;
        Ok(Some(checked))
    }

    /// The error for a value of `variable` that only turned out wrong beside others.
    pub(crate) fn refusal(&self, variable: &Variable, why: &str) -> ConfigError {
        match self.given(variable) {
            Ok(Some(given)) => ConfigError::refused(variable, &given, Some(why)),
            Ok(None) => ConfigError::missing(variable, why),
            Err(error) => error,
        }
    }

    fn given_or_default(&self, variable: &Variable) -> Result<Option<Given>, ConfigError> {
        let default = |text: &str| Given { text: Zeroizing::new(text.to_owned()), file: None };
        Ok(self.given(variable)?.or_else(|| variable.default.map(default)))
    }

    fn text_of(&self, variable: &Variable, name: &str) -> Result<Option<Zeroizing<String>>, ConfigError> {
        let Some(value) = self.0.get(name) else {
            return Ok(None);
        };
        let text = value.into_string().map_err(|_| ConfigError::not_text(variable, name))?;
        Ok(Some(Zeroizing::new(text)).filter(|text| !text.trim().is_empty()))
    }
}

/// The items of a comma-separated list, trimmed, without blank ones.
pub(crate) fn items(list: &str) -> impl Iterator<Item = &str> {
    list.split(',').map(str::trim).filter(|item| !item.is_empty())
}

fn in_range(variable: &Variable, text: &str) -> Option<u64> {
    let Takes::Number { min, max, .. } = variable.takes else {
        return None;
    };
    text.parse().ok().filter(|number| (min..=max).contains(number))
}

/// The content of a secret's file without the newline that editors and `echo` put at its end.
fn read_file(variable: &Variable, path: &str) -> Result<Zeroizing<String>, ConfigError> {
    let refuse = |why: &str| ConfigError::file(variable, path, why);
    // The buffer never grows, so no copy of a secret is left behind.
    let mut bytes = Zeroizing::new(Vec::with_capacity(MAX_FILE_BYTES + 1));
    File::open(path)
        .and_then(|file| file.take(MAX_FILE_BYTES as u64 + 1).read_to_end(&mut bytes))
        .map_err(|error| refuse(&format!("the file cannot be read ({error})")))?;
    if bytes.len() > MAX_FILE_BYTES {
        return Err(refuse("the file has more than 64 KiB"));
    }
    let text = std::str::from_utf8(&bytes)
        .map_err(|_| refuse("the file is not UTF-8 text (write random bytes in base64 or hex)"))?;
    let text = text.trim_end_matches(['\r', '\n']);
    if text.trim().is_empty() {
        return Err(refuse("the file is empty"));
    }
    Ok(Zeroizing::new(text.to_owned()))
}
