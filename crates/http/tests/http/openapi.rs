//! The document, and requests that can be made from it alone.

use evently_auth_http::openapi_json;
use serde_json::Value;
use std::collections::BTreeSet;

/// One operation of the document.
#[derive(Debug, Clone)]
pub(crate) struct Operation {
    pub(crate) method: String,
    pub(crate) template: String,
    pub(crate) value: Value,
    /// The schema of its body.
    pub(crate) schema: Option<Value>,
}

impl Operation {
    pub(crate) fn name(&self) -> String {
        format!("{} {}", self.method, self.template)
    }

    /// Its path with 1 for each id.
    pub(crate) fn path(&self) -> String {
        self.path_with("1")
    }

    pub(crate) fn path_with(&self, id: &str) -> String {
        self.template.replace("{id}", id).replace("{user_id}", id)
    }

    pub(crate) fn is_protected(&self) -> bool {
        !self.value["security"].is_null()
    }

    pub(crate) fn is_for_admins(&self) -> bool {
        self.template.starts_with("/api/v1/admin/")
    }

    pub(crate) fn statuses(&self) -> BTreeSet<u16> {
        let responses = self.value["responses"].as_object().unwrap();
        responses.keys().map(|status| status.parse().unwrap()).collect()
    }
}

/// Every operation of the document.
pub(crate) fn operations() -> Vec<Operation> {
    let document: Value = serde_json::from_str(&openapi_json()).unwrap();
    let paths = document["paths"].as_object().unwrap();
    let all = paths.iter().flat_map(|(template, item)| {
        item.as_object().unwrap().iter().map(|(method, value)| {
            let reference = &value["requestBody"]["content"]["application/json"]["schema"]["$ref"];
            let schema = reference.as_str().map(|reference| {
                let name = reference.rsplit('/').next().unwrap();
                document["components"]["schemas"][name].clone()
            });
            Operation {
                method: method.to_uppercase(),
                template: template.clone(),
                value: value.clone(),
                schema,
            }
        })
    });
    all.collect()
}

#[test]
fn the_document_is_openapi_3_1_and_always_the_same() {
    let json = openapi_json();
    let document: Value = serde_json::from_str(&json).unwrap();
    assert!(document["openapi"].as_str().unwrap().starts_with("3.1"));
    assert_eq!(json, openapi_json());
    assert!(json.ends_with("}\n"));
}

#[test]
fn it_has_every_route_of_the_contract() {
    const CONTRACT: &str = "
        POST /api/v1/auth/register, POST /api/v1/auth/verify-email, POST /api/v1/auth/resend-otp,
        POST /api/v1/auth/login, POST /api/v1/auth/refresh, POST /api/v1/auth/logout,
        POST /api/v1/auth/forgot-password, POST /api/v1/auth/reset-password,
        GET /api/v1/auth/me, PUT /api/v1/auth/me, POST /api/v1/auth/change-password,
        GET /api/v1/auth/sessions, DELETE /api/v1/auth/sessions/{id}, DELETE /api/v1/auth/sessions,
        GET /api/v1/admin/users, GET /api/v1/admin/users/{user_id}, PUT /api/v1/admin/users/{user_id},
        DELETE /api/v1/admin/users/{user_id}, POST /api/v1/admin/users/{user_id}/activate,
        POST /api/v1/admin/users/{user_id}/deactivate, GET /api/v1/admin/users/{user_id}/sessions,
        DELETE /api/v1/admin/users/{user_id}/sessions, POST /api/v1/admin/cleanup-sessions, GET /api/v1/admin/audit,
        GET /health, GET /health/live, GET /health/ready, GET /info, GET /, GET /openapi.json, GET /metrics";
    let contract: BTreeSet<_> = CONTRACT.split(',').map(|name| name.trim().to_owned()).collect();
    let document: BTreeSet<_> = operations().iter().map(Operation::name).collect();
    assert_eq!(document, contract);
}

#[test]
fn every_operation_says_what_it_does_and_how_it_fails() {
    for operation in operations() {
        let name = operation.name();
        assert!(!operation.value["summary"].as_str().unwrap().is_empty(), "{name}");
        let statuses = operation.statuses();
        assert!(statuses.iter().any(|status| *status < 300), "{name}");
        assert_eq!(operation.is_protected(), statuses.contains(&401) && !is_sign_in(&name), "{name}");
        assert_eq!(operation.is_for_admins(), statuses.contains(&403) && !is_sign_in(&name), "{name}");
        for (status, response) in operation.value["responses"].as_object().unwrap() {
            assert!(response["headers"]["X-Request-Id"].is_object(), "{name} {status}");
            let content = response["content"].as_object().unwrap();
            if status.starts_with('4') {
                assert!(content.contains_key("application/problem+json"), "{name} {status}");
            }
        }
        if operation.schema.is_some() {
            for status in [400, 408, 413, 415, 422] {
                assert!(statuses.contains(&status), "{name} {status}");
            }
        }
    }
}

fn is_sign_in(name: &str) -> bool {
    matches!(name, "POST /api/v1/auth/login" | "POST /api/v1/auth/refresh")
}
