//! The pages about problems.

use super::{assert_self_contained, get, header_of, text};
use crate::problem::ProblemKind;
use actix_web::http::{StatusCode, header};
use serde_json::Value;

fn unescape(html: &str) -> String {
    html.replace("&#34;", "\"").replace("&#39;", "'").replace("&#60;", "<").replace("&#62;", ">")
}

#[actix_web::test]
async fn each_kind_has_a_page_with_a_true_example() {
    for kind in ProblemKind::ALL {
        let response = get(&format!("/problems/{}", kind.slug())).await;
        assert_eq!(response.status(), StatusCode::OK, "{}", kind.slug());
        assert!(header_of(&response, header::CONTENT_SECURITY_POLICY).starts_with("default-src 'none'"));
        let html = text(response);
        assert!(html.contains(&format!("<h1>{}</h1>", kind.title())));
        let example = html.split("<pre><code>").nth(1).unwrap().split("</code>").next().unwrap();
        let (head, body) = example.split_once("\n\n").unwrap();
        assert!(head.starts_with(&format!("HTTP/1.1 {}", kind.status())));
        assert!(head.contains("content-type: application/problem+json"));
        let body: Value = serde_json::from_str(&unescape(body)).unwrap();
        assert_eq!(body["type"], format!("/problems/{}", kind.slug()));
        assert_eq!(body["status"], kind.status().as_u16());
        assert_self_contained(&html).await;
    }
}

#[actix_web::test]
async fn examples_carry_what_their_kind_adds() {
    let validation = unescape(&text(get("/problems/validation").await));
    assert!(validation.contains("\"errors\": [") && validation.contains("too_short"));
    assert!(unescape(&text(get("/problems/invalid-code").await)).contains("\"remaining_attempts\": 2"));
    assert!(text(get("/problems/rate-limited").await).contains("retry-after: 271"));
    assert!(text(get("/problems/invalid-token").await).contains("www-authenticate: Bearer"));
}

#[actix_web::test]
async fn the_list_names_every_kind() {
    let html = text(get("/problems").await);
    for kind in ProblemKind::ALL {
        assert!(html.contains(&format!("href=\"/problems/{}\"", kind.slug())));
    }
    assert_self_contained(&html).await;
}

#[actix_web::test]
async fn an_unknown_slug_is_not_found() {
    assert_eq!(get("/problems/no-such").await.status(), StatusCode::NOT_FOUND);
    assert_eq!(get("/problems/").await.status(), StatusCode::NOT_FOUND);
}
