//! What strangers write stays text: in no mail does it become a header, a recipient, markup, a link or a code.

use super::accounts::Staff;
use crate::harness::{PASSWORD, Tokens, address, body};
use evently_auth_services::sink::SinkMail;
use serde_json::json;

/// All headers of our mails, each once.
const HEADERS: [&str; 8] =
    ["From", "To", "Subject", "Date", "Message-ID", "Auto-Submitted", "MIME-Version", "Content-Type"];

/// Names that are refused.
const REFUSED: [&str; 10] = [
    "Ada\r\nBcc: evil@example.com",
    "Ada\nBcc: evil@example.com",
    "Ada\rBcc: evil@example.com",
    "Ada\u{0}",
    "Ada\u{85}Bcc: evil@example.com",
    "Ada\u{2028}Bcc: evil@example.com",
    "Ada\u{2029}Bcc: evil@example.com",
    "Ada \u{202e}moc.elpmaxe.live",
    "Ada \u{2066}evil\u{2069}",
    "Ada\u{1b}[2J",
];

/// Names that are taken, and what the mail may make of them.
const TAKEN: [&str; 27] = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "</p></td><h1>Pay now</h1>",
    "<!-- --> <style>*{display:none}</style>",
    "\"><a href='https://evil.example'>x</a>",
    "{{ code }} {% include \"x\" %} ${code}",
    "&lt;b&gt; &#60;b&#62; &amp;",
    "https://evil.example/login",
    "Win a car at evil.example now",
    "www.evil.example",
    "evil\u{3002}example",
    "evil\u{ff0e}example",
    "evil\u{ff61}example",
    "evil@evil.example",
    "Ada, evil@evil.example",
    "Ada\" <evil@evil.example>, \"",
    "=?utf-8?q?evil=40evil.example?=",
    "=?utf-8?b?PGV2aWxAZXZpbC5leGFtcGxlPg==?=",
    "Bcc: someone",
    "a;b:c,d<e>(f)[g]\\h\"i'j",
    "123456",
    "Your code is 123456",
    ".",
    "\u{200b}\u{feff}\u{2060}",
    "\u{200f}\u{61c}\u{5d0}\u{5d1} Ada",
    "Zoe\u{308}\u{308}\u{308}\u{308}\u{308} \u{1f469}\u{200d}\u{1f680}",
    "%0d%0aBcc:%20evil@evil.example",
];

pub(super) fn stays_text(staff: &Staff<'_>) {
    let names = names(staff);
    let devices = devices(staff);
    addresses(staff);
    let mails = staff.site.sink.mails();
    assert!(mails.len() > names + devices);
    for mail in &mails {
        assert!(!mail.recipients.iter().any(|to| to.contains("evil@")), "{:?}", mail.recipients);
    }
}

/// The mail with this subject to an account.
fn mail_to(staff: &Staff<'_>, name: &str, subject: &str) -> SinkMail {
    staff.site.wait_for(subject, || {
        let is_it = |mail: &SinkMail| {
            mail.recipients == [address(name)]
                && mail.header("Subject").unwrap_or_default().starts_with(subject)
        };
        staff.site.sink.mails().into_iter().find(is_it)
    })
}

fn names(staff: &Staff<'_>) -> usize {
    let register = |name: &str, full_name: &str| {
        let new =
            json!({"email": address(name), "username": name, "password": PASSWORD, "full_name": full_name});
        staff.send("POST", "/api/v1/auth/register", None, &new)
    };
    for (number, full_name) in REFUSED.iter().enumerate() {
        let problem = body(register(&format!("refused-{number}"), full_name), 422);
        assert_eq!(problem["errors"][0]["field"], "full_name", "{full_name:?}");
    }
    let long = "Ada ".repeat(63);
    let all: Vec<&str> = ["Ada Lovelace"].into_iter().chain(TAKEN).chain([long.as_str()]).collect();
    for (number, full_name) in all.iter().enumerate() {
        body(register(&format!("named-{number}"), full_name), 201);
    }
    let mail = |number: usize| mail_to(staff, &format!("named-{number}"), "Your verification code");
    let tags = tags(&mail(0));
    for (number, full_name) in all.iter().enumerate() {
        let mail = mail(number);
        examine(&mail, full_name);
        let with_or_without_name = [tags, tags - 2];
        assert!(with_or_without_name.contains(&self::tags(&mail)), "{full_name:?}: {}", mail.html().unwrap());
        let proof = json!({"email": address(&format!("named-{number}")), "otp": mail.code().unwrap()});
        body(staff.send("POST", "/api/v1/auth/verify-email", None, &proof), 200);
    }
    all.len()
}

