//! Accounts on one deployment, made by an administrator of the tests, and what users try to become.

use super::{grants, matrix};
use crate::harness::{PASSWORD, Production, Tokens, address, body};
use reqwest::blocking::Response;
use serde_json::{Value, json};

#[test]
fn nobody_reaches_or_becomes_more_than_the_table_says() {
    let mut site = Production::prepare(&[]);
    site.add_server();
    site.add_worker();
    let staff = Staff::new(&site);
    matrix::holds(&staff);
    grants::change_nothing(&staff);
}

/// A deployment and somebody who may change any account in it.
pub(super) struct Staff<'a> {
    pub(super) site: &'a Production,
    root: Tokens,
}

impl<'a> Staff<'a> {
    pub(super) fn new(site: &'a Production) -> Self {
        Self { site, root: site.administrator("root") }
    }

    /// A new account that may sign in, and its id.
    pub(super) fn account(&self, name: &str) -> i64 {
        let id = self.site.register(name)["id"].as_i64().unwrap();
        self.set(id, &json!({"is_verified": true}));
        id
    }

    /// A token of whoever may change any account.
    pub(super) fn root(&self) -> Option<&str> {
        Some(&self.root.access)
    }

    pub(super) fn log_in(&self, name: &str) -> Tokens {
        self.site.log_in(name, PASSWORD)
    }

    /// Changes an account.
    pub(super) fn set(&self, id: i64, change: &Value) {
        let put = self.site.put(&format!("/api/v1/admin/users/{id}"), change);
        body(put.bearer_auth(&self.root.access).send().unwrap(), 200);
    }

    pub(super) fn delete(&self, id: i64) {
        let delete = self.site.delete(&format!("/api/v1/admin/users/{id}"));
        body(delete.bearer_auth(&self.root.access).send().unwrap(), 200);
    }

    /// What an administrator reads below an account.
    pub(super) fn read(&self, id: i64, below: &str) -> Value {
        let get = self.site.get(&format!("/api/v1/admin/users/{id}{below}"));
        body(get.bearer_auth(&self.root.access).send().unwrap(), 200)
    }

    /// The row of an account, with what no route shows.
    pub(super) fn row(&self, name: &str) -> Value {
        let email = address(name);
        self.sql(&format!("SELECT row_to_json(u) FROM users u WHERE email = '{email}'"))
    }

    pub(super) fn sql(&self, sql: &str) -> Value {
        let text = self.site.sql(sql);
        serde_json::from_str(&text).unwrap_or_else(|error| panic!("{error}: {text}"))
    }

    /// The operations of the document as it is served: method, path, and whether they take JSON.
    pub(super) fn operations(&self) -> Vec<(String, String, bool)> {
        let document = body(self.site.get("/openapi.json").send().unwrap(), 200);
        let paths = document["paths"].as_object().unwrap();
        let all = paths.iter().flat_map(|(path, item)| {
            let item = item.as_object().unwrap();
            item.iter().map(|(method, operation)| {
                let takes_json = operation["requestBody"]["content"]["application/json"].is_object();
                (method.to_uppercase(), path.clone(), takes_json)
            })
        });
        all.collect()
    }

    pub(super) fn send(&self, method: &str, path: &str, token: Option<&str>, sent: &Value) -> Response {
        let method = method.parse().unwrap();
        let mut request = self.site.http.request(method, format!("{}{path}", self.site.bases[0])).json(sent);
        if let Some(token) = token {
            request = request.bearer_auth(token);
        }
        request.send().unwrap()
    }
}
