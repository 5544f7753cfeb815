//! The mailbox: who may see it, and what mails can do to it.

use super::{Mails, ask, assert_self_contained, header_of, local, mail, text};
use actix_web::dev::ServiceResponse;
use actix_web::http::{StatusCode, header};
use actix_web::test::TestRequest;
use serde_json::{Value, json};

const PATHS: [&str; 2] = ["/dev/mailbox", "/dev/mailbox/mailbox.js"];

fn some() -> Option<Mails> {
    Some(Mails(Some(vec![mail("second", Some("482913")), mail("first", None)])))
}

async fn json_of(request: TestRequest) -> ServiceResponse {
    ask(some(), request.insert_header((header::ACCEPT, "application/json"))).await
}

#[actix_web::test]
async fn this_machine_alone_sees_it() {
    for (peer, status) in [
        ("127.0.0.1:1", StatusCode::OK),
        ("127.8.8.8:1", StatusCode::OK),
        ("[::1]:1", StatusCode::OK),
        ("[::ffff:127.0.0.1]:1", StatusCode::OK),
        ("10.0.0.1:1", StatusCode::NOT_FOUND),
        ("192.168.1.7:1", StatusCode::NOT_FOUND),
        ("[::ffff:10.0.0.1]:1", StatusCode::NOT_FOUND),
        ("[2001:db8::1]:1", StatusCode::NOT_FOUND),
    ] {
        for path in PATHS {
            let request = local(path).peer_addr(peer.parse().unwrap());
            assert_eq!(ask(some(), request).await.status(), status, "{peer} {path}");
        }
    }
    let nobody = TestRequest::get().uri("/dev/mailbox").insert_header((header::HOST, "localhost"));
    assert_eq!(ask(some(), nobody).await.status(), StatusCode::NOT_FOUND);
}

#[actix_web::test]
async fn a_header_cannot_claim_to_be_here() {
    for name in ["x-forwarded-for", "forwarded", "x-real-ip"] {
        for value in ["127.0.0.1", "for=127.0.0.1"] {
            let request =
                local("/dev/mailbox").peer_addr("10.0.0.1:1".parse().unwrap()).insert_header((name, value));
            assert_eq!(ask(some(), request).await.status(), StatusCode::NOT_FOUND);
        }
        // A proxy beside us speaks for somebody else.
        let request = local("/dev/mailbox").insert_header((name, "203.0.113.9"));
        assert_eq!(ask(some(), request).await.status(), StatusCode::NOT_FOUND);
    }
}

#[actix_web::test]
async fn it_answers_to_loopback_names_alone() {
    for (host, status) in [
        ("localhost", StatusCode::OK),
        ("LocalHost:8000", StatusCode::OK),
        ("127.0.0.1:8000", StatusCode::OK),
        ("127.1.2.3", StatusCode::OK),
        ("[::1]", StatusCode::OK),
        ("[::1]:8000", StatusCode::OK),
        ("evil.example", StatusCode::NOT_FOUND),
        ("localhost.evil.example", StatusCode::NOT_FOUND),
        ("127.0.0.1.evil.example:8000", StatusCode::NOT_FOUND),
        ("localhost@evil.example", StatusCode::NOT_FOUND),
        ("10.0.0.1", StatusCode::NOT_FOUND),
        ("0.0.0.0:8000", StatusCode::NOT_FOUND),
        ("", StatusCode::NOT_FOUND),
    ] {
        for path in PATHS {
            let request = local(path).insert_header((header::HOST, host));
            assert_eq!(ask(some(), request).await.status(), status, "{host} {path}");
        }
    }
    let peer = "127.0.0.1:1".parse().unwrap();
    let unnamed = TestRequest::get().uri("/dev/mailbox").peer_addr(peer);
    assert_eq!(ask(some(), unnamed).await.status(), StatusCode::NOT_FOUND);
    let two = local("/dev/mailbox").append_header((header::HOST, "evil.example"));
    assert_eq!(ask(some(), two).await.status(), StatusCode::NOT_FOUND);
    let absolute = local("http://evil.example/dev/mailbox");
    assert_eq!(ask(some(), absolute).await.status(), StatusCode::NOT_FOUND);
}

