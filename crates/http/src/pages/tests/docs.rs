//! Documentation and assets.

use super::{ask, assert_self_contained, bytes, get, header_of, local, text};
use actix_web::http::{StatusCode, header};
use actix_web::test::TestRequest;
use std::io::Read;

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
async fn what_is_large_is_sent_compressed_to_those_who_take_it() {
    let path = "/docs/swagger-ui-bundle.js";
    let with =
        |accepted: &'static str| ask(None, local(path).insert_header((header::ACCEPT_ENCODING, accepted)));
    let plain = get(path).await;
    assert!(!plain.headers().contains_key(header::CONTENT_ENCODING));
    let plain = bytes(plain);
    assert!(plain.len() > 1_000_000 && std::str::from_utf8(&plain).is_ok());
    for accepted in ["gzip", "gzip, deflate, br, zstd", "br;q=1.0, gzip;q=0.5"] {
        let packed = with(accepted).await;
        assert_eq!(header_of(&packed, header::CONTENT_ENCODING), "gzip", "{accepted}");
        assert_eq!(header_of(&packed, header::VARY), "accept-encoding");
        assert_eq!(header_of(&packed, header::CONTENT_TYPE), "text/javascript; charset=utf-8");
        let packed = bytes(packed);
        assert!(packed.len() < 500_000, "{}", packed.len());
        let mut unpacked = Vec::new();
        flate2::read::GzDecoder::new(&packed[..]).read_to_end(&mut unpacked).unwrap();
        assert_eq!(unpacked, plain);
    }
    for accepted in ["identity", "br", "gzip;q=0", ""] {
        let other = with(accepted).await;
        assert!(!other.headers().contains_key(header::CONTENT_ENCODING), "{accepted}");
        assert_eq!(header_of(&other, header::VARY), "accept-encoding");
        assert_eq!(bytes(other), plain);
    }
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
