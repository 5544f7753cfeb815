//! Finds the value of a variable (environment, then the file of a secret, then Zero, then the table's default)
//! and parses it.

use crate::error::ConfigError;
use crate::secret::SecretText;
use crate::source::Source;
use crate::variables::{Takes, Variable, ZERO_ACCESS};
use chrono::TimeDelta;
use std::ffi::OsString;
use std::fs::File;
use std::io::Read;
use zeroize::Zeroizing;

/// The most bytes of a secret's file; an RSA key of 16384 bits has 13 KiB.
const MAX_FILE_BYTES: usize = 64 * 1024;

/// A value as it was found.
pub(crate) struct Given {
    /// The value; not blank.
    pub(crate) text: Zeroizing<String>,
    /// Where it was found.
    pub(crate) origin: Origin,
}

/// Where a value was found.
pub(crate) enum Origin {
    /// In the environment, or in the table of defaults.
    Named,
    /// In this file.
    File(String),
    /// In the Zero secrets manager.
    Zero,
}

/// Reads variables from the environment, the files that it names, and what Zero knows.
pub(crate) struct Reader<'a> {
    environment: &'a dyn Source,
    zero: Option<&'a dyn Source>,
}

impl<'a> Reader<'a> {
    /// A reader of `environment`, and after that of `zero`.
    pub(crate) fn new(environment: &'a dyn Source, zero: Option<&'a dyn Source>) -> Self {
        Self { environment, zero }
    }

    /// What somebody set `variable` to. Blank counts as not set: compose files make `PORT=` of a missing
    /// value.
    pub(crate) fn given(&self, variable: &Variable) -> Result<Option<Given>, ConfigError> {
        let not_text = |name: &str| ConfigError::not_text(variable, name);
        if let Some(text) = text_of(self.environment, variable.name).map_err(|_| not_text(variable.name))? {
            return Ok(Some(Given { text, origin: Origin::Named }));
        }
        if variable.secret {
            let name = format!("{}_FILE", variable.name);
            if let Some(file) = text_of(self.environment, &name).map_err(|_| not_text(&name))? {
                let text = read_file(variable, file.trim())?;
                return Ok(Some(Given { text, origin: Origin::File(file.trim().to_owned()) }));
            }
        }
        // What opens Zero cannot come from it.
        let Some(zero) = self.zero.filter(|_| !ZERO_ACCESS.contains(&variable.name)) else {
            return Ok(None);
        };
        let name = format!("{} (from Zero)", variable.name);
        let text = text_of(zero, variable.name).map_err(|_| not_text(&name))?;
        Ok(text.map(|text| Given { text, origin: Origin::Zero }))
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
            .map(|item| parse(item).ok_or_else(|| ConfigError::refused_item(variable, &given, item)))
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
        let default = |text: &str| Given { text: Zeroizing::new(text.to_owned()), origin: Origin::Named };
        Ok(self.given(variable)?.or_else(|| variable.default.map(default)))
    }
}

/// What `source` has under `name`, unless that is blank; an error when it is no text.
fn text_of(source: &dyn Source, name: &str) -> Result<Option<Zeroizing<String>>, OsString> {
    let text = source.get(name).map(OsString::into_string).transpose()?;
    Ok(text.map(Zeroizing::new).filter(|text| !text.trim().is_empty()))
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