#[actix_web::test]
async fn without_a_mailbox_there_is_no_route() {
    for path in PATHS {
        assert_eq!(ask(None, local(path)).await.status(), StatusCode::NOT_FOUND);
    }
}

#[actix_web::test]
async fn browsers_get_a_page_newest_first() {
    let response = ask(some(), local("/dev/mailbox")).await;
    assert_eq!(header_of(&response, header::CACHE_CONTROL), "no-store");
    assert_eq!(header_of(&response, header::VARY), "Accept");
    let policy = header_of(&response, header::CONTENT_SECURITY_POLICY);
    assert!(policy.starts_with("default-src 'none'; script-src 'self';"));
    assert!(!policy.contains("frame-src"));
    let html = text(response);
    assert!(html.contains("data-newest=\"second\"") && html.contains("data-copy=\"482913\""));
    assert!(html.contains("ada@example.org") && html.contains("2026-09-21 14:13:20 UTC"));
    assert!(!html.contains("No mail yet"));
    assert_self_contained(&html).await;
    let empty = text(ask(Some(Mails(Some(Vec::new()))), local("/dev/mailbox")).await);
    assert!(empty.contains("No mail yet"));
}

#[actix_web::test]
async fn scripts_get_json() {
    let response = json_of(local("/dev/mailbox")).await;
    assert_eq!(header_of(&response, header::CONTENT_TYPE), "application/json");
    assert_eq!(header_of(&response, header::CACHE_CONTROL), "no-store");
    let mails: Value = serde_json::from_str(&text(response)).unwrap();
    assert_eq!(
        mails[0],
        json!({
            "id": "second", "to": "ada@example.org", "subject": "Your verification code",
            "at": "2026-09-21T14:13:20Z", "code": "482913", "text": "Hello Ada",
        })
    );
    assert_eq!(mails[1]["code"], Value::Null);
    for (accept, is_json) in [
        ("application/json, text/html;q=0.5", true),
        ("text/html, application/json;q=0.9", false),
        ("application/json;q=0.8, */*;q=0.1", true),
        ("*/*", false),
        ("image/png", false),
        ("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", false),
    ] {
        let request = local("/dev/mailbox").insert_header((header::ACCEPT, accept));
        let response = ask(some(), request).await;
        let content_type = header_of(&response, header::CONTENT_TYPE);
        assert_eq!(content_type == "application/json", is_json, "{accept}");
    }
}

#[actix_web::test]
async fn hostile_mail_stays_text() {
    let attack = "\"><script>alert(1)</script><img src=x onerror=alert(1)>'</iframe></details>";
    let mut hostile = mail("\" onload=\"alert(1)", Some(attack));
    (hostile.to, hostile.subject) = (attack.to_owned(), attack.to_owned());
    hostile.text = format!("</pre>{attack}");
    hostile.html = format!("<p>&amp;quot; {attack}</p>");
    let mails = Some(Mails(Some(vec![hostile])));
    let html = text(ask(mails, local("/dev/mailbox")).await);
    assert_eq!(html.matches("<script").count(), 1, "ours alone");
    assert!(!html.contains("<img src=x") && !html.contains("\" onload="));
    assert_eq!((html.matches("</iframe>").count(), html.matches("</pre>").count()), (1, 1));
    let frame = html.split("<iframe").nth(1).unwrap().split('>').next().unwrap();
    assert!(frame.starts_with(" sandbox title=") && !frame.contains("allow"), "no flag is granted");
    // Inside the attribute a reference stays a reference: it is undone once, by the frame's own parser.
    assert!(frame.contains("target=_blank&gt;&#60;p&#62;&#38;amp;quot;"));
}

#[actix_web::test]
async fn a_broken_mailbox_is_a_problem() {
    let response = ask(Some(Mails(None)), local("/dev/mailbox")).await;
    assert_eq!(response.status(), StatusCode::SERVICE_UNAVAILABLE);
}

#[actix_web::test]
async fn other_methods_are_refused() {
    let peer = "127.0.0.1:1".parse().unwrap();
    let request = TestRequest::post().uri("/dev/mailbox").peer_addr(peer);
    let response = ask(some(), request.insert_header((header::HOST, "localhost"))).await;
    assert_eq!(response.status(), StatusCode::METHOD_NOT_ALLOWED);
}
