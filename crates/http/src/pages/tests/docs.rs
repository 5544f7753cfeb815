//! Documentation and assets.

use super::{ask, assert_self_contained, bytes, get, header_of, local, text};
use actix_web::http::{StatusCode, header};
use actix_web::test::TestRequest;

#[actix_web::test]
async fn documentation_comes_whole_from_here() {
    for path in ["/docs", "/docs/"] {
        let response = get(path).await;
        assert_eq!(response.status(), StatusCode::OK);
        assert_eq!(header_of(&response, header::CONTENT_TYPE), "text/html; charset=utf-8");
        let policy = header_of(&response, header::CONTENT_SECURITY_POLICY);
        assert!(policy.contains("default-src 'none'") && policy.contains("script-src 'self';"));
        assert!(!policy.contains("unsafe"));
        let html = text(response);
        for file in ["docs.css", "docs.js", "swagger-ui.css", "swagger-ui-bundle.js"] {
            assert!(html.contains(&format!("\"/docs/{file}\"")), "{file}");
        }
        assert_self_contained(&html).await;
    }
}

#[actix_web::test]
async fn documentation_shows_our_document() {
    let script = text(get("/docs/docs.js").await);
    assert!(script.contains(r#"url: "/openapi.json""#));
    // Swagger UI would otherwise send the document to a validator of its maker.
    assert!(script.contains("validatorUrl: null"));
}

#[actix_web::test]
async fn assets_say_what_they_are() {
    for (path, content_type, start) in [
        ("/assets/style.css", "text/css; charset=utf-8", "/*"),
        ("/favicon.svg", "image/svg+xml", "<svg "),
        ("/favicon.ico", "image/svg+xml", "<svg "),
        ("/docs/docs.css", "text/css; charset=utf-8", "/*"),
        ("/docs/docs.js", "text/javascript; charset=utf-8", "//"),
        ("/docs/swagger-ui.css", "text/css; charset=utf-8", ""),
        ("/docs/swagger-ui-bundle.js", "text/javascript; charset=utf-8", ""),
    ] {
        let response = get(path).await;
        assert_eq!(response.status(), StatusCode::OK, "{path}");
        assert_eq!(header_of(&response, header::CONTENT_TYPE), content_type);
        let body = bytes(response);
        assert!(body.len() > 100 && body.starts_with(start.as_bytes()), "{path}");
    }
    assert_eq!(get("/docs/swagger-initializer.js").await.status(), StatusCode::NOT_FOUND);
}

#[actix_web::test]
async fn known_assets_are_not_sent_again() {
    let path = "/docs/swagger-ui.css";
    let etag = header_of(&get(path).await, header::ETAG).to_owned();
    let again = ask(None, local(path).insert_header((header::IF_NONE_MATCH, etag.clone()))).await;
    assert_eq!(again.status(), StatusCode::NOT_MODIFIED);
    assert_eq!(header_of(&again, header::ETAG), etag);
    assert!(bytes(again).is_empty());
    let other = ask(None, local(path).insert_header((header::IF_NONE_MATCH, "W/\"0\""))).await;
    assert_eq!(other.status(), StatusCode::OK);
}

#[actix_web::test]
async fn other_methods_are_refused() {
    for path in ["/docs", "/assets/style.css", "/problems", "/problems/validation", "/docs/docs.js"] {
        let response = ask(None, TestRequest::post().uri(path)).await;
        assert_eq!(response.status(), StatusCode::METHOD_NOT_ALLOWED, "{path}");
        assert!(header_of(&response, header::ALLOW).contains("GET"));
    }
}