fn devices(staff: &Staff<'_>) -> usize {
    let agents: [&[u8]; 10] = [
        b"curl/8.5.0",
        b"<script>alert(1)</script>",
        b"\"><img src=x onerror=alert(1)>",
        b"bot (+https://evil.example)",
        b"evil.example",
        b"evil\xef\xbc\x8eexample",
        b"\xe2\x80\xaeelpmaxe.live",
        b"=?utf-8?q?evil?=",
        b"\xff\xfe\x80 {{ code }} 654321",
        b"\t spaced\t out \t",
    ];
    for (number, agent) in agents.iter().enumerate() {
        let name = format!("device-{number}");
        staff.account(&name);
        let send = |route: &str, sent: serde_json::Value| {
            let request = staff.site.post(&format!("/api/v1/auth/{route}"), &sent);
            request.header("User-Agent", *agent).send().unwrap()
        };
        let first = Tokens::of(&body(send("login", json!({"username": name, "password": PASSWORD})), 200));
        let second = Tokens::of(&body(send("refresh", json!({"refresh_token": first.refresh})), 200));
        body(send("refresh", json!({"refresh_token": second.refresh})), 200);
        body(send("refresh", json!({"refresh_token": first.refresh})), 401);
    }
    let mail = |number: usize| mail_to(staff, &format!("device-{number}"), "We ended a session");
    let known = tags(&mail(0));
    for (number, agent) in agents.iter().enumerate() {
        let (mail, agent) = (mail(number), String::from_utf8_lossy(agent));
        examine(&mail, &agent);
        // A row of two cells in the table of facts, or none.
        assert!([known, known - 6].contains(&tags(&mail)), "{agent}: {} of {known}", tags(&mail));
    }
    agents.len()
}

/// Addresses that look like more than one are refused, or get the one mail that is for them.
fn addresses(staff: &Staff<'_>) {
    let hostile = [
        "x@example.com\r\nBcc: evil@example.com",
        "x@example.com\nRCPT TO:<evil@example.com>",
        "x@example.com,evil@example.com",
        "x@example.com;evil@example.com",
        "x@example.com evil@example.com",
        "x@example.com>\r\nDATA",
        "<x@example.com>",
        "evil@example.com@example.com",
        "\"x@example.com> RCPT TO:<evil\"@example.com",
        "\"x\r\nevil\"@example.com",
        "\"x\u{0}\"@example.com",
        "x(evil@example.com)@example.com",
        "@evil.example:x@example.com",
        "x%evil@[127.0.0.1]",
        "=?utf-8?q?evil?=@example.com",
        "x@ex\u{ad}ample.com",
        "x@example\u{3002}com",
        "\u{202e}x@example.com",
        "x\u{2028}@example.com",
        "<script>@example.com",
        "\"<script>alert(1)</script>\"@example.com",
        "x@example.com/<b>",
        "x@<b>.com",
    ];
    let mut taken = Vec::new();
    for (number, email) in hostile.iter().enumerate() {
        let new = json!({"email": email, "username": format!("hostile-{number}"), "password": PASSWORD});
        let answer = staff.send("POST", "/api/v1/auth/register", None, &new);
        match answer.status().as_u16() {
            201 => taken.push(body(answer, 201)["email"].as_str().unwrap().to_owned()),
            status => assert_eq!(status, 422, "{email:?}"),
        }
    }
    let before = staff.site.sink.mails().len();
    staff.site.register("afterwards");
    staff.site.code(&address("afterwards"));
    for mail in staff.site.sink.mails().split_off(before.saturating_sub(taken.len())) {
        assert_eq!(mail.recipients.len(), 1);
        examine(&mail, &mail.recipients[0]);
    }
}

/// What is true of every mail, whatever `hostile` text went into it.
fn examine(mail: &SinkMail, hostile: &str) {
    let raw = String::from_utf8_lossy(&mail.raw).into_owned();
    let what = format!("{hostile:?}: {raw}");
    assert!(raw.split("\r\n").all(|line| !line.contains(['\r', '\n']) && line.len() <= 998), "{what}");
    let head = raw.split_once("\r\n\r\n").unwrap().0.replace("\r\n ", " ").replace("\r\n\t", " ");
    let mut names: Vec<&str> = head.split("\r\n").map(|line| line.split_once(':').unwrap().0).collect();
    names.sort_unstable();
    let mut expected = HEADERS.to_vec();
    expected.sort_unstable();
    assert_eq!(names, expected, "{what}");

    assert_eq!(mail.recipients.len(), 1, "{what}");
    let to = head.split("\r\n").find_map(|line| line.strip_prefix("To: ")).unwrap();
    let display = to
        .trim_end_matches('>')
        .strip_suffix(mail.recipients[0].as_str())
        .unwrap_or_else(|| panic!("{what}"));
    let name = display.trim_end_matches('<').trim();
    assert!(!name.contains(['@', ',', ';', ':', '<', '>', '(']), "{what}");
    let decoded = mail.header("To").unwrap();
    assert_eq!(decoded.matches('@').count(), 1, "{what}");

    let (text, html) = (mail.text().unwrap(), mail.html().unwrap());
    for part in [&text, &html, &decoded, &mail.header("Subject").unwrap()] {
        let is_override = |c: char| matches!(c, '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}' | '\u{2028}' | '\u{2029}');
        assert!(!part.contains(is_override), "{what}");
        for dot in ['.', '\u{3002}', '\u{ff0e}', '\u{ff61}'] {
            assert!(!part.contains(&format!("evil{dot}example")), "{what}");
        }
        assert!(!part.contains("://"), "{what}");
    }
    assert!(!html.contains("<a ") && !html.contains("<img") && !html.contains("<script"), "{what}");
    let is_code = |line: &&str| line.len() == 6 && line.bytes().all(|b| b.is_ascii_digit());
    assert!(text.lines().filter(is_code).count() <= 1, "{what}");
}

/// How many elements begin or end in the HTML.
fn tags(mail: &SinkMail) -> usize {
    mail.html().unwrap().matches('<').count()
}
