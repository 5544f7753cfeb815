//! What strangers write stays text: in no mail does it become a header, a recipient, markup, a link or a code.

use super::accounts::Staff;
use super::every_mail::{KINDS, mail_to, provoke};
use crate::harness::{PASSWORD, Production, Tokens, address, body};
use evently_auth_services::sink::SinkMail;
use serde_json::json;

/// All headers of our mails, each once.
const HEADERS: [&str; 8] =
    ["From", "To", "Subject", "Date", "Message-ID", "Auto-Submitted", "MIME-Version", "Content-Type"];

/// How the subjects of mails with a code begin.
const CODES: [&str; 3] = ["Your verification code", "Your password reset code", "Confirm your new address"];

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

#[test]
fn no_text_escapes_into_a_mail() {
    let mut site = Production::prepare(&[]);
    site.add_server();
    site.add_worker();
    let staff = Staff::new(&site);
    names(&staff);
    devices(&staff);
    addresses(&staff);
    let waiting = "SELECT count(*) FROM outbox WHERE status = 'queued'";
    site.wait_for("every mail", || (site.sql(waiting) == "0").then_some(()));
    for mail in &site.sink.mails() {
        assert!(!mail.recipients.iter().any(|to| to.contains("evil@")), "{:?}", mail.recipients);
        examine(mail, "any", None);
    }
}

/// In every kind of mail.
fn names(staff: &Staff<'_>) {
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
    let all = ["Ada Lovelace"].into_iter().chain(TAKEN).chain([long.as_str()]);
    let people: Vec<_> =
        all.enumerate().map(|(number, full_name)| (format!("named-{number}"), full_name)).collect();
    let mails = provoke(staff.site, &people);
    let plain = &mails[0];
    for ((_, full_name), mails) in people.iter().zip(&mails) {
        for ((mail, plain), (kind, ..)) in mails.iter().zip(plain).zip(KINDS) {
            let what = format!("{kind} to {full_name}");
            examine(mail, &what, None);
            let with_or_without_name = [tags(plain), tags(plain) - 2];
            assert!(with_or_without_name.contains(&tags(mail)), "{what}: {}", mail.html().unwrap());
        }
    }
}

fn devices(staff: &Staff<'_>) {
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
    let mail =
        |number: usize| mail_to(staff.site, &address(&format!("device-{number}")), "We ended a session");
    let known = tags(&mail(0));
    for (number, agent) in agents.iter().enumerate() {
        let (mail, agent) = (mail(number), String::from_utf8_lossy(agent));
        examine(&mail, &agent, None);
        // A row of two cells in the table of facts, or none.
        assert!([known, known - 6].contains(&tags(&mail)), "{agent}: {} of {known}", tags(&mail));
    }
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
    for email in &taken {
        // What cannot be written down as one recipient is given up, and nobody gets a mail.
        let settled = format!("SELECT status FROM outbox WHERE recipient = '{email}' AND status <> 'queued'");
        let status = staff.site.wait_for(email, || Some(staff.site.sql(&settled)).filter(|s| !s.is_empty()));
        let mut mails = staff.site.sink.mails();
        mails.retain(|mail| mail.recipients == [email.as_str()]);
        assert_eq!(mails.len(), usize::from(status == "sent"), "{email}: {status}");
        assert!(status == "sent" || (status == "dead" && email.starts_with('"')), "{email}: {status}");
    }
}

/// What is true of every mail, whatever `hostile` text went into it; there is no link in it but to `home`.
pub(super) fn examine(mail: &SinkMail, hostile: &str, home: Option<&str>) {
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

    let links = |part: &str| home.map_or(0, |home| part.matches(home).count());
    let (text, html) = (mail.text().unwrap(), mail.html().unwrap());
    for part in [&text, &html, &decoded, &mail.header("Subject").unwrap()] {
        let is_override = |c: char| matches!(c, '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}' | '\u{2028}' | '\u{2029}');
        assert!(!part.contains(is_override), "{what}");
        for dot in ['.', '\u{3002}', '\u{ff0e}', '\u{ff61}'] {
            assert!(!part.contains(&format!("evil{dot}example")), "{what}");
        }
        assert_eq!(part.matches("://").count(), links(part), "{what}");
    }
    assert_eq!(html.matches("<a ").count(), links(&html), "{what}");
    assert!(!html.contains("<img") && !html.contains("<script"), "{what}");
    let is_code = |line: &&str| line.len() == 6 && line.bytes().all(|b| b.is_ascii_digit());
    let has_code = CODES.iter().any(|begin| mail.header("Subject").unwrap().starts_with(begin));
    assert_eq!(text.lines().filter(is_code).count(), usize::from(has_code), "{what}");
}

/// How many elements begin or end in the HTML.
fn tags(mail: &SinkMail) -> usize {
    mail.html().unwrap().matches('<').count()
}
