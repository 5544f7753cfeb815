//! Text that strangers chose, made fit for a mail: one short line, no invisible commands, nothing to click.

/// Most characters of a name or a device that a mail shows.
pub(crate) const MAX_CHARS: usize = 60;

/// `raw` as one line of at most [`MAX_CHARS`] characters, none of them a control character; `None` when
/// nothing is left.
pub(crate) fn one_line(raw: &str) -> Option<String> {
    one_line_of(raw, MAX_CHARS)
}

/// Like [`one_line`], with at most `max` characters.
pub(crate) fn one_line_of(raw: &str, max: usize) -> Option<String> {
    let visible: String = raw.chars().filter(|c| c.is_whitespace() || !is_invisible(*c)).collect();
    let line = visible.split_whitespace().collect::<Vec<_>>().join(" ");
    if line.chars().count() <= max {
        return (!line.is_empty()).then_some(line);
    }
    let cut: String = line.chars().take(max.saturating_sub(1)).collect();
    Some(format!("{}…", cut.trim_end_matches([' ', ZERO_WIDTH_JOINER])))
}

/// Like [`one_line`], but `None` also for what a mail program would turn into a link. Whoever registers
/// chooses the name, and may enter another person's address: a mail of ours must not carry advertising to it.
pub(crate) fn linkless(raw: &str) -> Option<String> {
    one_line(raw).filter(|line| !looks_like_link(line))
}

/// Joins emoji into one, and is common in several scripts.
const ZERO_WIDTH_JOINER: char = '\u{200D}';

/// Control characters, and those that reorder or hide the text around them (Unicode TR 36).
fn is_invisible(c: char) -> bool {
    c.is_control()
        || matches!(
            c,
            '\u{061C}' | '\u{180E}' | '\u{200B}' | '\u{200E}' | '\u{200F}' | '\u{202A}'..='\u{202E}'
        )
        || matches!(c, '\u{2060}'..='\u{206F}' | '\u{FEFF}' | '\u{FFF9}'..='\u{FFFB}')
}

/// What divides the labels of a host name (UTS 46, 2.3): the full stop, and three that count as one.
const DOTS: [char; 4] = ['.', '\u{3002}', '\u{FF0E}', '\u{FF61}'];

/// Whether there is a scheme, or a dot as in a host name: between letters or digits, two letters after it.
/// "J.R.R. Tolkien" and "St. John" are names.
fn looks_like_link(line: &str) -> bool {
    let chars: Vec<char> = line.chars().collect();
    line.contains("://")
        || chars.windows(4).any(|around| match around {
            [before, dot, first, second] => {
                let is_in_word = before.is_alphanumeric() && first.is_alphabetic() && second.is_alphabetic();
                is_in_word && DOTS.contains(dot)
            }
            _ => false,
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn is_one_line_without_commands() {
        assert_eq!(one_line("Ada\r\nBcc: x@y\u{0}\u{1b}[1m").unwrap(), "Ada Bcc: x@y[1m");
        assert_eq!(one_line("a\u{2028}b\u{2029}c\u{85}d").unwrap(), "a b c d");
        assert_eq!(one_line("\u{202e}evil\u{2066}\u{200b}\u{feff}").unwrap(), "evil");
        assert_eq!(one_line(" \r\n\u{200f} "), None);
    }

    #[test]
    fn is_cut() {
        let exact = "é".repeat(MAX_CHARS);
        assert_eq!(one_line(&exact).unwrap(), exact);
        let cut = one_line(&"👩‍🚀".repeat(85)).unwrap();
        assert!(cut.chars().count() <= MAX_CHARS);
        assert!(cut.ends_with("🚀…") || cut.ends_with("👩…"), "{cut}");
    }

    #[test]
    fn offers_nothing_to_click() {
        for link in
            ["https://evil.example/x", "Win at evil.com now", "www.evil.org", "a@evil.com", "ftp://1.2.3.4"]
        {
            assert_eq!(linkless(link), None, "{link}");
        }
        for dot in DOTS {
            assert_eq!(linkless(&format!("evil{dot}com")), None, "{dot}");
        }
        for name in ["J.R.R. Tolkien", "St. John", "O'Neil, Jr.", "Ada 2.0", "Zoë 👩‍🚀", "山田 太郎"]
        {
            assert_eq!(linkless(name).as_deref(), Some(name));
        }
    }
}
