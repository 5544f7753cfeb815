//! What a device is called in a mail: "Firefox on Windows", where its user agent can be told; never a link.

use crate::untrusted::linkless;

/// What a browser's user agent contains, and what people call it. Browsers also name those that they descend
/// from, so the younger come first.
const BROWSERS: [(&str, &str); 9] = [
    ("Edg", "Edge"),
    ("OPR/", "Opera"),
    ("SamsungBrowser/", "Samsung Internet"),
    ("Firefox/", "Firefox"),
    ("FxiOS/", "Firefox"),
    ("CriOS/", "Chrome"),
    ("Chrome/", "Chrome"),
    ("Version/", "Safari"),
    ("Safari/", "Safari"),
];

/// The same for what it runs on.
const SYSTEMS: [(&str, &str); 7] = [
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("CrOS", "ChromeOS"),
    ("Windows", "Windows"),
    ("Macintosh", "Mac"),
    ("Linux", "Linux"),
];

/// What to call the device with this user agent; `None` when it is better not repeated.
pub(crate) fn name(user_agent: &str) -> Option<String> {
    let find = |names: &[(&str, &'static str)]| {
        names.iter().find(|(mark, _)| user_agent.contains(mark)).map(|(_, name)| *name)
    };
    match (find(&BROWSERS), find(&SYSTEMS)) {
        (Some(browser), Some(system)) => Some(format!("{browser} on {system}")),
        _ => linkless(user_agent),
    }
}

#[cfg(test)]
mod tests {
    use super::name;

    #[test]
    fn tells_common_browsers() {
        let windows = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko)";
        for (user_agent, expected) in [
            (format!("{windows} Chrome/142.0.0.0 Safari/537.36 Edg/142.0.0.0"), "Edge on Windows"),
            (format!("{windows} Chrome/142.0.0.0 Safari/537.36"), "Chrome on Windows"),
            ("Mozilla/5.0 (X11; Linux x86_64; rv:144.0) Firefox/144.0".into(), "Firefox on Linux"),
            (
                "Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) AppleWebKit/605.1.15 \
                 Version/18.6 Mobile/15E148 Safari/604.1"
                    .into(),
                "Safari on iPhone",
            ),
        ] {
            assert_eq!(name(&user_agent).as_deref(), Some(expected));
        }
    }

    #[test]
    fn repeats_others_unless_they_advertise() {
        assert_eq!(name("curl/8.5.0").as_deref(), Some("curl/8.5.0"));
        assert_eq!(name("bot (+https://evil.example)"), None);
        assert_eq!(name("\r\n"), None);
    }
}
