//! What an answer of the API means (GraphQL over HTTP).

use crate::PROJECT;
use crate::client::Body;
use crate::endpoint::Endpoint;
use crate::error::{ZeroError, shown};
use crate::secrets::Secrets;
use serde::Deserialize;

#[derive(Deserialize)]
struct Answer {
    data: Option<Data>,
    #[serde(default)]
    errors: Option<Vec<Fault>>,
}

#[derive(Deserialize)]
struct Data {
    secrets: Vec<Secret>,
}

#[derive(Deserialize)]
struct Fault {
    message: String,
}

#[derive(Deserialize)]
struct Secret {
    name: String,
    fields: Vec<Field>,
}

#[derive(Deserialize)]
struct Field {
    name: String,
    value: Option<String>,
}

/// The secrets in `body`, or why there are none.
pub(crate) fn secrets(body: &Body, endpoint: &Endpoint, token: &str) -> Result<Secrets, ZeroError> {
    // Why a text is not of this form is not told: it might repeat a value.
    let answer: Option<Answer> = serde_json::from_slice(&body.bytes).ok();
    let faults = answer.iter().filter_map(|answer| answer.errors.as_ref()).flatten();
    let faults: Vec<_> = faults.map(|fault| fault.message.as_str()).collect();
    if !faults.is_empty() {
        return Err(ZeroError::refused(endpoint, shown(&faults.join("; "), token)));
    }
    match body.status {
        401 | 403 => return Err(ZeroError::refused(endpoint, format!("it answers {}", body.status))),
        200..=299 => {}
        status => return Err(ZeroError::not_zero(endpoint, format!("it answers {status}"))),
    }
    let Some(data) = answer.and_then(|answer| answer.data) else {
        return Err(ZeroError::not_zero(
            endpoint,
            "its answer is not of the form {\"data\": {\"secrets\": […]}}",
        ));
    };
    let Some(project) = data.secrets.into_iter().find(|secret| secret.name == PROJECT) else {
        return Err(ZeroError::refused(endpoint, format!("it shows no project `{PROJECT}`")));
    };
    Ok(Secrets::new(project.fields.into_iter().filter_map(|field| Some((field.name, field.value?)))))
}
